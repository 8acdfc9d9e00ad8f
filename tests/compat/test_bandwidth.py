"""filter bwlim-in and bwlim-out with set-bandwidth-limit: bodies and tunnels take as long as they must and arrive whole."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, requires, run, under_test  # noqa: E402

BODY = bytes(i * 7 % 251 for i in range(50_000))
# Five windows of 10000 bytes: four pauses.
LEAST = 0.36
HEAD = """
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
"""
DOWN = HEAD + """
frontend f
  bind NET.1:8000
  filter bwlim-out slow default-limit 10000 default-period 100ms
  http-request set-bandwidth-limit slow if {{ path_beg /slow }}
  {rule}
  default_backend b
backend b
  {back}
  server s NET.10:8080
"""


def chunked(connection, body, size=3000):
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(body), size):
        part = body[at:at + size]
        connection.send(b"%x\r\n" % len(part) + part + b"\r\n")
    connection.send(b"0\r\n\r\n")


def serve(connection):
    while (head := connection.read_request()) is not None:
        if "chunked" in head.path:
            chunked(connection, BODY)
        elif "close" in head.path:
            connection.send(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)
            connection.close()
            return
        elif "empty" in head.path:
            connection.respond(204)
        else:
            connection.respond(200, BODY)


@requires(3, 0)
class Bandwidth(Case):
    def timed(self, client, request, method="GET"):
        begin = time.monotonic()
        client.send(request)
        answer = client.read_answer(method)
        return answer, time.monotonic() - begin

    def get_slowly(self, path, rule="", back="", version="1.1", least=LEAST):
        self.origin(10, serve=serve)
        self.proxy(DOWN.format(rule=rule, back=back))
        client = self.client()
        answer, passed = self.timed(client, f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode())
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, BODY)
        self.assertGreater(passed, least)
        return client

    def test_an_answer_of_known_length(self):
        client = self.get_slowly("/slow")
        answer, _ = self.timed(client, b"GET /fast HTTP/1.1\r\nHost: x\r\n\r\n")  # the connection goes on
        self.assertEqual(answer.body, BODY)

    def test_an_answer_in_chunks(self):
        client = self.get_slowly("/slow/chunked")
        answer, _ = self.timed(client, b"GET /slow/empty HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(answer.status, 204)

    def test_an_answer_in_chunks_for_an_old_client(self):
        self.get_slowly("/slow/chunked", version="1.0")

    def test_an_answer_that_ends_with_its_connection(self):
        self.get_slowly("/slow/close")

    def test_a_rule_for_the_answer(self):
        self.get_slowly("/chunked", rule="http-response set-bandwidth-limit slow if { status 200 }")

    def test_a_body_that_was_waited_for(self):
        self.get_slowly("/slow/chunked", rule="http-response wait-for-body time 1s")

    def test_limit_and_period_of_the_rule(self):
        self.get_slowly("/other", rule="http-request set-bandwidth-limit slow limit 25k period 500ms", least=0.4)

    def test_limit_and_period_by_expressions(self):
        self.get_slowly("/other?l=25000&p=500", least=0.4,
                        rule="http-request set-bandwidth-limit slow limit url_param(l) period url_param(p)")

    def test_a_backend_has_filters_of_its_own(self):
        self.get_slowly("/other", back="filter bwlim-out mine default-limit 10000 default-period 100ms min-size 1k\n"
                        "  http-request set-bandwidth-limit mine")

    def upload(self, request, body):
        got = []

        def note(connection):
            while (head := connection.read_request()) is not None:
                got.append(head.body)
                connection.respond(200, b"ok")
        self.origin(10, serve=note)
        self.proxy(HEAD + """
listen l
  bind NET.1:8000
  filter bwlim-in slow default-limit 10000 default-period 100ms
  http-request set-bandwidth-limit slow
  server s NET.10:8080
""")
        answer, passed = self.timed(self.client(), request + body)
        self.assertEqual(answer.status, 200)
        self.assertEqual(got, [BODY])
        self.assertGreater(passed, LEAST)

    def test_an_upload_of_known_length(self):
        self.upload(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY), BODY)

    def test_an_upload_in_chunks(self):
        body = b"".join(b"%x\r\n" % len(BODY[at:at + 4000]) + BODY[at:at + 4000] + b"\r\n" for at in range(0, len(BODY), 4000))
        self.upload(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", body + b"0\r\n\r\n")

    def test_a_tunnel(self):
        def echo(connection):
            connection.send(connection.read_exactly(len(BODY)))
            connection.close()
        self.origin(10, serve=echo)
        self.proxy(HEAD.replace("http", "tcp") + """
listen l
  bind NET.1:8000
  filter bwlim-in up default-limit 10000 default-period 100ms
  filter bwlim-out down default-limit 10000 default-period 100ms
  tcp-request content set-bandwidth-limit up
  tcp-response content set-bandwidth-limit down
  server s NET.10:8080
""")
        client = self.client()
        begin = time.monotonic()
        client.send(BODY)
        self.assertEqual(client.read_all(), BODY)
        self.assertGreater(time.monotonic() - begin, 2 * LEAST)

    def test_what_is_wrong_is_named(self):
        for line, told in (
                ("filter bwlim-out x limit 10k key src table t", "limits many streams together"),
                ("filter bwlim-out x default-limit 10k", "needs 'default-limit <size>' and 'default-period <time>'"),
                ("filter compression", "filter 'compression' is not implemented in this version"),
                ("filter bwlim-uot x", "did you mean 'bwlim-out' ?"),
                ("http-request set-bandwidth-limit nothing", "there is no bandwidth limit named 'nothing' in this section"),
                ("filter bwlim-in x default-limit 1k default-period 1s\n  filter bwlim-out x default-limit 1k default-period 1s",
                 "there is another filter named 'x'")):
            result = run(["-c"], HEAD + f"listen l\n  bind NET.1:8000\n  server s NET.10:80\n  {line}\n", program=under_test(), network=self.network)
            self.assertEqual(result.code, 1, line)
            self.assertIn(told, result.err)


if __name__ == "__main__":
    main()

"""Options for peers that are not quite right, beside Debian's haproxy where it has them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, run, under_test  # noqa: E402
from client import Client  # noqa: E402
from origin import Origin, answer_with  # noqa: E402

HEAD = """
global
  nbthread 1
  h1-case-adjust content-length Content-Length
  h1-case-adjust x-odd X-oDD
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
"""


class Quirks(Case):
    def ask(self, program, config, requests, serve=None, servers=1):
        """Heads the servers got and answers the client got, over one connection."""
        proxy = Proxy(HEAD + config, program=program, network=self.network)
        heads = []

        def note(name):
            def handler(connection):
                while (head := connection.read_request()) is not None:
                    heads.append((name, [tuple(line.split(": ", 1)) for line in head.raw.decode().split("\r\n")[1:] if ": " in line]))
                    status, fields, body = serve(head) if serve else (200, (), name.encode())
                    connection.respond(status, body, fields)
            return handler
        origins = [Origin(self.network.host(10 + i), 8080, note(f"s{i}")).start() for i in range(servers)]
        answers = []
        try:
            proxy.start()
            with Client(self.front, 8000) as client:
                for request in requests:
                    client.send(request)
                    answer = client.read_answer()
                    answers.append((answer.status, [tuple(line.split(": ", 1)) for line in answer.raw_head.decode().split("\r\n")[1:] if ": " in line], answer.body))
        finally:
            self._stop(proxy)
            for origin in origins:
                origin.stop()
        return heads, answers

    def both(self, config, requests, **more):
        theirs = self.ask(oracle(), config, requests, **more)
        ours = self.ask(under_test(), config, requests, **more)
        self.assertEqual(ours, theirs)
        return ours

    def test_case_adjusted_for_the_server(self):
        config = "listen l\n  bind NET.1:8000\n  option h1-case-adjust-bogus-server\n  server s NET.10:8080\n"
        heads, _ = self.both(config, [b"POST / HTTP/1.1\r\nHost: x\r\nX-ODD: 1\r\nContent-Length: 2\r\n\r\nab"])
        names = [name for name, _ in heads[0][1]]
        self.assertIn("X-oDD", names)
        self.assertIn("Content-Length", names)

    def test_case_adjusted_for_the_client(self):
        config = "listen l\n  bind NET.1:8000\n  option h1-case-adjust-bogus-client\n  server s NET.10:8080\n"
        _, answers = self.both(config, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], serve=lambda head: (200, [("x-odd", "1")], b"ab"))
        self.assertIn("X-oDD", [name for name, _ in answers[0][1]])

    def test_case_of_wrong_pairs(self):
        for line in ("h1-case-adjust host hosts", "h1-case-adjust host", "h1-case-adjust x-odd X-Odd",
                     "h1-case-adjust-file TMP/nowhere"):
            config = HEAD.replace("defaults", f"  {line}\ndefaults", 1) + "listen l\n  bind NET.1:8000\n  server s NET.10:8080\n"
            for program in (oracle(), under_test()):
                self.assertEqual(run(["-c"], config, program=program, network=self.network).code, 1, (program, line))

    def test_odd_names(self):
        request = b"GET / HTTP/1.1\r\nHost: x\r\nX_Under: 1\r\nX.Dot: 2\r\nX-Fine: 3\r\n\r\n"
        for rule in ("preserve", "delete", "reject"):
            config = f"listen l\n  bind NET.1:8000\n  option http-restrict-req-hdr-names {rule}\n  server s NET.10:8080\n"
            _, answers = self.both(config, [request])
            self.assertEqual(answers[0][0], 403 if rule == "reject" else 200)

    def test_server_name(self):
        config = ("listen l\n  bind NET.1:8000\n  http-send-name-header X-Server\n  server one NET.10:8080\n  server two NET.11:8080\n")
        request = b"GET / HTTP/1.1\r\nHost: x\r\nX-Server: forged\r\n\r\n"
        heads, _ = self.both(config, [request] * 2, servers=2)
        self.assertEqual([dict(fields).get("x-server") or dict(fields).get("X-Server") for _, fields in heads], ["one", "two"])

    def test_checkcache(self):
        cookie = ("Set-Cookie", "a=b")
        cases = {b"/none": (200, [], 200), b"/cookie": (200, [cookie], 502), b"/private": (200, [cookie, ("Cache-Control", "private")], 200),
                 b"/500": (500, [cookie], 500), b"/public": (500, [cookie, ("Cache-Control", "public")], 502),
                 b"/age": (200, [cookie, ("Cache-Control", "max-age=0")], 200), b"/field": (200, [cookie, ("Cache-Control", 'no-cache="set-cookie"')], 200),
                 b"/pragma": (200, [cookie, ("Pragma", "no-cache")], 200), b"/long": (200, [cookie, ("Cache-Control", "max-age=10")], 502)}
        config = "listen l\n  bind NET.1:8000\n  option checkcache\n  server s NET.10:8080\n"

        def serve(head):
            status, fields, _ = cases[head.target.encode()]
            return status, fields, b"x"
        for target, (_, _, expected) in cases.items():
            # 2.6 lets all of them through; this is what its manual says
            _, answers = self.ask(under_test(), config, [b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"], serve=serve)
            self.assertEqual(answers[0][0], expected, target)

    def test_the_last_server_is_preferred(self):
        config = "listen l\n  bind NET.1:8000\n  option prefer-last-server\n  server s0 NET.10:8080\n  server s1 NET.11:8080\n"
        # 2.6 gives the connection to its pool first and so prefers nothing
        heads, _ = self.ask(under_test(), config, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] * 4, servers=2)
        self.assertEqual([name for name, _ in heads], ["s0"] * 4)

    def test_redir(self):
        config = "listen l\n  bind NET.1:8000\n  server s NET.10:8080 redir http://elsewhere.example\n"
        requests = [b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"]
        heads, answers = self.ask(under_test(), config, requests)
        self.assertEqual([answer[0] for answer in answers], [302, 200])
        self.assertEqual(dict(answers[0][1])["location"], "http://elsewhere.example/a?b=c")
        self.assertEqual(len(heads), 1)
        _, theirs = self.ask(oracle(), config, requests[:1])
        self.assertEqual((theirs[0][0], {name.lower(): value for name, value in theirs[0][1]}["location"]), (302, "http://elsewhere.example/a?b=c"))

    def test_protocols_of_servers(self):
        base = "listen l\n  bind NET.1:8000\n  server s NET.10:8080"
        for words, code in (("proto h1", 0), ("proto h2", 1), ("ws auto", 0), ("ws h1", 0), ("ws h2", 1), ("cc cubic", 0), ("cc", 1)):
            result = run(["-c"], HEAD + f"{base} {words}\n", program=under_test(), network=self.network)
            self.assertEqual(result.code, code, words)

    def test_trailers_are_dropped(self):
        config = ("listen l\n  bind NET.1:8000\n  option http-drop-request-trailers\n  option http-drop-response-trailers\n"
                  "  server s NET.10:8080\n")
        got = []

        def serve(connection):
            connection.read_head()
            got.append(connection.read_until(b"\r\n\r\n"))
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
        self.origin(10, serve=serve)
        self.proxy(HEAD + config)
        with Client(self.front, 8000) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\nX-Trailer: 1\r\n\r\n")
            client.read_until(b"\r\n\r\n")
            rest = client.read_until(b"0\r\n\r\n")
        self.assertNotIn(b"Trailer", rest)
        self.assertTrue(got[0].endswith(b"0\r\n\r\n"), got)


if __name__ == "__main__":
    main()

"""What happens around requests: mode health, time before the first request, slow clients, retries, queues."""
import itertools
import os
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, paced, requires, run, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402
from network import Network  # noqa: E402
from origin import Origin, answer_with  # noqa: E402
from syslog_sink import Syslog  # noqa: E402

DEFAULTS = """
global
  log NET.1:10514 local0
  stats socket TMP/cli level admin
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 5s
  timeout server 5s
"""


def echo_field(name):
    def serve(connection):
        while (head := connection.read_request()) is not None:
            connection.respond(200, "|".join(head.all(name)).encode())
    return serve


class Health(Case):
    @requires(3, 5)
    def test_mode_health(self):
        proxy = self.proxy(DEFAULTS + """
frontend plain
  mode health
  bind NET.1:8000
listen asked
  mode health
  option httpchk
  bind NET.1:8001
""")
        wait_until(lambda: "mode health" in proxy.messages(), what="the warning")
        for port, text in ((8000, b"OK\n"), (8001, b"HTTP/1.0 200 OK\r\n\r\n")):
            with Client(self.front, port) as client:
                self.assertEqual(client.read_all(), text)

    @requires(3, 5)
    def test_other_modes_are_errors(self):
        for mode in ("log", "spop", "haelth"):
            done = run(["-c"], f"listen l\n  mode {mode}\n  bind NET.1:8000\n")
            self.assertEqual(done.code, 1)
            self.assertIn(mode, done.text)


class Forwarded(Case):
    def told(self, option, source=None, fields=(), host="a.example"):
        origin = self.origin(10, serve=echo_field("forwarded"))
        proxy = self.proxy(DEFAULTS + f"listen l\n  bind NET.1:8000\n  {option}\n  server s NET.10:8080\n")
        body = fetch(self.front, 8000, source=source or self.network.host(9), fields=fields, host=host).body.decode()
        proxy.stop()
        origin.stop()
        return self.network.mask(body.encode()).decode()

    @requires(3, 5)
    def test_what_is_asked_for(self):
        for words, value in (
                ("", "proto=http;for=NET.9"),
                ("proto", "proto=http"),
                ("host", 'host="a.example"'),
                ("by by_port", 'by="NET.1:8000"'),
                ("for by host proto", 'proto=http;host="a.example";by=NET.1;for=NET.9'),
                ("for-expr str(::1) for_port-expr int(80)", 'for="[::1]:80"'),
                ("for-expr req.hdr(none)", "for=unknown"),
                ("host-expr str(b.example:81)", 'host="b.example:81"'),
                ("for-expr str(ABC.1-x) for_port-expr str(_p)", 'for="_ABC.1-x:_p"'),
                ("for-expr str(a/b)", "for=unknown"),
                ("for-expr str([::1]) for_port-expr str(x)", 'for="[::1]"'),
                ("for for_port-expr int(70000)", "for=NET.9"),
                ("by-expr str(_proxy1)", "by=_proxy1")):
            self.assertEqual(self.told(f"option forwarded {words}"), value, words)

    @requires(3, 5)
    def test_the_clients_own_stays(self):
        self.assertEqual(self.told("option forwarded", fields=[("Forwarded", "for=1.2.3.4")]), "for=1.2.3.4|proto=http;for=NET.9")

    @requires(3, 5)
    def test_mistakes(self):
        for words in ("proto nonsense", "by_port", "for_port-expr int(1)", "host-expr", "for-expr res.hdr(x)"):
            done = run(["-c"], f"backend b\n  mode http\n  option forwarded {words}\n  server s NET.10:80\n")
            self.assertEqual(done.code, 1, words)
            self.assertIn("haproxy.cfg:3", done.text)


class Slow(Case):
    @requires(3, 5)
    def test_client_hs_bounds_the_proxy_header(self):
        self.proxy(DEFAULTS + "listen l\n  timeout client 60s\n  timeout client-hs 300ms\n  bind NET.1:8000 accept-proxy\n  http-request return status 200\n")
        start = time.monotonic()
        with Client(self.front, 8000) as client:
            client.send(b"PROXY TCP4 1.2.3.4")
            self.assertEqual(client.read_all(), b"")
        self.assertLess(time.monotonic() - start, 30)

    def test_a_head_that_trickles_in_is_cut_off(self):
        """Slowloris: every byte is in time, the head as a whole is not."""
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            proxy = Proxy(DEFAULTS + "listen l\n  timeout client 60s\n  timeout http-request 600ms\n  bind NET.1:8000\n  http-request return status 200\n",
                          program=program, network=network)
            self.addCleanup(self._stop, proxy)
            proxy.start()
            start = time.monotonic()
            client = Client(network.host(1), 8000)
            got, pieces = b"", itertools.chain([b"GET / HTTP/1.1\r\nHost: x\r\n"], itertools.repeat(b"X"))
            client.link.settimeout(0.1)
            while time.monotonic() - start < 30 and not got:
                try:
                    client.link.sendall(next(pieces))
                    got = client.link.recv(4096)
                except TimeoutError:
                    pass
            self.assertTrue(got.startswith(b"HTTP/1.1 408 "), f"{program}: {got!r}")
            client.close()

    def test_a_client_that_does_not_read_is_left(self):
        """Slow read: timeout client ends it, and no more was read from the server than fits the pipes between."""
        sent = []

        def serve(connection):
            connection.read_request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n")
            try:
                for _ in range(400):
                    connection.send(b"x" * 1000000)
                    sent.append(1000000)
            except OSError:
                pass
        for index, program in enumerate((oracle(), under_test())):
            sent.clear()
            network = Network(index)
            origin = Origin(network.host(10), 8080, serve).start()
            self.addCleanup(origin.stop)
            log = Syslog(network.host(1), 10514)
            self.addCleanup(log.stop)
            proxy = Proxy(DEFAULTS + "listen l\n  timeout client 500ms\n  bind NET.1:8000\n  server s NET.10:8080\n",
                          program=program, network=network)
            self.addCleanup(self._stop, proxy)
            proxy.start()
            client = Client(network.host(1), 8000, receive_buffer=4096)
            client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            line = log.wait_for("/slow", 10)
            self.assertIn(" cD-- ", line, program)
            self.assertLess(sum(sent), 100000000)
            client.close()


class Retries(Case):
    def answers(self, config, serve, path="/x", **more):
        """What both programs answer, and how often their servers were asked."""
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            asked = []
            origin = Origin(network.host(10), 8080, lambda connection: serve(connection, asked)).start()
            self.addCleanup(origin.stop)
            proxy = Proxy(self.slower(DEFAULTS + config), program=program, network=network)
            self.addCleanup(self._stop, proxy)
            proxy.start()
            while True:
                try:
                    answer = fetch(network.host(1), 8000, path, **more)
                    break
                except EOFError:  # haproxy may close on a client that still sends, which loses the answer
                    self.assertEqual(program, oracle())
                    asked.clear()
            seen.append((answer.status, len(asked)))
            proxy.stop()
            origin.stop()
        self.assertEqual(seen[1], seen[0])
        return seen[1]

    def config(self, words, more=""):
        return f"listen l\n  bind NET.1:8000\n  retries 2\n  retry-on {words}\n{more}  timeout server 400ms\n  server s NET.10:8080\n"

    @paced
    def test_every_word_of_retry_on(self):
        def empty(connection, asked):
            connection.read_request()
            asked.append(1)

        def junk(connection, asked):
            connection.read_request()
            asked.append(1)
            connection.send(b"\x00\x01 junk\r\n\r\n")

        def silent(connection, asked):
            connection.read_request()
            asked.append(1)
            connection.read_rest()

        def status(code):
            def serve(connection, asked):
                while connection.read_request() is not None:
                    asked.append(1)
                    connection.respond(code, b"no")
            return serve
        cases = [("empty-response", empty, 502, 3), ("conn-failure", empty, 502, 1), ("junk-response", junk, 502, 3),
                 ("empty-response", junk, 502, 1), ("response-timeout", silent, 504, 3), ("none", empty, 502, 1),
                 ("all-retryable-errors", empty, 502, 3), ("all-retryable-errors", status(503), 503, 3)]
        cases += [(str(code), status(code), code, 3) for code in (401, 403, 404, 408, 425, 500, 501, 502, 503, 504)]
        for words, serve, code, times in cases:
            self.assertEqual(self.answers(self.config(words), serve), (code, times), words)

    @paced
    def test_a_body_that_is_not_all_here_is_not_sent_twice(self):
        def empty(connection, asked):
            connection.read_head()
            asked.append(1)
        self.answers(self.config("empty-response"), empty, method="POST", body=b"x" * 300000)

    @paced
    def test_redispatch_interval(self):
        """Which servers are knocked at with option redispatch <n>: names in the log."""
        for interval in ("", "1", "2", "-1", "-2"):
            seen = []
            for index, program in enumerate((oracle(), under_test())):
                network = Network(index)
                origin = Origin(network.host(11), 8080, answer_with(b"b")).start()
                self.addCleanup(origin.stop)
                log = Syslog(network.host(1), 10514)
                config = (DEFAULTS + f"listen l\n  bind NET.1:8000\n  timeout connect 100ms\n  retries 3\n  option redispatch {interval}\n"
                          "  balance roundrobin\n  server a NET.10:8080\n  server b NET.11:8080\n")
                proxy = Proxy(self.slower(config), program=program, network=network)
                self.addCleanup(self._stop, proxy)
                proxy.start()
                answer = fetch(network.host(1), 8000, "/redispatch")
                seen.append((answer.status, log.wait_for("/redispatch").split('"')[0].split()[-2]))
                proxy.stop()
                origin.stop()
                log.stop()
            self.assertEqual(seen[1], seen[0], f"option redispatch {interval}")


class Queues(Case):
    def loaded(self, server, clients, more=""):
        """So many requests at once to a server that lets nobody go: what each program had on it, in its queue, refused."""
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            gate = threading.Event()
            busy = []

            def serve(connection, gate=gate, busy=busy):
                while connection.read_request() is not None:
                    busy.append(1)
                    gate.wait(60)
                    connection.respond()
            origin = Origin(network.host(10), 8080, serve).start()
            self.addCleanup(origin.stop)
            config = DEFAULTS + f"listen l\n  bind NET.1:8000\n  timeout queue 3s\n{more}  server s NET.10:8080 {server}\n"
            proxy = Proxy(self.slower(config), program=program, network=network)
            self.addCleanup(self._stop, proxy)
            proxy.start()
            links = [Client(network.host(1), 8000) for _ in range(clients)]
            for link in links:
                link.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

            def state(proxy=proxy):
                rows = [row.split(",") for row in proxy.cli("show stat").splitlines() if row.startswith("l,")]
                by_name = {row[1]: row for row in rows}
                return (int(by_name["s"][2] or 0), int(by_name["BACKEND"][2] or 0), int(by_name["s"][4]))
            wait_until(lambda: sum(state()) >= clients, 5, "all of them somewhere")
            at_once = state()
            gate.set()
            statuses = sorted(link.read_answer().status for link in links)
            for link in links:
                link.close()
            seen.append((at_once, statuses))
            proxy.stop()
            origin.stop()
        return seen

    @paced
    def test_maxconn_and_maxqueue(self):
        theirs, ours = self.loaded("maxconn 2 maxqueue 2", 4)
        self.assertEqual(ours, theirs)

    @paced
    def test_minconn_grows_with_the_backend(self):
        """minconn 2 maxconn 8, fullconn 16: between them in proportion to what the backend has."""
        theirs, ours = self.loaded("minconn 2 maxconn 8", 8, "  fullconn 16\n")
        self.assertEqual(ours[1], theirs[1])
        self.assertEqual(ours[0][2], theirs[0][2])


class Sources(Case):
    @unittest.skipIf(os.geteuid() != 0, "needs the right to bind foreign addresses")
    def test_usesrc(self):
        """source ... usesrc: the server sees the client's address, or the one a header says."""
        for words in ("usesrc clientip", "usesrc client", "usesrc hdr_ip(x-real-ip,-1)"):
            seen = []
            for index, program in enumerate((oracle(), under_test())):
                network = Network(index)
                came = []

                def serve(connection, came=came):
                    came.append(connection.link.getpeername()[0])
                    while connection.read_request() is not None:
                        connection.respond()
                origin = Origin(network.host(10), 8080, serve).start()
                self.addCleanup(origin.stop)
                proxy = Proxy(DEFAULTS + f"listen l\n  bind NET.1:8000\n  source 0.0.0.0 {words}\n  server s NET.10:8080\n",
                              program=program, network=network)
                self.addCleanup(self._stop, proxy)
                proxy.start()
                status = fetch(network.host(1), 8000, source=network.host(9), fields=[("X-Real-IP", network.host(7))]).status
                seen.append((status, [network.mask(host.encode()) for host in came]))
                proxy.stop()
                origin.stop()
            if seen[0][0] != 200:
                continue  # not permitted here: the oracle cannot either
            self.assertEqual(seen[1], seen[0], words)


if __name__ == "__main__":
    main()

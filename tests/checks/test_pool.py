"""check-reuse-pool (HAProxy 3.2): checks and traffic share the idle connections to a server. haproxy 2.6 does not know it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, run, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout check 5s
  timeout client 20s
  timeout server 20s
  http-reuse always
listen l
  bind NET.1:8000
  PLAN
  server s NET.10:8080 check inter 200ms OPTIONS
"""
HTTPCHK = "option httpchk\n  http-check send meth GET uri /health ver HTTP/1.1 hdr Host a"


class Pool(Case):
    def setUp(self):
        super().setUp()
        self.behave = lambda connection, head: connection.respond(200, b"ok")

    def serve(self, connection):
        while (head := connection.read_request()) is not None:
            if self.behave(connection, head) is False:
                return

    def start(self, plan, options="check-reuse-pool"):
        self.server = self.origin(10, serve=self.serve)
        return self.proxy(CONFIG.replace("PLAN", plan).replace("OPTIONS", options))

    def seen(self, path):
        """The connections that requests for this path came by, with their Connection fields, in order."""
        return [(one.number, head.one("connection")) for one in list(self.server.connections) for head in list(one.requests) if head.path == path]

    def wait_checks(self, more):
        """So many more checks."""
        wanted = len(self.seen("/health")) + more
        wait_until(lambda: len(self.seen("/health")) >= wanted, 20, f"{more} checks")

    def row(self, proxy, name):
        lines = [line.split(",") for line in proxy.cli("show stat l 4 -1").splitlines()]
        return next(line for line in lines if line[1] == "s")[lines[0].index(name)]

    def test_checks_and_traffic_share_a_connection(self):
        proxy = self.start(HTTPCHK)
        self.wait_checks(5)
        self.assertEqual(self.get("/page").status, 200)
        self.wait_checks(5)
        self.assertEqual({field for _, field in self.seen("/health")}, {None})
        self.assertEqual([number for number, _ in self.seen("/health")][:5], [0] * 5)
        self.assertLessEqual(len(self.server.connections), 2, "a second one only if the request came while a check was on its way")
        self.assertEqual((self.row(proxy, "chkfail"), self.row(proxy, "status")), ("0", "UP"))
        self.assertEqual(self.row(proxy, "used_conn_cur"), "0")

    def test_without_it_each_has_its_own(self):
        self.start(HTTPCHK, "")
        self.wait_checks(5)
        numbers = [number for number, _ in self.seen("/health")]
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertEqual({field for _, field in self.seen("/health")}, {"close"})

    def test_http_1_0_asks_to_keep_it(self):
        def behave(connection, head):
            connection.respond(200, b"ok", [("Connection", "keep-alive")])
        self.behave = behave
        self.start("option httpchk GET /health")
        self.wait_checks(5)
        self.assertEqual(set(self.seen("/health")), {(0, "keep-alive")})

    def test_what_closes_is_not_kept(self):
        """Nor does a connection the server closes under a check take it down: a new one is asked."""
        def behave(connection, head):
            if len(connection.requests) == 2:
                return False  # no answer to the second request
            connection.respond(200, b"ok")
        self.behave = behave
        proxy = self.start(HTTPCHK + "\n  option log-health-checks", "check-reuse-pool fall 1")
        self.wait_checks(12)
        self.assertEqual((self.row(proxy, "chkfail"), self.row(proxy, "status")), ("0", "UP"))
        self.assertTrue(all(len(one.requests) <= 2 for one in self.server.connections))

        def says_close(connection, head):
            connection.respond(200, b"ok", close=True)
            return False
        self.behave = says_close
        before = len(self.server.connections)
        self.wait_checks(4)
        self.assertGreaterEqual(len(self.server.connections), before + 3)
        self.assertEqual(self.row(proxy, "srv_icur"), "0")

    def test_errors_are_errors(self):
        self.behave = lambda connection, head: connection.respond(500 if head.path == "/health" else 200, b"")
        proxy = self.start(HTTPCHK, "check-reuse-pool fall 2")
        wait_until(lambda: self.row(proxy, "status") == "DOWN", 10, "the server being down")
        self.assertEqual(self.row(proxy, "check_status"), "L7STS")
        self.behave = lambda connection, head: connection.respond(200, b"ok")
        wait_until(lambda: self.row(proxy, "status") == "UP", 10, "the server being up")

    def test_connecting_is_enough_where_a_connection_is_there(self):
        """The other server's checks, which open one each, tell how many there have been."""
        other = self.origin(11, serve=self.serve)
        proxy = self.start("server other NET.11:8080 backup check inter 200ms")
        wait_until(lambda: len(self.server.connections) >= 3, 10, "checks without traffic, which leave nothing")
        self.assertEqual(self.row(proxy, "srv_icur"), "0")
        self.assertEqual(self.get("/page").status, 200)
        wait_until(lambda: self.row(proxy, "srv_icur") == "1", 5, "an idle connection")
        before, checks = len(self.server.connections), len(other.connections)
        wait_until(lambda: len(other.connections) >= checks + 8, 10, "checks")
        self.assertLessEqual(len(self.server.connections), before + 1, "one may have been on its way")
        self.assertEqual(self.get("/page").status, 200)
        numbers = [number for number, _ in self.seen("/page")]
        self.assertEqual(numbers[0], numbers[1])

    def test_names(self):
        proxy = self.start(HTTPCHK, "check-reuse-pool check-pool-conn-name red pool-conn-name req.hdr(x-name)")
        self.wait_checks(3)
        for name in ("red", "blue", "red", "blue"):
            self.assertEqual(self.get("/" + name, fields=[("X-Name", name)]).status, 200)
        self.wait_checks(3)
        red, blue, checks = ({number for number, _ in self.seen(path)} for path in ("/red", "/blue", "/health"))
        self.assertFalse(blue & (red | checks))
        self.assertEqual(self.row(proxy, "status"), "UP")

    def test_checks_that_lead_elsewhere_have_their_own(self):
        elsewhere = self.origin(11, serve=self.serve)
        self.start(HTTPCHK, "check-reuse-pool addr NET.11")
        wait_until(lambda: len(elsewhere.connections) >= 4, 10, "checks")
        self.assertTrue(all(len(one.requests) <= 1 for one in elsewhere.connections))
        self.assertEqual(self.seen("/health"), [])

    def test_clients_addresses_are_for_traffic(self):
        """What a check opens comes from our own address (manual "source"), so no request may go over it."""
        for options in ("source 0.0.0.0 usesrc client", "send-proxy", "socks4 NET.12:1080"):
            with self.subTest(options=options):
                proxy = self.start(HTTPCHK, f"check-reuse-pool {options}")
                wait_until(lambda: len(self.server.connections) >= 4, 10, "checks")
                self.assertEqual(self.row(proxy, "srv_icur"), "0")
                self.assertTrue(all(len(one.requests) <= 1 for one in self.server.connections))
                self.doCleanups()

    def test_words(self):
        """What default-server says is taken back."""
        taken_back = "server t NET.11:8080 check inter 200ms no-check-reuse-pool check-pool-conn-name a"
        other = self.origin(11, serve=self.serve)
        self.start("default-server check-reuse-pool\n  " + HTTPCHK + "\n  " + taken_back, "")
        self.wait_checks(4)
        wait_until(lambda: len(other.connections) >= 4, 10, "checks")
        self.assertEqual(len(self.server.connections), 1)
        self.assertTrue(all(len(one.requests) <= 1 for one in other.connections))
        done = run(["-c"], CONFIG.replace("PLAN", "").replace("OPTIONS", "check-pool-conn-name"), network=self.network)
        self.assertEqual(done.code, 1)
        self.assertIn("'check-pool-conn-name' expects <name>", done.text)


if __name__ == "__main__":
    main()

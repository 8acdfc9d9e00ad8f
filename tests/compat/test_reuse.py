"""Which server connection a request takes: each http-reuse policy, limits of pools and private connections, played to Debian's
haproxy and to ours. What is compared is the number of the connection each request came by, in the order of accepting."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, main, oracle, under_test, wait_until  # noqa: E402

CONFIG = """
global
  nbthread 1
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
listen l
  bind NET.1:8000
  SETTINGS
  server s NET.10:8080 OPTIONS
"""


class Stage:
    def __init__(self, case, program, index, settings, options):
        self.network = Network(index)
        self.options = options
        self.origin = Origin(self.network.host(10), 8080, self.serve).start()
        case.addCleanup(self.origin.stop)
        self.came_by = {}
        self.proxy = Proxy(CONFIG.replace("SETTINGS", settings).replace("OPTIONS", options), program=program, network=self.network)
        self.clients = {}
        self.case = case

    def serve(self, connection):
        if "send-proxy" in self.options and connection.read_until(b"\r\n") is None:
            return
        while (head := connection.read_head()) is not None:
            self.came_by[head.one("x-id")] = connection.number
            close = head.one("x-close")
            if head.one("x-negotiate"):
                connection.respond(401, b"", [("WWW-Authenticate", "Negotiate")])
            else:
                connection.respond(200, b"ok", close=bool(close))
            if close:
                return

    def play(self, script):
        """'a1 a2 -a b1': client a asks twice and leaves, client b asks. 'a1!' asks the server to close, 'a1?' to say Negotiate."""
        for step in script.split():
            if step.startswith("-"):
                self.clients.pop(step[1:]).close()
                self.gone()
                continue
            name, extra = step[0], []
            if step.endswith("!"):
                extra.append(("X-Close", "1"))
            if step.endswith("?"):
                extra.append(("X-Negotiate", "1"))
            if name not in self.clients:
                self.clients[name] = Client(self.network.host(1), 8000)
            self.clients[name].get("/", fields=[("X-Id", step.strip("!?")), *extra])
            self.settle()
        for client in self.clients.values():
            client.close()
        return [self.came_by[step.strip("!?")] for step in script.split() if not step.startswith("-")]

    def gone(self):
        wait_until(lambda: f"l,FRONTEND,,,{len(self.clients)}," in self.proxy.cli("show stat"), 5, "a client's leaving seen")

    def settle(self):
        """Another command's answer comes after what the answer before it set free."""
        self.proxy.cli("show info")


class Reuse(Case):
    def same(self, settings, script, expected, options=""):
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            stage = Stage(self, program, index, settings, options)
            self.addCleanup(self._stop, stage.proxy)
            stage.proxy.start()
            seen.append(stage.play(script))
        print(settings, options, "haproxy", seen[0], "ours", seen[1]) if os.environ.get("SHOW") else None
        self.assertEqual(seen[1], expected, f"{settings}: {script}")
        self.assertEqual(seen[0], seen[1], f"{settings}: {script}")

    def test_never(self):
        self.same("http-reuse never", "a1 a2 b1 b2 a3 -a c1 c2", [0, 0, 1, 1, 0, 2, 2])

    def test_safe(self):
        # A first request has a connection of its own; later ones take what is idle.
        self.same("http-reuse safe", "a1 a2 -a b1 -b c1", [0, 0, 1, 2])

    def test_aggressive(self):
        # A first request takes what has proved to be reusable.
        self.same("http-reuse aggressive", "a1 a2 -a b1 -b c1", [0, 0, 0, 0])

    def test_aggressive_with_what_was_used_once(self):
        self.same("http-reuse aggressive", "a1 -a b1", [0, 1])

    def test_always(self):
        self.same("http-reuse always", "a1 -a b1 -b c1 c2 -c d1", [0, 0, 0, 0, 0])

    def test_the_server_may_close(self):
        self.same("http-reuse always", "a1 a2! a3 -a b1", [0, 0, 1, 1])

    def test_no_pool(self):
        self.same("http-reuse always", "a1 a2 -a b1 b2", [0, 1, 2, 3], "pool-max-conn 0")

    def test_proxy_headers_are_for_one_client(self):
        self.same("http-reuse always", "a1 a2 -a b1", [0, 0, 1], "send-proxy")

    def test_authenticated_connections_are_for_one_client(self):
        self.same("http-reuse always", "a1 a2? a3 -a b1", [0, 0, 0, 1])

    def test_a_client_comes_back_to_who_asked_for_its_credentials(self):
        self.same("http-reuse always", "a1? a2 a3 b1", [0, 0, 0, 1], "\n  server t NET.10:8080")

    def test_http_server_close(self):
        self.same("option http-server-close", "a1 a2 b1", [0, 1, 2])

    def test_connections_kept_for_one_client(self):
        """Requests name their server by their last digit; of those to seven servers five stay open for the client, or as many as it is said."""
        servers = "".join(f"\n  server s{n} NET.10:8080\n  use-server s{n} if {{ req.hdr(x-id) -m end {n} }}" for n in range(1, 8))
        rounds = "a11 a12 a13 a14 a15 a16 a17 a21 a22 a23 a24 a25 a26 a27 a31"
        plans = {"": [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 7, 8, 0], "max-session-srv-conns 5": [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 7, 8, 0],
                 "max-session-srv-conns 2": [0, 1, 2, 3, 4, 5, 6, 0, 1, 7, 8, 9, 10, 11, 0], "max-session-srv-conns 0": list(range(15)),
                 "max-session-srv-conns 10": [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0]}
        for plan, expected in plans.items():
            self.same(f"http-reuse never\n  {plan}", rounds, expected, servers)
            self.doCleanups()
        # One that the server has closed makes room.
        self.same("http-reuse never\n  max-session-srv-conns 2", "a11! a12 a13 a21 a22 a23", [0, 1, 2, 3, 1, 2], servers)


if __name__ == "__main__":
    main()

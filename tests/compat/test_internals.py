"""What only the process itself knows: errors of connections, counted sockets, rules that were waited for, the debug
converter, longest times; beside Debian's haproxy where it has them. And passwords that take long to hash."""
import base64
import csv
import io
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, requires, under_test  # noqa: E402
from client import Client  # noqa: E402

HEAD = """
global
  nbthread 1
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
"""
# "open sesame"; takes about a second.
HASH = "$6$rounds=4000000$abcdefgh$QDM2TWoOR3sCS/482nneIciwAIESs6ybkK0VgjyrCRJ1hQdWHTXh64dvozDa3rWGz/ZLKf8vyio58OTGWsd1n0"


class Internals(Case):
    def both(self, config, use):
        """What `use(proxy)` gives with each program."""
        got = []
        for program in (oracle(), under_test()):
            proxy = Proxy(HEAD + config, program=program, network=self.network)
            try:
                got.append(use(proxy.start()))
            finally:
                self._stop(proxy)
        self.assertEqual(got[1], got[0])
        return got[1]

    def test_why_a_connection_was_refused(self):
        log = self.syslog()
        config = """
listen l
  bind NET.1:8000 accept-proxy
  log NET.1:10514 local0
  error-log-format "E %[fc_err]/%[fc_err_str]"
  server s NET.10:8080
"""

        def use(_):
            said = []
            for data in (b"GET / HTTP/1.0\r\n\r\n", b""):
                with Client(self.front, 8000) as client:
                    if data:
                        client.send(data)
                    else:
                        client.half_close()
                    client.at_end()
                said.append(log.wait_for(lambda line: " E " in line, what="refusal").split(" E ")[1].strip())
                log.take()
            return said
        self.assertEqual(self.both(config, use)[0], "15/Received something which does not look like a PROXY protocol header")

    def test_why_a_netscaler_header_was_refused(self):
        log = self.syslog()
        config = """
listen l
  bind NET.1:8000 accept-netscaler-cip 77
  timeout client 2s
  log NET.1:10514 local0
  error-log-format "E %[fc_err]/%[fc_err_str]"
  server s NET.10:8080
"""
        magic = (77).to_bytes(4, "big")

        def packet(version, protocol):
            return magic + (40).to_bytes(4, "big") + bytes([version << 4 | 5, 0, 0, 40, 0, 1, 0, 0, 64, protocol]) + bytes(30)

        def use(_):
            said = []
            for data, end in ((b"", "fin"), (b"", "reset"), (b"", "wait"), (magic, "fin"), (magic, "reset"), (packet(4, 6)[:20], "fin"),
                              (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 60, "stay"), (packet(4, 17), "stay"), (packet(5, 6), "stay")):
                with Client(self.front, 8000) as client:
                    if data:
                        client.send(data)
                    if end == "fin":
                        client.half_close()
                    if end == "reset":
                        client.reset()
                    said.append(log.wait_for(lambda line: " E " in line, what="refusal").split(" E ")[1].strip())
                log.take()
            return said
        numbers = [line.split("/")[0] for line in self.both(config, use)]
        self.assertEqual(numbers, ["18", "19", "20", "21", "21", "21", "22", "23", "23"])

    @requires(3, 3)
    def test_names_of_refusals(self):
        log = self.syslog()
        self.proxy(HEAD + """
listen l
  bind NET.1:8000 accept-proxy
  log NET.1:10514 local0
  error-log-format "E %[fc_err_name]"
  log-format "F <%[fc_err_name]> %[term_events]"
  http-request return status 200
""")
        for data, expected in ((b"GET / HTTP/1.0\r\n\r\n", "E PRX_NOT_HDR"), (b"PROXY UNKNOWN\r\nGET / HTTP/1.0\r\n\r\n", "F <-> -")):
            with self.client() as client:
                client.send(data)
                client.at_end()
                self.assertTrue(log.wait_for(expected.split()[0] + " ").rstrip().endswith(expected), log.lines)
            log.take()

    @requires(3, 1)
    def test_when(self):
        self.origin(10)
        log = self.syslog()
        kinds = ("error", "normal", "forwarded", "toapplet", "processed", "stopping")
        shown = " ".join(f"{kind}=%[int(1),when({kind})]" for kind in kinds)
        self.proxy(HEAD + f"""
listen l
  bind NET.1:8000
  log NET.1:10514 local0
  log-format "path=%HP {shown}"
  http-request deny if {{ path /denied }}
  http-request return status 200 if {{ path /returned }}
  http-request return status 503 if {{ path /failed }}
  stats uri /stats
  use-server gone if {{ path /gone }}
  retries 0
  server s NET.10:8080
  server gone NET.1:9 weight 0
""")
        expected = {"/denied": "error", "/returned": "normal", "/failed": "error", "/stats": "normal toapplet processed",
                    "/x": "normal forwarded processed", "/gone": "error"}
        for path, holds in expected.items():
            with self.subTest(path), self.client() as client:
                client.get(path)
                line = log.wait_for(f"path={path} ").split(f"path={path} ")[1].split()
                self.assertEqual([one.split("=")[0] for one in line if one.endswith("=1")], holds.split())

    @requires(3, 3)
    def test_times_that_are_those_of_connect(self):
        self.origin(10)
        self.proxy(HEAD + """
frontend f
  bind NET.1:8000
  default_backend b
backend b
  http-response set-header x-times "%[fe_tarpit_timeout] %[be_tarpit_timeout] %[cur_tarpit_timeout] %[be_queue_timeout] %[cur_queue_timeout] %[be_tunnel_timeout]"
  server s NET.10:8080
""")
        with self.client() as client:
            self.assertEqual(client.get("/").one("x-times"), "2000 2000 2000 2000 2000 0")

    def test_connections_of_a_socket(self):
        config = """
frontend f
  bind NET.1:8000
  bind NET.1:8001
  http-request return status 200 hdr x-n %[dst_conn]
"""

        def use(_):
            seen = []

            def ask(client):
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                seen.append(client.read_answer().one("x-n"))
            with Client(self.front, 8000) as one:
                ask(one)
                with Client(self.front, 8000) as two, Client(self.front, 8001) as other:
                    for client in (two, other, one):
                        ask(client)
            return seen
        self.assertEqual(self.both(config, use), ["1", "2", "1", "2"])

    def test_debug(self):
        config = """
frontend f
  bind NET.1:8000
  http-request set-header x %[path,debug(PFX)]
  http-request set-header x %[int(12),debug]
  http-request set-header x %[req.hdr(none),debug(never)]
  http-request set-header x %[str(hello),sha1,debug(bin)]
  http-request set-header x %[method,debug(meth)]
  http-request set-header x %[src,debug(addr,buf0)]
  http-request set-header x %[always_true,debug(bool)]
  http-request return status 200 hdr x %[str(kept),debug]
"""

        def use(proxy):
            with Client(self.front, 8000) as client:
                client.send(b"GET /way HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(client.read_answer().one("x"), "kept")
            lines = proxy.cli("show events buf0").strip().splitlines()
            return [re.sub(r"^<0>\d+-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\S* ", "", line) for line in lines]
        self.assertIn("[debug] PFX: type=str </way>", self.both(config, use))

    @requires(3, 0)
    def test_debug_needs_its_ring(self):
        proxy = Proxy(HEAD + "frontend f\n  bind NET.1:8000\n  http-request set-header x %[path,debug(a,nowhere)]\n", network=self.network)
        with self.assertRaises(Exception):
            proxy.start()
        self.assertIn("there is no event sink 'nowhere'", proxy.messages())
        proxy.stop()

    @requires(3, 0)
    def test_the_rule_that_was_waited_for(self):
        log = self.syslog()
        self.proxy(HEAD + """
frontend f
  bind NET.1:8000
  log NET.1:10514 local0
  log-format "E %[waiting_entity] %[last_entity] %[dump_all_vars(txn)] %[txn.id32,bool]"
  http-request set-var(txn.a) str(b)
  http-request wait-for-body time 4s
  http-request return status 200
""")
        with self.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab")
            client.half_close()
        line = log.wait_for(lambda text: " E " in text, what="end of the request")
        self.assertRegex(line, r" E \S*haproxy.cfg:16 ")
        self.assertIn('txn.a="b" 1', line)

    def test_longest_times(self):
        def slow(connection):
            while connection.read_request() is not None:
                wait.wait(0.05)
                connection.respond(200, b"ok")
        wait = threading.Event()
        self.origin(10, serve=slow)
        config = """
frontend f
  bind NET.1:8000
  default_backend b
backend b
  server s NET.10:8080
"""

        def use(proxy):
            with Client(self.front, 8000) as client:
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                client.read_answer()
            rows = {row["svname"]: row for row in csv.DictReader(io.StringIO(proxy.cli("show stat").lstrip("# ")))}
            for name in ("s", "BACKEND"):
                self.assertGreaterEqual(int(rows[name]["rtime_max"]), 50)
                self.assertGreaterEqual(int(rows[name]["ttime_max"]), 50)
            return [(rows["s"][name] != "", rows["BACKEND"][name] != "", rows["FRONTEND"][name] != "")
                    for name in ("qtime_max", "ctime_max", "rtime_max", "ttime_max", "wrew", "eint", "safe_conn_cur")]
        self.both(config, use)

    @requires(3, 0)
    def test_a_password_that_takes_long_holds_up_nobody_else(self):
        self.proxy(HEAD + f"""
userlist users
  user joe password {HASH}
frontend f
  bind NET.1:8000
  acl known http_auth(users)
  http-request auth unless known or {{ path /open }}
  http-request return status 200
""")

        def ask(client, password):
            word = base64.b64encode(b"joe:" + password).decode()
            client.send(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {word}\r\n\r\n".encode())
        with self.client(seconds=60) as slow, self.client(seconds=60) as quick:  # what takes a second may take long on a busy machine
            ends = []
            ask(slow, b"open sesame")

            def wait():
                self.assertEqual(slow.read_answer().status, 200)
                ends.append("slow")
            waiting = threading.Thread(target=wait)
            waiting.start()
            for _ in range(5):
                quick.send(b"GET /open HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(quick.read_answer().status, 200)
            ends.append("quick")
            waiting.join()
            self.assertEqual(ends, ["quick", "slow"])
            ask(slow, b"open sesame")  # known by now
            self.assertEqual(slow.read_answer().status, 200)
            ask(slow, b"wrong")
            self.assertEqual(slow.read_answer().status, 401)
            ask(slow, b"wrong")
            self.assertEqual(slow.read_answer().status, 401)

    @requires(3, 0)
    def test_a_client_that_does_not_wait_for_its_password(self):
        self.proxy(HEAD + f"""
userlist users
  user joe password {HASH}
listen l
  bind NET.1:8000
  http-request auth unless {{ http_auth(users) }}
  http-request return status 200
""")
        word = base64.b64encode(b"joe:open sesame").decode()
        request = f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {word}\r\n\r\n".encode()
        for _ in range(3):
            with self.client() as client:
                client.send(request)
                client.reset()
        with self.client(seconds=60) as client:
            client.send(request)
            self.assertEqual(client.read_answer().status, 200)


if __name__ == "__main__":
    main()

"""Stick tables beside Debian's haproxy: the same requests reach the same servers."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, run, under_test  # noqa: E402
from client import Client  # noqa: E402
from origin import Origin, answer_with  # noqa: E402

HEAD = """
global
  stats socket TMP/cli level admin
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
"""
SERVERS = "".join(f"  server s{i} NET.{9 + i}:8080\n" for i in range(1, 4))
FRONT = "frontend f\n  bind NET.1:8000\n  default_backend b\n"


def said(name, *fields):
    return answer_with(name.encode(), fields=fields)


class Stick(Case):
    def both(self, config, ask, front=FRONT, servers=None):
        """What `ask(proxy, get)` returns with haproxy and with ours; get(target, *fields) is who answered."""
        theirs = self.one(oracle(), config, ask, front, servers)
        ours = self.one(under_test(), config, ask, front, servers)
        self.assertEqual(ours, theirs)
        return ours

    def one(self, program, config, ask, front=FRONT, servers=None):
        proxy = Proxy(HEAD + front + config, program=program, network=self.network)
        origins = [Origin(self.network.host(9 + i), 8080, (servers or said)(f"s{i}")).start() for i in range(1, 4)]

        def get(target="/", *fields):
            with Client(self.front, 8000) as client:
                lines = "".join(field + "\r\n" for field in fields)
                client.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
                return client.read_answer().body.decode()
        try:
            return ask(proxy.start(), get)
        finally:
            self._stop(proxy)
            for origin in origins:
                origin.stop()

    def test_on_a_parameter(self):
        config = "backend b\n  stick-table type string len 16 size 100\n  stick on url_param(u)\n" + SERVERS
        asked = ["/?u=a", "/?u=b", "/?u=c", "/?u=a", "/?u=b", "/?u=d", "/?u=c", "/?u=a", "/", "/", "/?u=d", "/?u=", "/?u=", "/?u=a"]
        ours = self.both(config, lambda proxy, get: [get(target) for target in asked])
        self.assertEqual([ours[i] for i in (0, 3, 7, 13)], [ours[0]] * 4)

    def test_long_keys_are_cut(self):
        config = "backend b\n  stick-table type string len 4 size 100\n  stick on url_param(u)\n" + SERVERS
        asked = ["/?u=abcdX", "/?u=abcdY", "/?u=abcZ", "/?u=abcd", "/?u=abc"]
        ours = self.both(config, lambda proxy, get: [get(target) for target in asked])
        self.assertEqual(ours[0], ours[1])
        self.assertNotEqual(ours[0], ours[2])

    def test_types(self):
        for kind, values in (("ip", ["10.0.0.1", "10.0.0.2", "10.0.0.1", "nonsense", "nonsense", "::1", "10.0.0.2"]),
                             ("ipv6", ["::1", "::2", "::1", "10.0.0.1", "::ffff:10.0.0.1", "::2"]),
                             ("integer", ["1", "2", "1", "01", "x", "x", "4294967297", "-1", "-1", "2"]),
                             ("binary len 4", ["ab", "abcdef", "ab", "abcd", "abcdeg", "a"])):
            with self.subTest(kind):
                config = f"backend b\n  stick-table type {kind} size 100\n  stick on hdr(x)\n" + SERVERS
                self.both(config, lambda proxy, get: [get("/", f"X: {value}") for value in values])

    def test_match_and_store_request_of_a_shared_table(self):
        config = ("backend t\n  stick-table type string size 100\n" + SERVERS.replace("s1", "x1") +
                  "backend b\n  stick match hdr(x) table t\n  stick store-request hdr(x) table t unless { hdr(y) no }\n" + SERVERS +
                  "backend other\n  stick match hdr(x) table t\n" + SERVERS)
        front = "frontend f\n  bind NET.1:8000\n  use_backend other if { path /other }\n  default_backend b\n"
        asked = [("/", "X: 1"), ("/", "X: 2"), ("/other", "X: 2"), ("/other", "X: 1"), ("/", "X: 3", "Y: no"), ("/", "X: 3", "Y: no"),
                 ("/other", "X: 3"), ("/", "X: 1")]
        self.both(config, lambda proxy, get: [get(*one) for one in asked], front=front)

    def test_tables_shared_by_backends_whose_servers_have_other_names(self):
        config = ("backend b\n  stick-table type string size 100\n  stick on hdr(x)\n" + SERVERS +
                  "backend other\n  stick match hdr(x) table b\n  server q1 NET.12:8080\n  server s1 NET.11:8080\n  server q3 NET.10:8080\n")
        front = "frontend f\n  bind NET.1:8000\n  use_backend other if { path /other }\n  default_backend b\n"
        asked = [("/", "X: 1"), ("/", "X: 2"), ("/", "X: 3"), ("/other", "X: 1"), ("/other", "X: 2"), ("/other", "X: 3"),
                 ("/other", "X: 1"), ("/other", "X: 2"), ("/other", "X: 3")]
        self.both(config, lambda proxy, get: [get(*one) for one in asked], front=front)

    def test_store_response(self):
        config = ("backend b\n  stick-table type string size 100\n  stick store-response res.hdr(token)\n"
                  "  stick match hdr(token)\n" + SERVERS)
        asked = [("/",), ("/",), ("/",), ("/", "Token: t-s2"), ("/", "Token: t-s2"), ("/", "Token: t-s1"), ("/", "Token: none"),
                 ("/", "Token: t-s3")]
        ours = self.both(config, lambda proxy, get: [get(*one) for one in asked], servers=lambda name: said(name, ("Token", "t-" + name)))
        self.assertEqual([ours[i] for i in (3, 4, 5, 7)], ["s2", "s2", "s1", "s3"])

    def test_several_criteria(self):
        config = ("backend one\n  stick-table type string size 100\nbackend two\n  stick-table type string size 100\n"
                  "backend b\n  stick on hdr(x) table one\n  stick on hdr(y) table two\n  stick on hdr(z) table two\n" + SERVERS)
        asked = [("/", "X: 1", "Y: a"), ("/", "Y: a"), ("/", "X: 2", "Z: b"), ("/", "Z: b"), ("/", "X: 1", "Z: b"), ("/", "Y: b"),
                 ("/", "X: 3", "Y: c", "Z: d"), ("/", "Z: d"), ("/", "Y: c")]
        self.both(config, lambda proxy, get: [get(*one) for one in asked])

    def test_a_server_that_is_down_is_replaced_and_the_table_follows(self):
        config = "backend b\n  stick-table type string size 100\n  stick on hdr(x)\n" + SERVERS

        def ask(proxy, get):
            first = [get("/", "X: 1") for _ in range(2)]
            proxy.cli(f"disable server b/{first[0]}")
            then = [get("/", "X: 1") for _ in range(2)]
            proxy.cli(f"enable server b/{first[0]}")
            return first, then, [get("/", "X: 1") for _ in range(2)]
        self.both(config, ask)

    def test_non_stick(self):
        config = "backend b\n  stick-table type string size 100\n  stick on hdr(x)\n" + SERVERS.replace("s1 NET.10:8080", "s1 NET.10:8080 non-stick")
        self.both(config, lambda proxy, get: [get("/", f"X: {i % 3}") for i in range(9)])

    def test_a_full_table(self):
        # haproxy makes room for a new entry before it looks whether the key is there, and so forgets one too many
        asked = ["1", "2", "1", "2", "3", "3", "2", "1"]
        for purge, expected in (("", "s1 s2 s1 s2 s3 s3 s2 s1"), (" nopurge expire 10m", "s1 s2 s1 s2 s3 s1 s2 s1")):
            with self.subTest(purge):
                config = f"backend b\n  stick-table type string size 2{purge}\n  stick on hdr(x)\n" + SERVERS
                ours = self.one(under_test(), config, lambda proxy, get: [get("/", f"X: {value}") for value in asked])
                self.assertEqual(" ".join(ours), expected)

    def test_mode_tcp_on_the_source(self):
        config = "backend b\n  mode tcp\n  stick-table type ip size 100 expire 1m\n  stick on src\n" + SERVERS
        front = "frontend f\n  mode tcp\n  bind NET.1:8000\n  default_backend b\n"
        ours = self.both(config, lambda proxy, get: [get() for _ in range(5)], front=front)
        self.assertEqual(len(set(ours)), 1)
        newer = self.one(under_test(), config.replace("type ip ", "type ipv4 "), lambda proxy, get: [get() for _ in range(5)], front=front)
        self.assertEqual(len(set(newer)), 1)

    def test_looking_into_a_table(self):
        config = ("backend b\n  stick-table type string size 100 expire 10m\n  stick on hdr(x)\n"
                  "  http-response set-header known %[var(txn.x),in_table(b)]\n  http-response set-header id %[var(txn.x),table_server_id(b)]\n"
                  "  http-response set-header none %[str(q),table_expire(b,7)]/%[str(q),table_idle(b)]\n"
                  "  http-response set-header counts %[table_cnt]/%[table_avl(b)]\n  http-request set-var(txn.x) hdr(x)\n"
                  "  http-response set-header soon 1 if { var(txn.x),table_expire(b) gt 590000 } { var(txn.x),table_idle(b) lt 5000 }\n" + SERVERS)

        def ask(proxy, get):
            seen = []
            for value in ("1", "2", "3", "2"):
                with Client(self.front, 8000) as client:
                    client.send(f"GET / HTTP/1.1\r\nHost: x\r\nX: {value}\r\n\r\n".encode())
                    answer = client.read_answer()
                    seen.append([answer.one(name) for name in ("known", "id", "none", "counts", "soon")])
            return seen
        ours = self.both(config, ask)
        self.assertEqual(ours[3], ["1", "2", "7/", "3/97", "1"])

    def test_wrong_lines(self):
        for text in ("  stick-table type ip\n", "  stick-table size 10\n", "  stick-table type nothing size 10\n",
                     "  stick-table type ip size 10 what\n", "  stick-table type string size 10\n  stick on res.hdr(a)\n", "  stick on src table nowhere\n", "  stick on src\n",
                     "  stick\n", "  stick on\n", "  stick-table type ip size 10\n  stick-table type ip size 10\n",
                     "  stick-table type ip size 10 expire never\n", "  stick-table type string len 0 size 10\n"):
            config = HEAD + FRONT + "backend b\n" + text + SERVERS
            codes = [run(["-c"], config, program=program, network=self.network).code for program in (oracle(), under_test())]
            self.assertEqual(codes, [1, 1], text)


if __name__ == "__main__":
    main()

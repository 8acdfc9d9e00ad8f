"""Balancing by hash beside Debian's haproxy: every key reaches the same server, also after the farm has changed."""
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from farms import HEAD, Farm, Web, main, oracle, under_test  # noqa: E402


def with_key(key):
    return f"GET / HTTP/1.1\r\nHost: a\r\nX-K: {key}\r\n\r\n".encode()


def get(target, *fields, host="www.example.com", method="GET"):
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()


KEYS = [f"user-{n * 7919}/{n}" for n in range(10000)]


class Hashes(Farm):
    def test_map_based_keeps_every_key(self):
        """A migration must not empty caches: 10,000 keys, weights, servers that leave and come back."""
        requests = [with_key(key) for key in KEYS]

        def steps(ask, cli):
            seen = {"all": ask(0, requests)}
            cli("set server l0/s3 state maint")
            seen["without s3"] = ask(0, requests)
            cli("set server l0/s1 state drain")
            seen["without s3 and s1"] = ask(0, requests[:3000])
            cli("set server l0/s3 state ready; set server l0/s1 state ready")
            seen["all again"] = ask(0, requests[:3000])
            cli("set weight l0/s5 0%")
            seen["without s5"] = ask(0, requests[:3000])
            return seen
        self.both(["balance hdr(x-k)"], steps)

    def test_functions(self):
        plans = [f"balance hdr(x-k)\n  hash-type {method} {function}{modifier}" for method in ("map-based", "consistent")
                 for function in ("sdbm", "djb2", "crc32") for modifier in ("", " avalanche")]
        requests = [with_key(key) for key in KEYS[:1500]]
        self.both(plans, lambda ask, cli: {plan: ask(number, requests) for number, plan in enumerate(plans)})

    def test_consistent_moves_only_what_it_must(self):
        requests = [with_key(key) for key in KEYS]

        def steps(ask, cli):
            seen = {"all": ask(0, requests)}
            cli("set server l0/s3 state maint")
            seen["without s3"] = ask(0, requests)
            cli("set server l0/s3 state ready")
            seen["all again"] = ask(0, requests[:3000])
            cli("set weight l0/s1 1; set weight l0/s2 200")
            seen["other weights"] = ask(0, requests[:3000])
            return seen
        seen = self.both(["balance hdr(x-k)\n  hash-type consistent"], steps)
        for before, after in zip(seen["all"], seen["without s3"]):
            if before != "s3":
                self.assertEqual(after, before, "only keys of the server that left move")
        self.assertEqual(seen["all again"], seen["all"][:3000])

    def test_uri(self):
        words = ["", "whole", "len 5", "depth 2", "depth 1", "depth 3 len 6", "path-only", "whole path-only len 8", "depth 2 whole", "path-only depth 2"]
        plans = [f"balance uri {word}\n  hash-type consistent djb2" for word in words]
        targets = ["/a/bb/ccc/d?x=1&y", "http://www.example.com/a/bb/ccc?x", "/", "/?q", "/abcdefgh", "//a//b", "/a/?b/c", "/a/b/c/d/e/f/", "/a?"]
        requests = [get(target) for target in targets] + [get("*", method="OPTIONS")] + [get(f"/{key}?{n}/") for n, key in enumerate(KEYS[:100])]
        self.both(plans, lambda ask, cli: {plan: ask(number, requests) for number, plan in enumerate(plans)})

    def test_parameters_and_headers(self):
        plans = ["balance url_param id", "balance hdr(x-k)", "balance hdr(host) use_domain_only", "balance url_param id check_post"]
        targets = ["/?id=v1", "/?x=1&id=v2&z", "/?id=", "/?id", "/?ID=v1", "/?xid=v1", "/?id=v1&id=v2", "/;id=v1", "/?a=b;id=v2", "/?id=v%20w"]
        values = ["v1", "v1, v2", "", '"a,b", c', ",x"]
        hosts = ["haproxy.1wt.eu", "1wt.eu", "localhost", "www.a.b.co.uk", "a.b.c.d:8080", "192.168.1.2", "a.", "WWW.Example.com:80", "x.y"]
        posts = [get("/", "Content-Length: 5", method="POST") + b"id=v1", get("/", "Content-Length: 13", method="POST") + b"a=b&id=v2&z=1",
                 get("/?id=v3", "Content-Length: 5", method="POST") + b"id=v2", get("/", "Content-Length: 3", method="POST") + b"a=b"]

        def steps(ask, cli):
            return {"url_param": ask(0, [get(target) for target in targets]),
                    "hdr": ask(1, [get("/", f"X-K: {value}") for value in values] + [get("/", "X-K: a", "X-K: b"), get("/")]),
                    "domain": ask(2, [get("/", host=host) for host in hosts]),
                    "check_post": [ask(3, [post])[0] for post in posts]}
        self.both(plans, steps)

    def test_expressions(self):
        plans = [f"balance hash {what}\n  hash-type map-based crc32" for what in
                 ("path", "int(77)", "req.hdr_ip(x-k)", "req.hdr(x-k),lower", "req.hdr(x-k),length", "req.hdr_ip(x-k),ipmask(24)", "url_param(u)")]
        requests = [get("/p/q?u=1", "X-K: 1.2.3.4"), get("/p/q", "X-K: 10.0.0.77"), get("/P?u=xyz", "X-K: AbC"), get("/"), get("/?u=2")]
        requests += [get(f"/{n}?u={n}", f"X-K: 10.{n}.3.{n}") for n in range(100)]
        self.both(plans, lambda ask, cli: {plan: ask(number, requests) for number, plan in enumerate(plans)})

    def test_source(self):
        plans = ["balance source", "balance source\n  hash-type map-based sdbm avalanche", "balance source\n  hash-type consistent",
                 "balance source\n  hash-type consistent djb2"]

        def steps(ask, cli):
            return {plan: [ask(number, [get("/")], f"127.{n % 3}.{n * 5 % 250}.{n * 37 % 250 + 1}")[0] for n in range(40)]
                    for number, plan in enumerate(plans)}
        self.both(plans, steps)

    def say_hello(self, name, value):
        """An RDP client's first packet; who answered it."""
        cookie = f"Cookie: {name}={value}\r\n".encode()
        connect = bytes([6 + len(cookie), 0xe0, 0, 0, 0, 0, 0]) + cookie
        with socket.create_connection((self.front, 8000), timeout=10) as link:
            link.sendall(b"\x03\x00" + (4 + len(connect)).to_bytes(2, "big") + connect)
            return link.recv(100).decode()

    def test_rdp_cookie(self):
        config = HEAD.replace("mode http", "mode tcp") + """
listen l
  bind NET.1:8000
  tcp-request inspect-delay 5s
  tcp-request content accept if RDP_COOKIE
  balance rdp-cookie
""" + "".join(f"  server s{i} NET.{10 + i}:8080\n" for i in range(1, 4))
        webs = [Web(self.network.host(10 + i), 8080, f"s{i}".encode()) for i in range(1, 4)]
        for web in webs:
            self.addCleanup(web.stop)

        def ask(user):
            return self.say_hello("mstshash", user)

        def steps(_, cli):
            return [ask(f"user{n}") for n in range(30)] + [ask("Administrator")]
        self.assertEqual(self.one(under_test(), config, steps), self.one(oracle(), config, steps))

    def test_persist_rdp_cookie(self):
        """A routing token leads to its server, also to one that is set to drain or, with `option persist`, is down; all others take turns."""
        webs = [Web(self.network.host(10 + i), 8080, f"s{i}".encode()) for i in range(1, 4)]
        for web in webs:
            self.addCleanup(web.stop)

        def token(last, port=8080):
            ip = socket.inet_aton(self.network.host(last))
            return f"{int.from_bytes(ip, 'little')}.{int.from_bytes(port.to_bytes(2, 'big'), 'little')}"
        third = token(13)
        ip, port = third.split(".")
        tokens = [third + end for end in (".0000", ".0", ".", ".x", " .0", ".0000 ", ".0000;x", "")]
        tokens += [f"0{third}.0000", f"{ip}.0{port}.0000", f"{ip}x.{port}.0000", f"{ip}.{port}x.0000", f"{ip}..0000", "", ".", "..",
                   f"{ip},{port}.0", token(14) + ".0000", token(17) + ".0000", token(13, 8081) + ".0000"]
        plans = [("persist rdp-cookie", "msts", "s3", "balanced"), ("persist rdp-cookie(other)", "OTHER", "s3", "balanced"),
                 ("persist rdp-cookie\n  ignore-persist if TRUE", "msts", "s3", "balanced"), ("persist rdp-cookie\n  option persist", "msts", "s3", "s3"),
                 ("persist rdp-cookie\n  use-server s1 if TRUE", "msts", "s1", "s1")]
        for plan, name, in_general, in_maintenance in plans:
            config = HEAD.replace("mode http", "mode tcp").replace("option redispatch", "retries 0") + f"""
listen l
  bind NET.1:8000
  tcp-request inspect-delay 5s
  tcp-request content accept if RDP_COOKIE
  {plan}
""" + "".join(f"  server s{i} NET.{10 + i}:8080{' disabled' if i == 4 else ''}\n" for i in range(1, 5))

            def whose(value):
                """Who gets it each time; nothing if it is balanced."""
                got = [self.say_hello(name, value) for _ in range(3)]
                return got[0] if len(set(got)) == 1 else "balanced"

            def steps(_, cli):
                seen = {value: whose(value) for value in tokens}
                cli("set server l/s3 state drain")
                seen["in drain"] = whose(third + ".0000")
                cli("set server l/s3 state maint")
                seen["in maintenance"] = whose(third + ".0000")
                return seen
            with self.subTest(plan=plan):
                theirs, ours = self.one(oracle(), config, steps), self.one(under_test(), config, steps)
                self.assertEqual(ours, theirs)
                self.assertEqual([ours[third + ".0000"], ours["in maintenance"]], [in_general, in_maintenance])


if __name__ == "__main__":
    main()

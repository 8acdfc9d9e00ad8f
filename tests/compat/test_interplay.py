"""What keywords of frontends, backends and server lines make of each other, beside Debian's haproxy."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, under_test  # noqa: E402
from origin import answer_with  # noqa: E402
from program import wait_until  # noqa: E402

BASE = "defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n"
CLI = "global\n  stats socket TMP/cli level admin\n" + BASE


class Interplay(Case):
    def both(self, config, look):
        """What `look` says of a proxy that runs, of either program; it must be the same."""
        seen = []
        for program in (oracle(), under_test()):
            proxy = self.proxy(config, program=program)
            seen.append(look(proxy))
            proxy.stop()
        self.assertEqual(*seen)
        return seen[0]

    def places(self, config, *requests):
        """Bodies of the answers to each (target, fields); an error counts as its status."""
        def ask(_):
            answers = [self.get(target, fields=fields) for target, fields in requests]
            return [answer.body.decode() if answer.status == 200 and len(answer.body) < 10 else answer.status for answer in answers]
        return self.both(config, ask)

    def servers(self):
        for last, name in ((10, b"ten"), (11, b"one"), (12, b"two")):
            self.origin(last, serve=answer_with(name))

    def test_addresses_for_the_server(self):
        """The backend's name; what either side excepts; only if there is none if each side that has the option says so."""
        origin = self.origin(10)
        sides = [("forwardfor", "forwardfor if-none"), ("forwardfor if-none", "forwardfor"), ("forwardfor if-none", "forwardfor if-none"),
                 ("forwardfor if-none", None), (None, "forwardfor if-none"), ("forwardfor header X-A", "forwardfor header X-B"),
                 ("forwardfor except NET.1", "forwardfor header X-B"), ("forwardfor", "forwardfor except NET.1"),
                 ("forwardfor except NET.1", "forwardfor except NET.9"), ("originalto except NET.1", "originalto header X-B"),
                 ("originalto header X-A", "originalto header X-B")]
        seen = {}
        for front, back in sides:
            config = BASE + "frontend f\n  bind NET.1:8000\n  default_backend b\n" + (f"  option {front}\n" if front else "")
            config += "backend b\n  server s NET.10:8080\n" + (f"  option {back}\n" if back else "")

            def ask(_):
                for fields in ((), (("X-Forwarded-For", "192.0.2.9"),)):
                    self.get(fields=fields, source=self.front)
                return [[field for field in head.fields if field[0].startswith("x-")] for head in origin.take()]
            with self.subTest(front, back):
                seen[front, back] = self.both(config, ask)
        self.assertEqual(seen["forwardfor except NET.1", "forwardfor header X-B"], [[], [("x-forwarded-for", "192.0.2.9")]])
        self.assertEqual(len(seen["forwardfor", "forwardfor if-none"][1]), 2)
        self.assertEqual(len(seen["forwardfor if-none", "forwardfor if-none"][1]), 1)

    def test_backends_whose_name_is_made(self):
        """One that is not there ends the list: default_backend decides."""
        self.servers()
        config = BASE + "frontend f\n  bind NET.1:8000\n  use_backend %[req.hdr(x)] if { req.hdr(x) -m found }\n  use_backend two\n  default_backend one\n"
        config += "".join(f"backend {name}\n  server s NET.{last}:8080\n" for name, last in (("one", 11), ("two", 12)))
        self.assertEqual(self.places(config, ("/", (("x", "one"),)), ("/", (("x", "two"),)), ("/", (("x", "three"),)), ("/", ())), ["one", "two", "one", "two"])

    def test_servers_whose_name_is_made(self):
        """One that is not there ends the list: balancing decides."""
        self.servers()
        config = BASE + "listen l\n  bind NET.1:8000\n  balance first\n  use-server %[req.hdr(x)] if { req.hdr(x) -m found }\n  use-server two if TRUE\n"
        config += "  server ten NET.10:8080\n  server one NET.11:8080\n  server two NET.12:8080\n"
        self.assertEqual(self.places(config, ("/", (("x", "one"),)), ("/", (("x", "three"),)), ("/", ())), ["one", "ten", "two"])

    def test_monitored_paths(self):
        """A URI that begins with a slash is the path of absolute targets, too."""
        self.servers()
        config = BASE + "listen l\n  bind NET.1:8000\n  monitor-uri URI\n  server s NET.10:8080\n"
        requests = [(target, ()) for target in ("/x", "/x?y", "http://example.com/x", "http://example.com/x?y", "http://example.com")]
        self.assertEqual(self.places(config.replace("URI", "/x"), *requests), [200, "ten", 200, "ten", "ten"])
        self.assertEqual(self.places(config.replace("URI", "http://example.com/x"), *requests), ["ten", "ten", 200, "ten", "ten"])

    def test_redirected_without_a_path(self):
        """Where a target has none, its place is the root."""
        for rule in ("prefix /", "prefix http://x", "prefix http://x drop-query append-slash", "scheme https", "scheme https drop-query", "location /y"):
            config = BASE + f"listen l\n  bind NET.1:8000\n  redirect {rule}\n"

            def ask(_):
                return [self.get(target, method="OPTIONS").one("location") for target in ("*", "http://example.com", "/", "/a?b")]
            with self.subTest(rule):
                self.both(config, ask)

    def test_numbers(self):
        """Those that are not said count the lines and pass over the said ones: of servers, proxies, sockets."""
        def numbers(proxy):
            rows = [line.split(",") for line in proxy.cli("show stat").splitlines() if "," in line and not line.startswith("#")]
            return [(row[0], row[1], row[27], row[28]) for row in rows]
        config = CLI + "frontend f\n  option socket-stats\n  bind NET.1:8000\n  bind NET.1:8001 id 7\n  bind NET.1:8002\n"
        config += "backend a\n  id 4\n  server a NET.10:1 id 2\n  server b NET.10:1\n  server c NET.10:1\n  server d NET.10:1 id 1\n  server e NET.10:1\n"
        config += "backend b\n  server a NET.10:1\n  server b NET.10:1 id 7\n  server c NET.10:1\nbackend c\n  id 1\nbackend d\n  server-template t 3 NET.10:1 id 9\n  server x NET.10:1\n"
        seen = self.both(config, numbers)
        self.assertIn(("b", "c", "5", "3"), seen)
        self.assertIn(("f", "sock-7", "2", "7"), seen)

    def test_ports_of_checks_alone(self):
        """A server without a port of its own is checked where the rules connect to."""
        self.origin(10, 8081)
        for family, rules in (("httpchk", "http-check connect port 8081\n  http-check send meth GET uri /\n  http-check expect status 200"),
                              ("tcp-check", "tcp-check connect port 8081")):
            config = CLI + f"listen l\n  bind NET.1:8000\n  option {family}\n  {rules}\n  server s NET.10 check inter 100\n"

            def told(proxy):
                def status():
                    row = next(line.split(",") for line in proxy.cli("show stat").splitlines() if line.startswith("l,s,"))
                    return row[36] not in ("", "INI", "* INI") and (row[17], row[36].removeprefix("* "))
                return wait_until(status, what="a check")
            with self.subTest(family):
                self.assertEqual(self.both(config, told)[0], "UP")

    def test_where_checks_are_addressed_to(self):
        """The host of a target is the Host field's."""
        for send in ("uri http://foo:80/a ver HTTP/1.1 hdr Host bar", "uri http://foo/a ver HTTP/1.1", "uri http://foo hdr Host bar", "uri /a hdr Host bar"):
            origin = self.origin(10)
            config = BASE + f"listen l\n  bind NET.1:8000\n  option httpchk\n  http-check send meth GET {send}\n  server s NET.10:8080 check inter 100\n"

            def check(_):
                origin.take()
                origin.wait_requests(1)
                head = origin.take()[0]
                return head.line, head.one("host")
            with self.subTest(send):
                self.both(config, check)
            origin.stop()


if __name__ == "__main__":
    main()

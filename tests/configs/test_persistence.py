"""Sessions stay with their server: 02-cookie-rewrite, 03-*, 04-cookie-*, 04-balance-source, 04-url-param."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main, wait_until  # noqa: E402


class Cookies(Tutorial):
    def cookie(self, answer, name):
        values = [value for value in answer.all("set-cookie") if value.startswith(name + "=")]
        return values[0].split(";")[0].split("=", 1)[1] if values else None

    def test_insert(self):
        """insert indirect nocache: the browser gets the server's name, the server never sees the cookie."""
        webs = {f"web{n}": self.web(9 + n, name=f"web{n}") for n in (1, 2, 3)}
        for web in webs.values():
            web.extra = [("Cache-Control", "public, max-age=60")]
        self.tutorial_when_complete("04-cookie-insert.cfg")
        first = self.fetch("/first")
        name = self.cookie(first, "SERVERID")
        self.assertEqual(name, first.one("x-server"))
        self.assertIn("private", first.all("cache-control"), "nocache: shared caches must not keep the cookie")
        for n in range(12):
            answer = self.fetch(f"/{n}", fields=[("Cookie", f"a=b; SERVERID={name}; c=d")])
            self.assertEqual(answer.one("x-server"), name)
            self.assertEqual(answer.all("set-cookie"), [], "it has it already")
        for _, path, headers in webs[name].asked:
            self.assertNotIn("SERVERID", headers.get("Cookie") or "", path)
        self.assertIn("a=b", webs[name].asked[-1][2].get("Cookie"))
        self.assertEqual(set(self.names(12)), {"web1", "web2", "web3"}, "who has no cookie is balanced")
        unknown = self.fetch("/u", fields=[("Cookie", "SERVERID=nosuch")])
        self.assertEqual((unknown.status, self.cookie(unknown, "SERVERID")), (200, unknown.one("x-server")))

    def test_prefix(self):
        """The application's own cookie carries the server's name in front, towards the client only."""
        webs = {f"web{n}": self.web(9 + n, name=f"web{n}") for n in (1, 2)}
        for web in webs.values():
            web.extra = [("Set-Cookie", "JSESSIONID=abc123; Path=/")]
        self.tutorial_when_complete("04-cookie-prefix.cfg")
        first = self.fetch("/first")
        name = first.one("x-server")
        self.assertEqual(self.cookie(first, "JSESSIONID"), f"{name}~abc123")
        for n in range(6):
            self.assertEqual(self.fetch(f"/{n}", fields=[("Cookie", f"JSESSIONID={name}~abc123")]).one("x-server"), name)
        self.assertEqual(webs[name].asked[-1][2].get("Cookie"), "JSESSIONID=abc123")

    def test_rewrite(self):
        """The server's SERVERID gets the value the configuration gives the server."""
        webs = {"app1inst1": self.web(100, 10080, "web1"), "app1inst2": self.web(200, 10080, "web2")}
        for web in webs.values():
            web.extra = [("Set-Cookie", "SERVERID=whatever; path=/")]
        self.tutorial_when_complete("02-cookie-rewrite.cfg", wait=[10080])
        for n in range(4):
            answer = self.fetch(f"/{n}")
            value = self.cookie(answer, "SERVERID")
            self.assertEqual(webs[value].name, answer.one("x-server"))
            again = self.fetch(f"/again{n}", fields=[("Cookie", f"SERVERID={value}")])
            self.assertEqual(again.one("x-server"), webs[value].name)

    def test_complete_redispatches(self):
        """option redispatch: when the cookie's server is gone another one answers, with its own cookie."""
        webs = {f"srv{n}": self.web(9 + n, name=f"web{n}") for n in (1, 2, 3)}
        self.tutorial_when_complete("04-cookie-complete.cfg")
        first = self.fetch("/first")
        name = self.cookie(first, "HAPROXY_SERVER_ID")
        self.assertEqual(webs[name].name, first.one("x-server"))
        webs[name].stop()
        answer = self.fetch("/moved", fields=[("Cookie", f"HAPROXY_SERVER_ID={name}")], seconds=20)
        self.assertEqual(answer.status, 200)
        self.assertNotEqual(answer.one("x-server"), webs[name].name)
        other = self.cookie(answer, "HAPROXY_SERVER_ID")
        self.assertEqual(webs[other].name, answer.one("x-server"))

    def test_session_cookie_static_rr(self):
        """03-cookie-insert.cfg: weights 6 and 3, and the cookie."""
        self.web(237, name="web1")
        self.web(234, name="web2")
        self.tutorial_when_complete("03-cookie-insert.cfg")
        names = self.names(27)
        self.assertEqual((names.count("web1"), names.count("web2")), (18, 9))
        answer = self.fetch("/")
        value = self.cookie(answer, "SESSION_COOKIE")
        for n in range(6):
            self.assertEqual(self.fetch(f"/{n}", fields=[("Cookie", f"SESSION_COOKIE={value}")]).one("x-server"),
                             answer.one("x-server"))


class Affinity(Tutorial):
    def test_source(self):
        """The same client address always reaches the same server; different ones spread."""
        for last in (10, 11, 12):
            self.web(last)
        self.tutorial_when_complete("04-balance-source.cfg")
        where = {source: {self.fetch(f"/{n}", source=source).one("x-server") for n in range(4)} for source in range(50, 80)}
        self.assertEqual({len(servers) for servers in where.values()}, {1})
        self.assertEqual(set().union(*where.values()), {"web10", "web11", "web12"})

    def test_source_moves_when_its_server_dies(self):
        webs = {f"web{last}": self.web(last) for last in (10, 11, 12)}
        self.tutorial_when_complete("04-balance-source.cfg")
        name = self.fetch("/", source=60).one("x-server")
        webs[name].stop()
        wait_until(lambda: (answer := self.fetch("/", source=60, seconds=12)).status == 200
                   and answer.one("x-server") != name, 25, "another server")

    def test_source_affinity_file(self):
        self.web(237, name="web1")
        self.web(234, name="web2")
        self.tutorial_when_complete("03-source-affinity.cfg")
        for source in range(50, 60):
            self.assertEqual(len({self.fetch(f"/{n}", source=source).one("x-server") for n in range(3)}), 1)

    def test_url_parameter(self):
        self.web(10)
        self.web(11)
        self.tutorial_when_complete("04-url-param.cfg")
        where = {}
        for session in ("abc123", "def456", "x", "1", "2", "3", "4", "5", "6", "7"):
            got = {self.fetch(f"/app?n={n}&sessionid={session}").one("x-server") for n in range(3)}
            self.assertEqual(len(got), 1)
            where[session] = got.pop()
        self.assertEqual(set(where.values()), {"web10", "web11"})
        self.assertEqual(set(self.names(8)), {"web10", "web11"}, "without it: by turns")


if __name__ == "__main__":
    main()

"""Persistence as the tutorial explains it: 02-cookie-rewrite, 03-cookie-insert, 03-htmpool, 04-cookie-{insert,prefix,complete}."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main, wait_until  # noqa: E402


class Persistence(Tutorial):
    def cookie_of(self, answer):
        """The Set-Cookie of an answer, or None."""
        return answer.one("set-cookie")

    def inserted(self, name, cookie, servers, extra=""):
        """The first answer brings a cookie, later requests with it stay where they are, and the server never sees it."""
        webs = [self.web(last, port, web) for last, port, web, _ in servers]
        self.tutorial(name)
        named = {web: value for _, _, web, value in servers}
        first = [self.fetch(f"/{n}") for n in range(12)]
        self.assertEqual({answer.one("x-server") for answer in first}, set(named), "without a cookie they are balanced")
        for answer in first:
            self.assertEqual(self.cookie_of(answer), f"{cookie}={named[answer.one('x-server')]}; path=/{extra}")
        for web, value in named.items():
            for n in range(5):
                answer = self.fetch(f"/again{n}", fields=[("Cookie", f"a=b; {cookie}={value}; c=d")])
                self.assertEqual(answer.one("x-server"), web)
                self.assertIsNone(self.cookie_of(answer), "indirect: it has the right one")
        for web in webs:
            for _, path, headers in web.asked:
                if path.startswith("/again"):
                    self.assertEqual(headers["Cookie"], "a=b; c=d", "indirect: the server does not see it")
        strange = self.fetch("/strange", fields=[("Cookie", f"{cookie}=nobody")])
        self.assertEqual(self.cookie_of(strange), f"{cookie}={named[strange.one('x-server')]}; path=/{extra}")
        return webs, named

    def moves_when_down(self, webs, named, cookie):
        """`check` and `option redispatch`: a client of a dead server gets another one, and its cookie."""
        gone = webs[0]
        gone.stop()

        def moved():
            answer = self.fetch("/moved", fields=[("Cookie", f"{cookie}={named[gone.name]}")])
            return answer.one("x-server") not in (None, gone.name) and answer
        answer = wait_until(moved, 30, "the request going elsewhere")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.cookie_of(answer).split(";")[0], f"{cookie}={named[answer.one('x-server')]}")

    def test_04_insert(self):
        self.inserted("04-cookie-insert.cfg", "SERVERID",
                      [(10, 8080, "web1", "web1"), (11, 8080, "web2", "web2"), (12, 8080, "web3", "web3")])

    def test_04_complete(self):
        webs, named = self.inserted("04-cookie-complete.cfg", "HAPROXY_SERVER_ID",
                                    [(10, 8080, "web1", "srv1"), (11, 8080, "web2", "srv2"), (12, 8080, "web3", "srv3")])
        names = [self.fetch(f"/w{n}").one("x-server") for n in range(40)]
        self.assertEqual([names.count(f"web{n}") for n in (1, 2, 3)], [10, 10, 20], "by weight")
        self.moves_when_down(webs, named, "HAPROXY_SERVER_ID")

    def test_03_insert(self):
        webs, named = self.inserted("03-cookie-insert.cfg", "SESSION_COOKIE",
                                    [(237, 8080, "web1", "server1"), (234, 8080, "web2", "server2")])
        self.moves_when_down(webs, named, "SESSION_COOKIE")

    def test_04_prefix(self):
        """The application's own cookie gets the server's name in front, and the application does not notice."""
        webs = [self.web(last, 8080, f"web{last - 9}") for last in (10, 11)]
        for web in webs:
            web.cookies = ["JSESSIONID=abc; Path=/app"]
        self.tutorial("04-cookie-prefix.cfg")
        for n in range(4):
            answer = self.fetch(f"/login{n}")
            self.assertEqual(self.cookie_of(answer), f"JSESSIONID={answer.one('x-server')}~abc; Path=/app")
        for web in ("web1", "web2") * 3:
            answer = self.fetch("/in", fields=[("Cookie", f"k=v; JSESSIONID={web}~abc")])
            self.assertEqual(answer.one("x-server"), web)
        for web in webs:
            seen = [headers["Cookie"] for _, path, headers in web.asked if path == "/in"]
            self.assertEqual(seen, ["k=v; JSESSIONID=abc"] * 3)
            web.cookies = []
        self.assertIsNone(self.cookie_of(self.fetch("/none")), "nothing is made up where the application sets none")

    def test_02_rewrite(self):
        """The application decides who gets a cookie; its value becomes the server's name."""
        webs = [self.web(100, 10080, "app1inst1"), self.web(200, 10080, "app1inst2")]
        self.tutorial("02-cookie-rewrite.cfg")
        self.assertIsNone(self.cookie_of(self.fetch("/none")), "not inserted")
        for web in webs:
            web.cookies = ["SERVERID=anything; Path=/", "other=kept"]
        for n in range(4):
            answer = self.fetch(f"/{n}")
            self.assertEqual(answer.all("set-cookie"), [f"SERVERID={answer.one('x-server')}; Path=/", "other=kept"])
        for name in ("app1inst1", "app1inst2") * 3:
            answer = self.fetch("/back", fields=[("Cookie", f"SERVERID={name}")])
            self.assertEqual(answer.one("x-server"), name)
        self.assertEqual([headers["Cookie"] for _, path, headers in webs[0].asked if path == "/back"], ["SERVERID=app1inst1"] * 3)

    def test_03_htmpool(self):
        """`cookie SERVERID` alone: persistence by a cookie that comes from elsewhere, nothing is changed."""
        self.web(181, 10080, "server1")
        self.web(182, 8080, "server2")
        self.tutorial("03-htmpool.cfg")
        for name in ("server1", "server2") * 3:
            answer = self.fetch("/x", fields=[("Cookie", f"SERVERID={name}")])
            self.assertEqual(answer.one("x-server"), name)
            self.assertIsNone(self.cookie_of(answer))
        self.assertEqual({self.fetch("/x").one("x-server") for _ in range(4)}, {"server1", "server2"})


if __name__ == "__main__":
    main()

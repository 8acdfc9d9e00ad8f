"""The tutorials' files beside Debian's haproxy, those about persistence and the statistics page."""
import base64
import csv
import io
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import main_apart  # noqa: E402
from twins import THREE, TWO, Twins, some_of_everything, without  # noqa: E402


def basic(user, password):
    return ("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


def with_cookie(side, *values):
    for n, value in enumerate(values):
        side.get(f"/with{n}", fields=[("Cookie", value)])


class Cookies(Twins):
    def test_insert(self):
        self.farm(THREE)

        def play(side):
            side.row(6)
            with_cookie(side, "SERVERID=web3", "a=b; SERVERID=web2; c=d", "SERVERID=nobody", "SERVERID=", "SERVERID=web1; SERVERID=web2",
                        "serverid=web2", 'SERVERID="web2"')
            some_of_everything(side)
        self.twins("04-cookie-insert.cfg", play)

    def test_complete(self):
        self.farm(THREE)

        def play(side):
            side.row(8)
            with_cookie(side, "HAPROXY_SERVER_ID=srv3", "HAPROXY_SERVER_ID=web1")
            side.checks()
            self.webs["web1"].kill()
            side.get("/redispatched", fields=[("Cookie", "HAPROXY_SERVER_ID=srv1")])
            side.settle({"web2", "web3"})
        # who of the others gets the request is decided anew
        self.twins("04-cookie-complete.cfg", play)

    def test_prefix(self):
        self.farm(TWO, cookies=["JSESSIONID=abc; Path=/app", "other=x"])

        def play(side):
            for n in range(4):
                side.get(f"/login{n}")
            with_cookie(side, "JSESSIONID=web2~abc", "k=v; JSESSIONID=web1~abc; l=w", "JSESSIONID=abc", "JSESSIONID=nobody~abc", "JSESSIONID=web1~")
            side.kept_alive(["/login", "/next"])
        self.twins("04-cookie-prefix.cfg", play)

    def test_03_insert(self):
        self.farm({"web1": 237, "web2": 234})

        def play(side):
            side.row(9)
            with_cookie(side, "SESSION_COOKIE=server1", "SESSION_COOKIE=server2")
            side.checks()
            self.webs["web1"].kill()
            side.get("/redispatched", fields=[("Cookie", "SESSION_COOKIE=server1")])
        self.twins("03-cookie-insert.cfg", play)

    def test_source_affinity(self):
        self.farm({"web1": 237, "web2": 234})

        def play(side):
            for source in range(30, 45):
                side.get("/", source=source)
            with_cookie(side, "SERVERID=server1", "SERVERID=server2", "SERVERID=x")
            side.checks()
        self.twins("03-source-affinity.cfg", play)

    def test_rewrite(self):
        self.farm({"web1": (100, 10080), "web2": (200, 10080)}, cookies=["SERVERID=anything; Path=/", "other=kept"])

        def play(side):
            some_of_everything(side)
            for n in range(3):
                side.get(f"/login{n}")
            with_cookie(side, "SERVERID=app1inst1", "SERVERID=app1inst2", "SERVERID=x; a=b")
            self.webs["web1"].kill()
            side.get("/redispatched", fields=[("Cookie", "SERVERID=app1inst1")])
            side.settle({"web2"})
            side.look("/stats", 1080)
            side.look("/stats", 1080, [basic("admin", "admin")])
            side.look("/stats;csv;norefresh", 1080, [basic("admin", "admin")])
        # D32: 2.6 logs 400 for the page's 401
        ours = self.twins("02-cookie-rewrite.cfg", play, logged=True, ours_may=[("<STATS> T/T/T/-1/T 400 ", "<STATS> T/T/T/-1/T 401 ")])
        self.assertEqual([note[1] for note in ours["notes"] if isinstance(note, tuple)], [401, 200, 200])

    def test_htmpool(self):
        self.farm({"web1": (181, 10080), "web2": 182})

        def play(side):
            some_of_everything(side)
            with_cookie(side, "SERVERID=server1", "SERVERID=server2", "a=b; SERVERID=server2")
            side.checks()
            self.webs["web2"].kill()
            side.get("/redispatched", fields=[("Cookie", "SERVERID=server2")])
            side.settle({"web1"})
        self.twins("03-htmpool.cfg", play, logged=True)


class Pages(Twins):
    LOOKED = ("pxname", "svname", "status", "weight", "act", "bck", "type", "sid", "check_rise", "check_fall", "mode", "algo",
              "cookie")

    def rows(self, side, target, port, fields=()):
        """Columns of the CSV table that do not depend on the moment."""
        answer = side.look(target, port, fields)
        table = csv.DictReader(io.StringIO(answer.body.decode()[2:]))
        side.notes.append([[row.get(column) for column in self.LOOKED] for row in table])

    def test_http_front(self):
        self.farm({"web1": (129, 10080), "web2": (131, 10080)})

        def play(side):
            some_of_everything(side)
            side.checks()
            side.look("/haproxy?stats", 10080)
            side.look("/haproxy?stats", 10080, method="POST", body=b"s=web1&b=http_back&action=maint")
            self.rows(side, "/haproxy?stats;csv", 10080)
            side.get("/haproxy")
        self.twins("03-http-front.cfg", play, logged=True)

    def page(self, edit):
        self.farm({})

        def play(side):
            for fields in ((), [basic("admin", "wrong")], [basic("admin", "password123")], [("Authorization", "Bearer x")]):
                side.look("/haproxy?stats", 8404, fields)
            self.rows(side, "/haproxy?stats;csv", 8404, [basic("admin", "password123")])
            side.look("/haproxy?stats", 8404, [basic("admin", "password123")], method="POST", body=b"s=x&b=y&action=maint")
            side.get("/haproxy", port=8404)
        return self.twins("04-stats-page.cfg", play, port=8404, edit=edit)

    def test_stats_page(self):
        self.page(lambda text: text)

    def test_stats_page_of_defaults(self):
        """在defaults或frontend中添加: the same lines in defaults give the page to every frontend behind them."""
        def edit(text):
            lines = text.split("\n")
            stats = [line for line in lines if line.strip().startswith("stats ")]
            rest = [line for line in lines if line not in stats]
            at = next(n for n, line in enumerate(rest) if line.startswith("frontend"))
            return "\n".join(rest[:at] + stats + rest[at:])
        ours = self.page(edit)
        self.assertEqual([note[1] for note in ours["notes"] if isinstance(note, tuple)], [401, 401, 200, 401, 200, 303])


class Production(Twins):
    """04-production without the line that needs a certificate."""

    SERVERS = {**THREE, "backup1": 20, "api1": 30, "api2": 31, "static1": 40, "static2": 41, "admin1": 50}

    def test_redirects_to_https(self):
        self.farm({"web1": 10})

        def play(side):
            for path in ("/", "/api/x?y=z", "/static/", "/admin/"):
                side.get(path)
            side.get("/post", method="POST", body=b"x")
            side.get("/port", host="example.com:10080")
            side.kept_alive(["/1", "/2"])
        ours = self.twins("04-production.cfg", play, edit=without("ssl crt"), logged=True)
        self.assertTrue(all("\r\nlocation: https://example.com" in head for head, _ in ours["answers"]))

    def test_all_else(self):
        self.farm(self.SERVERS)

        def play(side):
            side.checks()
            side.shares(12)
            for n in range(4):
                side.get(f"/api/{n}")
                side.get(f"/static/{n}")
            side.get("/admin/")
            with_cookie(side, "SERVERID=web2", "SERVERID=web3")
            self.rows(side)
            side.look("/stats", 8404, method="POST", body=b"s=api1&action=maint&b=%235")
            side.notes.append(self.states(side))
            side.get("/api/one")
            side.get("/api/two")
        self.twins("04-production.cfg", play, edit=without("ssl"), logged=True)

    @staticmethod
    def states(side):
        table = csv.DictReader(io.StringIO(side.proxy.cli("show stat", "TMP/stats")[2:]))
        return [(row["pxname"], row["svname"], row["status"]) for row in table]

    @staticmethod
    def rows(side):
        Pages.rows(Pages("test_stats_page"), side, "/stats;csv", 8404)


if __name__ == "__main__":
    main_apart()

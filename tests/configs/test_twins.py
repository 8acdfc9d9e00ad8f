"""The tutorials' files beside Debian's haproxy: answers, chosen servers, what nginx is asked, log lines. Balancing, routing, logs."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Client, main_apart  # noqa: E402
from twins import THREE, TWO, Twins, some_of_everything, without  # noqa: E402


# D7: 414 where 2.6 answers 400 to what does not fit its buffer
LONG = 'web_frontend web_frontend/<NOSRV> -1/-1/-1/-1/T {} 0 - - PR-- A/A/N/N/0 0/0 "<BADREQ>"\']'
TOO_LONG = [(LONG.format(400), LONG.format(414))]


class Balance(Twins):
    def test_roundrobin(self):
        self.farm(THREE)
        ours = self.twins("04-balance-roundrobin.cfg", lambda side: side.row(9))
        self.assertEqual([len(seen) for seen in ours["servers"].values()], [3, 3, 3])

    def test_weighted(self):
        self.farm(THREE)
        self.twins("04-balance-weighted.cfg", lambda side: side.row(12))

    def test_leastconn(self):
        self.farm(THREE)
        self.twins("04-balance-leastconn.cfg", lambda side: side.shares(30))

    def test_random(self):
        self.farm(THREE)
        self.twins("04-balance-random.cfg", lambda side: side.settle(THREE, row=60))

    def test_source(self):
        """The same clients on the same servers: a migration moves nobody."""
        self.farm(THREE)
        self.twins("04-balance-source.cfg", lambda side: [side.get("/", source=source) for source in range(30, 50)])

    def test_url_param(self):
        self.farm(TWO)

        def play(side):
            for n in range(20):
                side.get(f"/app?sessionid=user{n}")
            side.row(4, "/without")
            side.get("/app?x=1&sessionid=user3&y=2")
        self.twins("04-url-param.cfg", play)

    def test_server_states(self):
        self.farm({**TWO, "backup1": 20, "web3": 12})

        def play(side):
            side.row(6)
            self.webs["web1"].kill()
            self.webs["web2"].kill()
            side.settle({"backup1"})
            side.row(2, "/spare")
            self.webs["web1"].start()
            side.settle({"web1"})
            side.row(2, "/again")
        self.twins("04-server-states.cfg", play)


class Whole(Twins):
    """Files about the process and the frontend."""

    def test_centos(self):
        self.farm({"static": (1, 4331), **{f"app{n}": (1, 5000 + n) for n in range(1, 5)}})

        def play(side):
            some_of_everything(side)
            for path in ("/static/a.txt", "/pic.JPG", "/x/y.css?v=1", "/javascript/z", "/Static/b", "/jpg", "/a.jpgx", "/images"):
                side.get(path)
            side.get("/outside", source=200)
            self.webs["app2"].kill()
            side.settle({"app1", "app3", "app4"}, row=12)
            side.shares(9)
            with Client(self.front, 5000, source=self.network.host(5)) as client:
                side.keep(client.send(b"nonsense\r\n\r\n").read_answer())
            with Client(self.front, 5000, source=self.network.host(5)):
                pass  # dontlognull
        ours = self.twins("01-centos-default.cfg", play, port=5000, logged=True)
        self.assertEqual({line[0].split()[1] for line in ours["servers"]["static"]},
                         {"/static/a.txt", "/pic.JPG", "/x/y.css?v=1", "/javascript/z", "/Static/b", "/images"})
        self.assertEqual(len([line for line in ours["log"] if "BADREQ" in line]), 1)

    def test_minimal(self):
        """Without `balance` servers take turns: so it is in 2.6, and kept here (docs/differences.md)."""
        self.farm(TWO)

        def play(side):
            some_of_everything(side)
            self.webs["web2"].kill()
            side.settle({"web1"})
            side.row(3)
        self.twins("04-minimal.cfg", play)

    def test_global(self):
        self.farm({"b1": 10})

        def play(side):
            some_of_everything(side)
            info = side.proxy.cli("show info", "TMP/stats")
            side.notes.append([re.search(rf"(?m)^{word}: .*", info)[0] for word in ("Name", "Process_num", "Maxconn", "Hard_maxconn")])
            side.notes.append(side.proxy.cli("set server b/b1 weight 0", "TMP/stats"))  # level operator is not enough
            rows = side.proxy.cli("show stat", "TMP/stats").splitlines()
            side.notes.append([row.split(",")[:2] for row in rows[1:]])
        self.twins("04-global-complete.cfg", play)

    def test_defaults(self):
        self.farm({"b1": 10})

        def play(side):
            some_of_everything(side)
            for bad in (b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n", b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * 20000)):
                with Client(self.front, 10080, source=self.network.host(5)) as client:
                    client.send(bad)
                    side.notes.append(client.read_answer().status // 100)
            self.webs["b1"].kill()
            side.get("/refused")  # retries 3
            self.webs["b1"].start()
            side.get("/again")
        self.twins("04-defaults-complete.cfg", play, logged=True, ours_may=TOO_LONG)

    def test_threads(self):
        self.farm({"b1": 10})
        self.twins("04-nbproc-nbthread.cfg", some_of_everything)

    def test_bind_forms(self):
        """Both addresses; the third needs a certificate."""
        self.farm({"b1": 10})

        def play(side):
            some_of_everything(side)
            with Client(self.network.host(100), 8080, source=self.network.host(5)) as client:
                side.keep(client.get("/specific"))
        self.twins("04-bind-forms.cfg", play, edit=without("ssl"))


class Routes(Twins):
    def test_path(self):
        self.farm({"api": 11, "static": 12, "admin": 13, "web": 14})

        def play(side):
            for path in ("/api/users", "/static/x", "/admin/", "/", "/api", "/API/", "/x/api/", "/api/?static=/static/", "//api/", "/%61pi/"):
                side.get(path)
        ours = self.twins("04-route-by-path.cfg", play, edit=own_servers("api", "static", "admin", "web"))
        self.assertEqual([line[0].split()[1] for line in ours["servers"]["api"]], ["/api/users", "/api/?static=/static/"])

    def test_host(self):
        self.farm({"api": 11, "web": 12})

        def play(side):
            for host in ("api.example.com", "www.example.com", "API.Example.COM", "example.com", "api.example.com.evil",
                         "api.example.com:8080", "xapi.example.com", "api.example.com."):
                side.get("/" + host, host=host)
            side.kept_alive(["/1", "/2"], host="api.example.com")
        ours = self.twins("04-route-by-host.cfg", play, edit=own_servers("api", "web"))
        self.assertEqual([line[1] for line in ours["servers"]["web"]], ["www.example.com"])

    def test_harden(self):
        self.farm({"web1": 10})

        def play(side):
            some_of_everything(side)
            with Client(self.front, 10080, source="127.0.0.1") as client:
                side.keep(client.get("/denied"))
            with Client(self.front, 10080, source=self.network.host(5)) as client:
                client.send(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234")
                side.get("/meanwhile")
                side.keep(client.send(b"56789").read_answer())
        ours = self.twins("04-harden.cfg", play)
        paths = [line[0].split()[1] for line in ours["servers"]["web1"]]
        self.assertLess(paths.index("/meanwhile"), paths.index("/slow"))


def own_servers(*names):
    """The text gives all backends one address; here each has its own."""
    def edit(text):
        for at, name in enumerate(names):
            text = text.replace(f"{name}_servers1 NET.10", f"{name}_servers1 NET.{11 + at}")
        return text
    return edit


if __name__ == "__main__":
    main_apart()

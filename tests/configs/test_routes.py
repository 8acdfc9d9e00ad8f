"""Routing by path, by host name, by address: 01-centos-default, 04-route-by-path, 04-route-by-host, 04-harden."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Client, Nginx, Tutorial, main, wait_until  # noqa: E402
from syslog_sink import Syslog  # noqa: E402


class Centos(Tutorial):
    """01-centos-default.cfg: static files to one server, the rest to four by turns; logs, pid file, stats socket."""

    def setUp(self):
        super().setUp()
        self.log = Syslog(self.network.host(1), 10514)
        self.addCleanup(self.log.stop)
        self.static = Nginx(self.front, 4331, {"/static/a.txt": "static a", "/pic.JPG": "jpeg", "/x/y.css": "css",
                                               "/javascript/z": "js"}).start()
        self.addCleanup(self.static.stop)
        self.apps = [self.web(1, 5001 + n, f"app{n + 1}") for n in range(4)]
        self.running = self.tutorial("01-centos-default.cfg", wait=[5000])

    def test_static_and_dynamic_apart(self):
        for path in ("/static/a.txt", "/pic.JPG", "/x/y.css", "/javascript/z"):
            answer = self.fetch(path, 5000)
            self.assertEqual((answer.status, answer.one("x-server")), (200, "nginx"), path)
        self.assertEqual(self.fetch("/Static/a.txt", 5000).one("server").split("/")[0], "nginx", "-i: letters' case is ignored")
        for path in ("/", "/index.php", "/jpg", "/a.jpgx"):
            self.assertRegex(self.fetch(path, 5000).one("x-server") or "", "^app", path)

    def test_round_robin_over_four(self):
        names = self.names(40, 5000)
        self.assertEqual({name: names.count(name) for name in set(names)}, {f"app{n}": 10 for n in range(1, 5)})
        for n in range(36):
            self.assertEqual(len(set(names[n:n + 4])), 4, "each server once in any four requests")

    def test_forwardfor_except_network(self):
        self.fetch("/in", 5000, source=5)
        self.fetch("/out", 5000, source=200)
        seen = {}
        for app in self.apps:
            seen.update({path: headers.get("X-Forwarded-For") for _, path, headers in app.asked})
        self.assertEqual(seen, {"/in": None, "/out": self.network.host(200)})

    def test_http_server_close(self):
        with Client(self.front, 5000, source=self.network.host(5)) as client:
            for n in range(4):
                answer = client.get(f"/{n}")
                self.assertEqual(answer.status, 200)
                self.assertIsNone(answer.one("connection"), "the client side stays open")
        for app in self.apps:
            self.assertEqual([headers.get("Connection") for _, _, headers in app.asked], ["close"])

    def test_log_line(self):
        self.fetch("/logged?x=1", 5000)
        line = self.log.wait_for("/logged")
        self.assertRegex(line, r"^<150>\w{3} [ \d]\d \d\d:\d\d:\d\d haproxy\[\d+\]: " + self.network.host(5).replace(".", r"\.")
                         + r":\d+ \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] main app/app\d \d+/\d+/\d+/\d+/\d+ 200 \d+ - - ---- "
                         r'\d+/\d+/\d+/\d+/\d+ \d+/\d+ "GET /logged\?x=1 HTTP/1\.1"\n?$')

    def test_dontlognull(self):
        Client(self.front, 5000, source=self.network.host(5)).close()
        self.fetch("/after", 5000)
        self.log.wait_for("/after")
        self.assertEqual([line for line in self.log.lines if "BADREQ" in line or "NOSRV" in line], [])

    def test_redispatch_to_a_living_server(self):
        self.apps[0].stop()
        for n in range(12):
            self.assertEqual(self.fetch(f"/{n}", 5000, seconds=20).status, 200)

    def test_dead_server_taken_out_and_back(self):
        self.apps[1].stop()
        self.log.wait_for("Server app/app2 is DOWN", 30)
        before = len(self.apps[1].asked)
        self.names(12, 5000)
        self.apps[1].start()
        self.log.wait_for("Server app/app2 is UP", 30)
        self.until_only({"app1", "app2", "app3", "app4"}, port=5000)
        self.assertGreater(len(self.apps[1].asked), before)

    def test_daemon_user_pidfile_stats(self):
        def status():
            with open(f"/proc/{self.running.pid}/status", encoding="ascii") as file:
                return dict(line.split(":", 1) for line in file.read().splitlines())
        if os.geteuid() == 0:
            wait_until(lambda: status()["Uid"].split()[0] != "0", 5, "giving up root")
            self.assertTrue(os.readlink(f"/proc/{self.running.pid}/root").endswith("/chroot"))
        self.assertIn("Name: HAProxy", self.running.cli("show info", "TMP/stats"))
        self.assertIn("\napp,app3,", self.running.cli("show stat", "TMP/stats"))
        self.assertNotEqual(status()["PPid"].strip(), str(os.getpid()))


class ByPath(Tutorial):
    def test_routes(self):
        """All four backends of the text have one server address: the log-free way to see the choice is the path."""
        web = self.web(10)
        proxy = self.tutorial("04-route-by-path.cfg")
        for path in ("/api/users", "/static/logo.png", "/admin/", "/", "/apix", "/API/"):
            answer = self.fetch(path)
            self.assertEqual((answer.status, answer.one("x-server")), (200, "web10"), path)
        self.assertEqual([path for _, path, _ in web.asked], ["/api/users", "/static/logo.png", "/admin/", "/", "/apix", "/API/"])
        self.assertTrue(proxy.alive())

    def test_choice(self):
        """The same text with a server of its own for each backend."""
        from tutorial import Proxy, text_of
        text = text_of("04-route-by-path.cfg")
        for last, backend in ((11, "api"), (12, "static"), (13, "admin"), (14, "web")):
            text = text.replace(f"{backend}_servers1 NET.10", f"{backend}_servers1 NET.{last}")
            self.web(last, name=backend)
        proxy = Proxy(text, network=self.network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        for path, name in (("/api/users", "api"), ("/static/x", "static"), ("/admin/", "admin"), ("/", "web"), ("/api", "web"),
                           ("/API/", "web"), ("/x/api/", "web"), ("/api/?static=/static/", "api"), ("//api/", "web"),
                           ("http://example.com/api/x", "api")):
            self.assertEqual(self.fetch(path).one("x-server"), name, path)


class ByHost(Tutorial):
    def test_routes(self):
        from tutorial import Proxy, text_of
        self.web(11, name="api")
        self.web(12, name="www")
        text = text_of("04-route-by-host.cfg").replace("api_servers1 NET.10", "api_servers1 NET.11")
        proxy = Proxy(text.replace("web_servers1 NET.10", "web_servers1 NET.12"), network=self.network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        for host, name in (("api.example.com", "api"), ("www.example.com", "www"), ("API.Example.COM", "api")):
            self.assertEqual(self.fetch("/", host=host).one("x-server"), name)
        for host in ("example.com", "api.example.com.evil", "api.example.com:8080"):
            self.assertEqual(self.fetch("/", host=host).status, 503, f"{host}: no rule and no default backend")

    def test_as_printed(self):
        self.web(10)
        self.tutorial("04-route-by-host.cfg")
        self.assertEqual(self.fetch("/", host="www.example.com").status, 200)


class Harden(Tutorial):
    def setUp(self):
        super().setUp()
        self.server = self.web(10)
        self.tutorial("04-harden.cfg")

    def test_security_headers(self):
        answer = self.fetch("/")
        self.assertEqual((answer.status, answer.all("x-frame-options"), answer.all("x-content-type-options")),
                         (200, ["DENY"], ["nosniff"]))

    def test_other_networks_are_denied(self):
        with Client(self.front, 10080, source="127.0.0.1") as client:
            answer = client.get("/")
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.server.asked, [])

    def test_slow_body_is_waited_for(self):
        """option http-buffer-request: the server is not bothered before the body is there."""
        with Client(self.front, 10080, source=self.network.host(5)) as client:
            client.send(b"POST /buffered HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234")
            with Client(self.front, 10080, source=self.network.host(5)) as other:
                self.assertEqual(other.get("/meanwhile").status, 200)
            self.assertEqual([path for _, path, _ in self.server.asked], ["/meanwhile"])
            client.send(b"56789")
            self.assertEqual(client.read_answer().body, b"web10 /buffered 10 OK\n")
        wait_until(lambda: len(self.server.asked) == 2)


if __name__ == "__main__":
    main()

"""Checks with the keywords of the next issue: 04-check-*, 04-backend-complete, 04-httpchk-host, 03-http-front, 03-htmpool;
and the statistics page of 04-stats-page."""
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main, wait_until  # noqa: E402


class Checks(Tutorial):
    def test_headers_in_the_version_string(self):
        """httpchk GET /api/health HTTP/1.1\\r\\nHost:\\ example.com\\r\\nUser-Agent:\\ ...: the check carries those fields."""
        first, second = self.web(10, name="web1"), self.web(11, name="web2")
        self.tutorial_when_complete("04-check-http-full.cfg")
        wait_until(lambda: first.checked and second.checked, 15, "checks")
        method, path, headers = first.checked[0]
        self.assertEqual((method, path, headers.get("Host"), headers.get("User-Agent")),
                         ("GET", "/api/health", "example.com", "HAProxy-Health-Check"))
        second.healthy = False
        self.until_only({"web1"})

    def test_host_in_check(self):
        first = self.web(10, name="web1")
        self.web(11, name="web2")
        self.tutorial_when_complete("04-httpchk-host.cfg")
        wait_until(lambda: first.checked, 15, "a check")
        self.assertEqual(first.checked[0][2].get("Host"), "example.com")

    def test_expected_string_and_state(self):
        """POST /api/healthcheck, told the server's state, must answer a body with OK."""
        first, second = self.web(10, name="web1"), self.web(11, name="web2")
        self.tutorial_when_complete("04-check-expect-string.cfg")
        wait_until(lambda: first.checked, 15, "a check")
        method, path, headers = first.checked[-1]
        self.assertEqual((method, path), ("POST", "/api/healthcheck"))
        self.assertIn("web_servers/web1", headers.get("X-Haproxy-Server-State") or "")
        self.until_only({"web1", "web2"})
        second.stop()
        self.until_only({"web1"})

    def test_complete_backend_with_backup(self):
        webs = {name: self.web(last, name=name) for name, last in (("web1", 10), ("web2", 11), ("web3", 12), ("backup1", 20))}
        self.tutorial_when_complete("04-backend-complete.cfg")
        names = self.names(16)
        self.assertEqual([names.count(name) for name in ("web1", "web2", "web3", "backup1")], [4, 4, 8, 0])
        for name in ("web1", "web2", "web3"):
            webs[name].healthy = False
        self.until_only({"backup1"}, 40)

    def test_best_practice(self):
        webs = {name: self.web(last, name=name) for name, last in (("web1", 10), ("web2", 11), ("web3", 12))}
        self.tutorial_when_complete("04-check-best-practice.cfg")
        self.assertEqual(set(self.names(10)), {"web1", "web2"}, "web3 is the backup")
        self.assertEqual(webs["web3"].asked, [])

    def test_front_file_forwards_the_address(self):
        first, second = self.web(129, 10080, "web1"), self.web(131, 10080, "web2")
        self.tutorial_when_complete("03-http-front.cfg")
        self.names(4)
        self.assertEqual(set(first.header("X-Forwarded-For") + second.header("X-Forwarded-For")), {self.network.host(5)})
        self.assertIn("Statistics Report", self.fetch("/haproxy?stats").body.decode())


class Stats(Tutorial):
    def test_page(self):
        self.tutorial_when_complete("04-stats-page.cfg")
        self.assertEqual(self.fetch("/haproxy?stats", 8404).status, 401)
        good = base64.b64encode(b"admin:password123").decode()
        answer = self.fetch("/haproxy?stats", 8404, fields=[("Authorization", "Basic " + good)])
        self.assertEqual(answer.status, 200)
        self.assertIn("Statistics Report", answer.body.decode())
        csv = self.fetch("/haproxy?stats;csv", 8404, fields=[("Authorization", "Basic " + good)])
        self.assertTrue(csv.body.startswith(b"# pxname,svname,"))
        bad = base64.b64encode(b"admin:wrong").decode()
        self.assertEqual(self.fetch("/haproxy?stats", 8404, fields=[("Authorization", "Basic " + bad)]).status, 401)


if __name__ == "__main__":
    main()

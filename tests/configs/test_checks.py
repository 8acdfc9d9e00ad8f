"""Health checks: 04-check-tcp (layer 4), 04-check-http (a path that must answer 2xx or 3xx)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main_apart, wait_until  # noqa: E402


class Tcp(Tutorial):
    def test_port_decides(self):
        first, second = self.web(10, name="web1"), self.web(11, name="web2")
        self.tutorial("04-check-tcp.cfg")
        self.until_only({"web1", "web2"})
        first.healthy = False  # says nothing to a connection check
        self.until_only({"web1", "web2"})
        self.assertEqual(first.checked, [], "a connection is all it takes")
        second.stop()
        self.until_only({"web1"})
        second.start()
        self.until_only({"web1", "web2"})


class Http(Tutorial):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.web(10, name="web1"), self.web(11, name="web2")
        self.tutorial("04-check-http.cfg")

    def test_checks_are_what_the_text_says(self):
        wait_until(lambda: self.first.checked and self.second.checked, 15, "a check")
        method, path, headers = self.first.checked[0]
        self.assertEqual((method, path), ("GET", "/health"))

    def test_unhealthy_answer_takes_out(self):
        self.until_only({"web1", "web2"})
        self.second.healthy = False  # the port still answers, /health says 500
        self.until_only({"web1"})
        before = len(self.second.asked)
        self.names(20)
        self.assertEqual(len(self.second.asked), before, "no request to a server known to be ill")
        self.second.healthy = True
        self.until_only({"web1", "web2"})

    def test_all_down_is_503(self):
        self.first.healthy = self.second.healthy = False
        wait_until(lambda: self.fetch("/").status == 503, 25, "503")
        self.first.healthy = True
        self.until_only({"web1"})


if __name__ == "__main__":
    main_apart()

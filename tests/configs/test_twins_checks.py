"""The tutorials' files beside Debian's haproxy, those about health checks: what is asked, and who gets traffic then."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import main_apart  # noqa: E402
from twins import THREE, TWO, Twins  # noqa: E402


class Checks(Twins):
    def sick(self, name, wanted, **more):
        """What checks look like, and that traffic follows what they find."""
        self.farm(TWO)

        def play(side):
            side.checks()
            side.row(4)
            self.webs["web2"].sicken()
            side.settle({"web1"})
            self.webs["web2"].heal()
            side.settle(TWO)
        ours = self.twins(name, play, **more)
        checks = next(note for note in ours["notes"] if isinstance(note, dict))
        self.assertEqual(checks["web1"][0], wanted)

    def test_http(self):
        self.sick("04-check-http.cfg", "GET /health HTTP/1.0")

    def test_full(self):
        self.sick("04-check-http-full.cfg", "GET /api/health HTTP/1.1")

    def test_host(self):
        self.sick("04-httpchk-host.cfg", "GET /health HTTP/1.1")

    def test_expect_string(self):
        self.sick("04-check-expect-string.cfg", "POST /api/healthcheck HTTP/1.0")

    def test_continued_lines(self):
        self.farm({"web1": 10})

        def play(side):
            side.row(2)
            side.checks()
            self.webs["web1"].sicken()
            side.settle({None})
            side.get("/nobody")
        self.twins("04-check-continued-lines.cfg", play)

    def test_tcp(self):
        self.farm(TWO)

        def play(side):
            side.row(4)
            self.webs["web2"].sicken()
            self.webs["web1"].kill()
            side.settle({"web2"})
            self.webs["web1"].start()
            side.settle(TWO)
        self.twins("04-check-tcp.cfg", play)

    def test_complete(self):
        self.farm({**THREE, "backup1": 20})

        def play(side):
            side.row(8)
            side.checks()
            for name in THREE:
                self.webs[name].sicken()
            side.settle({"backup1"})
            self.webs["web3"].heal()
            side.settle({"web3"})
        self.twins("04-backend-complete.cfg", play)

    def test_best_practice(self):
        self.farm(THREE)

        def play(side):
            side.shares(8)
            side.checks()
            self.webs["web1"].sicken()
            self.webs["web2"].sicken()
            side.settle({"web3"})
        self.twins("04-check-best-practice.cfg", play)


if __name__ == "__main__":
    main_apart(8)  # they wait for checks

"""The tutorials' other health checks: requests as they are written, what answers count, backups, a database."""
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "checks")]
import daemons  # noqa: E402
from case import Origin  # noqa: E402
from program import oracle, under_test  # noqa: E402
from tutorial import Tutorial, main_apart, requires, run, text_of, wait_until  # noqa: E402


class BestPractice(Tutorial):
    def test_backup_when_both_are_ill(self):
        web1, web2, web3 = (self.web(10 + n, name=f"web{n + 1}") for n in range(3))
        self.tutorial("04-check-best-practice.cfg")
        self.until_only({"web1", "web2"})
        method, path, _ = web1.checked[0]
        self.assertEqual((method, path), ("GET", "/health"))
        self.assertEqual(web3.asked, [], "the backup is not needed")
        web1.healthy = web2.healthy = False
        self.until_only({"web3"}, 45)
        web1.healthy = True
        self.until_only({"web1"}, 45)


class Complete(Tutorial):
    def test_weights_and_backup(self):
        servers = [self.web(10 + n, name=f"web{n + 1}") for n in range(3)]
        spare = self.web(20, name="backup1")
        self.tutorial("04-backend-complete.cfg")
        self.until_only({"web1", "web2", "web3"})
        names = self.names(40)
        self.assertEqual([names.count(name) for name in ("web1", "web2", "web3", "backup1")], [10, 10, 20, 0])
        for server in servers:
            server.healthy = False
        self.until_only({"backup1"}, 45)
        self.assertTrue(spare.checked)


class OldTrick(Tutorial):
    """Headers hidden in the version: sent, with a warning that shows how to say it today."""

    def headers(self, name, path, expected):
        web1 = self.web(10, name="web1")
        self.web(11, name="web2")
        self.tutorial(name)
        wait_until(lambda: web1.checked, 15, "a check")
        method, asked, headers = web1.checked[0]
        self.assertEqual((method, asked), ("GET", path))
        for field, value in expected.items():
            self.assertEqual(headers[field], value)
        self.until_only({"web1", "web2"})
        web1.healthy = False
        self.until_only({"web2"})

    def test_host(self):
        self.headers("04-httpchk-host.cfg", "/health", {"Host": "example.com"})

    def test_full(self):
        self.headers("04-check-http-full.cfg", "/api/health", {"Host": "example.com", "User-Agent": "HAProxy-Health-Check"})

    @requires(3, 5)
    def test_the_warning_shows_the_modern_form(self):
        result = run(["-c"], text_of("04-check-http-full.cfg"), network=self.network)
        self.assertEqual(result.code, 0, result.text)
        self.assertIn("option httpchk GET /api/health HTTP/1.1", result.text)
        self.assertIn("http-check send hdr host example.com hdr user-agent HAProxy-Health-Check", result.text)


class ExpectString(Tutorial):
    def test_the_body_decides(self):
        web1, web2 = self.web(10, name="web1"), self.web(11, name="web2")
        self.tutorial("04-check-expect-string.cfg")
        wait_until(lambda: web1.checked, 15, "a check")
        method, path, headers = web1.checked[0]
        self.assertEqual((method, path), ("POST", "/api/healthcheck"))
        self.assertRegex(headers["X-Haproxy-Server-State"], r"^UP.*; name=web_servers/web1; node=.*; weight=1/2; scur=0/0; qcur=0$")
        self.until_only({"web1", "web2"})
        web2.word = "sorry"  # still status 200
        self.until_only({"web1"})
        web2.word = "OK"
        self.until_only({"web1", "web2"})


@requires(3, 5)
class ContinuedLines(Tutorial):
    """Comments behind the backslashes, and `timeout` as a word of the server line: it runs as the text means it."""

    def test_it_says_what_was_meant(self):
        result = run(["-c"], text_of("04-check-continued-lines.cfg"), network=self.network)
        self.assertEqual(result.code, 0, result.text)
        self.assertIn("timeout check 2s", result.text)

    def test_a_check_takes_two_seconds_at_most(self):
        waits = []

        def silent(connection):
            begun = time.monotonic()
            try:
                connection.read_rest()
            except OSError:
                pass
            waits.append(time.monotonic() - begun)
        origin = Origin(self.network.host(10), 8080, silent).start()
        self.addCleanup(origin.stop)
        self.tutorial("04-check-continued-lines.cfg")
        wait_until(lambda: any(1.8 < wait < 2.8 for wait in waits), 60, "a check that is given up")  # not after inter, which is 3s

    def test_health_decides(self):
        web1 = self.web(10, name="web1")
        self.tutorial("04-check-continued-lines.cfg")
        self.until_only({"web1"})
        web1.healthy = False
        wait_until(lambda: self.fetch("/").status == 503, 30, "503")
        web1.healthy = True
        self.until_only({"web1"})


class Database(Tutorial):
    def test_only_a_database_gets_sessions(self):
        database = daemons.mariadb(self.network.host(50), 3306)
        self.addCleanup(database.stop)
        other = Origin(self.network.host(51), 3306, lambda connection: connection.send(b"who are you?\n") or connection.read_rest()).start()
        self.addCleanup(other.stop)
        database.wait_ready()

        def greeted():
            with socket.create_connection((self.front, 3306), 5) as link:
                return b"MariaDB" in link.recv(200)
        for program in (oracle(), under_test()):
            proxy = self.tutorial("04-check-mysql.cfg", wait=[3306], program=program)
            wait_until(lambda: all(greeted() for _ in range(6)), 25, f"sessions with the database only ({program})")
            proxy.stop()


if __name__ == "__main__":
    main_apart()

"""What the tutorials say about logs: 03-http-front with rsyslog set up as its text does, and the text's ways to read the file."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Client, Tutorial, main, wait_until  # noqa: E402

# As the text has it, but for the address, the port and the file's place.
RSYSLOG = """
$ModLoad imudp
$UDPServerAddress HOST
$UDPServerRun 10514
local3.* TMP/haproxy.log
*.info;mail.none;authpriv.none;cron.none;local3.none     TMP/messages
"""


class Rsyslog(Tutorial):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="sluice-rsyslog-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
        self.assertTrue(program, "Debian's rsyslog is not installed")
        path = os.path.join(self.folder, "rsyslog.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(RSYSLOG.replace("HOST", self.front).replace("TMP", self.folder))
        daemon = subprocess.Popen([program, "-n", "-iNONE", "-f", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  cwd=self.folder)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        wanted = "".join(f"{int(part):02X}" for part in reversed(self.front.split("."))) + f":{10514:04X}"

        def bound():
            with open("/proc/net/udp", encoding="ascii") as table:
                return any(wanted in line for line in table)
        wait_until(bound, what="rsyslogd's port")
        self.log = os.path.join(self.folder, "haproxy.log")

    def lines(self):
        try:
            with open(self.log, encoding="latin-1") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def grep(self, pattern):
        return subprocess.run(["grep", pattern, self.log], capture_output=True, text=True).stdout.splitlines()

    def test_requests_are_in_the_file(self):
        web = [self.web(last, 10080, name) for last, name in ((129, "web1"), (131, "web2"))]
        self.tutorial("03-http-front.cfg")
        for n in range(4):
            self.assertEqual(self.fetch(f"/page{n}").status, 200)
        with Client(self.front, 10080, source=self.network.host(5)):
            pass  # a probe of the port: dontlognull keeps it out
        self.assertEqual(self.fetch("/last?x=1").status, 200)
        wait_until(lambda: self.grep("/last"), what="the last request in rsyslog's file")
        requests = self.grep("HTTP/1")  # 分析访问量
        self.assertEqual(len(requests), 5)
        for n in range(4):
            self.assertRegex(requests[n], rf"^.*\d\d:\d\d:\d\d\S* \S+ haproxy\[\d+\]: {self.network.host(5)}:\d+ \[.*\] http_front "
                             rf"http_back/web[12] \d+/\d+/\d+/\d+/\d+ 200 \d+ - - ---- \d+/\d+/\d+/\d+/0 0/0 \"GET /page{n} HTTP/1.1\"$")
        self.assertEqual([line for line in self.lines() if "NOSRV" in line or "BADREQ" in line], [])
        self.assertEqual(self.grep(" 5[0-9][0-9] "), [])
        for server in web:
            server.stop()
        wait_until(lambda: self.fetch("/gone").status == 503, 30, "no server is left")
        wait_until(lambda: self.grep(" 5[0-9][0-9] "), what="查看错误请求")
        self.assertRegex(self.grep(" 503 ")[-1], r'http_back/\S+ .* 503 \d+ - - S[CH]-- .*"GET /gone HTTP/1.1"$')
        messages = os.path.join(self.folder, "messages")
        if os.path.exists(messages):
            with open(messages, encoding="latin-1") as file:
                self.assertNotIn("http_front", file.read(), "local3.none keeps them apart")


if __name__ == "__main__":
    main()

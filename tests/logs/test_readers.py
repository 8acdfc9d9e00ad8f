"""Programs of others that read our lines: rsyslog receives them, halog and goaccess count them."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

from logs import DEFAULTS, Case, Client, main, wait_until

RSYSLOG = """
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
input(type="imudp" address="HOST" port="10514" ruleset="all")
input(type="imtcp" address="HOST" port="10515" ruleset="all")
input(type="imuxsock" Socket="TMP/log" RateLimit.Interval="0" ruleset="all")
template(name="line" type="string" string="%inputname% %syslogfacility-text%.%syslogseverity-text% %app-name% %structured-data% %msg%\\n")
ruleset(name="all") { action(type="omfile" file="TMP/out" template="line") }
"""


def udp_bound(host, port):
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split("."))) + f":{port:04X}"
    with open("/proc/net/udp", encoding="ascii") as table:
        return any(wanted in line for line in table)


class Readers(Case):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="sluice-readers-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.web = self.origin(10)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        try:
            with open(self.path(name), encoding="latin-1") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def traffic(self, port=8000):
        """Six requests: three found, one refused, one without a server, one to another path."""
        with Client(self.front, port) as client:
            for target, status in (("/a", 200), ("/a", 200), ("/b?q=1", 200), ("/deny", 403), ("/gone", 503), ("/c d".replace(" ", "%20"), 200)):
                self.assertEqual(client.get(target, [("User-Agent", "tests/1.0"), ("Referer", "http://www.example.org/x")]).status, status)

    FRONT = """
frontend web
  bind NET.1:8000
  log global
  http-request deny if { path /deny }
  use_backend none if { path /gone }
  default_backend app
backend app
  server s1 NET.10:8080
backend none
"""

    def test_rsyslog_receives_them_all_ways(self):
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
        self.assertTrue(program, "Debian's rsyslog is not installed")
        with open(self.path("rsyslog.conf"), "w", encoding="ascii") as file:
            file.write(RSYSLOG.replace("HOST", self.front).replace("TMP", self.folder))
        daemon = subprocess.Popen([program, "-n", "-iNONE", "-f", self.path("rsyslog.conf")], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, cwd=self.folder)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        wait_until(lambda: os.path.exists(self.path("log")) and udp_bound(self.front, 10514), what="rsyslogd's sockets")
        unix = self.path("log")
        ways = {"imudp": ["NET.1:10514 format rfc3164", "NET.1:10514 format rfc5424"], "imuxsock": [f"{unix}"],
                "imtcp": ["tcp@NET.1:10515 format rfc5424", "ring@counted"]}
        targets = [line for lines in ways.values() for line in lines]
        self.proxy("""
global
""" + "".join(f" log {target} local{n} info\n" for n, target in enumerate(targets)) + """
ring counted
  format rfc5424
  server s NET.1:10515 log-proto octet-count
""" + DEFAULTS + self.FRONT.replace("  log global\n", "  log global\n  option httplog\n  log-format-sd \"[web@32473 path=\\\"%HPO\\\"]\"\n"))
        self.traffic()
        wait_until(lambda: self.read("out").count("\n") >= 6 * len(targets), what="all lines in rsyslog's file")
        lines = self.read("out").splitlines()
        for n, target in enumerate(targets):
            mine = [line for line in lines if f" local{n}.info " in line]
            self.assertEqual(len(mine), 6, target)
            for line in mine:
                way = next(name for name, all_of in ways.items() if target in all_of)
                self.assertTrue(line.startswith(way + " "), line)
                data = r"\[web@32473 path=\"/[a-z0-9%]*\"\]" if "5424" in target or "ring" in target else "-"
                self.assertRegex(line, rf"^{way} local{n}\.info haproxy {data}  ?127\.\d+\.\d+\.\d+:\d+ \[.*\] web (app/s1|web/<NOSRV>|none/<NOSRV>) "
                                 r'-?\d+/-?\d+/-?\d+/-?\d+/\d+ \d{3} \d+ - - .* "GET /[abcdgeny]')
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(20), 0)

    def logged(self, option, wanted=6):
        """The lines of the six requests, as a syslog daemon would write them."""
        log = self.syslog()
        self.proxy("global\n log NET.1:10514 format rfc3164 local0\n" + DEFAULTS
                   + self.FRONT.replace("  log global\n", f"  log global\n  {option}\n"))
        self.traffic()
        with open(self.path("lines"), "w", encoding="latin-1") as file:
            for line in log.wait_count(wanted):
                file.write(re.sub(r"^<\d+>", "", line))
        return self.path("lines")

    def halog(self, lines, *options):
        with open(lines, "rb") as file:
            done = subprocess.run(["/usr/bin/halog" if os.path.exists("/usr/bin/halog") else "halog", "-q", *options], stdin=file,
                                  capture_output=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_halog_counts(self):
        lines = self.logged("option httplog")
        self.assertEqual(sorted(self.halog(lines, "-st").split("\n")[:-1]), ["200 4", "403 1", "503 1"])
        self.assertEqual(sorted(self.halog(lines, "-tc").split("\n")[:-1]), ["-- 4", "PR 1", "SC 1"])
        servers = [line.split() for line in self.halog(lines, "-srv").splitlines() if line and not line.startswith("#")]
        self.assertEqual(sorted((words[0], words[7], words[8]) for words in servers),
                         [("app/s1", "4", "4"), ("none/<NOSRV>", "1", "0"), ("web/<NOSRV>", "1", "0")])
        urls = self.halog(lines, "-u")
        for count, url in (("2", "/a"), ("1", "/b"), ("1", "/deny"), ("1", "/gone")):
            self.assertRegex(urls, rf"(?m)^{count} .*{url}$")
        self.assertEqual(self.halog(lines, "-e", "-c").strip(), "1", "lines of errors")

    def goaccess(self, lines, log_format, date="%d/%b/%Y", time="%H:%M:%S"):
        self.assertTrue(shutil.which("goaccess"), "Debian's goaccess is not installed")
        subprocess.run(["goaccess", lines, "--no-global-config", f"--log-format={log_format}", f"--date-format={date}",
                        f"--time-format={time}", "--no-progress", "-o", self.path("report.json")], check=True, timeout=60,
                       capture_output=True)
        with open(self.path("report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual((report["general"]["valid_requests"], report["general"]["failed_requests"]), (6, 0))
        codes = {item["data"].split(" ")[0]: item["hits"]["count"] for group in report["status_codes"]["data"] for item in group["items"]}
        self.assertEqual(codes, {"200": 4, "403": 1, "503": 1})
        return report

    def test_goaccess_reads_httplog(self):
        lines = self.logged("option httplog")
        self.goaccess(lines, '%^]: %h:%^ [%d:%t.%^] %^ %^ %^/%^/%^/%^/%L %s %b %^ %^ %^ %^ %^ "%r"')

    def test_goaccess_reads_clf(self):
        lines = self.logged("option httplog clf")
        report = self.goaccess(lines, '%^]: %h - - [%d:%t %^] "%r" %s %b "%R" "%u" %^')
        self.assertIn("/a", [item["data"] for item in report["requests"]["data"]])

    def test_goaccess_reads_json(self):
        lines = self.logged("option httplog json")
        with open(lines, encoding="latin-1") as file:
            objects = [re.sub(r"^.*?\]: ", "", line) for line in file]
        with open(lines, "w", encoding="latin-1") as file:
            file.writelines(objects)
        form = ('{ "time": "%dT%t.%^", "client_ip": "%h", "method": "%m", "path": "%U", "query": "%q", "version": "%H", '
                '"status": "%s", "bytes_out": "%b", "time_active": "%L" }')
        report = self.goaccess(lines, form, date="%Y-%m-%d")
        self.assertIn("/b?q=1", [item["data"] for item in report["requests"]["data"]])


if __name__ == "__main__":
    main()

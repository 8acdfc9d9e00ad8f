"""Tools that read the statistics: HATop itself, and what exporters and agents do with sockets and CSV."""
import csv
import io
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time
import unittest
import fcntl

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, fetch, main, answer_with  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  description one: two
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend www
  bind NET.1:8000
  stats uri /stats
  default_backend farm
backend farm
  balance roundrobin
  server web-one NET.10:8080 check
  server web-two NET.11:8080
  server web-off NET.12:8080 disabled
"""


class Terminal:
    """A program in a pseudo-terminal, and the text it has drawn."""

    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        self.drawn = ""
        self.status = None

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.drawn += re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\([A-Z0-9]|[=>])", " ", data.decode(errors="replace"))
        return bool(data)

    def until(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.drawn):
            if time.monotonic() > end or not self.read(0.2):
                raise AssertionError(f"{pattern!r} was not drawn, but:\n{self.drawn[-3000:]}")

    def type(self, keys):
        os.write(self.fd, keys)

    def finish(self, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                return os.waitstatus_to_exitcode(status)
            self.read(0.1)
        raise AssertionError("it did not end")

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Consumers(Case):
    def setUp(self):
        super().setUp()
        for last in (10, 11):
            self.origin(last, 8080, answer_with(b"0123456789"))
        self.running = self.proxy(CONFIG)
        for n in range(4):
            self.assertEqual(fetch(self.front, 8000, f"/{n}").status, 200)

    @unittest.skipUnless(shutil.which("hatop"), "hatop is not installed")
    def test_hatop(self):
        terminal = Terminal([shutil.which("hatop"), "-s", self.running.folder + "/cli"])
        self.addCleanup(terminal.close)
        for name in ("web-one", "web-two", "web-off", "MAINT", "HAProxy Version"):
            terminal.until(name)
        terminal.type(b"q")
        self.assertEqual(terminal.finish(), 0, terminal.drawn[-2000:])

    def test_exporter_by_position(self):
        """The exporters read numbers by position; a row may have more columns than they know."""
        for text in (fetch(self.front, 8000, "/stats;csv").body.decode(), self.running.cli("show stat")):
            rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]
            self.assertEqual({row[32] for row in rows}, {"0", "1", "2"})
            for row in rows:
                self.assertGreaterEqual(len(row), 93)
                for at in (4, 5, 7, 8, 9, 33, 35):
                    self.assertRegex(row[at], r"^\d+$", f"{row[:2]} column {at}")
                if row[32] == "2":
                    self.assertIn(row[17].split()[0], ("UP", "no", "MAINT"))
                    for at in (58, 59, 60, 61):
                        self.assertRegex(row[at], r"^\d+$")
                if row[32] == "0":
                    self.assertRegex(row[79], r"^\d+$")

    def test_agent_with_both_commands(self):
        """One connection, two commands: the answers are split at the empty lines, lines of the first at their one colon."""
        answers = [part for part in self.running.cli("show info;show stat").split("\n\n") if part.strip()]
        self.assertEqual(len(answers), 2)
        info = {}
        for line in answers[0].strip().split("\n"):
            key, value = line.split(":", 1)
            info[key] = value.strip()
            if key == "Uptime_sec":
                break
            self.assertEqual(line.count(":"), 1, line)
        self.assertEqual(info["Name"], "HAProxy")
        self.assertTrue(answers[1].lstrip().startswith("# pxname,"))

    def test_hatop_fields(self):
        """What HATop and its forks look for in `show info`."""
        text = self.running.cli("show info")
        for pattern in (r"^Name:\s+\S+", r"^Version:\s+\S+", r"^Release_date:\s+\S+", r"^Nbproc:\s+\d+", r"^Process_num:\s+\d+", r"^Pid:\s+\d+",
                        r"^Uptime:\s+[\dd :hms]+$", r"^Maxconn:\s+\d+", r"^CurrConns:\s+\d+", r"^Maxpipes:\s+\d+", r"^PipesUsed:\s+\d+",
                        r"^PipesFree:\s+\d+", r"^Tasks:\s+\d+", r"^Run_queue:\s+\d+", r"^node:\s+\S+"):
            self.assertRegex(text, re.compile(pattern, re.M))


if __name__ == "__main__":
    main()

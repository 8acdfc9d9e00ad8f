"""The base of these tests: starts a tutorial's file as its text says."""
import os
import re
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import Case, main, main_apart, requires, run, wait_until  # noqa: E402,F401
from client import Client, fetch  # noqa: E402,F401
from program import Proxy, listening, oracle, under_test, version_of  # noqa: E402,F401
from rewrite import rewrite  # noqa: E402
from web import Nginx, WebServer  # noqa: E402,F401


def text_of(name, program=None):
    with open(os.path.join(HERE, "tutorials", name), encoding="utf-8", newline="") as file:
        text = rewrite(file.read())
    return text if version_of(program or under_test()) >= (3, 5) else level_26(text)


def level_26(text):
    """For checking these tests with Debian's haproxy, which no longer knows what an old tutorial prints."""
    text = re.sub(r"^frontend +main (NET\.1:\d+)", r"frontend main\n  bind \1", text, flags=re.M)
    text = re.sub(r"^listen +(\S+) (NET\.1:\d+)", r"listen \1\n  bind \2", text, flags=re.M)
    text = text.replace("maxconn 10000", "maxconn 1000")  # it will not start with fewer descriptors than that needs
    # it does not continue lines, and knows no `timeout` on a server's
    text = re.sub(r"\\[ \t]*(#.*)?\n\s*", " ", text)
    text = re.sub(r"^( *)(server .*) timeout (\S+)", r"\1timeout check \3\n\1\2", text, flags=re.M)
    return re.sub(r"^ *\t*nbproc.*$", "", text, flags=re.M)


class Daemon(Proxy):
    """A proxy whose configuration says `daemon`: the started process ends, the pid file names the one that stays."""

    def __init__(self, config, **more):
        super().__init__(config, foreground=False, **more)
        self.pid_file = os.path.join(self.folder, "haproxy.pid")
        if "pidfile" not in config:
            self.args += ["-p", self.pid_file]
        if "chroot" in config:
            os.makedirs(os.path.join(self.folder, "chroot"), exist_ok=True)
        self.gone = False
        self.pids = []

    def start(self, seconds=30):
        super().start(seconds)
        code = self.process.wait(10)
        assert code == 0, f"the starting process ended with {code}:\n{self.messages()}"
        with open(self.pid_file, encoding="ascii") as file:
            self.pids = [int(word) for word in file.read().split()]
        self.pid = self.pids[0]
        return self

    def alive(self):
        return os.path.exists(f"/proc/{self.pid}/stat") and " Z " not in open(f"/proc/{self.pid}/stat").read()

    def stop(self, seconds=15):
        if not self.pids and os.path.exists(self.pid_file):  # it started, but not as it should
            with open(self.pid_file, encoding="ascii") as file:
                self.pids = [int(word) for word in file.read().split()]
            self.pid = self.pids[0]
        if self.pids and not self.gone:
            self.gone = True
            for pid in self.pids:
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    raise AssertionError("the daemon died by itself") from None
            wait_until(lambda: not self.alive(), seconds, "the end of the daemon")
        return 0

    def crashed(self):
        return None


class Tutorial(Case):
    def web(self, last, port=8080, name=None):
        server = WebServer(self.network.host(last), port, name or f"web{last}").start()
        self.addCleanup(server.stop)
        return server

    def nginx(self, last, port=8080, name=None, **more):
        server = Nginx(self.network.host(last), port, name=name or f"web{last}", **more).start()
        self.addCleanup(server.stop)
        return server

    def tutorial(self, name, text=None, **more):
        text = text or text_of(name, more.get("program"))
        if re.search(r"^\s*daemon\b", text, re.M):
            proxy = Daemon(text, network=self.network, **more)
            self.addCleanup(proxy.stop)
        else:
            proxy = Proxy(text, network=self.network, **more)
            if "chroot" in text:
                os.makedirs(os.path.join(proxy.folder, "chroot"), exist_ok=True)
            self.addCleanup(self._stop, proxy)
        return proxy.start()

    def fetch(self, target="/", port=10080, source=5, **more):
        return fetch(self.front, port, target, source=self.network.host(source), **more)

    def names(self, count, port=10080, **more):
        """Who answered `count` requests in a row."""
        answers = [self.fetch(f"/{n}", port, **more) for n in range(count)]
        for answer in answers:
            self.assertEqual(answer.status, 200, answer.body)
        return [answer.one("x-server") for answer in answers]

    def until_only(self, names, seconds=25, port=10080, row=12):
        """Waits until `row` requests in a row are answered, by these servers only."""

        def settled():
            got = set()
            for n in range(row):
                answer = self.fetch(f"/settle{n}", port, seconds=12)
                if answer.status != 200 or answer.one("x-server") not in names:
                    return False
                got.add(answer.one("x-server"))
            return got == set(names)
        wait_until(settled, seconds, f"traffic to {names} only")

"""Listening sockets go from one process to the next (expose-fd listeners, -x), also from and to Debian's haproxy."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, run, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402

HEAD = """
global
  nbthread 1
  stats socket TMP/cli level admin expose-fd listeners
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 5s
"""
BINDS = """
frontend f
  bind NET.1:8000
  bind NET.1:8001 defer-accept mss 1000
  bind NET.1:8002 interface lo
  bind NET.1:8003-8005 tfo
  bind [::1]:PORT v6only
  bind unix@FOLDER/unix mode 600
  bind abns@sluice-test-PID
  http-request return status 200 hdr x-who WHO
"""


def listening(pid):
    """Inodes of the sockets a process listens on."""
    known = set()
    for table, state, inode, value in (("tcp", 3, 9, "0A"), ("tcp6", 3, 9, "0A"), ("unix", 3, 6, "00010000")):
        with open(f"/proc/net/{table}", encoding="ascii", errors="replace") as file:
            for line in file.read().splitlines()[1:]:
                cells = line.split()
                if cells[state] == value:
                    known.add(cells[inode])
    mine = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
        if found and found[1] in known:
            mine.add(found[1])
    return mine


class Handover(Case):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, config, who, program=None, before=None, head=HEAD):
        text = (head + config).replace("FOLDER", self.folder).replace("WHO", who).replace("PID", str(os.getpid()))
        text = text.replace("PORT", str(20000 + os.getpid() % 10000))
        proxy = Proxy(text, program=program or under_test(), network=self.network, args=("-x", before.folder + "/cli") if before else ())
        self.addCleanup(self._stop, proxy)
        proxy.start()
        wait_until(lambda: os.path.exists(proxy.folder + "/cli"), 20, "the stats socket")
        return proxy

    def test_the_same_sockets(self):
        for old, new in ((under_test(), under_test()), (oracle(), under_test()), (under_test(), oracle())):
            first = self.start(BINDS, "first", old)
            second = self.start(BINDS, "second", new, first)
            names = (old, new)
            shared = listening(first.pid) & listening(second.pid)
            self.assertEqual(len(shared), 9, names)  # all but each one's stats socket
            self.assertEqual(len(listening(second.pid)), 10, names)
            self._stop(first)
            for port in (8000, 8001, 8002, 8003, 8004, 8005):
                self.assertEqual(fetch(self.front, port).one("x-who"), "second", names)
            with Client(None, None, path=self.folder + "/unix") as client:
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(client.read_answer().one("x-who"), "second", names)
            self._stop(second)
            if os.path.exists(self.folder + "/unix"):
                os.unlink(self.folder + "/unix")

    def test_a_connection_that_waits_is_not_lost(self):
        """The old process is full: who comes now waits in the kernel, and is served by the new one."""
        config = "frontend f\n  bind NET.1:8000\n  maxconn MAX\n  http-request return status 200 hdr x-who WHO\n"
        first = self.start(config.replace("MAX", "1"), "first")
        with self.client() as holder, self.client() as waiting:
            holder.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(holder.read_answer().one("x-who"), "first")
            waiting.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            second = self.start(config.replace("MAX", "10"), "second", before=first)
            first.process.kill()
            self.assertEqual(waiting.read_answer().one("x-who"), "second")
            self.assertEqual(self.get().one("x-who"), "second")
        self._stop(second)

    def test_what_does_not_fit_is_bound_anew(self):
        first = self.start("frontend f\n  bind NET.1:8000\n  bind NET.1:8001\n  http-request return status 200 hdr x-who WHO\n", "first")
        second = self.start("frontend f\n  bind NET.1:8000 interface lo\n  bind NET.1:8002\n  http-request return status 200 hdr x-who WHO\n",
                            "second", before=first)
        self.assertEqual(listening(first.pid) & listening(second.pid), set())
        self.assertEqual(len(listening(second.pid)), 3)
        self._stop(first)
        self.assertEqual(self.get().one("x-who"), "second")
        with self.assertRaises(ConnectionRefusedError):  # the socket nobody wanted was closed
            self.get(port=8001)

    def test_options_of_the_old_process_go(self):
        """defer-accept and nolinger were the old one's; the new one takes silent clients and closes in peace."""
        first = self.start("frontend f\n  bind NET.1:8000 defer-accept\n  option nolinger\n  http-request return status 200 hdr x-who WHO\n", "first")
        second = self.start("frontend f\n  bind NET.1:8000\n  tcp-request connection reject if { src 0.0.0.0/0 }\n"
                            "  http-request return status 200 hdr x-who WHO\n", "second", before=first)
        self.assertEqual(len(listening(first.pid) & listening(second.pid)), 1)
        self._stop(first)
        with self.client() as silent:
            silent.link.settimeout(5)
            self.assertEqual(silent.link.recv(10), b"")  # rejected at once, though it has said nothing: and no reset

    def test_many(self):
        config = "frontend f\n  bind NET.1:9000-9599\n  http-request return status 200 hdr x-who WHO\n"
        for old, new in ((under_test(), under_test()), (oracle(), under_test()), (under_test(), oracle())):
            first = self.start(config, "first", old)
            second = self.start(config, "second", new, first)
            self.assertEqual(len(listening(first.pid) & listening(second.pid)), 600, (old, new))
            self._stop(first)
            self._stop(second)

    def test_more_and_fewer_threads(self):
        config = "frontend f\n  bind NET.1:8000\n  http-request return status 200 hdr x-who WHO\n"
        first = self.start(config, "first", head=HEAD.replace("nbthread 1", "nbthread 2"))
        second = self.start(config, "second", before=first)
        self.assertEqual(len(listening(first.pid) & listening(second.pid)), 1)
        self._stop(first)
        self.assertEqual(self.get().one("x-who"), "second")
        third = self.start(config, "third", before=second, head=HEAD.replace("nbthread 1", "nbthread 3"))
        self.assertEqual(len(listening(second.pid) & listening(third.pid)), 1)
        self.assertEqual(len(listening(third.pid)), 4)
        self._stop(second)
        for _ in range(5):
            self.assertEqual(self.get().one("x-who"), "third")

    def test_nobody_hands_over(self):
        config = "frontend f\n  bind NET.1:8000\n  http-request return status 200 hdr x-who WHO\n"
        first = self.start(config, "first", head=HEAD.replace(" expose-fd listeners", ""))
        self.assertIn("'expose-fd listeners' is missing", first.cli("_getsocks"))
        text = config.replace("8000", "8001")
        for path in (first.folder + "/cli", self.folder + "/nothing", "127.0.0.1:1"):
            done = run(["-x", path], text, network=self.network)
            self.assertEqual(done.code, 1, path)
            self.assertIn(path, done.text)
        self.assertEqual(self.get().one("x-who"), "first")

    def test_words(self):
        tail = "defaults\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\nfrontend f\n  bind NET.1:8000 WORDS\n"
        for words, code in (("expose-fd listeners", 0), ("expose-fd", 1), ("expose-fd all", 1)):
            for program in (oracle(), under_test()):
                text = f"global\n  stats socket TMP/cli {words}\n" + tail.replace("WORDS", "")
                self.assertEqual(run(["-c"], text, program=program).code, code, (program, words))
                self.assertEqual(run(["-c"], tail.replace("WORDS", words), program=program).code, code, (program, words))
        self.assertIn("'expose-fd' changes nothing here", run(["-c", "-dD"], tail.replace("WORDS", "expose-fd listeners")).text)


if __name__ == "__main__":
    main()

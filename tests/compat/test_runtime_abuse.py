"""The stats socket under hands that mean it badly or do not know better: beside haproxy where both answer at all."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, under_test, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  stats timeout 3s
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  default_backend b
backend b
  server s1 NET.10:8080
"""


class Abuse(Case):
    def connect(self, proxy, seconds=60):
        link = socket.socket(socket.AF_UNIX)
        self.addCleanup(link.close)
        link.settimeout(seconds)

        def connected():
            try:
                link.connect(proxy.folder + "/cli")
            except (BlockingIOError, FileNotFoundError, ConnectionRefusedError):  # the kernel's queue is full, or it begins
                return False
            return True
        wait_until(connected, what="the stats socket")
        return link

    def talk(self, proxy, data, half_close=True):
        link = self.connect(proxy)
        answer = b""
        try:
            link.sendall(data)
            if half_close:
                link.shutdown(socket.SHUT_WR)
            while chunk := link.recv(65536):
                answer += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had heard enough
        link.close()
        return answer.decode("latin-1")

    def both(self):
        for program in (oracle(), under_test()):
            proxy = self.proxy(CONFIG, program=program)
            yield proxy
            self.assertIn("Name: HAProxy", self.talk(proxy, b"show info\n"))
            proxy.stop()

    def test_garbage(self):
        for proxy in self.both():
            for data in (bytes(range(256)).replace(b"\n", b"") + b"\n", b"\0\0\0\n", b"show " + b" ".join(b"a%d" % n for n in range(80)) + b"\n",
                         b"SHOW INFO\n", b"@1 show info\n"):
                self.assertTrue(self.talk(proxy, data).startswith("Unknown command"), data[:20])

    def test_half_a_command_is_none(self):
        for proxy in self.both():
            self.assertEqual(self.talk(proxy, b"disable server b/s1"), "")
            self.assertEqual(self.talk(proxy, b"add map x <<\na b\n"), "")
            self.assertIn(",s1,0,0,0,0,,0,", self.talk(proxy, b"show stat\n"))
            self.assertNotIn("MAINT", self.talk(proxy, b"show stat\n"))
            self.assertEqual(self.talk(proxy, b""), "")

    def test_many_commands(self):
        for proxy in self.both():
            one = self.talk(proxy, b"show version\n").rstrip("\n")
            many = self.talk(proxy, b";".join([b"show version"] * 300) + b"\n")
            self.assertEqual(many.count(one), 300)
            self.assertEqual(self.talk(proxy, b"prompt\n" + b"show version\n" * 300).count(one), 300)
            self.assertEqual(self.talk(proxy, b"show version\r\n").rstrip("\n"), one)

    def test_silence_ends(self):
        for proxy in self.both():
            self.assertEqual(self.talk(proxy, b"", half_close=False), "")  # stats timeout

    def test_nobody_reads(self):
        for proxy in self.both():
            for _ in range(100):
                link = self.connect(proxy)
                link.sendall(b"show stat;" * 50 + b"\n")
                link.close()

    def test_long_lines(self):
        """Only ours: 2.6 waits for the end of what does not fit."""
        proxy = self.proxy(CONFIG)
        for data in (b"x" * 100_000 + b"\n", b"show " + b"a " * 50_000 + b"\n"):
            self.assertTrue(self.talk(proxy, data).startswith("Unknown command"))
        self.assertEqual(self.talk(proxy, b"x" * 3_000_000), "")
        self.assertIn("Name: HAProxy", self.talk(proxy, b"show info\n"))

    def test_more_than_ten(self):
        """stats maxconn: the eleventh waits until one of the ten goes."""
        proxy = self.proxy(CONFIG.replace("timeout 3s", "timeout 30s"))
        links = [self.connect(proxy) for _ in range(10)]
        for link in links:
            link.sendall(b"prompt\n")
            self.assertEqual(link.recv(10), b"\n> ")
        late = self.connect(proxy, seconds=0.3)
        late.sendall(b"show version\n")
        with self.assertRaises(TimeoutError):
            late.recv(10)
        links[0].close()
        late.settimeout(60)
        wait_until(lambda: late.recv(1), what="an answer")


if __name__ == "__main__":
    main()

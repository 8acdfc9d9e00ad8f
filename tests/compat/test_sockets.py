"""Options of sockets that need the kernel's help: saved SYNs, signed segments, network namespaces."""
import os
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, run, under_test  # noqa: E402
from origin import answer_with  # noqa: E402

HEAD = """
global
  stats socket TMP/cli level admin severity-output number
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
"""
TCP_MD5SIG = 14


def signed(address, password):
    """A socket whose segments to `address` are signed."""
    link = socket.socket()
    peer = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(address)).ljust(128, b"\0")
    link.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, peer + struct.pack("=BBHi", 0, 0, len(password), 0) + password.encode().ljust(80, b"\0"))
    link.settimeout(1)
    return link


def has_signatures():
    try:
        signed("127.0.0.1", "x").close()
        return True
    except OSError:
        return False


class Sockets(Case):
    def test_saved_syn(self):
        config = HEAD + ("listen l\n  bind NET.1:8000 tcp-ss 1\n  http-request set-var(txn.syn) fc_saved_syn\n"
                         "  http-request return status 200 hdr version %[var(txn.syn),bytes(0,1),hex] hdr port %[var(txn.syn),ip.data,tcp.dst]\n")
        self.proxy(config)
        answer = self.get()
        self.assertEqual((answer.one("version"), answer.one("port")), ("45", "8000"))

    @unittest.skipUnless(has_signatures(), "this kernel signs no TCP segments")
    def test_signed_segments(self):
        config = HEAD + ("frontend f\n  bind NET.1:8000 tcp-md5sig secret\n  default_backend b\n"
                         "backend b\n  server s NET.1:8001 tcp-md5sig other\n"
                         "frontend inner\n  bind NET.1:8001 tcp-md5sig other\n  http-request return status 200 content-type text/plain string inner\n")
        self.proxy(config)
        with signed(self.front, "secret") as link:
            link.connect((self.front, 8000))
            link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(b"inner", b"".join(iter(lambda: link.recv(4096), b"")))
        for wrong in (signed(self.front, "guess"), socket.socket()):
            with wrong:
                wrong.settimeout(0.3)
                with self.assertRaises(OSError):
                    wrong.connect((self.front, 8000))

    def test_namespaces(self):
        name = f"sluice-test-{os.getpid()}"
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
        if made.returncode:
            self.skipTest("no network namespaces may be made here")
        self.addCleanup(subprocess.run, ["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        # the inner frontend listens in the other network, where nobody but the server line with the namespace gets
        config = HEAD + (f"frontend f\n  bind NET.1:8000\n  use_backend outside if {{ path /outside }}\n  default_backend inside\n"
                         f"backend inside\n  server s 127.0.0.1:8002 namespace {name}\nbackend outside\n  server s 127.0.0.1:8002\n"
                         f"frontend inner\n  bind 127.0.0.1:8002 namespace {name}\n  http-request return status 200 content-type text/plain string there\n")
        self.proxy(config, wait=[(self.front, 8000)])
        self.assertEqual(self.get().body, b"there")
        self.assertEqual(self.get("/outside").status, 503)

    def test_wrong_words(self):
        for words in ("tcp-ss 3", "tcp-md5sig", "tcp-md5sig " + "x" * 81, "namespace no-such-namespace", "proto h2"):
            config = HEAD + f"listen l\n  bind NET.1:8000 {words}\n  server s NET.10:80\n"
            self.assertEqual(run(["-c"], config, program=under_test(), network=self.network).code, 1, words)

    def test_severity_of_stats_sockets(self):
        proxy = self.proxy(HEAD + "listen l\n  bind NET.1:8000 proto h1\n  server s NET.10:80\n")
        self.assertRegex(proxy.cli("disable server l/nobody"), r"^\[\d\]: ")


if __name__ == "__main__":
    main()

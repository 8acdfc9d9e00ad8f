"""What rules do that is seen on no wire: marks and TOS of sockets, the order in queues, pauses. With Debian's haproxy and with ours."""
import os
import re
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Client, Origin, Proxy, answer_with, fetch, main, oracle, under_test, version_of, wait_until  # noqa: E402
from network import Network  # noqa: E402

COMMON = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout queue 10s
"""
CONFIG = COMMON + """
frontend packets
  bind NET.1:8000
  http-request set-tos 0x20 if { path_beg /tos }
  http-request set-tos 0x48 if { path /tos-more }
  http-request set-mark 7 if { path_beg /mark }
  http-request set-mark 0x10 if { path /mark-hex }
  http-response set-tos 0x30 if { res.hdr(content-length) 7 }
  http-request return status 200 if { path_beg /tos /mark /plain }
  default_backend b
frontend first
  bind NET.1:8001
  tcp-request connection set-tos 0x10
  tcp-request connection set-mark 9
  http-request return status 200
frontend queued
  bind NET.1:8002
  http-request set-priority-class req.hdr(x-class),add(0) if { req.hdr(x-class) -m found }
  http-request set-priority-offset req.hdr(x-offset),add(0) if { req.hdr(x-offset) -m found }
  default_backend one
backend one
  server s NET.10:8080 maxconn 1
backend b
  server s NET.10:8080
"""
NEWER = """
frontend newer
  bind NET.1:8003
  http-request set-fc-tos int(40) if { path /int }
  http-request set-fc-tos 0x24 if { path /const }
  http-request set-fc-mark req.hdr_val(x-mark) if { path /mark }
  http-request pause 150ms if { path /pause }
  http-request pause req.hdr_val(x-pause) if { path /pause-for }
  http-request return status 200 hdr x-opt "%[path,map_beg(opt@TMP/nosuch.map,none)]" hdr x-virt "%[path,map_beg(virt@empty,none)]" if !{ path /server }
  http-request set-bc-tos 0x28
  http-request set-bc-mark 11
  default_backend b
"""


def options_of_socket(here, there):
    """(TOS, mark) of the IPv4 connection between these two (address, port), as the kernel tells; None where it does not."""
    request = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 1 << 4, 0, 1 << 1) + struct.pack("!HH", here[1], there[1])
    request += socket.inet_aton(here[0]).ljust(16, b"\0") + socket.inet_aton(there[0]).ljust(16, b"\0") + b"\0" * 4 + b"\xff" * 8
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as link:  # NETLINK_SOCK_DIAG
        link.settimeout(5)
        link.send(struct.pack("=IHHII", 16 + len(request), 20, 0x301, 1, 0) + request)
        while True:
            data = link.recv(65536)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind in (2, 3):
                    return None
                ports = struct.unpack_from("!HH", data, 20)
                addresses = data[24:28], data[40:44]
                if ports == (here[1], there[1]) and addresses == (socket.inet_aton(here[0]), socket.inet_aton(there[0])):
                    return attributes(data[16 + 72:length])
                data = data[(length + 3) & ~3:]


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind] = data[4:length]
        data = data[(length + 3) & ~3:]
    mark = found.get(15)
    return found[5][0] if 5 in found else None, struct.unpack("=I", mark)[0] if mark else None


class Effects:
    program = None

    def setUp(self):
        self.network = Network()
        self.front = self.network.host(1)
        self.open = threading.Event()
        self.open.set()
        self.served = []
        self.lock = threading.Lock()
        self.origin = Origin(self.network.host(10), 8080, answer_with(self.answer)).start()
        self.addCleanup(self.origin.stop)
        newer = version_of(self.program()) >= (3, 5)
        self.proxy = Proxy(CONFIG + (NEWER if newer else ""), program=self.program(), network=self.network).start()
        self.addCleanup(self.proxy.stop)
        self.addCleanup(self.open.set)
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), what="the runtime API")

    def answer(self, head):
        with self.lock:
            self.served.append(head.path)
        self.open.wait(20)
        return b"7 bytes"

    def seen(self, target, port=8000, *fields):
        with Client(self.front, port) as client:
            client.send("\r\n".join([f"GET {target} HTTP/1.1", "Host: x", *fields, "", ""]).encode())
            client.read_until(b"\r\n\r\n")
            found = options_of_socket((self.front, port), client.link.getsockname())
        self.assertIsNotNone(found, "the kernel does not know this connection")
        return found

    def test_tos(self):
        self.assertEqual(self.seen("/plain")[0], 0)
        self.assertEqual(self.seen("/tos")[0], 0x20)
        self.assertEqual(self.seen("/tos-more")[0], 0x48, "the last one counts")
        self.assertEqual(self.seen("/server")[0], 0x30, "by a rule for answers")
        self.assertEqual(self.seen("/", 8001)[0], 0x10, "by a rule for connections")

    def test_mark(self):
        mark = self.seen("/mark")[1]
        if not mark:
            self.skipTest("marks need CAP_NET_ADMIN")
        self.assertEqual(mark, 7)
        self.assertEqual(self.seen("/mark-hex")[1], 16)
        self.assertEqual(self.seen("/plain")[1] or 0, 0)
        self.assertEqual(self.seen("/", 8001)[1], 9)

    def queue(self, *requests):
        """The order in which the server gets requests that wait for its only slot."""
        self.open.clear()
        threads = []

        def ask(target, *fields):
            threads.append(threading.Thread(target=lambda: fetch(self.front, 8002, target, fields=[field.split(": ") for field in fields], seconds=20)))
            threads[-1].start()
        ask("/first")
        wait_until(lambda: self.served == ["/first"], what="the first request at the server")
        for number, (target, *fields) in enumerate(requests, 1):
            ask(target, *fields)
            wait_until(lambda n=number: re.search(rf"^one,(s|BACKEND),{n},", self.proxy.cli("show stat one 6 -1"), re.M), what="a request in the queue")
        self.open.set()
        for thread in threads:
            thread.join()
        return self.served[1:]

    def test_priority_class(self):
        self.assertEqual(self.queue(("/plain",), ("/low", "X-Class: 5"), ("/high", "X-Class: -5"), ("/plain-too",), ("/highest", "X-Class: -2047")),
                         ["/highest", "/high", "/plain", "/plain-too", "/low"])

    def test_priority_offset(self):
        self.assertEqual(self.queue(("/late", "X-Offset: 60000"), ("/plain",), ("/early", "X-Offset: -60000"), ("/class", "X-Class: 1", "X-Offset: -90000")),
                         ["/early", "/plain", "/late", "/class"])


class Theirs(Effects, unittest.TestCase):
    program = staticmethod(oracle)


class Ours(Effects, Case):
    program = staticmethod(under_test)

    def setUp(self):
        super().setUp()
        if version_of(under_test()) < (3, 5) and self._testMethodName.startswith("test_newer"):
            self.skipTest("behaviour of level 3.5")

    def test_newer_packets(self):
        self.assertEqual(self.seen("/int", 8003)[0], 40)
        self.assertEqual(self.seen("/const", 8003)[0], 0x24)
        if self.seen("/mark", 8003, "X-Mark: 5")[1]:
            self.assertEqual(self.seen("/mark", 8003, "X-Mark: 6")[1], 6)

    def test_newer_packets_to_servers(self):
        if not self.seen("/mark", 8003, "X-Mark: 5")[1]:
            self.skipTest("marks need CAP_NET_ADMIN: the server's connection fails without it")
        self.open.clear()
        thread = threading.Thread(target=lambda: fetch(self.front, 8003, "/server", seconds=20))
        thread.start()
        self.addCleanup(thread.join)
        wait_until(lambda: self.served == ["/server"], what="the request at the server")
        link = self.origin.connections[-1].link
        self.assertEqual(options_of_socket(link.getpeername(), link.getsockname()), (0x28, 11))
        self.open.set()

    def test_newer_pauses(self):
        for target, fields, least in (("/pause", (), 0.15), ("/pause-for", ("X-Pause: 80",), 0.08)):
            begin = time.monotonic()
            self.assertEqual(fetch(self.front, 8003, target, fields=[field.split(": ") for field in fields]).status, 200)
            self.assertGreaterEqual(time.monotonic() - begin, least)

    def test_newer_kinds_of_files(self):
        answer = fetch(self.front, 8003, "/x")
        self.assertEqual((answer.one("x-opt"), answer.one("x-virt")), ("none", "none"))


if __name__ == "__main__":
    main()

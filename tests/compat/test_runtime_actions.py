"""What commands of the runtime API do to traffic, with Debian's haproxy and with ours: the same test for both."""
import os
import re
import socket
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Client, Origin, Proxy, answer_with, fetch, listening, main, oracle, under_test, wait_until  # noqa: E402
from network import Network  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 2
  maxconn 100
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout queue 10s
frontend f
  bind NET.1:8000
  default_backend b
backend b
  server s1 NET.10:8080 maxconn 1
listen t
  mode tcp
  bind NET.1:8001
  server t1 NET.10:8080
"""


class Actions:
    program = None

    def setUp(self):
        self.network = Network()
        self.front = self.network.host(1)
        self.open = threading.Event()
        self.open.set()
        self.busy = 0
        self.lock = threading.Lock()
        self.origins = [Origin(self.network.host(last), 8080, self.answer(last)).start() for last in (10, 11)]
        self.proxy = Proxy(CONFIG, program=self.program(), network=self.network, wait=[8000, 8001]).start()
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), what="the runtime API")

    def answer(self, last):
        def body(_):
            with self.lock:
                self.busy += 1
            self.open.wait(20)
            with self.lock:
                self.busy -= 1
            return b"from %d" % last
        return answer_with(body)

    def tearDown(self):
        self.open.set()
        self.proxy.stop()
        for origin in self.origins:
            origin.stop()

    def cli(self, command):
        return self.proxy.cli(command)

    def refused(self, port):
        return not listening(self.front, port)

    def test_disabled_frontend_refuses(self):
        self.assertEqual(fetch(self.front, 8000, "/").body, b"from 10")
        self.cli("disable frontend f")
        wait_until(lambda: self.refused(8000), what="refused connections")
        self.assertIn(",PAUSED,", self.cli("show stat f 1 -1"))
        self.assertEqual(fetch(self.front, 8001, "/").body, b"from 10", "the other one goes on")
        self.cli("enable frontend f")
        wait_until(lambda: not self.refused(8000), what="connections again")
        self.assertEqual(fetch(self.front, 8000, "/").body, b"from 10")

    def test_shut_frontend_stays_shut(self):
        self.cli("shutdown frontend f")
        wait_until(lambda: self.refused(8000), what="refused connections")
        self.assertRegex(self.cli("enable frontend f"), "was previously shut down|No such frontend")
        self.assertTrue(self.refused(8000))

    def test_moved_server(self):
        with Client(self.front, 8000) as client:
            self.assertEqual(client.get("/").body, b"from 10")
            self.cli(f"set server b/s1 addr {self.network.host(11)} port 8080")
            self.assertEqual(client.get("/").body, b"from 11", "not over the idle connection")
        self.assertIn(f" {self.network.host(11)} ", self.cli("show servers state b"))

    def in_background(self, port):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(fetch(self.front, port, "/", seconds=20)))
        thread.start()
        self.addCleanup(thread.join)
        return thread, answers

    def test_server_limit(self):
        self.open.clear()
        first, _ = self.in_background(8000)
        wait_until(lambda: self.busy == 1)
        second, _ = self.in_background(8000)
        wait_until(lambda: re.search(r"^b,(s1|BACKEND),1,", self.cli("show stat b 6 -1"), re.M), what="one in the queue")
        self.cli("set maxconn server b/s1 2")
        wait_until(lambda: self.busy == 2, what="the second one at the server")
        self.open.set()
        first.join()
        second.join()

    def test_frontend_limit(self):
        if self.program is Theirs.program:
            self.skipTest("haproxy 2.6 with two threads hangs here")
        self.cli("set maxconn frontend f 1")
        with Client(self.front, 8000) as client:
            self.assertEqual(client.get("/").status, 200)
            waiting, answers = self.in_background(8000)
            wait_until(lambda: re.search(r"^f,FRONTEND,,,1,", self.cli("show stat f 1 -1"), re.M))
            self.cli("set maxconn frontend f 10")
            waiting.join()
            self.assertEqual(answers[0].status, 200)

    def test_ended_session(self):
        self.open.clear()
        with Client(self.front, 8001) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: self.busy == 1)
            listed = [line for line in self.cli("show sess").split("\n") if "fe=t " in line]
            self.assertEqual(len(listed), 1, listed)
            self.assertIn(f"src={self.network.host(0)[:4]}", listed[0])
            self.assertIn(" be=t srv=t1 ", listed[0])
            number = listed[0].split(":")[0]
            self.assertIn("backend=t", self.cli(f"show sess {number}"))
            self.assertEqual(self.cli(f"shutdown session {number}").strip(), "")
            self.assertTrue(client.at_end())
        wait_until(lambda: "fe=t " not in self.cli("show sess"), what="the end of the session")

    def test_ended_sessions_of_a_server(self):
        self.open.clear()
        with Client(self.front, 8001) as client, Client(self.front, 8000) as other:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            other.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: self.busy == 2)
            self.assertEqual(self.cli("shutdown sessions server t/t1").strip(), "")
            self.assertTrue(client.at_end())
            self.open.set()
            self.assertEqual(other.read_answer().status, 200)

    def test_captured_errors(self):
        with Client(self.front, 8000) as client:
            client.send(b"GET /caught HTTP/1.1\r\nHo st: x\r\n\r\n")
            self.assertEqual(client.read_answer().status, 400)
        text = self.cli("show errors")
        self.assertRegex(text, r"^Total events captured on \[.*\] : 1\n")
        self.assertRegex(text, r"frontend f( \(#2\))?\s*: invalid request")
        self.assertIn("00000  GET /caught HTTP/1.1\\r\\n\n", text)
        self.assertRegex(text, r"error at position (23|24|25)")
        self.assertIn("captured", self.cli("show errors f request"))
        self.assertNotIn("caught", self.cli("show errors f response"))
        self.assertNotIn("caught", self.cli("show errors b"))

    def test_levels_of_sockets_and_timeout(self):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(10)
        link.connect(self.proxy.folder + "/cli")
        link.sendall(b"prompt\n")
        got = b""
        while not got.endswith(b"> "):
            got += link.recv(4096)
        link.sendall(b"set timeout cli 1\n")
        while got.count(b"> ") < 2:
            got += link.recv(4096)
        while chunk := link.recv(4096):  # it ends by itself
            got += chunk
        link.close()


class Theirs(Actions, unittest.TestCase):
    program = staticmethod(oracle)


class Ours(Actions, unittest.TestCase):
    program = staticmethod(under_test)


if __name__ == "__main__":
    assert Case
    main()

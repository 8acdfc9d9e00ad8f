"""The base of the load tests: servers as processes, clients on one epoll loop, and the questions asked at the end."""
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

from case import Case, main, requires, wait_until  # noqa: E402,F401
from client import Client, fetch  # noqa: E402,F401
from program import Proxy, listening, under_test, version_of  # noqa: E402,F401

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 2
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-request 30s
frontend f
  bind NET.1:8000
  default_backend b
backend b
  balance roundrobin
  default-server pool-purge-delay 500ms
"""


def connections_possible(wanted):
    """How many client connections fit: the proxy needs two descriptors for each, the test and the server one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    wanted = int(os.environ.get("LOAD_CONNECTIONS", wanted))
    possible = min(wanted, (soft - 200) // 2)
    if possible < wanted:
        print(f"note: {possible} connections instead of {wanted}, descriptor limit {soft}")
    return possible


class OriginProcess:
    def __init__(self, host, port, name):
        self.host, self.port, self.name = host, port, name
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "origin_process.py"), self.host, str(self.port),
                                         self.name], stdin=subprocess.DEVNULL)
        wait_until(lambda: listening(self.host, self.port), 20, f"{self.name} listening")
        return self

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)


class Swarm:
    """Many keep-alive clients on one thread. Each connection sends one request at a time and reads one answer."""

    def __init__(self, address, sources):
        self.address, self.sources = address, sources
        self.selector = selectors.EpollSelector()
        self.links = []

    def connect(self, count):
        for n in range(count):
            link = socket.socket()
            link.setblocking(False)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the 4-tuple must be free, not the port
            link.bind((self.sources[n % len(self.sources)], 0))
            try:
                link.connect(self.address)
            except BlockingIOError:
                pass
            self.links.append(link)
            if n % 200 == 199:
                time.sleep(0.01)  # a backlog is finite

    def ask(self, request, meanwhile=None, seconds=60):
        """Sends `request` on every connection, reads an answer with Content-Length from each.
        meanwhile() is called once all is sent. Returns the list of whole answers (b'' for a broken connection)."""
        answers = {}
        for n, link in enumerate(self.links):
            self.selector.register(link, selectors.EVENT_WRITE, [n, b""])
        end = time.monotonic() + seconds
        to_send = len(self.links)
        while len(answers) < len(self.links):
            if time.monotonic() > end:
                raise AssertionError(f"{len(answers)} of {len(self.links)} answers within {seconds} s")
            for key, _ in self.selector.select(1):
                n, got = key.data
                link = key.fileobj
                try:
                    if key.events & selectors.EVENT_WRITE:
                        link.send(request)
                        self.selector.modify(link, selectors.EVENT_READ, [n, b""])
                        to_send -= 1
                        continue
                    chunk = link.recv(65536)
                except OSError:
                    chunk = b""
                    to_send -= bool(key.events & selectors.EVENT_WRITE)
                if chunk:
                    got += chunk
                    key.data[1] = got
                head = got.find(b"\r\n\r\n")
                done = False
                if head >= 0:
                    at = got.lower().find(b"content-length: ")
                    done = len(got) >= head + 4 + int(got[at + 16:got.index(b"\r", at)])
                if done or not chunk:
                    answers[n] = got if done else b""
                    self.selector.unregister(link)
            if to_send == 0 and meanwhile:
                meanwhile, call = None, meanwhile
                call()
        return [answers[n] for n in sorted(answers)]

    def close(self):
        for link in self.links:
            link.close()
        self.links = []
        self.selector.close()


class Load(Case):
    def origin_process(self, last, name, port=8080):
        origin = OriginProcess(self.network.host(last), port, name).start()
        self.addCleanup(origin.kill)
        return origin

    def count(self, proxy, field):
        for line in proxy.cli("show info").splitlines():
            if line.startswith(field + ":"):
                return int(line.split(":")[1])
        raise AssertionError(f"show info has no {field}")

    def settled(self, proxy, fds, port=8000, seconds=40):
        """Alive, answering, no connection left, no descriptor leaked."""
        self.assertTrue(proxy.alive(), proxy.messages())
        self.assertEqual(fetch(self.front, port, "/after", seconds=20).status, 200)
        wait_until(lambda: self.count(proxy, "CurrConns") <= 1, seconds, "no client connection left")
        wait_until(lambda: proxy.fds() <= fds, seconds, f"descriptors back to {fds} (now {proxy.fds()})")

    def ready(self, proxy, port=8000):
        """Warms up and returns the number of descriptors at rest."""
        for _ in range(8):
            self.assertEqual(fetch(self.front, port, "/warm").status, 200)
        wait_until(lambda: self.count(proxy, "CurrConns") <= 1, 20, "rest")
        last = [proxy.fds()]

        def still():
            now, last[0] = proxy.fds(), last[0]
            same, last[0] = now == last[0], now
            time.sleep(0.7)
            return same
        wait_until(still, 20, "a steady number of descriptors")
        return proxy.fds() + 4  # idle server connections may differ by one a thread, the CLI connection is another

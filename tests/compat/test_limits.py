"""What is held to a limit by all workers together: connections, sessions a second, clients of the runtime API."""
import array
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, paced, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402
from network import Network  # noqa: E402

ANSWERING = """
global
  nbthread 2
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  http-request return status 200
"""


class Limits(Case):
    def pair(self, config, **more):
        for index, program in enumerate((oracle(), under_test())):
            proxy = Proxy(config, program=program, network=Network(index), **more)
            self.addCleanup(self._stop, proxy)
            yield proxy.start()
            self._stop(proxy)  # a test that starts several on one address would have them share the connections

    def must_wait(self, host, port, end_one):
        """A further connection is not served until one ends."""
        waiting = Client(host, port)
        waiting.send(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        waiting.link.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            waiting.link.recv(1)
        end_one()
        waiting.link.settimeout(5)
        self.assertEqual(waiting.read_answer().status, 200)
        waiting.close()

    def served(self, host, port, count):
        clients = [Client(host, port) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            self.assertEqual(client.get("/").status, 200)
        return clients

    def test_bind_maxconn(self):
        for proxy in self.pair(ANSWERING.replace("NET.1:8000", "NET.1:8000 maxconn 3\n  bind NET.1:8001"), wait=[8000, 8001]):
            host = proxy.network.host(1)
            clients = self.served(host, 8000, 3)
            self.served(host, 8001, 3)  # the other line is not concerned
            self.must_wait(host, 8000, clients[0].close)

    def test_global_maxconn(self):
        for proxy in self.pair(ANSWERING.replace("nbthread 2", "nbthread 2\n  maxconn 4")):
            host = proxy.network.host(1)
            clients = self.served(host, 8000, 4)
            self.must_wait(host, 8000, clients[2].close)

    def never_one_too_many(self, config, most):
        """Many clients at once, on both workers: the peak that the process has seen is the limit and not one more."""
        proxy = self.proxy(config)
        clients = [Client(self.front, 8000) for _ in range(40)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for client in clients:
            self.assertEqual(client.read_answer().status, 200)
            client.close()
        rows = [line.split(",") for line in proxy.cli("show stat").splitlines()]
        peak = int(next(row for row in rows if row[:2] == ["f", "FRONTEND"])[5])
        self.assertLessEqual(peak, most)
        self.assertGreaterEqual(peak, 1)

    def test_frontend_peak(self):
        self.never_one_too_many(ANSWERING.replace("frontend f\n", "frontend f\n  maxconn 2\n  backlog 100\n"), 2)

    def test_rate_limit_sessions(self):
        for rate in ("frontend f\n  rate-limit sessions 5\n", "maxsessrate 5", "maxconnrate 5"):
            config = (ANSWERING.replace("frontend f\n", rate) if "frontend" in rate
                      else ANSWERING.replace("nbthread 2", "nbthread 2\n  " + rate))
            for proxy in self.pair(config):
                host = proxy.network.host(1)
                start = time.monotonic()
                for _ in range(11):
                    self.assertEqual(fetch(host, 8000).status, 200)
                took = time.monotonic() - start
                self.assertGreater(took, 0.3, f"{proxy.program}: 11 connections at 5 a second, {rate}")
                self.assertLess(took, 30)

    def test_limits_of_what_there_is_none_of(self):
        """TLS and compression are not there yet: their limits are kept in any case, and told."""
        words = {"maxsslrate 10": "SslRateLimit: 10", "maxsslconn 20": "MaxSslConns: 20", "maxcomprate 30": "CompressBpsRateLim: 30720",
                 "maxcompcpuusage 90": "", "maxzlibmem 2": ""}
        for proxy in self.pair(ANSWERING.replace("nbthread 2", "nbthread 2\n  " + "\n  ".join(words))):
            told = proxy.cli("show info").splitlines()
            for line in filter(None, words.values()):
                self.assertIn(line, told)
            self.assertEqual(fetch(proxy.network.host(1), 8000).status, 200)

    @paced
    def test_refused_connections_do_not_count_as_sessions(self):
        config = ANSWERING.replace("frontend f\n", "frontend f\n  rate-limit sessions 5\n  tcp-request connection reject if { src NET.8 }\n")
        for proxy in self.pair(config):
            for _ in range(20):
                try:
                    with socket.create_connection((proxy.network.host(1), 8000), 5, (proxy.network.host(8), 0)) as link:
                        self.assertEqual(link.recv(1), b"")
                except ConnectionResetError:
                    pass
            start = time.monotonic()
            self.assertEqual(fetch(proxy.network.host(1), 8000).status, 200)
            self.assertLess(time.monotonic() - start, 0.7)

    def api(self, proxy):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(5)
        wait_until(lambda: os.path.exists(proxy.folder + "/cli"), 5, "the socket")
        link.connect(proxy.folder + "/cli")
        self.addCleanup(link.close)
        return link

    def test_stats_socket_maxconn(self):
        for config in (ANSWERING.replace("level admin", "level admin maxconn 2"),
                       ANSWERING.replace("nbthread 2", "nbthread 2\n  stats maxconn 2")):
            for proxy in self.pair(config):
                links = [self.api(proxy) for _ in range(3)]
                for link in links[:2]:
                    link.sendall(b"prompt\n")
                    self.assertIn(b">", link.recv(100))
                links[2].sendall(b"show info\n")
                links[2].settimeout(0.3)
                with self.assertRaises(TimeoutError):
                    links[2].recv(1)
                links[0].close()
                links[2].settimeout(5)
                self.assertIn(b"Name: HAProxy", links[2].recv(65536))

    def test_sockpair(self):
        """bind sockpair@<n>: connections come as descriptors."""
        for index, program in enumerate((oracle(), under_test())):
            ours, theirs = socket.socketpair()
            theirs.set_inheritable(True)
            config = ANSWERING.replace("bind NET.1:8000", f"bind NET.1:8000\n  bind sockpair@{theirs.fileno()}")
            proxy = Proxy(config, program=program, network=Network(index), pass_fds=[theirs.fileno()])
            self.addCleanup(self._stop, proxy)
            proxy.start()
            for _ in range(3):
                client, given = socket.socketpair()
                ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [given.fileno()]))])
                given.close()
                client.settimeout(5)
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200 "))
                client.close()
            proxy.stop()
            ours.close()
            theirs.close()


if __name__ == "__main__":
    main()

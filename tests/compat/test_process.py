"""Signals, background, pid files, limits and balancing choices beside Debian's haproxy."""
import unittest
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, Syslog, main, oracle, requires, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402
from network import Network  # noqa: E402
from origin import Origin, answer_with  # noqa: E402
from program import listening  # noqa: E402
from syslog_sink import Syslog  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen l
  bind NET.1:8000
  server s NET.10:8080
"""


class Process(Case):
    def pair(self, config=CONFIG, **more):
        """Debian's and ours, each running in a network of its own."""
        pair = []
        for index, program in enumerate((oracle(), under_test())):
            proxy = Proxy(config, program=program, network=Network(index), **more)
            self.addCleanup(self.end, proxy)
            pair.append(proxy.start())
        return pair

    def end(self, proxy):
        proxy.stop()
        if proxy.program != oracle() and proxy.crashed():
            self.fail(proxy.crashed())

    def codes(self, number, **more):
        codes = []
        for proxy in self.pair(**more):
            proxy.signal(number)
            codes.append(proxy.wait_end())
        return codes

    def test_sigterm(self):
        theirs, ours = self.codes(signal.SIGTERM)
        self.assertIn(ours, (0, theirs, 143))

    def test_sigint(self):
        theirs, ours = self.codes(signal.SIGINT)
        self.assertIn(ours, (0, theirs, 130))

    def test_sigusr1_idle(self):
        theirs, ours = self.codes(signal.SIGUSR1)
        self.assertEqual(ours, theirs)
        self.assertEqual(ours, 0)

    def test_sigusr1_waits_for_the_last_request(self):
        for index, proxy in enumerate(self.pair()):
            gate = []
            origin = Origin(proxy.network.host(10), 8080, lambda c: (c.read_request(), wait_until(lambda: gate, 10), c.respond()))
            origin.start()
            self.addCleanup(origin.stop)
            with Client(proxy.network.host(1), 8000) as client:
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                origin.wait_requests(1)
                proxy.signal(signal.SIGUSR1)
                wait_until(lambda: not listening(proxy.network.host(1), 8000), 5, "the listener going away")
                self.assertTrue(proxy.alive())
                gate.append(1)
                answer = client.read_answer()
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.one("connection"), "close", "a stopping proxy keeps no connection open")
            self.assertEqual(proxy.wait_end(), 0)

    def test_sighup_dumps_status(self):
        dumps = []
        for proxy in self.pair():
            proxy.signal(signal.SIGHUP)
            wait_until(lambda: "SIGHUP: Proxy l " in proxy.err, 5, "a status dump on stderr")
            self.assertTrue(proxy.alive())
            lines = [re.sub(r"^\[(\w+)\] +\(\d+\) : ", r"\1 ", line) for line in proxy.err.split("\n") if "SIGHUP" in line and "HTTPCLIENT" not in line]
            dumps.append([re.sub(r"GLOBAL .*|\d+ (act|pend|tot)|\d+\+\d+", "", line) for line in lines if "GLOBAL" not in line])
        self.assertEqual(*dumps)

    def test_sighup_is_logged(self):
        """Each proxy's log has a heading of its own, all of it as notices."""
        lines = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            log = Syslog(network.host(1), 10514)
            self.addCleanup(log.stop)
            config = CONFIG.replace("  stats socket", "  log NET.1:10514 local0\n  stats socket").replace("  mode http", "  log global\n  mode http") + (
                "frontend f\n  bind NET.1:8001\n  default_backend b\nbackend b\n  server s NET.10:8080 disabled\n")
            proxy = Proxy(config, program=program, network=network)
            self.addCleanup(self.end, proxy)
            proxy.start()
            proxy.signal(signal.SIGHUP)
            wait_until(lambda: any("SIGHUP: Proxy b " in line for line in log.lines), 30, "the last line")
            lines.append([re.sub(r">.*\]: |\n", ">", line) for line in log.lines if "SIGHUP" in line and "HTTPCLIENT" not in line])
        self.assertEqual(lines[1], lines[0])

    def test_signals_of_the_start_wait(self):
        """The first of many ports is open long before the program runs."""
        config = CONFIG.replace("  stats socket", "  nbthread 1\n  maxconn 20\n  stats socket") + "frontend f\n  bind NET.1:10000-10900\n"
        for number in (signal.SIGHUP, signal.SIGUSR2, signal.SIGQUIT, signal.SIGUSR1):
            for index, program in enumerate((oracle(), under_test())):
                network = Network(index)
                proxy = Proxy(config, program=program, network=network, wait=[10000])
                self.addCleanup(proxy.stop)
                proxy.start()
                proxy.signal(number)
                with self.subTest(f"{number.name} {program}"):
                    if number == signal.SIGUSR1:
                        self.assertEqual(proxy.process.wait(60), 0)
                        continue
                    wait_until(lambda: "Uptime" in proxy.cli("show info"), 60, "an answer")
                proxy.stop()

    def test_sigpipe_and_sigusr2_do_not_kill(self):
        _, ours = self.pair()
        ours.signal(signal.SIGPIPE)
        self.assertTrue(ours.alive())
        self.assertIn("Name: HAProxy", ours.cli("show info"))

    def test_daemon_and_pid_file(self):
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            with tempfile.TemporaryDirectory() as folder:
                path, pid_file = os.path.join(folder, "c.cfg"), os.path.join(folder, "pid")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(network.fill(CONFIG).replace("TMP/", folder + "/"))
                done = subprocess.run([program, "-D", "-p", pid_file, "-f", path], capture_output=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                with open(pid_file, encoding="ascii") as file:
                    text = file.read()
                self.assertRegex(text, r"^\d+\n$")
                pid = int(text)
                self.assertTrue(listening(network.host(1), 8000), "it listens before the command returns")
                os.kill(pid, signal.SIGTERM)
                wait_until(lambda: not os.path.exists(f"/proc/{pid}/exe") or not listening(network.host(1), 8000), 10, "its end")

    def test_new_process_takes_over(self):
        """-sf <pid>: the new process listens on the same ports, the old one finishes and goes."""
        for proxy in self.pair():
            second = subprocess.Popen([proxy.program, "-db", "-f", proxy.path, "-sf", str(proxy.pid)],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                self.assertEqual(proxy.wait_end(), 0)
                self.assertIsNone(second.poll())
                origin = Origin(proxy.network.host(10), 8080, answer_with(b"new")).start()
                self.addCleanup(origin.stop)
                self.assertEqual(fetch(proxy.network.host(1), 8000).body, b"new")
            finally:
                second.terminate()
                second.communicate(timeout=60)

    def test_bound_unix_socket_has_its_mode(self):
        config = CONFIG.replace("bind NET.1:8000", "bind NET.1:8000\n  bind unix@TMP/front.sock mode 640").replace(
            "level admin", "mode 600 level admin")
        for proxy in self.pair(config):
            self.assertEqual(os.stat(proxy.folder + "/front.sock").st_mode & 0o777, 0o640)
            self.assertEqual(os.stat(proxy.folder + "/cli").st_mode & 0o777, 0o600)

    def test_inherited_descriptor(self):
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            link.bind((network.host(1), 8000))
            link.listen(16)
            link.set_inheritable(True)
            config = CONFIG.replace("bind NET.1:8000", f"bind fd@{link.fileno()}")
            proxy = Proxy(config, program=program, network=network, wait=[8000], pass_fds=[link.fileno()])
            self.addCleanup(proxy.stop)
            proxy.start()
            origin = Origin(network.host(10), 8080, answer_with(b"inherited")).start()
            self.addCleanup(origin.stop)
            self.assertEqual(fetch(network.host(1), 8000).body, b"inherited")
            proxy.stop()
            link.close()

    def test_frontend_maxconn_makes_others_wait(self):
        config = CONFIG.replace("listen l\n", "listen l\n  maxconn 2\n")
        for proxy in self.pair(config):
            origin = Origin(proxy.network.host(10), 8080, answer_with(b"x")).start()
            self.addCleanup(origin.stop)
            first, second = (Client(proxy.network.host(1), 8000) for _ in range(2))
            for client in (first, second):
                self.assertEqual(client.get("/").status, 200)
            third = Client(proxy.network.host(1), 8000)
            third.send(b"GET /third HTTP/1.1\r\nHost: x\r\n\r\n")
            third.link.settimeout(0.4)
            with self.assertRaises(TimeoutError):
                third.link.recv(1)
            first.close()
            third.link.settimeout(5)
            self.assertEqual(third.read_answer().status, 200)
            for client in (second, third):
                client.close()

    def test_balance_first_and_static_rr(self):
        config = CONFIG.split("listen l")[0] + """
listen first
  bind NET.1:8000
  balance first
  server a NET.10:8080 maxconn 1
  server b NET.11:8080 maxconn 1
listen static
  bind NET.1:8001
  balance static-rr
  server a NET.10:8080 weight 1
  server b NET.11:8080 weight 3
"""
        seen = []
        for proxy in self.pair(config, wait=[8000, 8001]):
            for last, name in ((10, b"a"), (11, b"b")):
                origin = Origin(proxy.network.host(last), 8080, answer_with(name)).start()
                self.addCleanup(origin.stop)
            front = proxy.network.host(1)
            names = [fetch(front, 8000, fields=[("Connection", "close")]).body for _ in range(4)]
            # HAProxy's threads may give a slot back after the client has seen the end of the answer.
            self.assertEqual(set(names) - ({b"b"} if proxy.program == oracle() else set()), {b"a"})
            shares = [fetch(front, 8001, fields=[("Connection", "close")]).body for _ in range(40)]
            seen.append((shares.count(b"a"), shares.count(b"b")))
        self.assertEqual(seen[1], seen[0])

    def test_round_robin_sequence(self):
        """The order of turns with weights, not only the shares."""
        config = CONFIG.split("listen l")[0] + "listen l\n  bind NET.1:8000\n  balance roundrobin\n" + "".join(
            f"  server s{n} NET.{10 + n}:8080 weight {weight}\n" for n, weight in enumerate((5, 3, 1, 8)))
        seen = []
        for proxy in self.pair("global\n  nbthread 1\n" + config):
            for n in range(4):
                origin = Origin(proxy.network.host(10 + n), 8080, answer_with(f"s{n}".encode())).start()
                self.addCleanup(origin.stop)
            seen.append([fetch(proxy.network.host(1), 8000).body for _ in range(51)])
        for names in seen:
            self.assertEqual([names.count(name) for name in (b"s0", b"s1", b"s2", b"s3")], [15, 9, 3, 24])

    def test_log_to_unix_datagram_and_stdout(self):
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            with tempfile.TemporaryDirectory() as folder:
                log = Syslog(path=folder + "/log")
                config = CONFIG.replace("global\n", f"global\n  log {folder}/log local0\n  log stdout format raw local0\n").replace(
                    "  mode http\n", "  mode http\n  log global\n  option httplog\n")
                proxy = Proxy(config, program=program, network=network)
                self.addCleanup(proxy.stop)
                proxy.start()
                self.assertEqual(fetch(network.host(1), 8000, "/unix").status, 503)
                line = log.wait_for("/unix")
                self.assertRegex(line, r"^<134>")
                wait_until(lambda: '"GET /unix HTTP/1.1"' in proxy.out, 5, "the line on stdout")
                log.stop()
                proxy.stop()

    @requires(3, 5)
    def test_descriptor_limit_is_adjusted_or_reported(self):
        """maxconn beyond the descriptor limit: it starts with a warning, or says why not."""
        config = CONFIG.replace("global\n", "global\n  maxconn 10000000\n  no strict-limits\n")
        proxy = Proxy(config, network=self.network)
        try:
            proxy.start()
            wait_until(lambda: "limit" in proxy.messages().lower(), 5, "the message")  # it comes through a pipe
        finally:
            proxy.stop()

    def test_stop_is_quick_with_idle_connections(self):
        for proxy in self.pair(CONFIG.replace("5s", "90s")):
            origin = Origin(proxy.network.host(10), 8080, answer_with(b"x")).start()
            self.addCleanup(origin.stop)
            clients = [Client(proxy.network.host(1), 8000) for _ in range(20)]
            for client in clients:
                client.get("/")
            proxy.signal(signal.SIGTERM)
            proxy.wait_end(30)  # no timeout of theirs
            for client in clients:
                client.close()


if __name__ == "__main__":
    main()

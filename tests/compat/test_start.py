"""How a start succeeds or fails: background, jail, limits of the command line, names; and what a soft stop still serves."""
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, run, under_test  # noqa: E402
from client import Client  # noqa: E402

FRONT = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  http-request return status 200 content-type text/plain string hello
"""


class Start(Case):
    def test_a_daemon_that_cannot_enter_its_jail_fails_the_start(self):
        config = FRONT.replace("global\n", "global\n  chroot TMP/nowhere\n")
        result = run(["-D"], config, program=under_test(), network=self.network)
        self.assertEqual(result.code, 1)
        self.assertIn("chroot", result.err)

    def test_an_address_that_is_not_ours_is_no_mistake_of_the_file(self):
        config = FRONT.replace("bind NET.1:8000", "bind 192.0.2.1:8000")
        for program in (oracle(), under_test()):
            self.assertEqual(run(["-c"], config, program=program, network=self.network).code, 0, program)
            result = run(["-db"], config, program=program, network=self.network)
            self.assertEqual(result.code, 1, program)
            self.assertIn("for frontend f" if program == oracle() else "frontend f", result.err)
            self.assertIn("cannot bind socket (Cannot assign requested address)", result.err)
            self.assertIn("Some protocols failed to start their listeners! Exiting.", result.err)
            self.assertNotIn("Fatal errors found in configuration", result.err)

    def test_only_a_daemon_has_a_pid_file(self):
        for program in (oracle(), under_test()):
            proxy = self.proxy(FRONT, program=program, args=["-p", "/nonexistent/folder/pid"])
            self.assertTrue(proxy.alive(), program)
            proxy.stop()
            self.assertEqual(run(["-D", "-p", "/nonexistent/folder/pid"], FRONT, program=program, network=self.network).code, 1)

    def test_five_hundred_ports(self):
        for program in (oracle(), under_test()):
            proxy = self.proxy(FRONT.replace("bind NET.1:8000", "bind NET.1:8000-8499"), program=program, wait=[8000, 8499])
            for port in (8000, 8250, 8499):
                self.assertEqual(self.get("/", port).body, b"hello")
            proxy.stop()

    def test_names_nobody_knows(self):
        config = FRONT + "backend b\n  server s name.invalid:80\n"
        for program in (oracle(), under_test()):
            self.assertEqual(run(["-c"], config, program=program, network=self.network).code, 1, program)
            self.assertEqual(run(["-c", "-dr"], config, program=program, network=self.network).code, 0, program)

    def test_default_maxconn_of_frontends(self):
        proxy = self.proxy(FRONT, args=["-N", "7"])
        table = proxy.cli("show stat").strip().splitlines()
        names = table[0].lstrip("# ").split(",")
        rows = [dict(zip(names, line.split(","))) for line in table[1:] if line]
        self.assertEqual([row["slim"] for row in rows if row["svname"] == "FRONTEND" and row["pxname"] == "f"], ["7"])

    def test_a_soft_stop_serves_connections_that_wait_in_the_kernel(self):
        proxy = self.proxy(FRONT)
        os.kill(proxy.pid, signal.SIGSTOP)
        clients = []
        for _ in range(8):
            client = Client(self.front, 8000)
            self.addCleanup(client.close)
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            clients.append(client)
        os.kill(proxy.pid, signal.SIGUSR1)
        os.kill(proxy.pid, signal.SIGCONT)
        self.assertEqual([client.read_answer().status for client in clients], [200] * 8)
        proxy.wait_end()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((self.front, 8000), 2)


if __name__ == "__main__":
    main()

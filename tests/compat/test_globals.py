"""Settings of `global` and of sockets that no other test uses: the same test for Debian's haproxy and for ours."""
import os
import pwd
import signal
import socket
import stat
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Client, Origin, Proxy, answer_with, listening, main, oracle, run, under_test, version_of, wait_until  # noqa: E402
from network import Network  # noqa: E402

DEFAULTS = """
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
"""


class Globals:
    program = None

    def setUp(self):
        self.network = Network()
        self.front = self.network.host(1)
        self.proxies = []

    def tearDown(self):
        for proxy in self.proxies:
            proxy.stop()

    def start(self, text, **more):
        proxy = Proxy(text, program=self.program(), network=self.network, **more)
        self.proxies.append(proxy)
        return proxy.start()

    def front_end(self, globals_, lines=""):
        return f"global\n  {globals_}\n{DEFAULTS}frontend f\n  bind NET.1:8000\n  http-request return status 200\n{lines}"

    def hold(self, text):
        """A proxy with one request under way that its server never answers."""
        asked = []

        def serve(connection):
            asked.append(connection.read_head())
            connection.read_rest()
        origin = Origin(self.network.host(10), 8080, serve).start()
        self.addCleanup(origin.stop)
        proxy = self.start(text)
        client = Client(self.front, 8000)
        self.addCleanup(client.close)
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: asked, what="the request at the server")
        return proxy, client

    def test_a_soft_stop_has_an_end(self):
        proxy, _ = self.hold(f"global\n  hard-stop-after 300ms\n{DEFAULTS}listen l\n  bind NET.1:8000\n  server s NET.10:8080\n")
        proxy.signal(signal.SIGUSR1)
        proxy.wait_end(8)  # timeout server is 10s

    @unittest.skipIf(os.geteuid() != 0, "changing the user needs root")
    def test_user_and_group_by_number(self):
        proxy = self.start(self.front_end("uid 65534\n  gid 65533"))
        with open(f"/proc/{proxy.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines())
        self.assertEqual((status["Uid"].split(), status["Gid"].split()), (["65534"] * 4, ["65533"] * 4))

    @unittest.skipIf(os.geteuid() != 0, "changing the user needs root")
    def test_core_dumps(self):
        """A process that has changed its user is not dumpable, and its files in /proc are root's, unless it is told so."""
        for word, user in (("", 0), ("set-dumpable", pwd.getpwnam("nobody").pw_uid)):
            proxy = self.start(self.front_end(f"user nobody\n  {word}"))
            self.assertEqual(os.stat(f"/proc/{proxy.pid}/environ").st_uid, user, word)
            proxy.stop()

    def test_two_processes_on_one_port(self):
        """SO_REUSEPORT lets a second one in; with noreuseport the port is the first one's."""
        first = self.start(self.front_end("maxconn 50"))
        second = self.start(self.front_end("maxconn 50"))
        self.assertTrue(first.alive() and second.alive())
        second.stop()
        first.stop()
        self.start(self.front_end("noreuseport\n  maxconn 50"))
        result = run(["-db"], self.front_end("noreuseport\n  maxconn 50"), program=self.program(), network=self.network)
        self.assertEqual(result.code, 1, result.text)
        self.assertRegex(result.err, r"(?s)\[ALERT\].*(cannot bind socket|Address already in use)")

    def test_warnings_may_be_errors(self):
        text = self.front_end("maxconn 50\n  {}", "backend b\n  timeout client 1s\n  stats auth a:b\n  option httplog\n")
        self.assertEqual(run(["-c"], text.replace("{}", ""), program=self.program(), network=self.network).code, 0)
        strict = run(["-c"], text.replace("{}", "zero-warning"), program=self.program(), network=self.network)
        self.assertEqual(strict.code, 1, strict.text)

    def test_how_many_fields_a_request_may_have(self):
        self.start(self.front_end("tune.http.maxhdr 20"))
        for count, status in ((18, (200,)), (30, (400, 431))):
            with Client(self.front, 8000) as client:
                client.send(("GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"X-{n}: 1\r\n" for n in range(count)) + "\r\n").encode())
                self.assertIn(client.read_answer().status, status, count)

    def test_dropped_without_a_word(self):
        """The connection is gone here, and the client learns of it when it sends something, at the earliest."""
        self.start(f"{DEFAULTS}frontend f\n  bind NET.1:8000\n  tcp-request connection silent-drop\n")
        with Client(self.front, 8000) as client:

            def told():
                try:
                    client.send(b"x")
                    return False
                except (BrokenPipeError, ConnectionResetError):
                    return True
            wait_until(told, what="a reset by the kernel, which knows of no such connection")

    def test_idle_connections_outlive_a_soft_stop(self):
        """idle-close-on-response: they are closed with their next answer, not at once."""
        proxy = self.start(self.front_end("maxconn 50", "  option idle-close-on-response\n"))
        with Client(self.front, 8000) as client:
            self.assertEqual(client.get("/").status, 200)
            proxy.signal(signal.SIGUSR1)
            wait_until(lambda: not listening(self.front, 8000), what="the end of listening")
            answer = client.get("/")
            self.assertEqual((answer.status, answer.one("connection")), (200, "close"))
        proxy.wait_end()

    def test_connections_close_over_time(self):
        """close-spread-time: long before it is over, most connections go on; infinite, all; when it is over, none is left."""
        for time, some_stay, all_go in (("300s", True, False), ("infinite", True, False), ("400ms", False, True)):
            proxy = self.start(self.front_end(f"close-spread-time {time}"))
            clients = [Client(self.front, 8000) for _ in range(16)]
            for client in clients:
                self.assertEqual(client.get("/").status, 200)
            proxy.signal(signal.SIGUSR1)
            wait_until(lambda: not listening(self.front, 8000), what="the end of listening")
            if some_stay:
                stay = 0
                for client in clients:
                    try:
                        stay += client.get("/").one("connection") != "close"
                    except (ConnectionError, EOFError, AssertionError):
                        pass
                self.assertGreaterEqual(stay, 12, time)
            if all_go:
                for client in clients:
                    client.read_all()
                proxy.wait_end()
            for client in clients:
                client.close()
            proxy.stop()

    def test_unix_sockets_have_much_in_common(self):
        proxy = Proxy(f"""global
  unix-bind prefix TMP/in- mode 751 uid {os.getuid()} gid {os.getgid()}
  stats socket TMP/cli level admin
{DEFAULTS}frontend f
  bind unix@a
  bind unix@b mode 700
  bind abns@NET.1-c
  http-request return status 200
""", program=self.program(), network=self.network)
        self.proxies.append(proxy)
        proxy.start()
        wait_until(lambda: all(os.path.exists(f"{proxy.folder}/in-{name}") for name in "ab"), what="the sockets")
        rights = {name: stat.S_IMODE(os.stat(f"{proxy.folder}/in-{name}").st_mode) for name in "ab"}
        self.assertEqual(rights, {"a": 0o751, "b": 0o700})
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{proxy.folder}/in-a")
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.recv(12), b"HTTP/1.1 200")
        self.assertIn("Uptime", proxy.cli("show info"))  # the prefix is not for stats sockets

    def test_a_check_may_name_its_addresses(self):
        """pp2-never-send-local: PROXY instead of LOCAL."""
        for word, command in (("", 0x20), ("pp2-never-send-local", 0x21)):
            seen = []

            def serve(connection):
                seen.append(connection.read_exactly(28 if command == 0x21 else 16))
            origin = Origin(self.network.host(10), 8080, serve).start()
            proxy = self.start(f"global\n  {word}\n  maxconn 50\n{DEFAULTS}listen l\n  bind NET.1:8000\n"
                               "  server s NET.10:8080 send-proxy-v2 check inter 100ms\n")
            wait_until(lambda: seen, what="a check")
            proxy.stop()
            origin.stop()
            self.assertEqual(seen[0][:13], b"\r\n\r\n\0\r\nQUIT\n" + bytes([command]))
            if command == 0x21:
                address = socket.inet_aton(self.network.host(10))
                self.assertEqual((seen[0][13:16], seen[0][20:24], seen[0][26:28]), (b"\x11\0\x0c", address, (8080).to_bytes(2, "big")))

    def test_bounds_that_only_cost_or_save(self):
        """What these change cannot be seen from outside; with them it serves as without."""
        origin = Origin(self.network.host(10), 8080, answer_with(b"x" * 300_000)).start()
        self.addCleanup(origin.stop)
        newer = "  prealloc-fd\n  tune.max-checks-per-thread 5\n" if version_of(self.program()) >= (3, 0) else ""
        self.start("global\n  maxpipes 2\n  tune.pipesize 65536\n  maxconn 50\n" + newer + DEFAULTS
                   + "listen l\n  bind NET.1:8000\n  option splice-auto\n  max-keep-alive-queue 1\n  server s NET.10:8080\n")
        for _ in range(3):
            with Client(self.front, 8000) as client:
                self.assertEqual(len(client.get("/").body), 300_000)

    def test_pages_monitors_and_ids(self):
        origin = Origin(self.network.host(10), 8080, answer_with(lambda head: (head.one("x-id") or "none").encode())).start()
        self.addCleanup(origin.stop)
        proxy = self.start("global\n  stats socket TMP/cli level admin\n" + DEFAULTS + """
frontend f
  bind NET.1:8000
  monitor-uri /alive
  acl few nbsrv(b) lt 1
  monitor fail if few
  unique-id-format id-%rt-%[path]
  unique-id-header x-id
  stats uri /stats
  stats scope b
  default_backend b
backend b
  server s NET.10:8080
backend hidden
  server s NET.10:8080
""")

        def get(path):
            with Client(self.front, 8000) as client:
                return client.get(path)
        self.assertEqual(get("/alive").status, 200)
        self.assertRegex(get("/x").body, rb"^id-\d+-/x$")
        page = get("/stats;csv").body.decode()
        self.assertIn("\nb,s,", page)
        self.assertNotIn("\nhidden,", page)
        proxy.cli("disable server b/s")
        self.assertEqual(get("/alive").status, 503)

    def test_state_of_one_backend_in_a_file_of_its_own(self):
        text = "global\n  stats socket TMP/cli level admin\n" + DEFAULTS + """
frontend f
  bind NET.1:8000
  default_backend b
backend b
  load-server-state-from-file local
  server-state-file-name TMP/own
  server s NET.10:8080 weight 10
"""
        first = self.start(text)
        first.cli("set server b/s weight 5")
        state = first.cli("show servers state b")
        first.stop()
        second = Proxy(text, program=self.program(), network=self.network)
        self.proxies.append(second)
        with open(second.folder + "/own", "w", encoding="ascii") as file:
            file.write(state)
        second.start()
        self.assertIn("5 (initial 10)", second.cli("get weight b/s"))


class Haproxy(Globals, unittest.TestCase):
    program = staticmethod(oracle)


class Ours(Globals, unittest.TestCase):
    program = staticmethod(under_test)

    # What Debian's haproxy does not know yet.
    @unittest.skipIf(os.geteuid() != 0, "low ports, other users and higher priorities need root")
    def test_clients_with_privileged_ports(self):
        for word, taken in (("off", True), ("on", False)):
            proxy = self.start(self.front_end(f"harden.reject-privileged-ports.tcp {word}"))
            for port, answered in ((0, True), (1023, taken)):
                with socket.socket() as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    client.bind((self.network.host(2), port))
                    client.connect((self.front, 8000))
                    try:
                        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                        got = client.recv(12)
                    except ConnectionError:
                        got = b""
                    self.assertEqual(got, b"HTTP/1.1 200" if answered else b"", (word, port))
            proxy.stop()

    @unittest.skipIf(os.geteuid() != 0, "low ports, other users and higher priorities need root")
    def test_capabilities_outlive_the_user(self):
        for words, kept in (("", 0), ("setcap cap_net_bind_service,cap_net_raw", 1 << 10 | 1 << 13)):
            proxy = self.start(self.front_end(f"user nobody\n  {words}"))
            with open(f"/proc/{proxy.pid}/status", encoding="ascii") as file:
                status = dict(line.split(":", 1) for line in file.read().splitlines())
            self.assertEqual((int(status["CapEff"], 16), int(status["CapPrm"], 16)), (kept, kept), words)
            proxy.stop()
        wrong = run(["-c"], self.front_end("setcap cap_chown"), program=self.program(), network=self.network)
        self.assertEqual(wrong.code, 1)
        self.assertIn("'cap_chown' is not a capability it can keep", wrong.err)

    @unittest.skipIf(os.geteuid() != 0, "low ports, other users and higher priorities need root")
    def test_priorities(self):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        for words, nice in (("", own), ("tune.renice.startup 7", own), ("tune.renice.runtime 3", 3),
                            ("tune.renice.startup 7\n  tune.renice.runtime 4", 4)):
            proxy = self.start(self.front_end(words))
            self.assertEqual({os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir(f"/proc/{proxy.pid}/task")},
                             {nice}, words)
            proxy.stop()


del Case
if __name__ == "__main__":
    main()

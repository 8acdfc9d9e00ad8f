"""Agents, tracking, passive checks and what they set off, beside Debian's haproxy: the same events, the same states and lines."""
import csv
import os
import re
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import Case, Origin, Proxy, Syslog, fetch, main_apart, oracle, paced, under_test, wait_until  # noqa: E402
from client import Client  # noqa: E402
from network import Network  # noqa: E402
from origin import answer_with  # noqa: E402

CONFIG = """global
  stats socket TMP/cli level admin
  nbthread 1
  max-spread-checks 50
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 0
  log NET.1:10514 local0 notice
frontend f
  bind NET.1:8000
  use_backend %[path,field(2,/)]
frontend t
  mode tcp
  bind NET.1:8001
  default_backend shut
backend agent
  server s NET.10:8080 weight 20 check inter 150ms agent-check agent-port 8090 agent-inter 100ms agent-send "hello agent\\n"
backend only-agent
  server s NET.10:8080 weight 20 agent-check agent-port 8090 agent-inter 100ms agent-addr NET.10 agent-send "hello\\n"
backend tracked
  server s NET.10:8081 check inter 150ms fall 2 rise 2
backend tracking
  server t NET.10:8080 track tracked/s
  server u NET.10:8080 track t
backend observed4
  server s NET.10:8089 check port 8080 inter 60s fastinter 60s fall 3 observe layer4 error-limit 3
backend observed7
  server s NET.10:8083 check port 8080 inter 60s fastinter 60s observe layer7 error-limit 2 on-error mark-down
backend sudden
  server s NET.10:8089 check port 8080 inter 60s fastinter 60s fall 3 observe layer4 error-limit 2 on-error sudden-death
backend shut
  mode tcp
  server s NET.10:8084 check inter 150ms fall 1 rise 1 on-marked-down shutdown-sessions
backend socks
  server s NET.10:8080 check inter 150ms check-via-socks4 socks4 NET.10:1080
backend socks-step
  option tcp-check
  tcp-check connect via-socks4
  server s NET.10:8089 check inter 150ms socks4 NET.10:1080
backend socks-not
  option tcp-check
  tcp-check connect
  server s NET.10:8089 check inter 150ms socks4 NET.10:1080
backend back
  server main NET.10:8085 check inter 150ms fall 1 rise 1 on-marked-up shutdown-backup-sessions
  server spare NET.10:8086 backup
"""
FIELDS = ["status", "weight", "slim", "check_status", "check_code", "last_chk", "check_desc", "check_health", "chkfail", "chkdown", "tracked",
          "agent_status", "agent_code", "last_agt", "agent_desc", "agent_health"]
WORDS = ["up", "down", "up", "50%", "drain", "ready", "maint", "ready", "up 100%", "fail", "up maxconn:30", "junk", "75%,up\tready", "100%", "",
         "drain up", "ready", "DOWN", "up # fine", "50% # half", "110%", "300%", "stopped # done", "up 100%"]


class Agent:
    """Tells every connection its word, then reads what it was sent."""

    def __init__(self, host, port):
        self.word, self.heard, self.asked = "up", b"", 0
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tell, args=(link, self.word), daemon=True).start()

    def _tell(self, link, word):
        with link:
            try:
                link.sendall(word.encode() + b"\n")
                link.settimeout(2)
                while chunk := link.recv(1000):
                    self.heard += chunk
            except OSError:
                pass
        self.asked += 1

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Socks:
    """A SOCKS4 proxy that grants everything and connects nobody: enough for a check of the connection."""

    def __init__(self, host, port):
        self.asked = []
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with link:
            link.settimeout(2)
            try:
                request = b""
                while len(request) < 9 or not request.endswith(b"\0"):
                    chunk = link.recv(100)
                    if not chunk:
                        return
                    request += chunk
                self.asked.append(request)
                link.sendall(b"\0\x5a" + bytes(6))
                link.recv(1)
            except OSError:
                pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Side:
    def __init__(self, program, index, config):
        self.network = Network(index)
        self.log = Syslog(self.network.host(1), 10514)
        host = self.network.host(10)
        self.origins = {port: Origin(host, port, answer_with(str(port).encode())).start() for port in (8080, 8081, 8086)}
        self.origins[8083] = Origin(host, 8083, answer_with(b"ill", 500)).start()
        self.origins[8084] = Origin(host, 8084, lambda connection: connection.read_rest()).start()
        self.origins[8086].serve = lambda connection: connection.read_rest()
        self.agent = Agent(host, 8090)
        self.socks = Socks(host, 1080)
        self.proxy = Proxy(config, program=program, network=self.network).start()
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), 10, "the stats socket")

    def masked(self, text):
        text = re.sub(r"127\.\d+\.\d+\.", "NET.", text)
        text = re.sub(r"is UP, reason: .*check duration: \d+ms", "is UP for a REASON", text)  # check or agent, whoever came first
        return re.sub(r"check duration: \d+ms", "check duration: Nms", re.sub(r"^<(\d+)>.*?: (?=\S)", r"<\1>", text)).strip()

    def lines(self):
        return [line for line in map(self.masked, self.log.take()) if " is " in line or "has no" in line or "enters" in line or "DOWN" in line]

    def row(self, backend, server="s"):
        lines = self.proxy.cli("show stat").lstrip("# ").strip().splitlines()
        row = next(r for r in csv.DictReader(lines) if (r["pxname"], r["svname"]) == (backend, server))
        return {field: row[field].strip().removeprefix("* ") for field in FIELDS}

    def until(self, condition, what):
        wait_until(lambda: condition(self), 10, what)

    def stop(self):
        self.proxy.stop()
        self.log.stop()
        self.agent.stop()
        self.socks.stop()
        for origin in self.origins.values():
            origin.stop()


class States(Case):
    def setUp(self):
        super().setUp()
        self.sides = []
        for index, program in enumerate((oracle(), under_test())):
            self.sides.append(Side(program, index, self.slower(CONFIG)))
            self.addCleanup(self.sides[-1].stop)
        for side in self.sides:
            side.until(lambda s: all(s.row(b)["check_status"] not in ("INI", "") for b in ("agent", "tracked", "observed4", "observed7", "sudden", "shut")),
                       "the first checks")
            side.lines()

    def both(self, see, what):
        theirs, ours = (see(side) for side in self.sides)
        self.assertEqual(ours, theirs, what)
        return ours

    @paced
    def test_agents(self):
        for word in WORDS:
            for side in self.sides:
                side.agent.word = word
                side.wanted = side.agent.asked + 5  # both backends have heard it by then
            for side in self.sides:
                side.until(lambda s: s.agent.asked >= s.wanted, f"questions to the agent after {word!r}")
            for backend in ("agent", "only-agent"):
                def see(side):
                    row = side.row(backend)
                    # while its checks are put off, or pass for the second time, counters move
                    return {key: value for key, value in row.items() if key not in ("check_health", "check_status", "check_desc")}
                end = time.monotonic() + 10
                theirs, ours = see(self.sides[0]), see(self.sides[1])
                while True:
                    if not theirs["last_agt"]:  # haproxy has no text while a question is under way
                        ours["last_agt"] = ""
                    if ours == theirs or time.monotonic() > end:
                        break
                    time.sleep(0.02)
                    theirs, ours = see(self.sides[0]), see(self.sides[1])
                self.assertEqual(ours, theirs, (word, backend))
        self.assertIn(b"hello agent\n", self.sides[1].agent.heard)
        self.both(lambda side: sorted(line for line in side.lines() if " agent" in line), "lines about agents")

    @paced
    def test_agents_by_hand(self):
        for side in self.sides:
            side.agent.word = ""  # says nothing
        for command in ("disable agent agent/s", "enable agent agent/s", "set server agent/s agent nosuch", "set server agent/s agent-port 99999",
                        "set server agent/s agent-port x", "set server tracking/t health up", "set server agent/s agent down",
                        "set server agent/s agent up"):
            self.both(lambda side: side.proxy.cli(command).strip(), command)

            def see(side):
                row = side.row("agent")
                return {key: row[key] for key in ("status", "agent_health")}
            end = time.monotonic() + 10
            while see(self.sides[0]) != see(self.sides[1]) and time.monotonic() < end:
                time.sleep(0.02)
            self.both(see, command)
        for side in self.sides:
            side.agent.word = "up"
            side.lines()

    @paced
    def test_tracking(self):
        def rows(side):
            return [{k: v for k, v in side.row("tracking", name).items()} for name in "tu"]

        def after(what, event):
            for side in self.sides:
                event(side)
            for side in self.sides:
                side.until(lambda s: s.row("tracking", "u")["status"].split()[0] == what.split()[0], what)
            end = time.monotonic() + 10
            while rows(self.sides[0]) != rows(self.sides[1]) and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(0.3 * self.pace)  # nothing else follows
            self.both(rows, what)
            lines = self.both(lambda side: [line for line in side.lines() if "track" in line], what)
            self.assertTrue(lines)

        after("DOWN", lambda side: side.origins[8081].stop())
        after("UP", lambda side: side.origins[8081].start())
        after("MAINT", lambda side: side.proxy.cli("set server tracked/s state maint"))
        after("UP again", lambda side: side.proxy.cli("set server tracked/s state ready"))
        after("DRAIN", lambda side: side.proxy.cli("set server tracked/s state drain"))
        after("UP at last", lambda side: side.proxy.cli("set server tracked/s state ready"))

    @paced
    def test_observed_traffic(self):
        for backend, count in (("observed4", 9), ("observed7", 2), ("sudden", 4)):
            for side in self.sides:
                for n in range(count):
                    fetch(side.network.host(1), 8000, f"/{backend}/{n}")
            self.both(lambda side: {k: v for k, v in side.row(backend).items()}, backend)

    @paced
    def test_checks_through_socks(self):
        for side in self.sides:
            side.until(lambda s: s.row("socks")["check_status"] == "L4OK", "a check through the proxy")
        requests = [next(request for request in side.socks.asked if request[2:4] == (8080).to_bytes(2, "big")) for side in self.sides]
        asked = [request.replace(socket.inet_aton(side.network.host(10)), b"ADDR") for request, side in zip(requests, self.sides)]
        self.assertEqual(asked[1], asked[0])

    @paced
    def test_steps_through_socks(self):
        """Nobody listens at that port: only a connection through the proxy is one."""
        for side in self.sides:
            side.until(lambda s: s.row("socks-step")["check_status"] == "L4OK", "a check through the proxy")
            side.until(lambda s: s.row("socks-not")["check_status"] == "L4CON", "a check without it")

    @paced
    def test_sessions_end_with_their_server(self):
        for side in self.sides:
            with Client(side.network.host(1), 8001) as client:
                client.send(b"hello")
                wait_until(lambda: side.origins[8084].received(), 5, "the session")
                listener = side.origins[8084]
                listener.listener.shutdown(socket.SHUT_RDWR)  # refuses new connections, keeps the old one
                listener.listener.close()
                listener.listener = None
                self.assertEqual(client.read_all(), b"")  # ended from the other side

    @paced
    def test_sessions_leave_backups(self):
        for side in self.sides:
            side.until(lambda s: s.row("back", "main")["status"] == "DOWN", "main is down")
            with Client(side.network.host(1), 8000) as client:
                client.send(b"GET /back HTTP/1.1\r\nHost: a\r\n\r\n")
                wait_until(lambda: side.origins[8086].received(), 5, "the request at the backup")
                main_server = Origin(side.network.host(10), 8085, answer_with(b"main")).start()
                self.addCleanup(main_server.stop)
                client.read_all()  # ended, by whatever answer


if __name__ == "__main__":
    main_apart()

"""The statistics' rows beside Debian's haproxy: which cells are empty, their tags and types, in every form of output."""
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Network, Origin, Proxy, answer_with, fetch, main, oracle, under_test, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 1
  maxconn 100
defaults
  timeout connect 1s
  timeout client 2s
  timeout server 2s
frontend hf
  mode http
  bind NET.1:8000
  option socket-stats
  default_backend hb
backend hb
  mode http
  cookie SRV insert
  server plain NET.10:8080
  server checked NET.10:8080 check inter 100ms cookie a
  server watched NET.10:8080 check inter 100ms observe layer7
  server agent NET.10:8080 check agent-check agent-addr NET.10 agent-port 8081 agent-inter 100ms
  server off NET.10:8080 check disabled
  server tracks NET.10:8080 track hb/checked
  server tracks_off NET.10:8080 track hb/off
  server limited NET.10:8080 maxconn 3 maxqueue 4 backup
listen tl
  mode tcp
  bind NET.1:8001
  option socket-stats
  server plain NET.10:8080
  server checked NET.10:8080 check inter 100ms
  server off NET.10:8080 check disabled pool-max-conn 7
listen both
  mode http
  bind NET.1:8002
  server gone NET.10:8080 weight 0
backend empty
  mode http
backend empty_tcp
  mode tcp
"""
# 2.6 has it at 0 whatever happens
UNKNOWN = {"agg_check_status"}
# the last that both know: what follows are 2.6's modules, and columns that are newer
LAST = 102
CLOCK = {"lastchg", "downtime", "check_duration", "agent_duration", "lastsess", "last_chk", "check_status", "check_desc", "need_conn_est",
         "agg_server_status", "agg_server_check_status", "smax", "used_conn_cur", "last_agt", "agent_desc", "agent_status"}


def agent(connection):
    connection.send("up\n")


class Statistics(Case):
    @classmethod
    def setUpClass(cls):
        cls.sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            origins = [Origin(network.host(10), 8080, answer_with(b"0123456789")).start(), Origin(network.host(10), 8081, agent).start()]
            proxy = Proxy(CONFIG, program=program, network=network).start()
            cls.sides.append((proxy, network, origins))
            for server in ("hb,checked,", "hb,agent,", "tl,checked,"):  # their first checks are over
                wait_until(lambda: any(line.startswith(server) and "L4OK" in line for line in proxy.cli("show stat").splitlines()))
            wait_until(lambda: "L7OK" in proxy.cli("show stat hb 4 -1"))

    @classmethod
    def tearDownClass(cls):
        for proxy, _, origins in cls.sides:
            proxy.stop()
            for origin in origins:
                origin.stop()

    def ask(self, command):
        return [network.mask(proxy.cli(command)) for proxy, network, _ in self.sides]

    def same(self, theirs, ours):
        self.maxDiff = None
        self.assertEqual([f"{key}: {value}" for key, value in ours], [f"{key}: {value}" for key, value in theirs])

    def test_csv(self):
        cells = []
        for text in self.ask("show stat"):
            lines = [line.split(",") for line in text.strip().splitlines()]
            names = [name.removeprefix("# ") for name in lines[0]]
            cells.append([((line[0], line[1], name), value if name not in CLOCK and value != "" else value != "")
                          for line in lines[1:] for name, value in zip(names[:LAST + 1], line) if name not in UNKNOWN])
        self.same(*cells)

    def typed(self, command):
        found = []
        for text in self.ask(command):
            rows = []
            for line in text.strip().splitlines():
                place, tags, kind, value = line.split(":", 3)
                letter, proxy, server, position, name, process = place.split(".")
                if int(position) <= LAST and name not in UNKNOWN:
                    rows.append((place, (tags, kind, value if name not in CLOCK else "")))
            found.append(rows)
        return found

    def test_typed(self):
        self.same(*self.typed("show stat typed"))

    def test_described(self):
        """Each line has a text at its end; the words are everybody's own."""
        theirs, ours = self.typed("show stat typed desc")
        self.assertEqual([key for key, _ in ours], [key for key, _ in theirs])
        for _, (_, _, value) in ours:
            self.assertTrue(value == "" or value.endswith('"') and ':"' in value, value)

    def test_json(self):
        found = []
        for text in self.ask("show stat json"):
            rows = []
            for row in json.loads(text):
                for cell in row:
                    if cell["field"]["pos"] > LAST or cell["field"]["name"] in UNKNOWN:
                        continue
                    value = cell.pop("value")
                    rows.append((json.dumps(cell, sort_keys=True), (value["type"], value["value"] if cell["field"]["name"] not in CLOCK else "")))
            found.append(rows)
        self.same(*found)

    def test_selections(self):
        """Rows by proxy, type and server, as numbers and names; what is down or in maintenance left out."""
        for words in ("-1 1 -1", "-1 2 -1", "-1 4 -1", "-1 8 -1", "-1 7 -1", "-1 -1 -1", "2 7 -1", "3 4 2", "3 6 2", "-1 4 1", "4 -1 -1", "hf -1 -1",
                      "hb 4 -1", "tl 15 -1", "tl 8 -1", "hb 4 3", "99 7 -1", "nosuch 7 -1", "hb", "hb 4", "hb 4 x", "0 0 0", "-1 0 -1", "3 4 0",
                      "up", "no-maint", "up no-maint", "hb 4 -1 up", "hb 4 -1 no-maint", "-1 7 -1 up", "domain proxy", "domain proxy up",
                      "domain proxy hb 4 -1", "domain nosuch", "nosuch", "domain", "3 4 -1 typed up", "typed json", "json typed", "-1 2 -1 json",
                      "up no-maint typed", "typed up no-maint", "1x 1x -1", "-1 1x -1x", "-2 7 -1", "hb 4 2 nosuch up"):
            with self.subTest(words):
                theirs, ours = [self.rows(text) for text in self.ask("show stat " + words)]
                self.assertEqual(ours, theirs)

    @staticmethod
    def rows(text):
        if text.startswith("["):
            return [(row[0]["proxyId"], row[0]["id"], row[0]["objType"]) for row in json.loads(text)]
        if "," in text:
            return [line.split(",")[:2] for line in text.strip().splitlines()[1:]]
        return sorted({tuple(line.split(".")[:3]) for line in text.splitlines()}) if ".pxname" in text else text


class Quiet(Case):
    """Without health checks: 2.6 counts them as connections of its own (CumConns, Jobs)."""
    CONFIG = """
global
  stats socket TMP/cli level admin
  stats socket TMP/other level user
  nbthread 1
  maxconn 100
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 2s
frontend f
  bind NET.1:8000
  bind NET.1:8003,NET.1:8004
  bind NET.1:8006-8008
  default_backend b
backend b
  server plain NET.10:8080
  server off NET.10:8080 disabled
  server agent NET.10:8080 agent-check agent-addr NET.10 agent-port 8081 agent-inter 1h
"""

    def setUp(self):
        self.sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            for port, serve in ((8080, answer_with(b"0123456789")), (8081, agent)):
                origin = Origin(network.host(10), port, serve).start()
                self.addCleanup(origin.stop)
            proxy = Proxy(self.CONFIG, program=program, network=network).start()
            self.addCleanup(proxy.stop)
            self.sides.append((proxy, network))

    def test_connections_to_the_stats_socket_count(self):
        """In CumConns, CumReq, Jobs and Listeners of `show info`, not in CurrConns."""
        names = ("CurrConns", "CumConns", "CumReq", "Jobs", "Listeners")
        seen = []
        for proxy, network in self.sides:
            wait_until(lambda: "L7OK" in proxy.cli("show stat"))  # the agent's only question
            first, steps = {}, []
            for before in ("", "", "fetch", "", "idle"):
                if before == "fetch":
                    assert fetch(network.host(1), 8000, "/", fields=[("Connection", "close")]).status == 200
                if before == "idle":
                    link = socket.socket(socket.AF_UNIX)
                    self.addCleanup(link.close)
                    link.connect(proxy.folder + "/other")
                    link.sendall(b"prompt\n")
                    link.recv(100)
                info = dict(line.split(": ", 1) for line in proxy.cli("show info").splitlines() if ": " in line)
                first = first or info
                steps.append({name: int(info[name]) - (int(first[name]) if name.startswith("Cum") else 0) for name in names})
            seen.append(steps)
        self.assertEqual(seen[1], seen[0])

    def test_bytes_of_answers_count(self):
        for proxy, _ in self.sides:
            out = [int(re.search(r"TotalBytesOut: (\d+)", text)[1]) for text in (proxy.cli("show info"), proxy.cli("show info"))]
            self.assertGreater(out[1], out[0] + 500)

    def test_health_of_servers_without_checks(self):
        """In `show servers state`: gone with maintenance, and back only by hand."""
        def rows(proxy, network):
            lines = [line.split() for line in network.mask(proxy.cli("show servers state b")).strip().splitlines()[2:]]
            return [words[3:9] + words[10:] for words in lines]
        for command in ("", "set server b/plain state maint", "set server b/plain state ready", "set server b/agent state maint",
                        "set server b/agent state ready", "set server b/off state ready", "set server b/plain state drain",
                        "set server b/plain state ready", "set server b/plain health down", "set server b/plain health up",
                        "set server b/plain health stopping", "set server b/plain state maint", "set server b/plain state ready",
                        "set server b/plain health up", "disable server b/off", "enable server b/off"):
            answers = [proxy.cli(command) for proxy, _ in self.sides] if command else ["", ""]
            self.assertEqual(answers[1].strip(), answers[0].strip(), command)
            theirs, ours = [rows(*side) for side in self.sides]
            self.assertEqual(ours, theirs, command)


class Numbers(Case):
    def test_numbers_of_proxies(self):
        """The stats sockets' own proxy is the first, where there is one."""
        for config in (Quiet.CONFIG, re.sub("  stats socket.*\n", "", Quiet.CONFIG)):
            numbers = []
            for index, program in enumerate((oracle(), under_test())):
                network = Network(index)
                proxy = Proxy(config.replace("frontend f\n", "frontend f\n  stats enable\n  stats uri /s\n"), program=program, network=network).start()
                lines = fetch(network.host(1), 8000, "/s;csv").body.decode().splitlines()
                proxy.stop()
                numbers.append([line.split(",")[:2] + [line.split(",")[27]] for line in lines[1:] if line])
            self.assertEqual(numbers[1], numbers[0])


if __name__ == "__main__":
    main()

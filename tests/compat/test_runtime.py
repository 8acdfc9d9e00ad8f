"""The runtime API beside Debian's haproxy: answers' texts, CSV columns, counters after the same traffic."""
import unittest
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Origin, Proxy, fetch, main, oracle, under_test, wait_until  # noqa: E402
from client import Client  # noqa: E402
from network import Network  # noqa: E402
from origin import answer_with  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  stats socket TMP/operator level operator
  stats socket TMP/user level user
  nbthread 1
  maxconn 100
defaults
  mode http
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  retries 0
frontend f
  bind NET.1:8000
  bind NET.1:8002,NET.1:8003 name extra
  option socket-stats
  http-request deny if { path /deny }
  use_backend down if { path /down }
  default_backend b
backend b
  balance roundrobin
  server s1 NET.10:8080 weight 10 maxconn 20
  server s2 NET.10:8081 weight 30
  server off NET.10:8082 disabled
  server spare NET.10:8083 backup
backend down
  cookie SRV insert
  server gone NET.11:9999 cookie one
listen l
  mode tcp
  bind NET.1:8001
  server t NET.10:8080
"""
# what depends on the clock, on memory or on how a program is built inside
VARYING = {"rate", "rate_max", "lastchg", "lastsess", "qtime", "ctime", "rtime", "ttime", "req_rate", "req_rate_max", "conn_rate",
           "conn_rate_max", "dcon", "pid", "addr", "downtime", "qtime_max", "ctime_max", "rtime_max", "ttime_max", "idle_conn_cur",
           "safe_conn_cur", "used_conn_cur", "need_conn_est", "srv_icur", "smax", "wrew"}
# haproxy 2.6 leaves these at 0 whatever happens; at level 3.5 they count servers
AGGREGATES = {"agg_server_status", "agg_server_check_status", "agg_check_status"}


class Runtime(Case):
    @classmethod
    def setUpClass(cls):
        cls.sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            origins = [Origin(network.host(10), port, answer_with(b"0123456789")).start() for port in (8080, 8081)]
            proxy = Proxy(CONFIG, program=program, network=network, wait=[8000, 8001]).start()
            cls.sides.append((proxy, network, origins))
            cls.traffic(network)

    @staticmethod
    def traffic(network):
        front = network.host(1)
        for n in range(8):
            assert fetch(front, 8000, f"/{n}").status == 200
        assert fetch(front, 8000, "/deny").status == 403
        assert fetch(front, 8000, "/down").status == 503
        with Client(front, 8000) as client:
            client.send(b"bad request\r\n\r\n")
            client.read_all()
        assert fetch(front, 8001, "/tcp", fields=[("Connection", "close")]).status == 200

    @classmethod
    def tearDownClass(cls):
        for proxy, _, origins in cls.sides:
            proxy.stop()
            for origin in origins:
                origin.stop()

    def ask(self, command, path="TMP/cli"):
        return [network.mask(proxy.cli(command, path)) for proxy, network, _ in self.sides]

    def same(self, command, path="TMP/cli"):
        theirs, ours = self.ask(command, path)
        self.assertEqual(ours.rstrip("\n"), theirs.rstrip("\n"), command)  # 2.6 ends some answers with one newline, some with two
        return ours

    @staticmethod
    def table(csv):
        lines = [line for line in csv.strip().split("\n") if line]
        names = lines[0].removeprefix("# ").rstrip(",").split(",")
        return names, {tuple(line.split(",")[:2]): dict(zip(names, line.split(","))) for line in lines[1:]}

    def test_stat_columns(self):
        theirs, ours = [self.table(csv)[0] for csv in self.ask("show stat")]
        # what follows are modules' own counters: they differ from version to version
        known = theirs.index("-")
        self.assertEqual(known, 103)
        self.assertEqual(ours[:known], theirs[:known], "columns are known by position and only ever appended")

    def test_stat_rows_are_whole(self):
        _, ours = self.ask("show stat")
        lines = [line for line in ours.split("\n") if line]
        self.assertTrue(lines[0].startswith("# pxname,svname,"))
        self.assertEqual({line.count(",") for line in lines}, {lines[0].count(",")})
        self.assertTrue(ours.endswith("\n\n"), "an empty line ends the answer")

    def test_stat_values(self):
        def settled():
            return all(",OPEN," in csv for csv in self.ask("show stat"))
        wait_until(settled)
        (names, theirs), (_, ours) = [self.table(csv) for csv in self.ask("show stat")]
        self.assertEqual(list(ours), list(theirs), "the same rows in the same order")
        wrong = []
        for row, cells in theirs.items():
            for name in names[:103]:
                if name in ("bin", "bout") and row[0] != "l":
                    # D5: 2.6 counts its inner form of a message, some bytes off for each
                    requests = int(cells["req_tot"] or cells["stot"] or 0)
                    if not abs(int(cells[name]) - int(ours[row][name])) <= 11 * max(requests, 1):
                        wrong.append(f"{row} {name}: haproxy {cells[name]!r}, ours {ours[row].get(name)!r}")
                elif name not in VARYING | AGGREGATES and (ours[row].get(name) or "0") != (cells[name] or "0"):  # nothing counted: either
                    wrong.append(f"{row} {name}: haproxy {cells[name]!r}, ours {ours[row].get(name)!r}")
        self.assertEqual(wrong, [])

    def test_stat_selection(self):
        for command in ("show stat 3 4 -1", "show stat -1 1 -1", "show stat -1 2 -1", "show stat b 4 -1"):
            theirs, ours = [self.table(csv)[1] for csv in self.ask(command)]
            self.assertEqual(list(ours), list(theirs), command)

    def test_info_fields(self):
        theirs, ours = [dict(line.split(": ", 1) for line in text.strip().split("\n") if ": " in line)
                        for text in self.ask("show info")]
        # TLS, compression, HAProxy's own pools and debugging aids do not exist here
        absent = re.compile("Ssl|Compress|Pool|Memmax|Debug|Tainted|BusyPolling|CumRecvLogs|FailedResolutions|Splic|Build|Peers")
        missing = [name for name in theirs if name not in ours and not absent.search(name)]
        self.assertEqual(missing, [])
        for theirs, ours in [[text.strip().split("\n") for text in self.ask("show info typed")]]:
            places = [[line.split(":")[:3] for line in lines if ":" in line] for lines in (theirs, ours)]
            ours_at = {name: rest for name, *rest in places[1]}
            for name, *rest in places[0]:  # position and name, tags, type; one name was mended since 2.6
                self.assertEqual(ours_at.get(name.replace("Splicded", "Spliced")), rest, name)
        theirs, ours = [dict(line.split(": ", 1) for line in text.strip().split("\n") if ": " in line)
                        for text in self.ask("show info")]
        for name in ("Name", "Nbthread", "Nbproc", "Process_num", "Maxconn", "Hard_maxconn", "CurrConns"):
            self.assertEqual(ours[name], theirs[name], name)
        self.assertEqual(int(ours["Pid"]), self.sides[1][0].pid)

    def test_info_has_one_colon_a_line(self):
        _, ours = self.ask("show info")
        for line in ours.strip().split("\n"):
            if line.startswith("Uptime_sec"):
                break
            self.assertEqual(line.count(":"), 1, line)

    def test_servers_state(self):
        def shape(text):
            lines = []
            for line in text.strip().split("\n"):
                words = line.split()
                if len(words) > 10 and words[0] != "#":
                    words[9] = "SINCE"
                lines.append(" ".join(words))
            return lines
        theirs, ours = self.ask("show servers state")
        self.assertEqual(shape(ours), shape(theirs))
        theirs, ours = self.ask("show servers state b")
        self.assertEqual(shape(ours), shape(theirs))

    def test_weights(self):
        for command in ("get weight b/s1", "get weight b/nosuch", "get weight nosuch/s", "get weight", "get weight b",
                        "set weight b/s1 5", "get weight b/s1", "set weight b/s1 50%", "get weight b/s1", "set weight b/s1 999",
                        "set weight b/s1 x", "set weight b/s1 100%", "get weight b/s1", "set server b/s1 weight 20",
                        "set server b/s1 weight", "set server b/s1 weight 100%"):
            self.same(command)

    def test_states(self):
        def row(name):
            return [self.table(csv)[1][("b", name)]["status"] for csv in self.ask("show stat")]
        for command in ("disable server b/s1", "enable server b/s1", "set server b/s1 state maint", "set server b/s1 state drain",
                        "set server b/s1 state ready", "set server b/off state ready", "set server b/off state maint"):
            self.same(command)
            theirs, ours = row(command.split("/")[1].split()[0])
            self.assertEqual(ours, theirs, command)

    def test_errors(self):
        for command in ("disable server b/nosuch", "enable server nosuch/x", "disable server", "set server b/s1 state",
                        "set server b/s1 state nosuch", "set server b/nosuch state ready", "set server", "show servers state nosuch",
                        "set server b/s1 health", "set server b/s1 health nosuch", "set server b/s1 agent up",
                        "set server b/s1 agent-port 1", "set server b/s1 agent-addr 127.0.0.1", "set server b/s1 agent-send x",
                        "set server b/s1 fqdn example.com", "set server b/s1 check-port 1", "set server b/s1 check-addr 127.0.0.1",
                        "set server b/s1 addr", "set server b/s1 addr nosuch.", "set server b/s1 weight", "enable health b/s1",
                        "disable health b/s1", "enable agent b/s1", "disable agent b/s1", "enable frontend f", "disable frontend nosuch",
                        "disable frontend", "shutdown frontend", "shutdown frontend nosuch", "shutdown session", "shutdown session 0x1",
                        "shutdown sessions server", "shutdown sessions server b/nosuch", "set maxconn frontend",
                        "set maxconn frontend f", "set maxconn frontend nosuch 5", "set maxconn server b/s1", "set maxconn global",
                        "set maxconn global 100000", "set rate-limit connections global", "set rate-limit connections global -4",
                        "set timeout", "set timeout nosuch 5", "set timeout cli", "set timeout cli 0", "set timeout cli 5s",
                        "set var proc.x int(5)", "get var proc.nosuch", "get var", "get var txn.x", "show env NOSUCHVARIABLE",
                        "show servers conn nosuch", "show errors nosuch", "set severity-output", "set severity-output nosuch",
                        "show cli level", "experimental-mode", "expert-mode", "show map nosuch", "show acl #99", "get map", "get map nosuch x",
                        "add map", "add map nosuch a b", "set map", "del map", "del acl", "add acl", "clear map nosuch", "prepare map nosuch"):
            self.same(command)

    def test_addresses(self):
        for command in ("set server b/off addr 127.0.0.5", "set server b/off addr 127.0.0.5", "set server b/off addr 127.0.0.5 port 19",
                        "set server b/off addr 127.0.0.6 port 20", "set server b/off addr 127.0.0.6 port",
                        "set server b/off addr 127.0.0.6 nosuch"):
            self.same(command)
        theirs, ours = [self.table(csv)[1][("b", "off")]["addr"] for csv in self.ask("show stat")]
        self.assertEqual(ours, theirs)

    def test_health_by_hand(self):
        for word in ("down", "stopping", "up"):
            self.same(f"set server b/spare health {word}")
            theirs, ours = [self.table(csv)[1][("b", "spare")] for csv in self.ask("show stat")]
            self.assertEqual((ours["status"], ours["check_health"]), (theirs["status"], theirs["check_health"]), word)
            theirs, ours = [[line.split()[5:9] + line.split()[11:14] for line in text.split("\n") if " spare " in line]
                            for text in self.ask("show servers state b")]
            self.assertEqual(ours, theirs, word)

    def test_frontends(self):
        for command in ("disable frontend l", "disable frontend l", "enable frontend l", "enable frontend l"):
            self.same(command)
            theirs, ours = [self.table(csv)[1][("l", "FRONTEND")]["status"] for csv in self.ask("show stat")]
            self.assertEqual(ours, theirs, command)
        self.same("set maxconn frontend l 7")
        theirs, ours = [self.table(csv)[1][("l", "FRONTEND")]["slim"] for csv in self.ask("show stat")]
        self.assertEqual(ours, theirs)

    def test_variables(self):
        for command in ("experimental-mode on; set var proc.x int(5); get var proc.x", "get var proc.x",
                        "experimental-mode on; set var proc.y fmt a%[int(3)]b; get var proc.y",
                        "experimental-mode on; set var proc.y expr str(z); get var proc.y",
                        f"experimental-mode on; set var proc.y expr str({'0123456789' * 20}); get var proc.y",
                        f"experimental-mode on; set var proc.y fmt {'0123456789' * 20}; get var proc.y", "experimental-mode on; set var sess.y str(x)",
                        "experimental-mode on; set var proc.z", "experimental-mode on; set var proc.y str(x y)"):
            self.same(command)

    def test_unknown_command(self):
        theirs, ours = self.ask("no such command")
        self.assertRegex(theirs, "(?i)unknown command")
        self.assertEqual(ours.split("\n")[0].split(":")[0].rstrip("."), theirs.split("\n")[0].split(":")[0].rstrip("."))

    def test_several_commands(self):
        theirs, ours = self.ask("get weight b/s2; get weight b/s2;get weight b/s2")
        self.assertEqual(ours, theirs)

    def test_levels(self):
        for path in ("TMP/operator", "TMP/user"):
            for command in ("disable server b/s2", "set weight b/s2 30", "get weight b/s2"):
                self.same(command, path)
        self.same("enable server b/s2")

    def test_more_levels(self):
        for command in ("show sess", "show errors", "show env PATH", "clear counters nosuch-level", "set timeout cli 5", "show cli sockets"):
            theirs, ours = self.ask("user; " + command)
            self.assertEqual("Permission denied" in ours, "Permission denied" in theirs, command)

    def test_clear_counters(self):
        self.same("clear counters all")
        (_, theirs), (_, ours) = [self.table(csv) for csv in self.ask("show stat")]
        for row in theirs:
            for name in ("stot", "bin", "bout", "hrsp_2xx", "ereq", "econ", "conn_tot", "req_tot", "lbtot", "rate_max"):
                self.assertEqual(ours[row][name] or "0", theirs[row][name] or "0", f"{row} {name}")
        for _, network, _ in self.sides:
            self.traffic(network)

    def test_clear_maxima(self):
        """Without all: what was counted stays, and so do means; the most there were, and the longest times, are forgotten."""
        self.same("clear counters")
        (_, theirs), (_, ours) = [self.table(csv) for csv in self.ask("show stat")]
        for row in theirs:
            for name in ("rate_max", "req_rate_max", "conn_rate_max", "qmax", "qtime_max", "ctime_max", "rtime_max", "ttime_max"):
                self.assertEqual((theirs[row][name] or "0", ours[row][name] or "0"), ("0", "0"), f"{row} {name}")
        self.assertNotEqual(ours[("b", "BACKEND")]["stot"], "0")
        for info in self.ask("show info"):
            self.assertIn("\nMaxConnRate: 0\n", info)

    def test_help_lists_commands(self):
        _, ours = self.ask("help")
        for command in ("show stat", "show info", "set server", "enable server", "disable server", "quit", "prompt"):
            self.assertIn(command, ours)

    def test_prompt(self):
        answers = []
        for proxy, network, _ in self.sides:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(5)
            link.connect(proxy.folder + "/cli")
            link.sendall(b"prompt\n")
            got = b""
            while not got.endswith(b"> "):
                got += link.recv(4096)
            link.sendall(b"get weight b/s2\n")
            while got.count(b"> ") < 2:
                got += link.recv(4096)
            link.sendall(b"quit\n")
            while chunk := link.recv(4096):
                got += chunk
            link.close()
            answers.append(network.mask(got.decode()))
        self.assertEqual(answers[1].rstrip("\n"), answers[0].rstrip("\n"))

    def test_dialogues(self):
        """What is sent at once is answered line by line; a line without its end is none; a prompt follows each answer."""
        get = b"get weight b/s2"
        for lines in (get + b"\n" + get + b"\n", get + b";" + get + b"\n" + get + b"\n", get, get + b"\n" + get, b"quit\n", b"quit;" + get + b"\n",
                      get + b";quit;" + get + b"\n", get + b"\r\n", b"   " + get + b"   \n", b"prompt\n" + get + b"\n" + get + b"\n",
                      b"prompt;" + get + b"\n" + get + b"\n", b"prompt\n" + get + b";" + get + b"\n", get + b";prompt\n" + get + b"\n",
                      b"prompt\nquit\n" + get + b"\n", b"prompt\nprompt\n" + get + b"\n", b"prompt\n" + get, b"get weight b\\;x\n",
                      b"add map nosuch <<\na b\n\n", b"add map nosuch <<\na b\n\n" + get + b"\n", b"add map nosuch <<\na b\n",
                      b"prompt\nadd map nosuch <<\na b\nc d\n\n" + get + b"\n", get + b";add map nosuch <<\na b\n\n",
                      b"set severity-output string;get weight b/nosuch\n" + get + b"\n"):
            answers = []
            for proxy, _, _ in self.sides:
                with socket.socket(socket.AF_UNIX) as link:
                    link.settimeout(5)
                    link.connect(proxy.folder + "/cli")
                    link.sendall(lines)
                    link.shutdown(socket.SHUT_WR)
                    got = b""
                    while chunk := link.recv(4096):
                        got += chunk
                answers.append(got)
            self.assertEqual(answers[1], answers[0], lines)

    def test_one_command_then_closed(self):
        for proxy, _, _ in self.sides:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(5)
            link.connect(proxy.folder + "/cli")
            link.sendall(b"get weight b/s2\n")
            got = b""
            while chunk := link.recv(4096):
                got += chunk
            link.close()
            self.assertRegex(got.decode(), r"^30 \(initial 30\)\n\n$")


class CheckedServers(Case):
    """The numbers of checks and agents in `show servers state`."""
    CONFIG = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  http-request return status 503 if { path /bad }
  http-request return status 404 if { path /away }
  http-request return status 200
backend l4
  server a NET.1:8000 check inter 200
backend l4con
  server a NET.1:9 check inter 200
backend l7
  option httpchk GET /x
  server a NET.1:8000 check inter 200
backend l7sts
  option httpchk GET /bad
  server a NET.1:8000 check inter 200
backend l7okc
  option httpchk GET /away
  http-check disable-on-404
  server a NET.1:8000 check inter 200
backend agents
  server a NET.1:8000 agent-check agent-port 9 agent-inter 1h
  server c NET.1:8000 check inter 200 agent-check agent-port 9 agent-addr NET.3 agent-inter 1h
  server d NET.1:8000 check inter 200 agent-check agent-port 9 agent-inter 1h disabled
  server e NET.1:8000 track agents/c
  server g NET.1:8000 check disabled
"""

    def test_numbers(self):
        sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            proxy = Proxy(self.CONFIG, program=program, network=network, wait=[8000]).start()
            self.addCleanup(proxy.stop)
            sides.append((proxy, network))

        def rows(side):
            lines = side[1].mask(side[0].cli("show servers state")).strip().split("\n")[2:]
            return {" ".join((words[1], words[3])): words[5:9] + words[10:] for words in (line.split() for line in lines)}

        def settled():
            return all(rows(side)["l7okc a"][0] == "3" and rows(side)["l7sts a"][0] == "0" and rows(side)["l7 a"][4] == "15"
                       and rows(side)["l4 a"][4] == "6" and rows(side)["agents c"][4] == "6" and rows(side)["l4con a"][4] == "8"
                       for side in sides)

        def same(what):  # a check in progress may be one result ahead on one side
            try:
                wait_until(lambda: rows(sides[1]) == rows(sides[0]), 5)
            except AssertionError:
                self.assertEqual(rows(sides[1]), rows(sides[0]), what)
        wait_until(settled, 15, "all checked")
        same("checked")
        for command in ("disable agent agents/c", "disable health agents/c", "set server agents/c state maint"):
            for proxy, _ in sides:
                self.assertEqual(proxy.cli(command).strip(), "", command)
            same(command)


if __name__ == "__main__":
    assert re
    main()

"""Health checks beside Debian's haproxy: the same servers, the same results: CSV fields, log lines, bytes on the wire."""
import csv
import os
import re
import socket
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import Case, Proxy, Syslog, main, oracle, run, under_test, wait_until  # noqa: E402
from check_cases import CASES, DIFFERENT, OTHERWISE, wire  # noqa: E402
from network import Network  # noqa: E402
from origin import Origin  # noqa: E402

FIELDS = ["status", "check_status", "check_code", "last_chk", "check_desc", "chkfail", "chkdown", "check_rise", "check_fall",
          "check_health"]
HEAD = """global
  stats socket TMP/cli level admin
  nbthread 1
  insecure-fork-wanted
  external-check
  node here
  max-spread-checks 1000
defaults
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  timeout check 700ms
  option log-health-checks
  log NET.1:10514 local0 debug
frontend f
  bind NET.1:8000
"""


SCRIPTS = {"exit7": "exit 7\n", "killed": "kill -9 $$\n", "slow": "sleep 5\n",
           "told": "{ echo \"$*\"; env | grep -E '^(HAPROXY_(PROXY|SERVER)|PATH)' | sort; } > TMP/was-told\n"}


class Server:
    """Plays its script to every connection; keeps what each of them sent."""

    def __init__(self, host, port, script):
        self.script, self.received, self.open = script, [], []
        if script == ["refuse"]:
            self.listener = None
            return
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            got = bytearray()
            self.received.append(got)
            threading.Thread(target=self._play, args=(link, got), daemon=True).start()

    def _play(self, link, got):
        link.settimeout(5)
        try:
            for step in self.script:
                if isinstance(step, bytes):
                    link.sendall(step)
                    time.sleep(0.01)  # pieces arrive as such
                elif step == "reset":
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif step == "read":
                    got += link.recv(65536)
                elif step == "silent":
                    while chunk := link.recv(65536):
                        got += chunk
                elif isinstance(step, tuple):
                    while step[1] not in got:
                        chunk = link.recv(65536)
                        if not chunk:
                            return
                        got += chunk
        except OSError:
            pass
        finally:
            link.close()

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()


def masked(text):
    return re.sub(r"127\.\d+\.\d+\.", "NET.", text)


def config_of(cases):
    text = HEAD
    for number, one in enumerate(cases):
        text += f"backend {one['name']}\n  mode {one['mode']}\n"
        text += "".join(f"  {line}\n" for line in one["lines"])
        text += f"  server s NET.20:{20000 + number} inter 30s fastinter 30s downinter 30s rise 1 fall 1 {one['server']}\n"
    return text


class Side:
    def __init__(self, program, index, cases=CASES):
        self.network = Network(index)
        self.log = Syslog(self.network.host(1), 10514)
        self.servers = [Server(self.network.host(20), 20000 + n, one["script"]) for n, one in enumerate(cases)]
        self.proxy = Proxy(config_of(cases), program=program, network=self.network)
        for name, body in SCRIPTS.items():
            path = f"{self.proxy.folder}/{name}"
            with open(path, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n" + body.replace("TMP", self.proxy.folder))
            os.chmod(path, 0o755)
        self.proxy.start()
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), 10, "the stats socket")
        self.cases = cases

    def rows(self):
        lines = self.proxy.cli("show stat").lstrip("# ").strip().splitlines()
        return {row["pxname"]: row for row in csv.DictReader(lines) if row["svname"] == "s"}

    def run(self):
        def done():
            self.last = self.rows()
            return not any(row["check_status"].startswith("* ") or row["check_status"] == "INI" for row in self.last.values())
        try:
            wait_until(done, 12, "all checks")
        except AssertionError:
            raise AssertionError("not checked: " + " ".join(n for n, r in self.last.items() if r["check_status"].startswith("* ") or r["check_status"] == "INI")) from None
        self.wait_for_lines()
        self.seen = {}
        lines = {}
        for line in self.log.lines:
            found = re.search(r"(?:Health check for )?[sS]erver ([\w-]+)/s .*|backend ([\w-]+) has no", line)
            if found:
                text = re.sub(r"check duration: \d+ms", "check duration: Nms", masked(found[0]))
                lines.setdefault(found[1] or found[2], []).append(text)
        for server, one in zip(self.servers, self.cases):
            row = self.last[one["name"]]
            self.seen[one["name"]] = {**{field: masked(row[field]) for field in FIELDS},
                                      "log": [text for text in lines.get(one["name"], []) if "has no server" not in text],
                                      "sent": [wire(masked(bytes(got).decode("latin-1"))) for got in server.received if got]}

    def wait_for_lines(self):
        """A result is seen in the statistics before its line has arrived here. Not every result has one: what does not come soon will not."""
        wanted = {f"Server {name}/s is DOWN" if row["status"].startswith("DOWN") else f"Health check for server {name}/s"
                  for name, row in self.last.items()}
        end = time.monotonic() + 5
        while wanted and time.monotonic() < end:
            text = "\n".join(list(self.log.lines))
            wanted = {line for line in wanted if line not in text}
            time.sleep(0.02)
        self.unlogged = wanted

    def told(self):
        """What the external check saw: its arguments and its environment."""
        with open(self.proxy.folder + "/was-told", encoding="ascii") as file:
            return masked(file.read())

    def stop(self):
        self.proxy.stop()
        self.log.stop()
        for server in self.servers:
            server.stop()


class Checks(Case):
    @classmethod
    def setUpClass(cls):
        cls.sides = [Side(oracle(), 0), Side(under_test(), 1)]
        for side in cls.sides:
            side.run()

    @classmethod
    def tearDownClass(cls):
        for side in cls.sides:
            side.stop()

    def test_same(self):
        theirs, ours = self.sides
        wrong = []
        for one in CASES:
            name = one["name"]
            for what, value in OTHERWISE.get(name, theirs.seen[name]).items():
                mine, expected = ours.seen[name][what], DIFFERENT.get((name, what), value)
                if mine != expected:
                    wrong.append(f"{name} {what}:\n    theirs {value!r}\n    ours   {mine!r}")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_rules_of_another_check(self):
        """Without the option they belong to they are ignored, with a warning, but not what is wrong with them."""
        rules = (("http-check expect status 200", 0), ("http-check send meth GET hdr a b", 0), ("http-check connect", 0),
                 ("http-check expect status 200\n  http-check expect ! status 404", 0), ("http-check set-var(check.a) int(1)", 0),
                 ("option tcp-check\n  http-check connect", 0), ("option httpchk\n  tcp-check send a", 0), ("tcp-check send a", 0),
                 ("http-check expect statu 200", 1), ("http-check send metx GET", 1), ("http-check connect foo", 1),
                 ("http-check expect rstatus [(", 1), ("http-check expect string a\n  http-check connect", 1),
                 ("http-check set-var(check.a) nothing", 1), ("http-check set-var(check.a) req.hdr(a)", 1),
                 ("http-check unset-var(nowhere.a)", 1), ("http-check comment", 1), ("tcp-check send", 1),
                 ("tcp-check send a\n  tcp-check connect", 1), ("tcp-check expect rstring [(", 1), ("http-check nothing", 1),
                 ("option tcp-check\n  http-check expect nothing", 1), ("option httpchk\n  tcp-check expect nothing", 1))
        timeouts = "defaults\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\nlisten l\n  mode http\n  bind NET.1:8000\n"
        for words, code in rules:
            text = f"{timeouts}  {words}\n  server s NET.10:8080 check\n"
            for program in (oracle(), under_test()):
                done = run(["-c"], text, program=program)
                self.assertEqual(done.code, code, (program, words, done.text))
                self.assertEqual("so the rules are ignored" in done.text, code == 0, (program, words, done.text))

    def test_an_option_of_its_own_leaves_the_rules_of_defaults(self):
        config = HEAD.replace("frontend f", "  mode http\n  option httpchk GET /theirs\n  http-check expect status 404\nfrontend f") + (
            "backend b\n  option httpchk HEAD /own\n  server s NET.10:8080 check inter 100 rise 1 fall 1\n")
        for program in (oracle(), under_test()):
            network, seen = Network(0), []

            def serve(connection):
                if (head := connection.read_request()) is not None:
                    seen.append(f"{head.method} {head.target}")
                    connection.respond(200, close=True)
            origin = Origin(network.host(10), 8080, serve).start()
            proxy = Proxy(config, program=program, network=network)
            try:
                proxy.start()
                wait_until(lambda: len(seen) > 2, 30, "checks")
                rows = list(csv.DictReader(proxy.cli("show stat").lstrip("# ").splitlines()))
                self.assertEqual([row["status"] for row in rows if row["pxname"] == "b" and row["svname"] == "s"], ["UP"], program)
                self.assertEqual(set(seen), {"HEAD /own"}, program)
            finally:
                self._stop(proxy)
                origin.stop()

    def test_programs_are_told_the_same(self):
        theirs, ours = (side.told() for side in self.sides)
        self.assertEqual(ours, theirs)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--show":
        side = Side(sys.argv[2], 0)
        try:
            side.run()
            for name, seen in side.seen.items():
                print(f"== {name}\n   {' | '.join(seen[f] for f in FIELDS)}")
                for line in seen["log"]:
                    print("   ", line)
                for sent in seen["sent"]:
                    print("    >", repr(sent))
            print(side.told())
        finally:
            side.stop()
    else:
        main()

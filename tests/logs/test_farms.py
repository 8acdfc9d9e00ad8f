"""Backends of mode log: lines shared out by roundrobin, random, log-hash and sticky, over UDP and streams, to those that are up."""
import collections
import os
import re

from logs import DEFAULTS, Case, Client, StreamSink, counted, main, run, wait_until

FRONT = """
frontend f
  bind NET.1:8000
  log backend@logs format raw local0
  log-format "%HU"
  http-request return status 200
"""


class Farms(Case):
    def ask(self, *targets):
        with Client(self.front, 8000) as client:
            for target in targets:
                self.assertEqual(client.get(target).status, 200)

    def start(self, backend, front=FRONT, servers=None, sinks=3):
        self.sinks = [self.syslog(last=10 + n, port=5140) for n in range(sinks)]
        if servers is None:
            servers = "".join(f"  server s{n} udp@NET.{10 + n}:5140\n" for n in range(sinks))
        return self.proxy("global\n stats socket TMP/cli level admin\n nbthread 1\n" + DEFAULTS + front
                          + f"backend logs\n  mode log\n  {backend}\n{servers}")

    def counts(self, wanted):
        def all_there():
            found = [len(sink.lines) for sink in self.sinks]
            return found if sum(found) >= wanted else None
        return wait_until(all_there, 10, f"{wanted} lines")

    def test_they_take_turns(self):
        proxy = self.start("balance roundrobin")
        self.ask(*(f"/{n}" for n in range(30)))
        self.assertEqual(self.counts(30), [10, 10, 10])
        self.assertEqual([sink.lines[0] for sink in self.sinks], ["/0\n", "/1\n", "/2\n"])
        self.assertEqual(proxy.err.count("WARNING"), 0, proxy.err)  # neither timeouts nor rules are missed there
        rows = [line.split(",") for line in proxy.cli("show stat").splitlines()]
        self.assertEqual(next(row for row in rows if row[:2] == ["logs", "BACKEND"])[75], "log")

    def columns(self, proxy, *names):
        lines = [line.split(",") for line in proxy.cli("show stat").splitlines()]
        at = [lines[0].index(name) for name in names]
        return {row[1]: [row[n] for n in at] for row in lines[1:] if row[0] == "logs"}

    def test_lines_are_counted(self):
        """Each one as a session that balancing has chosen a server for, with the bytes of its text; all workers count together."""
        self.sinks = [self.syslog(last=10 + n, port=5140) for n in range(2)]
        proxy = self.proxy("global\n stats socket TMP/cli level admin\n nbthread 2\n" + DEFAULTS + FRONT
                           + "backend logs\n  mode log\n  balance roundrobin\n  server s0 udp@NET.10:5140 weight 2\n  server s1 udp@NET.11:5140\n")
        self.assertEqual(self.columns(proxy, "stot", "lbtot", "bin", "lastsess")["BACKEND"], ["0", "0", "0", "-1"])
        for _ in range(6):  # as many connections: more than one worker has some
            self.ask(*(f"/{n}" for n in range(5)))
        self.counts(30)
        counted = self.columns(proxy, "stot", "lbtot", "bin", "scur", "bout")
        self.assertEqual(counted, {"s0": ["20", "20", "40", "0", "0"], "s1": ["10", "10", "20", "0", "0"], "BACKEND": ["30", "30", "60", "0", "0"]})
        rates = self.columns(proxy, "rate_max", "lastsess")
        self.assertTrue(all(int(most) > 0 and int(last) >= 0 for most, last in rates.values()), rates)
        proxy.cli("clear counters all")
        self.assertEqual(set(map(tuple, self.columns(proxy, "stot", "lbtot", "bin", "rate_max").values())), {("0", "0", "0", "0")})
        self.ask("/again")
        self.counts(31)
        self.assertEqual(self.columns(proxy, "stot")["BACKEND"], ["1"])

    def test_weights(self):
        self.start("balance roundrobin", servers="  server s0 udp@NET.10:5140 weight 2\n  server s1 udp@NET.11:5140\n  server s2 udp@NET.12:5140 weight 3\n")
        self.ask(*(f"/{n}" for n in range(60)))
        self.assertEqual(self.counts(60), [20, 10, 30])

    def test_random(self):
        self.start("balance random")
        self.ask(*(f"/{n}" for n in range(300)))
        for count in self.counts(300):
            self.assertTrue(60 < count < 140, self.counts(300))

    def test_log_hash_keeps_keys_together(self):
        self.start("balance log-hash field(2,/),lower")
        keys = [f"Key{n}" for n in range(40)]
        self.ask(*(f"/{key if turn % 2 else key.upper()}/{turn}" for turn in range(3) for key in keys))
        self.counts(120)
        homes = collections.defaultdict(set)
        for number, sink in enumerate(self.sinks):
            self.assertGreater(len(sink.lines), 0)
            for line in sink.lines:
                homes[line.split("/")[1].lower()].add(number)
        self.assertEqual(len(homes), 40)
        self.assertTrue(all(len(where) == 1 for where in homes.values()), homes)

    def test_log_hash_is_hash_types(self):
        """The same servers as haproxy's map-based hash of the key; what the converters make nothing of takes turns."""
        def crc32(text):
            crc = 0xffffffff
            for byte in text.encode():
                crc ^= byte
                for _ in range(8):
                    crc = crc >> 1 ^ (0xedb88320 if crc & 1 else 0)
            return crc ^ 0xffffffff
        self.start("balance log-hash field(2,/)\n  hash-type map-based crc32")
        keys = [f"k{n}" for n in range(30)]
        self.ask(*(f"/{key}" for key in keys))
        self.counts(30)
        for number, sink in enumerate(self.sinks):
            self.assertEqual([line.strip() for line in sink.lines], [f"/{key}" for key in keys if crc32(key) % 3 == number])

    def test_sticky(self):
        """The first one gets all until it is down; who comes back does not take over."""
        proxy = self.start("balance sticky")
        self.ask("/a", "/b")
        self.assertEqual(self.counts(2), [2, 0, 0])
        proxy.cli("set server logs/s0 state maint")
        self.ask("/c")
        self.assertEqual(self.counts(3), [2, 1, 0])
        proxy.cli("set server logs/s0 state ready")
        self.ask("/d")
        self.assertEqual(self.counts(4), [2, 2, 0])
        proxy.cli("set server logs/s1 state maint")
        self.ask("/e")
        self.assertEqual(self.counts(5), [2, 2, 1])
        proxy.cli("set server logs/s1 state ready; set server logs/s2 state maint")
        self.ask("/f")
        self.assertEqual(self.counts(6), [3, 2, 1])

    def test_streams_and_checks(self):
        """Servers reached by TCP are checked by connecting; lines of one that is down go to the others."""
        plain = StreamSink(self.network.host(20), 5141)
        framed = StreamSink(self.network.host(21), 5141)
        self.addCleanup(plain.stop)
        self.addCleanup(framed.stop)
        folder = os.path.join("/tmp", f"sluice-farm-{os.getpid()}")
        unix = StreamSink(path=folder)
        self.addCleanup(os.unlink, folder)
        self.addCleanup(unix.stop)
        proxy = self.start("timeout connect 1s", sinks=0, servers=f"""  server a NET.20:5141 check inter 100ms fall 1 rise 1
  server b NET.21:5141 check inter 100ms fall 1 rise 1 log-proto octet-count log-bufsize 64k
  server c unix@{folder}
  server d NET.22:5141 check inter 100ms fall 1 rise 1
""")
        wait_until(lambda: re.search(r"(?m)^logs,d,.*DOWN", proxy.cli("show stat")), 10, "d being down")
        self.ask(*(f"/{n}" for n in range(30)))
        wait_until(lambda: plain.data.count(b"\n") + unix.data.count(b"\n") + len(re.findall(rb"/\d+", framed.data)) == 30, 10, "30 lines")
        lines = [plain.data.decode().split(), [line.strip() for line in counted(framed.data)], unix.data.decode().split()]
        self.assertEqual([len(one) for one in lines], [10, 10, 10])
        self.assertEqual(sorted(sum(lines, []), key=lambda line: int(line[1:])), [f"/{n}" for n in range(30)])
        self.assertIn("logs/a", proxy.cli("show events"))

    def test_nobody_is_left(self):
        proxy = self.start("balance roundrobin", sinks=1)
        proxy.cli("set server logs/s0 state maint")
        self.ask("/lost")
        wait_until(lambda: "DroppedLogs: 1" in proxy.cli("show info"), 5, "a line being dropped")

    def test_of_global_with_format_and_level(self):
        """`log global` leads there as well; the line is dressed as the log line says, and sampled."""
        self.sinks = [self.syslog(last=10 + n, port=5140) for n in range(2)]
        self.proxy("global\n nbthread 1\n log backend@logs sample 1:2 format rfc5424 local3\n" + DEFAULTS
                   + FRONT.replace("log backend@logs format raw local0", "log global")
                   + "backend logs\n  mode log\n  server s0 udp@NET.10:5140\n  server s1 udp@NET.11:5140\n")
        self.ask(*(f"/{n}" for n in range(8)))
        self.assertEqual(self.counts(4), [2, 2])
        for sink in self.sinks:
            for line in sink.lines:
                self.assertRegex(line, r"^<158>1 \S+ - \S+ \d+ - - /[0246]\n$")

    def test_what_does_not_fit_is_an_error(self):
        front = DEFAULTS + FRONT
        web = "backend web\n  server s NET.2:80\n"
        logs = "backend logs\n  mode log\n  server s udp@NET.2:514\n"
        cases = {
            front: "no backend 'logs' of 'mode log'",
            front + "backend logs\n  server s NET.2:80\n": "no backend 'logs' of 'mode log'",
            front + logs + "backend b\n  balance sticky\n  server s NET.2:80\n": "'balance sticky' is only for 'mode log'",
            front + logs.replace("log\n", "log\n  balance leastconn\n", 1): "'balance leastconn' is not for 'mode log'",
            front + logs.replace("log\n", "log\n  balance log-hash\n", 1): "requires a list of converters",
            front + logs.replace("log\n", "log\n  balance log-hash nosuch\n", 1): "nosuch",
            front + logs.replace("log\n", "log\n  balance log-hash lower\n  hash-type consistent\n", 1): "map-based",
            front + logs + web.replace("NET.2:80", "udp@NET.2:80"): "datagrams are only for 'mode log'",
            front + logs + web.replace("NET.2:80", "NET.2:80 log-proto legacy"): "'log-proto' is only for 'mode log'",
            front + logs.replace(":514", ""): "needs a port",
            front + logs + "frontend g\n  bind NET.1:8001\n  default_backend logs\n": "is of 'mode log'",
            front + logs + "frontend g\n  mode log\n  bind NET.1:8001\n": "'mode log' is for backends only",
        }
        for text, words in cases.items():
            done = run(["-c"], text, network=self.network)
            self.assertEqual(done.code, 1, text)
            self.assertIn(words, done.text)


if __name__ == "__main__":
    main()

"""Balancing without hashes beside Debian's haproxy: whose turn it is, who has the least, backups, bounds of the load."""
import collections
import os
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import wait_until  # noqa: E402
from farms import HEAD, Farm, Web, main, oracle, under_test  # noqa: E402


def with_key(key):
    return f"GET /{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


class Holding:
    """Says its name to whoever connects and keeps the connection."""

    def __init__(self, host, port, name):
        self.links = []
        self.name = name
        self.listener = socket.create_server((host, port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.links.append(link)
            threading.Thread(target=self.hold, args=(link,), daemon=True).start()

    def hold(self, link):
        try:
            link.sendall(self.name)
            while link.recv(100):
                pass
        except OSError:
            pass
        link.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def scur(cli):
    rows = [line.split(",") for line in cli("show stat").splitlines()]
    return sum(int(row[4]) for row in rows if len(row) > 4 and row[1].startswith("s") and row[1][1:].isdigit())


class Turns(Farm):
    def test_orders(self):
        """One after the other, by weight: the very sequence; after a change of the farm the shares."""
        plans = ["balance roundrobin", "balance static-rr", "balance leastconn"]
        requests = [with_key(n) for n in range(180)]

        def steps(ask, cli):
            seen = {}
            for number, plan in enumerate(plans):
                name = plan.split()[1]

                def shares(count):
                    got = collections.Counter(ask(number, requests[:count]))
                    return [got[f"s{i}"] for i in range(1, 6)]
                if name == "static-rr":
                    seen[name] = ask(number, requests)
                else:
                    for turn in range(4):
                        seen[f"{name} {turn}"] = shares(18 if name == "roundrobin" else 5)
                if name == "leastconn":
                    continue  # without load everybody takes turns, in an order that the past decides
                cli(f"set server l{number}/s3 state maint")
                shares(11)
                seen[name + " without s3"] = shares(110)
                cli(f"set server l{number}/s3 state ready; set server l{number}/s5 state drain")
                shares(13)
                seen[name + " without s5"] = shares(130)
                cli(f"set server l{number}/s5 state ready; set weight l{number}/s1 0%")
                shares(15)
                seen[name + " without s1"] = shares(150)
                cli(f"set weight l{number}/s1 100%")
                if name == "roundrobin":
                    cli(f"set weight l{number}/s3 2; set weight l{number}/s4 200%")
                    shares(15)
                    seen[name + " other weights"] = shares(150)
            return seen
        seen = self.both(plans, steps, nearly=1)  # haproxy's roundrobin is off by one for a while after a change
        self.assertEqual(seen["roundrobin without s3"], [30, 10, 0, 20, 50])
        self.assertEqual(seen["roundrobin other weights"], [30, 10, 20, 40, 50])

    def test_backups(self):
        """Backups only when nobody else is left: the first of them, or with allbackups all."""
        servers = "".join(f"  server s{i} NET.10:8080 weight {i}{' backup' if i > 2 else ''}\n" for i in range(1, 6))
        self.servers = lambda: servers
        requests = [with_key(n) for n in range(120)]

        def steps(ask, cli):
            seen = {}
            for number in range(2):
                def see(what):
                    got = collections.Counter(ask(number, requests))
                    seen[f"{number} {what}"] = [got[f"s{i}"] for i in range(1, 6)]
                see("all")
                cli(f"set server l{number}/s2 state maint")
                see("s1 alone")
                cli(f"set server l{number}/s1 state maint")
                see("backups")
                cli(f"set server l{number}/s3 state drain")
                see("backups without s3")
                cli(f"set server l{number}/s2 state ready")
                see("s2 is back")
            return seen
        seen = self.both(["balance roundrobin", "balance roundrobin\n  option allbackups"], steps)
        self.assertEqual(seen["0 backups"], [0, 0, 120, 0, 0])
        self.assertEqual(seen["1 backups"], [0, 0, 30, 40, 50])
        self.assertEqual(seen["0 s2 is back"], [0, 120, 0, 0, 0])

    def test_random_keeps_to_weights(self):
        config = HEAD + f"listen l0\n  bind NET.1:8000\n  http-response set-header x-srv %s\n  balance random(1)\n{self.servers()}"
        web = Web(self.network.host(10), 8080)
        self.addCleanup(web.stop)
        got = collections.Counter(self.one(under_test(), config, lambda ask, cli: ask(0, [with_key(n) for n in range(1800)])))
        for i, weight in enumerate((3, 1, 7, 2, 5), 1):
            self.assertTrue(50 * weight < got[f"s{i}"] < 170 * weight, got)


class Loads(Farm):
    """Connections that stay: who gets the next one depends on who has how many."""

    def held(self, balance, options, steps, servers=5, weights=(3, 1, 7, 2, 5), ours_only=False):
        config = HEAD.replace("mode http", "mode tcp") + f"listen l\n  bind NET.1:8000\n  {balance}\n" + "".join(
            f"  server s{i} NET.{10 + i}:8080 weight {weights[i - 1]} {options}\n" for i in range(1, servers + 1))
        holding = [Holding(self.network.host(10 + i), 8080, f"s{i}".encode()) for i in range(1, servers + 1)]
        for one in holding:
            self.addCleanup(one.stop)

        def run(_, cli):
            links = []

            def more(count):
                names = []
                for _ in range(count):
                    link = socket.create_connection((self.front, 8000), timeout=10)
                    links.append(link)
                    names.append(link.recv(10).decode())
                return names

            def less(which):
                for link in [links[n] for n in which]:
                    link.close()
                links[:] = [link for link in links if link.fileno() >= 0]
                wait_until(lambda: scur(cli) == len(links), 10, "the ends being seen")
            try:
                return steps(more, less)
            finally:
                for link in links:
                    link.close()
        ours = self.one(under_test(), config, run)
        if not ours_only:
            self.assertEqual(ours, self.one(oracle(), config, run))
        return ours

    def test_leastconn_by_weight(self):
        def steps(more, less):
            first = more(36)
            less(range(0, 36, 3))
            return [first, sorted(more(12)), sorted(more(18))]
        first, again, further = self.held("balance leastconn", "", steps)
        counts = collections.Counter(first)
        self.assertEqual([counts[f"s{i}"] for i in range(1, 6)], [6, 2, 14, 4, 10])
        self.assertEqual(collections.Counter(further), {"s1": 3, "s2": 1, "s3": 7, "s4": 2, "s5": 5})

    def test_first_fills_one_after_the_other(self):
        def steps(more, less):
            seen = [more(8)]
            less([1, 4])
            return seen + [more(3)]
        self.assertEqual(self.held("balance first", "maxconn 3", steps),
                         [["s1"] * 3 + ["s2"] * 3 + ["s3"] * 2, ["s1", "s2", "s3"]])

    def test_bounded_loads(self):
        """hash-balance-factor: one client's connections overflow to the next servers of the ring, as haproxy's do."""
        for factor in (101, 120, 150, 200, 300):
            for weights in ((1, 1, 1, 1, 1), (3, 1, 7, 2, 5)):
                with self.subTest(f"{factor} {weights}"):
                    self.held(f"balance source\n  hash-type consistent\n  hash-balance-factor {factor}", "", lambda more, less: [more(40)],
                              weights=weights)
                self.doCleanups()

    def test_preserved_affinity(self):
        """A full server: by default its clients wait for it, with maxconn the next one of the ring takes them."""
        def steps(more, less):
            return [more(2), more(4)]
        kept, moved = self.held("balance source\n  hash-type consistent\n  hash-preserve-affinity maxconn", "maxconn 2", steps,
                                weights=(1,) * 5, ours_only=True)
        self.assertEqual(len(set(kept)), 1)
        self.assertNotIn(kept[0], moved)
        self.assertEqual(sorted(collections.Counter(moved).values()), [2, 2])


if __name__ == "__main__":
    main()

"""Balancing as the tutorial explains it: 04-balance-{roundrobin,leastconn,weighted,random}, 04-server-states."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main_apart, wait_until  # noqa: E402


class Balance(Tutorial):
    def setUp(self):
        super().setUp()
        self.webs = [self.web(last, name=f"web{last - 9}") for last in (10, 11, 12)]

    def test_roundrobin(self):
        self.tutorial("04-balance-roundrobin.cfg")
        names = self.names(30)
        self.assertEqual(names, [names[n % 3] for n in range(30)], "1, 2, 3, then again")
        self.assertEqual(set(names), {"web1", "web2", "web3"})

    def test_weighted(self):
        """web3 has twice the weight of the others."""
        self.tutorial("04-balance-weighted.cfg")
        names = self.names(40)
        self.assertEqual([names.count(f"web{n}") for n in (1, 2, 3)], [10, 10, 20])
        for at in range(0, 40, 4):
            self.assertEqual(names[at:at + 4].count("web3"), 2, "spread smoothly")

    def test_leastconn(self):
        """A new request goes where the fewest connections are."""
        self.tutorial("04-balance-leastconn.cfg")
        gates = [threading.Event() for _ in self.webs]
        for web, gate in zip(self.webs, gates):
            web.gate = gate
        answers = []
        threads = []

        def ask(path):
            thread = threading.Thread(target=lambda: answers.append(self.fetch(path, seconds=30).one("x-server")))
            thread.start()
            threads.append(thread)
        for n in range(9):
            ask(f"/hold{n}")
            wait_until(lambda n=n: sum(web.busy for web in self.webs) == n + 1, 10, "request arriving")
        self.assertEqual([web.busy for web in self.webs], [3, 3, 3], "nine long requests share three servers")
        gates[1].set()  # web2's end; it has 0 connections now, the others 3
        wait_until(lambda: self.webs[1].busy == 0)
        self.webs[1].gate = gates[1] = threading.Event()
        wait_until(lambda: len(answers) == 3)
        for n in range(3):
            ask(f"/next{n}")
            wait_until(lambda n=n: self.webs[1].busy == n + 1, 10, "web2 getting the next request")
        for gate in gates:
            gate.set()
        for thread in threads:
            thread.join(20)
        self.assertEqual(len(answers), 12)

    def test_random(self):
        self.tutorial("04-balance-random.cfg")
        names = self.names(300)
        for name in ("web1", "web2", "web3"):
            self.assertGreater(names.count(name), 50, "300 draws, 100 expected each")
        self.assertNotEqual(names, [names[n % 3] for n in range(300)])

    def test_dead_server_gets_nothing(self):
        """`check`: a server that died is taken out; when it is back it gets its share again."""
        self.tutorial("04-balance-roundrobin.cfg")
        self.names(3)
        self.webs[2].stop()
        self.until_only({"web1", "web2"})
        before = len(self.webs[2].asked)
        self.names(30)
        self.webs[2].start()
        self.until_only({"web1", "web2", "web3"})
        self.assertGreater(len(self.webs[2].asked), before)


class Affinity(Tutorial):
    """04-balance-source, 04-url-param, 03-source-affinity: who is asked depends on who asks, or for what."""

    def stays(self, ask, keys, wanted):
        """Each key keeps to one server, and all servers have some."""
        homes = {key: ask(key) for key in keys}
        for _ in range(2):
            for key in keys:
                self.assertEqual(ask(key), homes[key])
        self.assertEqual(set(homes.values()), wanted)
        return homes

    def test_source(self):
        webs = [self.web(last, name=f"web{last - 9}") for last in (10, 11, 12)]
        self.tutorial("04-balance-source.cfg")

        def ask(source):
            return self.fetch("/", source=source).one("x-server")
        homes = self.stays(ask, range(30, 42), {"web1", "web2", "web3"})
        webs[1].stop()
        wait_until(lambda: all(ask(source) in ("web1", "web3") for source in homes), 30, "web2 being left alone")
        webs[1].start()
        wait_until(lambda: {source: ask(source) for source in homes} == homes, 30, "everybody being back home")

    def test_url_param(self):
        for last in (10, 11):
            self.web(last, name=f"web{last - 9}")
        self.tutorial("04-url-param.cfg")
        self.stays(lambda key: self.fetch(f"/x?a=b&sessionid={key}").one("x-server"), [f"user{n}" for n in range(12)], {"web1", "web2"})
        names = [self.fetch("/without").one("x-server") for _ in range(10)]
        self.assertEqual(names.count("web1"), 5, "without the parameter they take turns")

    def test_source_and_cookie(self):
        for last in (237, 234):
            self.web(last, name=f"server{1 if last == 237 else 2}")
        self.tutorial("03-source-affinity.cfg")
        homes = self.stays(lambda source: self.fetch("/", source=source).one("x-server"), range(30, 42), {"server1", "server2"})
        self.assertEqual(sorted(homes.values()).count("server1"), 8, "weights 6 and 3")
        for source in homes:
            for name in ("server1", "server2"):
                answer = self.fetch("/", source=source, fields=[("Cookie", f"SERVERID={name}")])
                self.assertEqual(answer.one("x-server"), name, "a cookie comes before the address")


class ServerStates(Tutorial):
    """web1 (weight 1), web2 (weight 2), backup1, and web3 in maintenance."""

    def setUp(self):
        super().setUp()
        self.webs = {name: self.web(last, name=name)
                     for name, last in (("web1", 10), ("web2", 11), ("backup1", 20), ("web3", 12))}
        self.tutorial("04-server-states.cfg")

    def test_weights_and_idle_ones(self):
        names = self.names(30)
        self.assertEqual((names.count("web1"), names.count("web2")), (10, 20))
        self.assertEqual(self.webs["web3"].asked + self.webs["web3"].checked, [], "disabled: no traffic")
        self.assertEqual(self.webs["backup1"].asked, [])

    def test_backup_takes_over(self):
        self.webs["web1"].stop()
        self.webs["web2"].stop()
        self.until_only({"backup1"})
        self.names(10)
        self.webs["web1"].start()
        self.until_only({"web1"})
        self.assertEqual(self.webs["web3"].asked, [])


if __name__ == "__main__":
    main_apart()

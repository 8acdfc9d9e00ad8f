"""Servers die by SIGKILL under load, one after the other, and come back; no request fails that another could take."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from load import CONFIG, Client, Load, OriginProcess, main, wait_until  # noqa: E402

RETRIES = """
  option redispatch 1
  retries 5
  retry-on conn-failure empty-response response-timeout
  default-server check inter 200ms fall 2 rise 1
  log NET.1:10514 format raw local0 notice
"""
# What the log says of each (manual, "Server states"): once down, once up, in this order.
DOWN = (r"Server b/{} is DOWN, reason: Layer4 connection problem, info: \"Connection refused[^\"]*\", check duration: \d+ms\. "
        r"2 active and 0 backup servers left\. \d+ sessions active, \d+ requeued, \d+ remaining in queue\.")
UP = (r"Server b/{} is UP, reason: Layer4 check passed, check duration: \d+ms\. "
      r"3 active and 0 backup servers online\. \d+ sessions requeued, \d+ total in queue\.")


class Killed(Load):
    def test_kills_under_load(self):
        self.kills("")

    def test_kills_with_slowstart(self):
        """The one that comes back gets its share bit by bit."""
        def grows(proxy, name):
            seen = [self.weight(proxy, name)]
            wait_until(lambda: seen.append(self.weight(proxy, name)) or seen[-1] == 100, 20, f"{name} at full weight")
            self.assertLess(seen[0], 100, "it does not start with all of it")
            self.assertEqual(seen, sorted(seen), "it only grows")
            self.assertGreater(len(set(seen)), 5, f"in steps: {seen}")
        self.kills("weight 100 slowstart 2s", grows)

    def kills(self, words, when_up=lambda proxy, name: None):
        origins = [OriginProcess(self.network.host(last), 8080, f"s{last}").start() for last in (10, 11, 12)]
        for origin in origins:
            self.addCleanup(origin.kill)
        servers = "".join(f"  server s{last} NET.{last}:8080 {words}\n" for last in (10, 11, 12))
        log = self.syslog()
        proxy = self.proxy(CONFIG + RETRIES + servers)
        fds = self.ready(proxy)
        stop = threading.Event()
        good, bad, lock = {}, [], threading.Lock()

        def client(number):
            link = None
            while not stop.is_set():
                try:
                    link = link or Client(self.front, 8000, source=self.network.host(20 + number % 8), seconds=20)
                    answer = link.get(f"/{number}")
                    with lock:
                        if answer.status == 200:
                            good[answer.body] = good.get(answer.body, 0) + 1
                        else:
                            bad.append((answer.status, answer.raw_head))
                    if answer.one("connection") == "close":
                        link.close()
                        link = None
                except (OSError, EOFError) as problem:
                    with lock:
                        bad.append(repr(problem))
                    link = None
            if link:
                link.close()
        threads = [threading.Thread(target=client, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        try:
            for turn in range(4):
                victim = origins[turn % 3]
                time.sleep(0.8)
                victim.kill()
                name = victim.name
                wait_until(lambda: self.state(proxy, name) == "DOWN", 20, f"{name} seen down")
                time.sleep(0.3)
                victim.start()
                wait_until(lambda: self.state(proxy, name) == "UP", 20, f"{name} seen up again")
                when_up(proxy, name)
                lines = [line.strip() for line in log.take()]
                self.assertEqual(len(lines), 2, lines)
                self.assertRegex(lines[0], f"^{DOWN.format(name)}$")
                self.assertRegex(lines[1], f"^{UP.format(name)}$")
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
        print(f"answers: {good}, failures: {len(bad)}")
        self.assertEqual(bad[:5], [])
        self.assertEqual(set(good), {b"s10", b"s11", b"s12"})
        self.settled(proxy, fds)

    def state(self, proxy, name):
        return self.row(proxy, name)[17].split()[0]

    def weight(self, proxy, name):
        return int(self.row(proxy, name)[18])

    def row(self, proxy, name):
        for line in proxy.cli("show stat").splitlines():
            fields = line.split(",")
            if fields[:2] == ["b", name]:
                return fields
        raise AssertionError("show stat does not list " + name)


if __name__ == "__main__":
    main()

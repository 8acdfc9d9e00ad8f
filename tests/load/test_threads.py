"""nbthread 2: both workers get their share of connections and of work."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from load import CONFIG, Load, Swarm, main  # noqa: E402


class Threads(Load):
    def cpu(self, proxy):
        """Nanoseconds on a CPU, thread by thread."""
        used = {}
        for task in os.listdir(f"/proc/{proxy.pid}/task"):
            with open(f"/proc/{proxy.pid}/task/{task}/schedstat", encoding="ascii") as file:
                used[task] = int(file.read().split()[0])
        return used

    def test_shared_evenly(self):
        self.origin_process(10, "one")
        proxy = self.proxy(CONFIG + "  server one NET.10:8080\n")
        fds = self.ready(proxy)
        swarm = Swarm((self.front, 8000), [self.network.host(last) for last in range(20, 36)])
        self.addCleanup(swarm.close)
        swarm.connect(600)
        swarm.ask(b"GET /warm HTTP/1.1\r\nHost: x\r\n\r\n")
        before = self.cpu(proxy)
        for _ in range(12):
            answers = swarm.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(sum(answer.endswith(b"one") for answer in answers), 600)
        after = self.cpu(proxy)
        shares = sorted((after[task] - before.get(task, 0) for task in after), reverse=True)
        print("ms of CPU by thread:", [round(share / 1e6, 1) for share in shares])
        self.assertGreaterEqual(len(shares), 2)
        self.assertGreater(shares[1] / shares[0], 0.7, "the two workers' shares")
        swarm.close()
        self.settled(proxy, fds)

    def test_reuse_over_many_short_connections(self):
        """A connection a request from 8 clients at once for some seconds: fine, and no descriptor is lost."""
        self.origin_process(10, "one")
        proxy = self.proxy(CONFIG + "  server one NET.10:8080\n")
        fds = self.ready(proxy)
        end = time.monotonic() + 4
        counts, problems = [0] * 8, []

        def client(number):
            try:
                while time.monotonic() < end:
                    answer = self.get(f"/{number}", source=self.network.host(20 + number))
                    assert answer.body == b"one", answer.raw_head
                    counts[number] += 1
            except Exception as problem:
                problems.append(repr(problem))
        threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        self.assertGreater(min(counts), 20)
        self.settled(proxy, fds)


if __name__ == "__main__":
    main()

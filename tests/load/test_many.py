"""8,000 connections at once, each with a request in flight; then a second request on each; then all go."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from load import CONFIG, Load, Swarm, connections_possible, fetch, main, wait_until  # noqa: E402


class Many(Load):
    def test_many_connections(self):
        count = connections_possible(8000)
        self.origin_process(10, "one")
        proxy = self.proxy(CONFIG + "  server one NET.10:8080\n")
        fds = self.ready(proxy)
        swarm = Swarm((self.front, 8000), [self.network.host(last) for last in range(20, 36)])
        self.addCleanup(swarm.close)
        swarm.connect(count)
        origin = (self.network.host(10), 8080)
        seen = []

        def release():
            def held():
                return int(fetch(*origin, "/held").body) >= count
            wait_until(held, 60, f"{count} requests at the server")
            seen.append(self.count(proxy, "CurrConns"))
            fetch(*origin, "/release", seconds=30)
        answers = swarm.ask(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", release, 100)
        self.assertEqual(sum(answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"one") for answer in answers), count)
        self.assertGreaterEqual(seen[0], count)
        answers = swarm.ask(b"GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(sum(answer.endswith(b"one") for answer in answers), count, "every connection was kept")
        wait_until(lambda: self.count(proxy, "PoolUsed_bytes") < 500_000, 20, "idle connections hold neither buffers nor exchanges")
        swarm.close()
        self.settled(proxy, fds)


if __name__ == "__main__":
    main()

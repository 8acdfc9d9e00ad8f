"""Garbage, truncation at every byte, one-byte writes, slow readers, resets: nothing crashes, nothing is stuck."""
import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from load import CONFIG, Client, Load, main, wait_until  # noqa: E402

FAST = CONFIG.replace("timeout client 60s", "timeout client 3s").replace("timeout http-request 30s", "timeout http-request 2s") \
             .replace("timeout server 60s", "timeout server 3s") + "  server one NET.10:8080\n"
REQUEST = (b"POST /x?y=z HTTP/1.1\r\nHost: a.example\r\nX-Long: " + b"v" * 100 + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"5\r\nhello\r\n3;e=f\r\nabc\r\n0\r\nTrailer: t\r\n\r\n")
WORDS = [b"GET ", b"POST ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"\r", b"Host: x", b"Content-Length: ", b"5", b"-1", b"99999999999",
         b"Transfer-Encoding: chunked", b"\r\n\r\n", b"0", b"ffffffff", b";", b":", b" ", b"\t", b"\0", b"\xff", b"Connection: ",
         b"close", b"Upgrade: h2c", b"Expect: 100-continue", b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n", b"PRI * HTTP/2.0", b"a" * 300]


class Abuse(Load):
    def setUp(self):
        super().setUp()
        self.origin_process(10, "one")
        self.running = self.proxy(FAST)
        self.fds = self.ready(self.running)

    def together(self, work, count, threads=16):
        """work(n) for n below count, on some threads; the first failure of any fails the test."""
        numbers = iter(range(count))
        lock, problems = threading.Lock(), []

        def run():
            while True:
                with lock:
                    n = next(numbers, None)
                if n is None or problems:
                    return
                try:
                    work(n)
                except Exception as problem:
                    problems.append(f"{n}: {problem!r}")
        runners = [threading.Thread(target=run) for _ in range(threads)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join(120)
        self.assertEqual(problems, [])

    def rude(self, data, how="close"):
        """Sends, then closes, resets, or half-closes and demands an end of the stream within the timeouts."""
        client = Client(self.front, 8000, source=self.network.host(20), seconds=15)
        try:
            try:
                client.send(data)
                if how == "reset":
                    client.reset()
                    return
                if how == "half":
                    client.half_close()
                    client.read_all()
            except (BrokenPipeError, ConnectionResetError):
                pass
        finally:
            client.close()

    def test_truncated_at_every_byte(self):
        self.together(lambda n: self.rude(REQUEST[:n // 3], ("close", "reset", "half")[n % 3]), 3 * len(REQUEST))
        self.settled(self.running, self.fds)

    def test_random_garbage(self):
        def one(n):
            chance = random.Random(n)
            if n % 3:
                data = b"".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 60)))
            else:
                data = chance.randbytes(chance.randrange(1, 3000))
            self.rude(data, chance.choice(("close", "reset", "half")))
        self.together(one, 1500)
        self.settled(self.running, self.fds)

    def test_mutated_requests(self):
        def one(n):
            chance = random.Random(10000 + n)
            data = bytearray(REQUEST * chance.randrange(1, 3))
            for _ in range(chance.randrange(1, 6)):
                at = chance.randrange(len(data))
                kind = chance.randrange(3)
                if kind == 0:
                    data[at] = chance.randrange(256)
                elif kind == 1:
                    del data[at:at + chance.randrange(1, 20)]
                else:
                    data[at:at] = chance.choice(WORDS)
                if not data:
                    data = bytearray(b"x")
            self.rude(bytes(data), chance.choice(("close", "reset", "half")))
        self.together(one, 1500)
        self.settled(self.running, self.fds)

    def test_one_byte_writes(self):
        def one(n):
            with Client(self.front, 8000, source=self.network.host(20), seconds=20) as client:
                client.send_slowly(REQUEST)
                answer = client.read_answer()
                assert (answer.status, answer.body) == (200, b"one"), answer.raw_head
        self.together(one, 60)
        self.settled(self.running, self.fds)

    def test_one_byte_answers(self):
        def one(n):
            with Client(self.front, 8000, source=self.network.host(20), seconds=20) as client:
                answer = client.get("/trickle")
                assert (answer.status, answer.body) == (200, b"one"), answer.raw_head
        self.together(one, 60)
        self.settled(self.running, self.fds)

    def test_silent_clients_are_let_go(self):
        """More silent connections than a small pool would bear; all end by timeout http-request with 408."""
        clients = [Client(self.front, 8000, source=self.network.host(20), seconds=15) for _ in range(300)]
        for n, client in enumerate(clients):
            client.send(b"GET / HTTP/1.1\r\nHost: x"[:n % 23])
        for n, client in enumerate(clients):
            answer = client.read_all()
            if n % 23:
                self.assertTrue(answer.startswith(b"HTTP/1.1 408 ") or client.was_reset, answer)
            client.close()
        self.settled(self.running, self.fds)

    def test_slow_readers(self):
        """40 clients take 2 MB each a little at a time, with small windows; every byte arrives."""
        size = 2_000_000

        def one(n):
            client = Client(self.front, 8000, source=self.network.host(20), seconds=30, receive_buffer=8192)
            with client:
                client.send(b"GET /big/%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
                head = client.read_until(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200"), head
                left = size
                while left:
                    piece = client.read_exactly(min(left, 50_000))
                    start = (size - left) % 16
                    assert piece[:16] == (b"0123456789abcdef" * 2)[start:start + 16]
                    left -= len(piece)
        self.together(one, 40, 20)
        self.settled(self.running, self.fds)

    def test_readers_that_stop_reading(self):
        """They hold 20 MB answers until timeout client (3 s) ends it: the proxy does not buffer, nor hang."""
        clients = [Client(self.front, 8000, source=self.network.host(20), seconds=15, receive_buffer=8192) for _ in range(30)]
        for client in clients:
            client.send(b"GET /big/20000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: self.count(self.running, "CurrConns") >= 30)
        with open(f"/proc/{self.running.pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * 4096
        self.assertLess(resident, 600_000_000)
        wait_until(lambda: self.count(self.running, "CurrConns") <= 1, 20, "the end of those who do not read")
        for client in clients:
            client.close()
        self.settled(self.running, self.fds)

    def test_resets_in_the_middle_of_answers(self):
        def one(n):
            client = Client(self.front, 8000, source=self.network.host(20), seconds=15)
            client.send(b"GET /big/1000000 HTTP/1.1\r\nHost: x\r\n\r\n" * (1 + n % 3))
            client.read_exactly(100 + 997 * n)
            client.reset()
        self.together(one, 200)
        self.settled(self.running, self.fds)

    def test_uploads_cut_off(self):
        def one(n):
            client = Client(self.front, 8000, source=self.network.host(20), seconds=15)
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"u" * (n * 1000))
            client.reset() if n % 2 else client.close()
        self.together(one, 200)
        self.settled(self.running, self.fds)


if __name__ == "__main__":
    main()

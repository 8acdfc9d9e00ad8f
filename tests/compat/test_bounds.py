"""What bounds the memory of connections, beside Debian's haproxy: buffers, heads, captures, slow clients by the hundred."""
import os
import sys
import threading
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import Case, Origin, Proxy, Syslog, main, oracle, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402
from network import Network  # noqa: E402
from origin import answer_with  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 1
  {words}
defaults
  mode http
  timeout connect 1s
  timeout client 20s
  timeout server 20s
frontend f
  bind NET.1:8000
  {front}
"""
RETURNING = "http-request return status 200"


class Bounds(Case):
    def pair(self, words="maxconn 2000", front=RETURNING):
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            proxy = Proxy(CONFIG.format(words=words, front=front), program=program, network=network)
            self.addCleanup(self._stop, proxy)
            yield proxy.start(), network
            self._stop(proxy)

    def status_of(self, network, size):
        """Of a request whose head has so many bytes."""
        head = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
        with Client(network.host(1), 8000) as client:
            client.send(head + b"x" * (size - len(head) - 4) + b"\r\n\r\n")
            return client.read_answer().status

    def longest_head(self, network):
        low, high = 100, 70000
        while high - low > 1:
            middle = (low + high) // 2
            if self.status_of(network, middle) == 200:
                low = middle
            else:
                high = middle
        return low

    def test_heads_fit_the_buffer(self):
        """tune.bufsize less tune.maxrewrite; what is longer is refused."""
        for size, kept in ((16384, 1024), (4096, 1024), (32768, 8192), (8192, 100)):
            found = [self.longest_head(network) for _, network in self.pair(f"tune.bufsize {size}\n  tune.maxrewrite {kept}")]
            for program, most in zip(("haproxy", "ours"), found):
                self.assertTrue(size - kept - 300 <= most <= size - kept + 60, f"{program}: {most} of {size} - {kept}")

    def test_answers_too(self):
        """The head of an answer must fit as well: 502 else."""
        for proxy, network in self.pair("tune.bufsize 8192\n  tune.maxrewrite 1024", "default_backend b\nbackend b\n  server s NET.10:8080"):
            for size, status in ((6000, 200), (9000, 502)):
                origin = self.origin_at(network, answer_with(b"x", fields=[("Long", "v" * size)]))
                self.assertEqual(fetch(network.host(1), 8000).status, status, (proxy.program, size))
                origin.stop()

    def origin_at(self, network, serve):
        origin = Origin(network.host(10), 8080, serve).start()
        self.addCleanup(origin.stop)
        return origin

    def test_large_buffers(self):
        """use-large-buffer: what does not fit tune.bufsize goes on in tune.bufsize.large, whatever its framing; heads are looked
        at as before, and everything is passed on whole. Ours alone: haproxy 2.6 has no such buffers."""
        wait = "time 20s use-large-buffer\n"
        front = (f"  http-request wait-for-body {wait}  http-request set-header X-Seen %[req.body_len]:%[req.body,crc32]:%[path]\n"
                 f"  http-response wait-for-body {wait}"
                 "  http-response set-header X-Seen %[res.body_len]:%[res.body,crc32]:%[res.hdr(server)]:%[capture.req.uri]\n"
                 "  default_backend b\nbackend b\n  server s NET.10:8080")

        def serve(connection):
            while (head := connection.read_request()) is not None:
                if head.path.startswith("/chunked"):
                    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (head.body[:777], head.body[777:]) if piece)
                    connection.send(b"HTTP/1.1 200 OK\r\nServer: o\r\nEcho: " + head.one("x-seen").encode()
                                    + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
                else:
                    connection.respond(200, head.body, [("Server", "o"), ("Echo", head.one("x-seen"))])
        network = Network(1)
        proxy = Proxy(CONFIG.format(words="tune.bufsize 16384\n  tune.bufsize.large 200000", front=front), program=under_test(),
                      network=network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        self.origin_at(network, serve)
        with Client(network.host(1), 8000) as client:
            for framing in ("length", "chunked"):
                for size in (100, 15000, 40000, 150000, 500000):
                    body = bytes(n * 7 % 251 for n in range(size))
                    target = f"/{framing}/{size}"
                    head = f"POST {target} HTTP/1.1\r\nHost: x\r\n"
                    if framing == "length":
                        sent = f"{head}Content-Length: {size}\r\n\r\n".encode() + body
                    else:
                        sent = (f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()
                                + b"".join(b"%x\r\n%s\r\n" % (len(body[n:n + 9000]), body[n:n + 9000]) for n in range(0, size, 9000))
                                + b"0\r\n\r\n")
                    client.send(sent + (b"" if size > 100000 else b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"))
                    answer = client.read_answer()
                    self.assertEqual(answer.body, body, target)
                    for seen, end in ((answer.one("echo"), target), (answer.one("x-seen"), f"o:{target}")):
                        count, crc, rest = seen.split(":", 2)
                        self.assertEqual(rest, end)
                        if size <= 150000:
                            self.assertEqual((int(count), int(crc)), (size, zlib.crc32(body)), target)
                        else:
                            self.assertEqual(int(crc), zlib.crc32(body[:int(count)]), target)
                            self.assertTrue(150000 < int(count) <= 200000, count)
                    if size <= 100000:
                        self.assertEqual(client.read_answer().one("x-seen"), "0:0:o:/next")

    def test_cookies_are_captured_so_far(self):
        """tune.http.cookielen bounds what `capture cookie` wants; 63 characters if it is not said."""
        front = ("log NET.1:10514 format raw local0\n  capture cookie SID len 200\n  log-format %CC\n  default_backend b\n"
                 "backend b\n  server s NET.10:8080")
        for words, least in (("maxconn 100", 63), ("tune.http.cookielen 21", 20), ("tune.http.cookielen 150", 149)):
            seen = []
            for _, network in self.pair(words, front):
                origin = self.origin_at(network, answer_with(b"x"))
                log = Syslog(network.host(1), 10514)
                fetch(network.host(1), 8000, fields=[("Cookie", "SID=" + "v" * 300)])
                seen.append(log.wait_count(1)[0].strip())
                log.stop()
                origin.stop()
            self.assertEqual(seen[1], seen[0], words)
            self.assertTrue(least <= len(seen[0]) <= least + 1, seen[0])

    def test_variables(self):
        """tune.vars.*: what is too much is not kept; coarser limits include what finer ones count (haproxy cuts such values short)."""
        front = """http-request set-var(sess.s) req.hdr(s)
  http-request set-var(txn.t) req.hdr(t)
  http-request set-var(req.r) req.hdr(r)
  http-request return status 200 hdr kept %[var(sess.s),length]/%[var(txn.t),length]/%[var(req.r),length]"""
        cases = (("maxconn 100", (300, 300, 300), "300/300/300"),
                 ("tune.vars.reqres-max-size 200", (300, 300, 300), "300/300/"), ("tune.vars.reqres-max-size 200", (0, 0, 100), "//100"),
                 ("tune.vars.txn-max-size 500", (600, 300, 50), "600/300/50"), ("tune.vars.txn-max-size 500", (600, 300, 300), "600/300/"),
                 ("tune.vars.txn-max-size 500", (0, 600, 300), "//300"), ("tune.vars.sess-max-size 500", (300, 300, 50), "300//50"),
                 ("tune.vars.sess-max-size 500", (600, 300, 300), "/300/"),
                 ("tune.vars.proc-max-size 500", (300, 300, 50), "300//50"), ("tune.vars.global-max-size 500", (300, 300, 50), "300//50"),
                 ("set-var proc.p str(" + 300 * "p" + ")\n  tune.vars.proc-max-size 750", (200, 200, 0), "200//"))
        for words, sizes, kept in cases:
            proxy = self.proxy(CONFIG.format(words=words, front=front))
            fields = [(name, "v" * size) for name, size in zip("str", sizes) if size]
            with Client(self.front, 8000) as client:
                for _ in range(3):  # what a request's variables took is given back
                    self.assertEqual(client.get(fields=fields).one("kept"), kept, (words, sizes))
            self._stop(proxy)

    def test_variables_of_the_process(self):
        """tune.vars.proc-max-size and -global-max-size count those of all sessions that live, and of checks."""
        front = """http-request set-var(sess.s) req.hdr(s)
  http-request return status 200 hdr kept %[var(sess.s),length]"""
        for words in ("tune.vars.proc-max-size 500", "tune.vars.global-max-size 500"):
            proxy = self.proxy(CONFIG.format(words=words, front=front))
            first, second = Client(self.front, 8000), Client(self.front, 8000)
            ask = b"GET / HTTP/1.1\r\nHost: a\r\nS: " + 300 * b"v" + b"\r\n\r\n"
            first.send(ask)
            self.assertEqual(first.read_answer().one("kept"), "300")
            second.send(ask)
            self.assertFalse(second.read_answer().one("kept"))
            first.send(ask)  # its own value is replaced
            self.assertEqual(first.read_answer().one("kept"), "300")
            first.close()
            wait_until(lambda: self.kept_by(second, ask) == "300")
            second.close()
            self._stop(proxy)

    def test_variables_of_checks(self):
        """tune.vars.check-max-size: a check has no more; the next one begins anew."""
        front = """default_backend b
backend b
  option httpchk
  http-check set-var(check.a) str(12345)
  http-check set-var(check.b) str(67890)
  http-check send hdr kept "%[var(check.a)]/%[var(check.b)]"
  server s NET.10:8080 check inter 20"""
        for words, kept in (("maxconn 100", "12345/67890"), ("tune.vars.check-max-size 60", "12345/")):
            origin = self.origin_at(self.network, answer_with(b"x"))
            proxy = self.proxy(CONFIG.format(words=words, front=front))
            wait_until(lambda: len(origin.requests) > 2)
            self.assertEqual({head.one("kept") for head in origin.requests[:3]}, {kept})
            self._stop(proxy)
            origin.stop()

    @staticmethod
    def kept_by(client, ask):
        client.send(ask)
        return client.read_answer().one("kept")

    def test_a_variable_that_is_set_again(self):
        """The room of the old value is given back; a value that does not fit is none."""
        front = """http-request set-var(txn.t) req.hdr(a)
  http-request set-var(txn.t) req.hdr(b)
  http-request return status 200 hdr kept %[var(txn.t),length]"""
        for sizes, kept in (((400, 400), "400"), ((400, 600), ""), ((600, 400), "400")):
            proxy = self.proxy(CONFIG.format(words="tune.vars.txn-max-size 500", front=front))
            fields = [(name, "v" * size) for name, size in zip("ab", sizes)]
            self.assertEqual(fetch(self.front, 8000, fields=fields).one("kept") or "", kept, sizes)
            self._stop(proxy)

    def test_bytes_not_on_their_way(self):
        """tune.notsent-lowat: of an answer nobody reads less is taken from the server; both sides may be bounded."""
        def serve(connection):
            connection.read_head()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            connection.link.settimeout(0.5)
            try:
                while True:
                    taken[0] += connection.link.send(b"x" * 65536)
            except OSError:
                ended.set()
        most = {}
        for words in ("maxconn 100", "tune.notsent-lowat.client 8192\n  tune.notsent-lowat.server 8192"):
            taken, ended = [0], threading.Event()
            origin = self.origin_at(self.network, serve)
            front = "option splice-response\n  default_backend b\nbackend b\n  server s NET.10:8080"
            proxy = self.proxy(CONFIG.format(words="nosplice\n  tune.rcvbuf.server 65536\n  " + words, front=front))
            client = Client(self.front, 8000, receive_buffer=8192)
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(ended.wait(20))
            most[words] = taken[0]
            client.close()
            self._stop(proxy)
            origin.stop()
        free, bounded = most.values()
        self.assertLess(bounded, free)

    def resident(self, proxy):
        with open(f"/proc/{proxy.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def memory_of(self, sent, count=400, front=RETURNING):
        """Bytes by which ours grows for each of so many clients that have sent this, or as much of it as it takes, and no more."""
        network = self.network
        proxy = self.proxy(CONFIG.format(words="maxconn 2000", front=front))
        fetch(network.host(1), 8000)
        before = self.resident(proxy)
        clients = [Client(network.host(1), 8000) for _ in range(count)]
        for client in clients:
            client.link.setblocking(False)
            try:
                client.link.send(sent)
            except BlockingIOError:
                pass
        wait_until(lambda: f"CurrConns: {count}" in proxy.cli("show info"), 10, "all of them")
        proxy.cli("show info")  # and what they have sent
        grown = (self.resident(proxy) - before) // count
        for client in clients:
            client.close()
        return grown

    BUFFER = 16384
    SESSION = 48000  # with all its frames, in a build for finding mistakes; some 3,000 in one for use

    def test_slow_heads(self):
        """Clients in the middle of a head have a buffer each and no more."""
        self.assertLess(self.memory_of(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 10000), self.BUFFER + self.SESSION)

    def test_clients_that_say_nothing(self):
        self.assertLess(self.memory_of(b""), self.SESSION)

    def test_slow_bodies(self):
        """A body that is waited for is held in the buffer, not beside it; the rest stays with the client."""
        front = "option http-buffer-request\n  " + RETURNING
        self.assertLess(self.memory_of(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"b" * 12000, front=front),
                        self.BUFFER + self.SESSION)

    def test_uploads_to_a_server_that_does_not_read(self):
        """What it does not take is not taken from the clients either: 400 MB wait at their places."""
        def silent(connection):
            connection.read_head()
            ended.wait(20)
        ended = threading.Event()
        self.addCleanup(ended.set)
        origin = self.origin_at(self.network, silent)
        self.addCleanup(origin.stop)
        front = "default_backend b\nbackend b\n  server s NET.10:8080"
        proxy = self.proxy(CONFIG.format(words="maxconn 2000", front=front))
        before = self.resident(proxy)
        clients = [Client(self.front, 8000) for _ in range(40)]
        for client in clients:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
            client.link.setblocking(False)
        wait_until(lambda: len(origin.connections) >= 40, 10, "all at the server")
        taken = [0]

        def stuck():
            now = 0
            for client in clients:
                try:
                    while count := client.link.send(b"b" * 262144):
                        now += count
                except BlockingIOError:
                    pass
            taken[0] += now
            return now == 0
        wait_until(stuck, 20, "nothing more being taken")
        self.assertLess(self.resident(proxy) - before, 40 * (4 * self.BUFFER + self.SESSION) + 8_000_000, f"{taken[0]} bytes are under way")
        for client in clients:
            client.close()


if __name__ == "__main__":
    main()

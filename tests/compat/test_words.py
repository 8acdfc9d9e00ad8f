"""Options of proxies, servers and bind lines that change how bytes travel, beside Debian's haproxy where it has them."""
import contextlib
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, paced, run, Syslog, under_test, wait_until  # noqa: E402
from client import Client, fetch  # noqa: E402
from network import Network  # noqa: E402
from origin import Origin  # noqa: E402

CLOSED = 7  # TCP_CLOSE of the kernel's tcp_states.h

HEAD = """
global
  nbthread 1
  stats socket TMP/cli level admin
defaults
  timeout connect 1s
  timeout client 5s
  timeout server 5s
"""


def command(proxy, text):
    return proxy.cli(text)


def info(proxy, name):
    for line in command(proxy, "show info").splitlines():
        if line.startswith(name + ":"):
            return int(line.split(":")[1])
    raise AssertionError(f"show info has no {name}")


def column(proxy, rows, name):
    """The values of one column of show stat, by (proxy, server)."""
    lines = command(proxy, "show stat").splitlines()
    names = lines[0].lstrip("# ").split(",")
    values = {}
    for line in lines[1:]:
        cells = line.split(",")
        if len(cells) > 2 and (cells[0], cells[1]) in rows:
            values[cells[0], cells[1]] = int(cells[names.index(name)] or 0)
    return values


class Words(Case):
    @contextlib.contextmanager
    def running(self, program, config, serve=None, index=0):
        network = Network(index)
        origin = Origin(network.host(10), 8080, serve).start() if serve else None
        proxy = Proxy(HEAD + config, program=program, network=network)
        try:
            yield network, proxy.start()
        finally:
            self._stop(proxy)
            if origin:
                origin.stop()

    def each(self, config, serve=None):
        """(name, network, proxy) of Debian's haproxy and of ours in turn, running."""
        for index, program in enumerate((oracle(), under_test())):
            with self.running(program, config, serve, index) as (network, proxy):
                yield program, network, proxy


class Closing(Words):
    def ended_by(self, config, port, play, serve):
        seen = []
        for _, network, _ in self.each(config, serve):
            client = Client(network.host(1), port)
            seen.append(play(client))
            client.close()
        self.assertEqual(seen[1], seen[0])
        return seen[1]

    def test_nolinger_resets_clients(self):
        config = """
listen plain
  mode http
  bind NET.1:8000
  http-request return status 200
listen hasty
  mode http
  bind NET.1:8001
  option nolinger
  http-request return status 200
listen hasty_but_not_here
  mode http
  bind NET.1:8002
  option nolinger
  no option nolinger
  http-request return status 200
"""
        def play(client):
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = client.read_all()
            time.sleep(0.05)
            state = client.link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            return text[:12], state == CLOSED  # else it waits for us to close, too
        self.assertEqual(self.ended_by(config, 8000, play, None), (b"HTTP/1.1 200", False))
        self.assertEqual(self.ended_by(config, 8001, play, None), (b"HTTP/1.1 200", True))
        self.assertEqual(self.ended_by(config, 8002, play, None), (b"HTTP/1.1 200", False))

    def test_nolinger_resets_servers(self):
        """A tunnel that has been silent for too long is closed towards the server: with a reset where it is asked for."""
        ends = []

        def serve(connection):
            try:
                while connection.link.recv(1000):
                    connection.link.sendall(b"got it")
                ends.append("orderly")
            except ConnectionResetError:
                ends.append("reset")
        for words, end in (("", "orderly"), ("option nolinger", "reset")):
            config = ("  timeout client 300ms\n  timeout server 300ms\n  mode tcp\nlisten l\n  bind NET.1:8000\n  default_backend b\n"
                      f"backend b\n  {words}\n  server s NET.10:8080\n")
            for program, network, proxy in self.each(config, serve):
                ends.clear()
                client = Client(network.host(1), 8000)
                client.send(b"hello")
                client.read_until(b"got it")
                wait_until(lambda: ends, what=f"{program} closes towards the server")
                self.assertEqual(ends, [end], f"{program} {words}")
                client.close()


class Independence(Words):
    def test_what_a_client_is_sent_is_not_its_activity(self):
        """A silent client of timeout 600 ms gets a byte every 100 ms: that keeps it, unless its own silence counts. Then the
        server is told that nothing will come any more, and may go on."""
        count = 20

        def serve(connection):
            connection.link.setblocking(False)
            said = b"."
            for _ in range(count):
                try:
                    if connection.link.recv(10) == b"":
                        said = b"!"
                except BlockingIOError:
                    pass
                connection.link.setblocking(True)
                connection.link.sendall(said)
                connection.link.setblocking(False)
                time.sleep(0.1)
        config = """
  timeout client 600ms
  mode tcp
  log NET.1:10514 local0
  option tcplog
frontend usual
  bind NET.1:8000
  default_backend b
frontend strict
  bind NET.1:8001
  option independent-streams
  default_backend b
backend b
  server s NET.10:8080
"""
        for index, program in enumerate((oracle(), under_test())):
            log = Syslog(Network(index).host(1), 10514)
            self.addCleanup(log.stop)
            with (self.running(program, config, serve, index) as (network, _), Client(network.host(1), 8000) as usual,
                  Client(network.host(1), 8001) as strict):
                self.assertEqual(usual.read_all(), b"." * count, program)
                got = strict.read_all()
                usual.close()
                strict.close()
                self.assertEqual(len(got), count, program)
                self.assertIn(b"!", got, program)
                self.assertGreater(got.index(b"!"), 3, program)
                self.assertIn(" -- ", log.wait_for(" usual ", 5), program)
                self.assertIn(" cD ", log.wait_for(" strict ", 5), program)


class Counting(Words):
    def test_contstats_counts_on_the_way(self):
        done = threading.Event()

        def serve(connection):
            connection.read_request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            connection.send(b"x" * 60000)
            done.wait(20)
            connection.send(b"x" * 40000)
        config = """
  mode http
  timeout server 20s
  timeout client 20s
frontend often
  bind NET.1:8000
  option contstats
  default_backend b
frontend seldom
  bind NET.1:8001
  default_backend c
backend b
  server s NET.10:8080
backend c
  server s NET.10:8080
"""
        rows = [("often", "FRONTEND"), ("seldom", "FRONTEND"), ("b", "s"), ("c", "s")]
        for program, network, proxy in self.each(config, serve):
            done.clear()
            clients = []
            for port in (8000, 8001):
                client = Client(network.host(1), port)
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                client.read_until(b"\r\n\r\n")
                client.read_exactly(60000)
                clients.append(client)
            wait_until(lambda: column(proxy, rows, "bout")["often", "FRONTEND"] >= 60000, 15, f"counting by {program}")
            on_the_way = column(proxy, rows, "bout")
            self.assertGreaterEqual(on_the_way["b", "s"], 60000, program)
            self.assertLess(on_the_way["seldom", "FRONTEND"], 1000, program)
            self.assertLess(on_the_way["c", "s"], 1000, program)
            done.set()
            for client in clients:
                client.read_exactly(40000)
                client.close()
            wait_until(lambda: column(proxy, rows, "bout")["seldom", "FRONTEND"] >= 100000, 5, f"the end with {program}")
            at_the_end = column(proxy, rows, "bout")
            for row in rows:  # nothing is counted twice
                self.assertLess(at_the_end[row], 101000, (program, row))
                self.assertGreaterEqual(at_the_end[row], 100000, (program, row))

    def test_uploads_are_counted_once(self):
        def serve(connection):
            head = connection.read_request()
            connection.respond(200, str(len(head.body)).encode())
        config = "  mode http\nlisten l\n  bind NET.1:8000\n  option contstats\n  server s NET.10:8080\n"
        for program, network, proxy in self.each(config, serve):
            self.assertEqual(fetch(network.host(1), 8000, "/", method="POST", body=b"x" * 300000).body, b"300000")
            rows = [("l", "FRONTEND"), ("l", "s"), ("l", "BACKEND")]
            wait_until(lambda: column(proxy, rows, "bin")["l", "FRONTEND"] >= 300000, 5, program)
            for row, value in column(proxy, rows, "bin").items():
                self.assertLess(value, 301000, (program, row))


class Splicing(Words):
    """A pipe is in use while a transfer waits: from its first byte with the option, not yet without it."""

    def test_pipes_are_taken_at_once_where_it_is_asked_for(self):
        go_on, arrived = threading.Event(), threading.Event()

        def serve(connection):
            head = connection.read_head()
            if head.method == "POST":
                arrived.set()
                connection.read_exactly(3000)
                go_on.wait(20)
                connection.read_exactly(17000)
                connection.respond(200, b"thanks")
                return
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n")
            time.sleep(0.05)
            connection.send(b"a" * 3000)
            go_on.wait(20)
            connection.send(b"b" * 17000)
        for words, pipes in (("", (0, 0)), ("option splice-auto", (0, 0)), ("option splice-response", (1, 0)),
                             ("option splice-request", (0, 1))):
            config = f"listen l\n  mode http\n  bind NET.1:8000\n  {words}\n  server s NET.10:8080\n"
            with self.running(under_test(), config, serve) as (network, proxy):
                seen = []
                go_on.clear()
                with Client(network.host(1), 8000) as client:
                    client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    client.read_until(b"\r\n\r\n")
                    client.read_exactly(3000)
                    seen.append(info(proxy, "PipesUsed"))
                    go_on.set()
                    self.assertEqual(client.read_exactly(17000), b"b" * 17000)
                go_on.clear()
                arrived.clear()
                with Client(network.host(1), 8000) as client:
                    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\nConnection: close\r\n\r\n")
                    arrived.wait(5)
                    client.send(b"c" * 3000)
                    if pipes[1]:
                        wait_until(lambda: info(proxy, "PipesUsed") == 1, what="a pipe for the request")
                    seen.append(info(proxy, "PipesUsed"))
                    go_on.set()
                    client.send(b"d" * 17000)
                    self.assertEqual(client.read_answer().body, b"thanks")
                self.assertEqual(tuple(seen), pipes, words)
                wait_until(lambda: info(proxy, "PipesUsed") == 0, what="pipes given back")


class Delays(Words):
    @paced
    def test_nothing_is_held_back(self):
        """option http-no-delay: chunks in turn in both directions within one request, each passed on before the next."""
        rounds = 40

        def serve(connection):
            connection.read_head()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(rounds):
                connection.read_until(b"1\r\nq\r\n")
                connection.send("1\r\na\r\n")
            connection.send("0\r\n\r\n")
            connection.read_until(b"0\r\n\r\n")
        config = "listen l\n  mode http\n  bind NET.1:8000\n  option http-no-delay\n  server s NET.10:8080\n"
        for program, network, _ in self.each(config, serve):
            begin = time.monotonic()
            with Client(network.host(1), 8000) as client:
                client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                for turn in range(rounds):
                    client.send(b"1\r\nq\r\n")
                    if turn == 0:
                        client.read_until(b"\r\n\r\n")
                    client.read_until(b"1\r\na\r\n")
                client.send(b"0\r\n\r\n")
                client.read_until(b"0\r\n\r\n")
            self.assertLess(time.monotonic() - begin, rounds * 0.04, program)  # 40 ms is what a held packet costs

    def test_a_preface_of_http2_is_refused(self):
        config = "listen l\n  mode http\n  bind NET.1:8000\n  option disable-h2-upgrade\n  http-request return status 200\n"
        for program, network, _ in self.each(config):
            with Client(network.host(1), 8000) as client:
                client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
                self.assertRegex(client.read_all()[:12], b"HTTP/1.1 (400|505)", program)


def resident(proxy):
    """The process's memory, in KB."""
    with open(f"/proc/{proxy.pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))


class Waiting(Words):
    CONFIG = """
  timeout queue 60s
  timeout connect 60s
  timeout client 60s
  timeout server 60s
  mode http
listen big
  bind NET.1:8000
  server s NET.10:8080 maxconn 1
listen small
  bind NET.1:8001
  option use-small-buffers queue
  server s NET.10:8080 maxconn 1
listen plain
  mode tcp
  bind NET.1:8002
  option use-small-buffers
  server s NET.10:8080 maxconn 1
"""

    def setUp(self):
        super().setUp()
        self.go_on = threading.Event()

    def serve(self, connection):
        while (head := connection.read_request()) is not None:
            if head.target == "/hold":
                self.go_on.wait(60)
            connection.respond(200, b"%s %d" % (head.target.encode(), len(head.body)))

    def crowd(self, proxy, network, port, name, count, data):
        """So many connections with a request each that waits for the server; and the one it waits for."""
        holder = Client(network.host(1), port, seconds=60)
        holder.send(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: column(proxy, [(name, "BACKEND")], "scur")[name, "BACKEND"] == 1, 30, "the first")
        crowd = []
        for _ in range(count):
            crowd.append(Client(network.host(1), port, seconds=60))
            crowd[-1].send(data)
        wait_until(lambda: column(proxy, [(name, "BACKEND")], "qcur")[name, "BACKEND"] == count, 30, "the queue")
        return [holder, *crowd]

    def test_a_queue_of_small_requests_holds_little_memory(self):
        count = 150
        short = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        long = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 14000 + b"\r\n\r\n"
        held = {}
        with self.running(under_test(), self.CONFIG, self.serve) as (network, proxy):
            for port, name, data in ((8000, "big", long), (8000, "big", short), (8001, "small", short), (8000, "big", short)):
                self.go_on.clear()
                clients = self.crowd(proxy, network, port, name, count, data)
                held.setdefault(name, []).append(resident(proxy))
                self.go_on.set()
                for client in clients:
                    self.assertEqual(client.read_answer().status, 200)
                    client.close()
                wait_until(lambda: column(proxy, [(name, "BACKEND")], "scur")[name, "BACKEND"] == 0, 30, "the end")
        self.assertLess(held["small"][0], held["big"][1] - count * 6)  # of 16 KB each, 8 at least can go

    def test_what_has_waited_arrives_whole(self):
        with self.running(under_test(), self.CONFIG, self.serve) as (network, proxy):
            for size in (0, 5000, 200000):
                self.go_on.clear()
                head = b"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (size, size)
                holder, waiting = self.crowd(proxy, network, 8001, "small", 1, head + b"b" * (size // 2))
                sender = threading.Thread(target=waiting.send, args=(b"b" * (size - size // 2),))
                sender.start()
                self.go_on.set()
                self.assertEqual(waiting.read_answer().body, b"/%d %d" % (size, size))
                sender.join()
                waiting.close()
                holder.close()

    def test_connections_wait_too(self):
        with self.running(under_test(), self.CONFIG, self.serve) as (network, proxy):
            holder, waiting = self.crowd(proxy, network, 8002, "plain", 1, b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
            self.go_on.set()
            self.assertEqual(holder.read_answer().body, b"/hold 0")
            holder.close()
            self.assertEqual(waiting.read_answer().body, b"/late 0")
            waiting.close()

    def test_its_words(self):
        for words, code in (("", 0), ("queue", 0), ("queue l7-retries check", 0), ("nothing", 1), ("queue nothing", 1)):
            done = run(["-c"], f"listen l\n  bind NET.1:8000\n  option use-small-buffers {words}\n")
            self.assertEqual(done.code, code, words)
        self.assertEqual(run(["-c"], "listen l\n  bind NET.1:8000\n  no option use-small-buffers\n").code, 0)


class IdlePing(Words):
    def test_only_http2_could_ask(self):
        text = "listen l\n  bind NET.1:8000 idle-ping 10s\n  server s NET.10:8080 idle-ping 1m\n"
        self.assertEqual(run(["-c"], text).code, 0)
        told = run(["-c", "-dD"], text).text
        self.assertEqual(told.count("'idle-ping' changes nothing here: only HTTP/2"), 2)
        for wrong in (text.replace("10s", "soon"), text.replace(" 1m", "")):
            done = run(["-c"], wrong)
            self.assertEqual(done.code, 1, wrong)
            self.assertIn("idle-ping", done.text)

    def test_traffic_is_as_without_it(self):
        def serve(connection):
            while connection.read_request() is not None:
                connection.respond(200, b"here")
        config = "listen l\n  mode http\n  bind NET.1:8000 idle-ping 10ms\n  server s NET.10:8080 idle-ping 10ms\n"
        with self.running(under_test(), config, serve) as (network, _), Client(network.host(1), 8000) as client:
            for _ in range(3):
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(client.read_answer().body, b"here")
                time.sleep(0.05)


class ProxyConnections(Words):
    """option http-use-proxy-header, as the manual has it (2.6 takes no notice of the field)."""

    def said(self, target, ask, answer):
        """(what the client is told, whether its connection is kept, connections to the server) after two such requests."""
        config = "listen l\n  mode http\n  option http-use-proxy-header\n  bind NET.1:8000\n  server s NET.10:8080\n"

        def serve(connection):
            while connection.read_head():
                connection.send(f"HTTP/1.1 200 OK\r\n{answer}Content-Length: 1\r\n\r\nx")
        origin = Origin(self.network.host(10), 8080, serve).start()
        proxy = self.proxy(HEAD + config)
        try:
            with Client(self.network.host(1), 8000) as client:
                for _ in range(2):
                    client.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n{ask}\r\n".encode())
                    got = client.read_answer()
                    told = sorted((name.lower(), value) for name, value in got.fields if "connection" in name.lower())
                    if any(value == "close" for _, value in told) and ask:
                        self.assertTrue(client.at_end())
                        return told, False, len(origin.connections)
                return told, True, len(origin.connections)
        finally:
            self._stop(proxy)
            origin.stop()

    def test_answers(self):
        close, keep = "Proxy-Connection: close\r\n", "Proxy-Connection: keep-alive\r\n"
        self.assertEqual(self.said("http://a/x", "", ""), ([], True, 1))
        self.assertEqual(self.said("http://a/x", "", keep), ([], True, 1))
        self.assertEqual(self.said("http://a/x", "", close), ([], True, 2))
        self.assertEqual(self.said("http://a/x", close, keep), ([("proxy-connection", "close")], False, 1))
        self.assertEqual(self.said("http://a/x", close, close), ([("proxy-connection", "close")], False, 1))
        # No proxy's request: the field means nothing.
        self.assertEqual(self.said("/x", "", close), ([("proxy-connection", "close")], True, 1))


class ProxyHeaders(Words):
    def first_bytes(self, line):
        """What a server sees first over a connection of such a server line, from both programs."""
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            got = []

            def serve(connection):
                text = b""
                while not text.endswith(b"hello"):
                    text += connection.link.recv(1000)
                got.append(text)
                connection.send("bye")
            config = f"listen l\n  mode tcp\n  bind NET.1:8000\n  {line}\n"
            with (self.running(program, config, serve, index) as (network, _),
                  Client(network.host(1), 8000, source=network.host(9)) as client):
                client.send(b"hello")
                client.read_until(b"bye")
                port = client.link.getsockname()[1]
            addresses = socket.inet_aton(network.host(9)) + socket.inet_aton(network.host(1)) + struct.pack("!HH", port, 8000)
            seen.append(got[0].replace(addresses, b"<addresses>"))
        return seen

    def test_headers_about_encryption(self):
        for line in ("server s NET.10:8080 send-proxy-v2-ssl", "server s NET.10:8080 send-proxy-v2-ssl-cn",
                     "server s NET.10:8080 send-proxy-v2 proxy-v2-options ssl",
                     "server s NET.10:8080 send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority",
                     "server s NET.10:8080 send-proxy-v2-ssl no-send-proxy-v2-ssl",
                     "server s NET.10:8080 send-proxy-v2-ssl-cn no-send-proxy-v2-ssl-cn",
                     "server s NET.10:8080 send-proxy-v2 send-proxy-v2-ssl no-send-proxy-v2-ssl",
                     "server s NET.10:8080 send-proxy send-proxy-v2-ssl"):
            theirs, ours = self.first_bytes(line)
            self.assertEqual(ours, theirs, line)
        self.assertIn(b"\x20\x00\x05\x00\x00\x00\x00\x00hello", self.first_bytes("server s NET.10:8080 send-proxy-v2-ssl")[1])

    def test_own_tlvs(self):
        """set-proxy-v2-tlv-fmt, which Debian's haproxy does not have: read back by our own fetch."""
        config = """
listen outer
  mode http
  bind NET.1:8000
  server inner NET.1:8001 send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) "path %[path]" set-proxy-v2-tlv-fmt(226) %[src]
listen inner
  mode http
  bind NET.1:8001 accept-proxy
  http-request return status 200 hdr first %[fc_pp_tlv(0xE1)] hdr second %[fc_pp_tlv(0xE2)]
"""
        with self.running(under_test(), config):
            answer = fetch(self.network.host(1), 8000, "/some", source=self.network.host(9))
        self.assertEqual((answer.one("first"), answer.one("second")), ("path /some", self.network.host(9)))
        for word in ("set-proxy-v2-tlv-fmt", "set-proxy-v2-tlv-fmt(256) x", "set-proxy-v2-tlv-fmt(0xE1 x", "set-proxy-v2-tlv-fmt(1)",
                     "set-proxy-v2-tlv-fmt(1) %[nothing]"):
            done = run(["-c"], f"listen l\n  bind NET.1:8000\n  server s NET.10:8080 send-proxy-v2 {word}\n")
            self.assertEqual(done.code, 1, word)
            self.assertIn("haproxy.cfg:3", done.text)

    def test_client_ip_insertion_of_netscaler(self):
        def packet(version, protocol=6, options=b""):
            tcp = struct.pack("!HHIIBBHHH", 1111, 2222, 0, 0, 5 << 4, 2, 1000, 0, 0)
            if version == 6:
                return (struct.pack("!IHBB", 6 << 28, 20, protocol, 64) + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
                        + socket.inet_pton(socket.AF_INET6, "2001:db8::2") + tcp)
            return (struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 40, 0, 0, 64, protocol, 0, socket.inet_aton("1.2.3.4"),
                                socket.inet_aton("5.6.7.8")) + options + tcp)

        def legacy(body, magic=1234):
            return struct.pack("!II", magic, len(body)) + body

        def standard(body, magic=1234):
            return struct.pack("!IIHH", magic, len(body) + 12, 1, len(body)) + body
        config = """
listen bound
  mode http
  bind NET.1:8000 accept-netscaler-cip 1234
  http-request return status 200 hdr who %[src]:%[src_port]-%[dst]:%[dst_port] hdr proxied %[fc_rcvd_proxy]
listen by_rule
  mode http
  bind NET.1:8001
  tcp-request connection expect-netscaler-cip layer4 if { src NET.9 }
  http-request return status 200 hdr who %[src]:%[src_port]-%[dst]:%[dst_port] hdr proxied %[fc_rcvd_proxy]
"""
        cases = [(8000, legacy(packet(4))), (8000, standard(packet(4))), (8000, legacy(packet(6))), (8000, standard(packet(6))),
                 (8000, legacy(packet(4, options=b"\1\1\1\1"))), (8000, legacy(packet(4), 1235)), (8000, legacy(packet(4, 17))),
                 (8000, b""), (8001, legacy(packet(4), 0)), (8001, standard(packet(4), 0)), (8001, legacy(packet(4)))]
        seen = []
        for _, network, _ in self.each(config):
            answers = []
            for port, header in cases:
                with Client(network.host(1), port, source=network.host(9)) as client:
                    text = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                    client.send(header + text)
                    fields = client.read_all().lower().split(b"\r\n")
                    answers.append([line for line in fields if line[:4] in (b"who:", b"prox")])
            with Client(network.host(1), 8001, source=network.host(8)) as client:
                answers.append(client.get().status)
            seen.append(answers)
        self.assertEqual(seen[1], seen[0])
        self.assertEqual(seen[1][0], [b"who: 1.2.3.4:1111-5.6.7.8:2222", b"proxied: 0"])


class Servers(Words):
    def test_templates(self):
        config = """
  default-server init-addr libc weight 7
backend b
  server-template srv 1-3 localhost:80 maxconn 4
  server-template w 2 localhost:81
  server-template x 5-6 localhost:82 disabled
listen l
  bind NET.1:8000
"""
        seen = []
        for _, network, proxy in self.each(config):
            rows = [line.split() for line in command(proxy, "show servers state b").splitlines()[2:]]
            seen.append([(row[2], row[3], row[6], row[7], row[18]) for row in rows if row])
        self.assertEqual(seen[1], seen[0])
        self.assertEqual([row[1] for row in seen[1]], ["srv1", "srv2", "srv3", "w1", "w2", "x5", "x6"])

    def test_mistakes_of_templates(self):
        for words in ("srv localhost:80", "srv 0 localhost:80", "srv 3-1 localhost:80", "srv 1-x localhost:80", "srv 2", "srv"):
            for program in (oracle(), under_test()):
                done = run(["-c"], f"backend b\n  server-template {words}\nlisten l\n  bind NET.1:8000\n", program=program)
                self.assertEqual(done.code, 1, (program, words))

    def test_pools_of_names(self):
        """pool-conn-name: a request does not go over a connection made for one of another name."""
        lock = threading.Lock()
        seen = []

        def serve(connection):
            while (head := connection.read_request()) is not None:
                with lock:
                    seen.append((connection.number, head.one("x-name")))
                connection.respond(200, b"ok")
        config = """
listen l
  mode http
  bind NET.1:8000
  http-reuse always
  server s NET.10:8080 pool-conn-name req.hdr(x-name)
"""
        with self.running(under_test(), config, serve) as (network, _):
            for name in ("red", "blue", "red", "blue", None, "red", None):
                self.assertEqual(fetch(network.host(1), 8000, "/", fields=[("X-Name", name)] if name else []).status, 200)
        by_name = {}
        for number, name in seen:
            by_name.setdefault(name, set()).add(number)
        self.assertEqual({name: len(numbers) for name, numbers in by_name.items()}, {"red": 1, "blue": 1, None: 1})
        self.assertEqual(len(set.union(*by_name.values())), 3)
        done = run(["-c"], "listen l\n  bind NET.1:8000\n  server s NET.10:8080 pool-conn-name nothing\n")
        self.assertEqual(done.code, 1)

    def test_usesrc_stands_behind_source(self):
        for words, code in (("source 0.0.0.0 usesrc client", 0), ("source 0.0.0.0 weight 3 usesrc clientip", 0), ("usesrc client", 1)):
            done = run(["-c"], f"listen l\n  bind NET.1:8000\n  server s NET.10:8080 {words}\n")
            self.assertEqual(done.code, code, words)
            if code:
                self.assertIn("'usesrc'", done.text)

    def test_guids(self):
        good = """
frontend f
  guid front:1
  bind NET.1:8000,NET.1:8001 guid-prefix bound
backend b
  guid back-1
  balance uri
  hash-type consistent
  server s NET.10:8080 guid back-1.s hash-key guid
"""
        self.assertEqual(run(["-c"], good).code, 0)
        for old, new in (("back-1.s", "back-1"), ("back-1.s", "front:1"), ("guid back-1\n", "guid bound-1\n")):
            done = run(["-c"], good.replace(old, new))
            self.assertEqual(done.code, 1, new)
            self.assertIn("is already taken by", done.text)
        for wrong in ("a/b", "x" * 128, ""):
            done = run(["-c"], good.replace("front:1", f"'{wrong}'"))
            self.assertEqual(done.code, 1, wrong)

    def test_the_version_on_the_statistics_page(self):
        """2.6 has no word to show it again, and forgets about a defaults section whose page is said more about."""
        config = "defaults\n  mode http\n  timeout client 5s\n  DEFAULTS\nfrontend f\n  bind NET.1:8000\n  stats uri /s\n  SECTION\n"
        for defaults, section, shown in (("", "", True), ("", "stats hide-version", False), ("stats hide-version", "", False), ("stats hide-version", "stats show-version", True),
                                         ("", "stats show-version", True), ("stats show-version", "stats hide-version", False)):
            words = config.replace("DEFAULTS", defaults).replace("SECTION", section)
            programs = [under_test()] if defaults or "show-version" in words else [oracle(), under_test()]
            for program in programs:
                with self.running(program, words) as (network, _):
                    page = fetch(network.host(1), 8000, "/s").body.decode()
                    self.assertEqual("HAProxy version " in page, shown, f"{program}: {defaults}, {section}")

    def test_descriptions_are_on_the_statistics_page(self):
        config = """
frontend f
  mode http
  bind NET.1:8000
  description The "first" of   many
  stats enable
  stats uri /s
"""
        for program, network, _ in self.each(config):
            page = fetch(network.host(1), 8000, "/s").body.decode()
            self.assertIn("The first of many", page, program)


class Encryption(Words):
    """Words about TLS that take no argument change nothing here; `ssl` and words with arguments are errors."""
    SERVER = (
        "server s NET.10:8080 no-ssl no-check-ssl no-verifyhost ssl-reuse no-ssl-reuse tls-tickets no-tls-tickets renegotiate",
        "server t NET.10:8080 no-renegotiate sni-auto no-sni-auto check-sni-auto no-check-sni-auto allow-0rtt force-sslv3",
        "server u NET.10:8080 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13")
    BIND = (
        "bind NET.1:8000 strict-sni no-strict-sni tls-tickets no-tls-tickets prefer-client-ciphers no-ca-names no-alpn allow-0rtt",
        "bind NET.1:8001 force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12",
        "bind NET.1:8002 no-tlsv13")

    def test_words_without_argument(self):
        timeouts = "defaults\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n"
        text = timeouts + "listen l\n  " + "\n  ".join(self.BIND + self.SERVER) + "\n"
        quiet = run(["-c", "-dW"], text)
        self.assertEqual((quiet.code, quiet.text), (0, ""))
        told = run(["-c", "-dD"], text)
        for line in self.BIND + self.SERVER:
            for word in line.split()[3 if line.startswith("server") else 2:]:
                self.assertIn(f"'{word}' changes nothing here", told.text)

    def test_the_others_are_errors(self):
        for word in ("ssl", "crt x.pem", "ca-file x.pem", "ciphers HIGH", "alpn h2", "ssl-min-ver TLSv1.2", "verify none"):
            for text in (f"listen l\n  bind NET.1:8000 {word}\n", f"listen l\n  bind NET.1:8000\n  server s NET.10:8080 {word}\n"):
                done = run(["-c"], text)
                self.assertEqual(done.code, 1, text)
                self.assertIn(f"'{word.split()[0]}'", done.text)

    def test_traffic_is_as_without_them(self):
        def serve(connection):
            while connection.read_request() is not None:
                connection.respond(200, b"plain")
        config = "listen l\n  mode http\n  " + "\n  ".join(self.BIND + self.SERVER) + "\n"
        with self.running(under_test(), config, serve) as (network, _):
            self.assertEqual(fetch(network.host(1), 8000).body, b"plain")


class Registered(Words):
    def test_the_dump_lists_what_works(self):
        dump = run(["-dKcfg", "-c"], "listen l\n  bind NET.1:8000\n  server s NET.10:8080\n").out
        for word in ("option splice-auto", "option splice-request", "option splice-response", "option nolinger", "option contstats",
                     "option independent-streams", "option tcp-smart-accept", "option tcp-smart-connect", "option http-no-delay",
                     "option disable-h2-upgrade", "server <name> <addr> usesrc", "server <name> <addr> set-proxy-v2-tlv-fmt(",
                     "bind <addr> accept-netscaler-cip", "server-template", "guid", "description"):
            self.assertIn(f"\t{word}", dump)


if __name__ == "__main__":
    main()

"""Timers of log lines (manual 8.4): every part of a request takes a time of its own here, and each timer must show its part. What is
asked of them holds on a slow machine too: most of a part at least, and the sums exactly. Debian's haproxy has to pass the same."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, Syslog, main, oracle, paced, requires, under_test, wait_until  # noqa: E402

NAMES = ("Th", "Ti", "TR", "Tw", "Tc", "Tr", "Td", "Ta", "Tq", "Tt", "Tu")
CONFIG = """
global
  log NET.1:10514 local0
defaults
  log global
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  timeout queue 10s
frontend f
  mode http
  bind NET.1:8000 accept-proxy
  log-format "http %HP """ + " ".join(f"{name}=%{name}" for name in NAMES) + """"
  default_backend b
backend b
  mode http
  http-request wait-for-body time 9s if METH_POST
  server s NET.10:8080 maxconn 1
listen t
  mode tcp
  bind NET.1:8001
  log-format "tcp Th=%Th Tw=%Tw Tc=%Tc Td=%Td Tt=%Tt"
  server s NET.10:8080
listen inspected
  mode tcp
  bind NET.1:8002
  bind NET.1:8003 accept-proxy
  log-format "inspected Th=%Th Tw=%Tw Tc=%Tc Td=%Td Tt=%Tt"
  tcp-request inspect-delay 9s
  tcp-request content accept if { req.len ge 4 }
  use_backend inspected_again
backend inspected_again
  mode tcp
  tcp-request inspect-delay 9s
  tcp-request content accept if { req.len ge 8 }
  server s NET.10:8080
"""
HEADER = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n"
ROUNDING = 3  # each timer is cut to a millisecond


def serve(connection):
    while (head := connection.read_head()) is not None:
        connection.origin.reached.set()
        if head.path == "/hold":
            connection.origin.released.wait(60)
            connection.respond(200, b"ok")
        else:
            time.sleep(0.25 * connection.origin.pace)
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            time.sleep(0.35 * connection.origin.pace)
            connection.send("cd")


class Timers(Case):
    def stage(self, index, program):
        network = Network(index)
        origin = Origin(network.host(10), 8080, serve)
        origin.reached, origin.released, origin.pace = threading.Event(), threading.Event(), self.pace
        origin.start()
        log = Syslog(network.host(1), 10514)
        proxy = Proxy(self.slower(CONFIG), program=program, network=network)
        for stop in (log.stop, origin.stop):
            self.addCleanup(stop)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        return network, origin, log

    def timers(self, log, mark):
        line = log.wait_for(mark)
        return {name: int(value) for name, value in (word.split("=") for word in line.split() if "=" in word)}

    def each(self, play):
        for index, program in enumerate((oracle(), under_test())):
            with self.subTest(program=program):
                play(*self.stage(index, program))

    def sums(self, seen, elapsed):
        """How the manual composes them."""
        self.assertAlmostEqual(seen["Ta"], seen["TR"] + seen["Tw"] + seen["Tc"] + seen["Tr"] + seen["Td"], delta=5 + ROUNDING)
        self.assertAlmostEqual(seen["Tq"], seen["Th"] + seen["Ti"] + seen["TR"], delta=ROUNDING)
        self.assertAlmostEqual(seen["Tt"], seen["Th"] + seen["Ti"] + seen["Ta"], delta=ROUNDING)
        self.assertAlmostEqual(seen["Tu"], seen["Tt"] - seen["Ti"], delta=ROUNDING)
        self.assertLessEqual(seen["Tt"], elapsed * 1000 + ROUNDING)

    def at_least(self, seen, **most_of):
        for name, least in most_of.items():
            self.assertGreaterEqual(seen[name], least * self.pace * 0.6 - ROUNDING, (name, seen))  # a proxy may be late to see a part begin

    @paced
    def test_http(self):
        def play(network, origin, log):
            first = Client(network.host(1), 8000)
            first.send(HEADER + "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(origin.reached.wait(10))
            begun = time.monotonic()
            client = Client(network.host(1), 8000)
            time.sleep(0.15 * self.pace)
            client.send(HEADER)  # Th
            time.sleep(0.2 * self.pace)
            client.send("GET /slow HTTP/1.1\r\nHo")  # Ti
            time.sleep(0.3 * self.pace)
            client.send("st: a\r\n\r\n")  # TR
            time.sleep(0.4 * self.pace)
            origin.released.set()  # Tw; then the server takes its time: Tr, Td
            client.read_answer()
            seen = self.timers(log, "/slow")
            self.sums(seen, time.monotonic() - begun)
            self.at_least(seen, Th=150, Ti=200, TR=300, Tw=400, Tc=0, Tr=250, Td=350)
            # the next one on the same connection: no handshake, idle since the answer
            answered = time.monotonic()
            time.sleep(0.2 * self.pace)
            client.get("/again")
            seen = self.timers(log, "/again")
            self.sums(seen, time.monotonic() - answered)
            self.at_least(seen, Th=0, Ti=195, TR=0, Tw=0, Tc=0, Tr=250, Td=350)
            self.assertEqual(seen["Th"], 0)
            first.close()
            client.close()
        self.each(play)

    @paced
    def test_tcp(self):
        def play(network, origin, log):
            begun = time.monotonic()
            client = Client(network.host(1), 8001)
            time.sleep(0.2 * self.pace)
            client.send("GET / HTTP/1.1\r\n\r\n")
            client.read_until(b"abcd")
            client.half_close()
            client.read_all()
            seen = self.timers(log, "tcp ")
            self.assertLessEqual(seen["Tt"], (time.monotonic() - begun) * 1000 + ROUNDING)
            self.at_least(seen, Th=0, Tw=0, Tc=0, Tt=800)
            self.assertLess(seen["Th"] + seen["Tw"] + seen["Tc"], seen["Tt"] - 480 * self.pace)
            client.close()
        self.each(play)

    @paced
    def test_a_body_that_is_waited_for(self):
        """It is part of the request, and so of TR."""
        def play(network, origin, log):
            begun = time.monotonic()
            client = Client(network.host(1), 8000)
            client.send(HEADER + "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
            time.sleep(0.4 * self.pace)
            client.send("body")
            client.read_until(b"cd")
            seen = self.timers(log, "/body")
            self.sums(seen, time.monotonic() - begun)
            self.at_least(seen, TR=400, Tw=0, Tr=250, Td=350)
        self.each(play)

    def inspected(self, network, log, port, handshake):
        Client(network.host(1), 8001).close()
        log.wait_for("tcp ")  # it is accepting by now
        begun = time.monotonic()
        client = Client(network.host(1), port)
        if handshake:
            time.sleep(0.3 * self.pace)
            client.send(HEADER)
        time.sleep(0.2 * self.pace)
        client.send("GET ")
        time.sleep(0.2 * self.pace)
        client.send("/in HTTP/1.1\r\n\r\n")
        client.read_until(b"cd")
        client.close()
        seen = self.timers(log, "inspected")
        self.at_least(seen, Th=handshake, Tw=400, Tc=0, Td=600, Tt=1000 + handshake)
        self.assertAlmostEqual(seen["Th"] + seen["Tw"] + seen["Tc"] + seen["Td"], seen["Tt"], delta=5 + ROUNDING)
        self.assertLessEqual(seen["Tt"], (time.monotonic() - begun) * 1000 + ROUNDING)

    @paced
    def test_inspection_in_mode_tcp(self):
        """What tcp-request content waits for, in the frontend and in the backend, is part of Tw."""
        self.each(lambda network, origin, log: self.inspected(network, log, 8002, handshake=0))

    @requires(3, 5)
    @paced
    def test_handshakes_before_inspection(self):
        """They are not in Tw, but in Tt; haproxy 2.6 has it the other way round."""
        network, _, log = self.stage(1, under_test())
        self.inspected(network, log, 8003, handshake=300)


class Retries(Case):
    """Attempts on the same server belong to Tc, with the pauses between them (manual 8.4); Tw is what came before the first."""
    CONFIG = """
global
  stats socket TMP/cli level admin
  log NET.1:10514 local0
defaults
  mode http
  log global
  log-format "%HP Tw=%Tw Tc=%Tc Ta=%Ta"
  timeout connect 250ms
  timeout client 10s
  timeout server 10s
  retries 50
frontend f
  bind NET.1:8000
  use_backend answers if { path /answers }
  default_backend late
backend late
  server s NET.10:8080
backend answers
  retry-on 503
  server s NET.10:8081
"""

    @paced
    def test_retries(self):
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            log = Syslog(network.host(1), 10514)
            self.addCleanup(log.stop)
            asked = []

            def slow(connection):
                while connection.read_head() is not None:
                    asked.append(1)
                    time.sleep(0.2 * self.pace)
                    connection.respond(503 if len(asked) < 3 else 200, b"x")
            answers = Origin(network.host(10), 8081, slow).start()
            self.addCleanup(answers.stop)
            proxy = Proxy(self.slower(self.CONFIG), program=program, network=network).start()
            self.addCleanup(proxy.stop)
            with Client(network.host(1), 8000) as client:
                client.send("GET /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                wait_until(lambda: any(line.startswith("late,s,") and line.split(",")[15] not in ("", "0") for line in proxy.cli("show stat").splitlines()))
                late = Origin(network.host(10), 8080).start()
                self.addCleanup(late.stop)
                client.read_all()
            with Client(network.host(1), 8000) as client:
                client.send("GET /answers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                client.read_all()
            wait_until(lambda: len(log.lines) >= 2 and any("/answers" in line for line in log.lines))
            for path, least in (("/late", 200), ("/answers", 380)):
                line = next(line for line in log.lines if path + " " in line)
                times = {name: int(value) for name, value in (word.split("=") for word in line.split() if "=" in word)}
                self.assertGreaterEqual(times["Tc"], least * self.pace, f"{program}: {line}")
                self.assertLess(times["Tw"], 100 * self.pace, f"{program}: {line}")
                self.assertGreaterEqual(times["Ta"] + ROUNDING, times["Tc"], f"{program}: {line}")


if __name__ == "__main__":
    main()

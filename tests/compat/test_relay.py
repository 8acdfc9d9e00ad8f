"""mode tcp past its timeouts: who is silent, who goes on, who has said all. The same scripts are played through Debian's haproxy and
through ours: the bytes each side gets, how and when its connection ends, and what the log says of it must be the same.

A script is a list of (milliseconds, who, what): `client` or `server` sends bytes, or does "fin" (half-close), "close" or "reset"."""
import os
import re
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Network, Proxy, Syslog, main, oracle, paced, under_test  # noqa: E402

HEAD = """
global
  log NET.1:10514 local0
defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 30s
  timeout server 30s
"""
FORMAT = '  log-format "NAME %ts up=%U down=%B Tw=%Tw Tt=%Tt"\n'
END = 1500       # when both sides give up, in milliseconds
TOLERANCE = 110  # of a time, in milliseconds

SCENARIOS = {
    # the client is silent
    "client_silent": ("timeout client 300ms", []),
    "client_silent_server_talks": ("timeout client 300ms", [(0, "client", b"hi"), (150, "server", b"1"), (400, "server", b"2"), (600, "server", b"3"),
                                                            (800, "server", b"4")]),
    "client_silent_server_ends": ("timeout client 300ms", [(0, "client", b"hi"), (150, "server", b"1"), (600, "server", b"2"), (800, "server", "fin")]),
    "client_silent_server_shuts_first": ("timeout client 300ms", [(100, "server", "fin")]),
    "client_ends_server_silent": ("timeout client 300ms", [(0, "client", b"hi"), (100, "client", "fin")]),
    "client_ends_server_talks": ("timeout client 300ms", [(100, "client", "fin"), (300, "server", b"1"), (500, "server", b"2"), (700, "server", "fin")]),
    # the server is silent
    "server_silent": ("timeout server 300ms", [(0, "client", b"hi")]),
    "server_silent_client_talks": ("timeout server 300ms", [(0, "client", b"hi"), (150, "client", b"1"), (400, "client", b"2"), (600, "client", b"3"),
                                                            (800, "client", b"4")]),
    "server_silent_client_ends": ("timeout server 300ms", [(150, "client", b"1"), (400, "client", "fin")]),
    "server_ends_client_silent": ("timeout server 300ms", [(100, "server", "fin")]),
    "server_ends_client_talks": ("timeout server 300ms", [(100, "server", "fin"), (300, "client", b"1"), (500, "client", b"2"), (700, "client", "fin")]),
    # both
    "both_silent": ("timeout client 300ms\n timeout server 300ms", [(100, "client", b"x")]),
    "both_silent_client_first": ("timeout client 300ms\n timeout server 600ms", [(0, "client", b"x")]),
    "both_silent_server_first": ("timeout client 600ms\n timeout server 300ms", [(0, "client", b"x")]),
    "both_client_talks": ("timeout client 300ms\n timeout server 300ms", [(n * 150, "client", b"x") for n in range(7)]),
    "both_server_talks": ("timeout client 300ms\n timeout server 300ms", [(n * 150, "server", b"x") for n in range(7)]),
    # timeout tunnel
    "tunnel_silent": ("timeout client 200ms\n timeout server 200ms\n timeout tunnel 500ms", [(0, "client", b"x")]),
    "tunnel_client_talks": ("timeout tunnel 300ms", [(n * 150, "client", b"x") for n in range(6)]),
    "tunnel_client_ends": ("timeout tunnel 700ms\n timeout client 200ms\n timeout server 200ms", [(100, "client", "fin")]),
    "tunnel_server_ends": ("timeout tunnel 700ms\n timeout client 200ms\n timeout server 200ms", [(100, "server", "fin")]),
    # what is left after a half-close
    "client_fin": ("timeout client-fin 300ms", [(100, "server", "fin")]),
    "client_fin_client_talks": ("timeout client-fin 300ms", [(100, "server", "fin"), (250, "client", b"1"), (450, "client", b"2")]),
    "client_fin_of_a_client_that_ended": ("timeout client-fin 300ms", [(100, "client", "fin"), (200, "server", b"1")]),
    "server_fin": ("timeout server-fin 300ms", [(100, "client", "fin")]),
    "server_fin_server_talks": ("timeout server-fin 300ms", [(100, "client", "fin"), (250, "server", b"1"), (450, "server", b"2")]),
    "server_fin_of_a_server_that_ended": ("timeout server-fin 300ms", [(100, "server", "fin"), (200, "client", b"1")]),
    "both_fins": ("timeout client-fin 500ms\n timeout server-fin 300ms", [(100, "client", "fin")]),
    "both_fins_of_the_server": ("timeout client-fin 300ms\n timeout server-fin 500ms", [(100, "server", "fin")]),
    "tunnel_and_fin": ("timeout tunnel 900ms\n timeout server-fin 300ms", [(100, "client", "fin")]),
    "tunnel_and_client_fin": ("timeout tunnel 900ms\n timeout client-fin 300ms", [(100, "server", "fin")]),
    "client_silent_then_server_fin": ("timeout client 200ms\n timeout server-fin 300ms", [(100, "client", b"x")]),
    "server_silent_then_client_fin": ("timeout server 200ms\n timeout client-fin 300ms", [(100, "client", b"x")]),
    "silent_with_independent_streams": ("option independent-streams\n timeout client 300ms\n timeout server 300ms",
                                        [(n * 200, "client", b"x") for n in range(6)]),
    # option nolinger: nothing is half-closed
    "nolinger_client_silent": ("option nolinger\n timeout client 300ms", [(0, "client", b"hi"), (150, "server", b"1"), (600, "server", b"2")]),
    "nolinger_server_silent": ("option nolinger\n timeout server 300ms", [(0, "client", b"hi"), (600, "client", b"2")]),
    "nolinger_both_silent": ("option nolinger\n timeout client 300ms\n timeout server 300ms", [(0, "client", b"hi")]),
    "nolinger_client_ends": ("option nolinger", [(100, "client", "fin"), (200, "server", b"1"), (300, "server", "fin")]),
    "nolinger_server_ends": ("option nolinger", [(100, "server", "fin"), (200, "client", b"1"), (300, "client", "fin")]),
    "nolinger_tunnel": ("option nolinger\n timeout tunnel 300ms", [(0, "client", b"hi"), (100, "server", b"1")]),
    # ends
    "client_closes": ("", [(0, "client", b"x"), (100, "client", "close")]),
    "client_resets": ("", [(0, "client", b"x"), (100, "client", "reset")]),
    "server_closes": ("", [(0, "client", b"x"), (100, "server", "close")]),
    "server_resets": ("", [(0, "client", b"x"), (100, "server", "reset")]),
    "both_end": ("", [(100, "client", "fin"), (200, "server", b"y"), (300, "server", "fin")]),
    "server_resets_after_the_client_ended": ("", [(100, "client", "fin"), (250, "server", "reset")]),
    "client_resets_after_the_server_ended": ("", [(100, "server", "fin"), (250, "client", "reset")]),
}


# The end of a client's connection is told before it is reset.
INTENDED = {("nolinger_client_ends", "client end")}


class End:
    """One side of a relay: what came, when and how it ended."""

    def __init__(self, link, begun):
        self.link, self.begun = link, begun
        self.got, self.end, self.when = b"", "open", None
        link.settimeout(0.02)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.over = False
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        while not self.over:
            try:
                chunk = self.link.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                self.ended("reset")
                return
            if not chunk:
                self.ended("fin")
                return
            self.got += chunk

    def ended(self, how):
        self.end, self.when = how, (time.monotonic() - self.begun) * 1000

    def do(self, what):
        try:
            if isinstance(what, bytes):
                self.link.sendall(what)
            elif what == "fin":
                self.link.shutdown(socket.SHUT_WR)
            else:
                self.stop(reset=what == "reset")
        except OSError:
            pass

    def stop(self, reset=False):
        self.over = True
        self.thread.join()
        if reset and self.link.fileno() >= 0:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()


UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"


def read_head(link):
    link.settimeout(10)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += link.recv(1)


class Stage:
    """`mode` http: the same scripts behind a 101."""

    def __init__(self, program, index, mode, slower=lambda config: config, pace=1):
        self.network, self.mode, self.pace = Network(index), mode, pace
        self.log = Syslog(self.network.host(1), 10514)
        self.listeners, config = {}, HEAD
        for number, name in enumerate(SCENARIOS):
            self.listeners[name] = (listener := socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.network.host(10), 9000 + number))
            listener.listen(8)
            config += f"listen {name}\n mode {mode}\n bind NET.1:{8000 + number}\n {slower(SCENARIOS[name][0])}\n" + FORMAT.replace("NAME", name)
            config += f" server s NET.10:{9000 + number}\n"
        self.proxy = Proxy(config, program=program, network=self.network)
        self.seen = {}

    def play(self):
        self.proxy.start()
        threads = [threading.Thread(target=self.one, args=(number, name)) for number, name in enumerate(SCENARIOS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.seen

    def one(self, number, name):
        link = socket.create_connection((self.network.host(1), 8000 + number))
        if self.mode == "http":
            link.sendall(UPGRADE)
        self.listeners[name].settimeout(10)
        other, _ = self.listeners[name].accept()
        if self.mode == "http":
            read_head(other)
            other.sendall(SWITCHING)
            read_head(link)
        begun = time.monotonic()
        sides = {"client": End(link, begun), "server": End(other, begun)}
        for when, who, what in SCENARIOS[name][1] + [(END, "client", "close"), (END, "server", "close")]:
            time.sleep(max(0.0, when * self.pace / 1000 - (time.monotonic() - begun)))
            sides[who].do(what)
        line = self.log.wait_for(f" {name} ")
        found = re.search(r" (..) up=(\d+) down=(\d+) Tw=(\S+) Tt=(\d+)", line)
        seen = {"flags": found[1], "Tw": int(found[4]) > 50 * self.pace, "Tt": int(found[5])}
        if self.mode == "tcp":  # of HTTP haproxy 2.6 counts its inner form
            seen |= {"up": found[2], "down": found[3]}
        for who, side in sides.items():
            seen |= {f"{who} got": side.got, f"{who} end": side.end, f"{who} when": side.when}
        self.seen[name] = seen

    def stop(self):
        self.proxy.stop()
        for listener in self.listeners.values():
            listener.close()
        self.log.stop()


class Relay(Case):
    def same(self, one, other):
        if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
            return one == other
        return abs(one - other) <= TOLERANCE * self.pace

    def compare(self, mode):
        both = []
        for index, program in enumerate((oracle(), under_test())):
            stage = Stage(program, index, mode, self.slower, self.pace)
            try:
                both.append(stage.play())
            finally:
                stage.stop()
            self.assertIsNone(stage.proxy.crashed())
        theirs, ours = both
        told = [f"{name}: {key}: haproxy {theirs[name][key]!r}, ours {ours[name][key]!r}" for name in SCENARIOS for key in theirs[name]
                if (name, key) not in INTENDED and not self.same(theirs[name][key], ours[name][key])]
        self.assertEqual("", "\n".join(told))

    @paced
    def test_tcp(self):
        self.compare("tcp")

    @paced
    def test_http(self):
        self.compare("http")


if __name__ == "__main__":
    main()

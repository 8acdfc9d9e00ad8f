"""What the kernel has of socket options that the configuration asks for, read from the program's own descriptors, as with Debian's
haproxy: the listening socket, the client's connection and the server's, in that order."""
import ctypes
import os
import socket
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, main, oracle, under_test, wait_until  # noqa: E402

HEAD = """
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
"""
PIDFD_GETFD = 438  # of all architectures

TCP, IP, SOL = socket.IPPROTO_TCP, socket.IPPROTO_IP, socket.SOL_SOCKET
OPTIONS = {
    "keepalive": (SOL, socket.SO_KEEPALIVE), "count": (TCP, socket.TCP_KEEPCNT), "idle": (TCP, socket.TCP_KEEPIDLE),
    "interval": (TCP, socket.TCP_KEEPINTVL), "user timeout": (TCP, socket.TCP_USER_TIMEOUT), "segment": (TCP, socket.TCP_MAXSEG),
    "nodelay": (TCP, socket.TCP_NODELAY), "defer": (TCP, socket.TCP_DEFER_ACCEPT), "fast open": (TCP, 23), "fast open connect": (TCP, 30),
    "tos": (IP, socket.IP_TOS), "transparent": (IP, 19), "mark": (SOL, 36), "receive": (SOL, socket.SO_RCVBUF), "send": (SOL, socket.SO_SNDBUF),
}
LISTENS, CLIENT, SERVER = range(3)

# name: (lines of the frontend, words of its bind line, words of the server line, {which: what is looked at})
CASES = {
    "nothing": ("", "", "", {LISTENS: ["keepalive", "defer", "fast open", "transparent"],
                             CLIENT: ["keepalive", "nodelay", "tos", "mark", "user timeout"],
                             SERVER: ["keepalive", "nodelay", "tos", "mark", "user timeout", "fast open connect"]}),
    "clitcpka": ("option clitcpka\n clitcpka-cnt 3\n clitcpka-idle 11s\n clitcpka-intvl 7s", "", "",
                 {CLIENT: ["keepalive", "count", "idle", "interval"], SERVER: ["keepalive"]}),
    "srvtcpka": ("option srvtcpka\n srvtcpka-cnt 4\n srvtcpka-idle 12s\n srvtcpka-intvl 8s", "", "",
                 {CLIENT: ["keepalive"], SERVER: ["keepalive", "count", "idle", "interval"]}),
    "tcpka": ("option tcpka", "", "", {CLIENT: ["keepalive"], SERVER: ["keepalive"]}),
    "counts without the option": ("clitcpka-cnt 3\n srvtcpka-cnt 3", "", "", {CLIENT: ["keepalive", "count"], SERVER: ["keepalive", "count"]}),
    "user timeouts": ("", "tcp-ut 1500ms", "tcp-ut 2500ms", {CLIENT: ["user timeout"], SERVER: ["user timeout"]}),
    "mss": ("", "mss 700", "", {LISTENS: ["segment"], CLIENT: ["segment"]}),
    "defer-accept": ("", "defer-accept", "", {LISTENS: ["defer"]}),
    "transparent": ("", "transparent", "", {LISTENS: ["transparent"]}),
    "fast open": ("", "tfo", "tfo", {LISTENS: ["fast open"]}),
    "tos": ("http-request set-tos 16", "", "", {CLIENT: ["tos"], SERVER: ["tos"]}),
    "mark": ("http-request set-mark 77", "", "", {CLIENT: ["mark"], SERVER: ["mark"]}),
    "source": ("source NET.7", "", "", {SERVER: ["transparent"]}),
}
BUFFERS = """
global
  tune.rcvbuf.client 20000
  tune.sndbuf.client 30000
  tune.rcvbuf.server 40000
  tune.sndbuf.server 50000
"""


def descriptors(pid, kind=socket.SOCK_STREAM):
    """The TCP (or UDP) sockets of a process: duplicates, which are to be closed."""
    process, found = os.pidfd_open(pid), []
    try:
        for number in os.listdir(f"/proc/{pid}/fd"):
            try:
                if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
                    continue
            except FileNotFoundError:
                continue
            copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, int(number), 0)
            if copy < 0:
                if ctypes.get_errno() == 1:
                    raise unittest.SkipTest("the descriptors of another process cannot be had here")
                continue
            link = socket.socket(fileno=copy)
            if link.family == socket.AF_INET and link.type == kind:
                found.append(link)
            else:
                link.close()
    finally:
        os.close(process)
    return found


def place(link):
    try:
        return link.getsockname(), link.getpeername()
    except OSError:
        return link.getsockname(), None


class Options(Case):
    def look(self, pid, network, port, client, ask):
        """What ask(socket) says of the listening sockets, the client's and the server's: three lists."""
        answers = ([], [], [])
        for link in descriptors(pid):
            with link:
                here, there = place(link)
                if there is None:
                    kind = LISTENS if here == (network.host(1), port) else None
                else:
                    kind = CLIENT if there == client.link.getsockname() else SERVER if there == (network.host(10), 8080) else None
                if kind is not None:
                    answers[kind].append(ask(link))
        return answers

    def options_of(self, program, index, config, looked_at):
        network = Network(index)
        origin = Origin(network.host(10), 8080).start()
        proxy = Proxy(config, program=program, network=network)

        def ask(link):
            return {name: link.getsockopt(*OPTIONS[name]) for names in looked_at.values() for name in names}
        try:
            proxy.start()
            with Client(network.host(1), 8000) as client:
                client.get("/")
                kinds = wait_until(lambda: all((kinds := self.look(proxy.pid, network, 8000, client, ask))) and kinds, what="all three sockets")
                return {(kind, name): {options[name] for options in kinds[kind]} for kind, names in looked_at.items() for name in names}
        finally:
            proxy.stop()
            origin.stop()

    def compare(self, config, looked_at):
        theirs, ours = (self.options_of(program, index, config, looked_at) for index, program in enumerate((oracle(), under_test())))
        self.assertEqual(theirs, ours)
        return ours

    def play(self, name):
        front, bind, server, looked_at = CASES[name]
        return self.compare(HEAD + f"listen l\n bind NET.1:8000 {bind}\n {front}\n server s NET.10:8080 {server}\n", looked_at)

    def test_as_haproxy(self):
        for name in CASES:
            with self.subTest(name):
                self.play(name)

    def test_values(self):
        """That the comparison is not of defaults on both sides."""
        wanted = {"clitcpka": {(CLIENT, "keepalive"): 1, (CLIENT, "count"): 3, (CLIENT, "idle"): 11, (CLIENT, "interval"): 7, (SERVER, "keepalive"): 0},
                  "srvtcpka": {(SERVER, "keepalive"): 1, (SERVER, "count"): 4, (SERVER, "idle"): 12, (SERVER, "interval"): 8},
                  "user timeouts": {(CLIENT, "user timeout"): 1500, (SERVER, "user timeout"): 2500},
                  "tos": {(CLIENT, "tos"): 16}, "mark": {(CLIENT, "mark"): 77}, "nothing": {(CLIENT, "nodelay"): 1, (SERVER, "nodelay"): 1}}
        for name, values in wanted.items():
            with self.subTest(name):
                seen = self.play(name)
                self.assertEqual({at: {value} for at, value in values.items()}, {at: seen[at] for at in values})

    def test_buffers(self):
        self.compare(BUFFERS + HEAD + "listen l\n bind NET.1:8000\n server s NET.10:8080\n",
                     {CLIENT: ["receive", "send"], SERVER: ["receive", "send"]})

    def test_buffers_of_log_sockets(self):
        """haproxy 2.6 has no such keyword. The kernel doubles what it is asked for."""
        log, network = self.syslog(), self.network
        servers = "backend logs\n mode log\n server a udp@NET.1:10514\n"
        for target, more in (("NET.1:10514", ""), ("backend@logs", servers)):
            with self.subTest(target):
                seen = len(log.lines)
                proxy = self.proxy("global\n tune.sndbuf.backend 30000\n" + HEAD + f"listen l\n bind NET.1:8000\n log {target} local0\n"
                                   " http-request return status 200\n" + more)
                self.get()
                log.wait_count(seen + 1)
                sizes = set()
                for link in descriptors(proxy.pid, socket.SOCK_DGRAM):
                    with link:
                        if place(link)[1] == (network.host(1), 10514):
                            sizes.add(link.getsockopt(*OPTIONS["send"]))
                self.assertIn(60000, sizes)
                proxy.stop()

    def test_of_servers(self):
        """What haproxy 2.6 does not leave to be seen on its sockets."""
        def lingers(link):
            return struct.unpack("ii", link.getsockopt(SOL, socket.SO_LINGER, 8))
        network = self.network
        self.origin(10)
        proxy = self.proxy(HEAD + "listen l\n bind NET.1:8000\n option nolinger\n server s NET.10:8080 tfo\n")
        client = self.client()
        client.get("/")
        self.assertEqual([(1, 0)], self.look(proxy.pid, network, 8000, client, lingers)[SERVER])
        self.assertEqual([1], self.look(proxy.pid, network, 8000, client, lambda link: link.getsockopt(*OPTIONS["fast open connect"]))[SERVER])


if __name__ == "__main__":
    main()

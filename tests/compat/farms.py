"""Farms of servers behind both programs, and who of them answered: what tests of balancing have in common."""
import os
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, under_test  # noqa: E402,F401

HEAD = """
global
  stats socket TMP/cli level admin
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  http-reuse always
  option redispatch
"""
WEIGHTS = (3, 1, 7, 2, 5)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Web:
    """Answers every request at once with nothing; with `name`, the first bytes of each connection with that."""

    def __init__(self, host, port, name=None):
        self.name = name
        self.listener = socket.create_server((host, port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        rest = b""
        try:
            while data := link.recv(262144):
                if self.name:
                    link.sendall(self.name)
                    return
                rest += data
                heads = rest.split(b"\r\n\r\n")
                rest = heads.pop()
                if heads:
                    link.sendall(ANSWER * len(heads))
        except OSError:
            pass
        finally:
            link.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Farm(Case):
    def servers(self, weights=WEIGHTS):
        return "".join(f"  server s{i} NET.10:8080 weight {weight}\n" for i, weight in enumerate(weights, 1))

    def both(self, plans, steps, nearly=0):
        """steps(ask, cli) with haproxy and with ours; ask(plan's number, requests) is who got them. Numbers may differ by `nearly`."""
        config = HEAD + "".join(f"listen l{i}\n  bind NET.1:{8000 + i}\n  http-response set-header x-srv %s\n  {plan}\n{self.servers()}"
                                for i, plan in enumerate(plans))
        web = Web(self.network.host(10), 8080)
        self.addCleanup(web.stop)
        theirs = self.one(oracle(), config, steps)
        ours = self.one(under_test(), config, steps)
        self.assertEqual(ours.keys(), theirs.keys())
        for name in theirs:
            different = [(n, a, b) for n, (a, b) in enumerate(zip(theirs[name], ours[name])) if a != b and (isinstance(a, str) or abs(a - b) > nearly)]
            self.assertEqual(len(ours[name]), len(theirs[name]))
            self.assertFalse(different, f"{name}: {len(different)} of {len(ours[name])} go elsewhere: number, haproxy, ours: {different[:5]}")
        return ours

    def one(self, program, config, steps):
        proxy = Proxy(config, program=program, network=self.network).start()
        try:
            return steps(lambda plan, requests, source=9: self.ask(8000 + plan, requests, source), proxy.cli)
        finally:
            self._stop(proxy)

    def ask(self, port, requests, source=9):
        names, rest = [], b""
        address = source if isinstance(source, str) else self.network.host(source)
        with socket.create_connection((self.front, port), source_address=(address, 0), timeout=20) as link:
            for at in range(0, len(requests), 40):
                batch = requests[at:at + 40]
                link.sendall(b"".join(batch))
                want = len(names) + len(batch)
                while len(names) < want:
                    data = link.recv(262144)
                    self.assertTrue(data, f"the connection ended after {rest!r}")
                    *heads, rest = (rest + data).split(b"\r\n\r\n")
                    names += [found[1].decode() if (found := re.search(rb"x-srv: (\S+)", head)) else head.decode() for head in heads]
        return names

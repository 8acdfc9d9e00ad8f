"""`socks4` on a server line: what is forwarded goes through that proxy, as with Debian's haproxy."""
import os
import re
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, Syslog, main, oracle, under_test  # noqa: E402

HEAD = """
global
  log NET.1:10514 local0
  stats socket TMP/cli level admin
defaults
  mode http
  log global
  retries 0
  log-format "%b/%s %ST %ts retries=%rc to=%si:%sp,%[bc_dst]:%[bc_dst_port]"
  timeout connect 5s
  timeout client 9s
  timeout server 9s
"""
PROXIES = ("grants", "denies", "silent", "closes")  # by port, from 1080 on
CASES = {
    "http": " server s NET.10:8080 socks4 NET.20:1080",
    "tcp": " mode tcp\n server s NET.10:8080 socks4 NET.20:1080",
    "with_a_header": " server s NET.10:8080 socks4 NET.20:1080 send-proxy",
    "denied": " server s NET.10:8080 socks4 NET.20:1081",
    "silent": " timeout connect 300ms\n server s NET.10:8080 socks4 NET.20:1082",
    "closed": " server s NET.10:8080 socks4 NET.20:1083",
    "tried_again": " retries 1\n server s NET.10:8080 socks4 NET.20:1083",
    "nobody": " server s NET.10:8080 socks4 NET.20:9",
    "version_6": " server s [::1]:8080 socks4 NET.20:1080",
}


class Socks:
    def __init__(self, host, port, does):
        self.does, self.asked = does, []
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        with link:
            asked = b""
            while len(asked) < 9 or not asked.endswith(b"\0"):
                if not (chunk := link.recv(100)):
                    return
                asked += chunk
            self.asked.append(asked)
            if self.does == "closes":
                return
            if self.does != "silent":
                link.sendall(bytes([0, 0x5a if self.does == "grants" else 0x5b]) + bytes(6))
            if self.does != "grants":
                link.recv(1)
                return
            port, address = struct.unpack(">H4s", asked[2:8])
            with socket.create_connection((socket.inet_ntoa(address), port)) as server:
                back = threading.Thread(target=self.pump, args=(server, link), daemon=True)
                back.start()
                self.pump(link, server)
                back.join()

    @staticmethod
    def pump(source, target):
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def tell(connection):
    """Answers with all that came over this connection so far."""
    while connection.read_head() is not None:
        connection.respond(200, bytes(connection.received))


class Traffic(Case):
    def play(self, program, index):
        network = Network(index)
        log = Syslog(network.host(1), 10514)
        origin = Origin(network.host(10), 8080, tell).start()
        proxies = [Socks(network.host(20), 1080 + number, does) for number, does in enumerate(PROXIES)]
        for resource in (log, origin, *proxies):
            self.addCleanup(resource.stop)
        config = HEAD + "".join(f"listen {name}\n bind NET.1:{8000 + number}\n{text}\n" for number, (name, text) in enumerate(CASES.items()))
        proxy = Proxy(config, program=program, network=network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        seen = {}
        for number, name in enumerate(CASES):
            with Client(network.host(1), 8000 + number) as client:
                answers = [client.get(f"/{n}") for n in range(2 if name == "http" else 1)]
            line = network.mask(log.wait_for(f" {name}/")).split(": ", 1)[1].strip()
            bodies = [re.sub(r"\d+ 80", "PORT 80", network.mask(answer.body.decode()).lower()) for answer in answers]
            seen[name] = [answers[0].status, bodies if answers[0].status == 200 else [], line]
        for does, socks in zip(PROXIES, proxies):
            seen[f"asked of the one that {does}"] = [network.mask(request.hex().replace(socket.inet_aton(network.host(10)).hex(), "NET.10"))
                                                     for request in socks.asked]
        rows = [row.split(",") for row in proxy.cli("show stat").splitlines() if ",s," in row]
        seen["statistics"] = {row[0]: {"stot": row[7], "econ": row[13], "eresp": row[14], "wretr": row[15]} for row in rows if row[0] != "version_6"}
        return seen

    def test_as_haproxy(self):
        theirs, ours = self.play(oracle(), 0), self.play(under_test(), 1)
        self.assertEqual(200, ours["http"][0])
        for name, expected in theirs.items():
            with self.subTest(name):
                self.assertEqual(expected, ours[name])


if __name__ == "__main__":
    main()

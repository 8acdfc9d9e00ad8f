"""What log lines say of the server's connection, which is gone when they are written: as Debian's haproxy says it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, Syslog, main, oracle, requires, under_test  # noqa: E402

HEAD = """
global
  log NET.1:10514 local0
defaults
  mode http
  log global
  retries 0
  timeout connect 5s
  timeout client 5s
  timeout server 5s
"""
FORMAT = ("%[bc_src] %[bc_src_port,bool] to %[bc_dst] %[bc_dst_port] err=%[bc_err] %[bc_err_str] http=%[bc_http_major] bi=%bi si=%si:%sp s=%s "
          "same=%[bc_src_port],%bp")
CASES = {
    "http_answered": " server s NET.10:8080",
    "tcp_answered": " mode tcp\n server s NET.10:8080",
    "http_refused": " server s NET.1:9",
    "tcp_refused": " mode tcp\n server s NET.1:9",
    "http_no_server": " server s NET.1:9 disabled",
    "http_denied": " http-request deny\n server s NET.1:9",
    "http_silent": " timeout server 200ms\n server s NET.10:8081",
    "http_cut": " server s NET.10:8082",
    "http_answer_denied": " http-response deny\n server s NET.10:8080",
}


def once(name):
    return "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Addresses(Case):
    def lines(self, program, index):
        network = Network(index)
        log = Syslog(network.host(1), 10514)
        self.addCleanup(log.stop)
        for port, serve in ((8080, None), (8081, lambda c: c.read_rest()), (8082, lambda c: c.read_until(b"\r\n\r\n"))):
            self.addCleanup(Origin(network.host(10), port, serve).start().stop)
        config = HEAD
        for number, (name, text) in enumerate(CASES.items()):
            config += f"listen {name}\n bind NET.1:{8000 + number}\n log-format \"{name} {FORMAT}\"\n{text}\n"
        proxy = Proxy(config, program=program, network=network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        found = {}
        for number, name in enumerate(CASES):
            with Client(network.host(1), 8000 + number) as client:
                client.send(once(name))
                if name == "tcp_answered":
                    client.read_answer()
                else:
                    client.read_all()
            line = network.mask(log.wait_for(f" {name} ")).split(f" {name} ")[1].strip()
            text, _, ports = line.partition(" same=")
            one, other = ports.split(",")
            self.assertEqual(one, other, line)  # bc_src_port is %bp
            found[name] = text
        return found

    def test_as_haproxy(self):
        theirs, ours = self.lines(oracle(), 0), self.lines(under_test(), 1)
        for name in CASES:
            # ours does not know from where it tried in vain
            expected = theirs[name]
            if "refused" in name:
                expected = re.sub(r"^\S+ 1 to(.*) bi=\S+", r"- - to\1 bi=-", expected).replace("err=- -", "err=46 ECONNREFUSED returned by OS")
            with self.subTest(name):
                self.assertEqual(expected, ours[name])

    @requires(3, 3)
    def test_what_connecting_came_to(self):
        """By the manual's table of errors (fc_err_str)."""
        log = self.syslog()
        denies = Origin(self.network.host(10), 1080, lambda c: c.send(b"\0\x5b" + bytes(6))).start()
        leaves = Origin(self.network.host(10), 1081, lambda c: c.read_exactly(16)).start()
        resets = Origin(self.network.host(10), 8081, lambda c: (c.read_until(b"\r\n\r\n"), c.reset())).start()
        for origin in (denies, leaves, resets):
            self.addCleanup(origin.stop)
        self.origin(10)
        servers = {"fine": "NET.10:8080", "refused": "NET.1:9", "denied": "NET.10:8080 socks4 NET.10:1080",
                   "left": "NET.10:8080 socks4 NET.10:1081", "reset": "NET.10:8081", "source": "NET.10:8080 source 192.0.2.1"}
        config = HEAD
        for number, (name, server) in enumerate(servers.items()):
            config += (f"listen {name}\n bind NET.1:{8000 + number}\n server s {server}\n"
                       ' http-after-response set-header x-error "%[bc_err] %[bc_err_name] %[bc_err_str]"\n'
                       f' log-format "{name} says %[bc_err] <%[bc_err_name]> %[bc_err_str]"\n')
        self.proxy(config)
        expected = {"fine": "0 <-> Success", "refused": "46 <EREFUSED> ECONNREFUSED returned by OS", "denied": "41 <SOCKS4_DENY> SOCKS4 Proxy deny the request",
                    "left": "42 <SOCKS4_ABORT> SOCKS4 Proxy handshake aborted by server", "reset": "47 <ERESET> ECONNRESET returned by OS",
                    "source": "9 <FREE_PORTS> Out of local source ports on the system"}
        for number, name in enumerate(servers):
            with self.subTest(name), Client(self.network.host(1), 8000 + number) as client:
                client.send(once(name))
                answer = client.read_answer()
                self.assertEqual(answer.one("x-error").split(), expected[name].replace("<-> ", "").replace("<", "").replace(">", "").split())
                self.assertEqual(log.wait_for(f" {name} says ").split(" says ")[1].strip(), expected[name])

    @requires(3, 0)
    def test_newer_words(self):
        log = self.syslog()
        self.origin(10)
        self.proxy(HEAD + "listen l\n bind NET.1:8000\n server s NET.10:8080\n"
                   ' log-format "line %[bc_rtt(us),bool] %[bc_nb_streams] %[bc_glitches] %[bs.id]"\n')
        client = self.client()
        for number in range(1, 4):
            client.get(f"/{number}")
            self.assertTrue(log.wait_count(number)[-1].rstrip().endswith(f"line 1 1 0 {number}"), log.lines)


if __name__ == "__main__":
    main()

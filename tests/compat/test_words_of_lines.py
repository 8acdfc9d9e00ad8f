"""Small promises of bind, proxy and global lines and of the command line, seen from outside: in the kernel's tables, in answers."""
import os
import re
import resource
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Network, Origin, Proxy, main, oracle, run, under_test, wait_until  # noqa: E402

HEAD = """
global
  nbthread 1
  stats socket TMP/cli level admin
  GLOBAL
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
"""


def tcp_table():
    """(local, remote, state, timer) of every IPv4 TCP socket; timer 2 is keepalive."""
    def address(text):
        host, port = text.split(":")
        return socket.inet_ntoa(bytes.fromhex(host)[::-1]), int(port, 16)
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            fields = line.split()
            yield address(fields[1]), address(fields[2]), fields[3], int(fields[5].split(":")[0], 16)


def keepalive(local=None, remote=None):
    """Whether the established socket with this end has a keepalive timer."""
    found = [timer == 2 for here, there, state, timer in tcp_table()
             if state == "01" and (here == local or there == remote)]
    return found[0] if found else None


class Lines(Case):
    def both(self, config, play, in_global=""):
        """[what play(proxy, network) gives] for haproxy and for ours."""
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            origin = Origin(network.host(10), 8080).start()
            proxy = Proxy(HEAD.replace("GLOBAL", in_global) + config, program=program, network=network)
            try:
                proxy.start()
                seen.append(play(proxy, network))
            finally:
                origin.stop()
                self._stop(proxy)
        return seen

    def keepalives(self, options):
        def play(proxy, network):
            with Client(network.host(1), 8000, source=network.host(9)) as client:
                client.get("/")
                # the server side's timer is restarted by an answer's acknowledgement: both are at rest soon
                wait_until(lambda: keepalive(local=(network.host(1), 8000)) is not None, 5, "the connection in the table")
                ends = {"client": [t for here, there, state, t in tcp_table() if state == "01" and here == (network.host(1), 8000)],
                        "server": [t for here, there, state, t in tcp_table() if state == "01" and there == (network.host(10), 8080)]}

                def rests():
                    ends["client"] = [t for h, r, s, t in tcp_table() if s == "01" and h == (network.host(1), 8000)]
                    ends["server"] = [t for h, r, s, t in tcp_table() if s == "01" and r == (network.host(10), 8080)]
                    return all(t in (0, 2) for end in ends.values() for t in end)
                wait_until(rests, 5, "no segment under way")
                return ends
        return self.both("listen l\n  bind NET.1:8000\n" + options + "  server s NET.10:8080\n", play)

    def test_no_keepalive_by_default(self):
        self.assertEqual(self.keepalives(""), [{"client": [0], "server": [0]}] * 2)

    def test_keepalive_of_clients(self):
        self.assertEqual(self.keepalives("  option clitcpka\n"), [{"client": [2], "server": [0]}] * 2)

    def test_keepalive_of_servers(self):
        self.assertEqual(self.keepalives("  option srvtcpka\n"), [{"client": [0], "server": [2]}] * 2)

    def test_keepalive_of_both(self):
        self.assertEqual(self.keepalives("  option tcpka\n"), [{"client": [2], "server": [2]}] * 2)

    def test_defer_accept(self):
        """The handshake's last packet is not enough: the kernel waits for data."""
        def play(proxy, network):
            with Client(network.host(1), 8000) as client:
                states = [state for here, _, state, _ in tcp_table() if here == (network.host(1), 8000) and state not in ("0A", "06")]
                return states, client.get("/").status
        seen = self.both("listen l\n  bind NET.1:8000 defer-accept\n  server s NET.10:8080\n", play)
        self.assertEqual(seen[1], seen[0])
        self.assertNotIn("01", seen[1][0])
        self.assertEqual(seen[1][1], 200)

    def test_transparent(self):
        """An address that is not ours, where the kernel allows it."""
        probe = socket.socket()
        try:
            probe.setsockopt(socket.IPPROTO_IP, 19, 1)  # IP_TRANSPARENT
            probe.bind(("203.0.113.77", 0))
        except OSError:
            raise unittest.SkipTest("this needs CAP_NET_ADMIN")
        finally:
            probe.close()
        for program in (oracle(), under_test()):
            config = HEAD.replace("GLOBAL", "") + "listen l\n  bind 203.0.113.77:8000 WORD\n  bind NET.1:8001\n  server s NET.10:8080\n"
            refused = run([], config.replace("WORD", ""), program=program)
            self.assertEqual(refused.code, 1, refused.text)
            proxy = Proxy(config.replace("WORD", "transparent"), program=program, wait=[8001])
            self.addCleanup(self._stop, proxy)
            proxy.start()
            self.assertTrue(any(here == ("203.0.113.77", 8000) and state == "0A" for here, _, state, _ in tcp_table()))
            proxy.stop()

    def test_ranges_lists_and_prefixes(self):
        def play(proxy, network):
            return [Client(network.host(host), port).get("/").status for host, port in ((1, 8000), (1, 8001), (1, 8002), (2, 8003))]
        seen = self.both("listen l\n  bind NET.1:8000-8001,ipv4@NET.1:8002,NET.2:8003 nice 5 process 1/1 name n interface lo\n"
                         "  server s ipv4@NET.10:8080\n", play)
        self.assertEqual(seen, [[200] * 4] * 2)

    def test_an_id_is_for_one_socket(self):
        for program in (oracle(), under_test()):
            done = run(["-c"], HEAD.replace("GLOBAL", "") + "listen l\n  bind NET.1:8000-8001 id 7\n  server s NET.10:8080\n", program=program)
            self.assertEqual(done.code, 1, done.text)

    def test_a_head_leaves_room_for_rewriting(self):
        """tune.bufsize less tune.maxrewrite is what a request may have."""
        def play(proxy, network):
            statuses = []
            for size in (7000, 9000, 15000, 15900):
                with Client(network.host(1), 8000) as client:
                    statuses.append(client.get("/", fields=[("X", "y" * size)]).status == 200)
            return statuses
        config = "listen l\n  bind NET.1:8000\n  server s NET.10:8080\n"
        self.assertEqual(self.both(config, play, "tune.bufsize 16384\n  tune.maxrewrite 8192"), [[True, False, False, False]] * 2)
        self.assertEqual(self.both(config, play, "tune.bufsize 16384"), [[True, True, True, False]] * 2)
        self.assertEqual(self.both(config, play, "tune.bufsize 32768"), [[True] * 4] * 2)

    def test_what_proxy_headers_say(self):
        """As Debian's haproxy reads them: addresses, checksum, unique id; of a client of a unix socket nothing."""
        receiver = Network(1)
        reads = Proxy(HEAD.replace("GLOBAL", "") + "frontend f\n  bind NET.1:8000 accept-proxy\n  http-request return status 200 "
                      "content-type text/plain lf-string \"%[fc_pp_unique_id] %[src] %[fc_rcvd_proxy]\"\n", program=oracle(), network=receiver)
        self.addCleanup(self._stop, reads)
        reads.start()
        for program in (oracle(), under_test()):
            sends = Proxy(HEAD.replace("GLOBAL", "") + "listen l\n  bind NET.1:8000\n  bind unix@TMP/door\n  unique-id-format id-%ci\n"
                          f"  server s {receiver.host(1)}:8000 send-proxy-v2 proxy-v2-options crc32c,unique-id\n",
                          program=program, network=self.network)
            self.addCleanup(self._stop, sends)
            sends.start()
            with Client(self.front, 8000, source=self.network.host(9)) as client:
                address = self.network.host(9)
                self.assertEqual(client.get("/").body.decode(), f"id-{address} {address} 1")
            with Client(None, None, path=os.path.join(sends.folder, "door")) as client:
                self.assertEqual(client.get("/").body.decode().split()[-2:], ["127.0.0.1", "1"], program)
            sends.stop()

    def test_limits_of_the_command_line(self):
        for args, field, value in ((["-n", "77"], "Maxconn", "77"), (["-N", "55"], "Maxconn", None), (["-m", "300"], "Memmax_MB", "300")):
            found = []
            for index, program in enumerate((oracle(), under_test())):
                network = Network(index)
                proxy = Proxy(HEAD.replace("GLOBAL", "") + "frontend f\n  bind NET.1:8000\n  http-request return status 200\n",
                              program=program, network=network, args=args)
                self.addCleanup(self._stop, proxy)
                proxy.start()
                wait_until(lambda: os.path.exists(os.path.join(proxy.folder, "cli")), 5, "the stats socket")
                info = dict(line.split(": ", 1) for line in proxy.cli("show info").splitlines() if ": " in line)
                slim = [line.split(",")[6] for line in proxy.cli("show stat").splitlines() if line.startswith("f,FRONTEND,")]
                found.append((info[field] if value else None, slim if args[0] != "-m" else None))
                proxy.stop()
            self.assertEqual(found[1], found[0], args)
            if value:
                self.assertEqual(found[1][0], value, args)

    def test_ulimit_n(self):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)

        def play(proxy, network):
            with open(f"/proc/{proxy.pid}/limits", encoding="ascii") as limits:
                return re.search(r"Max open files +(\d+)", limits.read())[1]
        self.assertEqual(self.both("listen l\n  bind NET.1:8000\n  server s NET.10:8080\n", play, "ulimit-n 700\n  maxconn 100"), ["700"] * 2)

    def test_switches_that_change_nothing_one_can_see(self):
        for switch in ("-de", "-ds", "-dr", "-V", "-dG"):
            for program in (oracle(), under_test()):
                proxy = self.one(program, [switch])
                self.assertEqual(Client(self.front, 8000).get("/").status, 200, switch)
                proxy.stop()

    def one(self, program, args, answer="x"):
        proxy = Proxy(HEAD.replace("GLOBAL", "") + "frontend f\n  bind NET.1:8000\n"
                      f"  http-request return status 200 content-type text/plain string \"{answer}\"\n",
                      program=program, network=self.network, args=args)
        self.addCleanup(self._stop, proxy)
        return proxy.start()

    def test_what_files_know_of_the_process(self):
        """-L, and the variables set for the configuration."""
        answer = "${HAPROXY_LOCALPEER}"
        for program in (oracle(), under_test()):
            proxy = self.one(program, ["-L", "this-node"], answer)
            body = Client(self.front, 8000).get("/").body.decode()
            self.assertEqual(body, "this-node")
            proxy.stop()

    def test_old_processes_are_ended_at_once(self):
        """-st: requests under way are cut off (with -sf they may finish: test_process.py)."""
        for program in (oracle(), under_test()):
            old = self.one(program, [])
            with Client(self.front, 8000) as client:
                client.get("/")
                new = self.one(program, ["-st", str(old.pid)])
                self.assertEqual(client.read_all(), b"")
                old.wait_end()
                self.assertEqual(Client(self.front, 8000).get("/").status, 200)
                new.stop()


if __name__ == "__main__":
    main()

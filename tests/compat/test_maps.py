"""Maps and ACLs through the runtime API, the same commands to Debian's haproxy and to ours; traffic sees each change."""
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, fetch, main, oracle, under_test  # noqa: E402
from network import Network  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  stats socket TMP/user level user
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  acl listed path -f TMP/paths.acl
  http-request return status 403 if listed
  http-request return status 200 hdr x-map %[path,map_beg(TMP/m.map,none)]
"""


class Maps(Case):
    def setUp(self):
        self.sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            proxy = Proxy(CONFIG, program=program, network=network)
            with open(proxy.folder + "/m.map", "w", encoding="ascii") as file:
                file.write("/a one\n/b two\n/c three\n")
            with open(proxy.folder + "/paths.acl", "w", encoding="ascii") as file:
                file.write("/secret\n")
            proxy.start()
            self.addCleanup(proxy.stop)
            self.sides.append((proxy, network))

    def ask(self, command, path="TMP/cli"):
        out = []
        for proxy, network in self.sides:
            text = network.mask(proxy.cli(command.replace("TMP", proxy.folder), path)).replace(proxy.folder, "TMP")
            out.append(re.sub(r"0x[0-9a-f]+", "ENTRY", text).rstrip("\n"))
        return out

    def same(self, command, path="TMP/cli"):
        theirs, ours = self.ask(command, path)
        self.assertEqual(ours, theirs, command)
        return ours

    def answers(self, target):
        return [(answer.status, answer.one("x-map")) for answer in (fetch(network.host(1), 8000, target) for _, network in self.sides)]

    def test_looking(self):
        for command in ("show map TMP/m.map", "show acl TMP/paths.acl", "get map TMP/m.map /a", "get map TMP/m.map /abc", "get map TMP/m.map x",
                        "get acl TMP/paths.acl /secret", "get acl TMP/paths.acl /other", "show map nosuch", "show map #99"):
            self.same(command)
        for theirs, ours in zip(*[text.split("\n") for text in self.ask("show map")]):
            self.assertEqual(ours.split(") ")[0].split()[1:], theirs.split(") ")[0].split()[1:])
            self.assertEqual(ours.split("curr_ver")[1:], theirs.split("curr_ver")[1:])

    def test_changing(self):
        for command in ("add map TMP/m.map /d four", "show map TMP/m.map", "set map TMP/m.map /d five", "get map TMP/m.map /d",
                        "set map TMP/m.map /nosuch x", "del map TMP/m.map /a", "del map TMP/m.map /a", "show map TMP/m.map",
                        "add acl TMP/paths.acl /hidden", "show acl TMP/paths.acl", "del acl TMP/paths.acl /secret", "add map TMP/m.map /e",
                        "add map nosuch /e x"):
            self.same(command)
        for target, expected in (("/d", (200, "five")), ("/a", (200, "none")), ("/b", (200, "two")), ("/hidden", (403, None)),
                                 ("/secret", (200, "none"))):
            self.assertEqual(self.answers(target), [expected] * 2, target)
        self.same("clear map TMP/m.map")
        self.assertEqual(self.answers("/b"), [(200, "none")] * 2)

    def test_versions(self):
        for command in ("prepare map TMP/m.map", "add map @1 TMP/m.map /n new", "show map @1 TMP/m.map", "show map TMP/m.map"):
            self.same(command)
        self.assertEqual(self.answers("/n"), [(200, "none")] * 2, "nobody sees what is not committed")
        for command in ("add map @7 TMP/m.map /n new", "commit map @7 TMP/m.map", "commit map @1 TMP/m.map", "show map TMP/m.map"):
            self.same(command)
        self.assertEqual(self.answers("/n"), [(200, "new")] * 2)
        self.assertEqual(self.answers("/b"), [(200, "none")] * 2)

    def test_payload(self):
        for proxy, network in self.sides:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(5)
            link.connect(proxy.folder + "/cli")
            link.sendall(f"add map {proxy.folder}/m.map <<\n/p1 v1\n/p2 v2 v3\n\n".encode())
            got = b""
            while chunk := link.recv(4096):
                got += chunk
            link.close()
            self.assertEqual(got.strip(), b"")
            self.assertEqual(fetch(network.host(1), 8000, "/p2").one("x-map"), "v2 v3")
        self.same("show map TMP/m.map")

    def test_one_entry(self):
        for proxy, _ in self.sides:
            entry = proxy.cli(f"show map {proxy.folder}/m.map").split("\n")[1].split()[0]
            self.assertEqual(proxy.cli(f"set map {proxy.folder}/m.map #{entry} by-entry").strip(), "")
        self.same("get map TMP/m.map /b")
        for proxy, _ in self.sides:
            entry = proxy.cli(f"show map {proxy.folder}/m.map").split("\n")[1].split()[0]
            self.assertEqual(proxy.cli(f"del map {proxy.folder}/m.map #{entry}").strip(), "")
        self.same("show map TMP/m.map")


if __name__ == "__main__":
    main()

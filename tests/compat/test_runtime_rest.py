"""Commands of the runtime API that test_runtime.py and test_runtime_actions.py do not use, with both programs."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Client, Origin, Proxy, answer_with, main, oracle, under_test, wait_until  # noqa: E402
from network import Network  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  nbthread 2
  maxconn 100
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend f
  bind NET.1:8000
  acl listed path -f TMP/list
  http-request deny if listed
  default_backend b
backend b
  server s1 NET.10:8080 check inter 1h
backend other
"""


class Rest:
    program = None

    def setUp(self):
        self.network = Network()
        self.front = self.network.host(1)
        self.origin = Origin(self.network.host(10), 8080, answer_with(b"hello")).start()
        self.proxy = Proxy(CONFIG, program=self.program(), network=self.network, wait=[8000])
        with open(self.proxy.folder + "/list", "w", encoding="ascii") as file:
            file.write("/bad\n")
        self.proxy.start()
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), what="the runtime API")

    def tearDown(self):
        self.proxy.stop()
        self.origin.stop()

    def cli(self, command):
        return self.proxy.cli(command.replace("TMP/", self.proxy.folder + "/"))

    def status(self, path):
        with Client(self.front, 8000) as client:
            return client.get(path).status

    def test_lists_change_as_a_whole(self):
        self.assertEqual((self.status("/bad"), self.status("/new")), (403, 200))
        version = re.search(r"\d+", self.cli("prepare acl TMP/list"))[0]
        self.cli(f"add acl @{version} TMP/list /new")
        self.assertEqual((self.status("/bad"), self.status("/new")), (403, 200), "not before it is committed")
        self.cli(f"commit acl @{version} TMP/list")
        self.assertEqual((self.status("/bad"), self.status("/new")), (200, 403))
        self.cli("clear acl TMP/list")
        self.assertEqual((self.status("/bad"), self.status("/new")), (200, 200))
        self.assertEqual(self.cli("show acl TMP/list").strip(), "")

    def test_rate_limit(self):
        self.assertEqual(self.cli("set rate-limit sessions global 7").strip(), "")
        self.assertIn("\nSessRateLimit: 7\n", self.cli("show info"))
        self.assertEqual(self.cli("set rate-limit sessions global 0").strip(), "")
        self.assertIn("\nSessRateLimit: 0\n", self.cli("show info"))

    def test_lists_of_backends(self):
        lines = self.cli("show backend").split()
        self.assertEqual(lines[:2], ["#", "name"])
        self.assertIn("b", lines)
        self.assertIn("other", lines)
        self.assertNotIn("f", lines)

    def test_what_the_process_is(self):
        version = self.cli("show version").strip()
        self.assertRegex(version, r"^\d+\.\d+")
        self.assertIn(f"\nVersion: {version}\n", "\n" + self.cli("show info"))
        self.assertIn("libc", self.cli("show libs"))
        self.assertNotIn("ALERT", self.cli("show startup-logs"))
        self.assertRegex(self.cli("show activity"), r"(?m)^(date_now|loops|thread_id)")
        self.assertRegex(self.cli("show threads").lower(), r"thread 1 ")
        self.assertRegex(self.cli("show pools"), r"(?i)pool")
        self.assertRegex(self.cli("show fd"), r"(?m)^ +\d+ : ")

    def test_schema(self):
        schema = json.loads(self.cli("show schema json"))
        self.assertIn("$schema", schema)
        text = json.dumps(schema)
        self.assertIn("Info", text)
        self.assertIn("Stat", text)


class Haproxy(Rest, unittest.TestCase):
    program = staticmethod(oracle)


class Ours(Rest, unittest.TestCase):
    program = staticmethod(under_test)


del Case
if __name__ == "__main__":
    main()

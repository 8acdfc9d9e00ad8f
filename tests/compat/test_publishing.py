"""Backends that rules pass over: be-unpublished, publish and unpublish of the runtime API, `disabled`, force-be-switch (HAProxy 3.4)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Client, answer_with, main, oracle, run, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  stats socket TMP/user level user
defaults
  mode http
  timeout connect 2s
  timeout check 5s
  timeout client 20s
  timeout server 20s
frontend f
  bind NET.1:8000
  force-be-switch if { req.hdr(x-test) yes }
  use_backend new if { path_beg /new }
  use_backend %[path,field(2,/)] if { path_beg /named }
  use_backend old if { path_beg /new /old }
  use_backend off if { path_beg /off }
  default_backend rest
frontend g
  bind NET.1:8001
  default_backend new
backend new
  be-unpublished
  server s NET.10:8080 check inter 500ms fall 2 rise 1
backend named
  http-request return status 200 content-type text/plain string named
backend old
  http-request return status 200 content-type text/plain string old
backend off
  disabled
  http-request return status 200 content-type text/plain string off
  server s NET.11:8080
backend rest
  http-request return status 200 content-type text/plain string rest
listen own
  bind NET.1:8002
  be-unpublished
  http-request return status 200 content-type text/plain string own
"""


class Publishing(Case):
    def setUp(self):
        super().setUp()
        self.new = self.origin(10, serve=answer_with(b"new"))

    def where(self, path, port=8000, **fields):
        answer = self.get(path, port, fields=[(name.replace("_", "-"), value) for name, value in fields.items()])
        return answer.body.decode() if answer.status == 200 else answer.status

    def test_rules_pass_an_unpublished_backend_over(self):
        proxy = self.proxy(CONFIG)
        self.assertEqual([self.where("/new"), self.where("/new", 8001)], ["old", 503])
        self.assertEqual([self.where("/new", x_test="yes"), self.where("/new", 8001, x_test="yes")], ["new", 503])
        self.assertEqual(proxy.cli("publish backend new").strip(), "Backend published.")
        self.assertEqual([self.where("/new"), self.where("/new", 8001)], ["new", "new"])
        self.assertEqual(proxy.cli("unpublish backend new").strip(), "Backend unpublished.")
        self.assertEqual([self.where("/new"), self.where("/new", 8001)], ["old", 503])

    def test_names_made_by_formats(self):
        proxy = self.proxy(CONFIG)
        self.assertEqual(self.where("/named"), "named")
        proxy.cli("unpublish backend named")
        self.assertEqual([self.where("/named"), self.where("/named", x_test="yes")], ["rest", "named"])

    def test_who_is_there_already_stays(self):
        proxy = self.proxy(CONFIG)
        proxy.cli("publish backend new")
        with Client(self.front, 8000) as client:
            self.assertEqual(client.get("/new").body, b"new")
            proxy.cli("unpublish backend new")
            self.assertEqual(client.get("/new").body, b"old", "the next request is a new choice")

    def test_its_servers_are_checked(self):
        proxy = self.proxy(CONFIG)
        wait_until(lambda: ",UP,1,1" in proxy.cli("show stat new 4 -1") and "L4OK" in proxy.cli("show stat new 4 -1"), 10, "a check that passed")
        self.new.stop()
        wait_until(lambda: "DOWN" in proxy.cli("show stat new 4 -1"), 10, "the server being down")

    def test_a_listen_section_is_its_own(self):
        """Nobody else's rules lead there; its own clients are served."""
        self.proxy(CONFIG + "frontend h\n  bind NET.1:8003\n  use_backend own\n  default_backend rest\n")
        self.assertEqual([self.where("/", 8002), self.where("/", 8003)], ["own", "rest"])

    def test_disabled_backends_are_passed_over(self):
        """Forced requests find no server there: nothing of the section works."""
        proxy = self.proxy(CONFIG)
        self.assertEqual([self.where("/off"), self.where("/off", x_test="yes")], ["rest", 503])
        self.assertNotIn("off", proxy.cli("show backend").split())
        self.assertEqual(proxy.cli("publish backend off").strip(), "No such backend.")

    def test_haproxy_starts_with_rules_to_disabled_backends(self):
        """2.6 goes there and finds no server; it knows none of the other words."""
        self.proxy(CONFIG.replace("  be-unpublished\n", "").replace("  force-be-switch if { req.hdr(x-test) yes }\n", ""), program=oracle())
        self.assertEqual(self.where("/off"), 503)

    def test_commands_and_words(self):
        proxy = self.proxy(CONFIG)
        self.assertEqual(proxy.cli("publish backend").strip(), "A backend name is expected.")
        self.assertEqual(proxy.cli("unpublish backend nosuch").strip(), "No such backend.")
        self.assertIn("Permission denied", proxy.cli("unpublish backend old", path="TMP/user"))
        self.assertEqual(self.where("/old"), "old")
        for wrong, words in (("be-unpublished now", "unexpected argument"), ("force-be-switch", "requires either 'if' or 'unless'"),
                             ("force-be-switch if { no_such_fetch }", "no_such_fetch")):
            right = "be-unpublished" if wrong[0] == "b" else "force-be-switch if { req.hdr(x-test) yes }"
            done = run(["-c"], CONFIG.replace(right, wrong, 1), network=self.network)
            self.assertEqual(done.code, 1, wrong)
            self.assertIn(words, done.text)


if __name__ == "__main__":
    main()

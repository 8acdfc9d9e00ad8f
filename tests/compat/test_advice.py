"""What -c says beyond what haproxy says: parameters typed as lines, things nobody uses. It never makes a valid file invalid."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, run, under_test  # noqa: E402

HEAD = """
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend f
  bind NET.1:8000
  acl used path /a
  use_backend a if used
  default_backend b
backend a
  server s NET.10:80
"""
TAIL = "backend b\n  server s NET.10:80\n"


class Advice(Case):
    def check(self, config, *args):
        return run(["-c", *args], config, program=under_test(), network=self.network)

    def test_nothing_is_said_about_what_is_used(self):
        self.assertEqual(self.check(HEAD + TAIL).text, "")

    def test_unused(self):
        config = HEAD.replace("  use_backend", "  acl spare path /spare\n  use_backend") + TAIL + "backend nobody\n  server s NET.10:80\n"
        result = self.check(config)
        self.assertEqual(result.code, 0)
        self.assertIn("acl 'spare' is not used", result.err)
        self.assertNotIn("'used'", result.err)
        self.assertIn("backend 'nobody' is not used", result.err)
        self.assertNotIn("backend 'b' is not used", result.err)

    def test_advice_is_no_warning_for_zero_warning(self):
        config = HEAD + TAIL + "backend nobody\n  server s NET.10:80\n"
        self.assertEqual(self.check(config, "-dW").code, 0)

    def test_names_made_at_run_time_may_lead_anywhere(self):
        config = HEAD.replace("  default_backend", "  use_backend %[path,field(2,/)]\n  default_backend") + TAIL + "backend other\n  server s NET.10:80\n"
        self.assertEqual(self.check(config).text, "")

    def test_a_backend_asked_about_is_used(self):
        config = HEAD.replace("path /a", "nbsrv(spare) gt 0") + TAIL + "backend spare\n  server s NET.10:80\n"
        self.assertEqual(self.check(config).text, "")

    def test_server_parameters_typed_as_lines(self):
        for word in ("rise 3", "fall 2", "inter 2s", "weight 10", "check"):
            result = self.check(HEAD + TAIL + f"  {word}\n")
            self.assertEqual(result.code, 1)
            self.assertIn(f"'{word.split()[0]}' is a parameter of 'server' lines", result.err)

    def test_lines_typed_as_parameters(self):
        result = self.check(HEAD + "backend b\n  server s NET.10:80 retries 3\n")
        self.assertEqual(result.code, 1)
        self.assertIn("'retries' begins a line of its own", result.err)

    def test_twice_the_same_name(self):
        result = self.check(HEAD + TAIL + "  server s NET.11:80\n")
        self.assertEqual(result.code, 0)
        self.assertIn("another server named 's'", result.err)

    def test_no_bind(self):
        result = self.check(HEAD + TAIL + "listen l\n  server s NET.11:80\n")
        self.assertEqual(result.code, 0)
        self.assertIn("proxy 'l' has no 'bind' directive", result.err)


if __name__ == "__main__":
    main()

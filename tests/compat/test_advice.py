"""What -c says beyond what haproxy says: parameters typed as lines, things nobody uses. It never makes a valid file invalid."""
import os
import resource
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

    def test_many_proxies_and_rules_take_no_time(self):
        """Whatever is done for each of them does not look at all the others: that took minutes once."""
        many = range(5000)
        routes = "".join(f"  use_backend b{n} if {{ path /{n} }}\n" for n in many)
        config = HEAD.replace("  default_backend", routes + "  default_backend") + TAIL + "".join(f"backend b{n}\n  server s NET.10:80\n" for n in many)
        done = run(["-c", "-q"], config, program=under_test(), network=self.network, timeout=30)
        self.assertEqual(done.code, 0, done.text[:1000])
        ports = HEAD.replace("bind NET.1:8000", "bind NET.1:10000-40000") + TAIL
        self.assertEqual(run(["-c", "-q"], ports, program=under_test(), network=self.network, timeout=30).code, 0)

    def processor_seconds(self, config):
        def used():
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
            return children.ru_utime + children.ru_stime
        before = used()
        done = run(["-c", "-q"], config, program=under_test(), network=self.network, timeout=300)
        self.assertEqual(done.text, "")
        return used() - before

    def test_four_times_as_many_take_four_times_as_long(self):
        """Not sixteen times. Processor time is looked at: what else the host does is not in it."""
        used = HEAD.replace("  default_backend", "  use_backend %[path]\n  default_backend") + TAIL
        named = HEAD[:HEAD.index("frontend f")].replace("defaults", "defaults {}")
        kinds = {
            "frontends": "frontend f{0}\n  bind NET.1:1{0:04}\n  default_backend b\n",
            "listen sections": "listen l{0}\n  bind NET.1:1{0:04}\n  server s NET.10:80\n",
            "backends": "backend b{0}\n  server s NET.10:80\n",
            "defaults sections": named.format("d{0}") + "backend b{0} from d{0}\n  server s NET.10:80\n",
            "unused defaults sections": named.format("d{0}"),
            "tables": "backend t{0}\n  stick-table type ip size 10 expire 1m\n"
                      "backend b{0}\n  stick on src table t{0}\n  server s NET.10:80\n",
            "servers": "  server t{0} NET.10:80\n" + "".join(f"  server t{{0}}{name} NET.10:80\n" for name in "abcdefg"),
        }
        for what, one in kinds.items():
            with self.subTest(what):
                few, many = (self.processor_seconds(used + "".join(map(one.format, range(n)))) for n in (2000, 8000))
                self.assertLess(many, 9 * few + 0.5)

    def test_what_a_mistake_leaves_unused_is_not_told(self):
        result = self.check(HEAD.replace("use_backend a if used", "use_backend aa if used") + TAIL)
        self.assertEqual(result.code, 1)
        self.assertIn("'aa'", result.err)
        self.assertNotIn("is not used", result.err)

    def test_a_format_without_a_log(self):
        said = "frontend 'f' has a log format and nowhere to log to"
        formats = HEAD.replace("  mode http\n", "  mode http\n  log global\n  option httplog\n") + TAIL
        self.assertIn(said, self.check(formats).err)
        self.assertNotIn(said, self.check("global\n  log NET.1 local0\n" + formats).err)
        self.assertNotIn(said, self.check(formats.replace("option httplog", "option dontlognull")).err)

    def test_advice_is_no_warning_for_zero_warning(self):
        config = HEAD + TAIL + "backend nobody\n  server s NET.10:80\n"
        self.assertEqual(self.check(config, "-dW").code, 0)

    def test_names_made_at_run_time_may_lead_anywhere(self):
        config = HEAD.replace("  default_backend", "  use_backend %[path,field(2,/)]\n  default_backend") + TAIL + "backend other\n  server s NET.10:80\n"
        self.assertEqual(self.check(config).text, "")

    def told(self, config):
        result = self.check(config)
        self.assertEqual(result.code, 0, result.text)
        return result.err

    def test_a_rule_behind_a_final_one_is_never_reached(self):
        for rule, final in (("http-request set-header x 1", "http-request deny"), ("http-request deny", "http-request redirect location /"),
                            ("http-response set-header x 1", "http-response allow"), ("tcp-request content accept", "tcp-request content reject")):
            said = self.told(HEAD.replace("  use_backend", f"  {final}\n  {rule}\n  use_backend") + TAIL)
            family = rule.rsplit(" ", 1)[0] if rule.startswith("tcp") else rule.split()[0]
            self.assertIn(f"this '{family}' rule is never reached", said)
            self.assertIn("has no condition and ends the list", said)

    def test_routes_nobody_reaches(self):
        said = self.told(HEAD.replace("  default_backend", "  use_backend b if used\n  default_backend") + TAIL)
        self.assertIn("this 'use_backend' rule is never reached: the one in line 10 has the same condition", said)
        said = self.told(HEAD.replace(" if used", "\n  use_backend b if used") + TAIL)
        self.assertIn("this 'use_backend' rule is never reached: the one in line 10 has no condition and decides", said)
        self.assertIn("this 'default_backend' is never used: 'use_backend' in line 10 has no condition", said)
        for condition in ("{ rand(2) eq 0 }",):  # chance may decide otherwise the second time
            both = f"  use_backend a if {condition}\n  use_backend b if {condition}\n"
            self.assertNotIn("is never reached", self.check(HEAD.replace("  default_backend", both + "  default_backend") + TAIL).text)

    def test_a_rule_that_is_evaluated_before_the_lines_above_it(self):
        said = self.told(HEAD + "  http-request deny if { path /x }\n".join(["", TAIL]))
        self.assertEqual(said.count("will still be processed before"), 0)  # of a backend
        said = self.told(HEAD.replace("  default_backend", "  http-request deny if { path /x }\n  default_backend") + TAIL)
        self.assertIn("a 'http-request' rule placed after a 'use_backend' rule (line 10) will still be processed before", said)

    def test_missing_timeouts(self):
        said = self.told(HEAD.replace("  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n", "") + TAIL)
        self.assertIn("missing timeouts for frontend 'f': set 'client'", said)
        self.assertIn("missing timeouts for backend 'a': set 'connect' and 'server'", said)

    def test_the_wrong_lines_of_tutorials(self):
        for line, told in (
                ("server t NET.11:80 check timeout 2s", "write 'timeout check 2s' on a line of its own"),
                ("timeout 2s", "that of health checks is 'timeout check 2s'"),
                ("server t NET.11:80 check \\   # a comment\n    inter 2s", "the line is continued by a trailing backslash"),
                ("option httpchk GET / HTTP/1.1\\r\\nHost:\\ www", "and below it 'http-check send hdr host www'"),
                ("balance roundrobin rise 2", "'rise' is a parameter of 'server' lines"),
                ("option httpchk GET / fall 3", "'fall' is a parameter of 'server' lines"),
                ("option abortonclose rise 3", "'rise' is a parameter of 'server' lines"),
                ("fall 3", "'fall' is a parameter of 'server' lines")):
            result = self.check(HEAD + TAIL + f"  {line}\n")
            self.assertIn(told, result.err, line)

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

"""Options, exit codes and their messages, beside Debian's haproxy."""
import os
import re
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, requires, run, under_test  # noqa: E402

GOOD = """
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen l
  bind NET.1:8000
  server s NET.10:8080
"""
BAD = GOOD + "  nonsense\n"
WARNING = GOOD.replace("  timeout client 1s\n", "")


def both(args, config=None, **more):
    return run(args, config, program=oracle(), **more), run(args, config, **more)


class CommandLine(Case):
    def same_code(self, args, config=None, **more):
        theirs, ours = both(args, config, **more)
        self.assertEqual(ours.code, theirs.code, f"{args}: haproxy: {theirs.text}\nours: {ours.text}")
        return theirs, ours

    def test_version_line(self):
        ours = run(["-v"])
        self.assertEqual(ours.code, 0)
        self.assertRegex(ours.out, r"^HAProxy version \d+\.\d+\S* \d{4}/\d\d/\d\d")

    @requires(3, 5)
    def test_version_is_level_35(self):
        self.assertRegex(run(["-v"]).out, r"^HAProxy version 3\.5\.0-sluice-\S+ \d{4}/\d\d/\d\d")

    def test_build_options(self):
        ours = run(["-vv"])
        self.assertEqual(ours.code, 0)
        self.assertRegex(ours.out, r"(?m)^  TARGET  = linux-glibc$")
        self.assertRegex(ours.out, r"(?m)^Feature list : ([+-][A-Z0-9_]+ ?)+$")

    def test_feature_agrees_with_list(self):
        listed = re.search(r"(?m)^Feature list : (.*)$", run(["-vv"]).out)[1].split()
        for word in listed[:8]:
            self.assertEqual(run(["-cc", f"feature({word[1:]})"]).code, 0 if word[0] == "+" else 1, word)

    def test_conditions(self):
        for condition, code in (("1", 0), ("0", 1), ("!0", 0), ('streq("a","a")', 0), ('streq("a","b")', 1),
                                ('strneq("a","b")', 0), ("defined(HOME_NOT_THERE)", 1), ("version_atleast(2.0)", 0),
                                ("version_atleast(99.0)", 1), ("version_before(99.0)", 0),
                                ("1 && 0", 1), ("1 || 0", 0), ("(1 && 0) || 1", 0), ("feature(NOSUCH)", 1)):
            theirs, ours = both(["-cc", condition])
            self.assertEqual(theirs.code, code, condition)
            self.assertEqual(ours.code, code, condition + ours.text)
            self.assertEqual(ours.out.strip(), "", condition)

    def test_condition_errors(self):
        for condition in ("nosuch(1)", "streq(", "(1", "1 &&"):
            theirs, ours = both(["-cc", condition])
            self.assertNotIn(theirs.code, (0,), condition)
            self.assertEqual(ours.code, theirs.code, condition)

    def test_check_valid(self):
        theirs, ours = self.same_code(["-c"], GOOD)
        self.assertEqual(ours.code, 0)

    @requires(3, 5)
    def test_check_valid_is_quiet(self):
        self.assertEqual(run(["-c"], GOOD).text.strip(), "")
        self.assertEqual(run(["-c", "-q"], GOOD).text.strip(), "")
        self.assertIn("Configuration file is valid", run(["-c", "-V"], GOOD).text)

    def test_loaded_objects(self):
        """-dL: the program's file first, files that are there, nothing else with -q and nothing at all after an error."""
        for program in (oracle(), under_test()):
            listed = run(["-dL", "-c"], GOOD, program=program)
            self.assertEqual(listed.code, 0, listed.text)
            lines = listed.out.splitlines()
            self.assertEqual(lines[0], "List of loaded object files:")
            quiet = run(["-dL", "-q", "-c"], GOOD, program=program)
            files = quiet.out.splitlines()
            self.assertEqual(files, [line for line in lines[1:] if line.startswith("/")])
            self.assertEqual(files[0], os.path.realpath(program))
            self.assertTrue(any("/libc.so" in file for file in files), files)
            self.assertEqual([file for file in files if not os.path.exists(file)], [])
            self.assertEqual(run(["-dL", "-q", "-c"], "nonsense\n", program=program).out, "")

    def test_check_bad(self):
        theirs, ours = self.same_code(["-c"], BAD)
        self.assertEqual(ours.code, 1)
        self.assertIn("[ALERT]", ours.err)
        self.assertIn("nonsense", ours.err)
        self.assertIn("haproxy.cfg:10", ours.err)
        self.assertIn("Fatal errors found in configuration", ours.err)
        self.assertIn("Error(s) found in configuration file", ours.err)

    def test_check_bad_quiet(self):
        self.same_code(["-c", "-q"], BAD)

    def test_start_bad(self):
        theirs, ours = self.same_code(["-db"], BAD)
        self.assertEqual(ours.code, 1)

    def test_warnings_do_not_fail(self):
        theirs, ours = self.same_code(["-c"], WARNING)
        self.assertEqual(ours.code, 0)
        self.assertIn("[WARNING]", ours.err)
        self.assertRegex(ours.err, "(?i)timeout")

    def test_zero_warning(self):
        theirs, ours = self.same_code(["-c", "-dW"], WARNING)
        self.assertEqual(ours.code, 1)

    def test_no_file(self):
        self.same_code(["-c", "-f", "/nonexistent/haproxy.cfg"])
        self.same_code(["-f", "/nonexistent/haproxy.cfg"])

    def test_no_arguments(self):
        theirs, ours = both([])
        self.assertEqual(ours.code, theirs.code, ours.text)
        self.assertRegex(ours.text, "(?i)usage")

    def test_unknown_option(self):
        theirs, ours = both(["-Z"])
        self.assertEqual(ours.code, theirs.code, ours.text)
        self.assertRegex(ours.text, "(?i)usage")

    def test_help(self):
        theirs, ours = both(["-h"])
        self.assertEqual(ours.code, theirs.code, ours.text)

    def test_option_without_value(self):
        self.same_code(["-f"])
        self.same_code(["-n"])

    def test_several_files(self):
        with tempfile.TemporaryDirectory() as folder:
            first, second = GOOD.split("listen l")
            for name, text in (("1.cfg", first), ("2.cfg", "listen l" + second)):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(self.network.fill(text))
            one, two = os.path.join(folder, "1.cfg"), os.path.join(folder, "2.cfg")
            self.assertEqual(self.same_code(["-c", "-f", one, "-f", two])[1].code, 0)
            self.assertEqual(self.same_code(["-c", "--", one, two])[1].code, 0)
            self.assertEqual(self.same_code(["-c", "-f", folder])[1].code, 0)

    def test_folder_takes_cfg_files_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            first, second = GOOD.split("listen l")
            for name, text in (("b.cfg", "listen l" + second), ("a.cfg", first), ("c.txt", "nonsense")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(self.network.fill(text))
            theirs, ours = self.same_code(["-c", "-f", folder])
            self.assertEqual(ours.code, 0, ours.text)

    def test_port_in_use(self):
        link = socket.socket()
        link.bind((self.front, 8000))
        link.listen(1)
        self.addCleanup(link.close)
        theirs, ours = self.same_code(["-db"], GOOD)
        self.assertEqual(ours.code, 1)
        self.assertIn("[ALERT]", ours.err)
        self.assertIn(":8000", ours.err)

    def test_address_not_ours(self):
        theirs, ours = self.same_code(["-db"], GOOD.replace("NET.1:8000", "198.51.100.77:8000"))
        self.assertEqual(ours.code, 1)

    def test_no_listener(self):
        theirs, ours = self.same_code(["-db"], "defaults\n  mode http\n")
        self.assertNotEqual(ours.code, 0)
        theirs, ours = self.same_code(["-c"], "defaults\n  mode http\n")
        self.assertEqual(ours.code, 2)

    def test_environment_of_the_file(self):
        text = GOOD.replace("8000", "${MY_PORT}").replace("bind NET.1:${MY_PORT}", 'bind "NET.1:${MY_PORT}"')
        theirs, ours = self.same_code(["-c"], text, env={"MY_PORT": "8003"})
        self.assertEqual(ours.code, 0)
        theirs, ours = self.same_code(["-c"], text)
        self.assertEqual(ours.code, theirs.code)

    def test_file_from_standard_input(self):
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write(self.network.fill(GOOD))
            file.flush()
            with open(file.name, encoding="utf-8") as stdin:
                theirs = run(["-c", "-f", "/dev/stdin"], program=oracle(), stdin=stdin)
            with open(file.name, encoding="utf-8") as stdin:
                ours = run(["-c", "-f", "/dev/stdin"], stdin=stdin)
        self.assertEqual((theirs.code, ours.code), (0, 0), ours.text)

    def test_change_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "x.cfg"), "w", encoding="utf-8") as file:
                file.write(self.network.fill(GOOD))
            self.assertEqual(self.same_code(["-c", "-C", folder, "-f", "x.cfg"])[1].code, 0)

    def test_check_mode_starts_nothing(self):
        link = socket.socket()
        link.bind((self.front, 8000))
        link.listen(1)
        self.addCleanup(link.close)
        self.assertEqual(self.same_code(["-c"], GOOD)[1].code, 0)


if __name__ == "__main__":
    assert under_test() and unittest
    main()

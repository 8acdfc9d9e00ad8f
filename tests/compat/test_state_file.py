"""Server states survive a restart through files, beside Debian's haproxy."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, run, under_test  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
  server-state-base FOLDER
  server-state-file all
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen l
  bind NET.1:8000
  load-server-state-from-file FROM
  server a NET.10:8080 weight 10
  server b NET.11:8080 weight 10
  server c NET.12:8080 weight 10
  server d NET.13:8080 weight 10
"""


def rows(proxy):
    lines = proxy.cli("show servers state").strip().splitlines()
    names = lines[1].lstrip("# ").split(" ")
    return {row["srv_name"]: row for row in (dict(zip(names, line.split(" "))) for line in lines[2:] if line)}


class StateFile(Case):
    def restart(self, program, kind):
        """Changes states, writes them down, starts again: what the second process says."""
        with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
            config = CONFIG.replace("FOLDER", folder).replace("FROM", kind)
            with open(f"{folder}/{'all' if kind == 'global' else 'l'}", "w", encoding="ascii") as file:
                file.write("1\n")
            proxy = Proxy(config, program=program, network=self.network)
            try:
                proxy.start()
                proxy.cli("disable server l/b")
                proxy.cli("set server l/c state drain")
                proxy.cli("set weight l/d 5")
                with open(f"{folder}/{'all' if kind == 'global' else 'l'}", "w", encoding="ascii") as file:
                    file.write(proxy.cli("show servers state").strip() + "\n")
            finally:
                self._stop(proxy)
            proxy = Proxy(config, program=program, network=self.network)
            try:
                proxy.start()
                return {name: (row["srv_admin_state"], row["srv_uweight"], row["srv_admin_state"] == "1" or row["srv_op_state"]) for name, row in rows(proxy).items()}
            finally:
                self._stop(proxy)

    def test_global_file(self):
        ours = self.restart(under_test(), "global")
        self.assertEqual(ours, self.restart(oracle(), "global"))
        self.assertEqual((ours["b"][0], ours["c"][0], ours["d"][1]), ("1", "8", "5"))

    def test_local_file(self):
        self.assertEqual(self.restart(under_test(), "local"), self.restart(oracle(), "local"))

    def test_the_global_file_must_be_named(self):
        """Told once for each section, servers or none, and not where another file or none is meant."""
        timeouts = "defaults\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\nlisten l\n  bind NET.1:8000\n"
        for glob, words, warned in (("", "global", True), ("global\n  server-state-base /tmp\n", "global", True),
                                    ("", "none", False), ("", "none\n  server-state-file-name x", False)):
            for servers in ("", "  server s NET.10:8080\n  server t NET.10:8081\n"):
                text = f"{glob}{timeouts}backend b\n  load-server-state-from-file {words}\n{servers}"
                for program in (oracle(), under_test()):
                    done = run(["-c"], text, program=program)
                    self.assertEqual(done.code, 0, (program, text))
                    self.assertEqual(done.text.count("'server-state-file'"), (2 if program == oracle() else 1) * warned, (program, text, done.text))

    def test_a_file_that_is_none(self):
        with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
            config = CONFIG.replace("FOLDER", folder).replace("FROM", "global")
            for text in (None, "2\n", "nonsense\n", "1\nl l l l\n1 l x y z\n"):
                if text is not None:
                    with open(f"{folder}/all", "w", encoding="ascii") as file:
                        file.write(text)
                for program in (oracle(), under_test()):
                    self.assertEqual(run(["-c"], config, program=program, network=self.network).code, 0, (program, text))


if __name__ == "__main__":
    main()

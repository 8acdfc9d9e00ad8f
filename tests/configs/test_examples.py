"""examples/*.cfg: the demonstration does what its comments say."""
import fcntl
import glob
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import HERE, Proxy, Tutorial, listening, main, rewrite, run, under_test, wait_until  # noqa: E402

EXAMPLES = os.path.join(HERE, "..", "..", "examples")


class Examples(Tutorial):
    def text(self, name):
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
            return rewrite(file.read())

    def test_all_are_accepted(self):
        names = sorted(os.path.basename(path) for path in glob.glob(EXAMPLES + "/*.cfg"))
        self.assertIn("demo.cfg", names)
        for name in names:
            result = run(["-c"], self.text(name), network=self.network)
            self.assertEqual(result.code, 0, f"{name}: {result.text}")
            self.assertNotIn("[WARNING]", result.text, name)

    def test_readme(self):
        """The README's first configuration, and what it says HAProxy has dropped and works here."""
        with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
            text = file.read()
        first = text.split("## A first configuration", 1)[1].split("```")[1]
        result = run(["-c"], rewrite(first), network=self.network)
        self.assertEqual((result.code, result.text), (0, ""))
        old = "global\n  nbproc 2\ndefaults\n  mode http\n  clitimeout 1000\n  contimeout 1000\n  srvtimeout 1000\n"
        old += "listen l\n  bind NET.1:8001\n  reqadd X-A:\\ b\n  dispatch NET.9:9000\n"
        old += "listen m\n  bind NET.1:8002\n  appsession JSESSIONID len 52 timeout 3h\n  server s NET.9:9000\n"
        said = run(["-c"], old, network=self.network)
        self.assertEqual(said.code, 0, said.text)
        for word in ("nbproc", "clitimeout", "reqadd", "dispatch", "appsession"):
            self.assertIn(word, text)
            self.assertRegex(said.err, rf"'{word}' is (deprecated|not supported any more)[^\n]*; use '")

    def test_demo(self):
        proxy = Proxy(self.text("demo.cfg"), network=self.network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        bodies = [self.fetch("/", 8080).body.decode() for _ in range(9)]
        self.assertEqual(bodies, bodies[:3] * 3, "in turn")
        self.assertEqual({body.split()[-1] for body in bodies}, {"one.", "two.", "three."})
        answer = self.fetch("/static/x", 8080)
        self.assertEqual((answer.status, b"static" in answer.body), (200, True))

    def test_ctrl_c_ends_the_demo(self):
        """`make demo` on a terminal: it says what to try, and Ctrl-C, which the terminal sends to all of it, ends all of it."""
        folder = tempfile.mkdtemp(prefix="sluice-demo-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        for part in ("tools", "examples"):
            os.mkdir(os.path.join(folder, part))
        shutil.copy(os.path.join(HERE, "..", "..", "tools", "demo"), folder + "/tools/demo")
        with open(folder + "/examples/demo.cfg", "w", encoding="utf-8") as file:
            file.write(self.network.fill(self.text("demo.cfg")))
        with open(folder + "/Makefile", "w", encoding="ascii") as file:
            file.write(f"demo:\n\t@tools/demo {under_test()}\n")
        ours, terminal = pty.openpty()
        demo = subprocess.Popen(["make", "demo"], cwd=folder, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
                                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.addCleanup(demo.wait)
        self.addCleanup(demo.kill)
        said = b""
        while b"Ctrl-C stops it." not in said:
            said += os.read(ours, 4096)
        self.assertIn(f"curl -i http://{self.network.host(1)}:8080/static/".encode(), said)
        self.assertEqual(self.fetch("/", 8080).status, 200)
        os.write(ours, b"\x03")
        while b"stopped" not in said:
            said += os.read(ours, 4096)
        demo.wait(10)
        wait_until(lambda: not listening(self.network.host(1), 8080), 5, "the end of sluice")
        os.close(ours)


if __name__ == "__main__":
    main()

"""examples/*.cfg: the demonstration does what its comments say."""
import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import HERE, Proxy, Tutorial, main, rewrite, run  # noqa: E402

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

    def test_demo(self):
        proxy = Proxy(self.text("demo.cfg"), network=self.network)
        self.addCleanup(self._stop, proxy)
        proxy.start()
        bodies = [self.fetch("/", 8080).body.decode() for _ in range(9)]
        self.assertEqual(bodies, bodies[:3] * 3, "in turn")
        self.assertEqual({body.split()[-1] for body in bodies}, {"one.", "two.", "three."})
        answer = self.fetch("/static/x", 8080)
        self.assertEqual((answer.status, b"static" in answer.body), (200, True))


if __name__ == "__main__":
    main()

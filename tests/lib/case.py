"""The base of the tests that drive the program: stops everything, and a crash fails whatever else was asserted."""
import concurrent.futures
import contextlib
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from client import Client, fetch  # noqa: E402,F401
from network import Network  # noqa: E402
from origin import Origin, answer_with  # noqa: E402,F401
from steady import paced, played_again  # noqa: E402,F401
from program import Proxy, listening, oracle, run, under_test, version_of, wait_until  # noqa: E402,F401
from syslog_sink import Syslog  # noqa: E402


class Case(unittest.TestCase):
    maxDiff = 4000
    pace = 1  # factor for the times of a scenario (steady.py)
    all_paced = False  # every test of the class is

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        for name, test in list(vars(cls).items()):
            if name.startswith("test") and callable(test):
                setattr(cls, name, played_again(test))

    def setUp(self):
        self.network = Network()
        self.front = self.network.host(1)

    @contextlib.contextmanager
    def subTest(self, *what, **more):
        """The first that fails ends the test, so that it can be played again."""
        try:
            yield
        except unittest.SkipTest:
            raise
        except Exception as problem:
            problem.add_note(f"in {', '.join([*map(str, what), *(f'{name}={value}' for name, value in more.items())])}")
            raise

    def slower(self, config):
        """A configuration whose times are longer by the pace."""
        return re.sub(r"\b(\d+)(ms|s)\b", lambda time: f"{int(time[1]) * self.pace}{time[2]}", config)

    def origin(self, last, port=8080, serve=None, name=None):
        origin = Origin(self.network.host(last), port, serve, name).start()
        self.addCleanup(origin.stop)
        return origin

    def syslog(self, last=1, port=10514):
        log = Syslog(self.network.host(last), port)
        self.addCleanup(log.stop)
        return log

    def proxy(self, config, **more):
        proxy = Proxy(config, network=self.network, **more)
        self.addCleanup(self._stop, proxy)
        return proxy.start()

    def _stop(self, proxy):
        proxy.stop()
        died = proxy.crashed()
        if died:
            self.fail(f"the proxy crashed: {died}")

    def client(self, port=8000, **more):
        client = Client(self.front, port, **more)
        self.addCleanup(client.close)
        return client

    def get(self, target="/", port=8000, **more):
        return fetch(self.front, port, target, **more)


def requires(major, minor):
    """For behaviour of the compatibility level: Debian's haproxy (the oracle the tests are checked with) is older."""
    return unittest.skipIf(version_of(under_test()) < (major, minor), f"behaviour of level {major}.{minor}")


def main_apart(at_once=4):
    """Each test in a process, and so in a network, of its own: for those that mostly wait."""
    if len(sys.argv) > 1:
        main()
    names = [test.id().partition(".")[2] for suite in unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
             for test in suite]

    def passes(name):
        return subprocess.run([sys.executable, sys.argv[0], name], check=False).returncode == 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        results = list(pool.map(passes, names))
    sys.exit(0 if names and all(results) else 1)


def main():
    unittest.main(verbosity=int(os.environ.get("VERBOSE", "1")), catchbreak=True, warnings="ignore")

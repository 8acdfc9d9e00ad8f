"""What global says about limits, threads and processors, and how a soft stop with grace goes."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, run, under_test, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8000
  http-request return status 200 content-type text/plain string hello
"""


def with_global(*lines):
    return CONFIG.replace("global\n", "global\n" + "".join(f"  {line}\n" for line in lines), 1)


class Limits(Case):
    def start_fails(self, config, text):
        for program in (oracle(), under_test()):
            result = run(["-db"], config, program=program, network=self.network)
            self.assertEqual(result.code, 1, program)
            self.assertIn(text, result.err, program)

    def test_strict_limits(self):
        self.start_fails(with_global("maxconn 10000000", "strict-limits"), "Cannot raise FD limit to")

    def test_without_strict_limits_it_warns(self):
        proxy = self.proxy(with_global("maxconn 10000000"))
        wait_until(lambda: "Cannot raise FD limit" in proxy.messages(), 5, "the message")
        self.assertEqual(self.get().status, 200)

    def test_descriptors_are_bounded(self):
        proxy = self.proxy(with_global("fd-hard-limit 500"))
        info = dict(line.split(": ", 1) for line in proxy.cli("show info").splitlines() if ": " in line)
        self.assertLess(int(info["Maxconn"]), 250)

    def test_threads_are_bounded_and_placed(self):
        cpus = sorted(os.sched_getaffinity(0))
        proxy = self.proxy(with_global("nbthread 2", f"cpu-map auto:1/1-2 {cpus[0]} {cpus[-1]}"))
        seen = []

        def placed():  # each thread sees to it itself, when it starts
            seen[:] = [sorted(os.sched_getaffinity(int(task))) for task in sorted(os.listdir(f"/proc/{proxy.pid}/task"), key=int)]
            return seen == [[cpus[0]], [cpus[-1]]]
        wait_until(placed, what=f"threads on {cpus[0]} and {cpus[-1]}")
        proxy.stop()
        proxy = self.proxy(with_global("nbthread 8", "thread-hard-limit 1"))
        self.assertEqual(len(os.listdir(f"/proc/{proxy.pid}/task")), 1)

    def test_privileges(self):
        def status(proxy, name):
            with open(f"/proc/{proxy.pid}/status", encoding="ascii") as file:
                return next(line.split()[1] for line in file if line.startswith(name))
        proxy = self.proxy(CONFIG)
        self.assertEqual(status(proxy, "NoNewPrivs"), "1")
        proxy.stop()
        proxy = self.proxy(with_global("insecure-setuid-wanted"))
        self.assertEqual(status(proxy, "NoNewPrivs"), "0")

    def test_grace_keeps_listening_while_stopping_is_true(self):
        proxy = self.proxy(with_global("grace 2s"))
        proxy.signal(signal.SIGUSR1)
        wait_until(lambda: "Stopping: 1" in proxy.cli("show info"), 5, "stopping")
        self.assertEqual(self.get().status, 200)
        self.assertEqual(proxy.wait_end(), 0)

    def test_knobs_are_reported_only_when_asked(self):
        config = with_global("tune.buffers.limit 100", "noepoll", "tune.idle-pool.shared on", "expose-experimental-directives",
                             "tune.sched.low-latency off", "thread-groups 1")
        self.assertEqual(run(["-c"], config, program=under_test(), network=self.network).text, "")
        told = run(["-c", "-dD"], config, program=under_test(), network=self.network)
        self.assertEqual(told.code, 0)
        for name in ("tune.buffers.limit", "noepoll", "tune.idle-pool.shared", "thread-groups"):
            self.assertIn(f"'{name}' changes nothing here", told.err)
        self.assertEqual(run(["-c"], with_global("tune.buffers.limit many"), program=under_test(), network=self.network).code, 1)


if __name__ == "__main__":
    main()

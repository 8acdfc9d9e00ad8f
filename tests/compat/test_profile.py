"""profiling.tasks and what a request costs: cpu_calls, cpu_ns_*, lat_ns_*; beside Debian's haproxy where it can be compared."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, under_test  # noqa: E402

HEAD = """
global
  nbthread 1
  PROFILING
  log NET.1:10514 local0
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 5s
  timeout server 5s
"""
LOAD = ",regsub(a,b,g),regsub(b,a,g)" * 2
FRONT = f"""
frontend f
  bind NET.1:8000
  log-format "cost %[cpu_calls] %[cpu_ns_tot] %[cpu_ns_avg] %[lat_ns_tot] %[lat_ns_avg]"
  http-request set-var(txn.x) req.hdr(x-long){LOAD} if {{ path /heavy }}
  http-request return status 200 hdr x-calls %[cpu_calls] if !{{ path /far }}
  default_backend b
backend b
  server s NET.10:8080
"""


class Profile(Case):
    def costs(self, program, profiling):
        """Numbers of the log lines of a light request, a heavy one, one with a server, all on one connection."""
        self.log.take()
        proxy = Proxy(HEAD.replace("PROFILING", profiling) + FRONT, program=program, network=self.network)
        try:
            proxy.start()
            with self.client() as client:
                for path in ("/light", "/heavy", "/far"):
                    client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Long: {'a' * 2000}\r\n\r\n")
                    answer = client.read_answer()
                    if path != "/far":
                        self.assertEqual(answer.one("x-calls"), "1")
            return [[int(word) for word in line.split(" cost ")[1].split()] for line in self.log.wait_count(3)]
        finally:
            self._stop(proxy)

    def setUp(self):
        super().setUp()
        self.log = self.syslog()
        self.origin(10)

    def test_measured(self):
        for program in (oracle(), under_test()):
            with self.subTest(program):
                light, heavy, far = self.costs(program, "profiling.tasks on")
                for calls, total, average, late, late_average in (light, heavy, far):
                    self.assertGreaterEqual(calls, 1)
                    self.assertGreater(total, 0)
                    self.assertEqual(average, total // calls)
                    self.assertGreaterEqual(late, 0)
                    self.assertEqual(late_average, late // calls)
                self.assertEqual([light[0], heavy[0]], [1, 1])
                self.assertGreater(far[0], 1)  # it waited for its server
        # A stalled host may make a request long, but never short.
        lights, heavies = zip(*(self.costs(under_test(), "profiling.tasks on")[:2] for _ in range(3)))
        self.assertGreater(min(heavy[1] for heavy in heavies), min(light[1] for light in lights))

    def test_only_counted(self):
        for program in (oracle(), under_test()):
            for profiling in ("profiling.tasks off", "profiling.tasks auto", ""):
                with self.subTest(f"{program} {profiling}"):
                    for calls, *times in self.costs(program, profiling):
                        self.assertGreaterEqual(calls, 1)
                        self.assertEqual(times, [0, 0, 0, 0])


if __name__ == "__main__":
    main()

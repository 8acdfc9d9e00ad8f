"""The Prometheus exporter beside Debian's haproxy: the same metrics of the same types with the same labels, and what the query asks for."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Network, Origin, Proxy, answer_with, fetch, main, oracle, under_test, wait_until  # noqa: E402

CONFIG = """
global
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend www
  bind NET.1:8000
  http-request use-service prometheus-exporter if { path /metrics }
  default_backend farm
backend farm
  stick-table type string len 32 size 1k
  server web NET.10:8080 check inter 100ms
  server off NET.10:8080 check disabled
  server plain NET.10:8080 maxconn 7 weight 9 backup
listen lines
  mode tcp
  bind NET.1:8001
  server web NET.10:8080
"""
SAMPLE = re.compile(r'^(\w+(?:\{[^}]*\})?) (\S+)$')
# What both have to say the same of, whenever it is looked at.
STEADY = re.compile(r"haproxy_(server_(status|check_status|weight|limit_sessions|sessions_total|http_responses_total)|backend_(status|active_servers|"
                    r"backup_servers|agg_server_status|agg_check_status|http_requests_total)|frontend_(status|http_responses_total)|sticktable_size)\b")


def parse(text):
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE "))
    samples = dict(SAMPLE.match(line).groups() for line in text.splitlines() if not line.startswith("#"))
    return types, samples


class Exporter(Case):
    @classmethod
    def setUpClass(cls):
        cls.sides = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            origin = Origin(network.host(10), 8080, answer_with(b"0123456789")).start()
            proxy = Proxy(CONFIG, program=program, network=network).start()
            cls.sides.append((proxy, network, origin))
            wait_until(lambda: any(line.startswith("farm,web,") and "L4OK" in line for line in proxy.cli("show stat").splitlines()))
            for _ in range(3):
                assert fetch(network.host(1), 8000, "/x").status == 200

    @classmethod
    def tearDownClass(cls):
        for proxy, _, origin in cls.sides:
            proxy.stop()
            origin.stop()

    def ask(self, target):
        return [fetch(network.host(1), 8000, target) for _, network, _ in self.sides]

    def both(self, target):
        answers = self.ask(target)
        self.assertEqual([answer.status for answer in answers], [200, 200])
        self.assertEqual(answers[1].one("content-type"), answers[0].one("content-type"))
        return [parse(answer.body.decode()) for answer in answers]

    def test_metrics_types_and_labels(self):
        self.maxDiff = None
        theirs, ours = self.both("/metrics")
        self.assertEqual(ours[0], theirs[0])

        def names(samples):
            return sorted(name for name in samples if "build_info" not in name)
        self.assertEqual(names(ours[1]), names(theirs[1]))
        self.assertEqual({n: v for n, v in ours[1].items() if STEADY.match(n)}, {n: v for n, v in theirs[1].items() if STEADY.match(n)})
        self.assertEqual(ours[1]['haproxy_server_check_status{proxy="farm",server="web",state="L4OK"}'], "1")
        self.assertEqual(ours[1]['haproxy_frontend_http_responses_total{proxy="www",code="2xx"}'], "3")

    def test_scopes(self):
        for query in ("scope=global", "scope=frontend&scope=sticktable", "scope=server&no-maint", "scope=*", "scope=backend&other=1", "scope="):
            theirs, ours = self.both("/metrics?" + query)
            self.assertEqual(ours[0], theirs[0], query)
            self.assertEqual(len(ours[1]), len(theirs[1]), query)
        self.assertEqual([answer.status for answer in self.ask("/metrics?scope=nonesuch")], [400, 400])


if __name__ == "__main__":
    main()

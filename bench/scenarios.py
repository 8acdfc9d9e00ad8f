"""The scenarios of `bench/run`: what the load does, how the proxies are configured, what sluice has to reach.

A goal is (at most, of whom): the median over the rounds of sluice's CPU per request divided by that of the other.
"best peer" is the cheaper of haproxy and nginx in their default configuration.
"""
from dataclasses import dataclass, field

PEERS = ("haproxy", "nginx")
EVERYONE = ("sluice", "haproxy", "nginx", "relay")
ALSO_SPLICED = ("sluice", "haproxy", "haproxy-splice", "nginx", "relay")


@dataclass
class Scenario:
    name: str
    title: str
    load: dict = field(default_factory=dict)      # options of bench/load
    options: dict = field(default_factory=dict)   # what configs.py builds the configurations from
    proxies: tuple = EVERYONE
    goals: tuple = ()
    relay: dict = field(default_factory=dict)     # options of bench/relay
    relay_load: dict = field(default_factory=dict)


KB, MB = 1024, 1024 * 1024


def body(size, connections):
    return {"path": f"/b/{size}", "connections": connections}


SCENARIOS = [
    Scenario("keepalive", "64-byte answers, keep-alive", body(64, 64),
             goals=((0.85, "best peer"), (1.10, "relay"))),
    Scenario("16k", "16 KB answers, keep-alive", body(16 * KB, 32), goals=((0.80, "best peer"),)),
    Scenario("1m", "1 MB answers", body(MB, 8), proxies=ALSO_SPLICED,
             goals=((0.50, "haproxy"), (0.50, "nginx"), (1.00, "haproxy-splice"))),
    Scenario("10m", "10 MB answers", body(10 * MB, 4), proxies=ALSO_SPLICED,
             goals=((0.50, "haproxy"), (0.50, "nginx"), (1.00, "haproxy-splice"))),
    Scenario("upload", "1 MB uploads", {"path": "/b/64", "upload": MB, "connections": 8}, proxies=ALSO_SPLICED,
             goals=((0.55, "best peer"),)),
    Scenario("close", "a connection per request on both sides", {"path": "/b/64", "close": 1, "connections": 32},
             {"keep": "none"}, goals=((1.00, "best peer"),)),
    Scenario("server-close", "a connection per request on the server side only", body(64, 32), {"keep": "client"},
             goals=((0.90, "best peer"),), relay={"per-request": 1}, relay_load={"path": "/close/64"}),
    Scenario("tcp", "TCP mode, 64 bytes", body(64, 64), {"mode": "tcp"}, goals=((0.97, "best peer"),)),
    Scenario("tcp-1m", "TCP mode, 1 MB", body(MB, 8), {"mode": "tcp"}, proxies=ALSO_SPLICED,
             goals=((0.50, "best peer"),)),
    Scenario("httplog", "64-byte answers, each logged to UDP", body(64, 64), {"log": True},
             proxies=("sluice", "haproxy", "nginx"), goals=((0.80, "best peer"),)),
    Scenario("rules", "1,000 routing rules", {"routes": 1000, "size": 64, "connections": 64}, {"rules": 1000},
             proxies=("sluice", "haproxy", "nginx"), goals=((0.25, "haproxy"), (1.05, "nginx"))),
    Scenario("map", "a map_beg of 100,000 entries chooses the backend", {"routes": 100000, "size": 64, "connections": 64}, {"map": 100000},
             proxies=("sluice", "haproxy"), goals=((0.85, "haproxy"),)),
    Scenario("regex", "200 routing rules by regular expression", {"routes": 200, "size": 64, "connections": 64},
             {"rules": 200, "regex": True}, proxies=("sluice", "haproxy", "nginx"), goals=((0.40, "haproxy"), (0.90, "nginx"))),
    # sluice-few has the first 200 of the rules; only those are asked for.
    Scenario("regex-1000", "1,000 routing rules by regular expression", {"routes": 200, "size": 64, "connections": 64},
             {"rules": 1000, "few": 200, "regex": True}, proxies=("sluice", "sluice-few"), goals=((1.30, "sluice-few"),)),
    Scenario("rewrites", "10 header rewrites on requests as browsers send them", {**body(64, 64), "browser": 1}, {"rewrites": True},
             proxies=("sluice", "haproxy", "nginx"), goals=((0.80, "best peer"),)),
    Scenario("servers", "1,000 servers, roundrobin", body(64, 64), {"servers": 1000},
             proxies=("sluice", "haproxy", "nginx"), goals=((0.90, "best peer"),)),
    Scenario("leastconn", "1,000 servers, leastconn", body(64, 64), {"servers": 1000, "balance": "leastconn"},
             proxies=("sluice", "haproxy", "nginx"), goals=((0.90, "best peer"),)),
    Scenario("idle", "8,000 idle keep-alive connections (memory of the process)",
             {"idle": 1, "path": "/b/64", "connections": 8000}, {"maxconn": 9000}, goals=((0.45, "haproxy"),)),
]

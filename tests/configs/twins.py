"""One tutorial file in Debian's haproxy and in ours, one after the other: same addresses, same nginx servers, same traffic."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "compat")]

import mask  # noqa: E402
from program import Proxy, oracle, under_test, wait_until  # noqa: E402
from syslog_sink import Syslog  # noqa: E402
from tutorial import Client, Tutorial, text_of  # noqa: E402
from twin import ACTIVE, BYTES  # noqa: E402


def of_request(line):
    """Lines about states quote what a check said, and come when it is their time."""
    return (' "' in line or "BADREQ" in line) and not re.search(r"Health check for |Server \S+ is |Backup Server ", line)


class Side:
    """One program on one file: plays traffic and keeps what can be seen of it."""

    def __init__(self, case, program, name, edit, port):
        self.case, self.port, self.network = case, port, case.network
        self.log = Syslog(case.front, 10514)
        self.proxy = None
        self.answers, self.notes = [], []
        text = edit(text_of(name, program))
        for webs in case.webs.values():
            webs.forget()
        self.proxy = Proxy(text, program=program, network=case.network, wait=[port])
        if "chroot" in text:
            os.makedirs(os.path.join(self.proxy.folder, "chroot"), exist_ok=True)

    def keep(self, answer):
        self.answers.append((mask.answer(answer.raw_head, self.network).decode("latin-1"), answer.body.decode("latin-1")))
        return answer

    def get(self, target="/", source=5, port=None, **more):
        """One request on a connection of its own; its answer is compared."""
        with Client(self.case.front, port or self.port, source=self.network.host(source), seconds=20) as client:
            return self.keep(client.get(target, **more))

    def look(self, target, port, fields=(), **more):
        """A page whose text is its program's own: what it is is compared, not what it says."""
        with Client(self.case.front, port, source=self.network.host(5), seconds=20) as client:
            answer = client.get(target, fields, **more)
        kept = {name: answer.all(name) for name in ("www-authenticate", "location", "refresh", "content-type", "cache-control",
                                                    "connection", "transfer-encoding")}
        self.notes.append((target, answer.status, kept))
        return answer

    def row(self, count, prefix="/", **more):
        for n in range(count):
            self.get(f"{prefix}{n}", **more)

    def kept_alive(self, targets, source=5, **more):
        """Several requests on one connection, if it stays open, and whether it did."""
        with Client(self.case.front, self.port, source=self.network.host(source), seconds=20) as client:
            for target in targets:
                answer = self.keep(client.get(target, **more))
                if (answer.one("connection") or "").lower() == "close":
                    self.notes.append(f"{target}: closed {client.at_end()}")
                    return

    def settle(self, names, row=6, seconds=40, **more):
        """Until only these servers answer; how often it asks is not compared."""
        def settled():
            got = set()
            for n in range(row):
                with Client(self.case.front, self.port, source=self.network.host(5), seconds=20) as client:
                    got.add(client.get(f"/settle{n}", **more).one("x-server"))
            return got == set(names)
        wait_until(settled, seconds, f"traffic to {names} only ({self.proxy.program})")
        self.notes.append(f"settled {sorted(map(str, names))}")

    def shares(self, count, **more):
        """How many of some requests each server gets: not in which order, which depends on what was before."""
        got = {}
        for n in range(count):
            with Client(self.case.front, self.port, source=self.network.host(5), seconds=20) as client:
                name = client.get(f"/share{n}", **more).one("x-server")
            got[name] = got.get(name, 0) + 1
        self.notes.append(sorted(got.items(), key=str))

    def seen(self):
        """What the servers were asked, but for what is not compared: D8 tells servers of HTTP/1.0 requests of the close."""
        got = {}
        for name, web in self.case.webs.items():
            lines = [line for line in web.seen() if "/settle" not in line[0] and "/share" not in line[0]]
            got[name] = [line[:4] + line[5:] if line[0].endswith("HTTP/1.0") else line for line in lines]
        return got

    def checks(self):
        """The first health check of each server; before there is traffic, which `http-check send-state` would tell of."""
        wait_until(lambda: all(web.checked() for web in self.case.webs.values()), 20, "a check of every server")
        self.notes.append({name: tuple(web.checked()[0]) for name, web in self.case.webs.items()})

    def lines(self):
        """Log lines of requests."""
        lines = []
        for line in self.log.take():
            line = BYTES.sub(" BYTES ", ACTIVE.sub(r"\1A\2A\2", mask.log_line(line, self.network)))
            # how many requests a server had at once depends on when it saw the end of the one before;
            # how often a dead one was tried, on when a check found it dead
            line = re.sub(r" A/A/\d+/\d+/", " A/A/N/N/", line)
            line = re.sub(r"/\+?\d+ (\d+/\d+ \"GET /(redispatched|the-end))", r"/R \1", line)
            if "/settle" not in line and "/share" not in line and of_request(line):
                lines.append(line)
        return sorted(lines)

    def finish(self, logged):
        if logged:
            self.get("/the-end")
            self.log.wait_for("/the-end")
            wanted = len(self.answers) + sum(isinstance(note, tuple) for note in self.notes)
            wait_until(lambda: sum(map(of_request, self.log.lines)) >= wanted, 10, "a log line for each answer")
        wait_until(lambda: sum(map(len, self.seen().values())) >= sum("x-server" in head for head, _ in self.answers), 10,
                   "nginx's log of the last request")
        return {"answers": self.answers, "servers": self.seen(), "notes": self.notes, "log": self.lines() if logged else []}


class Twins(Tutorial):
    all_paced = True  # which server is next may depend on when the end of a connection was seen

    def farm(self, servers, **more):
        """{name: last of the address, or (last, port)}"""
        self.webs = {}
        for name, at in servers.items():
            last, port = at if isinstance(at, tuple) else (at, 8080)
            self.webs[name] = self.nginx(last, port, name, **more)

    def twins(self, name, play, port=10080, edit=lambda text: text, logged=False, ours_may=()):
        """Plays and compares; returns what ours did. `ours_may`: (theirs, ours) texts of intended differences."""
        results = []
        for program in (oracle(), under_test()):
            side = Side(self, program, name, edit, port)
            try:
                side.proxy.start()
                play(side)
                results.append(side.finish(logged))
            finally:
                side.proxy.stop()
                side.log.stop()
            for web in self.webs.values():
                web.heal()
                if not web.process:
                    web.start()
        theirs, ours = results
        for aspect in ("notes", "answers", "servers", "log"):
            text = repr(theirs[aspect])
            for before, after in ours_may:
                text = text.replace(before, after)
            self.assertEqual(lined(text), lined(repr(ours[aspect])), f"{name}: {aspect}")
        return ours


THREE = {"web1": 10, "web2": 11, "web3": 12}
TWO = {"web1": 10, "web2": 11}


def some_of_everything(side):
    """Methods, versions, bodies and connections."""
    side.get("/a?b=c")
    side.get("/head", method="HEAD")
    side.get("/post", method="POST", body=b"x=1")
    side.get("/old", version="1.0")
    side.get("/close", fields=[("Connection", "close")])
    side.get("/chain", fields=[("X-Forwarded-For", "192.0.2.1")], source=200)
    side.kept_alive(["/k1", "/k2", "/k3"])


def without(words):
    """The text without the lines that have these words."""
    return lambda text: "\n".join(line for line in text.split("\n") if words not in line)


def lined(text):
    """Long lists on several lines, so that a difference can be read."""
    return re.sub(r"([)\]]), ([(\[])", r"\1,\n \2", text).splitlines()

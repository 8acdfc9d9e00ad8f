"""Plays the same bytes to Debian's haproxy and to the program under test, and compares all that can be seen."""
import base64
import dataclasses
import hashlib
import json
import os
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import mask  # noqa: E402
from client import Client  # noqa: E402
from network import Network  # noqa: E402
from origin import Origin  # noqa: E402
from program import Proxy, oracle, under_test, version_of, wait_until  # noqa: E402
from syslog_sink import Syslog  # noqa: E402
from wire import SENTINEL  # noqa: E402
from wire.responses import ANSWERS  # noqa: E402


WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3

ACTIVE = re.compile(r"( [-A-Za-z]{2,4} )\d+(/| )\d+(/| )(?=\d+(/| )\d+(/| )\+?\d)")
BYTES = re.compile(r"(?<= [1-9]\d\d)( \+?[1-9]\d*) (?=[-\"])")  # 2.6 counts its inner form of the message: D5
PORT = re.compile(r"(NET\.9):\d{5}")


def serve(connection):
    """Answers by path: /r/<name> from the table, anything else with its request line."""
    while (head := connection.read_head()) is not None:
        name = head.path[3:] if head.path.startswith("/r/") else None
        if head.method == "CONNECT" or name == "upgrade":
            tunnel(connection, head)
            return
        if (head.one("expect") or "").lower() == "100-continue" and head.one("content-length"):
            connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        if name == "early-answer":
            connection.send(*ANSWERS[name][0])
            return
        if connection.read_body(head) is None:
            return
        with connection.origin.lock:
            connection.origin.requests.append(head)
        if name in ANSWERS:
            pieces, close = ANSWERS[name]
            for piece in pieces:
                if head.method == "HEAD":
                    piece = piece[:piece.index(b"\r\n\r\n") + 4]
                connection.send(piece)
                if len(pieces) > 2:
                    time.sleep(0.001)
            if close == "reset":
                connection.reset()
                return
            if close == "silent":
                connection.read_rest()
                return
            if close:
                return
        elif head.one("x-set") is not None or head.one("x-status"):
            connection.send(*as_told(head))
        elif head.method == "HEAD":
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        else:
            connection.respond(200, f"got {head.method} {head.target} +{len(head.body or b'')}".encode("latin-1"))
        if (head.one("connection") or "").lower() == "close":
            return


def as_told(head):
    """X-Status: 404 and X-Set: Name^value@Name^value say what to answer."""
    status = int(head.one("x-status") or 200)
    fields = "".join(field.replace("^", ": ", 1) + "\r\n" for field in (head.one("x-set") or "").split("@") if field)
    body = "" if status in (204, 304) or head.method == "HEAD" else "as told"
    length = "" if status in (204, 304) else "Content-Length: 7\r\n"
    yield f"HTTP/1.1 {status} Told\r\n{fields}{length}\r\n{body}".encode("latin-1")


def tunnel(connection, head):
    if head.method == "CONNECT":
        answer = "HTTP/1.1 200 Connected\r\n\r\n"
    else:
        accept = base64.b64encode(hashlib.sha1(((head.one("sec-websocket-key") or "") + WEBSOCKET).encode()).digest()).decode()
        answer = (f"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: {head.one('upgrade')}\r\n"
                  f"Sec-WebSocket-Accept: {accept}\r\n\r\n")
    connection.send(answer.encode() + (b"echo:" + connection.unread if connection.unread else b""))
    while chunk := connection.link.recv(65536):
        with connection.origin.lock:
            connection.origin.arrivals.append(chunk)
        connection.send(b"echo:" + chunk)


class Commands:
    """One connection to a stats socket, kept open."""

    def __init__(self, path):
        wait_until(lambda: os.path.exists(path), 30, f"the stats socket {path}")
        self.link = Client(None, None, path=path, seconds=30)
        self.link.send("prompt\n").read_until(b"\n> ")

    def clients(self):
        answer = self.link.send("show info\n").read_until(b"\n> ")
        return int(re.search(rb"^CurrConns: (\d+)", answer, re.M)[1])


@dataclass
class Pace:
    """Pauses in seconds. What they wait for has no event: that the program read one write before the next comes, that
    it saw the end before the mark."""
    step: float
    end: float
    mark: float


USUAL, SLOW = Pace(0.002, 0.03, 0), Pace(0.05, 0.3, 0.5)


class Side:
    """One program with its origin, its log and its network. The cases named in `slowly` are played at a slow pace."""

    def __init__(self, program, index, group, slowly=()):
        self.slowly = slowly
        self.network = Network(index)
        self.origins = [Origin(self.network.host(10), 8080, serve).start()]
        self.log = Syslog(self.network.host(1), 10514)
        self.group = group
        config = group.config
        if version_of(program) >= (3, 3):  # the option's newer name
            config = config.replace("accept-invalid-http-request", "accept-unsafe-violations-in-http-request")
        self.proxy = Proxy(config, program=program, network=self.network)
        for name, text in group.files.items():
            with open(os.path.join(self.proxy.folder, name), "w", encoding="latin-1", newline="") as file:
                file.write(text)
        self.marks = 0
        self.marker = None
        self.commands = None
        self.seen = {}

    def play(self, group):
        self.proxy.start()
        self.marker = Client(self.network.host(1), 7999, seconds=30)
        self.commands = Commands(os.path.join(self.proxy.folder, "cli"))
        self.mark()
        alone = self.commands.clients()  # some programs count this connection, some do not
        for case in group.cases:
            self.seen[case.name] = self.one(case, SLOW if case.name in self.slowly else USUAL, alone)

    def one(self, case, pace, alone):
        self.received()
        self.log.take()
        got = b""
        try:
            client = Client(self.network.host(1), case.to, source=self.network.host(9), seconds=6)
        except ConnectionResetError:
            client = None  # as if it ended at once: which of the two is seen depends on the kernel
        try:
            steps = list(case.send)
            if case.end == "sentinel" and steps and isinstance(steps[-1], bytes):
                steps[-1] += SENTINEL  # one write, so that both programs see it in one read
            elif case.end == "sentinel":
                steps.append(SENTINEL)
            elif case.end == "eof":
                steps.append("eof")
            if client is None:
                steps = []
            try:
                for step in steps:
                    if step == "eof":
                        time.sleep(pace.end)  # what was sent is read before the end is seen
                        client.half_close()
                    elif step in ("head", "answer"):
                        answer = client.read_until(b"\r\n\r\n")
                        if step == "answer":
                            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                            answer += client.read_exactly(length)
                        got += answer
                    else:
                        client.send(self.group.fill(step))
                        if len(steps) > 1:
                            time.sleep(pace.step)
            except (OSError, EOFError, IndexError):  # it ended before all was sent
                pass
            try:
                got += client.read_all() if client else b""
            except TimeoutError:
                got += client.unread + b"<still open after 6 s>"
        finally:
            if client:
                client.close()
        wait_until(lambda: self.commands.clients() <= alone, 30, f"end of the connection of {case.name}")
        time.sleep(pace.mark)
        self.mark()
        # how many connections the process still has depends on when it sees the end of the one before
        lines = [self.line(line) for line in self.log.take()]
        seen = {"client": mask.whole_chunks(mask.answer(got, self.network)).decode("latin-1"),
                "server": PORT.sub(r"\1:PORT", mask.whole_chunks(self.network.mask(self.received())).decode("latin-1")),
                "log": [line for line in lines if " mark " not in line] if case.log else []}
        return {"client": self.group.mask(seen["client"]), "server": self.group.mask(seen["server"]),
                "log": [self.group.mask(line) for line in seen["log"]]}

    def line(self, text):
        text = ACTIVE.sub(r"\1A\2A\2", mask.log_line(text, self.network))
        text = BYTES.sub(" BYTES ", text)
        return re.sub(r"\b[BU]=\d+|(?<= f8008 )(\S+ \S+) \d+", r"\1 BYTES", text)

    def received(self):
        """What the servers got since the last call, all connections in one."""
        got = b""
        for origin in self.origins:
            with origin.lock:
                got += b"".join(origin.arrivals)
                origin.arrivals.clear()
        return got

    def mark(self):
        """A logged request to another frontend: lines of the case are in when its line is."""
        self.marks += 1
        self.marker.get(f"/mark-{self.marks}")
        self.log.wait_for(f"/mark-{self.marks} ", 30)

    def stop(self):
        for connection in (self.marker, self.commands and self.commands.link):
            if connection:
                connection.close()
        self.proxy.stop()
        for origin in self.origins:
            origin.stop()
        self.log.stop()


def compare(group, slowly=()):
    """{case: {aspect: (oracle's, ours)}} of what differs; aspects: client, server, log. And {case: what ours did}."""
    sides = [Side(oracle(), 0, group, slowly), Side(under_test(), 1, group, slowly)]
    failures = []

    def play(side):
        try:
            side.play(group)
        except Exception as problem:  # a thread has nobody to raise to
            import traceback
            failures.append(f"{side.proxy.program}: {problem}\n{traceback.format_exc()}")
    threads = [threading.Thread(target=play, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for side in sides:
        side.stop()
    if failures:
        raise AssertionError("\n".join(failures))
    if died := sides[1].proxy.crashed():
        raise AssertionError(f"the program crashed: {died}")
    different = {}
    for case in group.cases:
        theirs, ours = sides[0].seen[case.name], sides[1].seen[case.name]
        for aspect in ("client", "server", "log"):
            if theirs[aspect] != ours[aspect]:
                different.setdefault(case.name, {})[aspect] = (theirs[aspect], ours[aspect])
    return different, sides[1].seen


def expectations(name):
    path = os.path.join(HERE, "differences", name + ".json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def explained():
    """Ids of differences.md: '## D3 ...'."""
    with open(os.path.join(HERE, "differences.md"), encoding="utf-8") as file:
        return {line.split()[1] for line in file if line.startswith(("## D", "## G"))}


def judge(name, different, seen):
    """[(case, complaint)]: differences that are not expected exactly so, and ours not being as intended.

    An expectation says {"why": "D3", aspect: what we do}; with "wavers" haproxy itself does now this, now that;
    aspects listed under "any" depend on timing on our side."""
    expected, ids = expectations(name), explained()
    complaints = []
    for case, aspects in different.items():
        for aspect, (theirs, ours) in aspects.items():
            known = expected.get(case, {})
            if aspect not in known and aspect not in known.get("any", ()):
                complaints.append((case, f"{aspect} differs\n    haproxy: {theirs!r}\n    ours:    {ours!r}"))
    if version_of(under_test()) < (3, 5):
        return complaints  # checking the tests with haproxy itself: nothing is intended to differ
    for case, known in expected.items():
        if known["why"] not in ids:
            complaints.append((case, f"{known['why']} is not explained in differences.md"))
        for aspect in known:
            if aspect in ("why", "wavers", "any") or case not in seen:
                continue
            if known[aspect] != seen[case][aspect]:
                complaints.append((case, f"{aspect} is another than the intended difference\n"
                                   f"    intended: {known[aspect]!r}\n    ours:     {seen[case][aspect]!r}"))
            elif aspect not in different.get(case, {}) and not known.get("wavers"):
                # ours is as intended; haproxy may have done another thing this time, so this fails nothing
                print(f"{case}: {aspect} was expected to differ ({known['why']}) and does not")
    return complaints


def lasting(name, group, complaints):
    """The complaints that do not come of a stalled host: they are there again when the cases are played slowly, to fresh
    programs and after all the cases that came before them, whose effects they may depend on. A difference of the programs
    repeats each time."""
    cases = [case.name for case in group.cases]
    for _ in range(3):
        suspects = {case for case, _ in complaints}
        if not suspects or len(suspects) > 30:  # so many are no accident
            break
        print(f"played once more, slowly: {', '.join(sorted(suspects))}")
        last = max((cases.index(case) for case in suspects if case in cases), default=-1)
        again = dataclasses.replace(group, cases=group.cases[:last + 1])
        different, seen = compare(again, suspects)
        complaints = [(case, text) for case, text in judge(name, different, seen) if case in suspects]
    return complaints

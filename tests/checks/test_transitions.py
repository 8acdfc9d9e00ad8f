"""What becomes of a server that dies and comes back, beside Debian's haproxy: every line of the log, every weight of slowstart."""
import csv
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from case import Case, Origin, Proxy, Syslog, answer_with, fetch, main_apart, oracle, paced, requires, under_test, wait_until  # noqa: E402
from network import Network  # noqa: E402

HEAD = """global
  stats socket TMP/cli level admin
  nbthread 1
  max-spread-checks 50
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  log NET.1:10514 local0 debug
frontend f
  no log
  bind NET.1:8000
  default_backend b
"""
SLOW = HEAD + """
backend b
  option log-health-checks
  server s1 NET.10:8080 weight 100 check inter 100ms fall 2 rise 2 slowstart 4s maxconn 100
  server s2 NET.11:8080 weight 10 check inter 100ms fall 2 rise 2
  server s3 NET.12:8080 backup
"""
WARMING = 4.0


class Side:
    def __init__(self, program, index, config, origins):
        self.network = Network(index)
        self.log = Syslog(self.network.host(1), 10514)
        self.origins = {last: Origin(self.network.host(last), 8080, answer_with(str(last).encode())).start() for last in origins}
        self.proxy = Proxy(config, program=program, network=self.network).start()
        wait_until(lambda: os.path.exists(self.proxy.folder + "/cli"), 10, "the stats socket")

    def row(self, server, backend="b"):
        lines = self.proxy.cli("show stat").lstrip("# ").strip().splitlines()
        return next(r for r in csv.DictReader(lines) if (r["pxname"], r["svname"]) == (backend, server))

    def lines(self):
        """What was logged since the last call, without what differs each time."""
        return self.shown(self.log.take())

    def shown(self, lines):
        text = [self.network.mask(re.sub(r"^<(\d+)>.*?: (?=\S)", r"<\1>", line)).strip() for line in lines]
        return [re.sub(r"check duration: \d+ms", "check duration: Nms", line) for line in text]

    def stop(self):
        self.proxy.stop()
        self.log.stop()
        for origin in self.origins.values():
            origin.stop()


class Transitions(Case):
    def sides(self, config, origins=(10, 11, 12), programs=None):
        made = []
        for index, program in enumerate(programs or (oracle(), under_test())):
            made.append(Side(program, index, self.slower(config), origins))
            self.addCleanup(made[-1].stop)
        return made

    def up(self, side, *servers):
        for server in servers:
            wait_until(lambda: side.row(server)["status"] == "UP", 10, f"{server} up")

    def until(self, side, server, status):
        wait_until(lambda: side.row(server)["status"].split(" ")[0] == status, 10, f"{server} {status}")

    def both_log(self, sides, what):
        """The same lines, and then nothing else for a moment."""
        end = time.monotonic() + 10
        while time.monotonic() < end and (sides[0].shown(sides[0].log.lines) != sides[1].shown(sides[1].log.lines) or not sides[0].log.lines):
            time.sleep(0.02)
        time.sleep(0.25 * self.pace)
        theirs, ours = (side.lines() for side in sides)
        self.assertEqual(ours, theirs, what)
        self.assertTrue(ours, what)
        return ours

    @paced
    def test_lines_of_each_transition(self):
        sides = self.sides(SLOW)
        for side in sides:
            self.up(side, "s1", "s2")
            side.lines()
        for side in sides:
            side.origins[11].stop()
            self.until(side, "s2", "DOWN")
        self.both_log(sides, "s2 goes down")
        for side in sides:
            side.origins[10].stop()
            self.until(side, "s1", "DOWN")
        lines = self.both_log(sides, "s1 goes down, the backup takes over")
        self.assertTrue(any("0 active and 1 backup servers left. Running on backup." in line for line in lines), lines)
        for side in sides:
            side.origins[11].start()
            self.until(side, "s2", "UP")
        self.both_log(sides, "s2 comes back")
        for command, server, status in (("set server b/s2 state drain", "s2", "DRAIN"), ("set server b/s2 state maint", "s2", "MAINT"),
                                        ("set server b/s2 state ready", "s2", "UP"), ("set server b/s3 state maint", "s3", "MAINT"),
                                        ("set server b/s2 health down", "s2", "UP")):
            for side in sides:
                side.proxy.cli(command)
                if command.endswith("health down"):
                    side.log.wait_for("Server b/s2 is UP")
                self.until(side, server, status)
            self.both_log(sides, command)

    @paced
    def test_slowstart_weights_follow_the_clock(self):
        """Each weight that show stat tells is that of the time since the server came back, within a step; so are requests."""
        warming = WARMING * self.pace
        for side in self.sides(SLOW):
            self.up(side, "s1", "s2")
            self.assertEqual(side.row("s1")["weight"], "100", "at the start of the process there is no slow start")
            side.origins[10].stop()
            self.until(side, "s1", "DOWN")
            side.lines()
            side.origins[10].start()
            side.log.wait_for("is UP")
            begun = time.monotonic()
            seen = []
            while not seen or (seen[-1][1] < 100 and time.monotonic() < begun + 4 * warming):
                before = time.monotonic() - begun
                row = side.row("s1")
                after = time.monotonic() - begun
                seen.append(((before, after), int(row["weight"]), row["throttle"]))
                self.assertIn(row["status"], ("UP",))
                time.sleep(0.02)
            weights = [weight for _, weight, _ in seen]
            self.assertEqual(weights, sorted(weights), "it only grows")
            self.assertEqual(weights[-1], 100)
            self.assertTrue(warming - self.pace < seen[-1][0][1] < warming + 3 * self.pace, seen[-1])
            is_ours = side.proxy.program == under_test()  # haproxy looks at its clock once a second
            self.assertGreaterEqual(len(set(weights)), 5 + 15 * self.pace if is_ours else 4 * self.pace, sorted(set(weights)))
            late = (0.6 if is_ours else 1.4) * self.pace
            for (before, after), weight, _ in seen[:-1]:
                low, high = 100 * (before - late) / warming - 1, 100 * (after + late) / warming + 1
                self.assertTrue(low <= weight <= high, f"{side.proxy.program}: weight {weight} between {before} s and {after} s")
            for _, weight, throttle in seen:
                if weight == 100:
                    self.assertEqual(throttle, "")
                else:
                    self.assertTrue(weight - 2 <= int(throttle) <= weight + 1, (weight, throttle))
            side.stop()

    @paced
    def test_a_warming_server_has_its_share_of_slots(self):
        """maxconn grows with the weight (manual, slowstart)."""
        side = self.sides(SLOW, programs=(under_test(),))[0]
        self.up(side, "s1", "s2")
        side.origins[10].stop()
        self.until(side, "s1", "DOWN")
        side.origins[10].start()
        self.until(side, "s1", "UP")
        names = [fetch(self.front, 8000).body for _ in range(60)]
        early = names.count(b"10")
        wait_until(lambda: side.row("s1")["weight"] == "100", 10, "warm")
        names = [fetch(self.front, 8000).body for _ in range(60)]
        self.assertLess(early, names.count(b"10"))
        self.assertGreater(names.count(b"10"), 50)

    @requires(3, 5)
    def test_init_state(self):
        """What a server is until its first check has come to a result; the check of this one waits for an answer."""
        config = HEAD.replace("default_backend b", "http-request return status 200")
        for state in ("fully-up", "up", "down", "fully-down"):
            config += (f"backend {state}\n  option tcp-check\n  tcp-check expect string never\n  timeout check 60s\n"
                       f"  server s NET.10:8080 check inter 60s rise 2 fall 3 init-state {state}\n")
        side = self.sides(config, programs=(under_test(),))[0]
        rows = {state: side.row("s", state) for state in ("fully-up", "up", "down", "fully-down")}
        seen = {state: (row["status"].split(" ")[0], row["check_health"]) for state, row in rows.items()}
        self.assertEqual(seen, {"fully-up": ("UP", "4"), "up": ("UP", "2"), "down": ("DOWN", "1"), "fully-down": ("DOWN", "0")})

    @requires(3, 5)
    @paced
    def test_init_state_after_the_first_checks(self):
        """down: one good check is enough; fully-down: rise of them; up: one bad one takes it out; fully-up: fall of them."""
        def checks_until(state, good, status):
            config = HEAD + f"backend b\n  option log-health-checks\n  server s1 NET.10:8080 check inter 100ms rise 3 fall 4 init-state {state}\n"
            side = self.sides(config, origins=(10,) if good else (), programs=(under_test(),))[0]
            self.until(side, "s1", status)
            row = side.row("s1")
            side.stop()
            return int(row["chkfail"]), [line for line in side.lines() if "Health check" in line]
        self.assertEqual(checks_until("up", False, "DOWN")[0], 1)
        self.assertEqual(checks_until("fully-up", False, "DOWN")[0], 4)
        self.assertEqual(len(checks_until("down", True, "UP")[1]), 1)
        self.assertEqual(len(checks_until("fully-down", True, "UP")[1]), 3)


class Observed(Case):
    """on-error: what errors of traffic do, beside haproxy."""

    KINDS = ("fastinter", "fail-check", "sudden-death", "mark-down")

    def test_on_error(self):
        config = HEAD.replace("default_backend b", "use_backend %[path,field(2,/)]")
        for kind in self.KINDS:
            config += (f"backend {kind}\n  retries 0\n  server s NET.10:8089 check port 8080 inter 60s fastinter 60s downinter 60s rise 1 fall 3 "
                       f"observe layer4 error-limit 3 on-error {kind}\n")
        seen = []
        for index, program in enumerate((oracle(), under_test())):
            side = Side(program, index, config, (10,))
            self.addCleanup(side.stop)
            for kind in self.KINDS:
                wait_until(lambda: side.row("s", kind)["check_status"] == "L4OK", 10, "the first check")
            side.lines()
            rows = {}
            for kind in self.KINDS:
                for errors in range(1, 8):
                    fetch(side.network.host(1), 8000, f"/{kind}/x")
                    row = side.row("s", kind)
                    rows[kind, errors] = {k: row[k] for k in ("status", "check_health", "chkfail", "chkdown", "hanafail", "check_status")}
            seen.append((rows, side.lines()))
            side.stop()
        self.assertEqual(seen[1][0], seen[0][0])
        self.assertEqual(seen[1][1], seen[0][1])


class Agents(Case):
    def test_a_line_in_pieces_or_without_an_end(self):
        """An agent's answer ends with its line; what never ends is no answer and is asked again on a new connection. Of a line
        without an end 2.6 reads on in whatever its buffer held before: it is asked about whole lines only."""
        config = HEAD + "backend b\n  option log-health-checks\n  timeout check 300ms\n  server s NET.10:8080 weight 10 agent-check agent-port 8090 agent-inter 100ms\n"
        results = []
        for index, program in enumerate((oracle(), under_test())):
            network = Network(index)
            asked = []

            def serve(connection):
                asked.append(1)
                for piece in self.pieces:
                    connection.send(piece)
                    time.sleep(0.02)  # pieces arrive as such
                if self.close:
                    return
                connection.read_rest()
            seen = []
            self.pieces, self.close = [b"up 50%\n"], False
            agent = Origin(network.host(10), 8090, serve).start()
            self.addCleanup(agent.stop)
            side = Side(program, index, config, (10,))
            self.addCleanup(side.stop)
            for pieces, close in (([b"up 50%\n"], False), ([b"75", b"%", b"\n"], False), ([b"20%\r\n"], True), ([b"40%"], True), ([b"do"], False),
                                  ([b"60", b"%\nmore"], False), ([b"up 100%\n"], True)):
                self.pieces, self.close = pieces, close
                count = len(asked) + 4
                wait_until(lambda: len(asked) >= count, 10, "questions")
                row = {}

                def settled():
                    row.update(side.row("s"))
                    return not row["agent_status"].startswith("*")
                wait_until(settled, 5, "an answer")
                seen.append((pieces, row["status"], row["weight"], row["agent_status"], row["last_agt"]))
            results.append((seen, side.lines()))
            side.stop()
            agent.stop()

        def whole(rows):
            return [row for row in rows if len(row[0]) == 1 and row[0][0].endswith(b"\n")]
        (theirs, _), (ours, lines) = results
        self.assertEqual(whole(ours), whole(theirs))
        self.assertEqual(len(whole(ours)), 3)
        up, silent = ('<133>Agent check for server b/s ' + rest for rest in (
            'succeeded, reason: Layer7 check passed, code: 0, info: "via agent : up", check duration: Nms, status: 1/1 UP.',
            'failed, reason: Layer7 timeout, check duration: Nms, status: 1/1 UP.'))
        self.assertEqual(lines, [up, silent, up])
        self.assertEqual({row[1] for row in ours}, {"no check"})
        self.assertEqual([row[2:] for row in ours], [
            ("5", "L7OK", "via agent : up"), ("7", "CHECKED", ""), ("2", "CHECKED", ""), ("2", "CHECKED", "Ignoring incomplete line from agent"),
            ("2", "L7TOUT", ""), ("6", "CHECKED", ""), ("10", "L7OK", "via agent : up")])


class Mails(Case):
    def test_mails_beside_haproxy(self):
        """email-alert level and text: the same mails from both, taken by a real server."""
        import daemons
        home = Network()
        post = daemons.smtp(home.host(30), 2525)
        self.addCleanup(post.stop)
        post.wait_ready()
        config = HEAD + f"""
mailers post
  timeout mail 5s
  mailer one {home.host(30)}:2525
backend b
  email-alert mailers post
  email-alert from lb@example.com
  email-alert to admin@example.com
  email-alert myhostname NAME.example.com
  email-alert level LEVEL
  server s1 NET.10:8080 check inter 100ms fall 1 rise 1
"""
        found = {}
        for index, program in enumerate((oracle(), under_test())):
            for level in ("alert", "notice"):
                name = f"p{index}{level}"
                side = Side(program, index, config.replace("NAME", name).replace("LEVEL", level), (10,))
                self.addCleanup(side.stop)
                wait_until(lambda: side.row("s1")["check_status"] == "L4OK", 10, "the first check")
                side.origins[10].stop()
                wait_until(lambda: side.row("s1")["status"] == "DOWN", 10, "down")
                side.origins[10].start()
                wait_until(lambda: side.row("s1")["status"] == "UP", 10, "up")
                expected = 1 if level == "alert" else 2
                wait_until(lambda: len(re.findall(r"Subject: \[HAProxy Alert\] [Ss]erver", post.text)) >= expected, 10, "mails")
                time.sleep(0.5)
                mails = re.findall(r"(?s)-+ MESSAGE FOLLOWS -+\n(.*?)-+ END MESSAGE -+", post.text)
                post.printed.clear()
                text = [re.sub(r"check duration: \d+ms", "N", re.sub(r"(?m)^(Date|X-Peer):.*$", r"\1", side.network.mask(mail))) for mail in mails]
                found[index, level] = text
                side.stop()
        for level in ("alert", "notice"):
            self.assertEqual(found[1, level], found[0, level], level)


if __name__ == "__main__":
    main_apart()

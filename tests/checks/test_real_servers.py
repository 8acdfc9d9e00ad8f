"""mysql-check, pgsql-check, redis-check, ldap-check, smtpchk and email-alert against real servers."""
import csv
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import daemons  # noqa: E402
from case import Case, Proxy, main, oracle, under_test, wait_until  # noqa: E402
from network import Network  # noqa: E402

KINDS = {"mysql": (daemons.mariadb, 3306), "pgsql": (daemons.postgresql, 5432), "redis": (daemons.redis, 6379), "ldap": (daemons.slapd, 3890),
         "smtp": (daemons.smtp, 2525)}
# backend: (whose server, lines, what both programs must say)
BACKENDS = {
    "mysql": ("mysql", "option mysql-check", ("L7OK", "0")),
    "mysql-user": ("mysql", "option mysql-check user haproxy_check", ("L7OK", "0")),
    "mysql-old": ("mysql", "option mysql-check user haproxy_check pre-41", None),
    "mysql-nobody": ("mysql", "option mysql-check user nobody_knows", ("L7STS", "1045")),
    "pgsql": ("pgsql", "option pgsql-check user admin", ("L7OK", "0")),
    "pgsql-nobody": ("pgsql", "option pgsql-check user nobody_knows", None),
    "redis": ("redis", "option redis-check", ("L7OK", "0")),
    "redis-role": ("redis", "option tcp-check\n  tcp-check send PING\\r\\n\n  tcp-check expect string +PONG\n  tcp-check send info\\ replication\\r\\n\n"
                   "  tcp-check expect string role:master\n  tcp-check send QUIT\\r\\n\n  tcp-check expect string +OK", ("L7OK", "0")),
    "redis-replica": ("redis", "option tcp-check\n  tcp-check send info\\ replication\\r\\n\n  tcp-check expect string role:slave", ("L7TOUT", "")),
    "ldap": ("ldap", "option ldap-check", ("L7OK", "0")),
    "smtp": ("smtp", "option smtpchk", ("L7OK", "221")),
    "smtp-ehlo": ("smtp", "option smtpchk EHLO tests.example.com", ("L7OK", "221")),
}


def config(network_of_servers, kinds):
    text = """global
  stats socket TMP/cli level admin
  max-spread-checks 300
mailers post
  timeout mail 5s
  mailer one {smtp}
defaults
  mode tcp
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  timeout check 2s
frontend f
  bind NET.1:8000
""".format(smtp=f"{network_of_servers.host(30)}:2525")
    for name, (kind, lines, _) in BACKENDS.items():
        text += f"backend {name}\n  {lines}\n  server s {network_of_servers.host(30)}:{kinds[kind][1]} check inter 2s fastinter 300ms rise 1 fall 1\n"
        if name == "redis":
            text += "  email-alert mailers post\n  email-alert from SIDE@example.com\n  email-alert to admin@example.com\n  email-alert level notice\n"
            text += "  email-alert myhostname lb.example.com\n"
    return text


class RealServers(Case):
    @classmethod
    def setUpClass(cls):
        cls.home = Network()
        cls.servers = {}
        try:
            for kind, (start, port) in KINDS.items():
                cls.servers[kind] = start(cls.home.host(30), port)
            for server in cls.servers.values():
                server.wait_ready()
            cls.proxies = {}
            for index, (side, binary) in enumerate((("theirs", oracle()), ("ours", under_test()))):
                cls.proxies[side] = Proxy(config(cls.home, KINDS).replace("SIDE", side), program=binary, network=Network(index)).start()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        for proxy in getattr(cls, "proxies", {}).values():
            proxy.stop()
        for server in cls.servers.values():
            server.stop()

    def rows(self, side):
        lines = self.proxies[side].cli("show stat").lstrip("# ").strip().splitlines()
        return {row["pxname"]: row for row in csv.DictReader(lines) if row["svname"] == "s"}

    def settled(self, side):
        def done():
            rows = self.rows(side)
            return rows if all(row["check_status"] not in ("INI", "* INI") for row in rows.values()) else None
        return wait_until(done, 15, f"{side}: a result of every check")

    def test_a_same_results(self):
        def told(row):
            """While a check is under way there may be no text."""
            status = row["check_status"].removeprefix("* ")
            return status, row["check_code"], "" if status == "L7OK" else row["last_chk"]
        end = time.monotonic() + 20
        while True:  # the first result of one may be that of a stalled host
            theirs, ours = self.settled("theirs"), self.settled("ours")
            if all(told(theirs[name]) == told(ours[name]) for name in BACKENDS) or time.monotonic() > end:
                break
            time.sleep(0.05)
        for name, (_, _, expected) in BACKENDS.items():
            with self.subTest(name):
                got = [(row["check_status"].removeprefix("* "), row["check_code"]) for row in (theirs[name], ours[name])]
                self.assertEqual(got[1], got[0], f"theirs {theirs[name]['last_chk']!r}, ours {ours[name]['last_chk']!r}")
                if expected:
                    self.assertEqual(got[1], expected, ours[name]["last_chk"])
                if got[1][0] != "L7OK":
                    self.assertEqual(ours[name]["last_chk"], theirs[name]["last_chk"])
        self.assertRegex(ours["mysql"]["last_chk"], r"MariaDB")

    def test_b_down_and_mail(self):
        """A server that is stopped goes down, and a mail says so; started again it comes up."""
        self.settled("ours")
        old = self.servers["redis"]
        post = self.servers["smtp"]
        old.process.terminate()
        old.process.wait(10)
        wait_until(lambda: self.rows("ours")["redis"]["status"] == "DOWN", 10, "redis down")
        def told(what):
            """A mail of ours says so."""
            mails = re.findall(r"(?s)MESSAGE FOLLOWS -+\n(.*?)-+ END MESSAGE", post.text)
            return any("From: ours@example.com\n" in mail and "To: admin@example.com\n" in mail
                       and f"Subject: [HAProxy Alert] Server redis/s is {what}" in mail for mail in mails)
        wait_until(lambda: told("DOWN"), 10, "a mail")
        self.servers["redis"] = daemons.redis(self.home.host(30), 6379).wait_ready()
        old.stop()
        wait_until(lambda: self.rows("ours")["redis"]["status"] == "UP", 10, "redis up")
        wait_until(lambda: told("UP"), 10, "a second mail")


if __name__ == "__main__":
    main()

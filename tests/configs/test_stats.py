"""The statistics page: 02-cookie-rewrite, 03-htmpool, 03-http-front, 04-production, 04-stats-page."""
import base64
import csv
import html.parser
import io
import json
import os
import re
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Client, Tutorial, main, run, text_of, wait_until  # noqa: E402


def basic(user, password):
    return ("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


class Page(html.parser.HTMLParser):
    """What a browser would see: rows by proxy and name, forms, that every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.forms, self.inputs = [], {}, [], []
        self.proxy = self.row = self.cell = None
        self.text = ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "h2":
            self.proxy = given["id"]
        if tag == "tr":
            self.row = (given.get("class"), [])
        if tag == "td" and self.row:
            self.row[1].append("")
            self.cell = True
        if tag == "form":
            self.forms.append(given)
        if tag == "input":
            self.inputs.append((self.proxy, given))
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()
        if tag == "td":
            self.cell = None
        if tag == "tr" and self.row and self.row[1]:
            cells = [cell.strip() for cell in self.row[1]]
            name = cells[0] or cells[1]
            self.rows[(self.proxy, name)] = (self.row[0], cells)

    def handle_data(self, data):
        self.text += data
        if self.cell:
            self.row[1][-1] += data


def table(body):
    text = body.decode()
    assert text.startswith("# pxname,svname,"), text[:80]
    rows = list(csv.DictReader(io.StringIO(text[2:])))
    return {(row["pxname"], row["svname"]): row for row in rows}


class HttpFront(Tutorial):
    def test_page_within_the_site(self):
        """03-http-front: the page is at /haproxy?stats of the site itself, everything else goes to the servers."""
        self.web(129, 10080, "web1")
        self.web(131, 10080, "web2")
        self.tutorial("03-http-front.cfg")
        self.assertEqual(set(self.names(4)), {"web1", "web2"})
        answer = self.fetch("/haproxy?stats")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.one("content-type"), "text/html")
        self.assertEqual(answer.one("cache-control"), "no-cache")
        page = Page(answer.body.decode())
        self.assertIn(("http_front", "Frontend"), page.rows)
        for server in ("web1", "web2"):
            self.assertIn(("http_back", server), page.rows)
        self.assertIn(("http_back", "Backend"), page.rows)
        self.assertEqual(page.forms[0]["method"], "get")
        self.assertEqual(len(page.forms), 1, "without `stats admin` nothing can be changed")
        self.assertEqual(self.fetch("/haproxy").status, 200, "another path is the servers'")
        self.assertTrue(self.fetch("/haproxy").one("x-server"))

    def test_what_scrapers_look_for(self):
        self.tutorial("03-http-front.cfg")
        body = self.fetch("/haproxy?stats").body.decode()
        self.assertRegex(body, r"HAProxy version ([^,]+), released \d{4}/\d\d/\d\d")
        self.assertRegex(body, r"<b>uptime = </b> \d+d \d+h\d\dm\d\ds")
        self.assertRegex(body, r"<b>pid = </b> \d+ \(process #1")

    def test_csv_json_typed(self):
        self.web(129, 10080, "web1")
        self.tutorial("03-http-front.cfg")
        answer = self.fetch("/haproxy?stats;csv;norefresh")
        self.assertEqual(answer.one("content-type"), "text/plain")
        rows = table(answer.body)
        self.assertEqual(list(rows), [("http_front", "FRONTEND"), ("http_back", "web1"), ("http_back", "web2"), ("http_back", "BACKEND")])
        self.assertEqual(rows[("http_back", "web1")]["weight"], "30")
        self.assertEqual(rows[("http_back", "web1")]["addr"], "", "only with show-legends")
        self.assertEqual({line.count(",") for line in answer.body.decode().strip().split("\n")},
                         {answer.body.decode().split("\n")[0].count(",")})
        answer = self.fetch("/haproxy?stats;json")
        self.assertEqual(answer.one("content-type"), "application/json")
        values = json.loads(answer.body)
        self.assertEqual([row[1]["value"]["value"] for row in values], ["FRONTEND", "web1", "web2", "BACKEND"])
        schema = json.loads(self.fetch("/haproxy?stats;json-schema").body)
        self.assertIn("definitions", schema)
        self.assertRegex(self.fetch("/haproxy?stats;typed").body.decode(), r"(?m)^F\.1\.0\.0\.pxname\.1:KNS:str:http_front$")

    def test_filters(self):
        self.web(129, 10080, "web1")
        proxy = self.tutorial("03-http-front.cfg")
        self.until_only(["web1"])
        rows = table(self.fetch("/haproxy?stats;csv;up").body)
        self.assertNotIn(("http_back", "web2"), rows)
        self.assertIn(("http_back", "web1"), rows)
        self.assertEqual({name for name, _ in table(self.fetch("/haproxy?stats;csv;scope=_back").body)}, {"http_back"})
        self.assertTrue(proxy.alive())

    def test_methods(self):
        self.tutorial("03-http-front.cfg")
        answer = self.fetch("/haproxy?stats", method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        answer = self.fetch("/haproxy?stats", method="POST", body=b"b=http_back&s=web1&action=drain")
        self.assertEqual((answer.status, answer.one("location")), (303, "/haproxy?stats;st=DENY"))
        answer = self.fetch("/haproxy?stats", version="1.0")
        self.assertIsNone(answer.one("transfer-encoding"))
        self.assertTrue(answer.body.decode().rstrip().endswith("</html>"))


class StatsPage(Tutorial):
    AUTH = basic("admin", "password123")

    def page(self, target="/haproxy?stats", **more):
        return self.fetch(target, 8404, fields=[self.AUTH], **more)

    def test_password(self):
        self.tutorial("04-stats-page.cfg")
        answer = self.fetch("/haproxy?stats", 8404)
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.one("www-authenticate"), 'Basic realm="HAProxy Statistics"')
        for wrong in (basic("admin", "wrong"), basic("nobody", "password123"), ("Authorization", "Basic !!"), ("Authorization", "Bearer x")):
            self.assertEqual(self.fetch("/haproxy?stats", 8404, fields=[wrong]).status, 401, wrong)
        self.assertEqual(self.page().status, 200)
        self.assertEqual(self.fetch("/other", 8404).status, 503, "there is nothing else here")


class Htmpool(Tutorial):
    """03-htmpool: a listen section without servers is the page, with actions for everybody who knows the password."""
    AUTH = basic("admin", "admin123")
    PATH = "/haproxy-status"

    def start(self, name="03-htmpool.cfg"):
        text = text_of(name)
        if run(["-c"], text, network=self.network).code:
            self.skipTest(f"{name} waits for a keyword of another part")
        return self.tutorial(name, wait=[9188])

    def post(self, **form):
        body = urllib.parse.urlencode(form, doseq=True).encode()
        return self.fetch(self.PATH, 9188, fields=[self.AUTH], method="POST", body=body)

    def test_page(self):
        self.start()
        self.assertEqual(self.fetch(self.PATH, 9188).status, 401)
        answer = self.fetch(self.PATH, 9188, fields=[self.AUTH])
        self.assertEqual(answer.one("refresh"), "30")
        self.assertNotIn("version 3", answer.body.decode())
        self.assertIsNone(self.fetch(self.PATH + ";norefresh", 9188, fields=[self.AUTH]).one("refresh"))
        page = Page(answer.body.decode())
        self.assertEqual([name for _, name in page.rows if name.startswith("web")], ["web1", "web2"])
        self.assertIn(("htmpool", {"type": "checkbox", "name": "s", "value": "web1"}), page.inputs)

    def test_actions(self):
        self.start()
        answer = self.post(s=["web1"], b="#2", action="drain")
        self.assertEqual((answer.status, answer.one("location")), (303, self.PATH + ";st=DONE"))
        shown = Page(self.fetch(self.PATH + ";st=DONE", 9188, fields=[self.AUTH]).body.decode())
        self.assertIn("Action processed successfully", shown.text)


class Actions(Tutorial):
    """What the page's buttons do; the page of 03-htmpool without its cookies and health checks."""
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
  default_backend farm
backend farm
  server web1 NET.10:8080 weight 6
  server web2 NET.11:8080 weight 6
  server web3 NET.12:8080 check inter 1h
listen admin
  bind NET.1:8404
  stats enable
  stats uri /s
  log NET.1:10514 local0
  option httplog
  stats show-legends
  stats show-node
  stats show-modules
  stats show-desc a <b>nice</b> place
  stats admin if { hdr(x-may) yes }
  stats http-request deny if { hdr(x-may) no }
  stats http-request auth realm Other if { hdr(x-may) ask }
  stats http-request allow
  http-after-response set-header x-after 1
"""

    def setUp(self):
        super().setUp()
        for last in (10, 11, 12):
            self.web(last)
        self.running = self.proxy(self.CONFIG)

    def post(self, body, may="yes"):
        fields = [("X-May", may), ("Content-Type", "application/x-www-form-urlencoded")]
        answer = self.fetch("/s", 8404, fields=fields, method="POST", body=body.encode())
        if answer.status != 303:
            return answer.status
        self.assertEqual(answer.one("content-length"), "0")
        return re.fullmatch(r"/s;st=(\w{4})", answer.one("location"))[1]

    def state(self, server):
        rows = table(self.fetch("/s;csv", 8404).body)
        return rows[("farm", server)]["status"]

    def test_states(self):
        for action, state in (("drain", "DRAIN"), ("maint", "MAINT"), ("ready", "no check"), ("stop", "DRAIN"), ("start", "no check"),
                              ("hdown", "DOWN"), ("hrunn", "no check"), ("hnolb", "NOLB"), ("hrunn", "no check")):
            self.assertEqual(self.post(f"b=farm&s=web1&action={action}"), "DONE", action)
            self.assertEqual(self.state("web1"), state, action)
        self.assertEqual(self.state("web2"), "no check")

    def test_outcomes(self):
        for body, outcome in (("b=%233&s=web1&s=web2&action=drain", "DONE"), ("b=farm&s=web1&s=nosuch&action=ready", "PART"),
                              ("b=farm&s=nosuch&action=ready", "ERRP"), ("b=nosuch&s=web1&action=ready", "ERRP"),
                              ("b=farm&s=web1&action=nosuch", "ERRP"), ("b=farm&s=web1&action=", "ERRP"), ("b=farm&action=ready", "NONE"),
                              ("b=farm&s=web1", "NONE"), ("", "NONE"), ("b=farm&s=web1&action=start", "NONE"),
                              ("b=farm&s=web1&action=dhlth", "NONE"), ("b=farm&s=web3&action=dhlth", "DONE"),
                              ("b=farm&s=web1&action=dagent", "NONE"), ("b=farm&s=web1&action=drain&x=" + "y" * 40000, "EXCD")):
            self.assertEqual(self.post(body), outcome, body[:60])
        self.assertEqual(self.post("b=farm&s=web1&action=maint", may="perhaps"), "DENY")
        self.assertEqual(self.state("web1"), "no check")

    def test_access_rules(self):
        self.assertEqual(self.post("b=farm&s=web1&action=maint", may="no"), 403)
        answer = self.fetch("/s", 8404, fields=[("X-May", "ask")])
        self.assertEqual((answer.status, answer.one("www-authenticate")), (401, 'Basic realm="Other"'))
        self.assertEqual(answer.one("x-after"), "1")

    def test_shutdown(self):
        slow = self.web(20)
        slow.gate = threading.Event()
        self.addCleanup(slow.gate.set)
        text = re.sub(r"\n  server web[23].*", "", self.CONFIG).replace("NET.10", "NET.20").replace(":8000", ":8001")
        self.proxy(text.replace(":8404", ":8405"))
        with Client(self.front, 8001) as client:
            client.send(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: slow.busy == 1, what="the request at the server")
            answer = self.fetch("/s", 8405, fields=[("X-May", "yes")], method="POST", body=b"b=farm&s=web1&action=shutdown")
            self.assertEqual(answer.one("location"), "/s;st=DONE")
            self.assertTrue(client.at_end(), "the client is told by the end of its connection")

    def test_log(self):
        log = self.syslog()
        self.fetch("/s;csv", 8404)
        self.assertRegex(log.wait_for("/s;csv"), r" admin admin/<STATS> 0/0/0/\d+/\d+ 200 \d+ - - LR-- ")
        self.fetch("/s;x", 8404, fields=[("X-May", "no")])
        self.assertRegex(log.wait_for("/s;x"), r" admin admin/<STATS> 0/0/0/-1/\d+ 403 \d+ - - PR-- ")

    def test_html(self):
        answer = self.fetch("/s", 8404, fields=[("X-May", "yes")])
        body = answer.body.decode()
        page = Page(body)
        self.assertIn("a &lt;b&gt;nice&lt;/b&gt; place", body)
        self.assertEqual(page.rows[("farm", "web1")][0], "nocheck")
        self.assertIn(f"address: {self.network.host(10)}:8080", body)
        self.assertEqual([given["value"] for proxy, given in page.inputs if given.get("name") == "b"], ["#3"])
        rows = table(self.fetch("/s;csv", 8404).body)
        self.assertEqual(rows[("farm", "web1")]["addr"], f"{self.network.host(10)}:8080")
        self.assertEqual(rows[("admin", "FRONTEND")]["intercepted"], "2", "this request among them")

    def test_keeps_the_connection(self):
        with Client(self.front, 8404) as client:
            for target in ("/s", "/s;csv", "/s;json"):
                self.assertEqual(client.get(target).status, 200)
            self.assertEqual(client.get("/s", method="HEAD").status, 200)
            self.assertEqual(client.get("/s;csv").status, 200)


class Many(Tutorial):
    def test_a_thousand_servers(self):
        """The page is written row by row: however long it is, it goes through one buffer."""
        servers = "\n".join(f"  server s{n} NET.10:{1000 + n}" for n in range(1000))
        self.proxy(f"""
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind NET.1:8404
  stats uri /s
backend b
{servers}
""")
        body = self.fetch("/s", 8404).body
        self.assertGreater(len(body), 500_000)
        page = Page(body.decode())
        self.assertEqual(sum(1 for proxy, _ in page.rows if proxy == "b"), 1001)
        self.assertEqual(len(table(self.fetch("/s;csv", 8404).body)), 1002)
        self.assertEqual(len(json.loads(self.fetch("/s;json", 8404).body)), 1002)


class Production(Tutorial):
    def test_page(self):
        """04-production without what needs a certificate: the page on 8404, open to everybody, actions allowed."""
        text = "\n".join(line for line in text_of("04-production.cfg").split("\n") if "ssl" not in line and "daemon" not in line)
        if run(["-c"], text, network=self.network).code:
            self.skipTest("04-production.cfg waits for a keyword of another part")
        proxy = self.proxy(text)
        answer = self.fetch("/stats", 8404)
        page = Page(answer.body.decode())
        self.assertIn(("web_servers", "web3"), page.rows)
        self.assertEqual(page.rows[("web_servers", "backup1")][1][26:28], ["0", "1"])
        answer = self.fetch("/stats", 8404, method="POST", body=b"s=api1&s=api2&action=maint&b=api_servers")
        self.assertEqual(answer.one("location"), "/stats;st=DONE")
        self.assertIn("api_servers,api1,", proxy.cli("show stat", "TMP/stats"))


class CookieRewrite(Tutorial):
    def test_page(self):
        """02-cookie-rewrite: refresh every 30 s, a realm of two words, a password."""
        text = text_of("02-cookie-rewrite.cfg")
        if run(["-c"], text, network=self.network).code:
            self.skipTest("02-cookie-rewrite.cfg waits for a keyword of another part")
        self.tutorial("02-cookie-rewrite.cfg", wait=[1080])
        answer = self.fetch("/stats", 1080)
        self.assertEqual((answer.status, answer.one("www-authenticate")), (401, 'Basic realm="Haproxy"'))
        answer = self.fetch("/stats", 1080, fields=[basic("admin", "admin")])
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.one("refresh"), "30")


if __name__ == "__main__":
    main()

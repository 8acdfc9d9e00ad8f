"""What lines say: structured data, profiles, steps, do-log, JSON, origins, counters; what is only known without TLS."""
import json
import re
import socket

from logs import DEFAULTS, Case, Client, fetch, main, run


class Formats(Case):
    def start(self, text, front="", more=""):
        self.log = self.syslog()
        self.web = self.origin(10)
        return self.proxy("global\n nbthread 1\n log NET.1:10514 format raw local0\n" + more + DEFAULTS + f"""
frontend f
  bind NET.1:8000
  log global
  {front}
  default_backend b
backend b
  server s NET.10:8080
""" + text)

    def test_profiles_choose_format_and_tag_by_target_and_step(self):
        second = self.syslog(port=10515)
        self.log = self.syslog()
        self.origin(10)
        self.proxy("""
log-profile short
  log-tag tagged
  on error format "wrong %ST"
  on any format "short %HU"
log-profile quiet
  on close drop
  on http-req format "asked %HU" sd "[a@1 b=\\"%HM\\"]"
global
  log NET.1:10514 profile short local0
  log NET.1:10515 format rfc5424 profile quiet local0
""" + DEFAULTS + """
frontend f
  bind NET.1:8000
  log global
  option httplog
  http-request do-log if { path /say }
  http-request deny deny_status 503 if { path /wrong }
  default_backend b
backend b
  server s NET.10:8080
""")
        self.get("/one")
        self.assertRegex(self.log.wait_for("short"), r"tagged\[\d+\]: short /one\n$")
        self.get("/say")
        self.assertRegex(second.wait_for("asked"), r'^<134>1 \S+ - haproxy \d+ - \[a@1 b="GET"\] asked /say\n$')
        self.log.wait_count(3)  # the next request may be another worker's, whose line may come sooner
        self.get("/wrong")
        self.assertRegex(self.log.wait_for("wrong"), r"tagged\[\d+\]: wrong 503\n$")
        self.assertEqual([line.split(" ")[9:11] for line in second.wait_count(2)[1:]], [["f", "f/<NOSRV>"]],
                         "what went wrong is a step of its own, which this profile does not mention")
        self.assertEqual([line.split(": ")[1] for line in self.log.lines],
                         ["short /one\n", "short /say\n", "short /say\n", "wrong 503\n"])

    def test_steps(self):
        self.start("", "log-steps accept,request,connect,response,close\n  log-format \"%OG %HU %ST %s\"")
        self.get("/x")
        self.assertEqual(self.log.wait_count(5), ["txn_accept /x -1 <NOSRV>\n", "txn_request /x -1 <NOSRV>\n", "txn_connect /x -1 s\n",
                                                  "txn_response /x 200 s\n", "txn_close /x 200 s\n"])

    def test_some_steps_only(self):
        self.start("", "log-steps connect close\n  log-format \"%OG %HU\"")
        self.get("/x")
        self.get("/y")
        self.assertEqual(self.log.wait_count(4), ["txn_connect /x\n", "txn_close /x\n", "txn_connect /y\n", "txn_close /y\n"])

    def test_steps_of_tcp(self):
        self.log = self.syslog()
        self.origin(10)
        self.proxy("global\n log NET.1:10514 format raw local0\n" + DEFAULTS.replace("mode http", "mode tcp") + """
listen t
  bind NET.1:8000
  log global
  log-steps all
  log-format "%OG %s"
  server s NET.10:8080
""")
        self.get("/x", fields=[("Connection", "close")])
        self.assertEqual(self.log.wait_count(4), ["txn_accept <NOSRV>\n", "txn_request <NOSRV>\n", "txn_connect s\n", "txn_close s\n"])

    def test_do_log_in_all_rule_sets(self):
        self.start("log-profile p\n  on any format \"profile %OG\"\n", """log-format "%OG %b"
  tcp-request connection do-log
  tcp-request session do-log
  tcp-request content do-log
  http-request do-log
  http-request do-log profile p
  http-response do-log
  http-after-response do-log""")
        self.get("/")
        self.assertEqual(self.log.wait_count(8),
                         ["tcp-req-conn f\n", "tcp-req-sess f\n", "tcp-req-cont f\n", "http-req f\n", "profile http-req\n",
                          "http-res b\n", "http-after-res b\n", "txn_close b\n"])

    def test_unknown_profile_of_do_log(self):
        done = run(["-c"], DEFAULTS + "frontend f\n bind NET.1:8000\n http-request do-log profile none\n http-request return status 200\n",
                   network=self.network)
        self.assertEqual(done.code, 1)
        self.assertIn("log-profile none", done.text)

    def test_long_request_lines_are_cut(self):
        self.start("", 'no log\n  log NET.1:10514 len 8192 format raw local0\n  log-format "%{+Q}r|%HU|%HP|%HQ"')
        self.get("/" + "x" * 1013)
        self.get("/" + "x" * 1018)
        self.get("/a?" + "x" * 2000)
        fits, cut, query = (line.rstrip("\n").split("|") for line in self.log.wait_count(3))
        self.assertEqual(fits[0], '"GET /' + "x" * 1013 + ' HTTP"')
        self.assertEqual(cut[:2], ['"GET /' + "x" * 1018 + '"', "/" + "x" * 1018])
        self.assertEqual(query[2:], ["/a", "?" + "x" * 1016])

    def test_tune_logurilen(self):
        self.start("", 'log-format "%{+Q}r"', more=" tune.http.logurilen 40\n")
        self.get("/" + "x" * 100)
        self.assertEqual(self.log.wait_count(1), ['"GET /' + "x" * 34 + '"\n'])

    def test_json_objects(self):
        self.start("", "option httplog json\n  capture request header Host len 50", more=" tune.http.logurilen 4096\n")
        with Client(self.front, 8000) as client:
            client.get("/a%22b?q=1", host="www.example.org")
            client.get("/" + "x" * 3000)
            client.send(b"NONSENSE\r\n\r\n")
            client.read_all()
        lines = [json.loads(line) for line in self.log.wait_count(3)]
        first = lines[0]
        self.assertRegex(first.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        for name in ("time_idle", "time_request", "time_queue", "time_connect", "time_response", "time_active", "client_port"):
            value = first.pop(name)
            self.assertIsInstance(value, int, name)
            self.assertGreaterEqual(value, 0, name)
        self.assertGreater(first.pop("bytes_in"), 30)
        self.assertGreater(first.pop("bytes_out"), 30)
        self.assertEqual(first, {"client_ip": "127.0.0.1", "frontend": "f", "backend": "b", "server": "s",
                                 "method": "GET", "path": "/a%22b", "query": "?q=1", "version": "HTTP/1.1", "host": "www.example.org",
                                 "status": 200, "termination": "----", "retries": 0, "redispatched": False, "connections": 1})
        self.assertEqual(lines[1]["path"], "/" + "x" * 3000)
        self.assertEqual((lines[2]["status"], lines[2]["server"], lines[2]["termination"]), (400, "<NOSRV>", "PR--"))
        self.assertIsInstance(lines[2]["time_connect"], int)

    def test_encodings_by_item_and_lists(self):
        self.start("", "capture request header X len 30\n  capture request header Y len 30\n"
                   "  log-format \"%{+json}o %(n:sint)ST %(s:str)ST %(l)hrl %(h)hr %(none)[var(txn.none)] %(e)hs\"")
        self.get("/", fields=[("X", "a\"b"), ("Y", "caf\xe9")])
        self.assertEqual(json.loads(self.log.wait_count(1)[0].encode("latin-1")),
                         {"n": 200, "s": "200", "l": ["a#22b", "caf#E9"], "h": "{a#22b|caf#E9}", "none": None, "e": None})

    def test_cbor_as_bytes_and_as_digits(self):
        self.start("", "log-steps close,connect\n  log-format \"%{+cbor,+bin}o %(a)ST %(b)HM %(c)hrl\"")
        self.get("/")
        self.log.wait_count(2)
        self.assertEqual(self.log.raw[1], b"\xbf\x61a\x18\xc8\x61b\x63GET\x61c\x9f\xff\xff\n")
        self.assertEqual(self.log.raw[0][:4], b"\xbf\x61a\x20")

    def test_https_and_clf(self):
        self.start("""
frontend g
  bind NET.1:8001
  log global
  option httpslog
  default_backend b
frontend h
  mode tcp
  bind NET.1:8002
  log global
  option tcplog clf
  default_backend t
backend t
  mode tcp
  server s NET.10:8080
""", "option httplog clf")
        self.get("/x", port=8001)
        self.assertRegex(self.log.wait_for("GET /x"), r'"GET /x HTTP/1\.1" 0/-/-/-/0 -/-/-\n$')
        self.get("/y", port=8002, fields=[("Connection", "close")])
        self.assertRegex(self.log.wait_for("TCP "), r'^127\.\d+\.\d+\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "TCP " 000 \d+ '
                         r'"" "" \d+ \d{3} "h" "t" "s" \d+ \d+ \d+ \d+ \d+ ---- 1 1 0 0 0 0 0 "" "" ?\n$')

    def test_dates_of_kept_connections(self):
        self.start("", 'log-format "%Ts %t|%tr|%T|%trg"')
        with Client(self.front, 8000) as client:
            client.get("/1")
            first = self.log.wait_count(1)[0]
            client.get("/2")
            second = self.log.wait_count(2)[1]
        self.assertEqual(first.split("|")[0], second.split("|")[0], "when the connection was accepted")
        self.assertEqual(first.split("|")[2], second.split("|")[2])

    def test_counters_and_server_side_addresses(self):
        self.start("", 'log-format "%lc %bi %si:%sp %[bc_src]"')
        self.get("/1")
        self.get("/2")
        address = self.network.host(10)
        first, second = self.log.wait_count(2)
        self.assertRegex(first, rf"^0 127\.\S+ {re.escape(address)}:8080 ")
        self.assertRegex(second, rf"^1 127\.\S+ {re.escape(address)}:8080 ")

    def test_unix_listeners_have_numbers(self):
        proxy = self.start("", 'bind TMP/a.sock\n  bind TMP/b.sock id 2\n  bind TMP/c.sock name third\n  log-format "%ci:%cp %fi:%fp"')
        for name, number in (("a", 3), ("b", 2), ("c", 5)):
            link = socket.socket(socket.AF_UNIX)
            link.connect(f"{proxy.folder}/{name}.sock")
            link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            while link.recv(1000):
                pass
            link.close()
        self.assertEqual(self.log.wait_count(3), [f"unix:{n} unix:{n}\n" for n in (3, 2, 5)])

    def test_http_items_are_refused_in_mode_tcp(self):
        done = run(["-c"], DEFAULTS.replace("mode http", "mode tcp") + "listen f\n bind NET.1:8000\n log-format \"%ci %HM\"\n"
                   " server s NET.2:1\n", network=self.network)
        self.assertEqual(done.code, 1)
        self.assertIn("'HM' is reserved for HTTP mode", done.text)


if __name__ == "__main__":
    main()

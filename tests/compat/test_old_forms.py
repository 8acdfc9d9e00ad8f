"""What newer versions of HAProxy dropped still does what it did, with a warning that shows the modern form."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, run, under_test  # noqa: E402
from client import Client  # noqa: E402
from origin import answer_with  # noqa: E402

HEAD = """
defaults
  mode http
  contimeout 1s
  clitimeout 5s
  srvtimeout 5s
  redispatch
  option forceclose
"""


class OldForms(Case):
    def warned(self, config, *modern):
        result = run(["-c"], config, program=under_test(), network=self.network)
        self.assertEqual(result.code, 0, result.text)
        for text in modern:
            self.assertIn(f"use '{text}' instead", result.err)

    def answers(self, count=1, target="/", fields="", body="who"):
        seen = []
        for _ in range(count):
            with Client(self.front, 8000) as client:
                client.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
                answer = client.read_answer()
                seen.append(answer.body.decode() if answer.status == 200 else answer.status)
        return seen

    def test_timeouts_and_dispatch(self):
        config = HEAD + "listen l\n  bind NET.1:8000\n  dispatch NET.10:8080\n"
        self.warned(config, "timeout client <time>", "timeout server <time>", "timeout connect <time>", "option redispatch",
                    "option httpclose", "server <name> <address>:<port>")
        self.origin(10, serve=answer_with(b"ten"))
        self.proxy(config)
        self.assertEqual(self.answers(), ["ten"])

    def test_dispatch_beside_servers(self):
        """It gets what no cookie sticks to a server, unless a balancing algorithm is said: then nothing does."""
        for last, name in ((10, b"ten"), (11, b"one"), (12, b"two")):
            self.origin(last, serve=answer_with(name))
        modern = "defaults\n  mode http\n  option httpclose\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n"
        lines = "listen l\n  bind NET.1:8000\n  cookie C insert\n  dispatch NET.10:8080\n  server one NET.11:8080 cookie 1\n  server two NET.12:8080 cookie 2\n"
        wanted = {modern + lines: ["ten"] * 4 + ["two"] * 2, modern + lines + "  balance static-rr\n": ["one", "two"] * 2 + ["two"] * 2,
                  modern + "  balance static-rr\n" + lines: ["one", "two"] * 2 + ["two"] * 2}
        for config, answers in wanted.items():
            for program in (oracle(), under_test()):
                with self.subTest(program, config):
                    proxy = self.proxy(config, program=program)
                    self.assertEqual(self.answers(4) + self.answers(2, fields="Cookie: C=2\r\n"), answers)
                    proxy.stop()

    def test_transparent(self):
        config = HEAD + "listen l\n  bind NET.1:8000\n  transparent\n"
        self.warned(config, "server <name> *")

    def test_options_of_older_names(self):
        config = HEAD + ("listen l\n  bind NET.1:8000\n  option transparent\n  option accept-invalid-http-response\n")
        self.warned(config, "server <name> *", "option accept-unsafe-violations-in-http-response")

    def test_monitor_net(self):
        config = HEAD + "listen l\n  bind NET.1:8000\n  monitor-net 127.0.0.0/8\n  server s NET.10:8080\n"
        self.warned(config, "http-request return status 200 if { src <network> }")
        self.proxy(config)
        self.assertEqual(self.answers(), [""])

    def test_appsession(self):
        config = HEAD + ("listen l\n  bind NET.1:8000\n  appsession JSESSIONID len 16 timeout 1h request-learn\n"
                         "  server s1 NET.10:8080\n  server s2 NET.11:8080\n")
        self.warned(config, "stick-table and stick rules with req.cook and res.cook")
        self.origin(10, serve=answer_with(b"s1", fields=[("Set-Cookie", "JSESSIONID=one; path=/")]))
        self.origin(11, serve=answer_with(b"s2", fields=[("Set-Cookie", "JSESSIONID=two; path=/")]))
        self.proxy(config)
        self.assertEqual(self.answers(2), ["s1", "s2"])
        self.assertEqual(self.answers(3, fields="Cookie: JSESSIONID=two\r\n"), ["s2"] * 3)
        self.assertEqual(self.answers(2, fields="Cookie: JSESSIONID=one\r\n"), ["s1"] * 2)

    def test_without_effect(self):
        config = "global\n  tune.chksize 1024\n" + HEAD + "listen l\n  bind NET.1:8000\n  bind-process 1\n  option http-tunnel\n  server s NET.10:8080\n"
        self.warned(config, "tune.bufsize <size>", "bind <address> thread <threads>", "option http-keep-alive")

    def test_older_spellings(self):
        config = ("global\n  stats bind-process 1\n  nogetaddrinfo\n" + HEAD + "listen l\n  bind NET.1:8000\n  timeout clitimeout 3s\n"
                  "  timeout contimeout 3s\n  timeout srvtimeout 3s\n  redisp\n  option independant-streams\n  option http-use-htx\n"
                  "  server s NET.10:8080\n")
        self.warned(config, "timeout client <time>", "timeout connect <time>", "timeout server <time>", "option redispatch", "option independent-streams")

    def test_grace_of_a_proxy(self):
        """It was said in proxies once: they go on for so long."""
        config = "global\n  debug\n  daemon\n" + HEAD + "listen l\n  bind NET.1:8000\n  grace 60s\n  http-request return status 200\n"
        self.warned(config, "grace <time> in the 'global' section", "-d on the command line")
        proxy = self.proxy(config)
        proxy.signal(signal.SIGUSR1)
        for _ in range(3):
            self.assertEqual(self.get("/").status, 200)
        self.assertTrue(proxy.alive())

    def test_rules_of_lines(self):
        config = HEAD + ("listen l\n  bind NET.1:8000\n"
                         "  acl odd path_beg /odd\n"
                         "  block if { path /blocked }\n"
                         "  reqallow ^GET\\ /deny/allowed\n"
                         "  reqdeny ^GET\\ /deny\n"
                         "  reqideny ^x-bad:\\ YES$\n"
                         "  reqrep ^([^\\ :]*)\\ /old/(.*) \\1\\ /new/\\2\n"
                         "  reqirep ^(X-Name:)\\ (.*)a(.*) \\1\\ \\2b\\3 if !odd\n"
                         "  reqidel ^x-gone\n"
                         "  reqadd X-Added:\\ a\\ b unless odd\n"
                         "  rsprep ^Server:\\ (.*) Server:\\ not\\ \\1\n"
                         "  rspidel ^x-secret:.*\n"
                         "  rspadd X-Via:\\ here\n"
                         "  rspirep ^HTTP/1.1\\ 418\\ .* HTTP/1.1\\ 404\\ Gone\\ away\n"
                         "  rspdeny ^X-Deny:\n"
                         "  http-response set-header x-last 1\n"
                         "  redirect location /moved if { path /moveme }\n"
                         "  server s NET.10:8080\n")
        self.warned(config, "http-request deny", "http-request add-header X-Added \"a b\" unless odd", "http-request del-header x-gone",
                    "http-response del-header x-secret", "http-response add-header X-Via \"here\"",
                    "http-request replace-path, replace-uri or replace-header")

        def serve(connection):
            while (head := connection.read_head()) is not None:
                text = f"{head.target} {head.one('x-name')} {head.one('x-gone')} {head.one('x-added')}"
                fields = [("Server", "origin"), ("X-Secret", "1")]
                if head.target == "/r-deny":
                    fields.append(("X-Deny", "1"))
                connection.respond(418 if head.target == "/tea" else 200, text.encode(), fields=fields)
                if (head.one("connection") or "").lower() == "close":
                    return

        self.origin(10, serve=serve)
        self.proxy(config)
        self.assertEqual(self.answers(target="/blocked"), [403])
        self.assertEqual(self.answers(target="/deny/x"), [403])
        self.assertEqual(self.answers(target="/deny/allowed"), ["/deny/allowed None None a b"])
        self.assertEqual(self.answers(fields="X-Bad: yes\r\n"), [403])
        self.assertEqual(self.answers(target="/old/x?y"), ["/new/x?y None None a b"])
        self.assertEqual(self.answers(fields="X-Name: cat\r\nX-Gone: 1\r\nX-Gone-Too: 2\r\n"), ["/ cbt None a b"])
        self.assertEqual(self.answers(target="/odd", fields="X-Name: cat\r\n"), ["/odd cat None None"])
        self.assertEqual(self.answers(target="/tea"), [404])
        self.assertEqual(self.answers(target="/r-deny"), [502])
        self.assertEqual(self.answers(target="/moveme"), [302])
        with Client(self.front, 8000) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = client.read_answer()
            self.assertEqual([answer.one(name) for name in ("server", "x-secret", "x-via", "x-last")], ["not origin", None, "here", "1"])

    def test_more_rules_of_lines(self):
        config = HEAD + ("listen l\n  bind NET.1:8000\n  timeout tarpit 100ms\n"
                         "  reqdel ^X-Del:\n"
                         "  reqpass ^X-Pass:\n"
                         "  reqipass ^x-anypass:\n"
                         "  reqiallow ^get\\ /pit/allowed\n"
                         "  reqtarpit ^GET\\ /pit\n"
                         "  reqitarpit ^get\\ /anypit\n"
                         "  srvexp ^Server:\\ (.*) Server:\\ old\\ \\1\n"
                         "  rspdel ^X-Secret:\n"
                         "  rspideny ^x-deny:\\ YES\n"
                         "  server s NET.10:8080\n")
        self.warned(config, "http-request tarpit if { ... }", "http-request del-header X-Del", "http-response deny if { ... }")

        def serve(connection):
            while (head := connection.read_head()) is not None:
                fields = [("Server", "origin"), ("X-Secret", "1"), ("X-Deny", "yes" if head.target == "/r-deny" else "no")]
                connection.respond(200, f"{head.target} {head.one('x-del')}".encode(), fields=fields)
                if (head.one("connection") or "").lower() == "close":
                    return
        self.origin(10, serve=serve)
        self.proxy(config)
        self.assertEqual(self.answers(target="/a", fields="X-Del: 1\r\n"), ["/a None"])
        self.assertEqual(self.answers(target="/pit"), [500])
        self.assertEqual(self.answers(target="/ANYPIT"), [500])
        self.assertEqual(self.answers(target="/pit/allowed"), ["/pit/allowed None"])
        self.assertEqual(self.answers(target="/pit", fields="X-Pass: 1\r\n"), ["/pit None"])
        self.assertEqual(self.answers(target="/pit", fields="X-AnyPass: 1\r\n"), ["/pit None"])
        self.assertEqual(self.answers(target="/r-deny"), [502])
        with Client(self.front, 8000) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = client.read_answer()
            self.assertEqual([answer.one(name) for name in ("server", "x-secret", "x-deny")], ["old origin", None, "no"])


if __name__ == "__main__":
    main()

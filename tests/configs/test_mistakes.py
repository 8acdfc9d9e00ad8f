"""The wrong lines of the tutorials: each has its place, and the message names what was meant."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tutorial import Tutorial, main, requires, run  # noqa: E402

BASE = "defaults\n  mode http\n  timeout connect 5s\n  timeout client 50s\n  timeout server 50s\n"
BACK = "frontend f\n  bind NET.1:8000\n  default_backend b\n"
SERVERS = BACK + "backend b\n"

# tutorial's line (the sections around it are added), what the message says
REFUSED = [
    # comments drawn with dashes, as the first tutorial prints them
    ("global\n    daemon---------------------------------------------创建1个进程进入daemon模式运行(后台)\n", "a comment begins with '#'"),
    ("global\n    maxconn     4000   -------------------------------最大连接数，，默认4000\n", "a comment begins with '#'"),
    ("defaults\n    mode                    http-----------默认模式mode {tcp|http|health}#health健康检查\n", "a comment begins with '#'"),
    ("defaults\n    option                  httplog---------日志类别http日志格式\n", "a comment begins with '#'"),
    ("defaults\n    option                  dontlognull----不记录健康检查的日志信息\n", "a comment begins with '#'"),
    ("defaults\n    option http-server-close------------------每次请求完毕后主动关闭http通道\n", "a comment begins with '#'"),
    ("defaults\n    option forwardfor       except 127.0.0.0/8---后端服务器可以从Http Header中获得客服端\n", "a comment begins with '#'"),
    ("defaults\n    retries                 3----------------3次连接失败就认为服务器不可用\n", "a comment begins with '#'"),
    ("defaults\n    timeout connect         10s-----如果backend没有指定，默认为10s\n", "a comment begins with '#'"),
    ("defaults\n    timeout client          1m--------客服端连接超时\n", "a comment begins with '#'"),
    ("defaults\n    maxconn                 3000------最大连接数\n", "a comment begins with '#'"),
    # lines broken where they should not be, as the third one prints them
    ("listen admin_stats\n\tbind NET.1:8000\n\tlog 127.0.0.1 \n", "'log' expects <facility>"),
    ("listen admin_stats\n\tbind NET.1:8000\n\tlocal0 err stats \n", "'local0' is a parameter of 'log' lines"),
    ("listen admin_stats\n\tbind NET.1:8000\n\trefresh 30s\n", "did you mean 'stats refresh' maybe ?"),
    # parameters of a server on lines of their own, as the fourth one's continued lines become without their backslash
    (SERVERS + "    server web1 NET.10:8080 check\n        inter 3s\n", "'inter' is a parameter of 'server' lines"),
    (SERVERS + "    server web1 NET.10:8080 check\n        rise 2\n", "'rise' is a parameter of 'server' lines"),
    (SERVERS + "    server web1 NET.10:8080 check\n        fall 3\n", "'fall' is a parameter of 'server' lines"),
    (SERVERS + "    server web1 NET.10:8080 check\n        weight 2\n", "'weight' is a parameter of 'server' lines"),
    (SERVERS + "    server web1 NET.10:8080 check\n        timeout 2s\n", "'timeout check 2s'"),
    # the option's word alone
    ("frontend f\n  bind NET.1:8000\n  httplog\n", "did you mean 'option httplog' maybe ?"),
    (SERVERS + "  httpchk GET /health\n  server s NET.10:80\n", "did you mean 'option httpchk' maybe ?"),
    ("frontend f\n  server web1 NET.10:8080\n", "'server' is not allowed in a 'frontend' section; it belongs to 'backend'"),
    (SERVERS + "  balance url_pattern x\n", "unknown or not yet supported algorithm 'url_pattern'"),
    (SERVERS + "  balance weighted\n", "unknown or not yet supported algorithm 'weighted'"),
]

# what runs, and what is said about it
EXPLAINED = [
    (SERVERS + "  server web1 NET.10:8080 check timeout 2s\n", "timeout check 2s"),
    (SERVERS + "  server web1 NET.10:8080 check \\  # comment\n    inter 3s\n", "the line is continued by a trailing backslash"),
    (SERVERS + "  option httpchk GET /health HTTP/1.1\\r\\nHost:\\ example.com\n  server web1 NET.10:8080\n", "http-check send hdr host example.com"),
    (SERVERS + "  redispatch\n  server web1 NET.10:8080\n", "option redispatch"),
    ("global\n  nbproc 2\n" + BASE + SERVERS + "  server web1 NET.10:8080\n", "nbproc"),
    ("frontend main NET.1:5000\n  default_backend b\nbackend b\n  server s NET.10:80\n", "write 'bind "),
    ("listen l\n  bind NET.1:8000\n  stats realm Haproxy Manager\n  stats uri /s\n", "put the realm in quotes"),
    ("frontend f\n  bind NET.1:8000\n  mode health\n", "mode"),
    ("frontend f\n  default_backend b\nbackend b\n  server s NET.10:80\n", "bind"),
]


@requires(3, 5)
class Mistakes(Tutorial):
    def said(self, text, code):
        if not text.startswith(("global", "defaults")):
            text = BASE + text
        elif "frontend" not in text:
            text += BASE + BACK + "backend b\n  server s NET.10:80\n"
        result = run(["-c"], text, network=self.network)
        self.assertEqual(result.code, code, result.text)
        return result.err

    def test_refused(self):
        for text, message in REFUSED:
            with self.subTest(text[-70:]):
                line = next(line for line in self.said(text, 1).split("\n") if "[ALERT]" in line)
                self.assertIn("parsing [TMP/haproxy.cfg:", line)
                self.assertIn(message, line)

    def test_explained(self):
        for text, message in EXPLAINED:
            with self.subTest(text[-70:]):
                if message == "bind":
                    self.assertIn(message, self.said(text, 2))
                    continue
                self.assertRegex(self.said(text, 0), r"(?s)\[WARNING\][^\n]*" + message.replace("(", r"\("))

    def test_the_first_tutorial_as_printed(self):
        """Every line with a drawn comment is named at once."""
        text = "global\n" + "".join(text.split("\n")[1] + "\n" for text, _ in REFUSED[:2])
        text += "defaults\n" + "".join(text.split("\n")[1] + "\n" for text, _ in REFUSED[2:11]) + BACK + "backend b\n  server s NET.10:80\n"
        result = run(["-c"], text, network=self.network)
        self.assertEqual(result.code, 1)
        self.assertEqual(result.err.count("a comment begins with '#'"), 11, result.err)


if __name__ == "__main__":
    main()

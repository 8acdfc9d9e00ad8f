"""The same requests through the options that change connections, forwarding and strictness."""
from wire import COMMON, Group

OPTIONS = {
    8000: "option httpclose",
    8001: "option http-server-close",
    8002: "option http-buffer-request",
    8003: "option forwardfor",
    8004: "option forwardfor except NET.0/24",
    8005: "option forwardfor header X-Client if-none",
    8006: "option originalto",
    8007: "option accept-invalid-http-request",
    8008: "option http-pretend-keepalive\n  option httpclose",
    8009: "option http-use-proxy-header",
    8010: "option http-ignore-probes",
    8011: "option http-no-delay",
    8012: "option http-keep-alive\n  http-reuse always",
    8013: "http-reuse never",
    8014: "errorfile 503 /dev/null\n  use_backend empty",
    8015: "monitor-uri /alive",
    8016: "option h1-case-adjust-bogus-client",
    8017: "option http-restrict-req-hdr-names reject",
    8018: "option http-restrict-req-hdr-names delete",
    8019: "option http-restrict-req-hdr-names preserve",
}
for later in (8009, 8015, 8016, 8017, 8018, 8019):
    del OPTIONS[later]
group = Group(COMMON + "".join(f"""
frontend f{port}
  bind NET.1:{port}
  {text}
  default_backend b
""" for port, text in OPTIONS.items()) + """
backend b
  server s NET.10:8080
backend empty
""")


def get(target, *fields, method="GET"):
    return ("\r\n".join([f"{method} {target} HTTP/1.1", "Host: a.example", *fields]) + "\r\n\r\n").encode("latin-1")


CASES = {
    "get": ([get("/")], "sentinel"),
    "two": ([get("/1"), "answer", get("/2")], "nothing"),
    "pipelined": ([get("/1") + get("/2")], "sentinel"),
    "post": ([get("/p", "Content-Length: 5", method="POST") + b"hello"], "sentinel"),
    "chunked": ([get("/c", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n0\r\n\r\n"], "sentinel"),
    "forwarded-already": ([get("/", "X-Forwarded-For: 1.2.3.4", "X-Client: 5.6.7.8", "X-Original-To: x")], "sentinel"),
    "http10": ([b"GET / HTTP/1.0\r\n\r\n"], "nothing"),
    "http10-keep-alive": ([b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"], "nothing"),
    "until-close": ([get("/r/until-close")], "sentinel"),
    "answer-chunked": ([get("/r/chunked")], "sentinel"),
    "answer-close": ([get("/r/connection-close")], "sentinel"),
    "client-close": ([get("/", "Connection: close")], "nothing"),
    "nothing-sent": ([], "eof"),
    "half-line": ([b"GET / HT"], "eof"),
    "bad": ([b"GET / HTTP/1.1\r\nX Y: z\r\n\r\n"], "nothing"),
    "bad-target": ([get("/a\x80b<>")], "sentinel"),
}
for port in OPTIONS:
    for name, (send, end) in CASES.items():
        group.add(f"{port}-{name}", *send, to=port, end=end)

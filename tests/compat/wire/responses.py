"""What servers answer, from exemplary to broken. The request's path names the answer (/r/<name>)."""
from wire import PLAIN, Group

group = Group(PLAIN)


def wrap(*fields, body=b"", line="HTTP/1.1 200 OK"):
    return ("\r\n".join([line, *fields]) + "\r\n\r\n").encode("latin-1") + body


chunked = b"3\r\nabc\r\n0\r\n\r\n"
te = "Transfer-Encoding: chunked"

# name -> (pieces to send, close afterwards)
ANSWERS = {
    "hello": ([wrap("Content-Length: 5", body=b"hello")], False),
    "chunked": ([wrap(te, body=b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")], False),
    "chunked-trailers": ([wrap(te, "Trailer: X-T", body=b"3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")], False),
    "chunked-pieces": ([wrap(te), b"3\r\nabc", b"\r\n0\r", b"\n\r\n"], False),
    "chunked-extension": ([wrap(te, body=b"3;x=y\r\nabc\r\n0\r\n\r\n")], False),
    "until-close": ([wrap(body=b"until the end")], True),
    "http10": ([wrap(line="HTTP/1.0 200 OK", body=b"old")], True),
    "http10-length": ([wrap("Content-Length: 3", line="HTTP/1.0 200 OK", body=b"old")], True),
    "http10-keep-alive": ([wrap("Content-Length: 3", "Connection: keep-alive", line="HTTP/1.0 200 OK", body=b"old")], False),
    "connection-close": ([wrap("Content-Length: 2", "Connection: close", body=b"ok")], True),
    "connection-keep-alive": ([wrap("Content-Length: 2", "Connection: keep-alive", "Keep-Alive: timeout=5", body=b"ok")], False),
    "no-reason": ([wrap("Content-Length: 2", line="HTTP/1.1 200 ", body=b"ok")], False),
    "no-reason-no-space": ([wrap("Content-Length: 2", line="HTTP/1.1 200", body=b"ok")], False),
    "odd-reason": ([wrap("Content-Length: 2", line="HTTP/1.1 200 All good, d\xe9j\xe0 vu", body=b"ok")], False),
    "status-204": ([wrap(line="HTTP/1.1 204 No Content")], False),
    "status-204-length": ([wrap("Content-Length: 0", line="HTTP/1.1 204 No Content")], False),
    "status-304": ([wrap('ETag: "x"', line="HTTP/1.1 304 Not Modified")], False),
    "status-304-length": ([wrap("Content-Length: 100", line="HTTP/1.1 304 Not Modified")], False),
    "status-302": ([wrap("Location: /there", "Content-Length: 0", line="HTTP/1.1 302 Found")], False),
    "status-404": ([wrap("Content-Length: 4", line="HTTP/1.1 404 Not Found", body=b"gone")], False),
    "status-500": ([wrap("Content-Length: 4", line="HTTP/1.1 500 Internal Server Error", body=b"oops")], False),
    "status-503": ([wrap("Content-Length: 4", line="HTTP/1.1 503 Service Unavailable", body=b"busy")], False),
    "status-599": ([wrap("Content-Length: 1", line="HTTP/1.1 599 Odd", body=b"x")], False),
    "status-999": ([wrap("Content-Length: 1", line="HTTP/1.1 999 Odd", body=b"x")], False),
    "100-first": ([wrap(line="HTTP/1.1 100 Continue"), wrap("Content-Length: 2", body=b"ok")], False),
    "102-first": ([wrap("X-Early: 1", line="HTTP/1.1 102 Processing"), wrap("Content-Length: 2", body=b"ok")], False),
    "103-first": ([wrap("Link: </a.css>", line="HTTP/1.1 103 Early Hints"), wrap("Content-Length: 2", body=b"ok")], False),
    "three-informational": ([wrap(line="HTTP/1.1 100 Continue") * 3 + wrap("Content-Length: 2", body=b"ok")], False),
    "101-not-asked": ([wrap("Connection: upgrade", "Upgrade: x", line="HTTP/1.1 101 Switching Protocols")], True),
    "cookies": ([wrap("Set-Cookie: a=b", "Set-Cookie: c=d; Path=/", "Content-Length: 2", body=b"ok")], False),
    "hop-by-hop": ([wrap("Connection: X-H", "X-H: 1", "Proxy-Connection: close", "Content-Length: 2", body=b"ok")], False),
    "empty-body": ([wrap("Content-Length: 0")], False),
    "big": ([wrap("Content-Length: 300000", body=b"0123456789" * 30000)], False),
    "big-chunked": ([wrap(te, body=(b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 10 + b"0\r\n\r\n")], False),
    "many-fields": ([wrap(*[f"X-{n}: {n}" for n in range(60)], "Content-Length: 2", body=b"ok")], False),
    "early-answer": ([wrap("Content-Length: 5", line="HTTP/1.1 413 Too Large", body=b"large")], True),
    # broken
    "nothing": ([], True),
    "reset": ([], "reset"),
    "silent": ([], "silent"),
    "garbage": ([b"\x00\x01\x02\r\n\r\n"], True),
    "not-http": ([b"SSH-2.0-OpenSSH\r\n"], True),
    "truncated-head": ([b"HTTP/1.1 200 OK\r\nContent-Le"], True),
    "truncated-body": ([wrap("Content-Length: 10", body=b"abc")], True),
    "truncated-chunk": ([wrap(te, body=b"5\r\nab")], True),
    "truncated-before-last-chunk": ([wrap(te, body=b"3\r\nabc\r\n")], True),
    "stalled-body": ([wrap("Content-Length: 10", body=b"abc")], "silent"),
    "stalled-head": ([b"HTTP/1.1 200 OK\r\n"], "silent"),
    "body-too-long": ([wrap("Content-Length: 3", body=b"abcdef")], False),
    "cl-te": ([wrap("Content-Length: 3", te, body=chunked)], False),
    "cl-twice-same": ([wrap("Content-Length: 3", "Content-Length: 3", body=b"abc")], False),
    "cl-twice-differs": ([wrap("Content-Length: 3", "Content-Length: 4", body=b"abcd")], True),
    "cl-list": ([wrap("Content-Length: 3, 3", body=b"abc")], False),
    "cl-bad": ([wrap("Content-Length: abc", body=b"abc")], True),
    "cl-plus": ([wrap("Content-Length: +3", body=b"abc")], True),
    "cl-empty": ([wrap("Content-Length:", body=b"abc")], True),
    "te-unknown": ([wrap("Transfer-Encoding: cow", body=chunked)], True),
    "te-twice": ([wrap("Transfer-Encoding: chunked, chunked", body=chunked)], True),
    "te-gzip-chunked": ([wrap("Transfer-Encoding: gzip, chunked", body=chunked)], False),
    "te-http10": ([wrap(te, line="HTTP/1.0 200 OK", body=chunked)], True),
    "chunk-bad-size": ([wrap(te, body=b"zz\r\nabc\r\n0\r\n\r\n")], True),
    "chunk-bare-lf": ([wrap(te, body=b"3\nabc\n0\n\n")], True),
    "chunk-data-too-long": ([wrap(te, body=b"3\r\nabcd\r\n0\r\n\r\n")], True),
    "bare-lf": ([b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"], True),
    "folded": ([wrap("X: a\r\n b", "Content-Length: 2", body=b"ok")], False),
    "name-space-colon": ([wrap("X : a", "Content-Length: 2", body=b"ok")], True),
    "no-colon": ([wrap("nonsense", "Content-Length: 2", body=b"ok")], True),
    "empty-name": ([wrap(": x", "Content-Length: 2", body=b"ok")], True),
    "value-nul": ([wrap("X: a\x00b", "Content-Length: 2", body=b"ok")], True),
    "value-control": ([wrap("X: a\x01b", "Content-Length: 2", body=b"ok")], True),
    "value-bare-cr": ([wrap("X: a\rb", "Content-Length: 2", body=b"ok")], True),
    "version-12": ([wrap("Content-Length: 2", line="HTTP/1.2 200 OK", body=b"ok")], True),
    "version-20": ([wrap("Content-Length: 2", line="HTTP/2.0 200 OK", body=b"ok")], True),
    "version-bad": ([wrap("Content-Length: 2", line="HTTP/x 200 OK", body=b"ok")], True),
    "status-two-digits": ([wrap("Content-Length: 2", line="HTTP/1.1 20 OK", body=b"ok")], True),
    "status-four-digits": ([wrap("Content-Length: 2", line="HTTP/1.1 2000 OK", body=b"ok")], True),
    "status-000": ([wrap("Content-Length: 2", line="HTTP/1.1 000 Zero", body=b"ok")], True),
    "status-099": ([wrap("Content-Length: 2", line="HTTP/1.1 099 Low", body=b"ok")], True),
    "status-letters": ([wrap("Content-Length: 2", line="HTTP/1.1 abc OK", body=b"ok")], True),
    "status-missing": ([wrap("Content-Length: 2", line="HTTP/1.1", body=b"ok")], True),
    "head-too-big": ([wrap("X: " + "y" * 17000, "Content-Length: 2", body=b"ok")], True),
    "too-many-fields": ([wrap(*[f"X{n}: y" for n in range(120)], "Content-Length: 2", body=b"ok")], True),
    "leading-crlf": ([b"\r\n" + wrap("Content-Length: 2", body=b"ok")], True),
    "two-answers": ([wrap("Content-Length: 2", body=b"ok") * 2], False),
    "204-with-body": ([wrap("Content-Length: 3", line="HTTP/1.1 204 No Content", body=b"abc")], True),
    "304-chunked": ([wrap(te, line="HTTP/1.1 304 Not Modified")], True),
    "100-then-close": ([wrap(line="HTTP/1.1 100 Continue")], True),
    "byte-by-byte": ([bytes([b]) for b in wrap("Content-Length: 2", body=b"ok")], False),
}

for name in ANSWERS:
    group.add(name, f"GET /r/{name} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
for name in ("hello", "chunked", "until-close", "status-304-length", "status-404", "cl-te", "empty-body", "nothing"):
    group.add("head-" + name, f"HEAD /r/{name} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
for name in ("hello", "chunked", "until-close", "http10", "chunked-trailers", "103-first", "big-chunked"):
    group.add("http10-" + name, f"GET /r/{name} HTTP/1.0\r\n\r\n".encode(), end="nothing")
for name in ("hello", "nothing", "reset", "early-answer", "silent"):
    group.add("post-" + name, f"POST /r/{name} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nbody".encode())

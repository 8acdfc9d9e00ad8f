"""Odd requests beside Debian's haproxy: what rules see in them, the status and the log line are the same."""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, Syslog, main, oracle, requires, under_test  # noqa: E402
from client import Client  # noqa: E402

HEAD = """
global
  nbthread 1
  GLOBAL
defaults
  mode http
  timeout connect 1s
  timeout client 20s
  timeout server 20s
userlist people
  user joe insecure-password secret
frontend f
  bind NET.1:8000
  log NET.1:10514 local0
  log-format "FORMAT"
"""


def request(*fields, target="/", method="GET", version="1.1", body=b""):
    head = [f"{method} {target} HTTP/{version}", "Host: h", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body


class OddRequests(Case):
    def lines(self, program, requests, expressions, more, in_global):
        """The status line and the log line of each request; `expressions` are in the latter. Absent ones are "none"."""
        shown = " ".join(f"[%[var(txn.v{i},none)]]" for i in range(len(expressions)))
        head = HEAD.replace("GLOBAL", in_global).replace("FORMAT", f"%ST %ts <%{{+Q}}HM %{{+Q}}HU %{{+Q}}HV> %CC {shown}")
        rules = "".join(f"  http-request set-var(txn.v{i}) {expression}\n" for i, expression in enumerate(expressions))
        log = Syslog(self.network.host(1), 10514)
        proxy = Proxy(head + more + rules + "  http-request return status 200\n", program=program, network=self.network)
        try:
            proxy.start()
            found = []
            for one in requests:
                log.take()
                with Client(self.front, 8000) as client:
                    client.send(one)
                    status = client.read_until(b"\r\n").decode("latin-1")
                found.append((one, status, log.wait_count(1)[0].split(": ", 1)[1]))
            return found
        finally:
            self._stop(proxy)
            log.stop()

    def compare(self, requests, expressions=(), more="", in_global=""):
        theirs, ours = (self.lines(program, requests, expressions, more, in_global) for program in (oracle(), under_test()))
        for left, right in zip(theirs, ours):
            with self.subTest(left[0]):
                self.assertEqual(right, left)
        return ours

    def test_bodies_nobody_expects(self):
        """HTTP/1.0 with GET, HEAD or DELETE: an old server would take the body for a request."""
        bodies = [(("Content-Length: 3",), b"abc"), (("Content-Length: 0",), b""), (("Transfer-Encoding: chunked",), b"3\r\nabc\r\n0\r\n\r\n"),
                  (("Transfer-Encoding: chunked",), b"0\r\n\r\n"), (("Connection: keep-alive", "Content-Length: 3"), b"abc"), ((), b"")]
        requests = [request(*fields, method=method, version=version, body=body) for version in ("1.0", "1.1")
                    for method in ("GET", "HEAD", "DELETE", "POST", "OPTIONS", "get", "BREW") for fields, body in bodies]
        refused = [line for line in self.compare(requests) if " 413 " in line[1]]
        self.assertEqual(len(refused), 3 * 4)
        self.assertTrue(all(line[2].startswith("413 PR <\"<BADREQ>\"") for line in refused), refused)
        taken = self.compare(requests, in_global="h1-accept-payload-with-any-method")
        self.assertEqual([line for line in taken if " 200 " not in line[1]], [])

    def test_what_connection_still_says(self):
        values = ["close", "keep-alive", "Close", "foo, close ,bar", "close, close", "foo", "foo,bar", "foo ,  bar", ",close,", ",foo,", "", "close,",
                  "keep-alive, Upgrade", "Upgrade, foo", "close;foo", "\"close\"", "close foo", "te, close", "foo,,bar", "x-hop, keep-alive,close",
                  "close\tfoo", "foo\t,close,\tbar", "foo ,  bar, close, baz ,  q", ",close,foo", ",,close,foo", "foo,,close,,bar,",
                  "\"a,close\",keep-alive", "\"a,close", "a\"b,close\"c"]
        requests = [request(f"Connection: {value}", "X: 1") for value in values]
        requests += [request("Connection: foo", "Connection: close, bar"), request("Connection: close", "Connection: foo"),
                     request("Connection: keep-alive, Upgrade", "Upgrade: foo"), request("Connection: keep-alive", "Upgrade: foo"),
                     request("Connection: Upgrade", "Upgrade: foo", "Content-Length: 0", method="POST"),
                     request("Connection: Upgrade", "Upgrade: foo", "Content-Length: 1", method="POST", body=b"x"),
                     request("Connection: Upgrade", "Upgrade: foo", "Transfer-Encoding: chunked", method="POST", body=b"0\r\n\r\n")]
        self.compare(requests, ["req.hdr(connection)", "req.fhdr(connection),hex", "req.hdr_cnt(connection)", "req.fhdr_cnt(connection)",
                                "req.hdr(connection,1)", "req.hdr(upgrade)", "req.hdrs,hex", "req.hdr_names(:)"])

    def test_parameters(self):
        targets = ["/?a=1", "/?a=1;b=2", "/?b=2;a=1", "/?a=1&b=2", "/;a=1", "/;a=1;b=2?a=3&b=4", "/x;a=1?a=2", "/?a", "/?a=", "/?a;b=1", "/?=1", "/?=",
                   "/?;a=1", "/?&a=1", "/??a=1", "/?b=?a=1", "/?a=1?b=2", "/?b=+x%2bx", "/p+q?a=b+c", "/?a==1", "/?a=a=b",
                   "/?aa=1&a=2", "/?a=1&a=2", "/?A=1", "/:c=1", "/?c=1:c=2", "/?a=-5", "/?a=5x", "/?a=1;", "/?;;;a=9", "/?a=1;;b=2", "http://h/?a=1;b=2",
                   "http://h", "*", "/?xa=1", "/?a%3d1", "/;;a=1", "/?a=1;b=2&c=3", "/x?y?a=1;b=2", "/?a/b=1", "/", "/?"]
        self.compare([request(target=target, method="OPTIONS" if target == "*" else "GET") for target in targets],
                     ["url_param(a)", "urlp(b)", "urlp_val(a)", "url_param()", "urlp(a,;)", "urlp(,;)", "urlp(a,?)", "url_param(c,:)", "urlp(a,b)",
                      "url_param(a),url_dec", "url_param(b),url_dec(1)", "query", "path"])
        forms = ["a=1&b=2", "a=1;b=2", "?a=1", "b=2?a=1", "a", "a=", "a=1;", "&a=1", "a=%41+b&b"]
        self.compare([request(f"Content-Length: {len(form)}", method="POST", body=form.encode()) for form in forms],
                     ["req.body_param(a)", "req.body_param(b)", "req.body_param()", "req.body_param(a),url_dec"], more="  option http-buffer-request\n")

    def test_cookies(self):
        values = ["a=1", "a=\"x;y\"; b=2", "a=\"x\\\";y\"; b=2", "$Version=1; a=1; $Path=/; b=2", "a=1; $Path=\"/;x\"; b=2", "a=", "a=; b=2",
                  "b=2; a=", "a=1;", "a=;", "a= ;", "a=1;;b=2", ";a=1", ",a=1", "a=1,b=2", "a = 1 ; b = 2", "a; b=2", "b=2; a", "=1; b=2", "a=1; =; b=2",
                  "a=x\"1;2\"; b=3", "a==1;b=2", "a=1=2;b", "a=1;a=2;a=3", "a=1;a=", "a=;a=", "A=1", "a=\"\";b=\"\"", "\"a\"=1; b=2", "a\"b=1;b=2",
                  "a=\\;b=2", "a=\"\\\\\";b=2", "$a=1;b=2", "$=1", "$;a=1", "a=1;$b=2", "a=;$b=1", "$b=1;a=", "a=1|b=2", "a:1", "; ; ;", "b", "c=",
                  "a=1; b=  ", "b=  ;a=1", "a=1;b=2;c=3", "a='x;y';b=2", "a=1\tx;b=2", "a=\"x; b=2",
                  "b=2;a=", "b=2, a=", "b=1;a=, c", "a=, b=2", "a=;", "a=,"]
        requests = [request(f"Cookie: {value}") for value in values]
        requests += [request(*(f"Cookie: {value}" for value in several))
                     for several in (("a=1", "b=2"), ("a=1;", "a=2"), ("a=", ""), ("", "a=1"), ("a=1", ""))]
        self.compare(requests, ["req.cook(a)", "req.cook(b)", "req.cook()", "req.cook_cnt(a)", "req.cook_cnt(b)", "req.cook_cnt()", "cookie(a)",
                                "req.cook('$a')", "req.cook(c)"])
        self.compare([request(f"Cookie: {value}") for value in ("a=", "a=;b=1", "a=x", "a=-7", "a=5x", "b=1")], ["req.cook_val(a)"])

    def test_passwords(self):
        good = base64.b64encode(b"joe:secret").decode()
        said = [good, good.rstrip("="), good[:-1], good + "=", good + "==", good + "====", " " + good, good + " x", good[:4] + " " + good[4:],
                good[:4] + "=" + good[4:], good[:12] + "*" + good[13:], good.replace("R", "-"), "", "=", "====", "a===", "ab==",
                *(base64.b64encode(text).decode() for text in (b"joe", b":", b"joe:", b":secret", b"joe:sec:ret", b"joe:secret1", b"a" * 300 + b":b"))]
        requests = [request(f"Authorization: {scheme}{text}") for scheme in ("Basic ", "basic ", "Basic\t", "Digest ", "") for text in said]
        found = self.compare(requests, ["http_auth_user", "http_auth_pass", "http_auth_type", "http_auth(people)"])
        self.assertIn("[joe] [secret] [Basic] [1]", found[0][2])

    def test_texts_taken_for_others(self):
        texts = ["192.0.2.1", "192.0.2.1:80", "192.0.2", "192.0.2.1.5", "256.1.1.1", "01.02.03.04", "192.0.2.1/24", "192.0.2.1x", "192.0.2.1.", "1..3.4",
                 "[::1]", "[::1]:80", "::1", "::1:80", "::ffff:192.0.2.1", "::192.0.2.1", "2002:c000:0201::", "2001:db8::1", "2001:db8::g", "::", "localhost",
                 "0.0.0.0", "255.255.255.255", "1", "0", "-1", "+1", "--1", "5x", "x5", "0x10", "010", "7 8", "-", "+", "1-", "", "-0", "2147483648",
                 "4294967296", "9223372036854775806", "9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808",
                 "-9223372036854775809", "99999999999999999999", "-99999999999999999999", "18446744073709551616", "00000000000000000000000000012",
                 "9223372036854775807x"]
        self.compare([request(f"X: {text}") for text in texts],
                     [f"req.hdr(x),{converter}" for converter in ("add(0)", "sub(0)", "mul(1)", "neg", "bool", "ipmask(32)", "ipmask(32,128)",
                      "ipmask(24,64)", "div(-1)", "div(2)", "mod(-1)", "mod(7)", "add(-9223372036854775808)", "add(9223372036854775807)", "mul(-1)",
                      "mul(9223372036854775807)", "sub(-9223372036854775808)", "cpl", "and(255)", "odd", "hex2i", "htonl,hex")])

    def test_first_lines(self):
        lines = ["GET / HTTP/1.2", "GET / HTTP/1.0", "GET / HTTP/1.9", "GET  /  HTTP/1.1", "GET\t/\tHTTP/1.1", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1",
                 "GET /a\\b HTTP/1.1", "GET /\"{}| HTTP/1.1", "GET //x HTTP/1.1", "GET http://h:80/ HTTP/1.1", "GET HTTP://H/x HTTP/1.1", "GET http://h HTTP/1.1",
                 "CONNECT h:80 HTTP/1.1"]
        self.compare([f"{line}\r\nHost: h\r\n\r\n".encode() for line in lines],
                     ["req.ver", "method", "capture.req.ver", "capture.req.method", "capture.req.uri", "req.hdr_cnt", "url", "path"])
        places = [("*", "h"), ("*", ""), ("/", ""), ("/x?y", "h"), ("http://h/", "h"), ("http://192.0.2.1/", "192.0.2.1"),
                  ("http://192.0.2.1:90/x?y", "192.0.2.1:90"), ("http://[::1]:90/", "[::1]:90"), ("https://192.0.2.1/", "192.0.2.1"),
                  ("HTTP://192.0.2.1/", "192.0.2.1"), ("ftp://192.0.2.1/", "192.0.2.1"), ("http://h", "h")]
        self.compare([f"OPTIONS {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for target, host in places],
                     ["base", "baseq", "base32", "url32", "url_ip", "url_port"])
        addresses = ["192.0.2.1", "192.0.2.1:80", "192.0.2.1:080", "192.0.2.1:65536", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1/8", "::1", "h"]
        self.compare([request(f"X: {text}") for text in addresses], ["req.hdr_ip(x)"])
        refused = ["GET / HTTP/1.10", "GET / HTTP/01.1", "GET / http/1.1", "GET / HTTP/1.", "GET /", "GET / HTTP/1.1 ", "GET / RTSP/1.0", "G=T / HTTP/1.1",
                   "GET x HTTP/1.1", "GET /\x80 HTTP/1.1", "CONNECT h HTTP/1.1"]
        self.compare([f"{line}\r\nHost: h\r\n\r\n".encode("latin-1") for line in refused])

    @requires(3, 3)
    def test_addresses_in_brackets(self):
        """As RFC 7239 writes nodes; 2.6 took none of them."""
        self.proxy("defaults\n  mode http\n  timeout client 20s\nfrontend f\n  bind NET.1:8000\n  http-request return status 200 hdr x-ip <%[req.hdr_ip(x)]>\n")
        with self.client() as client:
            for text, found in (("[::1]", "::1"), ("[::1]:80", "::1"), ("[::1]:", ""), ("[::1]:65536", ""), ("[::1]x", ""), ("[::1", ""), ("[]", ""), ("[192.0.2.1]", "")):
                client.send(request(f"X: {text}"))
                self.assertEqual(client.read_answer().one("x-ip"), f"<{found}>", text)

    def test_tabs(self):
        self.compare([request("X: a\tb", "Y:\t c \t")], ["req.hdr(x)", "req.hdr(y)", "req.fhdr(x),hex"], more="  capture request header X len 20\n")


class BothFramings(Case):
    """A message with Transfer-Encoding and Content-Length: somebody on the way may have understood it otherwise."""

    def answers(self, keyword):
        self.origin(9)
        self.proxy(f"global\n  {keyword}\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 20s\n  timeout server 20s\n"
                   "listen l\n  bind NET.1:8000\n  server s NET.9:8080\n")
        with self.client() as client:
            client.send(request("Content-Length: 99", "Transfer-Encoding: chunked", method="POST", body=b"3\r\nabc\r\n0\r\n\r\n") + request("Connection: close"))
            first = client.read_answer()
            return first.one("connection"), client.read_all()[:15]

    def test_ends_the_connection(self):
        self.assertEqual(self.answers(""), ("close", b""))

    def test_does_not_with_the_keyword(self):
        self.assertEqual(self.answers("h1-do-not-close-on-insecure-transfer-encoding"), (None, b"HTTP/1.1 200 OK"))


if __name__ == "__main__":
    main()

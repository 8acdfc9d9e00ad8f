"""Expressions, ACLs and log formats that nobody would write, over requests nobody would send: what both programs accept gives
the same beside Debian's haproxy. What is generated depends on the seed alone: GENERATED_SEED and GENERATED_COUNT look further."""
import concurrent.futures
import os
import random
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, run, under_test  # noqa: E402

SEED = int(os.environ.get("GENERATED_SEED", "1"))
COUNT = int(os.environ.get("GENERATED_COUNT", "100"))
HEAD = """
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
userlist people
  group users users bob
  user bob insecure-password secret
  user eve insecure-password x
frontend f
  bind NET.1:8000
  option http-buffer-request
  declare capture request len 8
  http-request capture req.hdr(host) len 10
  http-request set-var(txn.text) str(abc)
  http-request set-var(txn.number) int(3)
"""

TEXTS = ["", "abc", "ABC def", "12", "-5", "0x1f", "1.5", "a=1&b=2;c=3", "a,b,,c", "%41%zz+x", "eyJhIjoxfQ", "10.0.0.1", "10.0.0.0/8",
         "text/html;q=0.5,*/*", "fr;q=0.3,en;q=0.9,de", "99999999999999999999", "1m", "/a/../b//c", "0" * 20, "A" * 70, "true",
         "www.example.com"]
BYTES = ["c3a9ff", "7b2261223a7b2262223a5b312c322e352c747275652c6e756c6c2c2278225d7d2c2273223a2274227d", "00010203", "6120622020630964",
         "3c6120687265663d2278223e27263c2f613e", "383d4649582e342e320133353d410134393d530131303d31323301"]
NUMBERS = [0, 1, -1, 2, 7, 255, 65536, -65536, 2147483647, 4294967295, 9223372036854775807, -9223372036854775808, 1700000000]
INDEXES = ["0", "1", "2", "3", "-1", "-2", "5", "8", "31", "64", "100", "255", "-3", "4294967295", "9223372036854775807"]
MARKS = ["','", "'.'", "' '", "'='", "'/'", "'&;'", "'abc'"]
# Left out is what is wrong in 2.6: add() and sub() overflow early, padding of base64url is decoded, text that is no number has
# a value (*_val), and what is calculated of a truth is still one for converters of bytes.
CONVERTERS = {
    **{name: () for name in ("lower", "upper", "length", "hex", "base64", "ub64enc", "b64dec", "crc32", "crc32c", "djb2", "sdbm", "xxh32", "xxh64", "xxh3",
                             "url_dec", "url_enc", "json", "hex2i", "neg", "cpl", "odd", "even", "bool", "not", "htonl", "cut_crlf", "sha1", "sha2", "be2hex")},
    **{name: (INDEXES,) for name in ("mul", "div", "mod", "and", "or", "xor")},
    **{name: (INDEXES, MARKS, ["", "0", "1", "2", "-1", "9223372036854775807"]) for name in ("field", "word")},
    "bytes": (["0", "1", "3", "-1", "100"], ["", "0", "2", "100"]),
    "regsub": (["a", "[0-9]+", "'(.)(.)'", "^", "x*", "'(a)|b'"], ["''", "X", r"'\\\\2\\\\1'", "--"], ["", "g", "i", "gi"]),
    "json_query": (["'$.a.b'", "'$.s'", "'$.a.b[0]'", "'$.a.b[1]'", "'$.a'", "'$.zz'"], ["", "", "int"]),
    "concat": (["-", "<", ""], ["txn.text", "txn.number", "txn.none"], [">", ""]),
    "strcmp": (["txn.text", "txn.number", "txn.none"],),
    "digest": (["sha1", "md5", "sha256"],),
    "iif": (["y", "''"], ["n", "''"]),
    "ipmask": (["8", "24", "32", "0", "255.255.0.0"],),
    "language": (["'fr;en'", "de", "'*'"], ["", "en"]),
    "ltrim": (["' '", "a", "'1x'"],), "rtrim": (["' '", "a", "'1x'"],),
    "fix_tag_value": (["35", "49", "MsgType", "9"],),
    "be2dec": (["':'", "-"], ["1", "2", "8"], ["", "1"]),
    "capture-req": (["0", "1", "7"],),
}
TRUTHS = {"odd", "even", "bool", "not"}
NAMES = ["host", "cookie", "accept", "x-a", "x-b", "X-A", "authorization", "x-none", "content-type", "via", "x-list", "x-ip"]
VALUES = {"cookie": ["a=1; b=2", 'SID="x y"; a=', "a=1;b=2, c=3", "=v; a", "a = 1 ; A=2", "$Version=1; SID=9; x=1,2", "a=1; a=2; a=3", ""],
          "accept": ["text/html;q=0.5, */*", ",,a,", '"a,b", c'], "x-a": ["1", "", " 2 , 3 ,", "a,b,c", "-5", "0x10"],
          "x-b": ["10.1.2.3, 2001:db8::1", "10.0.0.1:80", "300.1.1.1", "unknown"],
          "authorization": ["Basic Ym9iOnNlY3JldA==", "basic ZXZlOng=", "Bearer abc.def", "Basic", "Basic !!", 'Digest a="b"', "Basic Ym9i"],
          "content-type": ["text/plain", "application/x-www-form-urlencoded"], "via": ["1.1 x", "1.0 a, 1.1 b"], "x-list": ["a;b;c", "1,22,333"],
          "x-ip": ["1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4, 5.6.7.8"]}
PLAIN = """path pathq query url base base32 url32 baseq method req.ver req.hdrs req.hdrs_bin,hex req.body req.body_len req.body_param http_auth_user http_auth_pass
http_auth_type http_auth_bearer url_ip url_port capture.req.ver capture.req.hdr(0) capture.req.hdr(1) http_first_req req.cook hdr_cnt(host) unique-id src
dst_port fc_http_major http_auth(people) http_auth_group(people) var(txn.text) req.proto_http url32+src,hex base32+src,hex fe_id be_name""".split()
PATTERNS = ["a", "b", "1", "text/plain", "/", "10", "x", ".html", "10.0.0.0/8", "1.2.3.4", "::1", "0:5", "gt 1", "ge 2", "eq 0", "le 1", "'[0-9]+'", "'^a'", "host",
            "example", "a.example", "'^$'", ".", "2001:db8::/32", "6162", "GET", "POST", "bob", "SID", "1.1", "localhost", "192.168.0.0/255.255.0.0"]
FLAGS = ["+Q", "-Q", "+E", "-E", "+X", "-X", "+Q,+E"]
ITEMS = "B CC CS H HM HP HPO HQ HU HV ID ST b bq ci ft f hr hrl hs hsl r rc s sc si sp sq".split()


class Generator:
    def __init__(self, kind):
        self.random = random.Random(f"{SEED} {kind}")

    def one(self, things):
        return self.random.choice(things)

    def chance(self, share):
        return self.random.random() < share

    def constant(self):
        return self.one([lambda: f"str('{self.one(TEXTS)}')", lambda: f"bin({self.one(BYTES)})", lambda: f"int({self.one(NUMBERS)})",
                         lambda: self.one(["ipv4(10.1.2.3)", "ipv6(2001:db8::ff)"])])()

    def converted(self, expression, most):
        for _ in range(self.random.randrange(most + 1)):
            name = self.one(sorted(CONVERTERS))
            words = [self.one(each) for each in CONVERTERS[name]]
            while words and not words[-1]:
                words.pop()
            expression += "," + name + (f"({','.join(words)})" if words else "")
            if name in TRUTHS:
                break
        return expression

    def fetch(self):
        if self.chance(0.4):
            return self.one(PLAIN)
        if self.chance(0.5):
            which = self.one(["", "", ",1", ",2", ",-1", ",-2", ",0", ",3"])
            return self.one(["req.hdr({}{})", "req.fhdr({}{})", "req.hdr_ip({}{})"]).format(self.one(NAMES[1:]), which)
        return self.one(["req.hdr_cnt({})", "req.fhdr_cnt({})", "hdr({})"]).format(self.one(NAMES)) if self.chance(0.4) else \
            self.one(["req.cook({})", "req.cook_cnt({})", "url_param({})", "req.body_param({})"]).format(
                self.one(["a", "b", "A", "SID", "x", "none"]))

    def condition(self):
        line = self.converted(self.fetch(), 1 if self.chance(0.3) else 0)
        if self.chance(0.5):
            line += " -m " + self.one(["str", "beg", "end", "sub", "dir", "dom", "reg", "int", "ip", "len", "bin"])
        line += " -i" if self.chance(0.3) else ""
        return line + "".join(" " + self.one(PATTERNS) for _ in range(self.one([1, 1, 2, 3])))

    def format(self):
        def piece():
            flags = f"{{{self.one(FLAGS)}}}" if self.chance(0.3) else ""
            return self.one([lambda: f"%{flags}{self.one(ITEMS)} ", lambda: f"%{flags}[{self.fetch()}]", lambda: f"%{{{self.one(FLAGS)}}}o",
                             lambda: self.one([" ", "x", "%%", "a b", "]", "  ", ":", "\\ "])])()
        return "".join(piece() for _ in range(self.random.randrange(1, 6)))

    def request(self, number):
        method = self.one(["GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "get"])
        query = self.one(["", "?", "?a=1", "?a=1&b=2", "?A=x&a=%41%20&q", "?b;a=2;c=3", "?a", "?=1&a==2", "?a=1?b=2", "?x=1&&b=&x=2"])
        host = self.one(["a.example", "a.example:80", "10.0.0.1", "A.Example:0080"])
        target = f"/{number}." + self.one(["", "/", "/p.html", "//x", "/%2e", "/a;b=c"]) + query
        head = f"{method} {'http://' + host if self.chance(0.1) else ''}{target} HTTP/1.{self.one([0, 1, 1, 1])}\r\nHost: {host}\r\nConnection: close\r\n"
        for name in self.random.sample(sorted(VALUES), self.random.randrange(7)):
            for _ in range(self.one([1, 1, 2])):
                head += f"{self.one([name, name.title()])}:{self.one([' ', '', '  '])}{self.one(VALUES[name])}{self.one(['', ' '])}\r\n"
        body = self.one(["", "a=1&b=2", "x", "A=%20&c", "a=1&a=2&q="]) if method in ("POST", "PUT") else ""
        if method in ("POST", "PUT"):
            head += f"Content-Length: {len(body)}\r\n"
        return (head + "\r\n" + body).encode("latin-1")


def telling(number, text, condition=""):
    return f"  http-request return status 200 content-type text/plain lf-string \"<{text}>\" if {{ url_sub /{number}. }} {condition}\n"


class Generated(Case):
    def accepted(self, rules):
        def is_right(program_and_rule):
            program, rule = program_and_rule
            return run(["-c"], HEAD + rule, program=program, network=self.network).code == 0
        pairs = [(program, rule) for rule in rules for program in (oracle(), under_test())]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            right = list(pool.map(is_right, pairs))
        return [rule for at, rule in enumerate(rules) if right[2 * at] and right[2 * at + 1]]

    def answers(self, program, rules, requests):
        proxy = Proxy(HEAD + "".join(rules), program=program, network=self.network)
        try:
            proxy.start()
            return [self.answer(request) for request in requests]
        finally:
            self._stop(proxy)

    def answer(self, request):
        with socket.create_connection((self.front, 8000), timeout=60) as link:
            link.sendall(request)
            answer = b""
            while chunk := link.recv(65536):
                answer += chunk
        return answer

    def compare(self, kind, rule_of):
        generator = Generator(kind)
        rules = self.accepted([rule_of(generator, number) for number in range(1000, 1000 + COUNT)])
        self.assertGreater(len(rules), COUNT // 3, "enough is accepted by both")
        requests = [generator.request(re.search(r"url_sub /(\d+)", rule)[1]) for rule in rules]
        theirs, ours = (self.answers(program, rules, requests) for program in (oracle(), under_test()))
        different = [f"{rule}  {request}\n  theirs {left}\n  ours   {right}\n" for rule, request, left, right in zip(rules, requests, theirs, ours) if left != right]
        self.assertEqual("", "".join(different))

    def test_converters(self):
        self.compare("converters", lambda make, number: telling(number, f"%[{make.converted(make.constant(), 4)}]"))

    def test_fetches(self):
        self.compare("fetches", lambda make, number: telling(number, f"%[{make.converted(make.fetch(), 2)}]"))

    def test_conditions(self):
        self.compare("conditions", lambda make, number: telling(number, "yes", f"{{ {make.condition()} }}") + telling(number, "no"))

    def test_formats(self):
        self.compare("formats", lambda make, number: telling(number, make.format()))


if __name__ == "__main__":
    main()

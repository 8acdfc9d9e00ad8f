"""Fetches and converters beside Debian's haproxy: each expression of a table gives both the same text."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, main, oracle, under_test  # noqa: E402
from client import Client  # noqa: E402

HEAD = """
global
  nbthread 1
  stats socket TMP/cli level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
userlist people
  group admins users joe
  group others users ann
  user joe insecure-password secret
  user ann insecure-password pass
"""
REQUEST = (b"GET /img/a%20b/logo.png?a=1&b=x%20y&c=&A=up HTTP/1.1\r\nHost: www.Example.com:8000\r\nX-List: one, two\r\nX-List: three\r\n"
           b"Cookie: a=1; b=2; a=3; quoted=\"q; r\"\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-N: 42\r\nX-Empty:\r\n"
           b"Accept-Language: fr;q=0.5, en-GB;q=0.9, de;q=0\r\nAuthorization: Basic am9lOnNlY3JldA==\r\nX-Bearer: Bearer abc.def\r\nUser-Agent: t/1\r\n\r\n")

FETCHES = """
method path pathq query query(with_qm) url base baseq base32 url32 req.ver status
hdr(host) hdr(x-list) hdr(x-list,1) hdr(x-list,-2) hdr(x-list,9) req.fhdr(x-list) req.fhdr(x-list,1) hdr_cnt(x-list) req.fhdr_cnt(x-list)
hdr_ip(x-forwarded-for) hdr_ip(x-forwarded-for,1) hdr_val(x-n) hdr(x-empty) hdr_cnt(x-empty) req.hdr_names(,) hdr(none) hdr_cnt(none)
cook(a) cook(b) cook(quoted) cook_cnt(a) req.cook_val(b) cook(none)
url_param(a) url_param(b) url_param(c) url_param(d) urlp(A) urlp(up,&,i) urlp_val(a) url_ip url_port
http_auth(people) http_auth_group(people) http_auth_user http_auth_pass http_auth_type http_auth_bearer(x-bearer) http_first_req
src src_is_local dst dst_port fc_rcvd_proxy fc_http_major fe_name fe_id fe_defbe so_id be_id
always_true always_false int(-5) str(a) bin(6869) ipv4(192.0.2.1) ipv6(2001:db8::1) bool(true) meth(PUT)
nbproc proc thread env(NO_SUCH_VARIABLE) wait_end req.proto_http req.hdrs,hex req.hdrs_bin,hex
nbsrv(b) be_conn(b) be_sess_rate(b) connslots(b) queue(b) avg_queue(b) srv_is_up(b/s1) srv_conn(b/s1) srv_queue(b/s1) srv_weight(b/s1)
srv_iweight(b/s1) srv_uweight(b/s1) fe_conn act_conn
""".split()

TEXTS = ["abc", "", "Hello World", "a,b,,c", "/x/y?z=1&w=%41+b", "42", "-7", "0x1f", "http://h:80/p", "1.5", "f1_f2_f3__f5", "YWJj", "YWJ", "616263", "a=1;b=2"]
CONVERTERS = """
lower upper length hex base64 ub64enc b64dec ub64dec url_dec url_enc crc32 crc32c djb2 sdbm wt6 xxh32 xxh64 xxh3 crc32(1) djb2(1) wt6(1) sdbm(1)
field(1,_) field(2,_) field(5,_) field(-1,_) field(2,_,2) field(2,_,0) field(-2,_,2) word(1,_) word(4,_) word(-1,_) word(2,_,2) word(-3,_,0)
bytes(1) bytes(1,2) bytes(0,0) ltrim(a) rtrim(c) regsub(a,X) regsub([a-z],X,g) cut_crlf sha1,hex sha2,hex sha2(512),hex
digest(md5),hex hmac(sha256,a2V5),hex json json(utf8) hex2i host_only port_only strcmp(txn.text) concat(-,txn.text,+) add_item(;,txn.text) iif(y,n)
be2hex(:,2) be2dec(:,2) reverse language(en;fr) language(a) param(a,;) 
""".split()
NUMBERS = ["0", "1", "-1", "5", "1000000", "9223372036854775807", "-9223372036854775808"]
ARITHMETIC = """
add(1) sub(1) mul(3) div(2) div(0) mod(3) mod(0) and(6) or(6) xor(6) neg cpl odd even bool not http_date utime(%Y-%m-%d) htonl,hex hex add(txn.number) mul(txn.number)
""".split()
# What 2.6 does not know.
NEW = {"reverse", "param(a,;)"}
MATCHES = """
path|-m beg|/img /x;path|-m end|.png;path|-m sub|logo;path|-m dir|img;path|-m dir|lo;path|-m reg|^/i.g/;path|-m len|20:30;path|-i -m beg|/IMG;hdr(host)|-m dom|example.com;
hdr(host)|-i -m dom|example.com;hdr(x-list)|-m str|two;hdr(x-list)|-m str|one,;hdr(x-n)|-m int|41:43;hdr_val(x-n)|-m int|gt 41;hdr_val(x-n)|-m int|eq 42 le 3;
src|-m ip|127.0.0.0/8 ::1;src|-m ip|10.0.0.0/8;req.hdr(x-none)|-m found|;req.hdr(x-n)|-m found|;cook(a)|-m str|3;method|-m str|get;method|-i -m str|get;
path|-m str|/img/a%20b/logo.png;url|-m end|up;str(abc)|-m bin|616263;str(abc)|-m beg|a ab abc;str(/a/b?c)|-m dir|b;str(/a/b?c)|-m dir|a/b;str(a.b.c:80)|-m dom|b.c;str(a.b.c:80)|-m dom|.b.;
str()|-m str|;http_auth_group(people)|-m str|admins
""".replace("\n", "").split(";")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def expressions():
    yield from FETCHES
    for text in TEXTS:
        for converter in CONVERTERS:
            if converter not in NEW and converter != "language(a)":
                yield f"str({quoted(text)}),{converter}"
    for number in NUMBERS:
        for converter in ARITHMETIC:
            yield f"int({number}),{converter}"


class Samples(Case):
    def ask(self, program, config):
        proxy = Proxy(HEAD + config, program=program, network=self.network)
        try:
            proxy.start()
            with Client(self.front, 8000) as client:
                client.send(REQUEST)
                return client.read_answer()
        finally:
            self._stop(proxy)

    def compare(self, lines, known=()):
        """`lines` are (name, what is written into a header); those of `known` may differ."""
        differences = []
        for start in range(0, len(lines), 60):
            part = lines[start:start + 60]
            headers = "".join(f'  http-request set-var(txn.r{i}) {expression}\n' for i, (_, expression) in enumerate(part))
            fields = " ".join(f'hdr x-r{i} "%[var(txn.r{i},none)]"' for i in range(len(part)))
            config = ("frontend f\n  bind NET.1:8000\n  default_backend b\n  http-request set-var(txn.text) str(text)\n"
                      f"  http-request set-var(txn.number) int(10)\n{headers}  http-request return status 200 {fields}\n"
                      "backend b\n  server s1 NET.9:1 weight 7\n")
            theirs, ours = (self.ask(program, config) for program in (oracle(), under_test()))
            self.assertEqual((theirs.status, ours.status), (200, 200))
            for i, (name, _) in enumerate(part):
                left, right = theirs.one(f"x-r{i}"), ours.one(f"x-r{i}")
                if left != right and name not in known:
                    differences.append(f"{name}: theirs {left!r}, ours {right!r}")
        self.assertEqual(differences, [])

    def test_fetches_and_converters(self):
        self.compare([(e, '"' + e.replace("\\", "\\\\").replace('"', '\\"') + '"') for e in expressions()], KNOWN)

    def test_matches(self):
        lines = []
        for one in MATCHES:
            fetch, flags, patterns = one.split("|")
            lines.append((one, f"{{ {fetch} {flags} {patterns or ''} }}"))
        rules = "".join(f'  http-request set-var(txn.m{i}) str(yes) if {test}\n' for i, (_, test) in enumerate(lines))
        fields = " ".join(f'hdr x-m{i} "%[var(txn.m{i},no)]"' for i in range(len(lines)))
        config = f"frontend f\n  bind NET.1:8000\n{rules}  http-request return status 200 {fields}\n"
        theirs, ours = (self.ask(program, config) for program in (oracle(), under_test()))
        self.assertEqual([f"{name} {ours.one(f'x-m{i}')}" for i, (name, _) in enumerate(lines)],
                         [f"{name} {theirs.one(f'x-m{i}')}" for i, (name, _) in enumerate(lines)])

    def test_maps(self):
        rows = ["/img 1", "/img/a 2", "/ 3", "example.com 4", "png 5", "www.example.com:8000 6", "^/im(.) g\\1", "/IMG 7", "logo 8", "/img/a%20b/logo.png 9"]
        probes = ["path", "hdr(host)", "hdr(host),lower", "str(x)", "str(png)", "str(a.png)", "str(/img/x)", "str()"]
        path = os.path.join(self.folder(), "texts.map")
        with open(path, "w") as file:
            file.write("# a map\n" + "\n".join(rows) + "\n\n")
        lines = [(f"{probe},map_{how}", f"{probe},map_{how}({path},none)") for probe in probes
                 for how in ("str", "beg", "end", "sub", "dir", "dom", "reg", "regm")]
        numbers = os.path.join(self.folder(), "numbers.map")
        with open(numbers, "w") as file:
            file.write("1 one\n2:5 few\n42 answer\n")
        lines += [(f"map_int {n}", f"int({n}),map_int({numbers},none)") for n in (0, 1, 3, 5, 6, 42)]
        networks = os.path.join(self.folder(), "networks.map")
        with open(networks, "w") as file:
            file.write("10.0.0.0/8 1\n10.1.0.0/16 2\n10.1.2.3 3\n2001:db8::/32 4\n0.0.0.0/0 5\n192.168.1/24 6\n")
        lines += [(f"map_ip {a}", f"{'ipv6' if ':' in a else 'ipv4'}({a}),map_ip_int({networks},-1)")
                  for a in ("10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1", "2001:db8::1", "2001:db9::1", "192.168.1.9", "::ffff:10.1.2.3")]
        self.compare(lines)

    def folder(self):
        import tempfile
        if not hasattr(self, "_folder"):
            self._folder = tempfile.TemporaryDirectory()
            self.addCleanup(self._folder.cleanup)
        return self._folder.name


# Where we differ on purpose: name -> why.
KNOWN = {}

if __name__ == "__main__":
    main()

"""Fetches and converters beside Debian's haproxy: each expression of a table gives both the same text."""
import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, Proxy, Syslog, main, oracle, under_test  # noqa: E402
from client import Client  # noqa: E402

HEAD = """
global
  nbthread 1
  tune.pattern.cache-size 0
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
method path pathq query url base baseq base32 url32 req.ver
hdr(host) hdr(x-list) hdr(x-list,1) hdr(x-list,-2) hdr(x-list,9) req.fhdr(x-list) req.fhdr(x-list,1) hdr_cnt(x-list) req.fhdr_cnt(x-list)
hdr_ip(x-forwarded-for) hdr_ip(x-forwarded-for,1) hdr_val(x-n) hdr(x-empty) hdr_cnt(x-empty) req.hdr_names(:) hdr(none) hdr_cnt(none)
cook(a) cook(b) cook(quoted) cook_cnt(a) req.cook_val(b) cook(none)
url_param(a) url_param(b) url_param(c) url_param(d) urlp(A) urlp_val(a) url_ip url_port
http_auth(people) http_auth_group(people) http_auth_user http_auth_pass http_auth_type http_auth_bearer(x-bearer) http_first_req
src src_is_local dst dst_port fc_rcvd_proxy fc_http_major fe_name fe_id fe_defbe so_id
always_true always_false int(-5) str(a) bin(6869) ipv4(192.0.2.1) ipv6(2001:db8::1) bool(true) meth(PUT)
nbproc proc thread env(NO_SUCH_VARIABLE) wait_end req.proto_http req.hdrs,hex req.hdrs_bin,hex
nbsrv(b) be_conn(b) be_sess_rate(b) connslots(b) queue(b) avg_queue(b) srv_is_up(b/s1) srv_conn(b/s1) srv_queue(b/s1) srv_weight(b/s1)
srv_iweight(b/s1) srv_uweight(b/s1) fe_conn
""".split()

TEXTS = ["abc", "", "Hello World", "a,b,,c", "/x/y?z=1&w=%41+b", "42", "-7", "0x1f", "http://h:80/p", "1.5", "f1_f2_f3__f5", "YWJj", "YWJ", "616263", "a=1;b=2"]
CONVERTERS = """
lower upper length hex base64 ub64enc b64dec ub64dec url_dec url_enc crc32 crc32c djb2 sdbm xxh32 xxh64 xxh3 crc32(1) djb2(1) sdbm(1) crc32(2) djb2(-1) sdbm(3) crc32c(2)
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
str()|-m str|;http_auth_group(people)||admins;http_auth_group(people)||others
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
            fields = "".join(f'  http-after-response set-header x-r{i} "%[var(txn.r{i},none)]"\n' for i in range(len(part)))
            config = ("frontend f\n  bind NET.1:8000\n  default_backend b\n  http-request set-var(txn.text) str(text)\n"
                      f"  http-request set-var(txn.number) int(10)\n{headers}  http-request return status 200\n{fields}"
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
        fields = "".join(f'  http-after-response set-header x-m{i} "%[var(txn.m{i},no)]"\n' for i in range(len(lines)))
        config = f"frontend f\n  bind NET.1:8000\n{rules}  http-request return status 200\n{fields}"
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
            file.write("1 one\n2:5 few\n42 answer\n50-59 fifties\n70- much\n08 eight\n")
        lines += [(f"map_int {n}", f"int({n}),map_int({numbers},none)") for n in (0, 1, 3, 5, 6, 8, 42, 49, 50, 59, 60, 70, 7000)]
        networks = os.path.join(self.folder(), "networks.map")
        with open(networks, "w") as file:
            file.write("10.0.0.0/8 1\n10.1.0.0/16 2\n10.1.2.3 3\n2001:db8::/32 4\n0.0.0.0/0 5\n192.168.1.0/24 6\n")
        lines += [(f"map_ip {a}", f"{'ipv6' if ':' in a else 'ipv4'}({a}),map_ip_int({networks},-1)")
                  for a in ("10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1", "2001:db8::1", "2001:db9::1", "192.168.1.9", "::ffff:10.1.2.3")]
        self.compare(lines)

    def test_client_hello(self):
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(incoming, outgoing, server_hostname="www.example.com").do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        asked = ["req.ssl_hello_type", "req.ssl_sni", "req.ssl_alpn", "req.ssl_ver", "req.ssl_st_ext", "req.ssl_ec_ext", "req_ssl_ver"]
        rdp = b"\3\0\0\x2c\x27\xe0\0\0\0\0\0Cookie: mstshash=joe\r\n"
        distcc = b"DIST00000001ARGC00000002ARGV00000002ccARGV00000002-cDOTI00000003abc"
        asked_rdp = ["req.rdp_cookie", "req.rdp_cookie(mstshash)", "rdp_cookie(other)", "req.rdp_cookie_cnt", "req.ssl_hello_type"]
        asked_distcc = ["distcc_param(ARGC)", "distcc_body(ARGV,2)", "distcc_param(DOTI)", "distcc_body(DOTI)", "req.len"]
        mqtt = bytes.fromhex("101400044d51545404c2003c00026162000175000170")
        asked_mqtt = [f"req.payload(0,0),{c}" for c in ("mqtt_is_valid", "mqtt_field_value(connect,username)", "mqtt_field_value(1,client_identifier)",
                                                         "mqtt_field_value(connect,keepalive)", "mqtt_field_value(connect,protocol_name)",
                                                         "mqtt_field_value(connect,protocol_version)", "mqtt_field_value(connect,flags)",
                                                         "mqtt_field_value(connect,will_topic)")]
        fix = b"8=FIX.4.2\x019=15\x0135=0\x0149=A\x0156=B\x0110=126\x01"
        asked_fix = [f"req.payload(0,0),{c}" for c in ("fix_is_valid", "fix_tag_value(49)", "fix_tag_value(MsgType)", "fix_tag_value(99)", "mqtt_is_valid")]
        message = bytes.fromhex("08960112077465737469") + b"ng" + bytes.fromhex("1a03089601200d2d0000c03f")
        asked_message = [f"req.payload(0,0),{c}" for c in ("protobuf(1,int32)", "protobuf(2)", "protobuf(3.1,uint64)", "protobuf(4,sint32)", "protobuf(9)",
                                                           "protobuf(1,bool)", "protobuf(4,enum)")]
        for sent, wanted in ((hello, asked), (rdp, asked_rdp), (distcc, asked_distcc), (mqtt, asked_mqtt), (fix, asked_fix), (message, asked_message)):
            self.assertEqual(self.logged(under_test(), sent, wanted), self.logged(oracle(), sent, wanted))

    def logged(self, program, sent, asked):
        """What expressions about the first bytes of a stream are in its log line."""
        variables = "".join(f"  tcp-request content set-var(sess.v{i}) {e} if {{ req.len ge 4 }}\n" for i, e in enumerate(asked))
        line = " ".join(f"[%[var(sess.v{i},none)]]" for i in range(len(asked)))
        log = Syslog(self.network.host(1), 10514)
        proxy = Proxy(HEAD.replace("mode http", "mode tcp") + f"frontend f\n  bind NET.1:8000\n  log NET.1:10514 local0\n  log-format \"{line}\"\n"
                      f"  tcp-request inspect-delay 500ms\n{variables}"
                      "  default_backend b\nbackend b\n  retries 0\n  server s NET.9:1\n", program=program, network=self.network)
        try:
            proxy.start()
            with Client(self.front, 8000) as client:
                client.send(sent)
                client.read_all()
            log.wait_count(1)
            return log.lines[0].split(": ", 1)[1]
        finally:
            self._stop(proxy)
            log.stop()

    def folder(self):
        import tempfile
        if not hasattr(self, "_folder"):
            self._folder = tempfile.TemporaryDirectory()
            self.addCleanup(self._folder.cleanup)
        return self._folder.name


class OnlyOurs(Case):
    """What Debian's haproxy does not know: each gives what it should in a request that has it."""

    def values(self, config, request=REQUEST, port=8000):
        proxy = self.proxy(HEAD + config)
        with self.client(port) as client:
            client.send(request)
            answer = client.read_answer()
        self.assertTrue(proxy.alive())
        return answer

    def check(self, answer, expected):
        for i, (expression, pattern) in enumerate(expected):
            with self.subTest(expression):
                self.assertRegex(answer.one(f"x-r{i}"), f"^(?:{pattern})$")

    def test_of_the_client_side(self):
        expected = [("act_conn", "1"), ("stopping", "0"), ("proc", "1"), ("tgroup", "1"), ("http_first_req", "1"),
                    ("request_date", r"\d{10}"), ("request_date(ms)", r"\d{13}"), ("req.bytes_in", r"[1-9]\d+"), ("req.bytes_out", "0"),
                    ("cur_client_timeout", "5000"), ("fe_tarpit_timeout", "7000"), ("cur_tarpit_timeout", "7000"), ("fc_rtt(us)", r"\d+"), ("fc_rttvar", r"\d+"),
                    ("fc_unacked", r"\d+"), ("fc_sacked", "0"), ("fc_retrans", "0"), ("fc_fackets", "0"), ("fc_lost", "0"), ("fc_reordering", r"\d+"),
                    ("prio_class", "5"), ("prio_offset", "-3"), ("last_rule_line", "none"), ("ssl_fc", "0"), ("ssl_fc_sni", "none"), ("acl(here,!METH_POST)", "1"),
                    ("req.timer.tq", r"\d+"), ("txn.timer.total", r"\d+"), ("txn.timer.user", r"\d+"), ("fc.timer.total", r"\d+"), ("query(with_qm)", r"\?a=1&.*"),
                    ("str(b),nbsrv", "1"), ("str(b/s1),srv_is_up", "1"), ("str(b/s1),srv_queue", "0"), ("str(f),fe_exists", "1"), ("str(x),fe_exists", "0"),
                    ("str(kept),capture-req(0)", "kept"), ("capture.req.hdr(0)", "kept"), ("str(x),when(normal)", "x"), ("str(x),when(error)", "none"),
                    ("str(x),when(!stopping)", "x"), ("str(x),when(acl,here)", "x"), ("str(x),when(!acl,here)", "none"), ("fc_pp_authority", "none"),
                    ("fc_pp_unique_id", "none"), ("fc_pp_tlv(0xE1)", "none"), ("str(k),capture-res(0)", "k")]
        variables = "".join(f"  http-request set-var(txn.r{i}) {e}\n" for i, (e, _) in enumerate(expected))
        fields = "".join(f'  http-after-response set-header x-r{i} "%[var(txn.r{i},none)]"\n' for i in range(len(expected)))
        answer = self.values("frontend f\n  bind NET.1:8000\n  timeout tarpit 7s\n  acl here path_beg /img\n  declare capture request len 10\n"
                             "  declare capture response len 10\n  http-request set-priority-class int(5)\n  http-request set-priority-offset int(-3)\n"
                             f"{variables}  http-request return status 200\n{fields}backend b\n  server s1 NET.9:1\n")
        self.check(answer, expected)

    def test_of_the_server_side(self):
        expected = [("be_connect_timeout", "1000"), ("be_queue_timeout", "2000"), ("be_tarpit_timeout", "0|1000"), ("be_max_retries", "4"), ("cur_connect_timeout", "1000"),
                    ("cur_queue_timeout", "2000"), ("cur_server_timeout", "3000"), ("cur_tunnel_timeout", "0"), ("cur_max_retries", "4"), ("bc_be_queue", "0"),
                    ("bc_srv_queue", "0"), ("bc_reused", "0"), ("bc_rtt(us)", r"\d+"), ("bc_rttvar", r"\d+"), ("res.bytes_in", r"\d+"), ("res.bytes_out", r"\d+"),
                    ("req.bytes_out", r"[1-9]\d+"), ("res.timer.data", r"none|\d+"), ("ssl_bc", "0"), ("server_status", "200"), ("bc_http_major", "1"), ("last_rule_line", r"|none|\d+"), ("last_rule_file", ".*")]
        self.origin(9)
        fields = "".join(f'  http-response set-header x-r{i} "%[{e}]"\n' for i, (e, _) in enumerate(expected)).replace('"%[res.timer.data]"', "none")
        answer = self.values("frontend f\n  bind NET.1:8000\n  default_backend b\nbackend b\n  timeout queue 2s\n  retries 4\n  http-request set-timeout server 3s\n"
                             f"  server s1 NET.9:8080\n{fields}")
        self.check(answer, expected)

    def test_what_proxy_headers_bring(self):
        tlvs = b"".join(bytes([kind]) + len(value).to_bytes(2, "big") + value for kind, value in ((2, b"host.example"), (5, b"id-7"), (0xe1, b"own")))
        body = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + (1000).to_bytes(2, "big") + (80).to_bytes(2, "big") + tlvs
        head = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(body).to_bytes(2, "big") + body
        expected = [("fc_pp_authority", "host.example"), ("fc_pp_unique_id", "id-7"), ("fc_pp_tlv(0xE1)", "own"), ("fc_pp_tlv(AUTHORITY)", "host.example"), ("src", "10.0.0.1")]
        fields = " ".join(f'hdr x-r{i} "%[{e}]"' for i, (e, _) in enumerate(expected))
        answer = self.values(f"frontend f\n  bind NET.1:8000 accept-proxy\n  http-request return status 200 {fields}\n", head + REQUEST)
        self.check(answer, expected)

    def test_long_runs_of_rules(self):
        rules = "".join(f"  http-request set-header x-rule {i} if {{ path_reg ^/r{i}/ }}\n" for i in range(50))
        routes = "".join(f"  use_backend b{i % 2} if {{ path_reg ^/r{i}/ }}\n" for i in range(50))
        backends = "".join(f'backend b{i}\n  http-request return status 200 hdr x-r0 "b{i} %[req.hdr(x-rule)]"\n' for i in range(2))
        self.proxy(HEAD + f"frontend f\n  bind NET.1:8000\n{rules}{routes}{backends}")
        for i in (0, 1, 25, 48, 49):
            self.assertEqual(self.get(f"/r{i}/x").one("x-r0"), f"b{i % 2} {i}")
        self.assertEqual(self.get("/none").status, 503)


# Where we differ on purpose: name -> why.
KNOWN = {
    "str('http://h:80/p'),host_only": "no Host value", "str('http://h:80/p'),port_only": "no Host value",
    "int(-1),sub(1)": "2.6 takes it for an overflow",
    **{f"int({number}),{converter}": "2.6 takes times before 1970 for ones in the far future"
       for number in ("-1", "9223372036854775807", "-9223372036854775808") for converter in ("http_date", "utime(%Y-%m-%d)")},
}

if __name__ == "__main__":
    main()

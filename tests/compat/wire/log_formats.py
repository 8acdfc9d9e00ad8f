"""Log formats in depth: every transport's header with structured data, flags on all kinds of items, captures, unique ids,
bytes that are not text, lines about connections that never became requests, mode tcp."""
from wire import COMMON, Group

FLAGS = ("", "+Q", "+E", "+X", "+Q,+E", "+Q,-Q", "-Q")
ITEMS = ("ci", "f", "b", "s", "ST", "tsc", "rc", "HM", "HP", "HPO", "HU", "HV", "r", "ID", "CC", "CS", "hr", "hs", "si", "sslv", "sslc",
         "[src]", "[capture.req.uri]", "[capture.req.method]", "[var(txn.n)]", "[var(txn.none)]", "[var(txn.b)]", "[str(a b)]", "[int(42)]", "[bool(true)]",
         "[capture.req.hdr(0)]", "[capture.req.hdr(1),upper]", "[capture.res.hdr(0)]", "[capture.req.uri,length]", "[capture.req.ver]", "[src,ipmask(8)]")
CAPTURES = ("capture request header X-A len 40\n  capture request header X-B len 8\n  capture response header Content-Length len 10\n"
            "  capture cookie SID len 12\n")


def items(flags):
    return " ".join(f"%{{{flags}}}{item}" if flags else f"%{item}" for item in ITEMS)


def frontend(port, text):
    return f"""
frontend f{port}
  bind NET.1:{port}
  http-request set-var(txn.n) int(-7)
  http-request set-var(txn.b) path,sub(1) if FALSE
  unique-id-format %{{+X}}o\\ %fi:%fp-%HM
  http-request deny if {{ path /deny }}
  use_backend gone if {{ path /gone }}
  {text}
  default_backend b
"""


FORMATS = {}
for number, flags in enumerate(FLAGS):
    FORMATS[8100 + number] = CAPTURES + "  log-format \"" + items(flags) + "\""
    FORMATS[8120 + number] = CAPTURES + "  log-format \"%{" + (flags or "-E") + "}o " + items("") + "\""
DRESSES = ("local", "rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw")
for number, dress in enumerate(DRESSES):
    FORMATS[8140 + number] = (f"no log\n  log NET.1:10514 format {dress} local4 info\n  capture request header X-A len 40\n"
                              "  log-format-sd \"%{+Q,+E}o [id@1234 a=%[capture.req.hdr(0)] m=%HM none=%[var(txn.none)]]\"\n"
                              "  log-format \"%HU %ST\"")
for number, length in enumerate((80, 100, 1024, 8192)):
    FORMATS[8160 + number] = f"no log\n  log NET.1:10514 len {length} format rfc5424 local4\n  option httplog"
FORMATS.update({
    8165: "log-tag a.tag\n  option httplog",
    8170: "log-format \"%ci - [%T] %{+Q}r %ST %B %{+Q}hrl\"".replace("%B ", "") + "\n  capture request header X-A len 40\n"
          "  capture request header X-B len 8",
    8171: "log-format ' %% 100%%   %[capture.req.uri]%[capture.req.uri] %{+Q}[capture.req.uri]%{+E}[capture.req.uri]  x '",
    8172: "log-format \"{%[capture.req.uri]} \\\"%[capture.req.uri]\\\" [%[capture.req.uri]]\"",
    8173: "log-format \"%{+Q}b%{+Q}s%b%s %b/%s\"",
    8174: "option httpslog",
    8175: "option httplog clf\n  capture request header X-A len 40\n  capture request header X-B len 8\n"
          "  capture response header Content-Length len 10\n  capture cookie SID len 12",
    8176: "no log\n  log NET.1:10514 local0 notice\n  option httplog\n  option log-separate-errors",
    8177: "no log\n  log NET.1:10514 local0 info err\n  option httplog\n  option log-separate-errors",
    8178: "no log\n  log NET.1:10514 sample 1:2 local0\n  option httplog",
    8179: "option httplog\n  error-log-format \"not used %ST\"",
    8180: "log-format \"%{+Q}HQ %HQ %{+E}HQ x\"",
    8181: "http-request set-log-level warning\n  option httplog",
    8182: "http-request set-log-level silent if { path_beg /x }\n  option httplog",
})

ERRORS = """
frontend p8190
  bind NET.1:8190 accept-proxy
  option httplog
  default_backend b
frontend p8191
  bind NET.1:8191 accept-proxy name door
  option httplog
  option log-separate-errors
  default_backend b
frontend p8192
  bind NET.1:8192 accept-proxy
  log-format "request %ST"
  error-log-format "failed %b %s %ST %tsc %HM %HU %{+Q}r %rc %sq/%bq %TR/%Tw/%Tc/%Tr %f/%fp %ci [%[src]]"
  default_backend b
frontend p8193
  bind NET.1:8193 accept-proxy
  option httplog
  option dontlognull
  default_backend b
listen t8195
  mode tcp
  bind NET.1:8195
  log-format "%ST %b/%s %ts %U %rc %{+Q}ID %si %sp %hr %f"
  server s NET.10:8080
listen t8196
  mode tcp
  bind NET.1:8196
  option tcplog
  option dontlognull
  option dontlog-normal
  server s NET.10:8080
listen t8197
  mode tcp
  bind NET.1:8197
  option tcplog
  option log-separate-errors
  server s NET.10:1
"""
group = Group(COMMON.replace("  option httplog\n", "").replace("frontend mark\n", "frontend mark\n  option httplog\n")
              + "".join(frontend(port, text) for port, text in FORMATS.items()) + ERRORS + """
backend b
  server s NET.10:8080
backend gone
""")


def get(target, *fields, method="GET"):
    return ("\r\n".join([f"{method} {target} HTTP/1.1", "Host: a.example", *fields, "Connection: close"]) + "\r\n\r\n").encode("latin-1")


CASES = {
    "plain": get("/x?y=z&a=b"),
    "quotes": get("/q%22?a", 'X-A: with "quotes" and \\ and ]', "X-B: longer than eight", "Cookie: a=b; SID=0123456789abcdef; c=d"),
    "bytes": get("/8bit", "X-A: caf\xe9 {a|b} #1\t\x7f", "X-B: \xff\xfe"),
    "empty": get("/", "X-A:", "X-B: x"),
    "post": get("/post", "Content-Length: 0", method="POST"),
    "absolute": get("http://a.example/abs/path?q"),
    "deny": get("/deny", "X-A: d"),
    "gone": get("/gone", "X-A: g"),
    "500": get("/r/status-500", "X-A: 5"),
    "bad": b"GET /a b HTTP/1.1\r\n\r\n",
    "long": get("/" + "long" * 100, "X-A: " + "v" * 100),
}
SHORT = ("plain", "quotes", "bytes", "deny", "bad")
for port in FORMATS:
    for name in (CASES if port < 8120 else SHORT if port < 8160 else ("plain", "long", "gone") if port < 8170 else CASES):
        group.add(f"{port}-{name}", CASES[name], to=port, end="nothing")
for port in (8190, 8191, 8192, 8193):
    group.add(f"{port}-request", b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n" + get("/x"), to=port, end="nothing")
    group.add(f"{port}-no-header", get("/x"), to=port, end="nothing")
    group.add(f"{port}-half", b"PROXY TCP4 ", to=port, end="eof")
    group.add(f"{port}-nothing", to=port, end="eof")
for port in (8195, 8196, 8197):
    group.add(f"{port}-talk", get("/x"), to=port, end="nothing")
    if port != 8197:
        group.add(f"{port}-nothing", to=port, end="eof")

"""Cookie persistence: what is read, changed, inserted and logged. X-Set and X-Status tell the server what to answer."""
import re
import time

from wire import COMMON, Group

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def encoded(seconds):
    return "".join(ALPHABET[(int(seconds) >> 2) >> shift & 63] for shift in (24, 18, 12, 6, 0))


def fill(data):
    """<now-100> becomes that date as a cookie has it."""
    return re.sub(rb"<now([+-]\d+)>", lambda m: encoded(time.time() + int(m[1])).encode(), data)


def mask(text):
    """And back: dates of about now are <now>, others are rounded."""
    def name(match):
        value = 0
        for char in match[1]:
            value = value << 6 | ALPHABET.index(char)
        delta = (value << 2) - time.time()
        if abs(delta) > 500000:
            return match[0]
        return "|<now>" if abs(delta) < 40 else f"|<now{round(delta / 100) * 100:+d}>"
    text = re.sub(r"SRV=[0-9a-f]{16}", "SRV=<dynamic>", text)  # of the address: tests/unit/backend/cookie_test.cpp has values
    return re.sub(r"\|([A-Za-z0-9+/]{5})(?=[|;\r ]|xyz|$)", name, text)


RULES = """  http-request deny if { req.hdr(x-do) deny }
  http-request tarpit if { req.hdr(x-do) tarpit }
  http-request return status 200 if { req.hdr(x-do) return }
  http-request redirect location /there if { req.hdr(x-do) redirect }
  http-response deny if { res.hdr(x-do) deny }
  ignore-persist if { req.hdr(x-do) ignore }
  use-server a if { req.hdr(x-do) use }
  use-server off if { req.hdr(x-do) useoff }
  monitor-uri /alive
  timeout tarpit 10ms
"""
SERVERS = """  server a NET.10:8080 cookie s1
  server b NET.10:8080 cookie s2
  server off NET.10:8081 weight 0 cookie off disabled
  server dead NET.10:8081 weight 0 cookie dead
  server drained NET.10:8080 weight 0 cookie drained
  server spare NET.10:8080 backup cookie spare
  server off2 NET.10:8081 weight 0 cookie shared disabled
  server on2 NET.10:8080 weight 0 cookie shared
"""
BARE = "  server a NET.10:8080\n  server b NET.10:8080 weight 0 cookie s2\n"
ATTRIBUTES = "httponly secure domain .a.example domain b.example attr X=y attr Z"

# port: (cookie line, more lines, servers)
PLANS = {
    8000: ("SRV insert indirect", RULES, SERVERS),
    8001: ("SRV insert", RULES, SERVERS),
    8002: ("SRV rewrite", RULES, SERVERS),
    8003: ("SRV prefix", RULES, SERVERS),
    8004: ("SRV", RULES, SERVERS),
    8005: ("SRV indirect", RULES, SERVERS),
    8006: ("SRV insert preserve", RULES, SERVERS),
    8007: ("SRV insert indirect preserve nocache", RULES, SERVERS),
    8008: (f"SRV insert indirect {ATTRIBUTES}", RULES, SERVERS),
    8009: ("SRV insert postonly nocache", RULES, SERVERS),
    8010: ("SRV prefix indirect", RULES, SERVERS),
    8011: ("SRV insert indirect maxidle 1h maxlife 8h", RULES, SERVERS),
    8012: ("SRV insert indirect maxidle 1h", RULES, SERVERS),
    8013: ("SRV insert maxlife 8h", RULES, SERVERS),
    8014: (f"SRV insert {ATTRIBUTES} maxidle 10", "", BARE),
    8015: ("SRV rewrite", "", BARE),
    8016: ("SRV prefix", "", BARE),
    8017: ("SRV insert indirect nocache", "", SERVERS),
    8018: ("SRV insert indirect", RULES + "  option redispatch\n", SERVERS),
    8019: ("SRV insert indirect", RULES + "  option redispatch\n  option persist\n", SERVERS),
    8020: ("SRV insert indirect", RULES + "  option redispatch\n  force-persist if { req.hdr(x-do) force }\n"
           "  force-persist unless TRUE\n", SERVERS),
    8021: ("SRV insert indirect dynamic", "  dynamic-cookie-key secret\n",
           "  server a NET.10:8080 cookie s1\n  server b NET.10:8080\n"),
    8022: ("SRV insert indirect", "  http-response set-header X-C %[res.cook(SRV)]\n  http-after-response set-header X-A %[res.cook(SRV)]\n"
           "  http-request set-header X-R %[req.cook(SRV)]\n", SERVERS),
    8023: ("SRV indirect preserve maxlife 8h", "", SERVERS),
}
group = Group(COMMON + "".join(f"""
listen l{port}
  bind NET.1:{port}
  cookie {cookie}
{more}{servers}""" for port, (cookie, more, servers) in PLANS.items()) + f"""
frontend apart
  bind NET.1:8090
  http-request deny if {{ req.hdr(x-do) frontdeny }}
  default_backend apart
backend apart
  cookie SRV insert indirect
{RULES.replace("  monitor-uri /alive", "")}{SERVERS}""", fill=fill, mask=mask)


def cookie(*values):
    return "".join(f"Cookie: {value}\r\n" for value in values)


def told(*fields):
    return "X-Set: " + "@".join(fields) + "\r\n"


def sets(*values):
    return told(*(f"Set-Cookie^{value}" for value in values))


def do(what):
    return f"X-Do: {what}\r\n"


def dated(last, first="", name="s2"):
    return cookie(f"SRV={name}|{last}" + (f"|{first}" if first else ""))


BASIC = {
    "none": "", "valid": cookie("SRV=s2"), "among": cookie("a=b; SRV=s2; c=d"), "unknown": cookie("SRV=nobody"),
    "off": cookie("SRV=off"), "drained": cookie("SRV=drained"), "spare": cookie("SRV=spare"), "shared": cookie("SRV=shared"),
    "sets": sets("SRV=app; path=/"), "valid-sets": cookie("SRV=s2") + sets("SRV=app; path=/", "k=v"),
    "unknown-sets": cookie("SRV=no") + sets("SRV=app"), "prefixed": cookie("SRV=s2~app"),
    "with-dates": dated("<now-1000>", "<now-2000>"),
}
READ = {
    "second-is-right": cookie("SRV=no; SRV=s2"), "both-right": cookie("SRV=s1; b=c; SRV=s2; d=e"), "in-two-fields": cookie("SRV=no", "SRV=s2"),
    "second-field": cookie("a=b", "SRV=s2"), "three-fields": cookie("a=b", "SRV=s2; k=l", "z=y"), "quoted": cookie('SRV="s2"'),
    "blanks": cookie("SRV = s2 ; x=y"), "comma": cookie("SRV=s2, x=y"), "attributes": cookie("$Version=1; SRV=s2; $Path=/; z=w"),
    "attributes-last": cookie("z=w; SRV=s2; $Path=/; $Domain=x"), "empty": cookie("SRV=; x=y"), "no-value": cookie("SRV; x=y"),
    "case": cookie("srv=s2"), "first": cookie("SRV=s2;a=b"), "last": cookie("a=b;SRV=s2"), "no-blanks": cookie("a=b;SRV=s2;c=d"),
    "ends-with-semicolon": cookie("a=b; SRV=s2;"), "many-blanks": cookie("a=b;   SRV=s2   ;  c=d"),
    "quoted-semicolon": cookie('a="x;y"; SRV=s2'), "similar": cookie("SRVX=s2; XSRV=s1"), "two-equals": cookie("SRV=s2=x"),
    "bar": cookie("SRV=s2|"), "bars": cookie("SRV=s2||"), "bar-junk": cookie("SRV=s2|x"), "tilde": cookie("SRV=s2~"),
    "tilde-among": cookie("a=b; SRV=s2~x; c=d"), "tilde-quoted": cookie('SRV="s2~x"'), "tilde-unknown": cookie("SRV=no~x"),
    "tilde-off": cookie("SRV=off~x"), "two-tildes": cookie("SRV=s2~x; SRV=s1~y"), "tilde-tilde": cookie("SRV=s2~x~y"),
    "empty-ones": cookie(";;SRV=s2;;a=b"), "other-blanks": cookie("a = b; SRV=s2;c= d;e =f"), "only-others": cookie("a = b"),
    "no-equals": cookie("a = b; c"), "blanks-before": cookie("z = y", "SRV=s2"), "quoted-equals": cookie('a = "b = c"; x = y'),
    "removed-twice": cookie("a=b; SRV=s1; SRV=s2; c=d"), "all-removed": cookie("SRV=s1; SRV=s2;SRV=no"),
    "off-then-right": cookie("SRV=off; SRV=s2"), "right-then-off": cookie("SRV=s2; SRV=off"), "off-then-unknown": cookie("SRV=off; SRV=no"),
    "unknown-then-off": cookie("SRV=no; SRV=off"), "just-separators": cookie("; ;"), "name-is-empty": cookie("=x; SRV=s2"),
    "tab": cookie("SRV\t=\ts2;\tx=y"), "backslash": cookie('a="x\\";y"; SRV=s2'), "open-quote": cookie('a="x; SRV=s2'),
}
SET = {
    "quoted": sets('SRV="app"; path=/'), "blanks": sets("SRV = app ; path=/"), "other": sets("X=y"), "other-blanks": sets("X = y ; a = b"),
    "two": sets("SRV=a", "SRV=b; path=/"), "comma": sets("a=b, SRV=app"), "no-equals": sets("SRV"), "empty": sets("SRV=; path=/"),
    "attributes": sets("SRV=app; domain=x; HttpOnly"), "case": sets("srv=app"), "set-cookie2": told("Set-Cookie2^SRV=app"),
    "among": sets("k=1", "SRV=a; x", "j=2"), "second-in-field": sets("a=b; SRV=app"), "nocache": told('Cache-Control^no-cache="set-cookie"', "Set-Cookie^SRV=app"),
    "valid": cookie("SRV=s1") + sets("SRV=app"), "404": "X-Status: 404\r\n" + sets("SRV=app"),
}
RULED = {f"{what}-{name}": do(what) + fields for what in ("deny", "tarpit", "return", "redirect", "ignore", "use", "useoff")
         for name, fields in {"valid": cookie("SRV=s2"), "none": "", "unknown": cookie("SRV=no"),
                              "sets": cookie("SRV=s2") + sets("SRV=k")}.items()}
RULED.update({
    "use-same": do("use") + cookie("SRV=s1"), "use-sets-alone": do("use") + sets("SRV=k"), "ignore-sets-alone": do("ignore") + sets("SRV=k"),
    "ignore-two": do("ignore") + cookie("SRV=s2; SRV=k"), "ignore-tilde": do("ignore") + cookie("SRV=s2~x"),
    "response-deny": cookie("SRV=s2") + told("X-Do^deny", "Set-Cookie^SRV=k"), "response-deny-none": told("X-Do^deny"),
    "bad": "X Y: z\r\n" + cookie("SRV=s2"), "deny-off": do("deny") + cookie("SRV=off"),
})
DATES = {
    "fine": dated("<now-1000>", "<now-2000>"), "idle": dated("<now-4000>", "<now-5000>"), "old": dated("<now-1000>", "<now-40000>"),
    "both": dated("<now-4000>", "<now-40000>"), "last-only": dated("<now-1000>"), "last-only-idle": dated("<now-5000>"),
    "ahead": dated("<now+3600>", "<now+3600>"), "far-ahead": dated("<now+90000>", "<now+90000>"),
    "first-far-ahead": dated("<now-100>", "<now+90000>"), "last-ahead": dated("<now+3600>"), "last-ahead-first": dated("<now+3600>", "<now-3600>"),
    "first-ahead": dated("<now-100>", "<now+3600>"), "no-last": cookie("SRV=s2||<now-100>"), "no-last-old": cookie("SRV=s2||<now-40000>"),
    "no-date": cookie("SRV=s2"), "short": cookie("SRV=s2|abc"), "long": cookie("SRV=s2|<now-100>xyz|<now-100>"),
    "long-ahead": cookie("SRV=s2|<now+3600>xyz"), "junk": cookie("SRV=s2|!!!!!|?????"), "third": dated("<now-100>", "<now-200>|zzz"),
    "unknown": dated("<now-100>", "<now-200>", "no"), "unknown-idle": dated("<now-5000>", "<now-100>", "no"),
    "off": dated("<now-100>", "<now-200>", "off"), "idle-then-right": cookie("SRV=s2|<now-5000>|<now-6000>; SRV=s1|<now-100>|<now-200>"),
    "right-then-idle": cookie("SRV=s1|<now-100>|<now-200>; SRV=s2|<now-5000>|<now-6000>"),
    "idle-then-unknown": cookie("SRV=s2|<now-5000>|<now-6000>; SRV=no|<now-100>|<now-200>"),
    "unknown-then-idle": cookie("SRV=no|<now-100>|<now-200>; SRV=s2|<now-5000>|<now-6000>"),
    "idle-then-off": cookie("SRV=s2|<now-5000>|<now-6000>; SRV=off"), "off-then-idle": cookie("SRV=off; SRV=s2|<now-5000>|<now-6000>"),
    "unknown-then-plain": cookie("SRV=no|<now-100>|<now-200>; SRV=s2"), "sets": dated("<now-1000>", "<now-2000>") + sets("SRV=k"),
    "idle-sets": dated("<now-4000>", "<now-5000>") + sets("SRV=k"),
}
CACHE = {name: told(*fields) for name, *fields in [
    ("nothing",), ("etag", 'ETag^"x"'), ("last-modified", "Last-Modified^x"), ("expires", "Expires^0"), ("max-age", "Cache-Control^max-age=10"),
    ("s-maxage", "Cache-Control^s-maxage=5"), ("public", "Cache-Control^public"), ("public-max-age", "Cache-Control^public, max-age=5"),
    ("private", "Cache-Control^private, max-age=4"), ("private-quoted", 'Cache-Control^private="x", max-age=5'),
    ("no-cache", "Cache-Control^no-cache", "ETag^x"), ("no-cache-cookie", 'Cache-Control^no-cache="set-cookie", max-age=9'),
    ("no-cache-quoted", 'Cache-Control^no-cache="x", max-age=5'), ("no-store", "Cache-Control^max-age=5, no-store"),
    ("max-age-0", "Cache-Control^max-age=0", "ETag^x"), ("s-maxage-0", "Cache-Control^s-maxage=0, max-age=3"),
    ("max-age-00", "Cache-Control^max-age=00"), ("upper", "Cache-Control^MAX-AGE=5"), ("immutable", "Cache-Control^immutable"),
    ("pragma", "Pragma^no-cache", "ETag^x"), ("pragma-max-age", "Pragma^no-cache", "Cache-Control^max-age=5"), ("pragma-other", "Pragma^x", "ETag^x"),
    ("two-fields", "Cache-Control^max-age=5", "Cache-Control^private"), ("vary", "Vary^*", "ETag^x"), ("sets", "ETag^x", "Set-Cookie^SRV=k"),
    ("sets-other", "ETag^x", "Set-Cookie^X=k"), ("must-revalidate", "Cache-Control^must-revalidate, max-age=9"), ("max-age-blank", "Cache-Control^max-age")]}
CACHE.update({f"status-{status}": f"X-Status: {status}\r\n" + told("ETag^x")
              for status in (201, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 407, 410, 414, 500, 501, 503)})
CACHE.update({"authorization": "Authorization: Basic x\r\n" + told("ETag^x"), "valid": cookie("SRV=s2") + told("ETag^x"),
              "request-no-cache": "Cache-Control: no-cache\r\nPragma: no-cache\r\n" + told("ETag^x")})
DOWN = {"dead": cookie("SRV=dead"), "off": cookie("SRV=off"), "shared": cookie("SRV=shared"), "off-then-right": cookie("SRV=off; SRV=s2"),
        "none": "", "valid": cookie("SRV=s2"), "use-off": do("useoff"), "use-off-cookie": do("useoff") + cookie("SRV=s2")}


def request(fields, method="GET", target="/"):
    return (f"{method} {target} HTTP/1.1\r\nHost: a.example\r\n{fields}Connection: close\r\n\r\n").encode("latin-1")


def add(port, cases, method="GET"):
    for name, fields in cases.items():
        body = "Content-Length: 0\r\n" if method == "POST" else ""
        group.add(f"{port}-{method.lower()}-{name}", request(fields + body, method), to=port, end="nothing")


for plan in PLANS:
    add(plan, BASIC)
for plan in (8000, 8001, 8003):
    add(plan, {f"read-{name}": fields for name, fields in READ.items()})
for plan in (8000, 8002, 8003, 8005, 8007):
    add(plan, {f"set-{name}": fields for name, fields in SET.items()})
for plan in (8000, 8003, 8004, 8006, 8090):
    add(plan, RULED)
for plan in (8001, 8011, 8012, 8013, 8023):
    add(plan, {f"date-{name}": fields for name, fields in DATES.items()})
add(8017, {f"cache-{name}": fields for name, fields in CACHE.items()})
for method in ("POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND"):
    add(8017, {"etag": CACHE["etag"]}, method)
    add(8009, {"etag": CACHE["etag"], "valid": BASIC["valid"], "date": BASIC["with-dates"]}, method)
for plan in (8018, 8019, 8020):
    add(plan, {f"down-{name}": fields for name, fields in DOWN.items()})
add(8020, {f"forced-{name}": do("force") + fields for name, fields in DOWN.items() if "use" not in name})
add(8090, {"apart-frontdeny": do("frontdeny") + cookie("SRV=s2"), "apart-none": "", "apart-valid": cookie("SRV=s2")})
group.add("8000-alive", request(cookie("SRV=s2"), target="/alive"), to=8000, end="nothing")
group.add("8000-kept-open", b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", "answer", b"GET /2 HTTP/1.1\r\nHost: a\r\nCookie: SRV=s2\r\n\r\n", "answer",
          request(cookie("SRV=s1"), target="/3"), to=8000, end="nothing")

"""Where requests go and what is kept of them: hashes of passwords, monitors, names of fields, captures, unique ids, variables,
error pages, dynamic backends, priorities of rules."""
import base64

from wire import COMMON, Group

HASHES = {
    "md5": "$1$saltsalt$fFhQNRZ9A4AYLdo7vOe8a0",
    "sha256": "$5$rounds=1000$salt$LOwWr9mMJrAtf7FfCf.shKLAf.rccucF5dcSaCW2ur3",
    "sha512": "$6$rounds=1000$salt$rH6nhef0tQpRahtjxCc7mAWshDc9TiRl4UC1.OLEUmzJhyeFjjSeLiEVeVEjR1aq4lDZBV2vuckxoxCzvVlGM0",
    "des": "abl0JrMf6tlhw",
    "bcrypt": "$2b$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey",
    "yescrypt": "$y$j75$abcdefgh$VSJq5Nf1y3/Io1IvkGBmc1ma66L.wiz59/87TBcOT7A",
    "bsdi": "_J9..rasmG1gANnusqQA",
}
CONFIG = COMMON + "userlist hashes\n" + "".join(f"  user {name} password {text}\n" for name, text in HASHES.items()) + r"""
  user plain insecure-password hello
userlist by-group
  group staff users anna,bob
  group guests
  user anna insecure-password a
  user bob insecure-password b
  user carl insecure-password c groups guests,staff
http-errors pages
  errorfile 404 TMP/404.http
  errorfile 503 TMP/503.http
frontend hashes
  bind NET.1:8000
  http-request return status 200 if { http_auth(hashes) }
  http-request auth realm here
frontend groups
  bind NET.1:8001
  acl staff http_auth_group(by-group) staff
  acl both http_auth_group(by-group) guests
  http-request return status 200 hdr x-groups "staff" if staff !both
  http-request return status 200 hdr x-groups "both" if staff both
  http-request auth
frontend monitored
  bind NET.1:8002
  monitor-uri /alive
  monitor fail if { req.hdr(x-ill) -m found }
  monitor fail if { nbsrv(none) lt 1 } { req.hdr(x-count) -m found }
  http-request deny
  default_backend b
backend none
frontend names-reject
  bind NET.1:8003
  option http-restrict-req-hdr-names reject
  default_backend b
frontend names-delete
  bind NET.1:8004
  option http-restrict-req-hdr-names delete
  default_backend b
frontend names-preserve
  bind NET.1:8005
  option http-restrict-req-hdr-names preserve
  default_backend b
frontend ids
  bind NET.1:8006
  unique-id-format %[path,lower]-%[method]-%fp
  unique-id-header X-Id
  log-format "%ID %[unique-id] %HU"
  http-request set-header x-copy %[unique-id]
  http-request set-path /changed
  http-request return status 200 hdr x-id %[unique-id] if { query own }
  default_backend b
frontend captured
  bind NET.1:8007
  tcp-request inspect-delay 100ms
  capture request header Host len 5
  capture request header User-Agent len 64
  capture response header Server len 4
  capture cookie SID len 7
  declare capture request len 3
  declare capture response len 6
  tcp-request content capture req.hdr(x-early) len 4
  http-request capture req.hdr(x-two) id 2
  http-request capture path len 9
  http-response capture res.hdr(x-told) id 1
  http-request set-header x-seen "%[capture.req.hdr(0)] %[capture.req.hdr(2)] %[capture.req.hdr(3)] %[capture.req.hdr(4)] %[capture.req.uri]"
  http-response set-header x-seen "%[capture.res.hdr(0)] %[capture.res.hdr(1)] %[capture.req.method] %[capture.req.hdr(1)]"
  default_backend b
frontend variables
  bind NET.1:8008
  tcp-request session set-var(sess.count) int(0)
  http-request set-var(sess.count) var(sess.count),add(1)
  http-request set-var(txn.a,ifnotexists) str(one)
  http-request set-var(txn.a,ifnotexists) str(two)
  http-request set-var(txn.e,ifnotempty) req.hdr(x-none)
  http-request set-var(txn.e,ifset) str(three)
  http-request set-var(txn.n) int(5)
  http-request set-var(txn.n,ifgt) int(7)
  http-request set-var(txn.n,iflt) int(6)
  http-request set-var(proc.last) path
  http-request set-var(req.r) str(request)
  http-response set-header x-vars "%[var(sess.count)] %[var(txn.a)] <%[var(txn.e)]> %[var(txn.n)] %[var(proc.last)] <%[var(req.r)]> %[var(txn.none,default)]"
  default_backend b
frontend pages
  bind NET.1:8009
  errorfiles pages 404
  errorfile 403 TMP/403.http
  http-error status 429 content-type text/plain string "slow down" hdr Retry-After 7
  http-error status 500 content-type text/plain lf-string "path %[path]"
  http-request deny if { path /403 }
  http-request deny status 404 if { path /404 }
  http-request deny status 429 if { path /429 }
  http-request deny status 500 if { path /500 }
  http-request deny status 503 if { path /503 }
  http-request deny status 502 default-errorfiles if { path /502 }
  http-request return status 404 default-errorfiles if { path /return-404 }
  http-request deny status 403 content-type text/plain string own if { path /own }
  use_backend none
frontend dynamic
  bind NET.1:8010
  use_backend %[req.hdr(x-to)] if { req.hdr(x-to) -m found }
  use_backend b-%[path,field(2,/)] if { path_beg /by/ }
  use_backend b if { path /b } or { path /c }
  default_backend fallback
backend b-by
  http-request set-header x-backend "%[be_name] b-by"
  server s NET.10:8080
backend fallback
  http-request set-header x-backend %[be_name]
  server s NET.10:8080
frontend redirects
  bind NET.1:8011
  redirect prefix https://%[req.hdr(host)] code 301 if { path_beg /up }
  redirect location https://x.example/%[path,field(2,/)]?from=%[query] if { path_beg /to }
  redirect scheme https code 308 unless { path /stay } || { path_beg /last }
  use_backend b if { path /stay }
  redirect location /last2 code 303
frontend switching
  bind NET.1:8012
  http-request set-header x-order 1
  use_backend b if { req.hdr(x-order) 2 }
  http-request set-header x-order 2
  default_backend fallback
backend b
  http-response set-header server origin-server
  server s NET.10:8080
"""
group = Group(CONFIG, files={f"{status}.http": f"HTTP/1.1 {status} Page\r\nX-Page: {status}\r\nContent-Length: 4\r\n\r\npage" for status in (403, 404, 503)})
add = group.add


def get(target, *fields, host="a.example", method="GET"):
    return ("\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]) + "\r\n\r\n").encode("latin-1")


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


for name in (*HASHES, "plain", "nobody"):
    add(f"hash-{name}-right", get("/", basic(name, "hello")), to=8000)
    add(f"hash-{name}-wrong", get("/", basic(name, "Hello")), to=8000)
    add(f"hash-{name}-empty", get("/", basic(name, "")), to=8000)
for user in ("anna:a", "bob:b", "carl:c", "carl:x"):
    add(f"group-{user}", get("/", basic(*user.split(":"))), to=8001)
for name, fields in {"well": (), "ill": ("X-Ill: 1",), "counted": ("X-Count: 1",)}.items():
    add(f"monitor-{name}", get("/alive", *fields), to=8002)
    add(f"monitor-head-{name}", get("/alive", *fields, method="HEAD"), to=8002)
add("monitor-query", get("/alive?x"), to=8002)
add("monitor-other", get("/alive/"), to=8002)
add("monitor-post", get("/alive", "Content-Length: 3", method="POST") + b"abc", to=8002)
for port in (8003, 8004, 8005):
    add(f"names-{port}", get("/", "X-Good: 1", "X_Under: 2", "X.Dot: 3", "X!: 4"), to=port)
    add(f"names-{port}-good", get("/", "X-Good: 1"), to=port)
add("id", get("/ABC"), to=8006)
add("id-given", get("/ABC", "X-Id: mine"), to=8006)
add("id-own", get("/Own?own"), to=8006)
add("captured", get("/captured", "User-Agent: test", "X-Two: two", "X-Early: early", "Cookie: SID=12345678; b=c",
                    "X-Set: X-Told^told-it@Set-Cookie^SID=abcdefghij"), to=8007)
add("captured-nothing", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", to=8007)
add("captured-twice", get("/1", "X-Two: first", "Cookie: SIDE=1") + get("/2", "X-Early: second"), to=8007)
add("variables", get("/1") + get("/2") + get("/3"), to=8008)
for path in ("/403", "/404", "/429", "/500", "/503", "/502", "/return-404", "/own", "/none"):
    add("page" + path, get(path), to=8009)
for name, request in {"header": get("/", "X-To: fallback"), "header-none": get("/", "X-To: nosuch"), "by": get("/by/by"), "b": get("/b"), "c": get("/c"),
                      "by-none": get("/by2"), "frontend": get("/", "X-To: dynamic")}.items():
    add("dynamic-" + name, request, to=8010)
for path in ("/up?a=b", "/up/x", "/to/x?y", "/to", "/stay", "/scheme?x", "/last"):
    add("redirect" + path, get(path), to=8011)
add("redirect-host-port", get("/scheme", host="a.example:8080"), to=8011)
add("switching", get("/"), to=8012)

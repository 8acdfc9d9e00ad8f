"""Actions: what each of them does to requests, answers, connections and logs."""
from wire import COMMON, Group

CONFIG = COMMON.replace("global\n", "global\n  expose-experimental-directives\n", 1) + r"""
userlist users
  user plain insecure-password open groups good,staff
  user hashed password $5$rounds=1000$salt$LOwWr9mMJrAtf7FfCf.shKLAf.rccucF5dcSaCW2ur3
  group good
  group staff
http-errors pages
  errorfile 404 TMP/404.http
frontend normal
  bind NET.1:8000
  option accept-invalid-http-request
  http-request normalize-uri path-merge-slashes if { req.hdr(x-do) slashes }
  http-request normalize-uri path-strip-dot if { req.hdr(x-do) dot }
  http-request normalize-uri path-strip-dotdot full if { req.hdr(x-do) full }
  http-request normalize-uri percent-decode-unreserved strict if { req.hdr(x-do) decode-strict }
  http-request normalize-uri percent-to-uppercase strict if { req.hdr(x-do) upper-strict }
  http-request normalize-uri query-sort-by-name if { req.hdr(x-do) sort }
  http-request normalize-uri fragment-strip if { req.hdr(x-do) strip }
  http-request normalize-uri fragment-encode if { req.hdr(x-do) encode }
  http-request return status 200 hdr x-after "<%[url]>" hdr x-path "<%[path]>" hdr x-query "<%[query]>"
# 2.6 takes these three for path-merge-slashes if a condition follows them
frontend normal-dotdot
  bind NET.1:8011
  http-request normalize-uri path-strip-dotdot
  http-request return status 200 hdr x-after "<%[url]>" hdr x-path "<%[path]>" hdr x-query "<%[query]>"
frontend normal-decode
  bind NET.1:8012
  http-request normalize-uri percent-decode-unreserved
  http-request return status 200 hdr x-after "<%[url]>" hdr x-path "<%[path]>" hdr x-query "<%[query]>"
frontend normal-upper
  bind NET.1:8013
  http-request normalize-uri percent-to-uppercase
  http-request return status 200 hdr x-after "<%[url]>" hdr x-path "<%[path]>" hdr x-query "<%[query]>"
frontend request
  bind NET.1:8001
  http-request set-src str(10.1.2.3) if { path /src }
  http-request set-src-port int(77) if { path /src-port }
  http-request set-src req.hdr(x-ip) if { path /src-hdr }
  http-request set-dst str(2001:db8::1) if { path /dst6 }
  http-request set-dst-port int(99) if { path /dst-port }
  http-request set-header x-ends "%[src] %[dst] %[dst_port]"
  http-request set-header x-port %[src_port] if { path /src-port }
  http-request wait-for-body time 300ms if { path /body }
  http-request wait-for-body time 5s at-least 4 if { path /least }
  http-request set-header x-body "%[req.body_len] %[req.body]"
  http-request early-hint Link "<%[path]>; rel=preload" if { path_beg /hint }
  http-request early-hint Link "</b>; rel=preload" if { path /hint2 }
  http-request return status 200 if { path /hint-return }
  http-request set-log-level silent if { path /silent }
  http-request set-log-level err if { path /err }
  http-request set-mark 5 if { path /mark }
  http-request set-tos 0x20 if { path /tos }
  http-request set-nice 5 if { path /nice }
  http-request set-priority-class int(5) if { path /class }
  http-request capture path len 3
  http-request set-var(txn.a) str(x) if { path_beg /var }
  http-request unset-var(txn.a) if { path /var-unset }
  http-request set-var-fmt(txn.b) "%[path]-%[method]" if { path_beg /var }
  http-request set-header x-var "%[var(txn.a)] %[var(txn.b)]"
  http-request reject if { path /reject }
  http-request silent-drop if { path /drop }
  http-request auth realm "My Realm" if { path /auth }
  http-request auth if { path /auth-default }
  http-request strict-mode off if { path /loose }
  http-request set-header x-ignored 1 if { path /loose }
  http-request tarpit if { path /tarpit }
  http-request tarpit deny_status 429 if { path /tarpit-429 }
  timeout tarpit 50ms
  http-request deny errorfile TMP/404.http if { path /deny-file }
  http-request deny status 404 errorfiles pages if { path /deny-files }
  http-request return status 404 errorfiles pages if { path /return-files }
  http-request return status 503 default-errorfiles if { path /return-default }
  http-request return status 200 errorfile TMP/404.http if { path /return-file }
  http-request return status 200 content-type text/plain file TMP/body.txt if { path /file }
  http-request return status 200 content-type text/plain lf-file TMP/format.txt if { path /lf-file }
  http-request return status 304 if { path /304 }
  http-request return status 401 content-type text/plain string x if { path /401 }
  http-request redirect location / ignore-empty if { path /ignore }
  http-request redirect location "%[req.hdr(x-none)]" ignore-empty if { path /ignore-empty }
  http-request redirect prefix / if { path /prefix-root }
  http-request redirect prefix / drop-query append-slash if { path /append }
  http-request redirect location /x set-cookie A=b clear-cookie C if { path /two-cookies }
  http-request redirect location /x set-cookie A if { path /cookie-name }
  http-request redirect location /x clear-cookie A if { path /clear-name }
  http-request redirect scheme https drop-query if { path /scheme-drop }
  http-request redirect location /x code 307 if { path /307 }
  http-request set-uri http://other.example/abs?x if { path /set-abs }
  http-request set-pathq /pq?a=b if { path /set-pathq }
  http-request set-path "/a b" if { path /set-path-space }
  http-request set-path "noslash" if { path /set-path-noslash }
  http-request replace-pathq ([^?]*)(\?(.*))? \1/foo\2 if { path_beg /rpq }
  http-request replace-path (.*) /foo\1 if { path_beg /rp }
  http-request replace-uri ([^/:]*://[^/]*)?(.*) \1/foo\2 if { path_beg /ru }
  http-request replace-header x-many (.*),(.*) \2;\1
  http-request replace-value x-values ^192\.168\.(.*)$ 172.16.\1
  http-request del-header x-pre- -m beg
  http-request del-header -suf -m end
  http-request del-header mid -m sub
  http-request del-header ^x-[0-9]+$ -m reg
  default_backend back
backend back
  http-request set-timeout server 100ms if { path /r/silent }
  http-request disable-l7-retry
  http-response set-var(res.x) res.hdr(server)
  http-response wait-for-body time 200ms if { capture.req.uri -m end /chunked /ok }
  http-response set-header x-res "%[res.body_len]" if { capture.req.uri -m beg /r/ }
  http-response redirect location /moved code 303 if { status 404 }
  http-response return status 202 content-type text/plain lf-string "%[status]" if { status 500 }
  http-response deny deny_status 429 if { res.hdr(x-deny) -m found }
  http-response silent-drop if { capture.req.uri -m beg /silent-answer }
  http-response set-status 299
  http-response set-log-level warning if { capture.req.uri /warn }
  http-after-response set-header x-after %[status]
  http-after-response set-status 298 if { status 299 } { capture.req.uri /twice }
  server s NET.10:8080
frontend framing
  bind NET.1:8010
  http-request set-header host new.example if { path_end /sethost }
  http-request del-header content-length if { path /delcl }
  default_backend frames
backend frames
  http-response set-status 204 if { capture.req.uri /to-204 }
  http-response set-status 200 if { capture.req.uri /r/status-304 }
  http-response set-header content-length 99 if { capture.req.uri /setlength }
  http-response del-header content-length if { capture.req.uri /dellength }
  http-response set-header transfer-encoding chunked if { capture.req.uri /setchunked }
  http-response del-header transfer-encoding if { capture.req.uri /r/chunked }
  http-after-response set-header content-length 77 if { capture.req.uri /own }
  http-request return status 200 content-type text/plain string abc if { path /own }
  server s NET.10:8080
# 2.6 and we warn that the request's are not to be had there: they never hold
frontend impossible
  bind NET.1:8014
  default_backend no-request
backend no-request
  acl asked path /
  acl either path /
  acl either status 200
  http-response set-header x-path yes if { path / }
  http-response set-header x-named yes if asked
  http-response set-header x-not yes if !asked
  http-response set-header x-unless yes unless asked
  http-response set-header x-either yes if either
  http-response set-header x-or yes if asked or { status 200 }
  http-response set-header x-field yes if { req.hdr(host) -m found }
  http-after-response set-header x-after yes if { path / }
  server s NET.10:8080
frontend auth
  bind NET.1:8002
  http-request auth unless { http_auth_group(users) good } || { path /any }
  http-request return status 200 hdr x-user "%[http_auth_user] %[http_auth(users)]"
frontend auth-for-proxy
  bind NET.1:8009
  option http-use-proxy-header
  http-request set-header x-type "%[http_auth_type] %[http_auth_bearer] %[http_auth_user] %[http_auth_pass]"
  http-request auth unless { http_auth(users) } || { path /any }
  http-request return status 200 hdr x-user "%[req.hdr(x-type)] %[http_auth(users)]"
frontend first
  bind NET.1:8003
  tcp-request connection set-src str(10.9.9.9)
  tcp-request connection set-src-port int(5)
  tcp-request connection set-dst-port int(1)
  tcp-request session set-var(sess.where) str(session)
  tcp-request content set-var(txn.content) str(content)
  tcp-request content reject if { path /content-reject }
  http-request return status 200 hdr x-ends "%[src] %[dst_port] %[fc_src] %[var(sess.where)] %[var(txn.content)]"
frontend proxied
  bind NET.1:8004
  tcp-request connection expect-proxy layer4 if { src NET.0/24 }
  http-request return status 200 hdr x-ends "%[src] %[src_port] %[dst] %[dst_port]"
frontend drop-session
  bind NET.1:8005
  tcp-request session silent-drop
  http-request return status 200
frontend upgraded
  mode tcp
  option httplog
  bind NET.1:8006
  tcp-request inspect-delay 300ms
  tcp-request content switch-mode http if HTTP
  default_backend back
listen answers
  mode tcp
  option tcplog
  bind NET.1:8007
  tcp-response inspect-delay 300ms
  tcp-response content reject if { res.payload(0,12) -m sub 500 }
  tcp-response content close if { res.payload(0,12) -m sub 404 }
  tcp-response content accept
  server s NET.10:8080
frontend legacy-order
  bind NET.1:8008
  http-request return status 200 if TRUE
  redirect location /never
"""
group = Group(CONFIG, files={
    "404.http": "HTTP/1.0 404 Not Found\r\nCache-Control: no-cache\r\nContent-Type: text/html\r\nX-Page: ours\r\n\r\n<p>not here</p>\n",
    "body.txt": "a file\n", "format.txt": "%[path] of %[req.hdr(host)]\n",
})
add = group.add


def get(target, *fields, host="a.example", method="GET", version="1.1"):
    return ("\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {host}", *fields]) + "\r\n\r\n").encode("latin-1")


ALONE = {"dotdot": 8011, "decode": 8012, "upper": 8013}
for how, targets in {
    "slashes": ("//", "/foo//bar///", "/a?b//c"),
    "dot": ("/.", "/./bar/", "/a/./a", "/.well-known/", "/a/.", "/a/.?x", "/./.", "/a./b", "/?/./", "/.//./"),
    "dotdot": ("/foo/../", "/foo/../bar/", "/foo/bar/../", "/../bar/", "/bar/../../", "/foo//../", "/foo/%2E%2E/", "/foo/..", "/..",
               "/foo/bar/..", "/a/../..", "/a/..b/c", "/../../a/../b", "/foo/bar/../baz?x=/../", "/a/b/../../c", "/a/./../b", "/.../x",
               "/foo/..?q", "/a/b/c/../../d/.."),
    "full": ("/../bar/", "/bar/../../", "/..", "/../../a", "/a/../../../b/..", "/../../a?x"),
    "decode": ("/%61dmin", "/foo%3Fbar=baz", "/%%36%36", "/%ZZ", "/%7e%2D%2e%5F", "/a?%61=%62", "/%", "/%4", "/%41%"),
    "decode-strict": ("/%%36%36", "/%ZZ", "/%41", "/%", "/a?%zz"),
    "upper": ("/%6f", "/%zz", "/%aF?%bc=%d", "/%"),
    "upper-strict": ("/%zz", "/%6f", "/a?%z"),
    "sort": ("/?c=3&a=1&b=2", "/?aaa=3&a=1&aa=2", "/?a=3&b=4&a=1&b=5&a=2", "/?b&&a", "/?", "/", "/?b=1&a", "/?a=2&a=1&a", "/?&b&a&"),
    "strip": ("/#foo", "/a?b#c", "/a#b?c"),
    "encode": ("/#foo", "/a?b#c", "/a#b#c?d"),
}.items():
    for number, target in enumerate(targets):
        add(f"normalize-{how}-{number}", get(target, f"X-Do: {how}"), to=ALONE.get(how, 8000), log=how not in ("strip", "encode"))
for path in ("/src", "/src-port", "/dst6", "/dst-port", "/hint", "/hint2", "/hint-return", "/silent", "/err", "/mark", "/tos", "/nice",
             "/class", "/var", "/var-unset", "/auth", "/auth-default", "/loose", "/tarpit", "/tarpit-429", "/deny-file", "/deny-files",
             "/return-files", "/return-default", "/return-file", "/file", "/lf-file", "/304", "/401", "/ignore",
             "/ignore-empty", "/prefix-root?q", "/append?q", "/two-cookies", "/cookie-name", "/clear-name",
             "/scheme-drop?q", "/307", "/set-abs", "/set-pathq?z", "/rpq?x=1", "/rpq", "/rp/x?y", "/ru/x?y",
             "/twice", "/warn", "/plain"):
    add("get" + path, get(path), to=8001, log=not path.startswith("/src"))
for path in ("/set-path-space", "/set-path-noslash"):
    add("get" + path, get(path, "Connection: close"), end="nothing", to=8001)
add("src-header", get("/src-hdr", "X-Ip: 192.0.2.7"), to=8001, log=False)
add("src-header-6", get("/src-hdr", "X-Ip: 2001:db8::7"), to=8001, log=False)
add("src-header-bad", get("/src-hdr", "X-Ip: nonsense"), to=8001)
add("reject", get("/reject"), end="nothing", to=8001)
add("reject-second", get("/plain") + get("/reject"), end="nothing", to=8001)
add("hint-http10", get("/hint", version="1.0"), end="nothing", to=8001)
add("hint-post", get("/hint", "Content-Length: 3", method="POST") + b"abc", to=8001)
add("body-whole", get("/body", "Content-Length: 4", method="POST"), b"ab", b"cd", to=8001)
add("body-chunked", get("/body", "Transfer-Encoding: chunked", method="POST"), b"2\r\nab\r\n", b"2\r\ncd\r\n0\r\n\r\n", to=8001)
add("body-late", get("/body", "Content-Length: 4", method="POST"), b"ab", end="nothing", to=8001)
add("body-none", get("/body"), to=8001)
add("body-continue", get("/body", "Expect: 100-continue", "Content-Length: 4", method="POST"), "head", b"abcd", to=8001)
add("body-least", get("/least", "Content-Length: 6", method="POST"), b"abcd", b"ef", to=8001)
add("body-there", get("/x", "Content-Length: 4", method="POST") + b"abcd", to=8001)
add("body-half-there", get("/x", "Content-Length: 4", method="POST") + b"ab", b"cd", to=8001)
add("body-not-there", get("/x", "Content-Length: 4", method="POST"), b"abcd", to=8001)
add("body-chunked-there", get("/x", "Transfer-Encoding: chunked", method="POST") + b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", to=8001)
add("body-chunked-half", get("/x", "Transfer-Encoding: chunked", method="POST") + b"2\r\nab\r\n2\r\nc", b"d\r\n0\r\n\r\n", to=8001)
add("body-chunked-bad", get("/x", "Transfer-Encoding: chunked", method="POST") + b"2\r\nab\r\nzz\r\nc", end="nothing", to=8001)
add("replaces", get("/x", "X-Many: a,b", "X-Many: c,d,e", "X-Values: 192.168.10.1, 192.168.13.24, 10.0.0.37", "X-Values: 192.168.1.1"), to=8001)
add("deletes", get("/x", "X-Pre-A: 1", "X-Pre-B: 2", "A-Suf: 1", "A-Mid-B: 1", "X-12: 1", "X-1a: keep", "Pre-X: keep"), to=8001)
add("answer-whole", get("/r/ok"), to=8001)
add("answer-chunked", get("/r/chunked"), to=8001)
for name in ("hello", "chunked-trailers", "chunked-extension", "status-204"):
    add("answer-body-" + name, get("/r/" + name), to=8001)
add("answer-404", get("/r/status-404"), to=8001)
add("answer-500", get("/r/status-500"), to=8001)
add("answer-denied", get("/r/denied"), to=8001)
add("server-timeout", get("/r/silent"), to=8001)
for path in ("/sethost", "/to-204", "/r/status-304", "/setlength", "/dellength", "/setchunked", "/r/chunked", "/own"):
    add("framing" + path, get(path), to=8010)
add("framing-host-of-uri", get("http://a.example/sethost"), to=8010)
add("framing-no-length", get("/delcl", "Content-Length: 5", method="POST") + b"abcde", to=8010)
GOOD = {"plain": "cGxhaW46b3Blbg==", "hashed": "aGFzaGVkOmhlbGxv", "wrong": "cGxhaW46b3BlbQ==", "nobody": "eDp5", "empty": "cGxhaW46"}
for name, token in GOOD.items():
    add("auth-" + name, get("/", "Authorization: Basic " + token), to=8002)
    add("auth-any-" + name, get("/any", "Authorization: Basic " + token), to=8002)
add("auth-none", get("/"), to=8002)
add("auth-bearer", get("/any", "Authorization: Bearer xyz"), to=8002)
add("auth-junk", get("/", "Authorization: Basic ***"), to=8002)
add("auth-proxy", get("/", "Proxy-Authorization: Basic " + GOOD["plain"]), to=8002)
for name, said in {"digest": "Digest x=y", "undecodable": "Basic ***", "other-user": "Basic eDp5eg==", "bearer-alone": "Bearer",
                   "bearer-words": "Bearer  a b ", "bearer-lower": "bearer x", "basic-alone": "Basic", "no-colon": "Basic cGxhaW4="}.items():
    add("auth-type-" + name, get("/any", "Authorization: " + said), to=8009)
GOOD_FIELD = "Authorization: Basic " + GOOD["plain"]
for place, target in {"path": "/", "uri": "http://a.example/"}.items():
    add(f"auth-for-proxy-{place}-none", get(target), to=8009)
    add(f"auth-for-proxy-{place}-server", get(target, GOOD_FIELD), to=8009)
    add(f"auth-for-proxy-{place}-proxy", get(target, "Proxy-" + GOOD_FIELD), to=8009)
    add(f"auth-for-proxy-{place}-both", get(target, "Authorization: Bearer x", "Proxy-" + GOOD_FIELD), to=8009)
add("auth-for-proxy-uri-bearer", get("http://a.example/any", GOOD_FIELD, "Proxy-Authorization: Bearer x"), to=8009)
add("auth-no-option", get("http://a.example/", "Proxy-" + GOOD_FIELD), to=8002)
add("first", get("/"), to=8003)
add("first-reject", get("/content-reject"), to=8003, end="nothing")
add("proxied", b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n" + get("/"), to=8004)
add("proxied-not", get("/"), to=8004, end="nothing")
add("upgraded", get("/plain"), to=8006, log=False)
add("upgraded-twice", get("/plain"), "answer", get("/more"), to=8006, log=False)
add("not-upgraded", b"\x00\x01binary stuff that is no request\r\n\r\n", to=8006, end="nothing")
add("answers-accept", get("/x"), to=8007)
add("answers-reject", get("/r/status-500"), to=8007, end="nothing")
add("answers-close", get("/r/status-404"), to=8007, end="nothing")
add("last-word", get("/"), to=8008)
add("impossible-conditions", get("/"), to=8014)

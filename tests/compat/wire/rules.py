"""Rules, redirects, replies and routing: what they make of requests and answers, byte for byte."""
from wire import COMMON, Group

CONFIG = COMMON + r"""
frontend f
  bind NET.1:8000
  acl api path_beg /api/
  acl pic path_end -i .png .jpg
  acl www hdr(host) -i www.example.com
  acl many hdr_cnt(x-n) ge 2
  acl num url_param(n) -m int gt 10
  acl lan src 127.0.0.0/8
  http-request set-var(txn.start) path
  http-request set-var(req.low) hdr(x-case),lower
  http-request deny if { path /deny }
  http-request deny deny_status 429 if { path /429 }
  http-request deny deny_status 404 content-type text/plain string "gone\n" hdr X-Why because if { path /custom }
  http-request return status 200 content-type text/plain string "hi there" if { path /return }
  http-request return status 200 content-type "text/html; charset=utf-8" lf-string "%[path] %[method] %ci" if { path /lf }
  http-request return status 204 if { path /204 }
  http-request return status 200 hdr X-A 1 hdr X-B "%[req.hdr(host)]" if { path /hdrs }
  http-request return if { path /default }
  http-request redirect location /new if { path /302 }
  http-request redirect location /new code 301 if { path /301 }
  http-request redirect location /new code 303 if { path /303 }
  http-request redirect location /new code 307 if { path /307 }
  http-request redirect location /new code 308 if { path /308 }
  http-request redirect prefix http://p.example if { path_beg /prefix }
  http-request redirect prefix http://p.example drop-query if { path_beg /dropq }
  http-request redirect prefix http://p.example append-slash if { path_beg /slash }
  http-request redirect scheme https if { path_beg /scheme }
  http-request redirect location /c set-cookie SEEN=1 if { path /cookie }
  http-request redirect location /c clear-cookie USER= if { path /clear }
  http-request set-header X-Set new
  http-request add-header X-Add a
  http-request add-header X-Add b
  http-request del-header X-Del
  http-request set-header X-Src %[src] if lan
  http-request set-header X-Low %[var(req.low)] if { var(req.low) -m found }
  http-request set-header X-Many yes if many
  http-request set-header X-Num yes if num
  http-request set-header X-Exprs "%[path] %[query] %[url] %[method] %[req.hdr(host)] %[req.ver]"
  http-request set-header X-Conv "%[path,upper] %[path,length] %[path,field(2,/)] %[path,bytes(1,3)] %[str(a b),url_enc]"
  http-request replace-header X-Rep ^(a+)(b+)$ \2-\1
  http-request replace-value X-List ^b$ B
  http-request replace-value X-All .* <\0>
  http-request replace-path /old/(.*) /fresh/\1 if { path_beg /old/ }
  http-request replace-uri ^/uri/(.*) /u/\1?moved=1 if { path_beg /uri/ }
  http-request set-path /set%[path] if { path_beg /setpath }
  http-request set-query "q=%[path]" if { path_beg /setquery }
  http-request set-uri /uri2 if { path_beg /seturi }
  http-request set-method PUT if { path /setmethod }
  http-response set-header X-Start %[var(txn.start)]
  http-response set-header X-Status %[status]
  http-response del-header X-Secret
  http-response add-header X-Two 2
  http-response replace-header Location http://inner/(.*) https://outer/\1
  http-response set-status 418 reason "I am a teapot" if { status 404 }
  http-response deny if { res.hdr(x-deny) -m found }
  http-after-response set-header X-After yes
  use_backend %[path,field(3,/)] if { path_beg /dyn/ }
  use_backend api if api || www !pic
  use_backend pics if pic
  use_backend api unless { path_reg ^/ } or FALSE
  default_backend web
backend web
  server s NET.10:8080
backend api
  http-request set-header X-Backend api
  server s NET.10:8080
backend pics
  http-request set-header X-Backend pics
  http-response set-header X-From pics
  server s NET.10:8080
frontend acls
  bind NET.1:8001
  http-request return status 200 content-type text/plain string "beg" if { path -m beg /beg }
  http-request return status 200 content-type text/plain string "dir" if { path_dir dir }
  http-request return status 200 content-type text/plain string "dom" if { hdr_dom(host) -i sub.example }
  http-request return status 200 content-type text/plain string "sub" if { path_sub -i MiD }
  http-request return status 200 content-type text/plain string "reg" if { path_reg -i ^/r[0-9]+$ }
  http-request return status 200 content-type text/plain string "len" if { path_len 12:14 }
  http-request return status 200 content-type text/plain string "end" if { path_end /end }
  http-request return status 200 content-type text/plain string "ip" if { req.hdr_ip(x-ip) 10.0.0.0/8 192.168.1.1 }
  http-request return status 200 content-type text/plain string "val" if { req.hdr_val(x-v) ge 5 }
  http-request return status 200 content-type text/plain string "meth" if METH_POST
  http-request return status 200 content-type text/plain string "param" if { url_param(a) b }
  http-request return status 200 content-type text/plain string "cook" if { req.cook(c) d }
  http-request return status 200 content-type text/plain string "found" if { req.hdr(x-f) -m found }
  http-request return status 200 content-type text/plain string "not" if !{ req.hdr(host) -m found }
  http-request return status 200 content-type text/plain string "last" if { req.hdr(x-l,-1) z }
  http-request return status 200 content-type text/plain string "fhdr" if { req.fhdr(x-c) "a, b" }
  http-request return status 404
"""
group = Group(CONFIG)
add = group.add


def get(target, *fields, host="a.example", method="GET"):
    return ("\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]) + "\r\n\r\n").encode("latin-1")


for path in ("/deny", "/429", "/custom", "/return", "/lf", "/204", "/hdrs", "/default", "/302", "/301", "/303", "/307", "/308",
             "/prefix/x?y=z", "/prefix", "/dropq/x?y=z", "/slash", "/slash?q", "/slash/", "/scheme/x?y", "/cookie", "/clear",
             "/old/a/b?c", "/uri/x?y", "/setpath?q", "/setquery?old=1", "/setquery", "/seturi?x", "/setmethod", "/api/x",
             "/p.PNG", "/x?n=11", "/x?n=9", "/x?n=abc", "/dyn/api/x", "/dyn/pics", "/dyn/nosuch", "/", "/plain?a=b"):
    add("get" + path, get(path))
add("post-deny", get("/deny", "Content-Length: 5", method="POST") + b"hello")
add("post-return", get("/return", "Content-Length: 5", method="POST") + b"hello")
add("post-redirect", get("/302", "Content-Length: 5", method="POST") + b"hello")
add("head-return", get("/return", method="HEAD"))
add("head-deny", get("/deny", method="HEAD"))
add("head-redirect", get("/302", method="HEAD"))
add("www", get("/", host="WWW.Example.com"))
add("www-pic", get("/a.jpg", host="www.example.com"))
add("headers", get("/h", "X-Set: old", "X-Set: older", "X-Del: 1", "x-del: 2", "X-Case: MiXeD", "X-N: 1", "X-N: 2",
                   "X-Rep: aabbb", "X-List: a, b, c", "X-Rep: nomatch"))
for number, text in enumerate(("a, b, c", "b", "  b  ,  a", "a,b", "a ,b", "a , b , c", "b,b,b", "b, b ,b", "a,,b", "", '"a,b", b')):
    add(f"list-{number}", get("/h", f"X-List: {text}", f"X-All: {text}"))
for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
    for path in ("/302", "/303", "/return", "/deny", "/204"):
        add(f"{method}-{path[1:]}-body", get(path, "Content-Length: 3", method=method) + b"abc")
        add(f"{method}-{path[1:]}-no-body", get(path, "Content-Length: 0", method=method))
        add(f"{method}-{path[1:]}-chunks", get(path, "Transfer-Encoding: chunked", method=method) + b"3\r\nabc\r\n0\r\n\r\n")
add("headers-comma", get("/h", "X-N: 1, 2"))
add("response-redirect-rewrite", get("/r/inner-location"))
add("response-404-status", get("/r/status-404"))
add("response-denied", get("/r/denied"))
add("response-500", get("/r/status-500"))
add("keep-alive-through-rules", get("/return") + get("/302") + get("/x"), "answer")
add("deny-then-next", get("/deny") + get("/x"))
add("pipelined-mixed", get("/api/1") + get("/204") + get("/2.png"))
add("http10-return", b"GET /return HTTP/1.0\r\n\r\n", end="nothing")
add("http10-redirect-scheme", b"GET /scheme HTTP/1.0\r\n\r\n", end="nothing")
add("absolute-form-path", get("http://a.example/api/x"))
add("absolute-form-set-path", get("http://a.example/setpath/x?y"))
for name, data in {
    "beg": get("/beginning"), "dir": get("/a/dir/b"), "dir-not": get("/adir"), "dom": get("/", host="x.sub.example.com"),
    "dom-not": get("/", host="xsub.example.com"), "sub": get("/xxmidxx"), "reg": get("/R42"), "reg-not": get("/r42x"),
    "len": get("/3456789012x"), "end": get("/the/end"), "ip": get("/", "X-Ip: 10.9.8.7"), "ip-list": get("/", "X-Ip: x, 192.168.1.1"),
    "ip-not": get("/", "X-Ip: 11.0.0.1"), "val": get("/", "X-V: 5"), "val-not": get("/", "X-V: 4"), "meth": get("/", method="POST"),
    "param": get("/?x=y&a=b"), "param-not": get("/?a=bb"), "param-empty": get("/?a="), "cook": get("/", "Cookie: a=b; c=d"),
    "cook-not": get("/", "Cookie: xc=d"), "found": get("/", "X-F:"), "found-value": get("/", "X-F: 1"),
    "not": b"GET / HTTP/1.0\r\n\r\n", "last": get("/", "X-L: a, z", "X-L: b, z"), "last-not": get("/", "X-L: z", "X-L: a"),
    "fhdr": get("/", "X-C: a, b"), "none": get("/none"),
}.items():
    add("acl-" + name, data, to=8001, **({"end": "nothing"} if name == "not" else {}))

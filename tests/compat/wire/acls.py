"""ACL keywords with a match in their name: each with a pattern that fits and one that does not."""
from wire import COMMON, Group

# keyword, what fits, what does not; asked about the request below
REQUEST = """
base www.example.com/img/logo.png | www.example.com
base_beg www.example | img
base_dir img | log
base_dom www.example.com | ample
base_end .png | .jpg
base_len 28 | 27
base_reg ^www.*logo | ^img
base_sub example | sample
cook(b) 2x/y.z | 2
cook_beg(b) 2x | y
cook_dir(b) y.z | y
cook_dom(b) 2x | x
cook_end(b) .z | .y
cook_len(b) 6 | 5
cook_reg(b) ^[0-9]x/ | ^x
cook_sub(b) x/y | xy
hdr(x-list) two | one,two
hdr_beg(host) www. | example
hdr_dir(x-path) b | c/d
hdr_dom(host) example.com | ample.com
hdr_end(host) .com | .org
hdr_len(x-n) 2 | 3
hdr_reg(host) ^w+\\. | ^x
hdr_sub(host) example | sample
method GET | POST
path /img/logo.png | /img
path_beg /img/ | img
path_dir img | mg
path_dom logo | log
path_end .png | .jpg
path_len 13 | 12
path_reg ^/img/.*\\.png$ | ^/$
path_sub g/l | lo/go
req_ver 1.1 | 1.0
url /img/logo.png?a=1&b=v.w/x&c= | /img/logo.png
url_beg /img/l | logo
url_dir img | mg
url_dom logo | log
url_end &c= | .png
url_len 27 | 28
url_reg [?]a=1 | ^a=1
url_sub ?a= | ?b=
urlp(b) v.w/x | v
urlp_beg(b) v.w | w
urlp_dir(b) x | w
urlp_dom(b) v.w | .
urlp_end(b) /x | /w
urlp_len(b) 5 | 4
urlp_reg(b) ^v.w | ^w
urlp_sub(b) w/x | vw
ssl_fc_sni_end .com | .org
ssl_fc_sni_reg .* | ^$
req_ssl_sni www.example.com | x
req_ssl_ver 3.1 | 3.3
req.ssl_ver 3.1 | 3.3
"""
# and about the answer
RESPONSE = """
resp_ver 1.1 | 1.0
scook(s) v/1.2 | v
scook_beg(s) v | 1
scook_dir(s) 1.2 | 1
scook_dom(s) 1.2 | 1.
scook_end(s) .2 | .1
scook_len(s) 5 | 4
scook_reg(s) ^v | ^1
scook_sub(s) /1 | 1/
shdr(x-told) one | one,two
shdr_beg(x-told) tw | wo
shdr_dir(x-way) b | c/d
shdr_dom(x-way) a.b.c | a.c
shdr_end(x-told) wo | on
shdr_len(x-told) 3 | 4
shdr_reg(x-told) ^o | ^$
shdr_sub(x-told) w | x
"""
# and about the bytes before a protocol is known
BYTES = """
payload(0,4) 47455420 | 47455421
payload_lv(0,1) 4554202f | 47
req_rdp_cookie(mstshash) someone | else
req_rdp_cookie_cnt(mstshash) 1 | 2
"""


def rules(how, table):
    for line in table.strip().split("\n"):
        keyword, patterns = line.split(" ", 1)
        for number, text in enumerate(patterns.split(" | ")):
            yield f"  {how} add-header x-fits \"{keyword}:{number}\" if {{ {keyword} {text} }}\n"


CONFIG = (COMMON + "frontend f\n  bind NET.1:8000\n" + "".join(rules("http-request", REQUEST))
          + "  default_backend b\nbackend b\n" + "".join(rules("http-response", RESPONSE)) + "  server s NET.10:8080\n")
for index, row in enumerate(BYTES.strip().split("\n")):
    word, both = row.split(" ", 1)
    fits, not_ = both.split(" | ")
    CONFIG += f"""
listen bytes{index}
  mode tcp
  bind NET.1:{8010 + index}
  tcp-request inspect-delay 100ms
  tcp-request content reject if {{ {word} {not_} }}
  tcp-request content accept if {{ {word} {fits} }}
  tcp-request content reject if WAIT_END
  server s NET.10:8080
"""
group = Group(CONFIG)
add = group.add
TOLD = "X-Set: Set-Cookie^s=v/1.2; path=/@X-Told^one, two@X-Way^/a.b.c/b/x"
add("everything", ("GET /img/logo.png?a=1&b=v.w/x&c= HTTP/1.1\r\nHost: www.example.com\r\nCookie: a=1; b=2x/y.z; a=3\r\nX-List: one, two\r\n"
                   f"X-Path: /a/b/c\r\nX-N: 42\r\n{TOLD}\r\n\r\n").encode())
add("nothing", b"POST / HTTP/1.1\r\nHost: other\r\nContent-Length: 0\r\n\r\n")
add("old", f"GET /img/logo.pngx HTTP/1.0\r\nHost: example.com\r\n{TOLD}\r\n\r\n".encode(), end="nothing")
add("payload", b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n", to=8010)
add("payload-not", b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", to=8010, end="nothing")
add("payload-lv", b"\x04ET / HTTP/1.1\r\nHost: x\r\n\r\n", to=8011, end="nothing")
add("rdp", b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=someone\r\n\x01\x00\x08\x00\x03\x00\x00\x00", to=8012, end="nothing")
add("rdp-count", b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=someone\r\n\x01\x00\x08\x00\x03\x00\x00\x00", to=8013, end="nothing")
add("rdp-other", b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=someoxx\r\n\x01\x00\x08\x00\x03\x00\x00\x00", to=8012, end="nothing")

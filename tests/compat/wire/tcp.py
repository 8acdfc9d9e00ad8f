"""mode tcp, and the PROXY protocol received and sent."""
import struct

from wire import COMMON, Group

group = Group(COMMON + """
listen plain
  mode tcp
  option tcplog
  bind NET.1:8000
  server s NET.10:8080
listen close
  mode tcp
  option tcplog
  bind NET.1:8001
  server s NET.10:9999
listen reject
  mode tcp
  option tcplog
  bind NET.1:8002
  tcp-request connection reject if { src NET.0/24 }
  server s NET.10:8080
listen inspect
  mode tcp
  option tcplog
  bind NET.1:8003
  tcp-request inspect-delay 400ms
  tcp-request content accept if { req.len gt 3 }
  tcp-request content reject
  server s NET.10:8080
frontend proxy
  bind NET.1:8004 accept-proxy
  http-request set-header X-Src %[src]:%[src_port]
  http-request set-header X-Dst %[dst]:%[dst_port]
  option forwardfor
  default_backend b
backend b
  server s NET.10:8080
listen send1
  bind NET.1:8005
  server s NET.10:8080 send-proxy
listen send2
  mode tcp
  option tcplog
  bind NET.1:8006
  server s NET.10:8080 send-proxy-v2
""")
add = group.add
GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


def v2(command=0x21, family=0x11, body=None, length=None):
    body = bytes([1, 2, 3, 4, 5, 6, 7, 8]) + struct.pack("!HH", 1111, 2222) if body is None else body
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


add("http-through", GET, "answer", GET)
add("pipelined", GET + GET)
add("half-close", GET, end="eof")
add("bytes", b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", b"abc")
add("nothing", end="eof")
add("server-closes", b"GET /r/until-close HTTP/1.1\r\nHost: a\r\n\r\n", end="nothing")
add("server-resets", b"GET /r/reset HTTP/1.1\r\nHost: a\r\n\r\n", end="nothing")
add("server-silent", b"GET /r/silent HTTP/1.1\r\nHost: a\r\n\r\n", end="nothing")
add("client-silent", end="nothing")
add("refused", GET, to=8001, end="nothing")
add("rejected", GET, to=8002, end="nothing")
add("inspect-accept", GET, to=8003)
add("inspect-little", b"ab", to=8003, end="nothing")
add("inspect-nothing", to=8003, end="nothing")
for name, head in {
    "v1-tcp4": b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 2222\r\n",
    "v1-tcp6": b"PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n",
    "v1-unknown": b"PROXY UNKNOWN\r\n",
    "v1-unknown-more": b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
    "v2-tcp4": v2(), "v2-local": v2(0x20, 0, b""), "v2-tlv": v2(body=bytes([1, 2, 3, 4, 5, 6, 7, 8, 4, 87, 8, 174]) + b"\x04\0\3abc"),
    "v2-tcp6": v2(family=0x21, body=bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack("!HH", 1, 2)),
    "v2-udp4": v2(family=0x12), "v2-unix": v2(family=0x31, body=bytes(216)),
}.items():
    add("proxy-" + name, head + GET, to=8004)
for name, head in {
    "missing": b"", "v1-bad-family": b"PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", "v1-bad-ip": b"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
    "v1-bad-port": b"PROXY TCP4 1.2.3.4 5.6.7.8 x 2\r\n", "v1-port-too-big": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n",
    "v1-no-cr": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", "v1-too-long": b"PROXY TCP4 " + b"1" * 120 + b"\r\n",
    "v1-extra-space": b"PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "v2-bad-version": v2(0x11), "v2-bad-command": v2(0x2f),
    "v2-short-body": v2(body=b"\1\2\3"), "v2-bad-family": v2(family=0x71),
}.items():
    add("proxy-bad-" + name, head + GET, to=8004, end="nothing")
add("proxy-v1-split", b"PROXY TC", b"P4 1.2.3.4 5.6.7.8 11", b"11 2222\r", b"\n", GET, to=8004)
add("proxy-v2-split", v2()[:5], v2()[5:14], v2()[14:20], v2()[20:], GET, to=8004)
add("proxy-truncated", b"PROXY TCP4 1.2", to=8004, end="eof")
add("proxy-v2-truncated", v2()[:20], to=8004, end="eof")

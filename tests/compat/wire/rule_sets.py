"""Actions in the rule sets actions.py does not use them in: what one set does, the next ones see."""
from wire import COMMON, Group

CONFIG = COMMON + r"""
frontend f
  bind NET.1:8000
  declare capture request len 20
  declare capture response len 20
  declare capture response len 20
  log-format "%HM %HU %ST %hr %hs %[var(sess.c)] %[var(txn.t)]"
  tcp-request connection set-var(sess.c) str(connection)
  tcp-request connection set-var-fmt(sess.cf) "%[src_is_local] %[dst_port]"
  tcp-request connection set-var(sess.gone) str(x)
  tcp-request connection unset-var(sess.gone)
  tcp-request connection set-mark 1 if { always_false }
  tcp-request connection set-tos 1 if { always_false }
  tcp-request connection accept
  tcp-request session set-var-fmt(sess.sf) "<%[var(sess.c)]>"
  tcp-request session set-var(sess.sgone) str(x)
  tcp-request session unset-var(sess.sgone)
  tcp-request session set-mark 1 if { always_false }
  tcp-request session set-tos 1 if { always_false }
  tcp-request session accept
  tcp-request content set-var(txn.t) str(content)
  tcp-request content set-var-fmt(txn.tf) "<%[var(txn.t)]>"
  tcp-request content set-var(txn.tgone) str(x)
  tcp-request content unset-var(txn.tgone)
  tcp-request content set-priority-class int(3)
  tcp-request content set-priority-offset int(20)
  tcp-request content set-mark 1 if { always_false }
  tcp-request content set-tos 1 if { always_false }
  tcp-request content set-log-level silent if { path /silent }
  tcp-request content set-src str(10.1.1.1) if { path /ends }
  tcp-request content set-src-port int(11) if { path /ends }
  tcp-request content set-dst str(10.2.2.2) if { path /ends }
  tcp-request content set-dst-port int(22) if { path /ends }
  tcp-request content silent-drop if { path /drop }
  tcp-request content capture path len 7
  http-request set-header x-vars "%[var(sess.c)] %[var(sess.cf)] %[var(sess.gone)] %[var(sess.sf)] %[var(sess.sgone)] %[var(txn.t)] %[var(txn.tf)] %[var(txn.tgone)] %[prio_class] %[prio_offset]"
  http-request set-header x-ends "%[src] %[src_port] %[dst] %[dst_port]" if { path /ends }
  http-request return status 204 if { path /own }
  default_backend b
  http-response capture res.hdr(server) id 0
  http-after-response allow if { status 404 }
  http-after-response add-header x-order 1
  http-after-response add-header x-order 2
  http-after-response capture status id 1
  http-after-response del-header x-pre- -m beg
  http-after-response replace-header x-list (.*),(.*) \2;\1
  http-after-response replace-value x-values ^a(.*)$ b\1
  http-after-response set-var(txn.ar) status
  http-after-response set-var-fmt(txn.arf) "<%[status]>"
  http-after-response set-var(txn.argone) str(x)
  http-after-response unset-var(txn.argone)
  http-after-response set-header x-vars "%[var(txn.ar)] %[var(txn.arf)] %[var(txn.argone)] %[var(txn.r)] %[var(txn.rf)] %[var(txn.rgone)]"
  http-after-response strict-mode off if { status 204 }
backend b
  http-response strict-mode on
  http-response set-mark 1 if { always_false }
  http-response set-tos 1 if { always_false }
  http-response replace-value x-values ^1(.*)$ a\1
  http-response set-var(txn.r) res.hdr(x-values)
  http-response set-var-fmt(txn.rf) "<%[status] %[res.hdr(x-list)]>"
  http-response set-var(txn.rgone) str(x)
  http-response unset-var(txn.rgone)
  http-response set-map(TMP/map) %[res.hdr(x-key)] %[res.hdr(x-value)] if { res.hdr(x-do) set }
  http-response del-map(TMP/map) %[res.hdr(x-key)] if { res.hdr(x-do) del }
  http-response add-acl(TMP/acl) %[res.hdr(x-key)] if { res.hdr(x-do) set }
  http-response del-acl(TMP/acl) %[res.hdr(x-key)] if { res.hdr(x-do) del }
  http-response set-header x-now "%[str(k),map(TMP/map,none)] %[str(j),map(TMP/map,none)]"
  http-response set-header x-listed "yes" if { res.hdr(x-key) -f TMP/acl }
  http-response allow if { status 403 }
  http-response set-header x-last yes
  server s NET.10:8080
frontend ends-connection
  bind NET.1:8001
  tcp-request connection set-src str(10.1.1.1)
  tcp-request connection set-src-port int(11)
  tcp-request connection set-dst str(10.2.2.2)
  tcp-request connection set-dst-port int(22)
  http-request return status 200 hdr x-ends "%[src] %[dst] %[dst_port]"
frontend ends-session
  bind NET.1:8002
  tcp-request session set-src str(10.1.1.1)
  tcp-request session set-src-port int(11)
  tcp-request session set-dst str(10.2.2.2)
  tcp-request session set-dst-port int(22)
  http-request return status 200 hdr x-ends "%[src] %[src_port] %[dst] %[dst_port]"
frontend refused
  bind NET.1:8003
  tcp-request session reject
listen tcp
  mode tcp
  option tcplog
  log-format "%ts %[var(txn.a)] %[var(txn.af)] %[var(txn.gone)]"
  bind NET.1:8005
  tcp-request inspect-delay 300ms
  tcp-request content accept if { req.len gt 0 }
  tcp-response inspect-delay 300ms
  tcp-response content set-var(txn.a) res.payload(0,8) if { res.len gt 0 }
  tcp-response content set-var-fmt(txn.af) "<%[res.len,bool]>" if { res.len gt 0 }
  tcp-response content set-var(txn.gone) str(x)
  tcp-response content unset-var(txn.gone)
  tcp-response content set-mark 1 if { always_false }
  tcp-response content set-tos 1 if { always_false }
  tcp-response content set-log-level silent if { res.payload(0,12) -m sub 404 }
  tcp-response content silent-drop if { res.payload(0,12) -m sub 500 }
  server s NET.10:8080
"""
group = Group(CONFIG, files={"map": "k first\n", "acl": "listed\n"})
add = group.add


def get(target, *fields, version="1.1"):
    return ("\r\n".join([f"GET {target} HTTP/{version}", "Host: a.example", *fields]) + "\r\n\r\n").encode()


VALUES = "X-Values^1.2@X-List^left,right@X-Pre-A^1@X-Pre-B^2@Server^told"
add("plain", get("/plain"))
add("fields", get("/fields", "X-Set: " + VALUES))
add("allowed-early", get("/a", "X-Status: 404", "X-Set: " + VALUES))
add("allowed-in-backend", get("/b", "X-Status: 403", "X-Set: " + VALUES))
add("own-answer", get("/own"))
add("ends-content", get("/ends"))
add("silent", get("/silent"))
add("dropped-content", get("/drop"), end="nothing")
add("map-before", get("/m"))
add("map-set", get("/m", "X-Set: X-Do^set@X-Key^j@X-Value^new"))
add("map-after", get("/m", "X-Set: X-Key^j"))
add("map-del", get("/m", "X-Set: X-Do^del@X-Key^k"))
add("acl-after", get("/m", "X-Set: X-Key^listed"))
add("acl-del", get("/m", "X-Set: X-Do^del@X-Key^listed"))
add("acl-gone", get("/m", "X-Set: X-Key^listed"))
add("ends-connection", get("/"), to=8001)
add("ends-session", get("/"), to=8002)
add("refused", get("/"), to=8003, end="nothing")
add("tcp", get("/x"), to=8005)
add("tcp-silent", get("/r/status-404"), to=8005)
add("tcp-dropped", get("/r/status-500"), to=8005, end="nothing")

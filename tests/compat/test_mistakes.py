"""Mistakes people make, each with the line it is shown at, what is underlined there, and what is said and suggested."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from case import Case, main, oracle, requires, run, under_test  # noqa: E402

BASE = "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"
F = BASE + "frontend f\n  bind NET.1:8000\n"
B = BASE + "backend b\n"
USERS = "userlist u\n  group admins\n  user a insecure-password b groups admins\n"
SHOWN = re.compile(r"\[ALERT\][^\n]*parsing \[TMP/haproxy\.cfg:(\d+)\] : ([^\n]*)\n  TMP/haproxy\.cfg:(\d+):(\d+) \| ([^\n]*)\n +\| ([ \t]*)(\^~*)")
MISTAKES = [
    ('fronted f\n  bind :80\n', 1, 'fronted',
     "unknown keyword 'fronted' out of section; did you mean 'frontend' maybe ?"),
    (F + '  default_backnd b\n', 8, 'default_backnd',
     "unknown keyword 'default_backnd' in 'frontend' section; did you mean 'default_backend' maybe ?"),
    (F + '  option httplgo\n', 8, 'httplgo',
     "unknown option 'httplgo'; did you mean 'option httplog' maybe ?"),
    ('defaults\n  mode http\n  timeout connect 1s\n  timeout clent 1s\n  timeout server 1s\nfrontend f\n bind :8000\n', 4, 'clent',
     "did you mean 'timeout client' maybe ?"),
    (B + '  balance roundrobbin\n  server s 1.2.3.4:80\n', 7, 'roundrobbin',
     "'balance' : unknown or not yet supported algorithm 'roundrobbin'; did you mean 'roundrobin'?"),
    (B + '  server s 1.2.3.4:80 chekc\n', 7, 'chekc',
     "'server b/s' : unknown keyword 'chekc'; did you mean 'check'?"),
    (BASE + 'frontend f\n  bind :8000 acept-proxy\n', 7, 'acept-proxy',
     "'bind' : unknown keyword 'acept-proxy'; did you mean 'accept-proxy' ?"),
    (F + '  http-request set-heder x 1\n', 8, 'set-heder',
     "'http-request' : unknown or not yet supported action 'set-heder'; did you mean 'set-header' ?"),
    (F + '  http-request deny if { pathh /x }\n', 8, 'pathh',
     "unknown fetch method 'pathh'; did you mean 'path'?"),
    (F + '  http-request set-header x %[path,lowr]\n', 8, 'lowr',
     "unknown converter 'lowr'; did you mean 'lower'?"),
    (F + '  acl a path /x\n  http-request deny if aa\n', 9, 'aa',
     "no such ACL: 'aa'"),
    ('defaults\n  mode htpp\n', 2, 'htpp',
     "'mode' expects 'tcp', 'http', 'health' or 'log' (got 'htpp'); did you mean 'http' maybe ?"),
    ('global\n  log NET.1 locla0\n', 2, 'locla0',
     "'log' : unknown facility 'locla0'; did you mean 'local0'?"),
    (F + '  log-format %zz\n', 8, '%zz',
     "unknown format item '%zz'"),
    (F + '  default_backend nowhere\n', 8, 'nowhere',
     "unable to find required default_backend: 'nowhere'."),
    (F + '  use_backend appp if TRUE\nbackend app\n  server s 1.2.3.4:80\n', 8, 'appp',
     "unable to find required use_backend: 'appp'; did you mean 'app'?"),
    (F + '  server s 1.2.3.4:80\n', 8, 'server',
     "'server' is not allowed in a 'frontend' section; it belongs to 'backend', 'listen' and 'ring'"),
    ('global\n  cpu-set drop-cpu 0\n' + F, 2, 'cpu-set',
     "'cpu-set' is not implemented in this version: processors are not chosen by their topology yet"),
    (F + '  monitor fail\n', 8, 'monitor',
     "'monitor fail' requires either 'if' or 'unless' followed by a condition."),
    (F + '  log-steps accept clos\n', 8, 'clos',
     "'log-steps' : 'clos' is not a step, expected accept, request, connect, response, close or all; did you mean 'close'?"),
    (B + '  http-send-name-header Host\n  server s 1.2.3.4:80\n', 7, 'Host',
     "'http-send-name-header' : 'Host' cannot tell the server's name."),
    (B + '  dispatch 1.2.3.4\n', 7, '1.2.3.4',
     "'dispatch' : '1.2.3.4' lacks a port."),
    ('global\n  node a/b\n' + F, 2, 'a/b',
     "'node' : 'a/b' is not letters, digits, '-', '_' and '.' only."),
    ('global\n  cpu-policy resource threads-per-core 2\n' + F, 2, '2',
     "'threads-per-core' expects '1' or 'auto' (got '2')"),
    ('global\n  cpu-affinity per-core loose\n' + F, 2, 'loose',
     "'cpu-affinity' cannot handle unexpected argument 'loose'"),
    ('global\n  warn-blocked-traffic-after 0\n' + F, 2, '0',
     "'warn-blocked-traffic-after' is at least 1 ms"),
    ('global\n  tune.idletimer 66s\n' + F, 2, '6',
     "time too long (maximum value is 65535ms) in 'tune.idletimer'"),
    (F + '  maxconn abc\n', 8, 'a',
     "unexpected character 'a' in 'maxconn', which expects an integer (<connections>)"),
    ('global\n  nbthread 0\n' + F, 2, '0',
     "'nbthread' value must be between 1 and 64 (was 0)"),
    ('global\n  nbthread 99999999999999999999\n' + F, 2, '9',
     "number too large in 'nbthread', which expects an integer (<number>)"),
    (BASE + 'frontend f\n  bind :99999\n', 7, ':99999',
     "'bind' : invalid address: port 99999 is above 65535."),
    (BASE + 'frontend f\n  bind :-1\n', 7, ':-1',
     "'bind' : invalid address: a port offset ('-1') is not allowed here."),
    (BASE + 'frontend f\n  bind NET.1\n', 7, 'NET.1',
     "'bind' : missing port number: 'NET.1'."),
    (F + '  timeout client 99999999999d\n', 8, '9',
     "timer overflow (maximum value is 2147483647 ms or ~24.8 days) in 'timeout client', which expects a time in milliseconds or with a unit (us, ms, s, m, h, d)"),
    (F + '  timeout client 5sec\n', 8, 'e',
     "unexpected character 'e' in 'timeout client', which expects a time in milliseconds or with a unit (us, ms, s, m, h, d)"),
    (F + '  timeout client -5s\n', 8, '-',
     "unexpected character '-' in 'timeout client', which expects a time in milliseconds or with a unit (us, ms, s, m, h, d)"),
    (F + '  timeout client\n', 8, '',
     "'timeout client' expects a time in milliseconds or with a unit (us, ms, s, m, h, d)"),
    (F + '  timeout\n', 8, '',
     "as argument"),
    ('global\n  tune.bufsize 12kk\n' + F, 2, 'k',
     "unexpected character 'k' in 'tune.bufsize', which expects a number of bytes (<size>)"),
    (B + '  server s 1.2.3.4:80 weight 999\n', 7, '999',
     "'weight' value must be between 0 and 256 (was 999)"),
    (B + '  server s 1.2.3.4:80 resolve-prefer ipv5\n', 7, 'ipv5',
     "'resolve-prefer' expects 'ipv4' or 'ipv6' (got 'ipv5')"),
    (B + '  server s 1.2.3.4:80 resolve-net 10.0.0.0/8,10.0.0.0/33\n', 7, '10.0.0.0/33',
     "'resolve-net' expects networks with commas between (got '10.0.0.0/33')"),
    (B + '  server s 1.2.3.4:80 resolve-opts allow-dup-ip,share\n', 7, 'share',
     "'resolve-opts' expects 'allow-dup-ip', 'prevent-dup-ip' or 'ignore-weight' (got 'share')"),
    (B + '  server s 1.2.3.4:80 resolve-prefer ipv4 resolvers dns\n', 7, 'resolvers',
     "'resolvers' is not implemented in this version: resolvers sections are not there yet."),
    (B + '  server s 1.2.3.4:80 shard 1\n', 7, 'shard',
     "'shard' is not implemented in this version: peers are not there yet."),
    (B + '  server s\n', 7, '',
     "'server' expects <address>"),
    (B + '  server\n', 7, '',
     "'server' expects <name>"),
    (F + '  http-request set-header x "abc\n', 8, '"abc',
     'unmatched quote; a " is missing'),
    (F + "  http-request set-header x 'abc\n", 8, "'abc",
     "unmatched quote; a ' is missing"),
    (F + '  http-request deny if { path /x\n', 8, '',
     "'}' is missing behind the anonymous ACL"),
    (F + '  http-request deny if path /x }\n', 8, 'path',
     "no such ACL: 'path'; the fetch of this name is asked in braces: { path ... }"),
    (F + '  http-request set-header x %[path\n', 8, '[',
     "']' is missing behind an expression"),
    (F + '  http-request set-var(txn.x path\n', 8, 'set-var(txn.x',
     "'http-request' : ')' is missing behind 'set-var(txn.x'."),
    (F + '  http-request set-var(foo.x) path\n', 8, 'set-var(foo.x)',
     "'http-request' : invalid variable name 'foo.x': 'foo' is not a variable scope, expected 'proc', 'sess', 'txn', 'req', 'res' or 'check'."),
    (F + '  http-request set-var(x) path\n', 8, 'set-var(x)',
     "'http-request' : invalid variable name 'x': variable 'x' needs a scope, such as 'txn.x'."),
    (F + '  http-request set-header x "${ABC"\n', 8, '${ABC',
     'unmatched brace in environment variable name'),
    ('.if 1\n' + F, 1, '.if',
     "non-terminated '.if' block; an '.endif' is missing"),
    (F + '.endif\n', 8, '.endif',
     "lone '.endif' with no matching '.if'"),
    (F + '.else\n', 8, '.else',
     "lone '.else' with no matching '.if'"),
    ('.if foo(bar)\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nfrontend f\n  bind NET.1:8000\n.endif\n', 1, 'f',
     "unknown predicate 'foo', in '.if'"),
    (F + '  http-request deny if { path_reg ([a-z }\n', 8, '([a-z',
     "regex '([a-z' is invalid: missing terminating ] for character class (at offset 5)"),
    (F + '  redirect location / code 299\n', 8, '299',
     "'http-request' : unsupported HTTP code '299' (not one of 301, 302, 303, 307 or 308)."),
    (F + '  errorfile 503 /nonexistent/x.http\n', 8, '/nonexistent/x.http',
     "'errorfile': error opening file '/nonexistent/x.http' : No such file or directory"),
    (F + '  errorfile 999 /dev/null\n', 8, '999',
     "'errorfile': status code '999' is not handled"),
    (F + '  acl a path -f /nonexistent\n  http-request deny if a\n', 8, '/nonexistent',
     "cannot open '/nonexistent': No such file or directory"),
    (B + '  server a 1.2.3.4:80 track b\n  server b 1.2.3.4:80 track a\n', 7, 'a',
     "'server b/a' : unable to track 'a': it tracks itself in the end."),
    (B + '  server a 1.2.3.4:80 track a\n', 7, 'a',
     "'server b/a' : unable to track 'a': it tracks itself in the end."),
    (F + '  acl a acl(b)\n  acl b acl(a)\n  http-request deny if a\n', 8, 'b',
     "fetch method 'acl', argument 1 (name): no such ACL: 'b'"),
    ('defaults a from b\n  mode http\ndefaults b from a\n  mode http\n', 1, 'b',
     "defaults section 'b' not found for defaults 'a'"),
    ('frontend f from nope\n  bind :8000\n', 1, 'nope',
     "defaults section 'nope' not found for frontend 'f'"),
    ('global\n  user nonexistent_user\n' + F, 2, 'user',
     "cannot find user id for 'nonexistent_user'"),
    (B + '  cookie\n  server s 1.2.3.4:80\n', 7, '',
     "'cookie' expects <cookie_name>"),
    (B + '  stick on src\n  server s 1.2.3.4:80\n', 7, 'stick',
     "unable to find stick-table 'b'."),
    (B + '  stick-table type ipv5 size 10\n', 7, 'ipv5',
     "'type' expects 'ip', 'ipv4', 'ipv6', 'integer', 'string' or 'binary' (got 'ipv5'); did you mean 'ipv4' maybe ?"),
    (F + '  default_backend b c d\nbackend b\n server s 1.2.3.4:80\n', 8, 'c',
     "'default_backend' cannot handle unexpected argument 'c'"),
    (F + '  http-reqüest deny\n', 8, 'http-reqüest',
     "unknown keyword 'http-reqüest' in 'frontend' section; did you mean 'http-request' maybe ?"),
    ('  bind :80\n' + F, 1, 'bind',
     "unknown keyword 'bind' out of section; it belongs to 'frontend' and 'listen'"),
    (BASE + 'frontend f\n  bind :8443 ssl crt /x.pem\n', 7, 'ssl',
     "'bind' : 'ssl' is not implemented in this version: TLS is not there yet."),
    ('peers p\n  peer a 1.2.3.4:100\n' + F, 1, 'peers',
     "section 'peers' is not implemented in this version; its lines are skipped"),
    (F + '  http-request set-header x %[path,bytes(a,b)]\n', 8, 'a',
     "converter 'bytes', argument 1 (offset): 'a' is neither a number nor a variable: variable 'a' needs a scope, such as 'txn.a'"),
    (F + '  http-request set-header x %[src,add(x)]\n', 8, 'x',
     "converter 'add', argument 1 (value): 'x' is neither a number nor a variable: variable 'x' needs a scope, such as 'txn.x'"),
    (F + '  http-request deny if { src 1.2.3.4/99 }\n', 8, '1.2.3.4/99',
     "'1.2.3.4/99' is not an address or network"),
    (F + '  http-request deny if { dst_port abc }\n', 8, 'abc',
     "'abc' is neither a number nor a range of numbers"),
    (F + '  http-request deny if { dst_port 10:5 }\n', 8, '10:5',
     "'10:5' is neither a number nor a range of numbers"),
    (F + '  http-request return status abc\n', 8, 'a',
     "unexpected character 'a' in 'status', which expects <code>"),
    (F + '  http-request set-header x %[res.hdr(y)]\n', 8, 'res.hdr',
     "fetch method 'res.hdr' needs the response, which is not available here"),
    (F + '  stats uri\n', 8, '',
     "'stats uri' expects an URI prefix"),
    (B + '  retry-on foo\n  server s 1.2.3.4:80\n', 7, 'foo',
     "'retry-on' : unknown event 'foo'."),
    (B + '  hash-type foo\n  server s 1.2.3.4:80\n', 7, 'foo',
     "'hash-type' expects 'map-based' or 'consistent' (got 'foo')"),
    ('include foo.cfg\n' + F, 1, 'include',
     "unknown keyword 'include' out of section; a section must begin first"),
    ('global\n  maxconn -1\n' + F, 2, '-1',
     "'maxconn' value must be between 0 and 536870912 (was -1)"),
    ('global\n  maxconn 1.5\n' + F, 2, '.',
     "unexpected character '.' in 'maxconn', which expects an integer (<number>)"),
    ('global\n  maxconn 0x10\n' + F, 2, 'x',
     "unexpected character 'x' in 'maxconn', which expects an integer (<number>)"),
    (F + '  http-request set-header "" x\n', 8, '""',
     "'http-request' : a header needs a name."),
    ('userlist u\n  user a insecure-password b groups nope\n' + F, 2, 'nope',
     "userlist 'u': no such group 'nope' specified in user 'a'"),
    (F + '  http-request auth unless { http_auth(nolist) }\n', 8, 'nolist',
     "fetch method 'http_auth', argument 1 (userlist): unable to find userlist 'nolist'"),
    (USERS + F + '  http-request auth unless { http_auth_group(u) staff }\n', 11, 'staff',
     "'http_auth_group' : there is no group 'staff' in userlist 'u'"),
    (USERS + F + '  http-request auth unless { http_auth_group(u) admins staff }\n', 11, 'staff',
     "'http_auth_group' : there is no group 'staff' in userlist 'u'"),
    (USERS + F + '  http-request auth unless { http_auth_group(u) }\n', 11, 'http_auth_group(u)',
     "'http_auth_group' : no group is named"),
    ('userlist u\n  group g users a,nobody\n  user a insecure-password b\n' + F, 2, 'nobody',
     "userlist 'u': no such user 'nobody' specified in group 'g'"),
    ('userlist u\n  user a password $9$abc\n' + F, 2, '$9$abc',
     "the hash of user 'a' is of no kind crypt(3) knows here; write 'insecure-password' if it is the password itself"),
    ('userlist u\n  user a pasword x\n' + F, 2, 'pasword',
     "'user' only supports the options 'password', 'insecure-password' and 'groups' (got 'pasword')"),
    (F + '  http-request capture src id 1\n  declare capture request len 10\n', 8, '1',
     "'http-request' : unable to find capture id '1' in 'f'; 'declare capture request len <length>' makes one"),
    (F + '  http-after-response capture res.hdr(x) id 0\n', 8, '0',
     "'http-after-response' : unable to find capture id '0' in 'f'; 'declare capture response len <length>' makes one"),
    (F + '  http-request capture src len 0\n', 8, '0',
     "'len' value must be between 1 and 65535 (was 0)"),
    (F + '  http-request set-header x %[path,field(0,/)]\n', 8, '0',
     "converter 'field', argument 1 (index): they are counted from 1, or from -1 at the end"),
    (F + '  http-request set-header x %[path,word(1,)]\n', 8, ')',
     "converter 'word', argument 2 (delimiters): at least one character is needed"),
    (F + '  http-request set-header x %[path,url_enc(form)]\n', 8, 'form',
     "converter 'url_enc', argument 1 (type): 'form' is not a way to encode; there is 'query'"),
    (F + '  http-request set-header x %[path,be2dec(:,9)]\n', 8, '9',
     "converter 'be2dec', argument 2 (chunk): must be between 1 and 8, not 9"),
    (F + '  http-request set-header x %[path,be2hex(:,1,2)]\n', 8, '2',
     "converter 'be2hex', argument 3 (truncate): must be between 0 and 1, not 2"),
    (F + '  http-request set-header x %[path,be2hex(:)]\n', 8, 'be2hex',
     "converter 'be2hex': a separator needs a chunk size behind it"),
    (F + '  http-request set-header x %[path,add_item(-)]\n', 8, 'add_item',
     "converter 'add_item': a variable, a suffix or both are needed behind the delimiter"),
    (F + '  http-request set-header x %[path,hmac(sha256,abc)]\n', 8, 'abc',
     "converter 'hmac', argument 2 (key): 'abc' is neither base64 nor a variable"),
    (F + '  http-request set-header x %[path,jwt_verify(hs256,abc)]\n', 8, 'hs256',
     "converter 'jwt_verify', argument 1 (alg): 'hs256' is neither an algorithm (HS256, RS384, ES512, PS256, ...) nor a variable"),
    (BASE + 'listen\n  bind :80\n', 6, '',
     "'listen' expects a name"),
    (BASE + 'frontend a/b\n  bind :8000\n', 6, '/',
     "character '/' is not permitted in 'frontend' name 'a/b'; use letters, digits, '-', '_', '.' and ':'"),
    (F + '  http-request deny if unless TRUE\n', 8, 'unless',
     "no such ACL: 'unless'"),
    ('global\n  lua-load x.lua\n' + F, 2, 'lua-load',
     "'lua-load' is not implemented in this version: Lua is not there yet"),
    ('global\n  ssl-default-bind-ciphers x\n' + F, 2, 'ssl-default-bind-ciphers',
     "'ssl-default-bind-ciphers' is not implemented in this version: TLS is not there yet"),
    (F + '  option grpc-check\n', 8, 'grpc-check',
     "'option grpc-check' is not implemented in this version: HTTP/2 is not there yet"),
    (F + '  http-request deny if { sc0_conn_rate gt 1 }\n', 8, 'sc0_conn_rate',
     "fetch method 'sc0_conn_rate' is not implemented in this version: stick counters are not there yet"),
    (F + '  http-request set-header x %[src,table_gpc0]\n', 8, 'table_gpc0',
     "converter 'table_gpc0' is not implemented in this version: stick counters are not there yet"),
    (F + '  http-request set-header x %[ssl_c_s_dn(cn)]\n', 8, 'ssl_c_s_dn',
     "fetch method 'ssl_c_s_dn' is not implemented in this version: TLS is not there yet"),
    ('global\n  master-worker\n' + F, 2, 'master-worker',
     "'master-worker' is not implemented in this version: there is no master process yet"),
    (B + '  server s 1.2.3.4:80 strict-maxconn\n', 7, 'strict-maxconn',
     "'strict-maxconn' is not implemented in this version: maxconn counts requests, and idle connections come on top of it."),
    (F + '  compression algo gzip\n', 8, 'compression',
     "'compression' is not implemented in this version: compression is not there yet"),
    (B + '  server a/b 1.2.3.4:80\n', 7, '/',
     "character '/' is not permitted in server name 'a/b'; use letters, digits, '-', '_', '.' and ':'"),
    (B + '  server-template ä 1-2 1.2.3.4:80\n', 7, 'ä',
     "character 'ä' is not permitted in server-template prefix 'ä'"),
    (B + '  server "" 1.2.3.4:80\n', 7, '""',
     "'server' expects <name>"),
    (F + "  log-format ''\n", 8, "''",
     "'log-format' expects a format that is not empty"),
    (F + "  error-log-format ''\n", 8, "''",
     "'error-log-format' expects a format that is not empty"),
    (F + "  log-format-sd ''\n", 8, "''",
     "'log-format-sd' expects a format that is not empty"),
    (F + "  unique-id-format ''\n", 8, "''",
     "'unique-id-format' expects a format that is not empty"),
    (BASE + 'frontend f\n  bind :0\n', 7, ':0',
     "'bind' : invalid port '0'"),
    (F + '  http-request deny deny_status 403 foo\n', 8, 'foo',
     "'http-request' : unknown argument 'foo'."),
]


# Several on one line, each with its own caret.
SEVERAL = [
    (B + "  server s 1.2.3.4:80 chekc weight 300 nosuch 5 intr 2s maxconn -1 backup\n", ["chekc", "300", "nosuch", "intr", "-1"]),
    (BASE + "frontend f\n  bind :8000 acept-proxy maxconn x nosuch 5 nme y\n", ["acept-proxy", "x", "nosuch", "nme"]),
    (BASE + "frontend f\n  bind 1.2.3.4 maxconn x\n", ["1.2.3.4", "x"]),
    (B + "  default-server wieght 3 id 5 inter x\n", ["wieght", "id", "x"]),
]

# Near the mistakes above, and none.
FINE = [
    "global\n  cpu-policy group-by-2-ccx threads-per-core 1\n  cpu-affinity per-group loose\n  profiling.tasks on lock no-memory\n  anonkey 4294967295\n"
    "  warn-blocked-traffic-after 50ms\n  force-cfg-parser-pause 1ms\n  tune.idletimer 1s\n  node a.b-c_1\n" + F,
    "global\n  tune.rcvbuf.frontend 64k\n  tune.rcvbuf.backend 64k\n  tune.sndbuf.frontend 64k\n  tune.sndbuf.backend 64k\n" + F,
    F + "  option abortonclose\n  log-steps accept, close\n  log-steps accept connect,close\n  errorfile 414 /dev/null\n",
    F + "  http-request capture src id 1\n  declare capture request len 9\n  http-request capture src len 9\n",
    B + "  http-request capture src id 7\n  server s 1.2.3.4:80\n" + "frontend f\n  bind NET.1:8000\n  default_backend b\n",
    USERS + F + "  http-request auth unless { http_auth_group(u) admins }\n",
    F + "  http-request set-header x %[path,concat]%[path,url_enc()]%[path,be2hex(,)]%[path,be2hex(,1)]%[path,jwt_verify(txn.a,key)]\n",
    "global\n  tune.idletimer 500\n" + B + "  server s 1.2.3.4:80 resolve-prefer ipv4 resolve-net 10.0.0.0/8,2001:db8::/32 resolve-opts prevent-dup-ip,ignore-weight\n"
    + "frontend f\n  bind NET.1:8000\n  default_backend b\n",
    F + "  acl a dst_port 80-90 443 8000:\n  http-request deny if a\n",
]


@requires(3, 5)
class Mistakes(Case):
    def test_defaults_nobody_uses(self):
        """Rules, checks and pages of a defaults section are looked at before anybody uses it, and only once however many do."""
        wrong = ("http-check expect foo", "http-check send meth", "tcp-check send-binary xx", "tcp-check expect rstring ([",
                 "option httpchk\n  http-check expect status abc", "option mysql-check bogus", "http-request foo", "acl x foo",
                 "http-request deny if nope", "http-response set-header x %[foo]", "http-request set-header x %[res.hdr(y)]",
                 "tcp-response content foo", "http-error status 503 content-type x lf-string %[foo]")
        right = ("http-check expect status 200", "http-request capture src len 5", "acl x path /x\n  http-request deny if x",
                 "errorfiles nope", "http-request set-timeout server 5s")
        used = "".join(f"backend b{i}\n  server s 1.2.3.4:80\n" for i in range(3))
        for program in (oracle(), under_test()):
            for lines, found in [(one, 1) for one in wrong] + [(one, 0) for one in right]:
                text = F + "  http-request return status 200\n" + BASE.replace("defaults", "defaults more") + "  " + lines + "\n"
                self.assertEqual(run(["-c"], text, program=program, network=self.network).code, found, (program, lines))
        result = run(["-c"], BASE + "  http-check expect foo\n" + used, program=under_test(), network=self.network)
        self.assertEqual(result.err.count("unknown match 'foo'"), 1, result.err)

    def test_what_is_fine(self):
        for text in FINE:
            with self.subTest(text[-60:]):
                result = run(["-c"], text, program=under_test(), network=self.network)
                self.assertEqual((result.code, result.err.count("ALERT")), (0, 0), result.err)

    def test_several_on_one_line(self):
        for text, words in SEVERAL:
            with self.subTest(text[-60:]):
                result = run(["-c"], text, program=under_test(), network=self.network)
                shown = [line[len(before):len(before) + len(caret)] for *_, line, before, caret in SHOWN.findall(result.err)]
                self.assertEqual(result.code, 1)
                self.assertEqual([word[:len(told)] for word, told in zip(words, shown)], shown, result.err)
                self.assertEqual(len(words), len(shown), result.err)

    def test_what_is_said(self):
        for text, line, word, message in MISTAKES:
            with self.subTest(text[-60:]):
                result = run(["-c"], text, program=under_test(), network=self.network)
                self.assertEqual(result.code, 1)
                self.assertIn("Fatal errors found in configuration.", result.err)
                shown = SHOWN.search(result.err)
                self.assertTrue(shown, result.err)
                column = len(shown[6]) + 1
                source = self.network.fill(text).split("\n")[line - 1]
                self.assertEqual((int(shown[1]), int(shown[3]), int(shown[4])), (line, line, column))
                self.assertEqual(shown[5].rstrip(), source.rstrip())
                self.assertEqual((shown[5] + " ")[column - 1:column - 1 + len(shown[7])].strip(), self.network.fill(word).strip())
                self.assertIn(self.network.fill(message), shown[2])


if __name__ == "__main__":
    main()

"""When servers refuse, vanish or are too busy: status, flags, retries in the log, what the client gets."""
from wire import COMMON, Group

group = Group(COMMON.replace("retries 1", "retries 2") + """
frontend f
  bind NET.1:8000
  use_backend %[path,field(2,/)] if { path_beg /refused /second /none /disabled /unused /retry /backup /once }
  default_backend refused
backend refused
  server s NET.11:9999
backend second
  balance roundrobin
  option redispatch 1
  server dead NET.11:9999 weight 1
  server live NET.10:8080 weight 1
backend none
backend disabled
  server s NET.10:8080 disabled
backend unused
  server s NET.10:8080 weight 0
backend retry
  retry-on all-retryable-errors
  server s NET.10:8080
backend once
  retries 0
  server s NET.11:9999
backend backup
  server s NET.10:8080 disabled
  server b NET.10:8080 backup
frontend nobackend
  bind NET.1:8001
frontend full
  bind NET.1:8002
  default_backend nosuchserver
backend nosuchserver
  server s NET.12:1 weight 1
""")
add = group.add


def get(target, method="GET", more=b""):
    return f"{method} {target} HTTP/1.1\r\nHost: a.example\r\n".encode() + (more or b"\r\n")


for path in ("/none/x", "/disabled/x", "/unused/x", "/backup/x", "/once/x", "/retry/x"):
    add("get" + path, get(path))
add("refused", get("/refused/x"), end="nothing")
add("refused-head", get("/once/x", "HEAD"), end="nothing")
add("refused-post", get("/once/x", "POST", b"Content-Length: 3\r\n\r\nabc"), end="nothing")
add("redispatched", get("/second/1") + get("/second/2"), end="nothing")
add("no-backend", get("/x"), to=8001)
add("no-backend-post", get("/x", "POST", b"Content-Length: 3\r\n\r\nabc"), to=8001)

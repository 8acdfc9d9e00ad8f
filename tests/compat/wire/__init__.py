"""What one client connection sends, and where. A case is data; twin.py plays it to both programs."""
from dataclasses import dataclass, field

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n"


@dataclass
class Wire:
    """send: byte strings, each one write; "eof" half-closes; "head"/"answer" waits for so much of a response.

    end: what follows: "sentinel" (a last good request with Connection: close, so that what was smuggled would meet
    it), "nothing" (the timeouts end it), "eof" (the client half-closes)."""
    name: str
    send: list
    to: int = 8000
    end: str = "sentinel"
    log: bool = True


@dataclass
class Group:
    """fill: applied to what is sent, when it is sent; mask: to all texts that are compared."""
    config: str
    cases: list = field(default_factory=list)
    files: dict = field(default_factory=dict)  # written to TMP/ before the start
    fill: callable = lambda data: data
    mask: callable = lambda text: text

    def add(self, name, *send, **more):
        assert all(name != known.name for known in self.cases), name
        self.cases.append(Wire(name, list(send), **more))


COMMON = """
global
  log NET.1:10514 local0
  stats socket TMP/cli level admin
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 1s
  timeout server 700ms
  timeout http-request 600ms
  timeout http-keep-alive 600ms
  retries 1
frontend mark
  bind NET.1:7999
  timeout client 60s
  timeout http-keep-alive 60s
  timeout http-request 60s
  http-request return status 200
"""

PLAIN = COMMON + """
frontend f
  bind NET.1:8000
  default_backend b
backend b
  server s NET.10:8080
"""

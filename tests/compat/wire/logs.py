"""Log formats: each alias on its own, the standard formats, transports' headers, options that drop or change lines."""
from wire import COMMON, Group

ALIASES = ("B CC CS H HM HP HPO HQ HU HV ID ST T Ta Tc Td Th Ti Tl Tq Tr Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft lc "
           "ms pid r rc rt s sc si sp sq t tr tsc ts hr hs hrl hsl Tctx").replace(" Tctx", "").split()
UNSTABLE = {"T", "Ta", "Td", "Th", "Ti", "Tl", "Tq", "Tr", "Ts", "Tt", "Tu", "Tw", "Tc", "t", "tr", "ms", "pid", "cp", "bp", "rt", "ac", "fc",
            "H", "ID", "hrl", "hsl", "bi", "bc", "lc"}
stable = [alias for alias in ALIASES if alias not in UNSTABLE]
FORMATS = {
    8000: "option httplog",
    8001: "option httplog clf",
    8002: "log-format \"" + " ".join(f"{alias}=%{alias}" for alias in stable) + "\"",
    8003: "log-format \"quoted %{+Q}b %{+Q}r %{+Q,+X}ci esc %{+E}r plain %[src] %[var(txn.y)] %% %{+Q}[var(txn.x)]\"",
    8004: "option httplog\n  option dontlog-normal",
    8005: "option httplog\n  option log-separate-errors",
    8006: "option httplog\n  option logasap",
    8007: "option httplog\n  option dontlognull",
    8008: "option tcplog",
    8009: "log-format \"no quotes\\ escaped [%ST] {%TR} \\\"in quotes\\\"\"",
    8010: "option httplog\n  capture request header Host len 20\n  capture request header X-C len 5\n"
          "  capture response header Content-Length len 10",
    8011: "no log\n  log NET.1:10514 format rfc5424 local3 info\n  option httplog",
    8012: "no log\n  log NET.1:10514 format short local3\n  option httplog",
    8013: "no log\n  log NET.1:10514 format raw local3\n  option httplog",
    8014: "no log\n  log NET.1:10514 len 80 local3\n  option httplog",
    8015: "no log\n  log NET.1:10514 local5 notice err\n  option httplog",
    8016: "log-tag mytag\n  option httplog",
    8017: "",
}
del FORMATS[8010]
group = Group(COMMON.replace("  option httplog\n", "") .replace("frontend mark\n", "frontend mark\n  option httplog\n") + "".join(f"""
frontend f{port}
  bind NET.1:{port}
  http-request set-var(txn.x) path
  http-request deny if {{ path /deny }}
  http-request return status 200 if {{ path /ret }}
  use_backend gone if {{ path /gone }}
  {text}
  default_backend b
""" for port, text in FORMATS.items()) + """
backend b
  server s NET.10:8080
backend gone
""")


def get(target, *fields):
    return ("\r\n".join([f"GET {target} HTTP/1.1", "Host: a.example", *fields, "Connection: close"]) + "\r\n\r\n").encode("latin-1")


CASES = {
    "get": get("/x?y=z"), "deny": get("/deny"), "return": get("/ret"), "gone": get("/gone"), "500": get("/r/status-500"),
    "quote": get('/a%22b', 'X-C: with "quotes"'), "bad": b"GET nonsense\r\n\r\n", "http10": b"GET /old HTTP/1.0\r\n\r\n",
    "long": get("/" + "long" * 150), "empty": None, "304": get("/r/status-304"), "truncated": get("/r/truncated-body"),
    "silent": get("/r/silent"), "chunked": get("/r/chunked"), "8bit": get("/x", "X-C: caf\xe9"),
}
for port in FORMATS:
    for name, data in CASES.items():
        if name == "silent" and port > 8002 or (port, name) == (8006, "truncated"):  # slow; its early line is a race
            continue
        group.add(f"{port}-{name}", *([data] if data else []), to=port, end="nothing" if data else "eof")

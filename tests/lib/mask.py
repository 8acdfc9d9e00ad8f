"""Replaces what differs between two runs for a good reason."""
import re

HTTP_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
                       r"\d\d:\d\d:\d\d GMT")
RFC3164 = re.compile(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d")
RFC5424 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
ACCEPT_DATE = re.compile(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(\.\d{3})?( [+-]\d{4})?\]")
PID = re.compile(r"\[\d+\]")
CLF = re.compile(r"(\" )(-?\d+ -?\d+ -?\d+ -?\d+ \+?\d+)( [-A-Za-z]{4} \d+ )")
TIMERS = re.compile(r"(?<= )(-1|\+?\d+)(/(-1|\+?\d+))+(?= )")


def log_line(text, network=None):
    """Dates, process ids, client ports and the values of timers; -1 and the sign of + stay: they mean something."""
    if network:
        text = network.mask(text)
    text = RFC3164.sub("DATE", text)
    text = RFC5424.sub("DATE", text)
    text = ACCEPT_DATE.sub("[DATE]", text)
    text = HTTP_DATE.sub("DATE", text)
    text = re.sub(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]*$", "[DATE", text)  # a line cut short
    text = re.sub(r"(?<= haproxy )\d+(?= )", "PID", text)
    text = PID.sub("[PID]", text)
    text = re.sub(r"(NET\.\d+):(\d{4,5})(?= |$)", lambda m: m[0] if int(m[2]) < 32000 else f"{m[1]}:PORT", text)
    text = re.sub(r'(?<=" )\d{5} \d{1,3}(?= ")', "PORT MS", text)  # httplog clf
    text = CLF.sub(lambda m: m[1] + " ".join("-1" if n == "-1" else "T" for n in m[2].split()) + m[3], text)
    text = TIMERS.sub(timers, text, count=1)  # counters ("1/1/0/0/0") come later in a line: their values count
    return text.rstrip("\n")


def timers(match):
    """'0/0/1/+5' -> 'T/T/T/+T': -1 and the + of an early line mean something and stay."""
    return "/".join(part if part == "-1" else ("+T" if part.startswith("+") else "T") for part in match[0].split("/"))


def answer(data, network=None):
    """Response bytes with dates masked."""
    if network:
        data = network.mask(data)
    return HTTP_DATE.sub("DATE", data.decode("latin-1")).encode("latin-1")


def whole_chunks(data):
    """Joins the chunks of chunked messages: a proxy may cut them anew (RFC 9112 section 7.1). What is not a
    complete, valid chunked body stays as it is; extensions stay visible."""
    done = b""
    while (found := re.search(rb"transfer-encoding: *chunked\r\n", data, re.I)) and (end := data.find(b"\r\n\r\n", found.start())) >= 0:
        done, data = done + data[:end + 4], data[end + 4:]
        body, rest, extensions = b"", data, b""
        while size := re.match(rb"([0-9a-fA-F]{1,8})([^\r\n]*)\r\n", rest):
            count, extensions = int(size[1], 16), extensions + size[2]
            if count == 0:
                done, data = done + b"<chunked %d%s>" % (len(body), extensions) + body + b"<end>", rest[size.end():]
                break
            if rest[size.end() + count:size.end() + count + 2] != b"\r\n":
                break
            body, rest = body + rest[size.end():size.end() + count], rest[size.end() + count + 2:]
    return done + data

"""Clients that send exact bytes."""
import errno
import socket
import struct


class Answer:
    """One response, strictly read: raw head, status, fields, body."""

    def __init__(self, raw_head, body):
        self.raw_head, self.body = raw_head, body
        lines = raw_head.split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        self.status = int(self.line.split(" ")[1])
        self.fields = []
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(b":")
                self.fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        self.trailers = []

    def all(self, name):
        return [value for known, value in self.fields if known == name.lower()]

    def one(self, name):
        values = self.all(name)
        return values[0] if values else None


class Client:
    def __init__(self, host, port, source=None, seconds=30, path=None, receive_buffer=None):
        self.link = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        if receive_buffer:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.link.settimeout(seconds)
        if source:
            self.link.bind((source, 0))
        self.link.connect(path if path else (host, port))
        if not path:
            self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.link.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def send_slowly(self, data, pause=0.0):
        """One byte a write."""
        import time
        for at in range(len(data)):
            self.link.sendall(data[at:at + 1])
            if pause:
                time.sleep(pause)
        return self

    def half_close(self):
        try:
            self.link.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # the other side was faster, with a reset
                raise
        return self

    def close(self):
        self.link.close()

    def reset(self):
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()

    def _more(self):
        chunk = self.link.recv(262144)
        if not chunk:
            return False
        self.unread += chunk
        return True

    def read_until(self, mark):
        while mark not in self.unread:
            if not self._more():
                raise EOFError(f"end of stream instead of {mark!r}, after {self.unread!r}")
        at = self.unread.index(mark) + len(mark)
        got, self.unread = self.unread[:at], self.unread[at:]
        return got

    def read_exactly(self, count):
        parts, have = [self.unread], len(self.unread)
        while have < count:
            chunk = self.link.recv(262144)
            if not chunk:
                raise EOFError(f"end of stream after {have} of {count} bytes")
            parts.append(chunk)
            have += len(chunk)
        whole = b"".join(parts)
        self.unread = whole[count:]
        return whole[:count]

    def read_all(self):
        """Until the end of the stream; a reset counts as the end (self.was_reset)."""
        parts, self.unread = [self.unread], b""
        self.was_reset = False
        try:
            while chunk := self.link.recv(262144):
                parts.append(chunk)
        except ConnectionResetError:
            self.was_reset = True
        return b"".join(parts)

    def at_end(self):
        """True when the other side has closed and nothing is left to read."""
        try:
            return not self.unread and not self.link.recv(1, socket.MSG_PEEK)
        except ConnectionResetError:
            return True

    def read_answer(self, method="GET"):
        head = self.read_until(b"\r\n\r\n")
        answer = Answer(head, b"")
        if method == "HEAD" or answer.status in (204, 304) or 100 <= answer.status < 200:
            return answer
        if method == "CONNECT" and answer.status == 200:
            return answer
        if (answer.one("transfer-encoding") or "").lower() == "chunked":
            while True:
                size = int(self.read_until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    while (line := self.read_until(b"\r\n")) != b"\r\n":
                        name, _, value = line.partition(b":")
                        answer.trailers.append((name.decode().lower(), value.strip().decode()))
                    return answer
                answer.body += self.read_exactly(size)
                end = self.read_exactly(2)
                if end != b"\r\n":
                    raise ValueError(f"chunk ends with {end!r}")
        elif answer.one("content-length") is not None:
            answer.body = self.read_exactly(int(answer.one("content-length")))
        else:
            answer.body = self.read_all()
        return answer

    def get(self, target="/", fields=(), method="GET", body=None, host="example.com", version="1.1"):
        text = f"{method} {target} HTTP/{version}\r\nHost: {host}\r\n"
        for name, value in fields:
            text += f"{name}: {value}\r\n"
        if body is not None:
            text += f"Content-Length: {len(body)}\r\n"
        self.send((text + "\r\n").encode("latin-1") + (body or b""))
        return self.read_answer(method)


def fetch(address, port, target="/", source=None, seconds=30, **more):
    """One request on a connection of its own."""
    with Client(address, port, source=source, seconds=seconds) as client:
        return client.get(target, **more)

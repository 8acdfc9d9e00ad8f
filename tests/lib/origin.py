"""Servers behind the proxy. They keep every byte they were sent, connection by connection."""
import re
import socket
import struct
import threading

REASONS = {200: "OK", 204: "No Content", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error",
           503: "Service Unavailable"}


class Head:
    """The head of a request as the server saw it."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        words = self.line.split(" ")
        self.method = words[0]
        self.target = words[1] if len(words) > 1 else ""
        self.fields = []
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(b":")
                self.fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        self.body = b""
        self.trailers = b""

    def all(self, name):
        return [value for known, value in self.fields if known == name.lower()]

    def one(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def path(self):
        return re.sub(r"^[a-z]+://[^/?]*", "", self.target).split("?")[0]


class Connection:
    """One accepted connection: read whole messages or raw bytes, answer anything."""

    def __init__(self, link, number, origin):
        self.link, self.number, self.origin = link, number, origin
        self.received = bytearray()
        self.unread = b""
        self.requests = []
        self.ended = False

    def _more(self):
        chunk = self.link.recv(65536)
        if not chunk:
            self.ended = True
            return False
        with self.origin.lock:
            self.received += chunk
            self.origin.arrivals.append(chunk)
        self.unread += chunk
        return True

    def read_until(self, mark):
        while mark not in self.unread:
            if not self._more():
                return None
        at = self.unread.index(mark) + len(mark)
        got, self.unread = self.unread[:at], self.unread[at:]
        return got

    def read_exactly(self, count):
        while len(self.unread) < count:
            if not self._more():
                return None
        got, self.unread = self.unread[:count], self.unread[count:]
        return got

    def read_rest(self):
        while self._more():
            pass
        got, self.unread = self.unread, b""
        return got

    def read_head(self):
        raw = self.read_until(b"\r\n\r\n")
        return Head(raw) if raw is not None else None

    def read_body(self, head):
        """By the head's own framing. None when the client side broke off."""
        if (head.one("transfer-encoding") or "").lower() == "chunked":
            while True:
                size = self.read_until(b"\r\n")
                if size is None:
                    return None
                count = int(size.split(b";")[0], 16)
                if count == 0:
                    trailers = b""
                    while not trailers.endswith(b"\r\n\r\n") and trailers != b"\r\n":
                        line = self.read_until(b"\r\n")
                        if line is None:
                            return None
                        trailers += line
                        if line == b"\r\n":
                            break
                    head.trailers = trailers[:-2]
                    return head.body
                piece = self.read_exactly(count + 2)
                if piece is None:
                    return None
                head.body += piece[:-2]
        length = head.one("content-length")
        if length:
            head.body = self.read_exactly(int(length))
        return head.body

    def read_request(self):
        head = self.read_head()
        if head is None or self.read_body(head) is None:
            return None
        self.requests.append(head)
        with self.origin.lock:
            self.origin.requests.append(head)
            self.origin.changed.notify_all()
        return head

    def send(self, *pieces):
        for piece in pieces:
            self.link.sendall(piece.encode("latin-1") if isinstance(piece, str) else piece)

    def respond(self, status=200, body=b"", fields=(), close=False):
        text = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
        for name, value in fields:
            text += f"{name}: {value}\r\n"
        if status not in (204, 304):
            text += f"Content-Length: {len(body)}\r\n"
        if close:
            text += "Connection: close\r\n"
        self.send((text + "\r\n").encode("latin-1") + body)

    def close(self):
        try:
            self.link.close()
        except OSError:
            pass

    def reset(self):
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()


def answer_with(body=b"ok", status=200, fields=()):
    """A handler: every request gets this answer, connections stay open. body may be a function of the Head."""

    def serve(connection):
        while (head := connection.read_request()) is not None:
            content = body(head) if callable(body) else body
            if head.method == "HEAD":
                connection.send(f"HTTP/1.1 {status} OK\r\nContent-Length: {len(content)}\r\n\r\n")
            else:
                connection.respond(status, content, fields)
            if (head.one("connection") or "").lower() == "close":
                return
    return serve


class Origin:
    """A scripted server: `serve(connection)` runs in a thread for each connection it accepts."""

    def __init__(self, host, port, serve=None, name=None):
        self.host, self.port = host, port
        self.name = name or f"{host}:{port}"
        self.serve = serve or answer_with(self.name.encode())
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.connections = []
        self.requests = []
        self.arrivals = []  # what was read, over all connections, in the order of reading
        self.errors = []
        self.listener = None

    def start(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.listener.listen(512)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def _accept(self, listener):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                connection = Connection(link, len(self.connections), self)
                self.connections.append(connection)
                self.changed.notify_all()
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            self.serve(connection)
        except (OSError, ValueError) as problem:
            with self.lock:
                self.errors.append(repr(problem))
        finally:
            connection.close()
            with self.lock:
                connection.ended = True
                self.changed.notify_all()

    def wait_requests(self, count, seconds=10):
        with self.lock:
            if not self.changed.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{self.name} got {len(self.requests)} requests, expected {count}")
            return list(self.requests)

    def take(self):
        """Requests so far, forgotten afterwards."""
        with self.lock:
            got, self.requests = self.requests, []
            return got

    def received(self):
        """Raw bytes, one entry a connection that sent any, in the order of accepting."""
        with self.lock:
            return [bytes(c.received) for c in self.connections if c.received]

    def stop(self):
        """Stops listening and resets what is open, as a killed process would."""
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.listener = None
        with self.lock:
            open_ones = [c for c in self.connections if not c.ended]
        for connection in open_ones:
            try:
                connection.link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

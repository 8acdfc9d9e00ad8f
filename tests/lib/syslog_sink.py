"""Receives log datagrams."""
import os
import socket
import threading


class Syslog:
    def __init__(self, host=None, port=None, path=None):
        if path:
            self.link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.link.bind(path)
            os.chmod(path, 0o666)
        else:
            self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self.link.bind((host, port))
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.raw = []
        self.ending = False
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        while True:
            try:
                message = self.link.recv(65536)
            except OSError:
                return
            if self.ending:
                return
            with self.lock:
                self.raw.append(message)
                self.changed.notify_all()

    @property
    def lines(self):
        with self.lock:
            return [message.decode("latin-1") for message in self.raw]

    def wait_for(self, found, seconds=10, what="log line"):
        """The first line for which found(line) holds; found may be a plain part of the line. A stalled host gets half a minute."""
        test = found if callable(found) else (lambda line: found in line)
        result = []

        def look():
            result[:] = [line for line in (m.decode("latin-1") for m in self.raw) if test(line)]
            return bool(result)
        with self.lock:
            if not self.changed.wait_for(look, max(seconds, 30)):
                everything = "\n  ".join(m.decode("latin-1") for m in self.raw)
                raise AssertionError(f"no {what if callable(found) else found!r} logged; got\n  {everything}")
        return result[0]

    def wait_count(self, count, seconds=10):
        with self.lock:
            if not self.changed.wait_for(lambda: len(self.raw) >= count, max(seconds, 30)):
                raise AssertionError(f"{len(self.raw)} log messages, expected {count}: {self.raw}")
            return [message.decode("latin-1") for message in self.raw]

    def take(self):
        with self.lock:
            got, self.raw = self.raw, []
        return [message.decode("latin-1") for message in got]

    def stop(self):
        if self.ending:
            return
        self.ending = True
        waker = socket.socket(self.link.family, socket.SOCK_DGRAM)
        waker.sendto(b"", self.link.getsockname())  # closing alone would leave the thread in recv
        waker.close()
        self.thread.join(5)
        self.link.close()

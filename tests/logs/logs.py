"""What the tests of this folder share."""
import os
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from case import Case, Client, Syslog, fetch, main, run, wait_until  # noqa: E402,F401

DEFAULTS = """
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
"""


class StreamSink:
    """A log server that is reached by TCP or a UNIX stream: keeps all bytes, of all connections in turn."""

    def __init__(self, host=None, port=None, path=None):
        self.link = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        if not path:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.link.bind(path or (host, port))
        self.link.listen(8)
        self.changed = threading.Condition()
        self.data = b""
        self.connections = []
        self.peers = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, peer = self.link.accept()
            except OSError:
                return
            with self.changed:
                self.connections.append(connection)
                self.peers.append(peer)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        while True:
            try:
                chunk = connection.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            with self.changed:
                self.data += chunk
                self.changed.notify_all()

    def wait_for(self, text, seconds=15):
        with self.changed:
            if not self.changed.wait_for(lambda: text in self.data, seconds):
                raise AssertionError(f"{text!r} did not come, got {self.data[-3000:]!r}")
            return self.data

    def hang_up(self):
        with self.changed:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended already
                connection.close()
            self.connections = []

    def stop(self):
        self.link.close()
        self.hang_up()


def counted(data):
    """The messages of an octet-counted stream (RFC 6587 3.4.1); raises if it is not one."""
    messages = []
    while data:
        found = re.match(rb"(\d{1,5}) ", data)
        size = int(found[1])
        message = data[found.end():found.end() + size]
        if len(message) < size:
            raise AssertionError(f"a message was cut: {data!r}")
        messages.append(message.decode("latin-1"))
        data = data[found.end() + size:]
    return messages

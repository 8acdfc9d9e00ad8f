"""Loopback networks that belong to one test process: fixed ports without collisions between parallel tests."""
import functools
import os
import socket

NETWORKS = 8192


@functools.cache
def claimed():
    """(number, socket): a network that no other process has. The name of the socket is the claim, and goes with the process."""
    number = os.getpid() % NETWORKS
    while True:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0sluice-test-network-{number}")
            return number, claim
        except OSError:
            claim.close()
            number = (number + 1) % NETWORKS


class Network:
    """127.a.b.0/24, one for each process. A process may have two (index 0 and 1), to run two programs at once.

    All prefixes are equally long, so that byte counts in logs compare."""

    def __init__(self, index=0):
        number = claimed()[0]
        self.prefix = f"127.{100 + 64 * index + (number >> 7)}.{100 + (number & 127)}."

    def host(self, last):
        return f"{self.prefix}{last}"

    def fill(self, text):
        """`NET.7:8080` becomes an address of this network."""
        if isinstance(text, bytes):
            return text.replace(b"NET.", self.prefix.encode())
        return text.replace("NET.", self.prefix)

    def mask(self, text):
        """The inverse of fill, so that texts of two networks compare; addresses in hexadecimal too."""
        if isinstance(text, bytes):
            return text.replace(self.prefix.encode(), b"NET.")
        digits = "".join(f"{int(part):02X}" for part in self.prefix.split(".")[:3])
        return text.replace(self.prefix, "NET.").replace(digits, "<NET>")

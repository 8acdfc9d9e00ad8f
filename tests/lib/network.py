"""Loopback networks that belong to one test process: fixed ports without collisions between parallel tests."""
import os


class Network:
    """127.a.b.0/24, chosen by process id. A process may have two (index 0 and 1), to run two programs at once.

    All prefixes are equally long, so that byte counts in logs compare."""

    def __init__(self, index=0):
        pid = os.getpid() % 8192
        self.prefix = f"127.{100 + 64 * index + (pid >> 7)}.{100 + (pid & 127)}."

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

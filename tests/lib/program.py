"""Starts and stops the program under test."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from network import Network


def under_test():
    program = os.environ.get("SLUICE_PROGRAM")
    if not program:
        raise SystemExit("SLUICE_PROGRAM is not set: it names the program to test")
    return os.path.abspath(program)


def oracle():
    program = os.environ.get("ORACLE_PROGRAM") or shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not program:
        raise SystemExit("Debian's haproxy is not installed")
    return program


def version_of(program):
    """(3, 5) for 'HAProxy version 3.5.0-...'."""
    text = subprocess.run([program, "-v"], capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"version (\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def wait_until(condition, seconds=10.0, what="condition"):
    """Polls until true. Only for what has no event to wait on (another process's state). A stalled host gets half a minute."""
    end = time.monotonic() + max(seconds, 30)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


def listening(host, port):
    """True when somebody accepts TCP connections there, read from the kernel's table: no connection is made."""
    wanted = f"{socket.inet_aton(host)[::-1].hex().upper()}:{port:04X}"
    any_host = f"00000000:{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if len(fields) > 3 and fields[3] == "0A" and fields[1] in (wanted, any_host):
                return True
    return False


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.text = out + err


def run(args, config=None, program=None, network=None, folder=None, timeout=60, env=None, stdin=None):
    """Runs to the end. `config` is written to a file and given with -f; `CFG` in args stands for its path."""
    network = network or Network()
    own = folder is None
    folder = folder or tempfile.mkdtemp(prefix="sluice-test-")
    try:
        words = []
        path = os.path.join(folder, "haproxy.cfg")
        if config is not None:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(network.fill(config).replace("TMP/", folder + "/"))
        for arg in args:
            words.append(arg.replace("CFG", path).replace("TMP/", folder + "/"))
        if config is not None and "CFG" not in " ".join(args):
            words += ["-f", path]
        done = subprocess.run([program or under_test(), *words], capture_output=True, timeout=timeout,
                              env={**os.environ, **(env or {})}, cwd=folder, stdin=stdin or subprocess.DEVNULL)
        return Result(done.returncode, done.stdout.decode(errors="replace").replace(folder, "TMP"),
                      done.stderr.decode(errors="replace").replace(folder, "TMP"))
    finally:
        if own:
            shutil.rmtree(folder, ignore_errors=True)


class Proxy:
    """A running proxy. Its configuration may say NET.<n> for addresses and TMP/ for its own folder.

    wait: (host, port) pairs or ports (on NET.1) that must listen before start returns; by default every
    `bind` address of the text that is plain IPv4."""

    def __init__(self, config, program=None, network=None, args=(), wait=None, env=None, foreground=True,
                 pass_fds=()):
        self.program = program or under_test()
        self.network = network or Network()
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        os.chmod(self.folder, 0o755)
        self.config = self.network.fill(config).replace("TMP/", self.folder + "/")
        self.path = os.path.join(self.folder, "haproxy.cfg")
        with open(self.path, "w", encoding="utf-8", newline="") as file:
            file.write(self.config)
        self.wait = self._bind_addresses() if wait is None else [self._address(w) for w in wait]
        self.args = list(args)
        self.env = env or {}
        self.foreground = foreground
        self.pass_fds = pass_fds
        self.process = None
        self.pid = None
        self.code = None
        self._out, self._err = bytearray(), bytearray()
        self._readers = []

    def _address(self, spec):
        return spec if isinstance(spec, tuple) else (self.network.host(1), spec)

    def _bind_addresses(self):
        found = re.findall(r"^\s*bind\s+(127\.\d+\.\d+\.\d+):(\d+)", self.config, re.M)
        return [(host, int(port)) for host, port in found]

    def start(self, seconds=30):
        mode = ["-db"] if self.foreground else []
        self.process = subprocess.Popen([self.program, *mode, *self.args, "-f", self.path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
                                        env={**os.environ, **self.env}, pass_fds=self.pass_fds)
        self.pid = self.process.pid
        for pipe, into in ((self.process.stdout, self._out), (self.process.stderr, self._err)):
            reader = threading.Thread(target=self._drain, args=(pipe, into), daemon=True)
            reader.start()
            self._readers.append(reader)
        end = time.monotonic() + seconds
        missing = list(self.wait)
        while missing:
            missing = [at for at in missing if not listening(*at)]
            if not missing:
                break
            if self.foreground and self.process.poll() is not None:
                raise AssertionError(f"{self.program} ended with {self.process.returncode} instead of listening:\n"
                                     + self.messages())
            if time.monotonic() > end:
                self.stop()
                raise AssertionError(f"{self.program} does not listen on {missing}:\n{self.messages()}")
            time.sleep(0.005)
        return self

    @staticmethod
    def _drain(pipe, into):
        while chunk := pipe.read1(65536):
            into += chunk

    @property
    def out(self):
        return self._out.decode(errors="replace")

    @property
    def err(self):
        return self._err.decode(errors="replace")

    def messages(self):
        return (self.out + self.err).replace(self.folder, "TMP")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def fds(self):
        """What the process has open, as its kernel sees it."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def signal(self, number):
        os.kill(self.pid, number)

    def wait_end(self, seconds=30):
        self.code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return self.code

    def stop(self, seconds=30):
        """SIGTERM, then SIGKILL. Returns the exit code; a process that died by itself keeps its code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.wait_end(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait_end(5)
            raise AssertionError(f"{self.program} did not end on SIGTERM within {seconds} s:\n{self.messages()}")
        finally:
            if self.process.poll() is not None:
                shutil.rmtree(self.folder, ignore_errors=True)
        return self.code

    def crashed(self):
        """None, or how it died: by a signal that is not ours, or a sanitizer's report."""
        text = self.messages()
        for mark in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
            if mark in text:
                return text[text.index(mark):][:4000]
        if self.code is not None and self.code < 0 and self.code not in (-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT,
                                                                         -signal.SIGUSR1):
            return f"died by {signal.Signals(-self.code).name}: {text[-2000:]}"
        if self.code not in (None, 0) and self.code > 0 and self.code != 143 and self.code != 130:
            return f"ended with code {self.code}: {text[-2000:]}"
        return None

    def cli(self, command, path="TMP/cli", seconds=30):
        """One command on a stats socket, the whole answer. It is opened after the ports that start() waits for."""
        path = path.replace("TMP/", self.folder + "/")
        wait_until(lambda: os.path.exists(path), 10, f"the stats socket {path}")
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(seconds)
        try:
            link.connect(path)
            link.sendall(command.encode() + b"\n")
            link.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := link.recv(65536):
                answer += chunk
        finally:
            link.close()
        return answer.decode()

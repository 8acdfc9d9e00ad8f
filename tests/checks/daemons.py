"""Real servers on loopback, in the foreground, with data of their own."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

from program import listening  # noqa: E402

PLACES = "/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin:/usr/lib/postgresql/17/bin:/usr/lib/postgresql/16/bin:/usr/lib/postgresql/15/bin"


def program(name, package):
    found = shutil.which(name, path=PLACES)
    if not found:
        raise AssertionError(f"{name} is not installed: apt-get install --no-install-recommends {package}")
    return found


def somebody():
    """For servers that refuse to be root."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


class Daemon:
    """One server process; `text` is what it printed."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.folder = tempfile.mkdtemp(prefix="sluice-daemon-")
        os.chmod(self.folder, 0o755)
        self.process = None
        self.printed = bytearray()

    def run(self, *args, as_user=None):
        """To its end."""
        done = subprocess.run(args, capture_output=True, cwd=self.folder, timeout=60, stdin=subprocess.DEVNULL, **self._who(as_user))
        assert done.returncode == 0, f"{args[0]}: {done.stdout.decode()}{done.stderr.decode()}"

    @staticmethod
    def _who(name):
        if not name or os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(name)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def own(self, name):
        if os.geteuid() == 0:
            shutil.chown(self.folder, name)

    def start(self, *args, as_user=None, env=None):
        self.process = subprocess.Popen(args, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(env or {})}, **self._who(as_user))
        threading.Thread(target=self._drain, daemon=True).start()
        return self

    def _drain(self):
        while chunk := self.process.stdout.read1(65536):
            self.printed += chunk

    @property
    def text(self):
        return self.printed.decode(errors="replace")

    def wait_ready(self, seconds=30):
        end = time.monotonic() + seconds
        while not listening(self.host, self.port):
            if self.process.poll() is not None:
                raise AssertionError(f"{self.process.args[0]} ended with {self.process.returncode}:\n{self.text}")
            if time.monotonic() > end:
                raise AssertionError(f"{self.process.args[0]} does not listen:\n{self.text}")
            time.sleep(0.02)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)


def mariadb(host, port):
    server = Daemon(host, port)
    binary = program("mariadbd", "mariadb-server-core")
    who = f"--user={pwd.getpwuid(os.geteuid()).pw_name}"
    share = "/usr/share/mysql"
    data = os.path.join(server.folder, "data")
    os.makedirs(os.path.join(data, "mysql"))
    common = [f"--datadir={data}", f"--lc-messages-dir={share}", who, "--innodb=OFF", "--default-storage-engine=Aria", "--log-warnings=0",
              "--aria-log-file-size=8M", "--skip-log-bin"]
    sql = "use mysql;\n"
    for name in ("mysql_system_tables.sql", "mariadb_system_tables.sql"):
        if os.path.exists(os.path.join(share, name)):
            sql += open(os.path.join(share, name), encoding="utf-8").read()
            break
    sql += "INSERT INTO global_priv (Host,User,Priv) VALUES ('%','haproxy_check','{\"access\":0,\"plugin\":\"mysql_native_password\",\"authentication_string\":\"\"}');\n"
    done = subprocess.run([binary, "--no-defaults", "--bootstrap", *common], input=sql.encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return server.start(binary, "--no-defaults", *common, f"--bind-address={host}", f"--port={port}", "--skip-name-resolve",
                        f"--socket={server.folder}/s", f"--pid-file={server.folder}/pid")


def postgresql(host, port):
    server = Daemon(host, port)
    who = somebody()
    server.own(who)
    server.run(program("initdb", "postgresql"), "-D", server.folder + "/data", "-U", "admin", "-A", "trust", "--no-sync", "--no-instructions",
               "--locale=C", as_user=who)
    return server.start(program("postgres", "postgresql"), "-D", server.folder + "/data", "-h", host, "-p", str(port), "-k", server.folder,
                        "-F", as_user=who)


def redis(host, port, *more):
    server = Daemon(host, port)
    return server.start(program("redis-server", "redis-server"), "--port", str(port), "--bind", host, "--save", "", "--appendonly", "no",
                        "--dir", server.folder, "--daemonize", "no", *more)


def slapd(host, port):
    server = Daemon(host, port)
    with open(server.folder + "/slapd.conf", "w", encoding="ascii") as file:
        file.write(f"pidfile {server.folder}/pid\nargsfile {server.folder}/args\n")
    return server.start(program("slapd", "slapd"), "-d", "0", "-h", f"ldap://{host}:{port}/", "-f", server.folder + "/slapd.conf")


def smtp(host, port):
    """Prints every mail it gets."""
    server = Daemon(host, port)
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import aiosmtpd"], capture_output=True).returncode != 0:
        raise AssertionError("aiosmtpd is not installed: apt-get install --no-install-recommends python3-aiosmtpd")
    return server.start(python, "-u", "-m", "aiosmtpd", "-n", "-l", f"{host}:{port}", "-c", "aiosmtpd.handlers.Debugging", "stdout")


def reset(host, port):
    """True if nobody listens there."""
    with socket.socket() as link:
        return link.connect_ex((host, port)) != 0

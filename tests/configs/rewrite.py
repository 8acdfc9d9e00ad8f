"""Makes a tutorial's configuration run here: other addresses, ports, paths and users; no other change.

- the servers' and binds' IPv4 addresses keep their last number, in the network of this test: 192.168.1.10 -> NET.10
- `*` and 0.0.0.0 become NET.1, ports below 1024 get 10000 more
- paths move into the test's folder TMP/; 127.0.0.0/8 becomes the lower half of our network, so that clients can be
  inside and outside of it
- users: haproxy stays (root, and the account exists); otherwise the current user, and then no chroot"""
import grp
import os
import pwd
import re


def account(kind, name):
    try:
        return (pwd.getpwnam if kind == "user" else grp.getgrnam)(name) and name
    except KeyError:
        return None


def user_line(found):
    indent, kind, name = found[1], found[2], found[3]
    if os.geteuid() == 0:
        name = account(kind, name) or ("nobody" if kind == "user" else "nogroup")
    else:
        name = pwd.getpwuid(os.getuid()).pw_name if kind == "user" else grp.getgrgid(os.getgid()).gr_name
    return f"{indent}{kind} {name}"


def port(number):
    return str(int(number) + 10000 if int(number) < 1024 else int(number))


def address(found):
    host, number = found[1], found[2]
    if number:
        return host + ":" + port(number)
    return host


def rewrite(text):
    lines = []
    for line in text.split("\n"):
        code, mark, comment = line.partition("#")
        lines.append(one(code) + mark + comment)
    return "\n".join(lines)


def one(code):
    code = code.replace("127.0.0.0/8", "NET.0/25").replace("192.168.1.0/24", "NET.0/24")
    code = re.sub(r"\b(?:127\.0\.0|192\.168\.\d+|10\.200\.34)\.(\d+)(?=[:\s]|$)", r"NET.\1", code)
    code = re.sub(r"(?<![\w.*])(?:\*|0\.0\.0\.0)(?=:\d)", "NET.1", code)
    code = re.sub(r"(NET\.\d+)(?::(\d+))?(?![\d/])", address, code)
    code = re.sub(r"^(\s*log\s+NET\.1)(?=\s)", r"\1:10514", code)
    code = re.sub(r"^(\s*)(user|group)\s+(\S+)", user_line, code)
    if re.match(r"\s*chroot\s", code):
        code = re.sub(r"(chroot\s+)\S+", r"\1TMP/chroot", code) if os.geteuid() == 0 else ""
    code = re.sub(r"/var/lib/haproxy/stats", "TMP/stats", code)
    code = re.sub(r"(pidfile\s+)\S+", r"\1TMP/haproxy.pid", code)
    return code.replace("/etc/ssl/certs/website.pem", "TMP/website.pem")

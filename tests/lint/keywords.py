"""Every keyword of -dKall stands in a test: in its own role, not only as a word somewhere.

Fetches and converters are not looked for here: each has examples in its entry, which run (tests/unit/expr,
tests/unit/proxy/examples_test.cpp; the latter also complains of one without)."""
import pathlib
import re
import subprocess
import sys

RULES = ("tcp-request connection", "tcp-request session", "tcp-request content", "tcp-response content", "http-request",
         "http-response", "http-after-response")


def dump(program):
    """(class or section, name) of everything that is registered."""
    text = subprocess.run([program, "-dKall", "-q", "-c", "-f", "/dev/null"], capture_output=True, text=True, timeout=60).stdout
    kind = section = None
    for line in text.splitlines():
        heading = re.match(r"# List of registered (ACL|configuration|CLI|sample converter|filter|sample fetch|service)", line)
        if heading:
            kind = heading[1]
        elif not line.strip() or line.startswith(("#", "Configuration file")) or kind.startswith("sample"):
            continue
        elif kind == "configuration" and not line[0].isspace():
            section = line.split()[0]
            yield "section", section
        elif kind == "configuration":
            yield section, line.strip()
        elif kind == "CLI":
            yield kind, line.split(" [")[0]
        else:
            yield kind, line.split(" = ")[0].split(":")[0].strip()


def words(name):
    return r"\s+".join(re.escape(word) for word in name.split())


def pattern(kind, name):
    """How a use of it looks in a test."""
    option = re.match(r"(bind <addr>|server <name> <addr>) ([^\s<\[{(]+)", name)
    if option:
        line = r"bind|stats\s+socket" if option[1].startswith("bind") else r"server|default-server|server-template"
        return rf"\b(?:{line})\b[^\n]*\s{re.escape(option[2])}(?![\w.-])"
    name = re.sub(r"\s[<\[{].*$", "", name).rstrip("(")
    if kind == "section":
        name = {"listen": "(?:frontend|backend|listen|defaults)"}.get(name, re.escape(name))
        return rf"(?:^|\\n|[\"'\s]){name}\b"
    for family in RULES:
        if name.startswith(family + " "):
            return rf"\b{words(family)}\s+{re.escape(name[len(family) + 1:])}(?![\w-])"
    return rf"(?<![\w.-]){words(name)}(?![\w-])"


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    texts = []
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".cpp", ".hpp", ".vtc", ".cfg", ".txt", ".json") and "lint" not in path.parts:
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
    text = re.sub(r'"\s*\n\s*f?r?"', "", "\n".join(texts))  # literals that go on in the next line
    names = sorted(set(dump(program)))
    if len(names) < 500:
        sys.exit(f"-dKall lists only {len(names)} names")
    options = "\n".join(line for line in text.split("\n") if re.search(r"bind|server|stats\s+socket", line))
    missing = []
    for kind, name in names:
        where = options if " <addr> " in name else text
        if not re.search(pattern(kind, name), where, re.M):
            missing.append((kind, name))
    for kind, name in missing:
        print(f"no test uses: {kind}: {name}")
    print(f"{len(names) - len(missing)} of {len(names)} keywords stand in tests")
    sys.exit(bool(missing))


main()

"""The manual is complete: every name of -dKall stands in it, in a heading or as code, and explains itself."""
import re
import subprocess
import sys

program = sys.argv[1]


def output(word):
    done = subprocess.run([program, word, "-q", "-c", "-f", "/dev/null"], capture_output=True, text=True, timeout=60)
    return done.stdout


manual = output("-dKmanual")
known = set()
for text in re.findall(r"`([^`\n]+)`", manual):
    words = text.split(" ")
    known.update(re.split(r"[(]", " ".join(words[:n]))[0] for n in range(1, len(words) + 1))
missing = 0
kind = ""
for line in output("-dKall").splitlines():
    heading = re.match(r"# List of registered (\w+)", line)
    if heading:
        kind = heading[1]
    if line.startswith("#") or not line.strip():
        continue
    name = re.sub(r"^\[[ Y.]+\] ", "", line).strip()
    name = re.sub(r"^(bind <addr>|server <name> <addr>|(tcp|http)-(request|response|after-response)( connection| session| content)?(?= ))",
                  "", name).strip() if kind == "configuration" else name
    name = re.split(r"[(\[{<:=]| {2}", name)[0].strip()
    if name and name not in known and line.strip() not in known:
        print(f"not in the manual: {kind}: {name}")
        missing += 1
entries = re.split(r"^### ", manual, flags=re.M)[1:]
for entry in entries:
    title, _, text = entry.partition("\n")
    if len(text.strip().split("\n")[0]) < 5:
        print(f"says nothing: {title}")
        missing += 1
print(f"{len(entries)} entries, {missing} complaints")
sys.exit(missing != 0 or len(entries) < 900)

"""Every switch of the command line stands in the manual page, and nothing else does."""
import re
import subprocess
import sys

program, page = sys.argv[1:]
usage = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=20).stderr
known = set(re.findall(r"^ {8}(--?\w*) ", usage, re.M))
if len(known) < 20:
    sys.exit(f"the usage lists only {len(known)} switches")
text = open(page, encoding="utf-8").read().replace("\\-", "-")
section = text[text.index(".SH CONFIGURATION"):text.index(".SH SIGNALS")]
# a switch stands on the line after .TP, and maybe others with it
heads = re.findall(r"^\.TP\n(.*)$", section, re.M)
written = {word for head in heads for word in re.findall(r"(?:^|[ ])(--?\w*)", head)}
for switch in sorted(known - written):
    print(f"{page}: {switch} is missing")
for switch in sorted(written - known):
    print(f"{page}: {switch} does not exist")
sys.exit(known != written)

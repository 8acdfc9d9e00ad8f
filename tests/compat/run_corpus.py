"""run_corpus.py KIND: every configuration of corpus.txt of that kind through -c of both programs.

Compared: exit codes; for refused ones the lines named in alerts, and that our messages quote what haproxy's quote of
the line; for accepted ones that we are silent (level 3.5) or, for "warn", that we warn too."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from program import oracle, run, under_test, version_of  # noqa: E402
import corpus_differences  # noqa: E402

BASE = "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"


def cases():
    with open(os.path.join(HERE, "corpus.txt"), encoding="utf-8") as file:
        parts = re.split(r"^== (\w+) (\S+)\n", file.read(), flags=re.M)
    for kind, name, text in zip(parts[1::3], parts[2::3], parts[3::3]):
        yield kind, name, re.sub(r"^BASE\n", BASE, text, flags=re.M)


def alert_lines(text):
    """Line numbers in [ALERT] messages, of either form: 'parsing [file:12]' or 'file:12:3:'."""
    found = set()
    for message in re.findall(r"\[ALERT\].*", text):
        place = re.search(r"haproxy\.cfg:(\d+)", message)
        if place:
            found.add(int(place[1]))
    return found


def quoted(text, config):
    """Words haproxy quotes in alerts that stand in the configuration: what the message is about."""
    words = set()
    for message in re.findall(r"\[ALERT\].*", text):
        for word in re.findall(r"'([^' ]+)'", message):
            if re.search(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])", config) and word not in ("l", "f", "b", "s", "X", "listen"):
                words.add(word)
    return words


def judge(kind, name, config):
    theirs = run(["-c"], config, program=oracle())
    ours = run(["-c"], config, program=under_test())
    complaints = []
    intended = corpus_differences.INTENDED.get(name, {})
    if intended and version_of(under_test()) < (3, 5):
        return []  # checking the tests with haproxy itself: nothing is intended to differ
    if theirs.code != {"bad": 1, "empty": 2}.get(kind, 0) and "oracle" not in intended:
        complaints.append(f"the corpus is wrong: haproxy answers {theirs.code} for {kind}: {theirs.text}")
    expected_code = intended.get("code", theirs.code)
    if ours.code != expected_code:
        complaints.append(f"exit code {ours.code}, expected {expected_code}\n  haproxy: {theirs.text}\n  ours: {ours.text}")
        return complaints
    if kind == "good" and version_of(under_test()) >= (3, 5) and ours.text.strip() and "talks" not in intended:
        complaints.append(f"-c must be silent for a good file: {ours.text}")
    if kind == "warn" and "[WARNING]" not in ours.text and "silent" not in intended:
        complaints.append(f"no warning\n  haproxy: {theirs.text}\n  ours: {ours.text}")
    if kind == "bad" and ours.code:
        if "[ALERT]" not in ours.err:
            complaints.append(f"no [ALERT] on stderr: {ours.text}")
        lines = intended.get("lines", alert_lines(theirs.err))
        if not set(lines) <= alert_lines(ours.err):
            complaints.append(f"alerts name lines {sorted(alert_lines(ours.err))}, expected {sorted(lines)}\n"
                              f"  haproxy: {theirs.text}\n  ours: {ours.text}")
        for word in intended.get("words", quoted(theirs.err, config)):
            if word not in ours.err:
                complaints.append(f"the message does not name '{word}'\n  haproxy: {theirs.err}\n  ours: {ours.err}")
    return complaints


def main():
    count = failed = 0
    for kind, name, config in cases():
        if kind != sys.argv[1] or (len(sys.argv) > 2 and name not in sys.argv[2:]):
            continue
        count += 1
        complaints = judge(kind, name, config)
        failed += bool(complaints)
        for complaint in complaints:
            print(f"{kind} {name}: {complaint}")
    print(f"{count} configurations, {failed} wrong")
    sys.exit(1 if failed or not count else 0)


main()

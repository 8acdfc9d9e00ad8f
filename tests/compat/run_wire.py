"""run_wire.py GROUP [--record WHY]: plays wire/GROUP.py to both programs. --record adds what differs now to
differences/GROUP.json under the reason WHY: read what it wrote before committing it."""
import importlib
import json
import os
import sys

import twin

name = sys.argv[1]
group = importlib.import_module("wire." + name).group
if "--only" in sys.argv:
    wanted = sys.argv[sys.argv.index("--only") + 1].split(",")
    group.cases = [case for case in group.cases if case.name in wanted]
different, seen = twin.compare(group)
if "--record" in sys.argv:
    why = sys.argv[sys.argv.index("--record") + 1]
    expected = twin.expectations(name)
    for case, aspects in different.items():
        entry = expected.setdefault(case, {"why": why})
        entry.update({aspect: ours for aspect, (_, ours) in aspects.items()})
    os.makedirs(os.path.join(twin.HERE, "differences"), exist_ok=True)
    with open(os.path.join(twin.HERE, "differences", name + ".json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1, sort_keys=True)
        file.write("\n")
    sys.exit(0)
complaints = twin.lasting(name, group, twin.judge(name, different, seen))
for case, complaint in complaints:
    print(f"{case}: {complaint}")
print(f"{len(group.cases)} cases, {len(complaints)} complaints")
sys.exit(1 if complaints else 0)

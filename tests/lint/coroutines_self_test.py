#!/usr/bin/env python3
"""The lint flags each line of coroutines_bad.txt and none of coroutines_good.txt."""
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
failed = 0
for name, wanted in (('coroutines_bad.txt', 1), ('coroutines_good.txt', 0)):
    for number, line in enumerate((here / name).read_text().splitlines(), 1):
        with tempfile.NamedTemporaryFile('w', suffix='.cpp') as file:
            file.write('Task<> f() {\n  ' + line + '\n}\n')
            file.flush()
            result = subprocess.run([sys.executable, here / 'coroutines.py', file.name], capture_output=True, text=True)
        if result.returncode != wanted:
            print(f'{name}:{number}: {line}\n  {result.stdout}{result.stderr}')
            failed += 1
sys.exit(1 if failed else 0)

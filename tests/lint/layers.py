#!/usr/bin/env python3
"""Includes go downward only: a file of src/<layer> includes its own layer and those before it in LAYERS of
CMakeLists.txt. Argument: the repository."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
layers = re.search(r'set\(LAYERS ([a-z ]+)\)', (root / 'CMakeLists.txt').read_text()).group(1).split()
bad = 0
for folder in sorted(p for p in (root / 'src').iterdir() if p.is_dir()):
    if folder.name not in layers:
        print(f'src/{folder.name} is not a layer')
        bad += 1
        continue
    for file in sorted(p for p in folder.rglob('*') if p.suffix in ('.cpp', '.hpp')):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not include:
                continue
            layer = include.group(1).split('/')[0]
            if layer not in layers:
                print(f'{file.relative_to(root)}:{number}: "{include.group(1)}" does not begin with a layer')
                bad += 1
            elif layers.index(layer) > layers.index(folder.name):
                print(f'{file.relative_to(root)}:{number}: {folder.name} must not include {layer}')
                bad += 1
sys.exit(1 if bad else 0)

#!/usr/bin/env python3
"""The await rule: one co_await per statement, alone or as the whole right side, and no ?:, &&, ||, lambda or literal
aggregate T{...} / T(...) in the same statement. g++ 12 destroys such temporaries twice, without a warning (src/async/task.hpp).
No parser: relies on PascalCase type names and on a space before the brace of a block. Arguments: files or folders."""
import pathlib
import re
import sys

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'', re.S)
PREFIX = re.compile(r'^(co_return\s*|.*[^=!<>]=\s*|.*[<>]{2}=\s*)?$', re.S)  # what may stand before co_await


def blank(match):
    """Comments and literals become blanks of the same height."""
    lines = match.group().count('\n')
    return ('""' if match.group()[0] in 'R"' else ' ') + '\n' * lines


def statements(text):
    """(line, text) pieces: cut at every ; and at the braces of blocks. Headers of if/while/for/switch stand alone."""
    start, line, at_line, inside = 0, 1, 1, []  # inside: '(' or '{' (a block) or '=' (an initialiser)
    for i, c in enumerate(text):
        cut = c == ';' and '(' not in inside[-1:]
        if c == '(':
            inside.append(c)
        elif c == ')' and '(' in inside[-1:]:
            inside.pop()
        elif c == '{':
            value = re.search(r'([=,(]|\breturn|\bco_return)$', text[:i].rstrip()[-20:])
            cut = text[i - 1] in ' \n' and not value
            inside.append('{' if cut else '=')
        elif c == '}':
            cut = not inside or inside[-1] == '{'
            inside = inside[:-1]
        if cut:
            yield at_line, text[start:i]
            start, at_line = i + 1, line
        line += c == '\n'


def split_header(text):
    """`if (a) b` is two full expressions; a control header also ends where the statement was cut."""
    text = re.sub(r'^\s*((case\s[^;?]*?[^:]|default):(?!:)\s*)*(else\b|do\b)?', '', text).strip()
    match = re.match(r'(if|while|switch|for)\s*(constexpr\s*)?\(', text)
    if not match:
        return [text]
    level = 0
    for i in range(match.end() - 1, len(text)):
        level += (text[i] == '(') - (text[i] == ')')
        if level == 0:
            return text[match.end():i].split(';') + split_header(text[i + 1:])
    return text[match.end():].split(';')


def complaints(expression):
    if 'co_await' not in expression or 'operator co_await' in expression:
        return
    before, _, after = expression.strip().partition('co_await')
    if expression.count('co_await') > 1:
        yield 'two co_await in one statement'
    if not PREFIX.match(before) and expression.count('co_await') == 1:
        yield 'co_await is neither alone nor the whole right side'
    if re.search(r'&&|\|\|', after) or re.search(r'\w\s*(&&|\|\|)\s*\(?$', before):
        yield '&& or || in a statement with co_await'
    if re.search(r'[^?]\?[^?]', expression):
        yield '?: in a statement with co_await'
    if re.search(r'(^|[^\w\])\[])\s*\[(?!\[)[^\]]*\]\s*[({m]?', expression):
        yield 'a lambda in a statement with co_await'
    if re.search(r'(?<![\w.>])[A-Z]\w*(<[^;{}()]*>)?[{(]', after):
        yield 'a literal T{...} or T(...) in a statement with co_await: name it first'


def main():
    files = []
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        files += sorted(p for p in path.rglob('*') if p.suffix in ('.cpp', '.hpp')) if path.is_dir() else [path]
    bad = 0
    for file in files:
        text = NOISE.sub(blank, file.read_text())
        text = re.sub(r'(?m)^\s*#.*$', '', text)
        for line, statement in statements(text):
            if 'co_await' not in statement:
                continue
            at = line + statement[:statement.index('co_await')].count('\n')
            for expression in split_header(statement):
                for complaint in complaints(expression):
                    print(f'{file}:{at}: {complaint}')
                    bad += 1
    print(f'{len(files)} files, {bad} complaints')
    sys.exit(1 if bad else 0)


main()

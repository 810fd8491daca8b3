#!/usr/bin/env python3
"""lint.budget: sources of at most 400 lines, headers of at most 150, functions of at most 80 (40 is the aim).

Exceptions are listed by name, with the reason, in budget_exceptions.txt beside this file:
  src/x/y.cc 520 reason            a file may have that many lines
  src/x/y.cc:parse 95 reason       a function may
"""

import re
from pathlib import Path

from cpp_text import code_only
from tree import Tree, finish

RULE = "split it, or list it with a reason in tests/lint/budget_exceptions.txt"
LIMITS = {".cc": 400, ".h": 150}
FUNCTION_LIMIT = 80
EXCEPTIONS = Path(__file__).parent / "budget_exceptions.txt"
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$")
NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*\(")


def functions(text):
    """(name, first line, lines) of each function that is not inside another."""
    code = code_only(text)
    scopes = []  # of each open brace: is it a namespace, class or the like?
    start = 0    # where the text before the next brace starts
    line = 1
    open_function = None
    for position, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character == "{":
            head = code[start:position]
            is_scope = bool(SCOPE.search(head))
            named = NAME.search(head)
            is_data = "=" in re.sub(r"\(.*\)", "", head, flags=re.DOTALL)
            if open_function is None and not is_scope and named and not is_data:
                open_function = (named.group(1), line, len(scopes))
            scopes.append(is_scope)
            start = position + 1
        elif character == "}":
            if scopes:
                scopes.pop()
            if open_function and len(scopes) == open_function[2]:
                yield open_function[0], open_function[1], line - open_function[1] + 1
                open_function = None
            start = position + 1
        elif character == ";":
            start = position + 1


def read_exceptions(text):
    allowed = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, limit, reason = line.split(maxsplit=2)
            allowed[name] = (int(limit), reason)
    return allowed


def check(tree, exceptions_text=""):
    allowed = read_exceptions(exceptions_text)
    findings, needed = [], set()

    def measure(name, place, lines, limit):
        if lines > limit:
            needed.add(name)
            limit = allowed.get(name, (limit, ""))[0]
        if lines > limit:
            findings.append(f"{place}: {name} has {lines} lines, {limit} are allowed")

    for name in tree.cpp():
        text = tree.text(name)
        measure(name, name, len(text.splitlines()), LIMITS[Path(name).suffix])
        for function, line, lines in functions(text):
            measure(f"{name}:{function}", f"{name}:{line}", lines, FUNCTION_LIMIT)
    findings += [f"tests/lint/budget_exceptions.txt: {name} needs no exception any more" for name in set(allowed) - needed]
    return findings


if __name__ == "__main__":
    finish(check(Tree(), EXCEPTIONS.read_text()), RULE)

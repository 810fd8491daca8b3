#!/usr/bin/env python3
"""lint.format: every C++ file is as clang-format 14 writes it (.clang-format)."""

import re
import subprocess

from tree import PROJECT, Tree, finish

RULE = "run: clang-format-14 -i FILE"


def check(tree):
    names = tree.cpp()
    if not names:
        return []
    style = f"--style=file:{PROJECT / '.clang-format'}"
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", style, *names], cwd=tree.root,
                          capture_output=True, text=True)
    if done.returncode == 0:
        return []
    places = re.findall(r"^(\S+?):(\d+):\d+: error:", done.stderr, re.MULTILINE)
    first, count = {}, {}
    for name, line in places:
        first.setdefault(name, line)
        count[name] = count.get(name, 0) + 1
    return [f"{name}:{first[name]}: {count[name]} place(s) differ" for name in first] or [done.stderr.strip()]


if __name__ == "__main__":
    finish(check(Tree()), RULE)

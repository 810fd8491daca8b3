#!/usr/bin/env python3
"""lint.words: nothing unfinished, nothing that only means something on one machine, no folder for leftovers."""

import re

from tree import Tree, finish

RULE = "finish it, name it for what it is, or take the path from the caller"
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP)\b")
UNFINISHED_IN_CODE = re.compile(r"\b(for now|stubbed|not (yet )?implemented|unimplemented|placeholder)\b", re.IGNORECASE)
# Absolute paths of somebody's machine; /root itself is a directory of every node.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|root|home/\w+|mnt/\w+|Users)/[\w.]")
LEFTOVERS = re.compile(r"(^|/|_)(utils?|helpers?|common|misc)(_|\.|/|$)")
TEXT = (".cc", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".list", ".yaml", ".json", ".cfg", "Makefile", "Dockerfile",
        "run", "build")


def check(tree):
    findings = []
    for name in tree.files:
        if LEFTOVERS.search(name):
            findings.append(f"{name}: a name that says nothing about its content")
        # The lints and their samples must be able to name what they forbid; corpora are data.
        if name.startswith(("tests/lint/", "tests/data/", "tests/fuzz/corpus")) or not name.endswith(TEXT):
            continue
        for number, line in tree.lines(name):
            match = UNFINISHED.search(line)
            if not match and name.startswith(("src/", "images/", "packaging/", "bench/")):
                match = UNFINISHED_IN_CODE.search(line) or MACHINE_PATH.search(line)
            if match:
                findings.append(f"{name}:{number}: {match.group(0)}")
    return findings


if __name__ == "__main__":
    finish(check(Tree()), RULE)

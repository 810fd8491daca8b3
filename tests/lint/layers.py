#!/usr/bin/env python3
"""lint.layers: a file includes only its own module, what its module's USES names, and rows below.

The rows stand once, in docs/architecture.md (the block that starts with "row 5"); the edges are what add_module()
recorded in BUILD/modules.txt.
  layers.py BUILD_DIR
"""

import re
import sys
from pathlib import Path

from tree import Tree, finish

RULE = "an arrow may only point to a lower row and must be declared by USES (docs/architecture.md)"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
FOR_TESTS = {"support"}  # tests/support, for files named *_test.cc


def read_rows(text):
    """{module: row} from lines such as "row 2  oci rootfs      what they are"."""
    rows = {}
    for match in re.finditer(r"^\s+row (\d)  ([a-z0-9 ]+?)(?:   .*)?$", text, re.MULTILINE):
        for module in match.group(2).split():
            rows[module] = int(match.group(1))
    return rows


def read_edges(text):
    edges = {}
    for line in text.splitlines():
        module, _, uses = line.partition(":")
        edges.setdefault(module, set()).update(u for u in uses.split(",") if u)
    return edges


def check_edges(rows, edges):
    for module, uses in sorted(edges.items()):
        if module not in rows:
            yield f"docs/architecture.md: module {module} has no row"
            continue
        for used in sorted(uses):
            if used not in rows:
                yield f"docs/architecture.md: module {used}, used by {module}, has no row"
            elif rows[used] >= rows[module]:
                yield f"src/{module}/CMakeLists.txt: {module} (row {rows[module]}) uses {used} (row {rows[used]})"


def check(tree, modules_text):
    rows = read_rows(tree.text("docs/architecture.md"))
    edges = read_edges(modules_text)
    if not rows or not edges:
        return ["docs/architecture.md or modules.txt: no rows or no edges could be read"]
    findings = list(check_edges(rows, edges))
    top = max(rows.values())
    for name in tree.cpp():
        parts = name.split("/")
        if parts[0] != "src" or len(parts) < 3:
            continue
        module = parts[1]
        # The top row holds the programs, which wire everything below together.
        allowed = {module} | edges.get(module, set()) | (set(rows) if rows.get(module) == top else set())
        if name.endswith("_test.cc"):
            allowed |= FOR_TESTS
        for number, line in tree.lines(name):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1).split("/")
            if len(target) < 2:
                findings.append(f'{name}:{number}: include "{match.group(1)}" as "module/file.h"')
            elif target[0] not in allowed:
                findings.append(f"{name}:{number}: {module} includes {match.group(1)}, but does not use {target[0]}")
    return findings


if __name__ == "__main__":
    finish(check(Tree(), (Path(sys.argv[1]) / "modules.txt").read_text()), RULE)

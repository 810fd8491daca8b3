#!/usr/bin/env python3
"""lint.headers: every C++ file starts with the licence line, every header has #pragma once and, in a full run
(CAIRN_TEST_FULL=1), compiles alone.
  headers.py BUILD_DIR
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import Tree, finish

RULE = "first line SPDX, then #pragma once; a header includes what it needs"
SPDX = "// SPDX-License-Identifier: Apache-2.0"


def check(tree):
    findings = []
    for name in tree.cpp():
        lines = tree.text(name).splitlines()
        if not lines or lines[0] != SPDX:
            findings.append(f'{name}:1: the first line must be "{SPDX}"')
        if name.endswith(".h") and "#pragma once" not in lines[:3]:
            findings.append(f"{name}: no #pragma once below the licence line")
    return findings


def compile_flags(build):
    """Flags of some file of the project: all modules share them."""
    entries = json.loads((Path(build) / "compile_commands.json").read_text())
    words = shlex.split(next(e for e in entries if e["file"].endswith("/src/core/error.cc"))["command"])
    return [w for w in words if w.startswith(("-I", "-D", "-W", "-std", "-f"))]


def check_alone(tree, flags):
    def compiles(name):
        with tempfile.NamedTemporaryFile("w", suffix=".cc") as source:
            source.write(f'#include "{tree.root / name}"\n')
            source.flush()
            # A header included first and alone; what only other files use is no fault here.
            command = ["g++", "-fsyntax-only", *flags, "-I", str(tree.root / "src"), "-I", str(tree.root / "tests"),
                       "-Wno-unused", source.name]
            done = subprocess.run(command, capture_output=True, text=True)
            return None if done.returncode == 0 else f"{name}: does not compile alone\n{done.stderr.strip()}"

    with ThreadPoolExecutor(2) as pool:
        return [finding for finding in pool.map(compiles, tree.cpp(".h")) if finding]


if __name__ == "__main__":
    everything = Tree()
    found = check(everything)
    if os.environ.get("CAIRN_TEST_FULL"):
        found += check_alone(everything, compile_flags(sys.argv[1]))
    finish(found, RULE)

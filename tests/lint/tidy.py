#!/usr/bin/env python3
"""lint.tidy: clang-tidy 14 with the short list of .clang-tidy, every finding an error.

Runs on the files that changed since the commit before (and on those not committed); in a full run
(CAIRN_TEST_FULL=1) on all. A file that passed is not looked at again until it, a header or the list changes.
  tidy.py BUILD_DIR
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import Tree, finish

RULE = "clang-tidy found it (.clang-tidy); repeat: clang-tidy-14 -p out/build/dev FILE"


def git(tree, *words):
    done = subprocess.run(["git", *words], cwd=tree.root, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def changed_sources(tree, compiled):
    """Compiled files that differ from the last commit of the main branch, or from the commit before."""
    base = git(tree, "merge-base", "HEAD", "origin/HEAD") or git(tree, "rev-parse", "HEAD~1")
    if not base or base == git(tree, "rev-parse", "HEAD"):
        base = git(tree, "rev-parse", "HEAD~1") or ["HEAD"]
    names = set(git(tree, "diff", "--name-only", base[0])) | set(git(tree, "ls-files", "-o", "--exclude-standard"))
    return sorted(names & compiled)


def state_of(tree, name, headers_digest):
    return hashlib.sha256(headers_digest + (tree.root / name).read_bytes()).hexdigest()


def check(tree, build, names, passed_before):
    """Findings of clang-tidy; adds the states of clean files to `passed_before`."""
    digest = hashlib.sha256((tree.root / ".clang-tidy").read_bytes())
    for header in tree.cpp(".h"):
        digest.update((tree.root / header).read_bytes())
    headers_digest = digest.digest()

    def tidy(name):
        state = state_of(tree, name, headers_digest)
        if state in passed_before:
            return []
        done = subprocess.run(["clang-tidy-14", "-p", str(build), "--quiet", "--extra-arg=-Wno-unknown-warning-option",
                               "--extra-arg=-Wno-unused-command-line-argument", str(tree.root / name)],
                              capture_output=True, text=True)
        if done.returncode == 0:
            passed_before.add(state)
            return []
        lines = re.findall(r"^.*(?:error|warning): .*$", done.stdout + done.stderr, re.MULTILINE)
        return [line.replace(f"{tree.root}/", "") for line in lines] or [f"{name}: {done.stderr.strip()}"]

    with ThreadPoolExecutor(2) as pool:
        return sorted({finding for found in pool.map(tidy, names) for finding in found})


def main(build):
    tree = Tree()
    entries = json.loads((build / "compile_commands.json").read_text())
    compiled = {os.path.relpath(e["file"], tree.root) for e in entries}
    names = sorted(compiled) if os.environ.get("CAIRN_TEST_FULL") else changed_sources(tree, compiled)
    memory = build / "lint-tidy-passed.json"
    passed = set(json.loads(memory.read_text())) if memory.exists() else set()
    findings = check(tree, build, names, passed)
    memory.write_text(json.dumps(sorted(passed)))
    finish(findings, RULE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

#!/usr/bin/env python3
"""lint.errors_page: docs/errors.md is what `cairn errors --markdown` writes, and no code stands twice.
  errors_page.py CAIRN
"""

import os
import re
import subprocess
import sys

from tree import Tree, finish

RULE = "write it again: out/bin/cairn errors --markdown > docs/errors.md"


def check(tree, generated):
    findings = []
    if "docs/errors.md" not in tree.files:
        findings.append("docs/errors.md: missing")
    elif tree.text("docs/errors.md") != generated:
        findings.append("docs/errors.md: differs from the table in the code")
    codes = re.findall(r"^\| (CRN-\S+) ", generated, re.MULTILINE)
    findings += [f"{code}: two reasons have this code" for code in sorted({c for c in codes if codes.count(c) > 1})]
    if not codes:
        findings.append("the program lists no codes")
    return findings


if __name__ == "__main__":
    if not os.path.exists(sys.argv[1]):
        finish([f"{sys.argv[1]}: not built"], RULE)
    written = subprocess.run([sys.argv[1], "errors", "--markdown"], check=True, capture_output=True, text=True).stdout
    finish(check(Tree(), written), RULE)

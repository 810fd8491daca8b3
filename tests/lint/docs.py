#!/usr/bin/env python3
"""lint.docs: links in Markdown lead somewhere, each top folder has a README of at most 40 lines."""

import re

from tree import Tree, finish

RULE = "documents are part of the product"
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")  # what stands in it is no link
README_LINES = 40


def check(tree):
    findings = []
    for folder in sorted({name.split("/")[0] for name in tree.files if "/" in name}):
        if folder.startswith("."):
            continue
        readme = f"{folder}/README.md"
        if readme not in tree.files:
            findings.append(f"{readme}: missing")
        elif len(tree.text(readme).splitlines()) > README_LINES:
            findings.append(f"{readme}: more than {README_LINES} lines")
    for name in tree.files:
        if not name.endswith(".md"):
            continue
        for number, line in tree.lines(name):
            for target in LINK.findall(CODE.sub("``", line)):
                path = target.split("#")[0]
                if re.match(r"[a-z]+:", target) or not path:
                    continue
                if not ((tree.root / name).parent / path).exists():
                    findings.append(f"{name}:{number}: {target} does not exist")
    return findings


if __name__ == "__main__":
    finish(check(Tree()), RULE)

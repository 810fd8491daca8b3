#!/usr/bin/env python3
"""lint.coawait: no braces and no lambda inside a co_await expression, and coroutines only in src/net/.

g++ 12 destroys a temporary of closure or aggregate type twice when its full expression contains co_await. Name the
value first, then await.
"""

import re

from cpp_text import code_only
from tree import Tree, finish

RULE = "name the value first: g++ 12 destroys it twice inside a co_await expression"
# From co_await to the end of its statement, a brace or a lambda's introducer with parameters or body.
BRACES = re.compile(r"co_await\b[^;{}]*(\{|\[[^\]]*\]\s*\()")


def check(tree):
    findings = []
    for name in tree.cpp():
        code = code_only(tree.text(name))
        if re.search(r"\bco_(await|return|yield)\b", code) and not name.startswith("src/net/"):
            findings.append(f"{name}: a coroutine outside src/net/")
        for match in BRACES.finditer(code):
            statement = code[match.start():match.end()]
            # `if (co_await f()) {` and the like: the brace opens a block, not a value.
            if statement.endswith("{") and re.search(r"\)\s*\{$", statement) and "[" not in statement:
                if statement.count(")") > statement.count("("):
                    continue
            findings.append(f"{name}:{code[:match.start()].count(chr(10)) + 1}: braces or a lambda inside co_await")
    return findings


if __name__ == "__main__":
    finish(check(Tree()), RULE)

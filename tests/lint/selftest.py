#!/usr/bin/env python3
"""lint.selftest: each lint finds the fault in a broken sample and nothing in a sound one. A lint that can't fail is none."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import budget
import coawait
import docs
import errors_page
import format as format_lint
import headers
import layers
import tidy
import words
from tree import PROJECT, Tree

HEAD = "// SPDX-License-Identifier: Apache-2.0\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cairn-lint-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def tree(self):
        return Tree(self.root)

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def expect(self, findings, *fragments):
        """One finding for each fragment, in any order, and no others."""
        findings = list(findings)
        self.assertEqual(len(findings), len(fragments), findings)
        for fragment in fragments:
            self.assertTrue(any(fragment in finding for finding in findings), (fragment, findings))


class Layers(LintTest):
    ROWS = "    row 2  oci                  images\n    row 1  net archive          ways out\n    row 0  core                 errors\n"

    def setUp(self):
        super().setUp()
        self.put("docs/architecture.md", self.ROWS)

    def test_accepts_declared_edges_downwards(self):
        self.put("src/oci/a.cc", '#include "core/error.h"\n#include "net/http.h"\n#include <net/if.h>\n')
        self.expect(layers.check(self.tree(), "core:\nnet:core\noci:core,net\n"))

    def test_finds_an_include_without_an_edge(self):
        self.put("src/net/a.cc", '#include "archive/tar.h"\n')
        self.expect(layers.check(self.tree(), "core:\nnet:core\narchive:core\n"), "src/net/a.cc:1")

    def test_finds_edges_upwards_and_within_a_row(self):
        self.expect(layers.check(self.tree(), "core:net\nnet:core,archive\n"), "core (row 0)", "net (row 1)")

    def test_finds_a_module_without_a_row(self):
        self.expect(layers.check(self.tree(), "core:\nstray:core\n"), "stray")

    def test_lets_only_tests_include_test_support(self):
        self.put("src/net/a_test.cc", '#include "support/temp_tree.h"\n')
        self.put("src/net/a.cc", '#include "support/temp_tree.h"\n')
        self.expect(layers.check(self.tree(), "net:core\n"), "src/net/a.cc:1")


class Budget(LintTest):
    LONG = "namespace a {\nint f(int x) {\n" + "  ++x;\n" * 90 + "  return x;\n}\n}\n"

    def test_finds_long_files(self):
        self.put("src/a.cc", "\n" * 401)
        self.put("src/a.h", "\n" * 151)
        self.put("src/b.cc", "\n" * 400)
        self.expect(budget.check(self.tree()), "src/a.cc", "src/a.h")

    def test_finds_long_functions_methods_and_constructors(self):
        self.put("src/a.cc", self.LONG)
        self.put("src/b.cc", "class B {\n  B() : b_(1) {\n" + "    run({1, 2});\n" * 80 + "  }\n  int b_;\n};\n")
        self.put("src/c.cc", "const int kTable[] = {\n" + "  1,\n" * 100 + "};\nint short_one() {\n  return 1;\n}\n")
        self.expect(budget.check(self.tree()), "src/a.cc:f", "src/b.cc:B")

    def test_is_not_misled_by_braces_in_text(self):
        self.put("src/a.cc", 'int f() { return g("{{{", \'{\'); }  // {\n' + "int x;\n" * 90)
        self.expect(budget.check(self.tree()))

    def test_allows_named_exceptions_and_finds_stale_ones(self):
        self.put("src/a.cc", self.LONG)
        self.expect(budget.check(self.tree(), "src/a.cc:f 100 because\n"))
        self.expect(budget.check(self.tree(), "src/a.cc:f 100 because\nsrc/gone.cc 900 old\n"), "src/gone.cc")


class Words(LintTest):
    def test_finds_unfinished_work_and_machine_paths(self):
        self.put("src/a.cc", HEAD + "// TODO: more\n// good enough for now\nauto x = \"/" "work/main/x\";\nauto y = \"/" "root/x\";\n")
        self.expect(words.check(self.tree()), "src/a.cc:2", "src/a.cc:3", "src/a.cc:4", "src/a.cc:5")

    def test_finds_names_that_say_nothing(self):
        self.put("src/core/utils.h", HEAD)
        self.put("src/helpers/x.h", HEAD)
        self.expect(words.check(self.tree()), "utils.h", "helpers")

    def test_accepts_the_paths_of_a_node(self):
        self.put("src/a.cc", HEAD + 'auto x = "/root"; auto y = root / "usr/lib"; auto z = "/var/lib/cairn/' 'work/x";\n')
        self.expect(words.check(self.tree()))


class CoAwait(LintTest):
    def test_finds_braces_and_lambdas_in_an_await(self):
        self.put("src/net/a.cc", "co_await f([s](int x) { return s; });\nco_await f({.name = x});\nco_await f(Opt{1});\n")
        self.expect(coawait.check(self.tree()), "a.cc:1", "a.cc:2", "a.cc:3")

    def test_accepts_named_values_and_blocks(self):
        self.put("src/net/a.cc", "co_await f(std::move(x));\nif (co_await g()) {\n}\nfor (auto v : co_await h()) {\n}\n")
        self.expect(coawait.check(self.tree()))

    def test_finds_coroutines_elsewhere(self):
        self.put("src/oci/a.cc", "co_await f();\n")
        self.expect(coawait.check(self.tree()), "outside src/net/")


class Headers(LintTest):
    def test_finds_missing_lines(self):
        self.put("a.h", "int x;\n")
        self.put("b.h", HEAD + "#pragma once\n")
        self.expect(headers.check(self.tree()), "a.h:1", "a.h: no #pragma")

    def test_finds_a_header_that_does_not_compile_alone(self):
        self.put("src/a.h", HEAD + "#pragma once\nstd::string name();\n")
        self.put("src/b.h", HEAD + "#pragma once\n#include <string>\nstd::string name();\n")
        self.expect(headers.check_alone(self.tree(), ["-std=c++20"]), "src/a.h")


class Format(LintTest):
    def test_finds_other_styles(self):
        self.put("a.cc", "int  main( )\n{ return 0; }\n")
        self.put("b.cc", "int main() { return 0; }\n")
        self.expect(format_lint.check(self.tree()), "a.cc:1")


class Tidy(LintTest):
    def test_finds_what_the_list_forbids_and_remembers_what_passed(self):
        shutil.copy(PROJECT / ".clang-tidy", self.root)
        self.put("src/a.cc", "int* f() { return 0; }\n")
        self.put("src/b.cc", "int* f() { return nullptr; }\n")
        self.put("compile_commands.json", "[" + ",".join(
            f'{{"directory": "{self.root}", "file": "{self.root}/src/{n}.cc", "command": "g++ -c src/{n}.cc"}}'
            for n in "ab") + "]")
        passed = set()
        self.expect(tidy.check(self.tree(), self.root, ["src/a.cc", "src/b.cc"], passed), "modernize-use-nullptr")
        self.assertEqual(len(passed), 1)


class Docs(LintTest):
    def test_finds_dead_links_and_missing_readmes(self):
        self.put("README.md", "[good](docs/a.md#part) [web](https://example.org) [bad](docs/b.md) `[code](x)` [`a`](docs/a.md)\n")
        self.put("docs/a.md", "x\n")
        self.expect(docs.check(self.tree()), "README.md:1: docs/b.md", "docs/README.md: missing")


class ErrorsPage(LintTest):
    PAGE = "| CRN-A-001 | x |\n"

    def test_finds_an_old_page_and_a_code_used_twice(self):
        self.put("docs/errors.md", self.PAGE)
        self.expect(errors_page.check(self.tree(), self.PAGE))
        self.expect(errors_page.check(self.tree(), self.PAGE + "| CRN-A-002 | y |\n"), "differs")
        self.put("docs/errors.md", self.PAGE * 2)
        self.expect(errors_page.check(self.tree(), self.PAGE * 2), "two reasons")


if __name__ == "__main__":
    sys.exit(unittest.main())

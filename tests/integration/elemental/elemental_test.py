#!/usr/bin/env python3
"""What `cairn` answers when it is called `elemental`: words, warnings and exit codes. Usage: elemental_test.py CAIRN"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CAIRN = Path(sys.argv.pop(1)).resolve()


class Elemental(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.program = self.path / "elemental"
        self.program.symlink_to(CAIRN)

    def run_it(self, *words, **variables):
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder.name, **variables}
        return subprocess.run([self.program, *words], capture_output=True, text=True, env=environment, cwd=self.path,
                              timeout=60, check=False)

    def expect(self, code, text, *words, **variables):
        result = self.run_it(*words, **variables)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stdout + result.stderr)

    def test_version_and_state(self):
        self.expect(0, "cairn ", "version")
        self.assertIn("version", json.loads(self.run_it("version", "--long").stdout))
        self.assertIn("mode", json.loads(self.run_it("state").stdout))

    def test_help(self):
        for words in ((), ("--help",), ("help",)):
            self.expect(0, "upgrade-recovery", *words)
        self.expect(0, "--overlay-rootfs", "build-iso", "--help")

    def test_an_unknown_word_names_the_nearest(self):
        self.expect(1, "did you mean upgrade?", "upgrad")
        self.expect(1, "did you mean --label?", "build-iso", "--labl", "x")

    def test_signatures_are_refused(self):
        self.expect(14, "CRN-CLI-003", "build-iso", "--cosign", "registry.example.org/os:1")
        (self.path / "manifest.yaml").write_text("cosign: true\n")
        self.expect(14, "manifest.yaml", "build-iso", "registry.example.org/os:1")

    def test_a_bad_configuration_has_its_code(self):
        (self.path / "manifest.yaml").write_text("iso: [\n")
        self.expect(26, "manifest.yaml:", "build-iso", "registry.example.org/os:1")

    def test_a_root_tree_is_built_as_there(self):
        """The command of ours runs: it looks at the folder and finds no kernel in it."""
        root = self.path / "root"
        root.mkdir()
        self.expect(48, "CRN-MED-", "build-iso", f"dir:{root}", ELEMENTAL_BUILD_NAME="os")
        self.assertEqual([one.name for one in self.path.glob("*.iso")], [])

    def test_sources_of_elemental(self):
        self.expect(20, "file: sources are not supported", "build-iso", "file:/x.squashfs")

    def test_no_effect_is_told(self):
        self.expect(48, "--bootloader-in-rootfs has no effect", "build-iso", "--bootloader-in-rootfs", f"dir:{self.path}")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`cairn build iso -f Dockerfile CONTEXT` with a real buildah: an ISO that holds what the Dockerfile says, or one clear error.

  dockerfile_test.py PROGRAM [CASE...]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
LOADERS = Path(__file__).resolve().parents[3] / "out/share/cairn/loaders"
NEEDED = ["buildah", "xorriso", "unsquashfs"]
EPOCH = "1700000000"
DOCKERFILE = """FROM scratch
COPY tree /
ARG NAME=nobody
LABEL org.opencontainers.image.title="made by $NAME"
"""


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.work = Path(tempfile.mkdtemp(prefix="cairn-dockerfile-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.work)
        self.context = self.work / "context"
        files = {"boot/vmlinuz-6.1": "kernel", "boot/initrd-6.1": "initramfs", "usr/lib/os-release": "ID=test\n",
                 "usr/lib/modules/6.1/modules.builtin": "", "etc/motd": "made from a Dockerfile\n"}
        for name, text in files.items():
            path = self.context / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.context / "Dockerfile").write_text(DOCKERFILE)

    def build(self, name, *options):
        environment = dict(os.environ, SOURCE_DATE_EPOCH=EPOCH)
        return subprocess.run([PROGRAM, "build", "iso", "-f", self.context / "Dockerfile", self.context, "-o",
                               self.work / name, "--compression", "zstd:1", "--loaders", LOADERS, *options], env=environment,
                              capture_output=True, text=True, errors="replace", timeout=300)

    def assert_built(self, name, *options):
        done = self.build(name, *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return self.work / name

    def extract(self, iso, name):
        target = self.work / "extracted"
        target.unlink(missing_ok=True)
        subprocess.run(["xorriso", "-report_about", "FATAL", "-osirrox", "on", "-indev", iso, "-extract", name, target],
                       check=True, capture_output=True)
        return target

    def images_in_storage(self):
        return subprocess.run(["buildah", "images", "--quiet"], check=True, capture_output=True, text=True).stdout.split()

    def test_iso_holds_what_the_dockerfile_says(self):
        before = self.images_in_storage()
        iso = self.assert_built("one.iso", "--build-arg", "NAME=us")
        manifest = json.loads(self.extract(iso, "/.cairn/manifest.json").read_text())
        self.assertEqual(manifest["image"]["title"], "made by us")
        root = next(file["path"] for file in manifest["files"] if file["path"].endswith(".squashfs"))
        motd = subprocess.run(["unsquashfs", "-cat", self.extract(iso, root), "etc/motd"], check=True,
                              capture_output=True, text=True).stdout
        self.assertEqual(motd, "made from a Dockerfile\n")
        self.assertEqual(self.images_in_storage(), before, "the builder's storage is the user's")

    def test_same_dockerfile_same_bytes(self):
        one, two = self.assert_built("one.iso"), self.assert_built("two.iso")
        self.assertEqual(one.read_bytes() == two.read_bytes(), True)

    def test_failing_dockerfile_leaves_nothing(self):
        with open(self.context / "Dockerfile", "a") as dockerfile:
            dockerfile.write("COPY missing /\n")
        before = self.images_in_storage()
        done = self.build("failed.iso")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("missing", done.stderr)
        self.assertRegex(done.stderr, r"CRN-\w+-\d+")
        self.assertEqual(sorted(os.listdir(self.work)), ["context"])
        self.assertEqual(self.images_in_storage(), before)


if __name__ == "__main__":
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if not LOADERS.is_dir():
        missing.append("boot loader files (make loaders)")
    if missing or PROGRAM is None or os.geteuid() != 0:
        print("needs", ", ".join(missing) or ("root" if PROGRAM else "the program as its argument"))
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")

#!/usr/bin/env python3
"""What `cairn image squashfs` and `cairn image unpack` make of an image is what umoci makes of it, name by name.

  exact_test.py PROGRAM [CASE...]

The squashfs is read back by unsquashfs and, where it may be mounted, by the kernel. Images: one made here with
everything that layers may do to each other, random ones, the Debian base if images/base/build has made it, and the OS
image that the machines of tests/vm boot.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "vm")]
import prepare  # noqa: E402
import trees  # noqa: E402
from odd_image import build, build_random  # noqa: E402

PROGRAM = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
NEEDED = ["umoci", "unsquashfs", "mount"]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn"
FULL = bool(os.environ.get("CAIRN_TEST_FULL"))
LATEST = (1 << 32) - 1  # second that an inode of squashfs can hold
SQUASHFS_XATTRS = ("user.", "trusted.", "security.")


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{command}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def in_squashfs(tree):
    """A described tree as a squashfs can hold it: times from 0 to 2^32 - 1, attributes of three kinds."""
    return {path: entry | {"mtime": min(max(entry["mtime"], 0), LATEST),
                           "xattrs": {n: v for n, v in entry["xattrs"].items() if n.startswith(SQUASHFS_XATTRS)}}
            for path, entry in tree.items()}


class Exact(unittest.TestCase):
    def setUp(self):
        self.work = Path(tempfile.mkdtemp(prefix="cairn-exact-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)

    def compare(self, spec, *compressions, correct=None):
        """Everything we make of `spec`, an oci: name, with what umoci makes of it; `correct` changes that first."""
        run("umoci", "unpack", "--image", spec.removeprefix("oci:"), self.work / "bundle")
        theirs = trees.describe(self.work / "bundle/rootfs")
        shutil.rmtree(self.work / "bundle")
        self.assertGreater(len(theirs), 20)
        if correct:
            correct(theirs)
        with self.subTest("unpack"):
            run(PROGRAM, "image", "unpack", spec, self.work / "unpacked")
            self.assert_same(trees.describe(self.work / "unpacked"), theirs)
        shutil.rmtree(self.work / "unpacked", ignore_errors=True)
        for compression in compressions:
            image = self.work / f"{compression}.squashfs"
            run(PROGRAM, "image", "squashfs", spec, image, "--compression", compression)
            with self.subTest("unsquashfs", compression=compression):
                run("unsquashfs", "-strict-errors", "-no-progress", "-d", self.work / "read", image)
                self.assert_same(trees.describe(self.work / "read"), in_squashfs(theirs))
            shutil.rmtree(self.work / "read", ignore_errors=True)
            with self.subTest("kernel", compression=compression):
                self.assert_kernel_reads(image, in_squashfs(theirs))
            image.unlink()
        return theirs

    def assert_kernel_reads(self, image, theirs):
        folder = self.work / "mounted"
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["mount", "-t", "squashfs", "-o", "loop,ro", image, folder], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"the kernel mounts no squashfs here: {done.stderr.strip()}")
        try:
            seen = trees.describe(folder)
        finally:
            run("umount", folder)
        self.assert_same(seen, theirs)

    def assert_same(self, ours, theirs):
        lines = trees.differences(ours, theirs)
        self.assertFalse(lines, "\n" + "\n".join(lines))

    def test_image_with_everything(self):
        layout = build(self.work / "odd")

        def correct(theirs):
            # Go's tar reader takes a record without a value for none; libarchive, Python and ours know empty attributes.
            theirs["attributes/several"]["xattrs"]["user.empty"] = b""

        tree = self.compare(layout.spec(), "zstd:3", "gzip:6", "none", correct=correct)
        # That umoci and we agree is worth little if both left it out.
        self.assertEqual(tree["links/kept"]["type"], tree["links/b"]["type"])
        self.assertEqual(tree["linked-across"]["same as"], tree["links/b"]["same as"])
        for path in ("usr/lib/added-through-chain", "types/largest", "many/f0", "refilled/new-before", "gone/again"):
            self.assertIn(path, tree)
        for path in ("links/hidden", "many/f1", "opaque/file", "gone/sub", "usr/lib/removed-through-link"):
            self.assertNotIn(path, tree)
        self.assertEqual(tree["attributes/capability"]["xattrs"].keys(), {"security.capability"})
        self.assertEqual(tree["modes/7777"]["mode"], 0o7777)

    def test_random_images(self):
        for seed in range(40 if FULL else 8):
            with self.subTest(seed=seed):
                layout = build_random(self.work / f"random-{seed}", seed)
                self.compare(layout.spec(), ["zstd:1", "none"][seed % 2])

    def test_debian_base(self):
        layouts = [path.parent for path in (CACHE / "base").glob("*/index.json")]
        if not layouts:
            self.skipTest(f"images/base/build has left no layout in {CACHE / 'base'}")
        newest = max(layouts, key=lambda path: path.stat().st_mtime)
        tree = self.compare(f"oci:{newest}:base", "zstd:1", *(["gzip:1"] if FULL else []))
        self.assertIn("usr/bin/dpkg", tree)

    def test_os_image(self):
        try:
            spec = prepare.prepared().image_spec
        except prepare.CannotPrepare as why:
            self.skipTest(str(why))
        self.assertIn("usr/lib/os-release", self.compare(spec, "zstd:1"))


class Comparison(unittest.TestCase):
    """That the comparison sees what it is there for."""

    def test_sees_each_kind_of_difference(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "folder").mkdir()
            (root / "file").write_text("x")
            os.link(root / "file", root / "second")
            (root / "third").write_text("x")
            before = trees.describe(root)
            self.assertEqual(trees.differences(before, trees.describe(root)), [])
            for change in (lambda: (root / "file").chmod(0o4755), lambda: os.chown(root / "file", 1, 1),
                           lambda: os.utime(root / "folder", (5, 5)), lambda: (root / "third").write_text("y"),
                           lambda: os.setxattr(root / "file", "user.a", b"1"), lambda: (root / "new").mkdir(),
                           lambda: ((root / "second").unlink(), os.link(root / "third", root / "second")),
                           lambda: ((root / "third").unlink(), (root / "third").symlink_to("file"))):
                change()
                after = trees.describe(root)
                self.assertNotEqual(trees.differences(before, after), [])
                before = after


if __name__ == "__main__":
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing or PROGRAM is None or os.geteuid() != 0:
        print("needs", ", ".join(missing) or ("root" if PROGRAM else "the program as its argument"))
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")

#!/usr/bin/env python3
"""How root trees and media are made of an image: by anybody, in bounded memory, the same bytes again, all or nothing.

  behaviour_test.py PROGRAM [CASE...]
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "bench")]
import fixture  # noqa: E402
import measure  # noqa: E402
import trees  # noqa: E402
from bad_images import bad_images, bootable  # noqa: E402
from odd_image import build  # noqa: E402

PROGRAM = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn/bench"
FULL = bool(os.environ.get("CAIRN_TEST_FULL"))
LOADERS = ROOT / "out/share/cairn/loaders"
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
MIB = 1 << 20
BLOCK = 128 * 1024
# Blocks in flight for each thread, and what each takes: as it came, as it goes, and a compressor's state.
IN_FLIGHT = 8 * 3 * BLOCK + 2 * MIB
# Calls that make, change or remove names; of openat only those that write count.
CALLS = ("openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,"
         "symlinkat,mknod,mknodat,truncate")
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|O_TRUNC")


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="cairn-behaviour-", dir="/var/tmp"))
        cls.shared.chmod(0o755)
        cls.program = cls.shared / "bin/cairn"  # where everybody may run it
        cls.program.parent.mkdir()
        shutil.copy(PROGRAM, cls.program)
        if LOADERS.is_dir():
            shutil.copytree(LOADERS, cls.shared / "share/cairn/loaders")
        cls.odd = build(cls.shared / "odd")
        cls.bootable = bootable(cls.shared / "bootable")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared)

    def setUp(self):
        self.work = Path(tempfile.mkdtemp(dir=self.shared))
        self.work.chmod(0o755)

    def commands(self, folder):
        """What writes something: pairs of words and the names that they leave in `folder`."""
        fast = ["--compression", "zstd:3"]
        commands = [(["image", "squashfs", self.odd.spec(), folder / "out.squashfs", *fast], ["out.squashfs"]),
                    (["build", "netboot", self.bootable.spec(), "-o", folder / "netboot", *fast], ["netboot"])]
        if LOADERS.is_dir():
            commands.append((["build", "iso", self.bootable.spec(), "-o", folder / "out.iso", *fast],
                             ["out.iso", "out.iso.sha256"]))
        return commands

    def cairn(self, *words, prefix=(), **how):
        return subprocess.run([*prefix, self.program, *words], capture_output=True, text=True, errors="replace",
                              timeout=600, **how)

    def assert_works(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Unprivileged(Case):
    def test_writes_nothing_but_its_output(self):
        if os.geteuid() != 0 or shutil.which("strace") is None:
            self.skipTest("needs root, to become nobody, and strace")
        for number in range(len(self.commands(self.work))):
            folder = self.work / f"{number}"
            folder.mkdir(mode=0o700)
            shutil.chown(folder, 65534, 65534)
            words, names = self.commands(folder)[number]
            with self.subTest(" ".join(words[:2])):
                self.check_writes(folder, words, names)

    def check_writes(self, folder, words, names):
        trace = self.work / "trace"
        # No TMPDIR, no home: whoever wants to write there fails.
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
        done = self.cairn(*words, prefix=["strace", "-f", "-y", "-qq", "-e", f"trace={CALLS}", "-o", trace, *NOBODY],
                          env=environment, cwd="/")
        self.assert_works(done)
        self.assertEqual(sorted(os.listdir(folder)), names)
        written = list(written_paths(trace.read_text(errors="replace")))
        self.assertTrue([path for path in written if path.startswith(f"{folder}/.")], "the trace saw the temporary file")
        allowed = (f"{folder}/", "/dev/null", "/proc/self/", "/dev/tty")
        self.assertEqual([path for path in written if not path.startswith(allowed)], [])
        # Under its final name nothing is opened for writing: it is put there whole.
        opened = [path for path in written_paths(trace.read_text(errors="replace"), opened_only=True)]
        self.assertEqual([path for path in opened if path in [f"{folder}/{name}" for name in names]], [])

    def test_sees_what_is_written(self):
        if shutil.which("strace") is None:
            self.skipTest("needs strace")
        trace = self.work / "trace"
        subprocess.run(["strace", "-f", "-y", "-qq", "-e", f"trace={CALLS}", "-o", trace, "sh", "-c",
                        "cat /dev/zero | head -c 1 >one; mkdir two; mv one two/three; ln -s x four"], cwd=self.work, check=True)
        written = set(written_paths(trace.read_text(), start=self.work))
        self.assertLessEqual({f"{self.work}/{name}" for name in ("one", "two", "two/three", "four")}, written)
        self.assertNotIn("/dev/zero", written)

    def test_unpacks_as_its_own(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to become nobody")
        folder = self.work / "own"
        folder.mkdir()
        shutil.chown(folder, 65534, 65534)
        self.assert_works(self.cairn("image", "unpack", self.odd.spec(), folder / "tree", prefix=NOBODY))
        tree = trees.describe(folder / "tree")
        self.assertEqual({(entry["uid"], entry["gid"]) for entry in tree.values()}, {(65534, 65534)})
        self.assertNotIn("types/null", tree)
        self.assertEqual(tree["twice/file"]["mode"], 0o640)

    def test_memory_does_not_grow_with_the_tree(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        layout = fixture.prepare(CACHE, quick=not FULL)
        for threads in (1, 2):
            cost = measure.run([self.program, "image", "squashfs", f"oci:{layout}:{fixture.TAG}", self.work / "out",
                                "--compression", "zstd:3", "--threads", str(threads)], self.work / "log")
            print(f"\n{layout.name}, {threads} threads: {cost.memory / MIB:.1f} MiB, {cost.wall:.1f} s", flush=True)
            self.assertLessEqual(cost.memory, 64 * MIB + threads * IN_FLIGHT)


def written_paths(trace, opened_only=False, start="/"):
    """Absolute paths that traced calls write to; calls that failed left nothing. `start` is where the program began."""
    for line in trace.splitlines():
        call = re.match(r"\d+\s+(\w+)\((.*)\)\s+= (-?\d+)", line)
        if not call or call[3].startswith("-"):
            continue
        name, arguments = call[1], call[2]
        if name in ("openat", "open") and not WRITES.search(arguments) or opened_only and name not in ("openat", "open"):
            continue
        # Each quoted word is a path, below the folder that stands before it: AT_FDCWD</cwd>, "name" or 5</dir>, "name".
        paths = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments)
        for folder, path in paths[name.startswith("symlink"):]:  # the first of a symlink is only its text
            yield os.path.normpath(os.path.join(folder or start, path))


class Reproducible(Case):
    def test_same_bytes_from_another_place_time_and_number_of_threads(self):
        digests = []
        for number, (threads, zone, mask) in enumerate(((1, "UTC", 0o022), (2, "Asia/Tokyo", 0o077))):
            folder = self.work / f"deep/er{'r' * number}/place{number}"
            folder.mkdir(parents=True)
            copy = folder / "images"
            shutil.copytree(self.shared, copy, ignore=shutil.ignore_patterns("tmp*", "bin", "share"))
            here = {}
            for words, names in self.commands(folder):
                words = [str(word).replace(f"oci:{self.shared}", f"oci:{copy}") for word in words]
                done = self.cairn(*words, "--threads", str(threads), cwd=folder, umask=mask,
                                  env=dict(os.environ, TZ=zone, LC_ALL="C", HOME=str(folder)))
                self.assert_works(done)
                for path in (p for name in names for p in [folder / name, *(folder / name).rglob("*")] if p.is_file()):
                    here[str(path.relative_to(folder))] = file_digest(path)
            digests.append(here)
            time.sleep(1.1)  # another second
        self.assertEqual(digests[0], digests[1])
        self.assertGreaterEqual(len(digests[0]), 6)

    def test_same_bytes_of_a_larger_tree(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        layout = fixture.prepare(CACHE, quick=True)
        digests = set()
        for threads in (1, 2, 5):
            out = self.work / f"{threads}.squashfs"
            self.assert_works(self.cairn("image", "squashfs", f"oci:{layout}:{fixture.TAG}", out, "--compression", "zstd:1",
                                         "--threads", str(threads)))
            digests.add(file_digest(out))
        self.assertEqual(len(digests), 1)


class Interrupted(Case):
    def test_leaves_nothing(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        spec = f"oci:{fixture.prepare(CACHE, quick=True)}:{fixture.TAG}"
        slow = ["--compression", "zstd:19", "--threads", "1"]
        commands = [["image", "squashfs", spec, self.work / "out", *slow], ["image", "unpack", spec, self.work / "out"],
                    ["build", "netboot", spec, "-o", self.work / "out", *slow]]
        if LOADERS.is_dir():
            commands.append(["build", "iso", spec, "-o", self.work / "out", *slow])
        for words in commands:
            for sent in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(" ".join(words[:2]), signal=sent.name):
                    self.interrupt(words, sent)

    def interrupt(self, words, sent):
        process = subprocess.Popen([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while self.bytes_written() < 100_000:  # it is in the middle of its work
            self.assertIsNone(process.poll(), "it ended before it was stopped")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.send_signal(sent)
        asked = time.monotonic()
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, said)
        self.assertLess(time.monotonic() - asked, 20)
        self.assertIn("CRN-SYS-001", said)
        self.assertEqual(os.listdir(self.work), [])

    def bytes_written(self):
        total = 0
        for folder, _, files in os.walk(self.work):
            for name in files:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    pass  # renamed meanwhile
        return total


class BadInput(Case):
    def test_each_gives_one_clear_sentence_and_no_file(self):
        for bad in bad_images(self.shared / "bad"):
            verbs = [["build", "netboot", bad.spec, "-o", self.work / "out"]]
            if LOADERS.is_dir():
                verbs.append(["build", "iso", bad.spec, "-o", self.work / "out"])
            if not bad.only_media:
                verbs += [["image", "squashfs", bad.spec, self.work / "out"],
                          ["image", "unpack", bad.spec, self.work / "out"]]
            for words in verbs:
                with self.subTest(bad.name, command=" ".join(words[:2])):
                    done = self.cairn(*words, "--cache-dir", self.shared / "cache")
                    self.assert_refused(done, bad.status, bad.code, bad.says)
                    self.assertEqual(os.listdir(self.work), [])
                    for path in list(self.work.iterdir()):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def assert_refused(self, done, status, code, says):
        self.assertEqual(done.returncode, status, done.stderr)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("cairn: warning: ")]
        self.assertEqual([line.partition(": ")[0] for line in lines], ["cairn", "  code", "  remedy"], done.stderr)
        self.assertIn(f"  code:   {code}\n", done.stderr)
        self.assertIn(says, done.stderr)
        self.assertTrue(done.stderr.isascii() and len(lines[0]) < 600, done.stderr)

    def test_what_was_there_stays(self):
        bad = next(iter(bad_images(self.shared / "bad-again")))
        out = self.work / "out"
        out.write_text("what was there")
        self.cairn("image", "squashfs", bad.spec, out)
        self.assertEqual(out.read_text(), "what was there")
        folder = self.work / "folder"
        folder.mkdir()
        (folder / "mine").write_text("x")
        done = self.cairn("image", "unpack", self.odd.spec(), folder)
        self.assert_refused(done, 5, "CRN-FS-004", "is not empty")
        self.assertEqual(os.listdir(folder), ["mine"])

    def test_full_disk(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small file system")
        CACHE.mkdir(parents=True, exist_ok=True)
        spec = f"oci:{fixture.prepare(CACHE, quick=True)}:{fixture.TAG}"
        small = self.work / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], capture_output=True).returncode != 0:
            self.skipTest("mount is not allowed here")
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        for words in (["image", "squashfs", spec, small / "out", "--compression", "zstd:1"],
                      ["image", "unpack", spec, small / "out"],
                      ["build", "netboot", spec, "-o", small / "out", "--compression", "zstd:1"]):
            with self.subTest(" ".join(words[:2])):
                self.assert_refused(self.cairn(*words), 8, "CRN-SYS-004", "No space left")
                self.assertEqual(os.listdir(small), [])


if __name__ == "__main__":
    if PROGRAM is None:
        print("needs the program as its argument")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")

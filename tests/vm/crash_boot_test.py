#!/usr/bin/env python3
"""Disks as power cuts leave them, by the model, put to the real loader: it must start what the boot oracle says.

`crash_boot_test.py LOADER_FILES CRASH_TEST ["FLOW end=.. .."...]`; CAIRN_TEST_FULL=1 for all that are listed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from console import ConsoleError  # noqa: E402
from loader_disk import LoaderDisk  # noqa: E402
from loader_test import LOADERS, LOGS, SAID, START_SECONDS  # noqa: E402
from machine import Disk, Machine, MachineError, Spec, missing_programs  # noqa: E402

ALL = "f" * 16
LINES = [
    f"install end=40 journal=1 sectors={ALL} metadata={ALL}",   # recovery is there, the boot state is not
    f"install end=65 journal=2 sectors=3 metadata={ALL}",       # the first boot state is garbage
    "upgrade end=1 journal=0 sectors=3 metadata=0",             # one copy is garbage
    "upgrade end=9 journal=2 sectors=0 metadata=7d0",           # an old snapshot is being removed
    "upgrade end=38 journal=2 sectors=3e8 metadata=7d1",        # the new one is named but not home
    "upgrade end=41 journal=0 sectors=0 metadata=0",            # the commit is not on the disk
    f"upgrade end=41 journal=0 sectors={ALL} metadata=0",       # it is
    "upgrade-after-rollback end=41 journal=0 sectors=3 metadata=0",
    f"fallback end=12 journal=1 sectors={ALL} metadata=7d2",
    "reset end=2 journal=0 sectors=0 metadata=0",               # the state partition is empty
    "reset end=33 journal=2 sectors=3 metadata=7d0",
    f"request end=2 journal=0 sectors={ALL} metadata=0",
]


def compare(path, starts, image, log):
    """Starts the disk; an empty text if the loader does what the oracle says."""
    spec = Spec(memory_mib=256, cpus=1, disks=(Disk(path),), reboots=False)
    with Machine(spec, log) as machine:
        if starts == "nothing":
            machine.console.wait_for("Nothing on this disk starts", START_SECONDS, unless=SAID.pattern)
            return ""
        said = machine.console.wait_for(SAID.pattern, START_SECONDS, unless="Nothing on this disk starts")
    kernel, initrd, words = said.groups()
    mode, number, *fallback = starts.split()
    wanted = [f"cairn.snapshot={number}", f"cairn.mode={mode}", f"image={image}"] + (["cairn.fallback=1"] if fallback else [])
    good = kernel == initrd == image and set(wanted) <= set(words.split()) and bool(fallback) == ("cairn.fallback=1" in words)
    return "" if good else f"the oracle says {starts} with {image}, the loader started {kernel} with {words}"


def run_line(disk, crash_test, line, log):
    """An empty text if the loader agrees with the oracle."""
    with tempfile.TemporaryDirectory(dir=disk.folder) as trees:
        told = subprocess.run([crash_test, "--export", trees, line], check=True, capture_output=True, text=True)
        starts, image = told.stdout.splitlines()
        path = disk.make_from_trees(disk.folder / "disk.img", Path(trees))
    return compare(path, starts, image, log)


def main(arguments):
    lines = arguments[2:] or (LINES if os.environ.get("CAIRN_TEST_FULL") else LINES[2:4])
    if missing := missing_programs(Spec()):
        print(missing)
        return 77
    LOGS.mkdir(parents=True, exist_ok=True)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="cairn-loader-") as folder:
        disk = LoaderDisk(folder, LOADERS, arguments[0])
        for number, line in enumerate(lines):
            try:
                wrong = run_line(disk, arguments[1], line, LOGS / f"crash-{number}.log")
            except (ConsoleError, MachineError) as error:
                wrong = str(error)
            failures += bool(wrong)
            print(f"FAILED  {line}: {wrong}" if wrong else f"ok      {line}", flush=True)
    print(f"{len(lines) - failures} of {len(lines)} disks were started as the oracle said")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

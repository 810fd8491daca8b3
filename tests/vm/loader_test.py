#!/usr/bin/env python3
"""The real loader on disks in every boot state: which snapshot it starts, with which words, and what it writes.

The kernels are markers, so a start takes a second. The cases (tests/data/loader_cases.json) drive the boot oracle, too.
`loader_test.py LOADER_FILES [CASE...]` runs some; CAIRN_TEST_FULL=1 runs those that are not core, and all under UEFI as well.
"""

import functools
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from console import ConsoleError  # noqa: E402
from loader_disk import ESP_GUID, LoaderDisk, read_copy, read_esp_file  # noqa: E402
from machine import Disk, Machine, MachineError, Spec, missing_programs  # noqa: E402

LOADERS = ROOT / "out/share/cairn/loaders"
LOGS = ROOT / "out/test/loader"
START_SECONDS = 60
SAID = re.compile(r"kernel=(\S*) initrd=(\S*) words=(.*) end")


class Wrong(Exception):
    """The loader did something else than it should."""


def copy_bytes(disk, copy):
    """A copy of the boot state as a case describes it."""
    if copy is None:
        return None
    if copy == "empty":
        return b""
    if copy == "zeros":
        return bytes(1024)
    if copy == "torn":  # the first half of a write: the end does not repeat the sequence
        before, after = disk.text("bootstate", 3, 1, "", 0, "good", 1, ""), disk.text("bootstate", 5, 3, "", 0, "good", 1, "")
        return after[:40] + before[40:]
    return disk.text("bootstate", *copy)


def wanted_words(starts):
    mode, number, *flags = starts.split()
    place = "recovery" if mode == "recovery" else "state"
    words = [f"cairn.disk={ESP_GUID}", f"cairn.snapshot={number}", f"cairn.mode={mode}"]
    words += ["cairn.fallback=1"] if flags == ["fallback"] else []
    return place + number, words + [f"of={place}{number}"]


def check_start(machine, starts):
    if starts == "nothing":
        machine.console.wait_for("Nothing on this disk starts", START_SECONDS, unless=SAID.pattern)
        return
    said = machine.console.wait_for(SAID.pattern, START_SECONDS, unless="Nothing on this disk starts")
    kernel, initrd, words = said.groups()
    tag, wanted = wanted_words(starts)
    # GRUB puts BOOT_IMAGE=... in front.
    if kernel != tag or initrd != tag or words.split()[1:] != wanted:
        raise Wrong(f"started {kernel} with {initrd} and {words!r} instead of {tag} with {wanted}")


def run_case(disk, case, firmware, log):
    copies = {name: copy_bytes(disk, case[name]) for name in "ab"}
    image = disk.make(disk.folder / "disk.img", copies, case["state"], case["recovery"])
    spec = Spec(memory_mib=256, cpus=1, firmware=firmware, disks=(Disk(image, keep_writes=True),), reboots=False)
    with Machine(spec, log) as machine:
        check_start(machine, case["starts"])
    for name in "ab":
        after = case.get("after", {}).get(name)
        wanted = copies[name] if after is None else copy_bytes(disk, after)
        if read_copy(image, name) != wanted:
            raise Wrong(f"bootstate.{name} is afterwards {read_copy(image, name)!r} instead of {wanted!r}")


def run_twins(disk, firmware, log):
    """Two byte copies: each start marks the disk that it is from with what no other has, and tells the kernel."""
    good = {name: disk.text("bootstate", seq, 1, "", 0, "good", 1, "") for name, seq in (("a", 1), ("b", 2))}
    first = disk.make(disk.folder / "first.img", good, {1: []}, {1: []})
    second = disk.folder / "second.img"
    fresh = disk.folder / "fresh.img"
    shutil.copy(first, second)
    shutil.copy(first, fresh)
    for booted, mark in ((1, "1"), (0, "2"), (1, "1"), (0, "2"), (None, None), (0, "2")):
        if booted is None:  # another copy, without a mark: the one that the first disk has stays its own
            shutil.copy(fresh, second)
            continue
        spec = Spec(memory_mib=256, cpus=1, firmware=firmware, boot_disk=booted, reboots=False,
                    disks=(Disk(first, keep_writes=True), Disk(second, keep_writes=True)))
        with Machine(spec, log) as machine:
            words = machine.console.wait_for(SAID.pattern, START_SECONDS, unless="Nothing on this disk starts").group(3)
        if f"cairn.twin={mark}" not in words.split():
            raise Wrong(f"the words are {words!r} without cairn.twin={mark}")
        written = read_esp_file((first, second)[booted], "twin")
        if f"\nmark={mark}\n".encode() not in written:
            raise Wrong(f"the disk that was booted has the mark {written!r}")


def main(arguments):
    full = bool(os.environ.get("CAIRN_TEST_FULL"))
    if missing := missing_programs(Spec(firmware="uefi")):
        print(missing)
        return 77
    cases = json.loads((ROOT / "tests/data/loader_cases.json").read_text())
    cases = [case for case in cases if case["name"] in arguments[1:] or (not arguments[1:] and (full or case["core"]))]
    # Firmware makes no difference to the menu but for how the loader finds its disk: one case shows that.
    runs = [(case, firmware) for case in cases for firmware in ("bios", "uefi") if firmware == "bios" or full or case["name"] == "trying"]
    if "twins" in arguments[1:] or not arguments[1:]:
        runs += [({"name": "twins"}, firmware) for firmware in (("bios", "uefi") if full else ("bios",))]
    LOGS.mkdir(parents=True, exist_ok=True)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="cairn-loader-") as folder:
        disk = LoaderDisk(folder, LOADERS, arguments[0])
        for case, firmware in runs:
            log = LOGS / f"{case['name']}-{firmware}.log"
            play = run_twins if case["name"] == "twins" else functools.partial(run_case, case=case)
            try:
                try:
                    play(disk, firmware=firmware, log=log)
                except ConsoleError:
                    # Under TCG on a busy computer UEFI firmware hangs at times before its first word. That is not the loader.
                    if log.read_text().strip():
                        raise
                    print(f"again   {case['name']} {firmware}: the firmware said nothing", flush=True)
                    play(disk, firmware=firmware, log=log)
                print(f"ok      {case['name']} {firmware}", flush=True)
            except (Wrong, ConsoleError, MachineError) as error:
                failures += 1
                print(f"FAILED  {case['name']} {firmware}: {error} (see {log})", flush=True)
    print(f"{len(runs) - failures} of {len(runs)} starts were right")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

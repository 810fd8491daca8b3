#!/usr/bin/env python3
"""Images on disks that are larger than they are: the machine makes use of all of its disk by itself.

`grow_test.py [CASE...]` runs some; CAIRN_TEST_FULL=1 runs those that are not core, too.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from boot_test import BOOT_SECONDS, LOGS, PANIC, STATUS_SECONDS, Wrong
from prepare import CAIRN, FAST, CannotPrepare, prepared, run
from console import ConsoleError
from machine import Disk, Machine, MachineError, Spec, missing_programs

DISK_BYTES = 6 << 30
LOGIN = r"^.*login:"
ERROR = f"{PANIC}|cairn: error.*"
MIB = 1 << 20


def image(system, folder, *options):
    """A disk image of the prepared system, and its partition table."""
    path = folder / "disk.img"
    run(CAIRN, "build", "disk", system.image_spec, *FAST, *options, "-o", path)
    return path, table(path)


def table(disk):
    """The partitions by name, and that both copies of the table are whole."""
    verified = subprocess.run(["sgdisk", "--verify", disk], check=True, capture_output=True, text=True).stdout
    if "No problems found" not in verified:
        raise Wrong(f"sgdisk --verify says: {verified.strip()}")
    listed = json.loads(subprocess.run(["sfdisk", "--json", disk], check=True, capture_output=True, text=True).stdout)
    return {part["name"]: part for part in listed["partitiontable"]["partitions"]}


def boot(disk, name, check, firmware="bios"):
    """Starts a machine from the disk, which keeps what it writes."""
    spec = Spec(disks=(Disk(disk, keep_writes=True),), firmware=firmware)
    with Machine(spec, LOGS / name / "console.log", name=name) as machine:
        check(machine)


def wait_for_all(machine, *patterns):
    """Waits until the console has said all these, in any order, since what was waited for before."""
    orders = "|".join("(?:.|\n)*".join(order) for order in itertools.permutations(patterns))
    machine.console.wait_for(orders, BOOT_SECONDS, unless=ERROR)


def require_active(machine, system, snapshot, *said):
    """The login prompt of the installed system, what its status says, and what else the console is to say."""
    wait_for_all(machine, LOGIN, *said)
    status = machine.console.wait_for_object(["mode", "image"], STATUS_SECONDS)
    found = (status["mode"], (status["image"] or {}).get("digest"), (status["installed"] or {}).get("snapshot"))
    if found != ("active", system.image["digest"], snapshot):
        raise Wrong(f"the machine says that it runs {found}; see {machine.log}")


def require_same(before, after, *names):
    for name in names:
        if {key: before[name][key] for key in ("node", "start", "uuid")} != \
           {key: after[name][key] for key in ("node", "start", "uuid")}:
            raise Wrong(f"{name} was {before[name]} and is {after[name]}")


def require_file_system(disk, part):
    """The partition's ext4 fills the partition."""
    where = f"{disk}?offset={part['start'] * 512}"
    said = subprocess.run(["dumpe2fs", "-h", where], check=True, capture_output=True, text=True).stdout
    values = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    size = int(values["Block count"]) * int(values["Block size"])
    # resize2fs leaves out a last block group that would hardly hold its own tables.
    if not 0 <= part["size"] * 512 - size < 8 * MIB:
        raise Wrong(f"the file system of {part['name']} has {size} bytes, the partition {part['size'] * 512}")


def image_that_grows(system, folder):
    """Recovery makes the rest of the disk and the system on it, then the machine starts from that."""
    disk, before = image(system, folder, "--grow")
    if set(before) != {"bios", "efi", "oem", "recovery"}:
        raise Wrong(f"the image has {', '.join(before)}")
    os.truncate(disk, DISK_BYTES)

    def check(machine):
        machine.console.wait_for(r"Starting snapshot 1 \(recovery\)", BOOT_SECONDS)
        machine.console.wait_for("this machine is as it was when it was installed", BOOT_SECONDS, unless=ERROR)
        machine.console.wait_for(r"Starting snapshot 2 \(active\)", BOOT_SECONDS, unless=ERROR)
        wait_for_all(machine, LOGIN, "the file system of recovery has")

    boot(disk, "image-that-grows", check)
    after = table(disk)
    require_same(before, after, *before)
    if set(after) != {*before, "state", "persistent"}:
        raise Wrong(f"the disk has {', '.join(after)}")
    end = (after["persistent"]["start"] + after["persistent"]["size"]) * 512
    if end != DISK_BYTES - MIB:
        raise Wrong(f"persistent ends at {end}")
    require_file_system(disk, after["recovery"])
    # Started again it is what it was.
    boot(disk, "image-that-grew", lambda machine: require_active(machine, system, 2))
    if table(disk) != after:
        raise Wrong("the second start changed the partitions")


def image_on_a_small_disk(system, folder):
    """The disk has no room for what is missing: the console says so, and the machine stays in recovery."""
    disk, before = image(system, folder, "--grow")
    os.truncate(disk, disk.stat().st_size + 200 * MIB)

    def check(machine):
        machine.console.wait_for(r"cairn: error: .*are needed", BOOT_SECONDS, unless=PANIC)
        machine.console.wait_for(r"CRN-DSK-005", STATUS_SECONDS)

    boot(disk, "image-on-a-small-disk", check, firmware="uefi")
    listed = json.loads(subprocess.run(["sfdisk", "--json", disk], check=True, capture_output=True, text=True).stdout)
    if len(listed["partitiontable"]["partitions"]) != len(before):
        raise Wrong("partitions were added all the same")


def whole_image_on_a_larger_disk(system, folder):
    """Everything is there: persistent gets what the disk has more than the image."""
    disk, before = image(system, folder)
    os.truncate(disk, DISK_BYTES)
    grew = "the file system of persistent has"
    boot(disk, "whole-image", lambda machine: require_active(machine, system, 1, grew), firmware="uefi")
    after = table(disk)
    require_same(before, after, *before)
    if after["persistent"]["size"] * 512 < DISK_BYTES - disk_used(before) - 2 * MIB:
        raise Wrong(f"persistent has only {after['persistent']['size'] * 512} bytes")
    require_file_system(disk, after["persistent"])


def disk_used(partitions):
    return partitions["persistent"]["start"] * 512


CASES = {  # name -> (whether it is core, what it does)
    "image-that-grows": (True, image_that_grows),
    "small-disk": (False, image_on_a_small_disk),
    "whole-image": (False, whole_image_on_a_larger_disk),
}


def main(names):
    if unknown := set(names) - set(CASES):
        sys.exit(f"grow_test.py: no case {', '.join(unknown)}; there are: {', '.join(CASES)}")
    chosen = names or [name for name, (core, _) in CASES.items() if core or os.environ.get("CAIRN_TEST_FULL")]
    if missing := missing_programs(Spec(firmware="uefi")):
        print(f"skipped: {missing}")
        return 77
    try:
        system = prepared()
    except CannotPrepare as error:
        print(f"skipped: {error}")
        return 77
    failures = 0
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="cairn-grow-") as folder:
            try:
                CASES[name][1](system, Path(folder))
                print(f"ok      {name}", flush=True)
            except (ConsoleError, MachineError, Wrong, subprocess.CalledProcessError) as error:
                failures += 1
                print(f"FAILED  {name}: {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

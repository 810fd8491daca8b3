#!/usr/bin/env python3
"""Images on disks that are larger than they are: the machine makes use of all of its disk by itself.

`grow_test.py [CASE...]` runs some; CAIRN_TEST_FULL=1 runs those that are not core, too.
"""

import itertools
import os
import subprocess
import tempfile
from pathlib import Path

import cases
from boot_test import BOOT_SECONDS, LOGS, PANIC, STATUS_SECONDS
from cases import Case, Wrong
from node_disk import sfdisk_table
from prepare import CAIRN, FAST, run
from machine import Disk, Machine, Spec

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
    return sfdisk_table(disk)


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
    if len(sfdisk_table(disk)) != len(before):
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


CASES = [
    Case("image-that-grows", True, image_that_grows),
    Case("small-disk", False, image_on_a_small_disk),
    Case("whole-image", False, whole_image_on_a_larger_disk),
]


def run_case(case, system):
    with tempfile.TemporaryDirectory(prefix="cairn-grow-") as folder:
        return cases.play(case, LOGS / case.name, lambda: case.play(system, Path(folder)))


if __name__ == "__main__":
    cases.main(CASES, LOGS, lambda chosen, system, _: all([run_case(case, system) for case in chosen]))

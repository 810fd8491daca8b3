#!/usr/bin/env python3
"""A machine that was started from the network installs itself on an empty disk, and starts from that.

Takes minutes: only with CAIRN_TEST_FULL=1.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired

from boot_test import BOOT_SECONDS, LOGS, PANIC, STATUS_SECONDS, Wrong
from prepare import CAIRN, FAST, CannotPrepare, prepared, run
from console import ConsoleError
from machine import Disk, Machine, MachineError, Spec, missing_programs

DISK_BYTES = 6 << 30
WORDS = "cairn.install=auto cairn.install.then=poweroff"
CONFIG = "name: site\nstages:\n  boot:\n    - name: nothing\n"


def install(system, folder):
    """The disk, installed by a machine that has nothing else than what came over the network."""
    config = folder / "site.yaml"
    config.write_text(CONFIG)
    run(CAIRN, "build", "netboot", system.image_spec, *FAST, "--cloud-config", config, "--append", WORDS, "-o", folder / "set")
    disk = folder / "disk.img"
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    words = json.loads((folder / "set/manifest.json").read_text())["cmdline"]
    spec = Spec(memory_mib=2048, kernel=folder / "set/vmlinuz", initrd=folder / "set/initrd", append=" ".join(words),
                disks=(Disk(disk, keep_writes=True),), reboots=False)
    with Machine(spec, LOGS / "netboot-install/console.log") as machine:
        machine.console.wait_for(r"is installed on /dev/\w+", 2 * BOOT_SECONDS, unless=f"{PANIC}|cairn: error.*")
        machine.wait_for_end(BOOT_SECONDS)
    return disk


def check_configuration(disk):
    """What was in the set is in the installed system's configuration."""
    listed = json.loads(subprocess.run(["sfdisk", "--json", disk], check=True, capture_output=True, text=True).stdout)
    oem = next(part for part in listed["partitiontable"]["partitions"] if part["name"] == "oem")
    found = subprocess.run(["debugfs", "-R", "cat /90_custom.yaml", f"{disk}?offset={oem['start'] * 512}"], check=True,
                           capture_output=True, text=True).stdout
    if found != CONFIG:
        raise Wrong(f"the configuration in the installed system is {found!r}")


def check_start(system, disk):
    spec = Spec(disks=(Disk(disk),))
    with Machine(spec, LOGS / "netboot-installed/console.log") as machine:
        machine.console.wait_for(r"^.*login:", BOOT_SECONDS, unless=PANIC)
        status = machine.console.wait_for_object(["mode", "image"], STATUS_SECONDS)
    found = (status["mode"], (status["image"] or {}).get("digest"))
    if found != ("active", system.image["digest"]):
        raise Wrong(f"the installed machine says that it runs {found}")


def main():
    if not os.environ.get("CAIRN_TEST_FULL"):
        print("skipped: only with CAIRN_TEST_FULL=1")
        return 77
    if missing := missing_programs(Spec()):
        print(f"skipped: {missing}")
        return 77
    try:
        system = prepared()
        with tempfile.TemporaryDirectory(prefix="cairn-netboot-") as folder:
            disk = install(system, Path(folder))
            check_configuration(disk)
            check_start(system, disk)
    except CannotPrepare as error:
        print(f"skipped: {error}")
        return 77
    except (ConsoleError, MachineError, Wrong, CalledProcessError, TimeoutExpired) as error:
        print(f"FAILED  {error}")
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())

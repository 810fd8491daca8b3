"""A machine that was started from the network installs itself on an empty disk, and starts from that."""

import json
import subprocess
import tempfile
from pathlib import Path

import node_disk
from boot_test import BOOT_SECONDS, PANIC, STATUS_SECONDS
from cases import Wrong
from prepare import CAIRN, FAST, run
from machine import Disk, Machine, Spec

DISK_BYTES = 6 << 30
WORDS = "cairn.install=auto cairn.install.then=poweroff"
CONFIG = "name: site\nstages:\n  boot:\n    - name: nothing\n"


def install(system, folder, log):
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
    with Machine(spec, log) as machine:
        machine.console.wait_for(r"is installed on /dev/\w+", 2 * BOOT_SECONDS, unless=f"{PANIC}|cairn: error.*")
        machine.wait_for_end(BOOT_SECONDS)
    return disk


def check_configuration(disk):
    """What was in the set is in the installed system's configuration."""
    oem = node_disk.sfdisk_table(disk)["oem"]
    found = subprocess.run(["debugfs", "-R", "cat /90_custom.yaml", f"{disk}?offset={oem['start'] * 512}"], check=True,
                           capture_output=True, text=True).stdout
    if found != CONFIG:
        raise Wrong(f"the configuration in the installed system is {found!r}")


def check_start(system, disk, log):
    spec = Spec(disks=(Disk(disk),))
    with Machine(spec, log) as machine:
        machine.console.wait_for(r"^.*login:", BOOT_SECONDS, unless=PANIC)
        status = machine.console.wait_for_object(["mode", "image"], STATUS_SECONDS)
    found = (status["mode"], (status["image"] or {}).get("digest"))
    if found != ("active", system.image["digest"]):
        raise Wrong(f"the installed machine says that it runs {found}")


def play(bench):
    with tempfile.TemporaryDirectory(prefix="cairn-netboot-") as folder:
        disk = install(bench.system, Path(folder), bench.log())
        check_configuration(disk)
        check_start(bench.system, disk, bench.log())

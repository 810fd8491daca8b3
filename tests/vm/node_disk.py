"""Disks of installed machines: made once by a real install, then given to each case as an overlay; and looked at from outside."""

import json
import struct
import subprocess
import tempfile
from pathlib import Path

from prepare import CAIRN, FAST, cache_folder, locked, run
from console import ConsoleError
from machine import Disk, Machine, Spec

DISK_SIZE = "6G"
SECTOR, MIB = 512, 1 << 20
QEMU_IO_MAX = 1 << 30  # bytes of one request
INSTALL_SECONDS = 1800
INSTALL_MEMORY = 1024
PANIC = r"Kernel panic.*"
# A shell on the serial line, in every mode of the machine, for whoever holds its other end. It is configuration as any other
# and lies on COS_OEM, so that the system itself is the one that was built.
SHELL = """name: console
stages:
  initramfs:
  - name: a shell on the serial line
    files:
    - path: /run/systemd/system/serial-getty@ttyS0.service.d/shell.conf
      content: |
        [Service]
        ExecStart=
        ExecStart=-/sbin/agetty --autologin root --keep-baud 115200 %I vt100
"""


def qemu_img(*argv):
    return subprocess.run(["qemu-img", *map(str, argv)], check=True, stdout=subprocess.PIPE, text=True).stdout


def install_iso(system):
    """A medium that installs itself on the only disk, with the shell, and switches the machine off."""
    iso = system.folder / "install.iso"
    if not iso.exists():
        config, made = system.folder / "shell.yaml", system.folder / ".install.iso"
        config.write_text(SHELL)
        run(CAIRN, "build", "iso", system.image_spec, *FAST, "--cloud-config", config, "--append",
            "cairn.install=auto cairn.install.then=poweroff", "-o", made)
        made.rename(iso)
    return iso


def install(system, firmware, disk, log):
    """Lets a machine install itself on a new disk; seconds until it switched itself off."""
    disk.unlink(missing_ok=True)
    qemu_img("create", "-q", "-f", "qcow2", disk, DISK_SIZE)
    spec = Spec(memory_mib=INSTALL_MEMORY, firmware=firmware, cdrom=install_iso(system), reboots=False,
                disks=(Disk(disk, format="qcow2", keep_writes=True),))
    with Machine(spec, log, name=f"{firmware} install") as machine:
        machine.console.wait_for(r"is installed on /dev/\w+", INSTALL_SECONDS, unless=f"{PANIC}|cairn: error.*")
        if machine.wait_for_end(INSTALL_SECONDS) != 0:
            raise ConsoleError(f"{firmware} install: the machine did not switch itself off; see {log}")
        return machine.seconds


def installed_disk(system, firmware, log):
    """(the disk that a machine with this firmware installed, which nobody writes to; seconds that took, 0 if it was there)."""
    disk = system.folder / f"installed-{firmware}.qcow2"
    with locked(cache_folder()):
        if disk.exists():
            return disk, 0
        made = disk.with_name(f".{disk.name}")
        seconds = install(system, firmware, made, log)
        made.rename(disk)
        return disk, seconds


def overlay(base, path):
    """A disk that is `base` with the writes of one case over it."""
    path.unlink(missing_ok=True)
    qemu_img("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", Path(base).resolve(), path)
    return path


def read_part(disk, offset, size, target):
    """Bytes of the disk into a file."""
    qemu_img("convert", "--image-opts", "-O", "raw",
             f"driver=raw,offset={offset},size={size},file.driver=qcow2,file.file.filename={disk}", target)


def write_part(disk, offset, size, *what):
    """Bytes onto the disk: `-z` zeros, `-s FILE` that file."""
    words = " ".join(map(str, ("write", "-q", *what, offset, size)))
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", words, str(disk)], check=True, stdout=subprocess.DEVNULL)


def partitions(disk):
    """{name: (offset, size)} in bytes, out of the GPT."""
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder) / "head"
        read_part(disk, 0, MIB, head)
        table = head.read_bytes()
    found = {}
    for at in range(2 * SECTOR, 34 * SECTOR, 128):
        first, last = struct.unpack_from("<QQ", table, at + 32)
        if first:
            found[table[at + 56:at + 128].decode("utf-16-le").rstrip("\0")] = (first * SECTOR, (last + 1 - first) * SECTOR)
    return found


def sfdisk_table(disk):
    """{name: partition as sfdisk --json shows it, in sectors} of a raw image."""
    listed = json.loads(subprocess.run(["sfdisk", "--json", disk], check=True, capture_output=True, text=True).stdout)
    return {part["name"]: part for part in listed["partitiontable"]["partitions"]}


def wipe(disk, name):
    """Zeros over the whole partition."""
    offset, size = partitions(disk)[name]
    for at in range(offset, offset + size, QEMU_IO_MAX):
        write_part(disk, at, min(QEMU_IO_MAX, offset + size - at), "-z")


def put_oem_file(disk, name, text):
    """A file on COS_OEM."""
    place = partitions(disk)["oem"]
    with tempfile.TemporaryDirectory() as folder:
        volume, content = Path(folder) / "oem", Path(folder) / "content"
        read_part(disk, *place, volume)
        content.write_text(text)
        subprocess.run(["debugfs", "-w", "-R", f"write {content} {name}", volume], check=True, capture_output=True)
        write_part(disk, *place, "-s", volume)

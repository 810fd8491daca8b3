"""Small disks as `cairn install` makes them, for the loader: BIOS and UEFI parts, boot state, snapshots of marker kernels."""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

from marker_kernel import marker_kernel

MIB = 1 << 20
# number: (first MiB, MiB, type, name)
PARTITIONS = {1: (1, 1, "ef02", "bios"), 2: (2, 8, "ef00", "grub"), 3: (10, 1, "8300", "oem"),
              4: (11, 6, "8300", "recovery"), 5: (17, 12, "8300", "state")}
DISK_MIB = 30
ESP_GUID = "5e5b1b3c-0d2a-4c53-9a0e-0000c0ffee02"
FILES = ("vmlinuz", "initrd", "rootfs.squashfs", "cmdline")


def run(*argv):
    subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def write_partition(disk, number, image):
    first, size, _, _ = PARTITIONS[number]
    assert image.stat().st_size <= size * MIB
    with open(disk, "r+b") as out:
        out.seek(first * MIB)
        out.write(image.read_bytes())


def make_ext4(folder, image, mib):
    run("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-d", folder, image, f"{mib}M")


def write_boot_code(disk, loaders):
    """What an installer does for BIOS: first sector, and core.img in its partition (08 4 of the design's research)."""
    boot = bytearray((loaders / "i386-pc/boot.img").read_bytes()[:440])
    place = PARTITIONS[1][0] * MIB // 512
    struct.pack_into("<Q", boot, 0x5c, place)
    boot[0x64] = 0xff
    boot[0x66:0x68] = b"\x90\x90"
    core = bytearray((loaders / "i386-pc/core.img").read_bytes())
    struct.pack_into("<Q", core, 0x1f4, place + 1)
    with open(disk, "r+b") as out:
        out.write(boot)
        out.seek(place * 512)
        out.write(core)


def make_startable(tree):
    """Puts marker kernels and texts for them where the samples of the crash tests are whole."""
    for kind, size in (("vmlinuz", 1200), ("initrd", 600)):
        for file in tree.glob(f".snapshots/*/{kind}"):
            content = file.read_bytes()
            match = re.match(rb"(?:kernel|initrd) of (\w+); ", content)
            if not match or len(content) < size or b"\0" in content or b"\xff" in content:
                continue
            version = match.group(1).decode()
            file.write_bytes(marker_kernel(version) if kind == "vmlinuz" else version.encode().ljust(2048, b"\0"))


class LoaderDisk:
    """Makes disks in a folder. `files` runs the program that gives the texts of our own code (loader_files)."""

    def __init__(self, folder, loaders, files):
        self.folder, self.loaders, self.files = Path(folder), Path(loaders), files
        self.base = self.folder / "base.img"
        self._make_base()

    def text(self, *arguments):
        return subprocess.run([self.files, *[str(a) for a in arguments]], check=True, capture_output=True).stdout

    def _make_base(self):
        with open(self.base, "wb") as out:
            out.truncate(DISK_MIB * MIB)
        words = []
        for number, (first, size, kind, name) in PARTITIONS.items():
            words += ["-n", f"{number}:{first * 2048}:{(first + size) * 2048 - 1}", "-t", f"{number}:{kind}",
                      "-c", f"{number}:{name}"]
        run("sgdisk", *words, "-u", f"2:{ESP_GUID}", self.base)
        write_boot_code(self.base, self.loaders)

    def _esp(self, image, copies, timeout):
        with open(image, "wb") as out:
            out.truncate(PARTITIONS[2][1] * MIB)
        run("mkfs.vfat", "-n", "COS_GRUB", image)
        tree = self.folder / "esp"
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "EFI/BOOT").mkdir(parents=True)
        (tree / "boot/grub").mkdir(parents=True)
        (tree / "cairn").mkdir()
        shutil.copy(self.loaders / "x86_64-efi/BOOTX64.EFI", tree / "EFI/BOOT/BOOTX64.EFI")
        (tree / "boot/grub/grub.cfg").write_bytes(self.text("grub-config", 5, 4, timeout))
        (tree / "cairn/twin").write_bytes(self.text("twin"))
        for name, content in copies.items():
            if content is not None:
                (tree / "cairn" / f"bootstate.{name}").write_bytes(content)
        run("mcopy", "-s", "-i", image, *sorted(tree.iterdir()), "::/")

    def _snapshots(self, image, mib, place, snapshots):
        tree = self.folder / place
        shutil.rmtree(tree, ignore_errors=True)
        (tree / ".snapshots").mkdir(parents=True)
        for number, missing in snapshots.items():
            folder = tree / ".snapshots" / str(number)
            folder.mkdir()
            content = {"vmlinuz": marker_kernel(f"{place}{number}"), "initrd": f"{place}{number}".encode().ljust(2048, b"\0"),
                       "rootfs.squashfs": f"{place}{number}".encode(), "cmdline": self.text("cmdline", f"of={place}{number}")}
            for name in FILES:
                if f"bad-{name}" in missing:
                    (folder / name).write_bytes(b"no such thing")
                elif name not in missing:
                    (folder / name).write_bytes(content[name])
        make_ext4(tree, image, mib)

    def make(self, path, copies, state, recovery, timeout=0):
        """`copies`: bytes of bootstate.a and .b or None; `state`, `recovery`: number -> names of files that are missing."""
        part = self.folder / "part.img"
        return self._fill(path, {2: lambda: self._esp(part, copies, timeout),
                                 4: lambda: self._snapshots(part, PARTITIONS[4][1], "recovery", recovery),
                                 5: lambda: self._snapshots(part, PARTITIONS[5][1], "state", state)})

    def make_from_trees(self, path, trees):
        """The directory `trees` has esp, state and recovery as a crash left them (crash_test --export)."""
        part = self.folder / "part.img"
        copies = {name: trees / "esp/cairn" / f"bootstate.{name}" for name in "ab"}
        copies = {name: copy.read_bytes() if copy.exists() else None for name, copy in copies.items()}
        for place in ("state", "recovery"):
            make_startable(trees / place)
        return self._fill(path, {2: lambda: self._esp(part, copies, 0),
                                 4: lambda: make_ext4(trees / "recovery", part, PARTITIONS[4][1]),
                                 5: lambda: make_ext4(trees / "state", part, PARTITIONS[5][1])})

    def _fill(self, path, partitions):
        shutil.copy(self.base, path)
        part = self.folder / "part.img"
        for number, fill in partitions.items():
            part.unlink(missing_ok=True)
            fill()
            write_partition(path, number, part)
        return path


def read_copy(disk, name):
    """Bytes of a boot state on a disk."""
    return read_esp_file(disk, f"bootstate.{name}")


def read_esp_file(disk, name):
    """Bytes of a file beside the boot state; None if it is not there."""
    offset = PARTITIONS[2][0] * MIB
    done = subprocess.run(["mcopy", "-n", "-i", f"{disk}@@{offset}", f"::/cairn/{name}", "-"], capture_output=True,
                          env=dict(os.environ, MTOOLS_SKIP_CHECK="1"))
    return done.stdout if done.returncode == 0 else None

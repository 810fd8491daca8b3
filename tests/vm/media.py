"""Media made wrong on purpose, and what of a medium follows from its id (docs/formats/media.md)."""

import time


def iso_uuid(medium_id):
    """The UUID of the ISO with this id."""
    number = int(medium_id, 16)
    moment = time.gmtime(946684800 + number % 2**31)
    return time.strftime("%Y-%m-%d-%H-%M-%S-", moment) + f"{number // 2**31 % 100:02d}"


def member(manifest, path):
    """What the manifest says of one file."""
    return next(file for file in manifest["files"] if file["path"].lstrip("/") == path)


def bare_initrd(system):
    """The image's initramfs alone, without the squashfs that the netboot set carries in it."""
    size = next(file["size"] for file in system.netboot_manifest["files"] if "initr" in file["path"])
    bare = system.folder / "initrd.bare"
    if not bare.exists():
        with open(system.netboot / "initrd", "rb") as initrd:
            bare.write_bytes(initrd.read(size))
    return bare


def damaged_iso(system, target):
    """A copy of the ISO whose squashfs is zeros from its middle on: a stick that went bad, or a copy that stopped."""
    size = member(system.iso_manifest, "rootfs.squashfs")["size"]
    iso = bytearray(system.iso.read_bytes())
    start = iso.index(b"hsqs")
    while start % 2048:  # ISO 9660 begins files at blocks of 2 KiB
        start = iso.index(b"hsqs", start + 1)
    iso[start + size // 2:start + size] = bytes(size - size // 2)
    target.write_bytes(iso)
    return target


def cut_initrd(system, target):
    """A copy of the netboot set's initrd that ends in the middle of the squashfs: a download that stopped."""
    squashfs = member(system.netboot_manifest, "rootfs.squashfs")
    with open(system.netboot / "initrd", "rb") as initrd:
        target.write_bytes(initrd.read(squashfs["offset"] + squashfs["size"] // 2))
    return target

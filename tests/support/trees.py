"""Compares unpacked trees: names, types, modes, owners, times, link groups, device numbers, xattrs and content."""

import errno
import hashlib
import os
import stat

NANO = 1_000_000_000


def attributes(path):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError as error:
        if error.errno != errno.ENOTSUP:  # a squashfs without any, for one
            raise
        return {}
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def describe(root):
    """{path: what it is}, the root itself as "."; files with several names are told by the first of them."""
    first_name, tree = {}, {}

    def add(path):
        relative = os.path.relpath(path, root)
        info = os.lstat(path)
        entry = {"type": stat.S_IFMT(info.st_mode), "mode": stat.S_IMODE(info.st_mode), "uid": info.st_uid,
                 "gid": info.st_gid, "mtime": info.st_mtime_ns // NANO,
                 "xattrs": attributes(path)}
        if stat.S_ISLNK(info.st_mode):
            entry["target"] = os.readlink(path)
        elif stat.S_ISREG(info.st_mode):
            with open(path, "rb") as file:
                entry["size"], entry["sha256"] = info.st_size, hashlib.file_digest(file, "sha256").hexdigest()
        elif stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
            entry["device"] = (os.major(info.st_rdev), os.minor(info.st_rdev))
        if not stat.S_ISDIR(info.st_mode):
            entry["same as"] = first_name.setdefault((info.st_dev, info.st_ino), relative)
        tree[relative] = entry

    add(root)
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(folders + files):
            add(os.path.join(folder, name))
    return tree


def differences(left, right):
    """Lines that say where two descriptions differ, at most 20."""
    lines = [f"only ours: {path!r}" for path in sorted(left.keys() - right.keys())]
    lines += [f"only theirs: {path!r}" for path in sorted(right.keys() - left.keys())]
    for path in sorted(left.keys() & right.keys()):
        ours, theirs = left[path], right[path]
        lines += [f"{path!r:.200}: {key} {ours.get(key)!r:.200} against {theirs.get(key)!r:.200}"
                  for key in sorted(ours.keys() | theirs.keys()) if ours.get(key) != theirs.get(key)]
    return lines[:20]

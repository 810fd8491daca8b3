"""Compares two unpacked trees: names, types, modes, owners, times, link groups, xattrs and content."""

import hashlib
import os
import stat


def describe(root):
    """{path: what it is}; files with several names are told by the first of them."""
    first_name, tree = {}, {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root)
            info = os.lstat(path)
            entry = [stat.S_IFMT(info.st_mode), stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, int(info.st_mtime)]
            entry.append(sorted((n, os.getxattr(path, n, follow_symlinks=False))
                                for n in os.listxattr(path, follow_symlinks=False)))
            if stat.S_ISLNK(info.st_mode):
                entry.append(os.readlink(path))
            elif stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    entry.append(hashlib.file_digest(file, "sha256").hexdigest())
            elif stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
                entry.append(info.st_rdev)
            if not stat.S_ISDIR(info.st_mode):
                entry.append(first_name.setdefault(info.st_ino, relative))
            tree[relative] = entry
    return tree


def differences(left, right):
    """Lines that say where two descriptions differ, at most 20."""
    lines = [f"only ours: {path}" for path in sorted(left.keys() - right.keys())]
    lines += [f"only theirs: {path}" for path in sorted(right.keys() - left.keys())]
    lines += [f"{path}: {left[path]} against {right[path]}" for path in sorted(left.keys() & right.keys())
              if left[path] != right[path]]
    return lines[:20]

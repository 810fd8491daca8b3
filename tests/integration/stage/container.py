"""A root to run a program in as the system's own: the host's /usr read-only, everything else fresh, names of its own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

# Programs that would reach the machine around it; they write down how they were called.
RECORDED = ("systemctl", "systemd-firstboot", "modprobe")
ENTER = r"""
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t proc proc proc
mount -t tmpfs tmpfs dev
for node in null zero urandom $DEVICES; do : > "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mkdir -p dev/disk/by-label
: > etc/mounted
mount --bind etc/mounted etc/mounted
if [ -n "$VOLUME" ]; then ln -s "../../$DEVICES" "dev/disk/by-label/$VOLUME"; fi
exec chroot . "$@"
"""


class Container:
    def __init__(self, program):
        self.folder = Path(tempfile.mkdtemp(prefix="cairn-stage-"))
        for name in ("usr", "proc", "dev", "tmp", "run", "etc", "root", "home", "fake", "oem", "system/oem"):
            (self.folder / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.folder / name).symlink_to(f"usr/{name}")
        shutil.copy(program, self.folder / "cairn")
        self.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        self.write("etc/group", "root:x:0:\nwheel:x:10:\nusers:x:100:\n")
        self.write("etc/shadow", "root:*:1:0:99999:7:::\n").chmod(0o600)
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("etc/os-release", "ID=debian\nVERSION_ID=12\n")
        self.write("cmdline", "quiet\n")
        for name in RECORDED:
            self.write(f"fake/{name}", f'#!/bin/sh\necho "{name} $*" >> /calls\n').chmod(0o755)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else None

    def run(self, *words, device="", volume=""):
        environment = {"PATH": "/fake:/usr/bin:/usr/sbin", "ROOT": str(self.folder), "LC_ALL": "C.UTF-8",
                       "DEVICES": device, "VOLUME": volume}
        command = ["unshare", "--mount", "--uts", "--pid", "--fork", "/bin/sh", "-c", ENTER, "sh", "/cairn", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env={**environment, "PATH": environment["PATH"] + ":" + os.environ["PATH"]})

    def remove(self):
        shutil.rmtree(self.folder)

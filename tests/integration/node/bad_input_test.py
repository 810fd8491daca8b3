#!/usr/bin/env python3
"""Input that install, upgrade, rollback and reset must refuse: with the code and the words of the table, and nothing changed.

  bad_input_test.py CAIRN
"""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
SECONDS = 60
MARK = b"what was here before"


class Machine:
    """A medium, disks as loop devices, and a /run and /etc/cairn that are nobody else's."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.loops = []
        for own in ("/run", "/etc/cairn"):
            Path(own).mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", own], check=True)
        self.medium = self.make_medium("medium")
        Path("/run/initramfs").mkdir()
        Path("/run/initramfs/live").symlink_to(self.medium)
        self.disk = self.make_disk("disk", 16384)
        self.small = self.make_disk("small", 64)
        self.read_only = self.make_disk("read_only", 16384, "--read-only")
        self.busy = self.make_disk("busy", 64)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.busy], check=True)
        self.path("mounted").mkdir()
        subprocess.run(["mount", "-o", "ro,noload", self.busy, self.path("mounted")], check=True)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)
        return self.path(name)

    def make_disk(self, name, size, *options):
        with open(self.path(name), "wb") as file:
            file.write(MARK)
            file.truncate(size * MIB)
        loop = subprocess.run(["losetup", "--find", "--show", *options, self.path(name)], check=True,
                              capture_output=True, text=True).stdout.strip()
        self.loops.append(loop)
        return loop

    def make_medium(self, name, platform="linux/amd64"):
        """A system that is enough to be judged: its files have the sizes that the manifest says."""
        sizes = {"rootfs.squashfs": 4096, "boot/vmlinuz": 100, "boot/initrd": 100}
        for path, size in sizes.items():
            self.write(f"{name}/{path}", "x" * size)
        for path in ("x86_64-efi/BOOTX64.EFI", "i386-pc/boot.img", "i386-pc/core.img"):
            self.write(f"{name}/loaders/{path}", "loader")
        self.write(f"{name}/.cairn/manifest.json", json.dumps({
            "format": 1, "id": "0123456789abcdef", "kind": "iso", "label": "L", "kernel": "1", "cmdline": [],
            "image": {"digest": "sha256:" + "0" * 64, "platform": platform},
            "files": [{"path": "/" + path, "size": size} for path, size in sizes.items()]}))
        return self.path(name)

    def run(self, *words, name="cairn"):
        program = self.path(name)
        if not program.exists():
            program.symlink_to(self.program)
        return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=SECONDS, check=False)

    def digest(self):
        """Of the beginning of all disks, where any write of an install would show."""
        digest = hashlib.sha256()
        for name in ("disk", "small", "read_only", "busy"):
            with open(self.path(name), "rb") as file:
                digest.update(file.read(4 * MIB))
        return digest.hexdigest()

    def close(self):
        subprocess.run(["umount", self.path("mounted")], check=False)
        for loop in self.loops:
            subprocess.run(["losetup", "--detach", loop], check=False)


def install(machine, *words):
    return machine.run("install", "--medium", machine.medium, *words)


def configured(text, command="install"):
    """A run with this configuration."""
    def run(machine):
        words = ["--medium", machine.medium, machine.disk] if command == "install" else []
        return machine.run(command, *words, "--config", machine.write("config.yaml", text))
    return run


def on_medium(change):
    """An install from a medium that `change` made worse."""
    def run(machine):
        medium = machine.make_medium("worse")
        change(medium)
        return machine.run("install", "--medium", medium, machine.disk)
    return run


def strict_hook(machine):
    machine.write("hooks/h.yaml", "stages: {before-install: [{name: refuse, commands: ['exit 3']}]}\n")
    return install(machine, machine.disk, "--strict", "--hook-path", machine.path("hooks"))


def while_locked(*words):
    """A run while another process has the node's lock."""
    def run(machine):
        Path("/run/cairn").mkdir(exist_ok=True)
        with open("/run/cairn/lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return install(machine, machine.disk, *words)
    return run


def interrupted(machine):
    """Ctrl-C while it waits for the lock."""
    Path("/run/cairn").mkdir(exist_ok=True)
    with open("/run/cairn/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen([machine.program, "install", "--medium", machine.medium, machine.disk],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            waiting = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess([], process.returncode, out, waiting + errors)


# (name, run, code, words that the message must have)
CASES = [
    ("no such device", lambda m: install(m, "/dev/nope"), "CRN-DSK-008", "/dev/nope"),
    ("a file is no disk", lambda m: install(m, m.path("disk")), "CRN-DSK-008", "is no disk"),
    ("a disk too small", lambda m: install(m, m.small), "CRN-DSK-005", "MiB"),
    ("a disk that can't be written", lambda m: install(m, m.read_only), "CRN-DSK-010", "loop"),
    ("a disk in use", lambda m: install(m, m.busy), "CRN-DSK-009", "mounted"),
    ("a partition larger than the disk", lambda m: install(m, m.disk, "--partition-size", "oem=1T"), "CRN-DSK-005", "1"),
    ("no such partition", lambda m: install(m, m.disk, "--partition-size", "oen=1G"), "CRN-CLI-001", "esp, oem"),
    ("a size that is none", lambda m: install(m, m.disk, "--partition-size", "oem=big"), "CRN-CLI-001", "big"),
    ("an extra partition of an odd kind", lambda m: install(m, m.disk, "--extra-partition", "name=a,fs=zfs"),
     "CRN-CLI-001", "fs=zfs"),
    ("a misspelt option", lambda m: install(m, m.disk, "--cloud-confg", "x"), "CRN-CLI-001", "--cloud-config"),
    ("no room for one to fall back to", lambda m: install(m, m.disk, "--keep", "1"), "CRN-CLI-001", "--keep"),
    ("cloud-config that is not there", lambda m: install(m, m.disk, "--cloud-config", "/nope"), "CRN-SYS-002", "/nope"),
    ("no medium", lambda m: m.run("install", "--medium", "/nope", m.disk), "CRN-NOD-025", "/nope"),
    ("another processor", lambda m: m.run("install", "--medium", m.make_medium("other", "linux/riscv64"), m.disk),
     "CRN-NOD-036", "linux/riscv64"),
    ("a medium without a kernel", on_medium(lambda p: (p / "boot/vmlinuz").unlink()), "CRN-NOD-005", "vmlinuz"),
    ("a medium cut short", on_medium(lambda p: (p / "rootfs.squashfs").write_text("x")), "CRN-NOD-005", "rootfs"),
    ("a medium with a damaged manifest", on_medium(lambda p: (p / ".cairn/manifest.json").write_text("{")),
     "CRN-NOD-005", "manifest.json"),
    ("a medium without a loader", on_medium(lambda p: (p / "loaders/i386-pc/core.img").unlink()), "CRN-SYS-002",
     "core.img"),
    ("a configuration that is not there", lambda m: install(m, m.disk, "--config", "/nope"), "CRN-SYS-002", "/nope"),
    ("wrong YAML", configured("install:\n  target: [/dev/sda\n"), "CRN-DOC-004", "config.yaml:"),
    ("an unknown key", configured("install:\n  tagret: /dev/sda\n"), "CRN-DOC-004",
     'config.yaml:2:11: the key "install.tagret" is not known here; did you mean "install.target"?'),
    ("an unknown section", configured("instal: {force: true}\n"), "CRN-DOC-004", "instal.force"),
    ("neither true nor false", configured("install: {force: perhaps}\n"), "CRN-CLI-001", "install.force"),
    ("a size that is no number", configured("install: {partitions: {oem: {size: 1G}}}\n"), "CRN-CLI-001", "MiB"),
    ("partitions that are to stay", configured("install: {no-format: true}\n"), "CRN-CLI-002", "install.no-format"),
    ("a label of another kind", configured("install: {partitions: {oem: {label: X}}}\n"), "CRN-CLI-002", "COS_OEM"),
    ("a console", configured("install: {tty: ttyS0}\n"), "CRN-CLI-002", "console="),
    ("signatures", configured("cosign: true\n"), "CRN-CLI-003", "config.yaml:1:9"),
    ("a hook that says no", strict_hook, "CRN-NOD-038", "before-install"),
    ("another command at work", while_locked("--wait", "0"), "CRN-NOD-013", "/run/cairn/lock"),
    ("Ctrl-C", interrupted, "CRN-SYS-001", "waiting: process"),
    ("upgrade: not installed", lambda m: m.run("upgrade", "registry.example.org/os:1"), "CRN-NOD-011", "other"),
    ("upgrade: no image", lambda m: m.run("upgrade"), "CRN-CLI-001", "upgrade.system"),
    ("upgrade: an unknown key", configured("upgrade: {sistem: 'oci:a/b:1'}\n", "upgrade"), "CRN-DOC-004",
     "upgrade.system"),
    ("rollback: not installed", lambda m: m.run("rollback"), "CRN-NOD-011", "other"),
    ("rollback: no number", lambda m: m.run("rollback", "old"), "CRN-CLI-001", "old"),
    ("reset: not installed", lambda m: m.run("reset"), "CRN-NOD-011", "other"),
    ("reset: an unknown key", configured("reset: {reset-persistant: true}\n", "reset"), "CRN-DOC-004",
     "reset.reset-persistent"),
]

# (name, run, exit code of Elemental, code)
ELEMENTAL = [
    ("install: no such flag", ("install", "--nope"), 1, "CRN-CLI-001"),
    ("install: flags", ("install", "--reboot=perhaps"), 32, "CRN-CLI-001"),
    ("install: no such disk", ("install", "/dev/nope"), 47, "CRN-DSK-008"),
    ("install: no-format", ("install", "--no-format", "/dev/nope"), 1, "CRN-CLI-002"),
    ("install: signatures", ("install", "--cosign-key", "k", "/dev/nope"), 14, "CRN-CLI-003"),
    ("upgrade: verify", ("upgrade", "--verify", "--system", "oci:a/b:1"), 14, "CRN-CLI-003"),
    ("reset: cosign", ("reset", "--cosign"), 14, "CRN-CLI-003"),
    ("run-stage: strict", ("run-stage", "before-install", "--strict", "--cloud-init-paths", "{hooks}"), 65, "failed in part"),
    ("run-stage: not strict", ("run-stage", "before-install", "--cloud-init-paths", "{hooks}"), 0, "failed in part"),
]


def verdict(result, code, text, before, after):
    """What is wrong with a result; "" if nothing."""
    if result.returncode == 0:
        return "it went through"
    if code not in result.stderr:
        return f"{code} is not said"
    if text not in result.stderr:
        return f"{text!r} is not said"
    if code != "CRN-SYS-001" and "remedy:" not in result.stderr:
        return "no remedy"
    return "" if before == after else "a disk was changed"


def check_record(machine):
    """What status tells of an install that a hook ended."""
    strict_hook(machine)
    operation = json.loads(machine.run("status", "--json").stdout)["operation"]
    if operation["state"] == "failed" and operation["error"]["code"] == "CRN-NOD-038":
        return 0
    print(f"FAILED the record: {operation}")
    return 1


def run_cases(machine):
    failed = check_record(machine)
    before = machine.digest()
    for name, run, code, text in CASES:
        result = run(machine)
        problem = verdict(result, code, text, before, machine.digest())
        if problem:
            failed += 1
            print(f"FAILED {name}: {problem}\n{result.stdout}{result.stderr}")
    for name, words, status, code in ELEMENTAL:
        result = machine.run(*(word.format(hooks=machine.path("hooks")) for word in words), name="elemental")
        if result.returncode != status or code not in result.stderr:
            failed += 1
            print(f"FAILED elemental {name}: exit code {result.returncode}\n{result.stderr}")
    print(f"{len(CASES) + len(ELEMENTAL)} cases, {failed} failed")
    return failed


def main():
    if os.geteuid() != 0:
        print("skipped: loop devices need root")
        return 77
    if os.environ.get("OWN_MOUNTS") != "1":
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv],
                   {**os.environ, "OWN_MOUNTS": "1"})
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(sys.argv[1]).resolve(), Path(folder))
        try:
            failed = run_cases(machine)
        finally:
            machine.close()
    print(f"{time.monotonic() - started:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

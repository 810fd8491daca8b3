#!/usr/bin/env python3
"""Real disks after real power cuts, put to the real loader: it must start what the boot oracle says.

`cairn upgrade` runs on an installed disk in a file (tests/support/loop_machine.py) and is killed before one of its system
calls; a copy of the disk at that moment goes to the oracle, which reads its ext4 by libext2fs, and to GRUB.

  crash_image_test.py CAIRN IMAGE_ORACLE [MOMENT...]      CAIRN_TEST_FULL=1 for all moments
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import loop_machine  # noqa: E402
from console import ConsoleError  # noqa: E402
from crash_boot_test import compare  # noqa: E402
from loader_test import LOGS  # noqa: E402
from loop_machine import ESP, STATE, LoopMachine, copy_disk, make_disk, make_image, power_cut, replay, run  # noqa: E402
from machine import MachineError, Spec, missing_programs  # noqa: E402

SNAPSHOTS = STATE / ".snapshots"
# (what has happened then, killed before this call on this path, what starts)
MOMENTS = [
    ("pruned", f"rename:1 {SNAPSHOTS}/1", "active 3"),       # the boot state no longer names the oldest
    ("old-moved", f"syncfs:1 {STATE}", "active 3"),          # the oldest has its other name, in the page cache only
    ("old-removed", f"mkdir:1 {SNAPSHOTS}/.new-4", "active 3"),
    ("written", f"rename:1 {SNAPSHOTS}/.new-4", "active 3"),
    ("named", f"syncfs:2 {STATE}", "active 3"),              # the new one has its number, perhaps in the journal only
    ("home", "ioctl:1 /dev/loop-control", "active 3"),       # the hooks come next, then the boot state
    ("committed", f"mount:2 {STATE}", "active 4"),           # and the file systems not yet put in order
    ("done", "", "active 4"),
]
CORE = ("old-moved", "named", "committed", "done", "too-early")


class Wrong(Exception):
    """The oracle or the loader did something else than it should."""


def upgrade(machine, image, kill):
    command = machine.command("upgrade", image.spec())
    if kill:
        what, _, path = kill.partition(" ")
        call, _, count = what.partition(":")
        command = ["strace", "-f", "-qq", "-P", path, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={count}",
                   "-o", "/dev/null", *command]
    process = machine.popen(*command)
    output = process.communicate()[0]
    if process.returncode not in ((-signal.SIGKILL, 128 + signal.SIGKILL) if kill else (0,)):
        raise Wrong(f"{kill or 'no kill'}: exit code {process.returncode}: {output}")


def commit_too_early(machine):
    """What an upgrade would be that only syncs what it writes: a snapshot that is in ext4's journal and nowhere else."""
    run("mount", "-o", "remount,rw", STATE)
    fresh = STATE / ".snapshots/4"
    shutil.copytree(STATE / ".snapshots/3", fresh)
    for path in (*fresh.iterdir(), fresh, fresh.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    states = machine.boot_states()
    copy = (ESP / "cairn/bootstate.a").read_bytes().decode()
    older = "b" if f"seq={states[0]['seq']}\n" in copy else "a"
    block = (ESP / f"cairn/bootstate.{'a' if older == 'b' else 'b'}").read_bytes().decode()
    for old, new in ((f"={states[0]['seq']}\n", f"={int(states[0]['seq']) + 1}\n"), ("active=3", "active=4"), ("passives=", "passives=3 ")):
        block = block.replace(old, new)
    machine.write_as_loader({"path": f"cairn/bootstate.{older}", "content": block.rstrip("#").ljust(1024, "#")[:1024]})


def make_fat_again(disk):
    """The loader reads FAT: where the machine's ESP had to be something else, its files go into one."""
    if loop_machine.kernel_has("vfat"):
        return
    offset, size = loop_machine.partitions_of(disk)[2]
    with tempfile.TemporaryDirectory(dir=disk.parent) as files:
        run("debugfs", "-R", f"rdump / {files}", f"{disk}?offset={offset}")
        shutil.rmtree(Path(files) / "lost+found")
        run("mkfs.vfat", "-F", "32", "-s", "1", "--offset", offset // 512, disk, size // 1024)
        run("mcopy", "-s", "-i", f"{disk}@@{offset}", *sorted(Path(files).iterdir()), "::/")


class Test:
    def __init__(self, folder, cairn, oracle):
        self.folder, self.machine = folder, LoopMachine(cairn, oracle, folder / "disk.img")
        images = [make_image(folder / f"image{n}", f"v{n}", seed=n, mib=1) for n in range(4)]
        self.last, self.base = images[3], folder / "base.img"
        make_disk(cairn, images[0], self.machine.disk)
        for image in images[1:3]:
            self.machine.start()
            upgrade(self.machine, image, "")
            self.machine.stop()
            self.machine.start()
            run(*self.machine.command("health"), env=self.machine.environment())
            self.machine.stop()
        shutil.move(self.machine.disk, self.base)

    def run(self, name, act, expected):
        cut, replayed = self.folder / "cut.img", self.folder / "replayed.img"
        copy_disk(self.base, self.machine.disk)
        self.machine.start()
        try:
            act(self.machine)
            if not power_cut(self.machine, cut):
                raise Wrong("the disk never came to rest")
        finally:
            self.machine.stop()
        replay(cut, replayed)
        said = self.machine.judge(cut, replayed)
        if said["boot"] != expected:
            raise Wrong(f"the oracle says {said['boot']} with {said['image']} instead of {expected}")
        make_fat_again(cut)
        if wrong := compare(cut, said["boot"], said["image"], LOGS / f"image-{name}.log"):
            raise Wrong(wrong)


def main(arguments):
    if reason := loop_machine.missing() or missing_programs(Spec()):
        print(reason)
        return 77
    loop_machine.enter()
    LOGS.mkdir(parents=True, exist_ok=True)
    cases = [(name, lambda m, kill=kill: upgrade(m, test.last, kill), expected) for name, kill, expected in MOMENTS]
    if not loop_machine.kernel_has("vfat"):
        cases.append(("too-early", commit_too_early, "passive 3 fallback"))
    chosen = arguments[2:] or ([name for name, _, _ in cases] if os.environ.get("CAIRN_TEST_FULL") else CORE)
    cases = [case for case in cases if case[0] in chosen]
    failures = 0
    with tempfile.TemporaryDirectory(prefix="cairn-crash-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        test = Test(Path(folder), *arguments[:2])
        for name, act, expected in cases:
            try:
                test.run(name, act, expected)
                print(f"ok      {name}: {expected}", flush=True)
            except (Wrong, ConsoleError, MachineError, AssertionError, subprocess.CalledProcessError) as error:
                failures += 1
                print(f"FAILED  {name}: {error} {getattr(error, 'stderr', '') or ''}", flush=True)
    print(f"{len(cases) - failures} of {len(cases)} disks were started as the oracle said")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

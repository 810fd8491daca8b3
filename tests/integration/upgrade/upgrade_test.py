#!/usr/bin/env python3
"""Upgrades of an installed system on a real disk in a file: many in a row, killed anywhere, without room, stopped by a person.

  upgrade_test.py CAIRN IMAGE_ORACLE [CASE [KILL...]]

CASE: row, kills, room, outgrown, eaten, stopped. A KILL is "rename:2" (before the second call of rename) or "time:SECONDS",
as a failure says. CAIRN_TEST_FULL=1 kills 500 times instead of 60; CAIRN_TEST_SEED chooses where.
"""

import collections
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))

import loop_machine  # noqa: E402
from loop_machine import STATE, LoopMachine, copy_disk, make_disk, make_image, power_cut, replay  # noqa: E402

FULL = bool(os.environ.get("CAIRN_TEST_FULL"))
KEPT = 3  # snapshots: the active one, and two to fall back to
NO_SPACE, STOPPED = 8, 130  # exit codes
# System calls that change a disk, or what is mounted.
DURABLE = "pwrite64,fsync,ftruncate,fallocate,mkdir,rename,unlinkat,syncfs,ioctl,mount,umount2"


class Wrong(Exception):
    """The upgrade did something else than it should."""


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(part) for part in what))


def expect_success(done):
    expect(done.returncode == 0, "exit code", done.returncode, done.stdout, done.stderr)


class Test:
    def __init__(self, folder, cairn, oracle):
        self.folder, self.program, self.oracle = folder, cairn, oracle
        self.images = [make_image(folder / f"image{n}", f"v{n}", seed=n, mib=1 + n) for n in range(4)]
        self.installed, self.upgraded = folder / "installed.img", folder / "upgraded.img"
        make_disk(cairn, self.images[0], self.installed)
        # v0, v1 and v2 are there, v2 is booted and good: the next upgrade has to remove v0 first.
        with self.machine(self.installed) as machine:
            for image in self.images[1:3]:
                self.upgrade_and_boot(machine, image)
            machine.stop()
            copy_disk(machine.disk, self.upgraded)
            machine.start()

    def machine(self, disk):
        return Running(LoopMachine(self.program, self.oracle, self.folder / "disk.img"), disk)

    def upgrade_and_boot(self, machine, image):
        expect_success(machine.cairn("upgrade", image.spec()))
        machine.stop()
        boot = machine.start()
        expect_success(machine.cairn("health"))
        return boot


class Running:
    """A started machine on a copy of a disk; stopped at the end, however that comes."""

    def __init__(self, machine, disk):
        self.machine, self.original = machine, disk

    def __enter__(self):
        copy_disk(self.original, self.machine.disk)
        self.machine.start()
        return self.machine

    def __exit__(self, *failure):
        self.machine.stop()


def used(machine):
    """(blocks, inodes) in use on STATE."""
    os.sync()
    facts = os.statvfs(STATE)
    return facts.f_blocks - facts.f_bfree, facts.f_files - facts.f_ffree


def files_of(machine):
    """Every file on STATE by its place in its snapshot, with its size."""
    return collections.Counter((path.name, path.stat().st_size) for path in STATE.rglob("*") if path.is_file())


def held(machine):
    """What a program could leave in the kernel: loop devices on the disk or on files of its systems, mounts."""
    loops = loop_machine.run("losetup", "--noheadings", "--output", "BACK-FILE").splitlines()
    # Which number a loop device has depends on who else uses some.
    mounts = (re.sub(r" (ro|rw)\b.*|(?<=/loop)\d+", "", line) for line in Path("/proc/self/mounts").read_text().splitlines())
    return (sorted(line for line in loops if str(machine.disk) in line or "/run/cairn/" in line),
            sorted(line for line in mounts if " /run/" in line))


def check_clean(machine):
    """Nothing but what the boot state names lies on STATE, and the boot state names nothing else."""
    names = [name for name in machine.snapshots() if name != "refused.json"]
    expect(names == machine.named(), "on STATE lie", names, "named are", machine.named())


def row(test):
    """Thirty upgrades among three images leave what five leave."""
    with test.machine(test.installed) as machine:
        first = mounts_of_first = None
        for count in range(1, 31):
            version = count % 3
            boot = test.upgrade_and_boot(machine, test.images[version])
            expect(boot["image"] == f"v{version}" and boot["number"] == count + 1 and not boot["fallback"], "upgrade", count, boot)
            check_clean(machine)
            expect(len(machine.named()) == min(KEPT, count + 1), "upgrade", count, "kept", machine.named())
            if count == 5:
                first, mounts_of_first, files = used(machine), held(machine), files_of(machine)
        expect(used(machine) == first, "in use after 5 (blocks, inodes):", first, "after 30:", used(machine))
        expect(held(machine) == mounts_of_first, "mounts and loop devices after 5:", mounts_of_first, "after 30:", held(machine))
        # 2 and 0 are the last two of both; manifests may differ by the length of a number.
        large = {file: n for file, n in files_of(machine).items() if file[0] != "manifest.json"}
        expect(large == {file: n for file, n in files.items() if file[0] != "manifest.json"}, "files", files, files_of(machine))
        expect(sorted(path.name for path in (loop_machine.ESP / "cairn").iterdir()) == ["bootstate.a", "bootstate.b", "twin"], "ESP")
    return f"{first[0]} blocks and {first[1]} inodes in use after 5 upgrades and after 30"


def durable_calls(test):
    """An upgrade's durable calls in their order, as kills, and the seconds it takes without being watched."""
    log = test.folder / "calls"
    with test.machine(test.upgraded) as machine:
        command = machine.command("upgrade", test.images[3].spec())
        started = time.monotonic()
        expect_success(machine.cairn(*command[1:]))
        seconds = time.monotonic() - started
    with test.machine(test.upgraded) as machine:
        traced = machine.popen("strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={DURABLE}", "-o", log, *command)
        output = traced.communicate()[0]
        expect(traced.returncode == 0, output)
    calls, seen = [], collections.Counter()
    for thread, call in (line.split(None, 1) for line in log.read_text().splitlines()):
        name = call.split("(")[0]
        seen[thread, name] += 1
        calls.append(f"{name}:{seen[thread, name]}")
    return calls, seconds


def killed(machine, kill, command):
    """Runs a command and kills it there. False if it ended before."""
    how, _, where = kill.partition(":")
    if how != "time":  # strace counts each call on its own
        process = machine.popen("strace", "-f", "-qq", "-e", f"trace={how}", "-e", f"inject={how}:signal=KILL:when={where}",
                                "-o", "/dev/null", *command)
        process.communicate()
    else:
        process = machine.popen(*command)
        try:
            process.communicate(timeout=float(where))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    return process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


def judge_power_cut(test, machine):
    """What would start if the power went away now."""
    cut, replayed = test.folder / "cut.img", test.folder / "replayed.img"
    expect(power_cut(machine, cut), "the disk never came to rest")
    replay(cut, replayed)
    return machine.judge(cut, replayed)


def check_killed(test, kill):
    """One upgrade killed; what the disk says then, as a power cut would leave it and as the next command finds it."""
    with test.machine(test.upgraded) as machine:
        was_killed = killed(machine, kill, machine.command("upgrade", test.images[3].spec()))
        after_cut = judge_power_cut(test, machine)
        expect(after_cut["image"] in ("v2", "v3") and not after_cut["fallback"], "after a power cut:", after_cut)
        expect(json.loads(machine.cairn("status", "--json").stdout)["image"]["version"] == "v2", "status")
        expect_success(machine.cairn("upgrade", test.images[3].spec()))
        expect(judge_power_cut(test, machine)["image"] == "v3", "success was reported, and a power cut takes it back")
        check_clean(machine)
        expect("v2" in [json.loads((STATE / f".snapshots/{n}/manifest.json").read_text())["image"]["version"]
                        for n in machine.boot_state()["passives"].split()], "nothing to fall back to:", machine.boot_state())
        machine.stop()
        boot = machine.judge()
        machine.start()
        expect(boot["image"] == "v3" and not boot["fallback"], "after the second try:", boot)
    return was_killed, after_cut["image"]


def kills(test, chosen=()):
    seed = int(os.environ.get("CAIRN_TEST_SEED", time.time_ns() % 1_000_000))
    calls, seconds = durable_calls(test)
    if not chosen:
        source = random.Random(seed)
        count = 500 if FULL else 60
        # Around the commit each one counts.
        chosen = source.sample(calls[:-12], min(len(calls) - 12, count * 2 // 3 - 12)) + calls[-12:]
        chosen += [f"time:{source.uniform(0, seconds):.4f}" for _ in range(count - len(chosen))]
    print(f"        seed {seed}: {len(chosen)} kills of an upgrade with {len(calls)} durable calls in {seconds:.2f} s", flush=True)
    seen, failures = collections.Counter(), []
    for kill in chosen:
        try:
            was_killed, image = check_killed(test, kill)
        except (Wrong, AssertionError, subprocess.CalledProcessError) as error:
            failures.append(f"kills {kill}: {error} {getattr(error, 'stderr', '') or ''}")
            print(f"        {failures[-1]}", flush=True)
            continue
        seen["late" if not was_killed else "old" if image == "v2" else "new"] += 1
    expect(not failures, len(failures), "kills went wrong, the first:", failures[0] if failures else "")
    expect(seen["old"] + seen["new"] >= len(chosen) * 3 // 4, "most were too late:", seen)
    return f"a power cut there starts the old system {seen['old']} times and the new one {seen['new']} times; " \
           f"{seen['late']} came too late"


def fill(megabytes_left):
    """Takes the room on STATE but for so much."""
    facts = os.statvfs(STATE)
    size = facts.f_bavail * facts.f_frsize - int(megabytes_left * (1 << 20))
    remount("rw")
    with open(STATE / "eater", "wb") as out:
        os.posix_fallocate(out.fileno(), 0, size)
        os.fsync(out.fileno())
    remount("ro")


def eat_all():
    """Takes what is left of the room on STATE, to the last block."""
    size, step = 0, 64 << 20
    remount("rw")  # the upgrade made it writable for itself only
    with open(STATE / "eater", "wb") as out:
        while step >= 4096:
            try:
                os.posix_fallocate(out.fileno(), size, step)
                size += step
            except OSError:
                step //= 2


def remount(how):
    loop_machine.run("mount", "-o", f"remount,{how}", STATE)


def check_refused(machine, done, before):
    expect(done.returncode == NO_SPACE, "exit code", done.returncode, done.stdout, done.stderr)
    expect("code:   CRN-SYS-" in done.stderr and "No space left" in done.stderr, done.stderr)
    check_clean(machine)
    after = used(machine)
    expect(after == before, "in use before (blocks, inodes):", before, "after:", after)


def room(test):
    """Too little room is known before the first byte of the image is written."""
    with test.machine(test.installed) as machine:
        fill(60)
        before, written, state = used(machine), machine.bytes_written(), machine.boot_state()
        done = machine.cairn("upgrade", test.images[3].spec())
        check_refused(machine, done, before)
        written = machine.bytes_written() - written
        expect(machine.boot_state() == state, machine.boot_state())
        expect(written < 256 << 10, written, "bytes were written")
    return f"exit code {done.returncode} after {written >> 10} KiB of records"


def outgrown(test):
    """An image that is larger than it says fills the disk: a clean end."""
    lying = make_image(test.folder / "lying", "v9", seed=9, mib=40, says=1 << 20)
    with test.machine(test.installed) as machine:
        fill(170)
        before, state = used(machine), machine.boot_state()
        done = machine.cairn("upgrade", lying.spec())
        check_refused(machine, done, before)
        expect("writing" in done.stderr, done.stderr)
        expect(machine.boot_state() == state, machine.boot_state())
        machine.stop()
        expect(machine.start()["image"] == "v0", "the old system must start")
    return "writing failed, the room was given back, the old system starts"


def eaten(test):
    """Somebody else takes all room while an upgrade writes: its own was reserved, only small records are not."""
    with test.machine(test.installed) as machine:
        process = machine.popen("strace", "-f", "-qq", "-e", "trace=fallocate", "-e", "inject=fallocate:delay_exit=300000:when=3",
                                "-o", "/dev/null", *machine.command("upgrade", test.images[3].spec()))
        deadline = time.monotonic() + 20
        while not list(STATE.glob(".snapshots/.new-*/initrd")) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.1)
        eat_all()
        output = process.communicate()[0]
        if process.returncode == 0:
            machine.stop()
            expect(machine.start()["image"] == "v3", "the new system must start")
            return "what was reserved was enough"
        expect(process.returncode == NO_SPACE and "No space left" in output, process.returncode, output)
        check_clean(machine)
        machine.stop()
        expect(machine.start()["image"] == "v0", "the old system must start")
    return "a record did not fit, the old system starts"


def stopped(test):
    """Ctrl-C: an exit code of its own, one line, nothing left."""
    large = make_image(test.folder / "large", "v8", seed=8, mib=30)
    with test.machine(test.upgraded) as machine:
        started = time.monotonic()
        expect_success(machine.cairn("upgrade", large.spec()))
        seconds = time.monotonic() - started
    in_time = 0
    with test.machine(test.upgraded) as machine:
        kept, before = held(machine), None
        for tenth in (1, 2, 3, 5, 7, 9):
            process = machine.popen(*machine.command("upgrade", large.spec()))
            time.sleep(seconds * tenth / 10)
            process.send_signal(signal.SIGINT)
            output = process.communicate()[0]
            if process.returncode == 0:  # too late
                break
            expect(process.returncode == STOPPED, "exit code", process.returncode, output)
            expect(output.endswith("cairn: stopped; nothing half-done is left (CRN-SYS-001)\n"), output)
            check_clean(machine)
            expect(machine.boot_state()["active"] == "3", machine.boot_state())
            # The first one removed what has to go for any upgrade.
            expect(before in (None, used(machine)), "in use before (blocks, inodes):", before, "after:", used(machine))
            before = used(machine)
            expect(held(machine) == kept, held(machine))
            in_time += 1
        expect(in_time >= 2, "only", in_time, "were in time")
    return f"{in_time} times, each within {seconds:.1f} s of its start"


CASES = {case.__name__: case for case in (row, kills, room, outgrown, eaten, stopped)}


def main(arguments):
    if reason := loop_machine.missing():
        print(reason)
        return 77
    loop_machine.enter()
    names = arguments[2:3] or CASES
    shared = Path("/dev/shm")  # what a loop device lies on makes no difference to the file system in it
    parent = shared if os.access(shared, os.W_OK) else None
    failures = 0
    with tempfile.TemporaryDirectory(prefix="cairn-upgrade-", dir=parent) as folder:
        test = Test(Path(folder), *arguments[:2])
        for name in names:
            started = time.monotonic()
            try:
                result = CASES[name](test, *([arguments[3:]] if arguments[3:] else []))
                print(f"ok      {name}, {time.monotonic() - started:.1f} s: {result}", flush=True)
            except (Wrong, AssertionError, subprocess.CalledProcessError) as error:
                failures += 1
                print(f"FAILED  {name}: {error} {getattr(error, 'stderr', '') or ''}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The cases of node_test.py. Each starts from an overlay of an installed disk, and none but the first three installs."""

import contextlib
import os
import random
import time

import netboot_install
import node_disk
import node_images
from cases import Case, Wrong
from machine import Disk, Spec
from node import BOOT_SECONDS, UPGRADE_SECONDS, expect, switched_on
from node_images import Images

MEMORY_MIB = 1536  # an upgrade unpacks and compresses layers at once


class Bench:
    """What a case works with: the prepared system, a folder for its logs and disks, and how long things took."""

    def __init__(self, system, folder, name):
        self.system, self.folder, self.name = system, folder, name
        self.digest = system.image["digest"]
        self.times = []
        self._disks, self._logs = [], 0

    def log(self):
        self._logs += 1
        return self.folder / f"console-{self._logs}.log"

    def took(self, what, seconds):
        self.times.append((what, seconds))

    def installed(self, firmware="bios", name="disk"):
        """An overlay of the disk that a machine with this firmware installed itself on; two are byte copies."""
        base, seconds = node_disk.installed_disk(self.system, firmware, self.folder / f"install-{firmware}.log")
        if seconds:
            self.took("install", seconds)
        self._disks.append(node_disk.overlay(base, self.folder / f"{name}.qcow2"))
        return self._disks[-1]

    @contextlib.contextmanager
    def start(self, *disks, **spec):
        """A Node whose start has ended, with these disks."""
        with self.switch_on(*disks, **spec) as node:
            self.took("start", node.booted())
            yield node

    def switch_on(self, *disks, **spec):
        drives = tuple(Disk(disk, format="qcow2", keep_writes=True) for disk in disks)
        # Without a network the start would wait for one in vain.
        return switched_on(Spec(**{"memory_mib": MEMORY_MIB, "disks": drives, "network": True, **spec}), self.log(), self.name)

    def clear(self):
        """The disks of a case are large, and tell little afterwards; CAIRN_TEST_KEEP=1 leaves them."""
        for disk in self._disks:
            if not os.environ.get("CAIRN_TEST_KEEP"):
                disk.unlink(missing_ok=True)


def starts(firmware):
    """A machine installs itself, and its disk starts and is vouched for."""
    def play(bench):
        with bench.start(bench.installed(firmware), firmware=firmware) as node:
            status = node.expect_status("active", bench.digest, 1)
            expect(status["installed"]["fallback"], False, "fallback")
            expect((status["health"]["verdict"], status["health"]["act"]), ("good", "blessed"), "the verdict")
            expect(node.boot_state()["verdict"], "good", "the verdict in the boot state")
    return play


def upgrade(bench):
    """v2 from a registry, then back to v1 by hand; both stay on the disk."""
    with Images(bench.system) as images, bench.start(bench.installed()) as node:
        image = images.make("v2", node_images.release(2))
        bench.took("upgrade", node.upgrade(image))
        bench.took("restart", node.reboot())
        status = node.expect_status("active", image.digest, 2)
        expect((status["image"]["version"], status["health"]["verdict"]), ("v2", "good"), "version and verdict")
        expect(node.must(". /usr/lib/os-release; echo $VERSION_ID"), "2", "the system's own version")
        expect(node.boot_state()["passives"], "1", "what there is to fall back to")
        said = node.must("cairn rollback")
        for words in ("snapshot 1 starts next", "snapshot 2 is kept"):
            if words not in said:
                raise Wrong(f"the rollback says {said!r}")
        bench.took("restart", node.reboot())
        node.expect_status("active", bench.digest, 1)
        expect(node.snapshots(), [1, 2], "snapshots")
        state = node.boot_state()
        expect((state["active"], state["passives"], state["verdict"]), ("1", "2", "good"), "the boot state")


def broken(files, *, why, tries=None, retry=False, **spec):
    """v3 does not come up: v1 is back without help, says why, and takes v3 only when told to.

    why: what `cairn status` must say. tries: starts left, where each takes minutes.
    """
    def play(bench):
        with Images(bench.system) as images, bench.start(bench.installed(), **spec) as node:
            image = images.make("v3", files(bench.system) if callable(files) else files)
            bench.took("upgrade", node.upgrade(image))
            if tries:
                node.set_tries(tries)
            begun = time.monotonic()
            node.start("systemctl reboot")
            node.console.wait_for(r"Starting snapshot 2 \(active\)", BOOT_SECONDS)
            node.console.wait_for(r"cairn: passive boot of .* snapshot 1 ", 3 * BOOT_SECONDS)
            node.booted()
            bench.took("back", time.monotonic() - begun)
            status = node.expect_status("passive", bench.digest, 1)
            fallback = status["health"]["fallback"] or {}
            expect((fallback.get("from"), fallback.get("to"), fallback.get("refused"), fallback.get("digest")),
                   (2, 1, True, image.digest), "the fallback")
            if why not in fallback["why"]:
                raise Wrong(f"status says {fallback['why']!r} instead of {why!r}")
            state = node.boot_state()
            expect((state["active"], state["passives"], state["verdict"]), ("1", "", "good"), "the boot state")
            node.online()
            node.refuses(node.upgrade_command(image), "CRN-NOD-020", why, seconds=UPGRADE_SECONDS)
            if retry:
                node.upgrade(image, "--retry")
    return play


def zeroed_state(bench):
    """Without COS_STATE the machine comes up in recovery by itself, and makes it anew when told to."""
    disk = bench.installed()
    node_disk.wipe(disk, "state")
    with bench.start(disk) as node:
        status = node.expect_status("recovery", bench.digest)
        expect(status["installed"]["fallback"], True, "fallback")
        begun = time.monotonic()
        node.must("cairn reset", UPGRADE_SECONDS)
        bench.took("reset", time.monotonic() - begun)
        bench.took("restart", node.reboot())
        status = node.expect_status("active", bench.digest)
        expect((status["installed"]["fallback"], status["health"]["verdict"]), (False, "good"), "fallback and verdict")


def reset(bench):
    """Data go, configuration stays, a first snapshot comes; then the other way around."""
    marks = "ls /home/mark /oem/mark.yaml 2>/dev/null"
    set_marks = "touch /home/mark; echo 'name: mark' > /oem/mark.yaml; sync"
    disk = bench.installed()
    with bench.start(disk) as node:
        node.must(set_marks)
        identity = node.must("cat /etc/machine-id")
        before = node.boot_state()
        node.must("cairn reset")
        begun = time.monotonic()
        node.start("systemctl reboot")
        node.console.wait_for(r"recovery boot of", BOOT_SECONDS)
        node.console.wait_for(r"active boot of", BOOT_SECONDS)
        node.booted()
        bench.took("reset", time.monotonic() - begun)
        node.expect_status("active", bench.digest)
        expect(node.run(marks)[1], "/oem/mark.yaml", "what was kept")
        if node.must("cat /etc/machine-id") == identity:
            raise Wrong("the machine has its identity of before")
        after = node.boot_state()
        expect((after["verdict"], after["passives"], after["once"], after["recovery"]),
               ("good", "", "", before["recovery"]), "the boot state")
        expect(node.must("ls /oem/cairn-reset.json 2>/dev/null || true"), "", "the request")

        node.must(set_marks)
        identity = node.must("cat /etc/machine-id")
        node.must("cairn reset --keep-persistent --wipe-oem")
        node.start("systemctl reboot")
        node.console.wait_for(r"recovery boot of", BOOT_SECONDS)
        node.console.wait_for(r"active boot of", BOOT_SECONDS)
        # The shell was configuration; what the system itself shows above its login prompt is left.
        node.console.wait_for(r"^.*login:", BOOT_SECONDS)
    node_disk.put_oem_file(disk, "shell.yaml", node_disk.SHELL)
    with bench.start(disk) as node:
        expect(node.run(marks)[1], "/home/mark", "what was kept")
        expect(node.must("cat /etc/machine-id"), identity, "the machine's identity")
        node.expect_status("active", bench.digest)


def lost_boot_state(bench):
    """Both copies of the boot state are destroyed: recovery starts by itself, resets nothing unasked, and makes them anew."""
    with bench.start(bench.installed()) as node:
        node.must("touch /home/mark && echo '{' > /oem/cairn-reset.json && mkdir -p /run/esp && "
                  "mount /dev/disk/by-partlabel/efi /run/esp && truncate -s 0 /run/esp/cairn/bootstate.? && umount /run/esp && sync")
        bench.took("restart", node.reboot())
        node.expect_status("recovery", bench.digest)
        expect(node.must("ls /oem/cairn-reset.json 2>/dev/null || true"), "", "the void request")
        node.must("cairn reset --keep-persistent", UPGRADE_SECONDS)
        bench.took("restart", node.reboot())
        node.expect_status("active", bench.digest, 1)
        expect(node.must("ls /home/mark"), "/home/mark", "what was kept")
        state = node.boot_state()
        expect((state["active"], state["verdict"], state["recovery"]), ("1", "good", "1"), "the boot state")


def twin(booted, firmware="bios"):
    """A byte copy of the disk is there, too: the machine uses the one that it was started from."""
    def play(bench):
        own = "/dev/vdb" if booted else "/dev/vda"
        with bench.start(bench.installed(firmware), bench.installed(firmware, "copy"), boot_disk=booted,
                         firmware=firmware) as node:
            status = node.expect_status("active", bench.digest)
            expect(status["installed"]["disk"], own, "the disk")
            mounted = set(node.must("findmnt -rno SOURCE /oem; findmnt -rno SOURCE /run/cairn/state; "
                                    "findmnt -rno SOURCE /run/cairn/persistent").split())
            if any(not source.startswith(own) for source in mounted):
                raise Wrong(f"mounted is {mounted}")
    return play


def no_room(bench):
    """An upgrade that does not fit is refused before its first byte, and leaves all as it was."""
    with Images(bench.system) as images, bench.start(bench.installed()) as node:
        image = images.make("v2", node_images.release(2))
        node.online()
        state = "/run/cairn/state"
        node.must(f"mount -o remount,rw {state} && fallocate -l $(( $(stat -f -c '%a * %S' {state}) - (100 << 20) )) "
                  f"{state}/filler && mount -o remount,ro {state}", 300)
        before = (node.boot_state(), node.snapshots(), node.must(f"df --output=avail {state} | tail -n 1"))
        begun = time.monotonic()
        node.refuses(node.upgrade_command(image), "CRN-SYS-004", "reserving space", "are needed", seconds=UPGRADE_SECONDS)
        bench.took("refused", time.monotonic() - begun)
        expect((node.boot_state(), node.snapshots(), node.must(f"df --output=avail {state} | tail -n 1")), before,
               "boot state, snapshots and free space")
        node.must(f"mount -o remount,rw {state} && rm {state}/filler && mount -o remount,ro {state}")
        node.upgrade(image)


def power_cuts(bench):
    """The power goes at random moments of an upgrade: each start afterwards is the old or the new system."""
    seed = int(os.environ.get("CAIRN_TEST_SEED") or random.randrange(1 << 32))
    print(f"power-cuts: CAIRN_TEST_SEED={seed}", flush=True)
    chance = random.Random(seed)
    disk = bench.installed()
    with Images(bench.system) as images:
        image = images.make("v2", node_images.release(2))
        seconds = 0
        for cut in range(4):
            with bench.start(disk) as node:
                status = node.status()
                expect((status["mode"], status["installed"]["fallback"]), ("active", False), f"after {cut} cuts: the start")
                if status["image"]["digest"] not in (bench.digest, image.digest):
                    raise Wrong(f"after {cut} cuts it runs {status['image']['digest']}")
                node.online()
                if cut == 3:
                    break
                # Forced, so that there is always something to write; the first one measures how long it takes.
                begun = time.monotonic()
                node.start(node.upgrade_command(image, "--force", "--reboot") + "; echo upgrade''-ended $?")
                if cut == 0:
                    node.console.wait_for(r"upgrade-ended 0", UPGRADE_SECONDS)
                    seconds = time.monotonic() - begun
                    time.sleep(chance.uniform(0, 5))
                else:
                    time.sleep(chance.uniform(0, seconds))
                bench.took(f"cut {cut + 1} after", time.monotonic() - begun)
        # The machine of the last turn has ended; a whole upgrade goes through.
        with bench.start(disk) as node:
            node.upgrade(image, "--force")
            node.reboot()
            node.expect_status("active", image.digest)


USED_UP = "it used up its starts"
CASES = [
    Case("bios", True, starts("bios")),
    Case("uefi", False, starts("uefi")),
    Case("netboot", False, netboot_install.play),
    Case("upgrade", True, upgrade),
    Case("panic", True, broken(node_images.panicking(), why=USED_UP)),
    Case("bad-kernel", False, broken(node_images.garbage("boot/vmlinuz-{}"), why="the loader could not start it", retry=True)),
    Case("bad-initrd", False, broken(node_images.garbage("boot/initrd-{}"), why=USED_UP)),
    Case("bad-health", False, broken(node_images.failing_check(), why="10-broken")),
    Case("frozen", False, broken(node_images.frozen(), why=USED_UP, tries=1, watchdog=True)),
    Case("hanging", False, broken(node_images.hanging(), why="builtin/start")),
    Case("zeroed-state", True, zeroed_state),
    Case("reset", False, reset),
    Case("lost-boot-state", False, lost_boot_state),
    Case("twin-first", False, twin(0)),
    Case("twin-second", False, twin(1)),
    Case("twin-uefi", False, twin(1, "uefi")),
    Case("no-room", False, no_room),
    Case("power-cuts", False, power_cuts),
]

#!/usr/bin/env python3
"""Boots the prepared system from every kind of medium, and media that must be refused.

Each machine must come to its login prompt, and what `cairn status --json` says there must name the image that was built and
the medium that was booted. `boot_test.py [CASE...]` runs some; CAIRN_TEST_FULL=1 runs those that are not core, too.
"""

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import cases
import media
from cases import Wrong
from prepare import ROOT
from machine import Disk, Machine, Spec

LOGS = ROOT / "out/test/vm"
BOOT_SECONDS = 900  # half a minute on an idle computer with TCG, minutes beside builds; a panic is seen at once
STATUS_SECONDS = 60  # it stands above the login prompt
REFUSE_SECONDS = 600
PANIC = r"Kernel panic.*"
RESTART = r"cairn: restarting in \d+ s"
AT_ONCE = {"KVM": 2, "TCG": 1}  # with TCG one machine keeps two cores busy: two at once take as long as one after the other


@dataclass(frozen=True)
class Case:
    """`spec(system, folder)` makes the machine; `check(machine, system)` watches it."""
    name: str
    core: bool
    spec: Callable
    check: Callable


def booted(kind):
    """Checks for the login prompt and the status; `kind` is the medium's: iso or netboot."""
    def check(machine, system):
        machine.console.wait_for(r"^.*login:", BOOT_SECONDS, unless=PANIC)
        status = machine.console.wait_for_object(["mode", "image", "medium"], STATUS_SECONDS)
        manifest = system.iso_manifest if kind == "iso" else system.netboot_manifest
        wanted = {("mode",): "live" if kind == "iso" else "netboot", ("image", "digest"): system.image["digest"],
                  ("medium", "id"): manifest["id"], ("medium", "kind"): kind, ("kernel",): manifest["kernel"]}
        for path, value in wanted.items():
            found = status
            for member in path:
                found = (found or {}).get(member)
            if found != value:
                raise Wrong(f"status says {'.'.join(path)} = {found!r} instead of {value!r}; see {machine.log}")
    return check


def refused(*messages):
    """Checks that the console names the fault and that the machine reboots instead of hanging."""
    def check(machine, _):
        for message in messages:
            machine.console.wait_for(message, REFUSE_SECONDS, unless="login:")
        try:
            machine.wait_for_end(REFUSE_SECONDS)  # it was told to end where it would reboot
        except TimeoutExpired:
            raise Wrong(f"it hangs instead of rebooting; see {machine.log}") from None
    return check


def iso_cd(firmware):
    return lambda system, _: Spec(cdrom=system.iso, firmware=firmware)


def iso_disk(bus, firmware):
    return lambda system, _: Spec(disks=(Disk(system.iso, bus=bus),), firmware=firmware)


def netboot(system, _, initrd=None, **more):
    return Spec(memory_mib=2048, kernel=system.netboot / "vmlinuz", initrd=initrd or system.netboot / "initrd",
                append=" ".join(system.netboot_manifest["cmdline"]), **more)


def other_medium(system, _):
    """The ISO's own words, but of another ISO: what a second stick with the same UUID looks like."""
    words = [re.sub(r"^cairn\.medium=.*", "cairn.medium=0123456789abcdef", word) for word in system.iso_manifest["cmdline"]]
    words = [word for word in words if not word.startswith("cairn.live=")]
    return Spec(cdrom=system.iso, kernel=system.netboot / "vmlinuz", initrd=media.bare_initrd(system), reboots=False,
                append=" ".join([f"cairn.live={media.iso_uuid(system.iso_manifest['id'])}", *words]))


def damaged_stick(system, folder):
    return Spec(disks=(Disk(media.damaged_iso(system, folder / "damaged.img"), bus="usb"),), reboots=False)


def cut_download(system, folder):
    return netboot(system, folder, initrd=media.cut_initrd(system, folder / "initrd.cut"), reboots=False)


CASES = [
    Case("uefi-cd", True, iso_cd("uefi"), booted("iso")),
    Case("bios-usb", True, iso_disk("usb", "bios"), booted("iso")),
    Case("netboot", True, netboot, booted("netboot")),
    Case("other-medium", True, other_medium, refused("has the id .* but 0123456789abcdef was booted", RESTART)),
    Case("bios-cd", False, iso_cd("bios"), booted("iso")),
    Case("uefi-usb", False, iso_disk("usb", "uefi"), booted("iso")),
    Case("bios-virtio", False, iso_disk("virtio", "bios"), booted("iso")),
    Case("uefi-nvme", False, iso_disk("nvme", "uefi"), booted("iso")),
    Case("damaged-stick", False, damaged_stick, refused(r"cairn: can't start: .*squashfs", RESTART)),
    Case("cut-download", False, cut_download, refused(r"cairn: can't start: .*(is missing|instead of)", RESTART)),
]


RUNNING = set()


@contextlib.contextmanager
def running(machine):
    """While inside, an interrupt finds the machine and ends it."""
    RUNNING.add(machine)
    try:
        yield
    finally:
        RUNNING.discard(machine)


def run_all(chosen, system, at_once):
    """Whether all passed."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(run, case, system) for case in chosen]
        try:
            return all([future.result() for future in futures])
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for machine in list(RUNNING):
                machine.process.kill()  # whoever waits for it hears that it ended, and cleans up
            raise


def run(case, system):
    def act():
        with Machine(case.spec(system, folder), folder / "console.log", name=case.name) as machine, running(machine):
            case.check(machine, system)

    folder = LOGS / case.name
    return cases.play(case, folder, act)


if __name__ == "__main__":
    cases.main(CASES, LOGS, lambda chosen, system, how: run_all(chosen, system, AT_ONCE[how.name]))

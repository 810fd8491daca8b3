#!/usr/bin/env python3
"""Boots the prepared system from every kind of medium, and media that must be refused.

Each machine must come to its login prompt, and what `cairn status --json` says there must name the image that was built and
the medium that was booted. `boot_test.py [CASE...]` runs some; CAIRN_TEST_FULL=1 runs those that are not core, too.
"""

import contextlib
import os
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import Callable

import media
from prepare import ROOT, CannotPrepare, prepared
from accelerator import accelerator
from console import ConsoleError
from machine import Disk, Machine, MachineError, Spec, missing_programs
from qmp import QmpError

LOGS = ROOT / "out/test/vm"
BOOT_SECONDS = 900  # half a minute on an idle computer with TCG, minutes beside builds; a panic is seen at once
STATUS_SECONDS = 60  # it stands above the login prompt
REFUSE_SECONDS = 600
PANIC = r"Kernel panic.*"
RESTART = r"cairn: restarting in \d+ s"
AT_ONCE = {"KVM": 2, "TCG": 1}  # with TCG one machine keeps two cores busy: two at once take as long as one after the other


class Wrong(Exception):
    """The machine did something else than it should."""


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


def run_all(cases, system, at_once):
    """Whether all passed."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(run, case, system) for case in cases]
        try:
            return all([future.result() for future in futures])
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for machine in list(RUNNING):
                machine.process.kill()  # whoever waits for it hears that it ended, and cleans up
            raise


def run(case, system):
    """One line for the report; whether it passed."""
    folder = LOGS / case.name
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    trouble = ""
    try:
        with Machine(case.spec(system, folder), folder / "console.log", name=case.name) as machine, running(machine):
            case.check(machine, system)
    except (ConsoleError, MachineError, QmpError, Wrong, OSError) as error:
        trouble = f"\n  {error}"
    print(f"{'FAILED' if trouble else 'ok':<7} {case.name:<14} {time.monotonic() - begun:6.1f} s{trouble}", flush=True)
    return not trouble


def main(names):
    chosen = [c for c in CASES if (c.name in names if names else c.core or os.environ.get("CAIRN_TEST_FULL"))]
    if unknown := set(names) - {case.name for case in CASES}:
        sys.exit(f"boot_test.py: no case {', '.join(unknown)}; there are: {', '.join(c.name for c in CASES)}")
    reason = missing_programs(Spec(firmware="uefi"))
    if reason:
        print(f"skipped: {reason}")
        return 77
    try:
        system = prepared()
    except CannotPrepare as error:
        print(f"skipped: {error}")
        return 77
    except CalledProcessError as error:
        print(f"{Path(str(error.cmd[0])).name} {' '.join(error.cmd[1:3])} ended with status {error.returncode}")
        return 1
    how = accelerator()
    print(f"{len(chosen)} of {len(CASES)} cases, {how.name}: {how.reason}; logs in {LOGS}", flush=True)
    return 0 if run_all(chosen, system, AT_ONCE[how.name]) else 1


if __name__ == "__main__":
    # Told to end, it ends its machines in order, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

#!/usr/bin/env python3
"""The machine lab itself, with a boot sector in place of a system: starting, talking, failing and ending machines."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent.parent / "support"
sys.path.insert(0, str(SUPPORT))
from boot_sector import write_echo_disk  # noqa: E402
from console import ConsoleError  # noqa: E402
from machine import Disk, Machine, MachineError, Spec, missing_programs  # noqa: E402

BOOT_SECONDS = 60  # far more than a boot sector needs, on a busy computer


def processes_with(word):
    """Process ids whose command line holds the word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass  # it ended meanwhile
    return found


def kill_if_there(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass  # as it should be


class MachineLab(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="cairn-lab-")))
        self.disk = self.folder / "disk,with comma.img"
        write_echo_disk(self.disk)
        self.log = self.folder / "lab.log"

    def small(self, **more):
        return Spec(**{"memory_mib": 64, "cpus": 1, "disks": (Disk(self.disk),), **more})

    def test_talks_both_ways_and_logs(self):
        with Machine(self.small(), self.log) as machine:
            machine.console.wait_for("^ready$", BOOT_SECONDS)
            machine.console.send("are you there")
            machine.console.wait_for("are you there", BOOT_SECONDS)
            process = machine.process
        self.assertIsNotNone(process.returncode, "still runs")
        self.assertIn("ready", self.log.read_text())
        self.assertFalse(processes_with(str(self.disk).replace(",", ",,")))

    def test_waiting_fails_with_the_last_lines(self):
        with Machine(self.small(), self.log) as machine:
            machine.console.wait_for("ready", BOOT_SECONDS)
            machine.console.send("the last words")
            machine.console.wait_for("last", BOOT_SECONDS)
            with self.assertRaisesRegex(ConsoleError, r"lab: .*did not show /login:/ within 0.3 s(.|\n)*\| the last words"):
                machine.console.wait_for("login:", 0.3)
            machine.console.send("Kernel panic, login: never")
            with self.assertRaisesRegex(ConsoleError, "the console said: Kernel panic"):
                machine.console.wait_for("login:", BOOT_SECONDS, unless="Kernel panic")
            machine.qmp.ask("quit")
            begun = time.monotonic()
            with self.assertRaisesRegex(ConsoleError, "the machine ended without /nothing like it/"):
                machine.console.wait_for("nothing like it", BOOT_SECONDS)
            self.assertLess(time.monotonic() - begun, 10)
            self.assertEqual(machine.wait_for_end(10), 0)

    def test_boots_a_stick_with_an_identity_and_a_tpm(self):
        uuid = "0c1d2e3f-0000-4000-8000-00000000cafe"
        with Machine(self.small(disks=(Disk(self.disk, bus="usb"),), uuid=uuid, tpm=True, network=True), self.log) as machine:
            machine.console.wait_for("ready", BOOT_SECONDS)
            self.assertEqual(machine.qmp.ask("query-uuid")["UUID"], uuid)
            self.assertEqual([tpm["model"] for tpm in machine.qmp.ask("query-tpm")], ["tpm-tis"])

    def test_uefi_starts_with_fresh_variables(self):
        with Machine(self.small(firmware="uefi", memory_mib=256, disks=()), self.log) as machine:
            machine.console.wait_for("BdsDxe|UEFI Interactive Shell", BOOT_SECONDS)

    def test_says_why_a_machine_cannot_start(self):
        with self.assertRaisesRegex(MachineError, "ended with status 1: .*none.img"):
            with Machine(self.small(disks=(Disk(self.folder / "none.img"),)), self.log):
                pass

    def test_writes_are_thrown_away_unless_asked(self):
        before = self.disk.read_bytes()
        with Machine(self.small(), self.log) as machine:
            block = machine.qmp.ask("query-block")[0]["inserted"]
            self.assertNotEqual(block["file"], str(self.disk), "no overlay over the image")
        self.assertEqual(self.disk.read_bytes(), before)

    def test_dies_with_a_program_that_is_killed(self):
        program = textwrap.dedent(f"""
            import sys, time
            sys.path.insert(0, {str(SUPPORT)!r})
            from machine import Disk, Machine, Spec
            with Machine(Spec(memory_mib=64, cpus=1, disks=(Disk({str(self.disk)!r}),), tpm=True), {str(self.log)!r}) as machine:
                print(machine.process.pid, flush=True)
                time.sleep(600)
            """)
        for number in (signal.SIGKILL, signal.SIGINT):
            with subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True) as owner:
                machine = int(owner.stdout.readline())
                self.addCleanup(kill_if_there, machine)
                owner.send_signal(number)
                owner.wait(20)
            deadline = time.monotonic() + 10
            while Path(f"/proc/{machine}").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertFalse(Path(f"/proc/{machine}").exists(), f"QEMU outlived its owner after {number.name}")


if __name__ == "__main__":
    reason = missing_programs(Spec(tpm=True, firmware="uefi"))
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(verbosity=2)

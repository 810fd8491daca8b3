#!/usr/bin/env python3
"""The machine lab itself, with a boot sector in place of a system: starting, talking, failing and ending machines."""

import os
import signal
import socket
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
from console import Console, ConsoleError  # noqa: E402
from machine import Disk, Machine, MachineError, Spec, missing_programs  # noqa: E402
from tied import processes_with  # noqa: E402

BOOT_SECONDS = 60  # far more than a boot sector needs, on a busy computer


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
            spec = Spec(memory_mib=64, cpus=1, disks=(Disk({str(self.disk)!r}),), tpm=True)
            with Machine(spec, {str(self.log)!r}) as machine:
                print(machine.process.pid, flush=True)
                time.sleep(600)
            """)
        for number in (signal.SIGKILL, signal.SIGINT):
            with subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, env=dict(os.environ, TMPDIR=str(self.folder))) as owner:
                machine = int(owner.stdout.readline())
                self.addCleanup(kill_if_there, machine)
                owner.send_signal(number)
                owner.wait(20)
            deadline = time.monotonic() + 10
            while Path(f"/proc/{machine}").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertFalse(Path(f"/proc/{machine}").exists(), f"QEMU outlived its owner after {number.name}")


class ConsoleText(unittest.TestCase):
    """What comes from the line, without a machine at its other end."""

    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="cairn-lab-")))
        ours, self.machine = socket.socketpair()
        self.log = folder / "log"
        self.console = Console(ours, "lab", self.log)
        self.addCleanup(self.machine.close)
        self.addCleanup(self.console.close)

    def say(self, *chunks):
        for chunk in chunks:
            self.machine.sendall(chunk)
            time.sleep(0.02)  # so that they arrive apart

    def test_escape_sequences_are_gone_wherever_they_are_cut(self):
        self.say(b"one\x1b[0", b";31mtwo\x1b", b"[2J\r\nthr\xc3", b"\xa4e\x1b]0;title\x07 end\r\n")
        self.console.wait_for("end", 5)
        self.assertEqual(self.console.text, "onetwo\nthräe end\n")
        self.assertEqual(self.log.read_text(), self.console.text)

    def test_each_match_is_found_once(self):
        self.say(b"login: \r\n", b"login: again")
        self.console.wait_for("login:", 5)
        self.assertEqual(self.console.wait_for("login: ?(.*)", 5).group(1), "again")
        with self.assertRaises(ConsoleError):
            self.console.wait_for("login:", 0.1)

    def test_finds_the_object_among_others(self):
        self.say(b'[    1.0] { not one\r\n{"mode": 1}\r\n{\r\n  "mode": "live",\r\n',
                 b'  "medium": {"id": "a"}\r\n}\r\nlogin:')
        self.assertEqual(self.console.wait_for_object(["mode", "medium"], 5)["medium"], {"id": "a"})
        with self.assertRaisesRegex(ConsoleError, "no JSON object with mode, other within 0.1 s"):
            self.console.wait_for_object(["mode", "other"], 0.1)
        self.machine.close()
        with self.assertRaisesRegex(ConsoleError, "before the machine ended"):
            self.console.wait_for_object(["other"], 30)


if __name__ == "__main__":
    reason = missing_programs(Spec(tpm=True, firmware="uefi"))
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(verbosity=2)

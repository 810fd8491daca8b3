#!/usr/bin/env python3
"""Virtual machines (QEMU) for tests and the demo. They end with whoever started them, whatever happens to it.

  with Machine(Spec(cdrom=iso, firmware="uefi"), log=Path("console.log")) as machine:
      machine.console.wait_for(r"login:", 120)

  machine.py console SOCKET     joins this terminal to a machine's console; Ctrl-] leaves it
  machine.py accelerator        says how machines run here: KVM if it works, else TCG, and why
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from accelerator import accelerator
from console import Console
from qmp import Qmp, QmpError
from tied import PROGRAM, spawn_tied

OVMF = Path("/usr/share/OVMF")
START_SECONDS = 20
NEEDED = {"qemu-system-x86_64": "qemu-system-x86", "setpriv": "util-linux"}


class MachineError(Exception):
    """The machine could not be started."""


@dataclass(frozen=True)
class Disk:
    """An image as a disk. What the machine writes is thrown away unless `keep_writes`."""
    path: Path
    bus: str = "virtio"  # virtio | usb | nvme
    format: str = "raw"
    keep_writes: bool = False


@dataclass(frozen=True)
class Spec:
    """What a machine is made of. It boots `kernel` if there is one, else the CD, else the disks in their order."""
    memory_mib: int = 1024
    cpus: int = 2
    firmware: str = "bios"  # bios | uefi
    cdrom: Path = None
    disks: tuple = ()
    boot_disk: int = 0  # the firmware tries this one of the disks first
    kernel: Path = None
    initrd: Path = None
    append: str = ""
    network: bool = False  # user network: out only, except for `forward`
    forward: dict = field(default_factory=dict)  # TCP port here -> port of the machine
    tpm: bool = False
    watchdog: bool = False  # resets the machine when nobody feeds it
    uuid: str = None
    reboots: bool = True  # otherwise it ends where it would reboot


def missing_programs(spec=Spec()):
    """Why such a machine cannot run here; empty if it can."""
    needed = dict(NEEDED, **({"swtpm": "swtpm"} if spec.tpm else {}))
    missing = [f"{program} (package {package})" for program, package in needed.items() if not shutil.which(program)]
    if spec.firmware == "uefi" and not (OVMF / "OVMF_CODE_4M.fd").exists():
        missing.append("UEFI firmware (package ovmf)")
    return "missing: " + ", ".join(missing) if missing else ""


def quoted(path):
    """A path as a value in QEMU's lists of options, where a comma ends it."""
    return str(path).replace(",", ",,")


def drive_options(number, disk, bootindex):
    name = f"disk{number}"
    device = {"virtio": "virtio-blk-pci", "usb": "usb-storage,bus=usb.0", "nvme": f"nvme,serial={name}"}[disk.bus]
    return ["-drive", f"if=none,id={name},format={disk.format},snapshot={'off' if disk.keep_writes else 'on'},"
                      f"file={quoted(disk.path)}",
            "-device", f"{device},drive={name},bootindex={bootindex}"]


def options(spec, folder, how):
    """QEMU's arguments. `folder` is where sockets and firmware variables lie, `how` the accelerator's arguments."""
    words = ["-nodefaults", "-no-user-config", "-display", "none", "-S", "-machine", "q35", *how,
             "-m", str(spec.memory_mib), "-smp", str(spec.cpus), "-device", "virtio-rng-pci",
             "-chardev", f"socket,id=console,path={folder}/console,server=on,wait=off", "-serial", "chardev:console",
             "-qmp", f"unix:{folder}/qmp,server=on,wait=off"]
    if spec.firmware == "uefi":
        words += ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}/OVMF_CODE_4M.fd",
                  "-drive", f"if=pflash,format=raw,file={folder}/vars.fd"]
    # Boot index 0 is the kernel's, if there is one.
    if spec.cdrom:
        words += ["-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={quoted(spec.cdrom)}",
                  "-device", "ide-cd,drive=cd,bootindex=1"]
    if any(disk.bus == "usb" for disk in spec.disks):
        words += ["-device", "qemu-xhci,id=usb"]
    for number, disk in enumerate(spec.disks):
        words += drive_options(number, disk, 2 if number == spec.boot_disk else number + 3)
    if spec.kernel:
        words += ["-kernel", str(spec.kernel), "-append", spec.append]
    if spec.initrd:
        words += ["-initrd", str(spec.initrd)]
    if spec.network:
        ports = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for here, there in spec.forward.items())
        words += ["-netdev", f"user,id=net{ports}", "-device", "virtio-net-pci,netdev=net,romfile="]
    if spec.tpm:
        words += ["-chardev", f"socket,id=tpm,path={folder}/tpm.socket", "-tpmdev", "emulator,id=tpm,chardev=tpm",
                  "-device", "tpm-tis,tpmdev=tpm"]
    if spec.watchdog:
        words += ["-device", "i6300esb"]
    if spec.uuid:
        words += ["-uuid", spec.uuid]
    return words if spec.reboots else words + ["-no-reboot"]


class Machine:
    """A running machine inside `with`; ended at its end. Start and end it in the same thread: QEMU dies with that one.

    log: file for the console's text; QEMU's own words go to the same name with the suffix .qemu.
    """

    def __init__(self, spec, log, name=None, how=None):
        self.spec, self.log, self.name = spec, Path(log), name or Path(log).stem
        self.process = self.console = self.qmp = self.started = None
        self._how, self._tpm, self._folder = how, None, None

    def __enter__(self):
        missing = missing_programs(self.spec)
        if missing:
            raise MachineError(f"{self.name}: {missing}")
        # Sockets have names of at most 107 bytes, so they do not lie beside the log.
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-vm-")
        try:
            self._start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def console_socket(self):
        return Path(self._folder.name) / "console"

    @property
    def seconds(self):
        """Since it was switched on."""
        return time.monotonic() - self.started

    def wait_for_end(self, seconds):
        """The machine's exit status; for one that does not reboot, or that switches itself off."""
        return self.process.wait(seconds)

    def kill(self):
        """Takes the power away."""
        for process in (self.process, self._tpm):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        for connection in (self.console, self.qmp):
            if connection:
                connection.close()
        self.console = self.qmp = None
        if self._folder:
            self._folder.cleanup()

    def release_console(self):
        """From now on another program may connect to `console_socket`, one at a time."""
        self.console.close()
        self.console = None

    def _start(self):
        folder = Path(self._folder.name)
        how = self._how or accelerator().options
        if self.spec.firmware == "uefi":
            # Boot entries that the firmware remembers would hold for another machine than this one.
            shutil.copy(OVMF / "OVMF_VARS_4M.fd", folder / "vars.fd")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log.with_suffix(".qemu"), "wb") as log:
            if self.spec.tpm:
                (folder / "tpm").mkdir()
                self._tpm = spawn_tied(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/tpm", "--ctrl",
                                        f"type=unixio,path={folder}/tpm.socket", "--terminate"], log)
                self._wait_until(self._tpm, (folder / "tpm.socket").exists)
            self.process = spawn_tied(["qemu-system-x86_64", *options(self.spec, folder, how)], log)
        self.console = Console(self._connect(folder / "console"), self.name, self.log)
        control = self._connect(folder / "qmp")
        try:
            self.qmp = Qmp(control)
            # It was made standing still (-S), so that not a byte of the console is lost.
            self.started = time.monotonic()
            self.qmp.ask("cont")
        except (OSError, QmpError) as error:
            control.close()
            raise self._failure(self.process) from error

    def _connect(self, path):
        connection = socket.socket(socket.AF_UNIX)

        def connected():
            try:
                connection.connect(str(path))
                return True
            except OSError:
                return False

        try:
            self._wait_until(self.process, connected)
        except BaseException:
            connection.close()
            raise
        return connection

    def _wait_until(self, process, ready):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._failure(process)
            time.sleep(0.02)

    def _failure(self, process):
        """Why a program is of no use: it ended, or it does not answer."""
        try:
            how = f"ended with status {process.wait(1)}"
        except subprocess.TimeoutExpired:
            how = "does not answer"
        said = self.log.with_suffix(".qemu").read_text(errors="replace").strip()[-2000:]
        return MachineError(f"{self.name}: {process.args[PROGRAM]} {how}: {said or 'it said nothing'}")


def join_console(path):
    """This terminal and the console as one, until Ctrl-] or the machine's end."""
    import select
    import termios
    import tty
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    print("Ctrl-] leaves the console; Enter shows its prompt.", flush=True)
    saved = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        while True:
            ready, _, _ = select.select([0, connection], [], [])
            if 0 in ready:
                typed = os.read(0, 1024)
                if not typed or b"\x1d" in typed:
                    return
                connection.sendall(typed)
            if connection in ready:
                said = connection.recv(65536)
                if not said:
                    return
                os.write(1, said)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
        print()


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "console":
        join_console(arguments[1])
    elif arguments == ["accelerator"]:
        print(f"{accelerator().name}: {accelerator().reason}")
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:
        sys.exit(f"machine.py: {error}")

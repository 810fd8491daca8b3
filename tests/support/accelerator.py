"""How machines run here: with KVM if it really works, else TCG."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 4  # with KVM that works the probe takes a tenth of a second
KVM = ("-accel", "kvm", "-cpu", "host")
# erms and fsrm let the kernel clear pages by `rep stosb`, at which TCG is so slow that a boot stands still for long.
TCG = ("-accel", "tcg,thread=multi", "-cpu", "max,-erms,-fsrm")


@dataclass(frozen=True)
class Accelerator:
    name: str
    options: tuple
    reason: str


def cache_file():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn" / "kvm"


def probe():
    """Why KVM does not work here, or "". The device alone says nothing: nested, it may hang, refuse, or crawl."""
    from boot_sector import write_echo_disk
    from console import ConsoleError
    from machine import Disk, Machine, MachineError, Spec
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm cannot be opened"
    with tempfile.TemporaryDirectory(prefix="cairn-kvm-") as folder:
        disk = Path(folder) / "disk"
        write_echo_disk(disk)
        try:
            with Machine(Spec(memory_mib=64, cpus=1, disks=(Disk(disk),)), Path(folder) / "probe.log", how=KVM) as machine:
                machine.console.wait_for("ready", PROBE_SECONDS)
        except (ConsoleError, MachineError) as error:
            return str(error).splitlines()[0]
    return ""


def accelerator():
    """Probed once a boot of this computer; the result is kept in ~/.cache/cairn/kvm."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    cache = cache_file()
    known = cache.read_text().splitlines() if cache.exists() else []
    if known[:1] != [boot]:
        cache.parent.mkdir(parents=True, exist_ok=True)
        known = [boot, probe()]
        new = cache.with_name(f".kvm.{os.getpid()}")
        new.write_text("\n".join(known) + "\n")
        new.replace(cache)
    trouble = known[1] if len(known) > 1 else ""
    return Accelerator("TCG", TCG, f"KVM does not work: {trouble}") if trouble else Accelerator("KVM", KVM, "it works")

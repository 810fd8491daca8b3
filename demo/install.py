"""Act 2: a machine installs itself.

The medium tells an empty machine to install; the machine writes its disk, switches itself off, and starts from the disk by
BIOS: the same image, on partitions of its own, with a system to fall back to.
"""

import json

from boot import BOOT_SECONDS, CAIRN, STATUS_SECONDS
from machine import Disk, Machine, Spec
from steps import OUT, ROOT, StepFailed, say
from watch import LOGIN, PANIC, console_of

TITLE = "A machine installs itself"
ISO = OUT / "install.iso"
DISK = OUT / "machine.img"
DISK_BYTES = 6 << 30
INSTALL_SECONDS = 900


def play(steps, stack, played):
    first = played[0]
    first.machine.kill()  # its memory is needed
    make_medium(steps, first.image)
    install(steps, stack)
    machine, log = start(steps, stack)
    show_status(steps, machine, log, first.image)
    return machine


def make_medium(steps, image):
    with steps.step("Make an ISO that installs without a question"):
        steps.run(CAIRN, "build", "iso", f"registry:{image.reference}", "--plain-http", "--append",
                  "cairn.install=auto cairn.install.then=poweroff", "-o", ISO.relative_to(ROOT), name="install-iso")


def install(steps, stack):
    with steps.step("Start an empty machine from it"):
        DISK.unlink(missing_ok=True)
        with open(DISK, "wb") as disk:
            disk.truncate(DISK_BYTES)
        say(f"    $ qemu-system-x86_64 -m 1024 -nographic -cdrom {ISO.relative_to(ROOT)} "
            f"-drive file={DISK.relative_to(ROOT)},format=raw,if=virtio")
        log = steps.log("install")
        spec = Spec(memory_mib=1024, cdrom=ISO, disks=(Disk(DISK, keep_writes=True),), reboots=False)
        machine = stack.enter_context(Machine(spec, log, name="machine that installs itself"))
        with console_of(log):
            machine.console.wait_for(r"is installed on /dev/\w+", INSTALL_SECONDS, unless=f"{PANIC}|cairn: error.*")
            machine.wait_for_end(INSTALL_SECONDS)
        say(f"    it switched itself off after {machine.seconds:.0f} s")


def start(steps, stack):
    with steps.step("Start it from its disk"):
        say(f"    $ qemu-system-x86_64 -m 1024 -nographic -drive file={DISK.relative_to(ROOT)},format=raw,if=virtio")
        log = steps.log("installed")
        spec = Spec(memory_mib=1024, disks=(Disk(DISK, keep_writes=True),))
        machine = stack.enter_context(Machine(spec, log, name="installed machine"))
        with console_of(log):
            machine.console.wait_for(LOGIN, BOOT_SECONDS, unless=PANIC)
        say(f"    login prompt {machine.seconds:.0f} s after power-on")
    return machine, log


def show_status(steps, machine, log, image):
    with steps.step("Read what the machine says of itself"):
        with console_of(log):
            status = machine.console.wait_for_object(["mode", "image"], STATUS_SECONDS)
        say("".join(f"    {line}\n" for line in json.dumps(status, indent=2).splitlines()).rstrip())
        if status["mode"] != "active" or (status["image"] or {}).get("digest") != image.digest:
            raise StepFailed("the machine does not run the image that was built, or not from its disk")
        say("    it runs the image from its own disk")


def put_config(steps, config):
    """Puts a cloud-config into the configuration of the installed system, from outside."""
    table = json.loads(steps.run("sfdisk", "--json", DISK.relative_to(ROOT), name="sfdisk"))["partitiontable"]
    start = next(part["start"] for part in table["partitions"] if part["name"] == "oem")
    steps.run("debugfs", "-w", "-R", f"write {config} {config.name}", f"{DISK}?offset={start * 512}", name="debugfs")


def keep(_machine):
    """What is left of this act: the machine goes on in the next one."""
    say(f"  its disk   {DISK.relative_to(ROOT)}")

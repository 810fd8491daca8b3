"""Act 3: the machine gets another version of its system.

Version 2 of the image is pushed; the machine's own cloud-config lets it pull that once it has a network. It writes the new
system beside the running one, restarts into it, and keeps version 1 to fall back to.
"""

import install
from boot import BOOT_SECONDS, digest_of
from machine import Disk, Machine, Spec
from steps import OUT, say
from watch import LOGIN, PANIC, console_of

TITLE = "The machine is upgraded from the registry"
UPGRADE_SECONDS = 1800
# What QEMU's user network calls the computer that it runs on.
HOST = "10.0.2.2"


def play(steps, stack, played):
    first, installed = played
    installed.kill()  # its disk is needed
    digest = push(steps, first)
    write_config(steps, first, 2)
    machine, log = start(steps, stack, 2, "upgraded machine")
    wait_for_version(steps, machine, log, digest)
    return machine


def push(steps, first):
    with steps.step("Build version 2 and push it"):
        base = steps.run("images/base/build", first.registry.address, name="base-2")
        reference = steps.run("images/os/build", first.registry.address, base, "2", name="os-2")
        return digest_of(steps, reference)


def write_config(steps, first, version, then=""):
    """Cloud-config that has the machine pull this version, restart into it, and go on with `then` if it did not."""
    with steps.step("Tell the machine by cloud-config to pull it"):
        port = first.registry.address.rpartition(":")[2]
        config = OUT / f"upgrade-{version}.yaml"
        config.write_text(f"""stages:
  network:
    - name: upgrade to version {version}
      if: grep -q 'VERSION_ID="{version - 1}"' /usr/lib/os-release
      commands:
        - cairn upgrade {HOST}:{port}/cairn/os:{version} --plain-http --reboot > /dev/console 2>&1{then}
""")
        install.put_config(steps, config)


def start(steps, stack, version, name):
    """The machine, and its console's log, when it has staged this version."""
    with steps.step("Start it, with a network"):
        log = steps.log(f"upgrade-{version}")
        spec = Spec(memory_mib=1536, disks=(Disk(install.DISK, keep_writes=True),), network=True)
        machine = stack.enter_context(Machine(spec, log, name=name))
        with console_of(log):
            machine.console.wait_for(r"is staged as snapshot \d+", UPGRADE_SECONDS, unless=f"{PANIC}|cairn: error.*")
        say(f"    version {version} is staged {machine.seconds:.0f} s after power-on; it restarts by itself")
    return machine, log


def wait_for_version(steps, machine, log, digest):
    with steps.step("It comes back with version 2"):
        with console_of(log):
            machine.console.wait_for(rf"active boot of .*, snapshot 2 on .*, image {digest}", BOOT_SECONDS, unless=PANIC)
            machine.console.wait_for(LOGIN, BOOT_SECONDS, unless=PANIC)
        say(f"    {digest}\n    is what runs now; version 1 is kept to fall back to")


def keep(machine):
    """How to reach what still runs."""
    machine.release_console()
    say(f"  upgraded   tests/support/machine.py console {machine.console_socket}")

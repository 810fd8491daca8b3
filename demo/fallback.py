"""Act 4: it is given a broken version and comes back by itself.

Version 3 panics before it is a system. The machine pulls it as it pulled version 2, tries it as often as the loader lets it, is
back in version 2 without anybody's help, says why, and does not take version 3 again.
"""

import json
import shutil

import install
from boot import BOOT_SECONDS, CAIRN, STATUS_SECONDS
from machine import Disk, Machine, Spec
from steps import OUT, StepFailed, say
from upgrade import HOST, UPGRADE_SECONDS
from watch import LOGIN, console_of

TITLE = "It is given a broken version and comes back by itself"
CONFIG = OUT / "fallback.yaml"
STORAGE = OUT / "buildah"
EPOCH = 1767225600  # as images/os/build; an older image would be a downgrade


def play(steps, stack, played):
    first, _, upgraded = played
    digest = push(steps, first)
    upgraded.kill()  # its disk is needed
    write_config(steps, first)
    machine, log = start(steps, stack)
    fail(steps, machine, log)
    explain(steps, machine, log, digest)
    return machine


def push(steps, first):
    """Version 3: version 2 and one small layer."""
    reference = f"{first.registry.address}/cairn/os:3"
    with steps.step("Build a broken version 3 and push it"):
        storage = ["--root", STORAGE / "storage", "--runroot", STORAGE / "run", "--storage-driver", "overlay"]
        base = f"{first.registry.address}/cairn/os:2"
        try:
            steps.run("buildah", *storage, "bud", "--isolation", "chroot", "--layers=false", "--timestamp", EPOCH, "--tls-verify=false", "--build-arg",
                      f"BASE={base}", "--tag", reference, "-f", "demo/broken.Dockerfile", "demo", name="bud-3",
                      shown=f"buildah bud --build-arg BASE={base} --tag {reference} -f demo/broken.Dockerfile demo")
            steps.run("buildah", *storage, "push", "--tls-verify=false", reference, f"docker://{reference}", name="push-3",
                      shown=f"buildah push {reference}")
        finally:
            shutil.rmtree(STORAGE, ignore_errors=True)
        text = steps.run(CAIRN, "image", "inspect", f"registry:{reference}", "--plain-http", "--json", name="inspect-3")
        return json.loads(text)["digest"]


def write_config(steps, first):
    with steps.step("Tell the machine by cloud-config to pull it"):
        port = first.registry.address.rpartition(":")[2]
        CONFIG.write_text(f"""stages:
  network:
    - name: upgrade to version 3
      if: grep -q 'VERSION_ID="2"' /usr/lib/os-release
      commands:
        - cairn upgrade {HOST}:{port}/cairn/os:3 --plain-http --reboot > /dev/console 2>&1; cairn status > /dev/console
""")
        install.put_config(steps, CONFIG)


def start(steps, stack):
    with steps.step("Start it"):
        log = steps.log("fallback")
        spec = Spec(memory_mib=1536, disks=(Disk(install.DISK, keep_writes=True),), network=True)
        machine = stack.enter_context(Machine(spec, log, name="machine with a broken version"))
        with console_of(log):
            machine.console.wait_for(r"is staged as snapshot \d+", UPGRADE_SECONDS, unless="cairn: error.*")
        say(f"    version 3 is staged {machine.seconds:.0f} s after power-on; it restarts by itself")
    return machine, log


def fail(steps, machine, log):
    with steps.step("It panics, and comes back with version 2"):
        with console_of(log):
            panic = machine.console.wait_for(r"Kernel panic.*", BOOT_SECONDS).group(0)
            begun = machine.seconds
            machine.console.wait_for(r"cairn: passive boot of .*, snapshot 2 on ", BOOT_SECONDS)
            machine.console.wait_for(LOGIN, BOOT_SECONDS)
        say(f"    {panic}\n    {machine.seconds - begun:.0f} s after its first panic it is version 2 again; nobody touched it")


def explain(steps, machine, log, digest):
    with steps.step("It says why, and does not take version 3 again"):
        with console_of(log):
            refusal = machine.console.wait_for(r"cairn: error.*", BOOT_SECONDS).group(0)
            fallback = machine.console.wait_for(r"^fallback .*", STATUS_SECONDS).group(0)
            refused = machine.console.wait_for(r"^refused +(\S+)", STATUS_SECONDS)
        say(f"    $ cairn upgrade .../cairn/os:3\n    {refusal}\n    $ cairn status\n    {fallback}\n    {refused.group(0)}")
        if refused.group(1) != digest or digest not in refusal:
            raise StepFailed(f"the machine refuses {refused.group(1)} instead of version 3, {digest}")


def keep(machine):
    """How to reach what still runs."""
    machine.release_console()
    say(f"  came back  tests/support/machine.py console {machine.console_socket}")

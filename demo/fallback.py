"""Act 4: it is given a broken version and comes back by itself.

Version 3 panics before it is a system. The machine pulls it as it pulled version 2, tries it as often as the loader lets it, is
back in version 2 without anybody's help, says why, and does not take version 3 again.
"""

import shutil

import upgrade
from boot import BOOT_SECONDS, STATUS_SECONDS, digest_of
from steps import OUT, StepFailed, say
from watch import console_of

TITLE = "It is given a broken version and comes back by itself"
STORAGE = OUT / "buildah"
EPOCH = 1767225600  # as images/os/build; an older image would be a downgrade


def play(steps, stack, played):
    first, _, upgraded = played
    digest = push(steps, first)
    upgraded.kill()  # its disk is needed
    upgrade.write_config(steps, first, 3, then="; cairn status > /dev/console")
    machine, log = upgrade.start(steps, stack, 3, "machine with a broken version")
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
        return digest_of(steps, reference)


def fail(steps, machine, log):
    with steps.step("It panics, and comes back with version 2"):
        with console_of(log):
            panic = machine.console.wait_for(r"Kernel panic.*", BOOT_SECONDS).group(0)
            begun = machine.seconds
            machine.console.wait_for(r"cairn: passive boot of .*, snapshot 2 on ", BOOT_SECONDS)
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

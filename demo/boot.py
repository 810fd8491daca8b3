"""Act 1: from a Dockerfile to a machine that boots.

A Debian base and an operating system on it become an image in a registry; the image becomes an ISO; a machine boots the ISO
by UEFI and says what it runs.
"""

import json
import sys
from dataclasses import dataclass

from steps import OUT, ROOT, StepFailed, say
from watch import LOGIN, PANIC, console_of

sys.path.insert(0, str(ROOT / "tests/support"))
from console import ConsoleError  # noqa: E402
from accelerator import accelerator  # noqa: E402
from machine import Machine, Spec  # noqa: E402
from registry import Registry  # noqa: E402

TITLE = "From a Dockerfile to a machine that boots"
CAIRN = "out/bin/cairn"
ISO = OUT / "os.iso"
BOOT_SECONDS = 900  # half a minute on an idle computer; a panic is seen at once
STATUS_SECONDS = 60  # it stands above the login prompt
MACHINE = Spec(memory_mib=1024, cdrom=ISO, firmware="uefi", network=True)


@dataclass
class Image:
    reference: str
    digest: str


@dataclass
class Played:
    """What later acts go on with."""
    registry: Registry
    image: Image
    machine: Machine


def play(steps, stack, _played):
    """Everything that must end is entered into `stack`."""
    with steps.step("Build cairn and the boot loader files"):
        steps.run("make", "build", "loaders", name="make")
    with steps.step("Start a registry on this computer"):
        say("    $ docker-registry serve ...")
        registry = stack.enter_context(Registry())
        say(f"    it is {registry.address}; what was pushed stays in {registry.storage}")
    image = make_image(steps, registry)
    make_iso(steps, image)
    machine = boot(steps, stack)
    show_status(steps, machine, image)
    return Played(registry, image, machine)


def make_image(steps, registry):
    with steps.step("Build the base image: Debian, systemd, a kernel"):
        base = steps.run("images/base/build", registry.address, name="base")
        say(f"    {base}")
    with steps.step("Build the operating system from images/os/Dockerfile"):
        reference = steps.run("images/os/build", registry.address, base, name="os")
        image = Image(reference, digest_of(steps, reference))
        say(f"    {image.digest}")
    with steps.step("Ask what the image lacks to boot"):
        say("    " + (steps.run(CAIRN, "lint", f"registry:{reference}", "--plain-http", name="lint") or "nothing"))
    return image


def digest_of(steps, reference):
    """Of an image that was just pushed."""
    text = steps.run(CAIRN, "image", "inspect", f"registry:{reference}", "--plain-http", "--json", name="inspect")
    return json.loads(text)["digest"]


def make_iso(steps, image):
    with steps.step("Make an ISO of the image"):
        steps.run(CAIRN, "build", "iso", f"registry:{image.reference}", "--plain-http", "-o", ISO.relative_to(ROOT),
                  name="iso")
        say(f"    {ISO.relative_to(ROOT)}, {ISO.stat().st_size / 1e6:.0f} MB")


def boot(steps, stack):
    with steps.step("Boot it by UEFI in a virtual machine"):
        how = accelerator()
        say(f"    $ qemu-system-x86_64 -m {MACHINE.memory_mib} -nographic -bios /usr/share/ovmf/OVMF.fd "
            f"-cdrom {ISO.relative_to(ROOT)}")
        say(f"    with {how.name}" + ("" if how.name == "KVM" else f", which is slower: {how.reason}"))
        log = steps.log("console")
        machine = stack.enter_context(Machine(MACHINE, log, name="demo machine"))
        with console_of(log):
            machine.console.wait_for(LOGIN, BOOT_SECONDS, unless=PANIC)
        say(f"    login prompt {machine.seconds:.0f} s after power-on")
    return machine


def show_status(steps, machine, image):
    with steps.step("Read what the machine says of itself"):
        say("    $ cairn status --json        (on the machine, at its console)")
        try:
            status = machine.console.wait_for_object(["mode", "image", "medium"], STATUS_SECONDS)
        except ConsoleError as error:
            raise StepFailed(str(error)) from None
        say("".join(f"    {line}\n" for line in json.dumps(status, indent=2).splitlines()).rstrip())
        booted = (status["image"] or {}).get("digest")
        if booted != image.digest:
            raise StepFailed(f"the machine booted {booted}, but {image.digest} was built")
        say("    the digest is that of the image: what was built is what runs")


def keep(played):
    """How to reach what still runs; the machine ended with this act."""
    say(f"  registry   http://{played.registry.address}/v2/_catalog")

"""An installed machine with a shell on its serial line (node_disk.SHELL): commands are run in it, and say how they ended."""

import base64
import contextlib
import json
import time

from cases import Wrong
from console import ConsoleError
from machine import Machine

BOOT_SECONDS = 1800  # a minute on an idle computer with TCG; a panic or a wrong system is seen at once
COMMAND_SECONDS = 120
SHELL_SECONDS = 180
ASK_SECONDS = 5
UPGRADE_SECONDS = 1800
HOST = "10.0.2.2"  # what QEMU's user network calls the computer that it runs on
LOGIN = r"automatic login"


def expect(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{what} is {found!r} instead of {wanted!r}")


class Node:
    """A machine that runs. After `booted()` its shell takes commands."""

    def __init__(self, machine):
        self.machine, self.console, self._count = machine, machine.console, 0

    def booted(self, seconds=BOOT_SECONDS, unless=None):
        """Waits for the next shell, and for the end of the start with all of its units; seconds that took."""
        begun = time.monotonic()
        self.console.wait_for(LOGIN, seconds, unless=unless)
        self._take_shell()
        self.run("systemctl is-system-running --wait", seconds)
        return time.monotonic() - begun

    def _take_shell(self):
        # What is typed before the shell listens may be lost. Neither the kernel nor systemd may write into answers.
        deadline = time.monotonic() + SHELL_SECONDS
        while True:
            self._count += 1
            self.console.send(f"stty -echo cols 4000; dmesg -n 1; kill -s RTMIN+21 1; PS1=; echo shell-''{self._count}")
            with contextlib.suppress(ConsoleError):
                self.console.wait_for(f"shell-{self._count}", ASK_SECONDS)
                return
            if time.monotonic() > deadline:
                raise Wrong(f"there is no shell; see {self.machine.log}")

    def start(self, command):
        """Runs a command without waiting for its end, as one that ends the machine needs."""
        self.console.send(command)

    def run(self, command, seconds=COMMAND_SECONDS):
        """(status, output) of a shell command."""
        self._count += 1
        self.console.send(f"o=$( ( {command} ) 2>&1 | base64 -w0; exit ${{PIPESTATUS[0]}} ); "
                          f"printf '\\n@%s %s %s@\\n' {self._count} $? \"$o\"")
        answer = self.console.wait_for(rf"@{self._count} (\d+) ([\w+/=]*)@", seconds)
        return int(answer.group(1)), base64.b64decode(answer.group(2)).decode(errors="replace").strip()

    def must(self, command, seconds=COMMAND_SECONDS):
        """Output of a command that has to succeed."""
        status, output = self.run(command, seconds)
        if status != 0:
            raise Wrong(f"`{command}` ended with {status}: {output}")
        return output

    def refuses(self, command, code, *words, seconds=COMMAND_SECONDS):
        """Output of a command that has to fail with this code, and these words in what it says."""
        status, output = self.run(command, seconds)
        if status == 0 or any(word not in output for word in (code, *words)):
            raise Wrong(f"`{command}` ended with {status} and says {output!r} instead of {code}, {words}")
        return output

    def status(self):
        return json.loads(self.must("cairn status --json"))

    def expect_status(self, mode, digest, snapshot=None):
        status = self.status()
        expect(status["mode"], mode, "mode")
        expect((status["image"] or {}).get("digest"), digest, "the image's digest")
        if snapshot is not None:
            expect(status["installed"]["snapshot"], snapshot, "the snapshot")
        expect(status["failedVolumes"], [], "what is not mounted")
        return status

    def snapshots(self):
        """Numbers of the snapshots on COS_STATE."""
        return sorted(int(name) for name in self.must("ls /run/cairn/state/.snapshots").split() if name.isdigit())

    def boot_state(self):
        """Variables of the copy that counts."""
        copies = self.must("mkdir -p /run/esp && mount -o ro /dev/disk/by-partlabel/efi /run/esp && "
                           "grep -ah = /run/esp/cairn/bootstate.a /run/esp/cairn/bootstate.b; umount /run/esp")
        found, copy = [], {}
        for name, value in (line.split("=", 1) for line in copies.splitlines()):
            if name == "seq":
                copy = {}
                found.append(copy)
            copy[name] = value
        return max((c for c in found if c.get("seq") == c.get("end")), key=lambda c: int(c["seq"]))

    def set_tries(self, tries):
        """How many starts a staged system still has: fewer than usual, where each takes minutes."""
        self.must("mkdir -p /run/esp && mount /dev/disk/by-partlabel/efi /run/esp && for f in /run/esp/cairn/bootstate.?; do "
                  f"sed 's/^tries=[1-9]$/tries={tries}/' $f > /run/new && dd if=/run/new of=$f conv=notrunc,fsync; "
                  "done; umount /run/esp; sync")

    def online(self):
        self.must("for i in $(seq 60); do ip route | grep -q ^default && exit 0; sleep 1; done; exit 1", 300)

    def upgrade_command(self, image, *options):
        return " ".join(["cairn upgrade", f"{HOST}:{image.port}/{image.name}", "--plain-http", *options])

    def upgrade(self, image, *options):
        """Stages an image, to start next; seconds that took."""
        self.online()
        begun = time.monotonic()
        output = self.must(self.upgrade_command(image, *options), UPGRADE_SECONDS)
        if f"{image.digest} is staged as snapshot" not in output:
            raise Wrong(f"the upgrade says {output!r}")
        return time.monotonic() - begun

    def reboot(self, seconds=BOOT_SECONDS, unless=None):
        self.start("systemctl reboot")
        return self.booted(seconds, unless)


@contextlib.contextmanager
def switched_on(spec, log, name):
    """A Node that is starting, until the end of the block."""
    with Machine(spec, log, name=name) as machine:
        yield Node(machine)

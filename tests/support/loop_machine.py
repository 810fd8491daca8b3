"""An installed machine without a machine: its disk is a file behind a loop device, and the program runs on it as it does on
the machine itself, at its own paths, with the kernel's own ext4.

`enter()` puts the test into a mount namespace where /run and /var/lib are empty and /sys knows no disk but ours: the program
finds it as it finds any other. What the loader and the initramfs do, `start` does. Needs root and loop devices. Where the
kernel has no FAT the ESP is made ext2, which has no journal either; the product finds it mounted then.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from marker_kernel import marker_kernel
from oci_layout import Layer, Layout

STORE_OPTIONS = "noatime,nodev,nosuid,noexec"
LOADERS = Path(__file__).resolve().parents[2] / "out/share/cairn/loaders"
SYSFS = Path("/run/sysfs")  # the kernel's own
FAKE = Path("/run/fake")    # programs that would reach the computer around
RUN = Path("/run/cairn")
ESP, STATE = RUN / "esp", RUN / "state"
PATIENCE = 60  # seconds for one command
PROGRAMS = ("losetup", "partx", "mke2fs", "e2fsck", "mcopy", "mkfs.vfat", "unshare", "strace")


def missing():
    """Why this can't run here; empty if it can."""
    if os.geteuid() != 0:
        return "only root may mount"
    if not Path("/dev/loop-control").exists():
        return "this kernel has no loop devices"
    if not LOADERS.exists():
        return "there are no loader files: make loaders"
    lacking = [name for name in PROGRAMS if not shutil.which(name)]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def enter():
    """Runs this program again in a mount namespace of its own, unless it does already."""
    if os.environ.pop("CAIRN_LOOP_MACHINE", None) is None:
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv],
                   dict(os.environ, CAIRN_LOOP_MACHINE="1"))
    run("mount", "-t", "tmpfs", "none", "/run")
    run("mount", "-t", "tmpfs", "none", "/var/lib")
    for folder in (SYSFS, FAKE, RUN / "persistent", ESP, STATE):
        folder.mkdir(parents=True)
    run("mount", "--bind", "/sys", SYSFS)
    run("mount", "-t", "tmpfs", "none", "/sys")
    (FAKE / "systemctl").write_text("#!/bin/sh\n")  # no unit is in trouble
    (FAKE / "systemctl").chmod(0o755)


def run(*argv, **more):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, **more).stdout


def kernel_has(file_system):
    return file_system in Path("/proc/filesystems").read_text().split()


def make_image(folder, version, seed, mib, says=None):
    """A layout of a system whose kernel says `version` to the loader; `mib` of noise in it. `says`: size of its root tree as
    the image has it, in bytes."""
    base, top = Layer(), Layer()
    for name in ("usr", "usr/lib", "usr/lib/modules", "usr/lib/modules/6.1", "usr/lib/cairn", "boot", "noise"):
        base.directory(name)
    base.add("usr/lib/cairn/cmdline", f"image={version}\n".encode())
    top.add("boot/vmlinuz-6.1", marker_kernel(version))
    top.add("boot/initrd-6.1", version.encode().ljust(2048, b"\0"))
    noise = random.Random(seed)
    for number in range(mib * 4):
        base.add(f"noise/{number}", noise.randbytes(1 << 18))
    layout = Layout(Path(folder), "1")
    layout.add_layer(base.bytes())
    layout.add_layer(top.bytes())
    layout.finish(labels={"org.opencontainers.image.version": version},
                  annotations={"dev.cairn.rootfs.size": str(says)} if says else None)
    return layout


def partitions_of(image):
    """number -> (offset, size) in bytes, by the table in an image."""
    lines = run("partx", "--raw", "--noheadings", "--bytes", "--output", "NR,START,SIZE", image).splitlines()
    rows = [tuple(int(word) for word in line.split()) for line in lines]
    return {number: (first * 512, size) for number, first, size in rows}


def esp_id(image):
    rows = run("partx", "--raw", "--noheadings", "--output", "NR,UUID", image).splitlines()
    return dict(row.split() for row in rows)["2"]


def copy_disk(source, target):
    """A copy without what is empty in the source."""
    run("cp", "--sparse=always", source, target)


def make_disk(cairn, layout, path, size="1500M"):
    """What `cairn build disk` makes of an image, with an ESP that this kernel can mount."""
    run(cairn, "build", "disk", layout.spec(), "--output", path, "--size", size, "--loaders", LOADERS)
    Path(f"{path}.sha256").unlink()
    if kernel_has("vfat"):
        return
    offset, size_of_esp = partitions_of(path)[2]
    files = Path(f"{path}.esp")
    files.mkdir()
    run("mcopy", "-s", "-i", f"{path}@@{offset}", "::/*", files)
    run("mke2fs", "-q", "-F", "-t", "ext2", "-d", files, "-E", f"offset={offset}", path, f"{size_of_esp // 1024}k")
    shutil.rmtree(files)


class LoopMachine:
    """The machine with this disk. At most one is attached at a time."""

    def __init__(self, cairn, oracle, disk):
        self.program, self.oracle, self.disk = cairn, oracle, Path(disk)
        self.device = self.name = None
        self.running = []

    # What the computer does.

    def attach(self):
        self.device = run("losetup", "--find", "--show", "--partscan", self.disk).strip()
        self.name = Path(self.device).name
        if not Path(f"{self.device}p5").exists():  # this kernel reads no GPT
            run("partx", "--add", self.device)
        self.sys = Path("/sys/class/block") / self.name
        self.sys.mkdir(parents=True)
        run("mount", "--bind", SYSFS / "devices/virtual/block" / self.name, self.sys)

    def detach(self):
        run("umount", self.sys)
        self.sys.rmdir()
        run("losetup", "--detach", self.device)
        deadline = time.monotonic() + 10
        while self.device_is_used() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not self.device_is_used(), f"{self.device} is still in use"
        self.device = None

    def device_is_used(self):
        backing = SYSFS / "devices/virtual/block" / self.name / "loop/backing_file"
        return backing.exists() and backing.read_text().strip() == str(self.disk)

    def bytes_written(self):
        return int((self.sys / "stat").read_text().split()[6]) * 512

    def writes(self):
        """(done, on their way)"""
        fields = (self.sys / "stat").read_text().split()
        return int(fields[4]), int(fields[8])

    # What the loader and the initramfs do.

    def judge(self, image=None, replayed=None):
        return json.loads(run(self.oracle, image or self.disk, *([replayed] if replayed else [])))

    def start(self):
        """Starts what the loader would, and returns what that is."""
        boot = self.judge()
        assert boot["image"] not in ("NONE", "MIX"), boot
        self.attach()
        self.mount_esp()
        if boot["writes"]:
            self.write_as_loader(boot["writes"])
        run("mount", "-t", "ext4", "-o", f"ro,{STORE_OPTIONS}", f"{self.device}p5", STATE)
        manifest = json.loads((STATE / f".snapshots/{boot['number']}/manifest.json").read_text())
        image = {"reference": "", "digest": manifest["image"]["digest"], "title": "", "version": boot["image"], "platform": "",
                 "created": ""}
        (RUN / "state.json").write_text(json.dumps({
            "format": 1, "mode": boot["mode"], "image": image, "medium": None, "failedVolumes": [], "cairn": "test",
            "installed": {"esp": esp_id(self.disk), "disk": self.device, "snapshot": boot["number"], "fallback": boot["fallback"]}}))
        return boot

    def mount_esp(self):
        if not kernel_has("vfat"):
            run("mount", "-t", "ext2", "-o", STORE_OPTIONS, f"{self.device}p2", ESP)

    def write_as_loader(self, writes):
        offset, _ = partitions_of(self.disk)[2]
        if kernel_has("vfat"):
            run("mcopy", "-o", "-i", f"{self.device}@@{offset}", "-", f"::/{writes['path']}", input=writes["content"])
            return
        with open(ESP / writes["path"], "r+b") as out:
            out.write(writes["content"].encode())
            out.flush()
            os.fsync(out.fileno())

    def stop(self):
        """In good order; whoever wants a power cut copies the disk before."""
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running = []
        for place in (STATE, ESP):
            while os.path.ismount(place):
                run("umount", place)
        self.detach()

    # What a person does.

    def command(self, *words):
        return [str(self.program), *[str(word) for word in words]]

    def environment(self):
        return dict(os.environ, PATH=f"{FAKE}:{os.environ['PATH']}", LC_ALL="C")

    def cairn(self, *words):
        process = subprocess.Popen(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
                                   env=self.environment())
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            # What a frozen file system holds can't even be killed.
            thawed = subprocess.run(["fsfreeze", "--unfreeze", STATE], capture_output=True, check=False).returncode == 0
            process.communicate()
            why = "STATE was frozen" if thawed else "STATE was not frozen"
            raise AssertionError(f"cairn {' '.join(map(str, words))} hung: {why}") from None
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def popen(self, *argv):
        process = subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   cwd="/", env=self.environment(), start_new_session=True)
        self.running.append(process)
        return process

    # What lies on the disk.

    def snapshots(self):
        """Names in the folder of snapshots."""
        return sorted(os.listdir(STATE / ".snapshots"))

    def boot_states(self):
        """Variables of the valid copies, that which counts first. Only after `start`."""
        copies = [parse_copy(self.read_esp(f"cairn/bootstate.{copy}")) for copy in "ab"]
        return sorted((copy for copy in copies if copy), key=lambda copy: -int(copy["seq"]))

    def boot_state(self):
        return self.boot_states()[0]

    def read_esp(self, path):
        if os.path.ismount(ESP):
            return (ESP / path).read_bytes()
        offset, _ = partitions_of(self.disk)[2]
        return subprocess.run(["mcopy", "-n", "-i", f"{self.device}@@{offset}", f"::/{path}", "-"], check=True, capture_output=True,
                              env=dict(os.environ, MTOOLS_SKIP_CHECK="1")).stdout

    def named(self):
        """Numbers of snapshots on STATE that have to stay (docs/formats/bootstate.md, "Who writes")."""
        states = self.boot_states()
        if states[0]["verdict"] != "trying" and not states[0]["once"]:
            states = states[:1]
        return sorted({number for state in states for number in (state["active"], *state["passives"].split())})


def parse_copy(content):
    """Variables of a copy of the boot state; None if it is not valid."""
    lines = content.decode("ascii", "replace").split("\n")
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    return variables if variables.get("seq") and variables.get("seq") == variables.get("end") else None


def power_cut(machine, target):
    """A copy of the disk as a power cut at this moment leaves it: what was written to it is there, what waits in the page
    cache of its file systems is not. False if the disk was written to meanwhile, again and again."""
    for _ in range(20):
        before = machine.writes()
        copy_disk(machine.disk, target)
        if before[1] == 0 and machine.writes() == before:
            return True
    return False


def replay(image, target):
    """A copy of the disk after a system mounted it; raises if a file system is not whole then."""
    copy_disk(image, target)
    for number in (4, 5):
        offset, _ = partitions_of(image)[number]
        place = f"{target}?offset={offset}"
        subprocess.run(["e2fsck", "-p", "-E", "journal_only", place], capture_output=True, check=False)
        check = subprocess.run(["e2fsck", "-f", "-n", place], capture_output=True, text=True, check=False)
        if check.returncode != 0:
            raise AssertionError(f"partition {number} after its journal was replayed:\n{check.stdout}{check.stderr}")

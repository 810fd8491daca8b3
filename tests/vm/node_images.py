"""Other versions of the prepared image, made by one small layer each, in a registry on loopback."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from prepare import CAIRN
from oci_layout import Layer, Layout
from registry import Registry

NAME = "cairn/node-test"
CREATED = "2026-01-02T00:00:{:02}Z"  # later than the prepared image, or an upgrade would be a downgrade


@dataclass(frozen=True)
class Image:
    tag: str
    digest: str
    port: str

    @property
    def name(self):
        # By digest: another run may push its own image by this tag to the same storage meanwhile.
        return f"{NAME}@{self.digest}"


def release(version):
    return {"usr/lib/os-release": f'NAME="Cairn OS"\nID=cairn\nVERSION_ID="{version}"\nPRETTY_NAME="Cairn OS {version}"\n'}


def panicking():
    """There is no such program in the initramfs, and no other root: the kernel panics."""
    return {"etc/cairn/cmdline": "console=ttyS0,115200 panic=1 rdinit=/nowhere\n"}


def garbage(path):
    return lambda system: {path.format(system.iso_manifest["kernel"]): "neither kernel nor initramfs\n" * 4096}


def failing_check():
    return {"etc/cairn/health.d/10-broken": "#!/bin/sh\necho 'the door is open' >&2\nexit 1\n",
            "etc/cairn/health.yaml": "attempts: 1\n"}


def unit(name, text):
    """A unit that multi-user.target wants."""
    folder = "usr/lib/systemd/system"
    return {f"{folder}/{name}": text, f"{folder}/multi-user.target.wants/{name}": Path(f"../{name}")}


def frozen():
    """systemd catches the signal, and freezes: nothing feeds the watchdog any more."""
    return unit("freeze.service", "[Service]\nType=oneshot\nExecStart=/bin/kill -SEGV 1\n")


def hanging():
    """A unit that never comes up keeps the start from its end, while systemd is well."""
    return {**unit("hang.service", "[Unit]\nBefore=multi-user.target\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\n"
                                   "ExecStart=/bin/sleep infinity\n"),
            "usr/lib/systemd/system/cairn-health-deadline.timer.d/short.conf": "[Timer]\nOnBootSec=\nOnBootSec=4min\n"}


class Images:
    """`with Images(system) as images:` and then `images.make(tag, files)`."""

    def __init__(self, system):
        self.system = system
        self._made = 0

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-images-")
        self._registry = Registry()
        self._registry.__enter__()
        self.port = self._registry.address.rpartition(":")[2]
        return self

    def __exit__(self, *problem):
        self._registry.__exit__(*problem)
        self._folder.cleanup()

    def make(self, tag, files):
        """The prepared image with these files over it: texts, executable where they begin with #!, or links (Path)."""
        self._made += 1
        layout = Layout(Path(self._folder.name) / tag, tag)
        layout.add_layers_of(self.system.folder / "image")
        layer = Layer()
        for path, content in sorted(files.items()):
            if isinstance(content, Path):
                layer.symlink(path, str(content))
            else:
                layer.add(path, content.encode(), mode=0o755 if content.startswith("#!") else 0o644)
        layout.add_layer(layer.bytes())
        layout.finish(created=CREATED.format(self._made),
                      labels={"org.opencontainers.image.title": "Cairn OS", "org.opencontainers.image.version": tag})
        target = f"registry:{self._registry.address}/{NAME}:{tag}"
        subprocess.run([CAIRN, "image", "copy", layout.spec(), target, "--plain-http"], check=True,
                       stdout=subprocess.DEVNULL)
        inspected = subprocess.run([CAIRN, "image", "inspect", layout.spec(), "--json"], check=True,
                                   stdout=subprocess.PIPE, text=True)
        return Image(tag, json.loads(inspected.stdout)["digest"], self.port)

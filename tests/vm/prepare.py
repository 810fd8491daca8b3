#!/usr/bin/env python3
"""The system that the tests of this folder boot: built once for each content of what goes into it.

  prepare.py        makes it if it is not there and prints its folder

It lies in ~/.cache/cairn/vm/KEY: os.iso, netboot/, image.json, and the image itself as a layout. The last few are kept.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from registry import Registry  # noqa: E402

CAIRN = ROOT / "out/bin/cairn"
LOADERS = ROOT / "out/share/cairn/loaders"
INPUTS = ["out/bin/cairn", "out/share/cairn/loaders", "images/base", "images/os", "tests/vm/prepare.py"]
NEEDED = ["mmdebstrap", "umoci", "skopeo", "buildah", "docker-registry", "xorriso", "mkfs.vfat", "mcopy"]
KEPT = 2  # of some hundred megabytes each
FAST = ["--compression", "zstd:3"]
USED = []  # descriptors of folders that must stay until this process ends


class CannotPrepare(Exception):
    """Nothing is wrong with Cairn, but this computer lacks something."""


@dataclass(frozen=True)
class System:
    """What was prepared. `image` is {reference, digest}; the media have their manifests."""
    folder: Path
    image: dict
    iso_manifest: dict
    netboot_manifest: dict

    @property
    def iso(self):
        return self.folder / "os.iso"

    @property
    def netboot(self):
        return self.folder / "netboot"

    @property
    def image_spec(self):
        """The image as it was pushed, for every program that reads an OCI layout."""
        return f"oci:{self.folder / 'image'}:os"


def cache_folder():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn" / "vm"


def content_key():
    """Changes with every byte and mode of the inputs."""
    key = hashlib.sha256()
    for name in INPUTS:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                mode = file.stat().st_mode & 0o111
                key.update(f"{file.relative_to(ROOT)} {mode} {file.stat().st_size}\n".encode())
                key.update(file.read_bytes())
    return key.hexdigest()[:16]


def run(*argv):
    """The command's standard output; what it says on the way goes to the test's."""
    print("$ " + " ".join(map(str, argv)), flush=True)
    return subprocess.run(list(map(str, argv)), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def build(folder):
    """Image, ISO and netboot set into an empty folder."""
    with Registry() as registry:
        base = run(ROOT / "images/base/build", registry.address)
        reference = run(ROOT / "images/os/build", registry.address, base)
        inspected = json.loads(run(CAIRN, "image", "inspect", f"registry:{reference}", "--plain-http", "--json"))
        # By digest: what is booted must be what was built, not what a tag says a moment later.
        pinned = f"registry:{reference.rpartition(':')[0]}@{inspected['digest']}"
        run(CAIRN, "build", "iso", pinned, "--plain-http", *FAST, "-o", folder / "os.iso")
        run(CAIRN, "build", "netboot", pinned, "--plain-http", *FAST, "-o", folder / "netboot")
        run(CAIRN, "image", "copy", pinned, f"oci:{folder / 'image'}:os", "--plain-http")
    run("xorriso", "-report_about", "WARNING", "-osirrox", "on", "-indev", folder / "os.iso", "-extract",
        "/.cairn/manifest.json", folder / "iso-manifest.json")
    (folder / "image.json").write_text(json.dumps({"reference": reference, "digest": inspected["digest"]}) + "\n")


def check_computer():
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        raise CannotPrepare(f"programs are missing: {', '.join(missing)} (make deps installs them)")
    if os.geteuid() != 0:
        raise CannotPrepare("the system to boot must be built by root once (mmdebstrap and buildah)")


def try_lock(folder, how):
    """A descriptor that holds the folder until it is closed, or None if another process is in the way."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        return descriptor
    except BlockingIOError:
        os.close(descriptor)
        return None


def forget_old(cache):
    """Removes all but the last few; not what another run, of another tree, is using."""
    folders = sorted((f for f in cache.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        descriptor = try_lock(folder, fcntl.LOCK_EX)
        if descriptor is not None:
            shutil.rmtree(folder)
            os.close(descriptor)


@contextlib.contextmanager
def locked(cache):
    """Two runs at once would only do the same work twice, or delete what the other reads."""
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepared():
    """The system, made if it is not there. Throws CannotPrepare or subprocess.CalledProcessError."""
    cache = cache_folder()
    folder = cache / content_key()
    with locked(cache):
        if not folder.exists():
            check_computer()
            with tempfile.TemporaryDirectory(prefix=".work-", dir=cache) as work:
                made = Path(work) / "made"
                made.mkdir()
                build(made)
                made.rename(folder)
        os.utime(folder)
        USED.append(try_lock(folder, fcntl.LOCK_SH))
        forget_old(cache)
    documents = [json.loads((folder / name).read_text())
                 for name in ("image.json", "iso-manifest.json", "netboot/manifest.json")]
    return System(folder, *documents)


if __name__ == "__main__":
    try:
        print(prepared().folder)
    except CannotPrepare as error:
        sys.exit(f"prepare.py: {error}")

"""The image that the bench measures: an OCI layout with gzip layers, made once and kept in the cache.

Full: the Debian base of images/base if it was built here, else nothing, plus generated files up to 0.8 GB; a layer that
replaces, removes and links files of the layers below. Quick: the same with 40 MB of generated files only.
"""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import tarfile
from pathlib import Path

RECIPE = 3  # raised when the content changes, so that an old cache is not used
TAG = "bench"
TIME = 1_700_000_000  # seconds; every generated file carries it
FULL_BYTES, QUICK_BYTES = 800_000_000, 40_000_000
GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"


class Layout:
    """An OCI image layout under construction: one image of several layers."""

    def __init__(self, root):
        self.root = root
        (root / "blobs/sha256").mkdir(parents=True)
        (root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.layers, self.diff_ids = [], []

    def add_blob(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        (self.root / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_layer(self, tar):
        self.diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
        self.layers.append(self.add_blob(gzip.compress(tar, 6, mtime=0), GZIP))

    def add_layers_of(self, layout):
        """The layers of another layout's only image."""
        def blob(digest):
            return layout / "blobs/sha256" / digest.removeprefix("sha256:")
        manifest = json.loads(blob(json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]).read_text())
        config = json.loads(blob(manifest["config"]["digest"]).read_text())
        for layer in manifest["layers"]:
            shutil.copy(blob(layer["digest"]), self.root / "blobs/sha256")
        self.layers += manifest["layers"]
        self.diff_ids += config["rootfs"]["diff_ids"]

    def finish(self):
        config = {"created": "2023-11-14T22:13:20Z", "architecture": "amd64", "os": "linux", "config": {},
                  "rootfs": {"type": "layers", "diff_ids": self.diff_ids}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": self.add_blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
                    "layers": self.layers}
        descriptor = self.add_blob(json.dumps(manifest).encode(), manifest["mediaType"])
        descriptor["annotations"] = {"org.opencontainers.image.ref.name": TAG}
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))


class Layer:
    """A tar in memory, owned by root, with fixed times."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, data=b"", kind=tarfile.REGTYPE, mode=0o644, target=""):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime, info.size, info.linkname = kind, mode, TIME, len(data), target
        self.tar.addfile(info, io.BytesIO(data))

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def file_content(chance, words, size):
    """Text, machine-code-like bytes or noise, in the shares that make a system image compress to about a third."""
    kind = chance.random()
    if kind < 0.55:
        text = " ".join(chance.choices(words, k=max(1, size // 7)))
        return text.encode()[:size]
    if kind < 0.9:
        blocks = [chance.randbytes(8) + b"\x48\x89" + bytes(6) for _ in range(256)]
        return b"".join(chance.choices(blocks, k=max(1, size // 16)))[:size]
    return chance.randbytes(size)


def generated_layers(total):
    """Two layers of files and a third that changes them."""
    chance = random.Random(RECIPE)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz_", k=chance.randint(2, 10))) for _ in range(5000)]
    names = []
    for number in range(2):
        layer = Layer()
        layer.add("opt", kind=tarfile.DIRTYPE, mode=0o755)
        top = f"opt/part{number}"
        layer.add(top, kind=tarfile.DIRTYPE, mode=0o755)
        made = 0
        while made < total // 2:
            folder = f"{top}/d{len(names) // 64}"
            if len(names) % 64 == 0 or not names or not names[-1].startswith(folder + "/"):
                layer.add(folder, kind=tarfile.DIRTYPE, mode=0o755)
            size = int(chance.lognormvariate(8.8, 1.9)) % 8_000_000
            name = f"{folder}/f{len(names)}"
            layer.add(name, file_content(chance, words, size), mode=chance.choice([0o644, 0o755, 0o600]))
            names.append(name)
            made += size
        yield layer.bytes()
    change = Layer()
    for name in chance.sample(names, len(names) // 20):
        folder, _, base = name.rpartition("/")
        what = chance.randrange(3)
        if what == 0:
            change.add(f"{folder}/.wh.{base}")
        elif what == 1:
            change.add(name, file_content(chance, words, 5000))
        else:
            change.add(name + ".link", kind=tarfile.SYMTYPE, mode=0o777, target=base)
    yield change.bytes()


def tree_bytes(layout):
    """Uncompressed bytes of all layers: near enough to the tree's size."""
    total = 0
    for layer in layout.layers:
        blob = layout.root / "blobs/sha256" / layer["digest"].removeprefix("sha256:")
        with gzip.open(blob) as stream:
            while chunk := stream.read(1 << 20):
                total += len(chunk)
    return total


def cached_base(cache):
    """The layout that images/base/build left, the newest if there are several."""
    layouts = [p.parent for p in (cache.parent / "base").glob("*/index.json")]
    return max(layouts, key=lambda p: p.stat().st_mtime, default=None)


def prepare(cache, quick):
    """Path of the layout; makes it if it is not in the cache."""
    base = None if quick else cached_base(cache)
    root = cache / f"fixture-{'quick' if quick else 'full'}-{RECIPE}-{base.name if base else 'generated'}"
    if root.exists():
        return root
    print(f"making the fixture {root.name} (once)", flush=True)
    work = cache / f".{root.name}.{os.getpid()}"
    try:
        layout = Layout(work)
        if base:
            layout.add_layers_of(base)
        total = QUICK_BYTES if quick else max(FULL_BYTES - tree_bytes(layout), QUICK_BYTES)
        for tar in generated_layers(total):
            layout.add_layer(tar)
        layout.finish()
        work.rename(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return root

"""The image that the bench measures: an OCI layout with gzip layers, made once and kept in the cache.

Full: the Debian base of images/base if it was built here, else nothing, plus generated files up to 0.8 GB; a layer that
replaces, removes and links files of the layers below. Quick: the same with 40 MB of generated files only.
"""

import gzip
import os
import random
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/support"))
from oci_layout import Layer, Layout  # noqa: E402

RECIPE = 4  # raised when the content changes, so that an old cache is not used
TAG = "bench"
FULL_BYTES, QUICK_BYTES = 800_000_000, 40_000_000


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
        layer.directory(".")
        layer.directory("opt")
        top = f"opt/part{number}"
        layer.directory(top)
        made = 0
        while made < total // 2:
            folder = f"{top}/d{len(names) // 64}"
            if len(names) % 64 == 0 or not names or not names[-1].startswith(folder + "/"):
                layer.directory(folder)
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
            change.whiteout(name)
        elif what == 1:
            change.add(name, file_content(chance, words, 5000))
        else:
            change.symlink(name + ".link", base)
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
        layout = Layout(work, TAG)
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

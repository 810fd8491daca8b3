"""Images that must be refused, and one that looks bootable."""

import hashlib
import json
import subprocess
from dataclasses import dataclass

from oci_layout import LAYER, Layer, Layout
from tar_bytes import base256, header

CORRUPT, INVALID, NOT_FOUND = 7, 2, 4  # exit statuses


@dataclass
class Bad:
    name: str
    spec: str
    status: int
    code: str
    says: str
    only_media: bool = False


def system():
    """A layer that looks like a system: nothing in it runs."""
    layer = Layer()
    for folder in (".", "boot", "etc", "usr", "usr/bin", "usr/lib", "usr/lib/modules", "usr/lib/modules/6.1"):
        layer.directory(folder)
    layer.add("boot/vmlinuz-6.1", b"kernel" * 1000)
    layer.add("boot/initrd-6.1", b"initramfs" * 1000)
    layer.add("usr/bin/cairn", b"program", mode=0o755)
    layer.add("usr/lib/os-release", b"ID=test\n")
    return layer


def bootable(root):
    layout = Layout(root, "os")
    layout.add_layer(system().bytes())
    layout.finish()
    return layout


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def bad_images(root):
    def layout(name):
        made = Layout(root / name, "bad")
        made.add_layer(system().bytes())
        return made

    def one_more(name, layer):
        made = layout(name)
        made.add_layer(layer.bytes())
        made.finish()
        return made.spec()

    def damaged(name, change):
        made = layout(name)
        made.finish()
        blob = made.blob(made.layers[0])
        changed = change(blob.read_bytes())
        blob.unlink() if changed is None else blob.write_bytes(changed)
        return made.spec()

    yield Bad("cut layer", damaged("cut", lambda data: data[:-100]), CORRUPT, "CRN-DOC-003", "sha256:")
    # The time in gzip's header: the same tar comes of it.
    yield Bad("wrong digest", damaged("digest", lambda data: flipped(data, 4)), CORRUPT, "CRN-DOC-003", "sha256:")
    yield Bad("damaged layer", damaged("damaged", lambda data: flipped(data, 200)), CORRUPT, "CRN-TAR-001", "damaged")
    yield Bad("missing layer", damaged("missing", lambda data: None), CORRUPT, "CRN-OCI-008", "is missing")
    made = layout("diff-id")
    made.diff_ids[0] = "sha256:" + "0" * 64
    made.finish()
    yield Bad("wrong diff ID", made.spec(), CORRUPT, "CRN-DOC-003", "diff ID")
    yield Bad("no layer", empty_manifest(root / "none"), CORRUPT, "CRN-OCI-002", "layers")
    yield Bad("layer bomb", bomb(layout("bomb")), CORRUPT, "CRN-OCI-007", "unpacks to more than")

    layer = Layer()
    layer.add("usr/../../escape", b"x")
    yield Bad("name that climbs", one_more("climbs", layer), CORRUPT, "CRN-TAR-002", '".." part')
    layer = Layer()
    layer.hard_link("link", "no/such/file")
    yield Bad("hard link to nothing", one_more("dangling", layer), CORRUPT, "CRN-FS-001", "which does not exist")
    layer = Layer()
    layer.add("boot/vmlinuz-6.1/x", b"x")
    yield Bad("file as a folder", one_more("not-a-folder", layer), CORRUPT, "CRN-FS-001", "is not a directory")
    layer = Layer()
    layer.symlink("loop", "loop")
    layer.add("loop/x", b"x")
    yield Bad("endless symlink", one_more("loop", layer), CORRUPT, "CRN-FS-001", "symlinks")
    layer = Layer()
    layer.raw(b"not a header".ljust(512, b"\1"))
    yield Bad("layer that is no tar", one_more("no-tar", layer), CORRUPT, "CRN-TAR-002", "checksum")

    yield Bad("no such tag", bootable(root / "tag").spec() + "x", NOT_FOUND, "CRN-OCI-009", "osx")
    layer = Layer()
    layer.whiteout("boot/vmlinuz-6.1")
    yield Bad("no kernel", one_more("no-kernel", layer), INVALID, "CRN-IMG-001", "kernel", only_media=True)
    layer = Layer()
    layer.whiteout("boot/initrd-6.1")
    yield Bad("no initramfs", one_more("no-initramfs", layer), INVALID, "CRN-IMG-001", "initramfs", only_media=True)


def bomb(layout):
    """2 GiB of zeros in 66 KiB: eight frames of zstd."""
    def zstd(data):
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout

    frame = bytes(256 << 20)
    blob = zstd(header(b"zeros", raw={"size": base256(8 * len(frame), 12)})) + 8 * zstd(frame)
    layout.layers.append(layout.add_blob(blob, LAYER + "+zstd"))
    layout.diff_ids.append("sha256:" + hashlib.sha256(b"nobody gets there").hexdigest())
    layout.finish()
    return layout.spec()


def empty_manifest(root):
    layout = Layout(root, "bad")
    layout.finish()
    index = json.loads((root / "index.json").read_text())
    manifest = json.loads(layout.blob(index["manifests"][0]).read_text())
    del manifest["layers"]
    annotations = index["manifests"][0]["annotations"]
    index["manifests"] = [layout.add_blob(json.dumps(manifest).encode(), manifest["mediaType"]) |
                          {"annotations": annotations}]
    (root / "index.json").write_text(json.dumps(index))
    return layout.spec()

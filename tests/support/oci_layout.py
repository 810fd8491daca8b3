"""OCI image layouts written by hand, so that nothing of ours has a part in them."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile

LAYER_TIME = 1_700_000_000  # seconds; what has no time of its own carries it
LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Layout:
    """An OCI image layout under construction: one image of several layers, called `tag`."""

    def __init__(self, root, tag):
        self.root, self.tag = root, tag
        (root / "blobs/sha256").mkdir(parents=True)
        (root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.layers, self.diff_ids = [], []

    def spec(self):
        """The image's name on our command line."""
        return f"oci:{self.root}:{self.tag}"

    def blob(self, descriptor):
        return self.root / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")

    def add_blob(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        (self.root / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_layer(self, tar, packed=True):
        self.diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
        self.layers.append(self.add_blob(gzip.compress(tar, 6, mtime=0), LAYER + "+gzip") if packed else
                           self.add_blob(tar, LAYER))

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

    def finish(self, created="2023-11-14T22:13:20Z", labels=None, annotations=None):
        config = {"created": created, "architecture": "amd64", "os": "linux", "config": {"Labels": labels} if labels else {},
                  "rootfs": {"type": "layers", "diff_ids": self.diff_ids}}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.add_blob(json.dumps(config).encode(), CONFIG),
                    "layers": self.layers, **({"annotations": annotations} if annotations else {})}
        descriptor = self.add_blob(json.dumps(manifest).encode(), MANIFEST)
        descriptor["annotations"] = {"org.opencontainers.image.ref.name": self.tag}
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))


class Layer:
    """A tar in memory, owned by root unless told, with fixed times. Names may be bytes, and so may values of xattrs."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8",
                                errors="surrogateescape")

    def add(self, name, data=b"", kind=tarfile.REGTYPE, mode=0o644, target="", owner=(0, 0), mtime=LAYER_TIME,
            device=(0, 0), xattrs=None):
        def text(value):
            return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        info = tarfile.TarInfo(text(name))
        info.type, info.mode, info.mtime, info.size, info.linkname = kind, mode, mtime, len(data), text(target)
        info.uid, info.gid = owner
        info.devmajor, info.devminor = device
        info.pax_headers = {"SCHILY.xattr." + key: text(value) for key, value in (xattrs or {}).items()}
        self.tar.addfile(info, io.BytesIO(data))

    def directory(self, name, mode=0o755, **more):
        self.add(name, kind=tarfile.DIRTYPE, mode=mode, **more)

    def symlink(self, name, target, **more):
        self.add(name, kind=tarfile.SYMTYPE, mode=0o777, target=target, **more)

    def hard_link(self, name, target):
        self.add(name, kind=tarfile.LNKTYPE, target=target)

    def whiteout(self, path):
        folder, _, name = path.rpartition("/")
        self.add(f"{folder}/.wh.{name}" if folder else f".wh.{name}")

    def opaque(self, folder):
        self.add(f"{folder}/.wh..wh..opq")

    def raw(self, members):
        """Members as bytes, whole blocks, as tar_bytes makes them."""
        self.buffer.write(members)
        self.tar.offset += len(members)

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()

"""OCI layouts for tests, written by hand so that nothing of ours has a part in them."""

import gzip
import hashlib
import io
import json
import random
import tarfile


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make_layer(seed, size):
    """A tar archive of random files, `size` bytes in all, and its gzip form."""
    source = random.Random(seed)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(4):
            entry = tarfile.TarInfo(f"layer{seed}/file{number}")
            entry.size = size // 4
            archive.addfile(entry, io.BytesIO(source.randbytes(entry.size)))
    plain = out.getvalue()
    return plain, gzip.compress(plain, 1, mtime=0)


class Layout:
    """An image of random layers in a layout; `tag` in it."""

    def __init__(self, path, tag, layer_sizes, seed=1):
        self.path, self.tag = path, tag
        (path / "blobs/sha256").mkdir(parents=True)
        self.layers, diff_ids = [], []
        for number, size in enumerate(layer_sizes):
            plain, packed = make_layer(seed * 100 + number, size)
            diff_ids.append(sha256(plain))
            self.layers.append(self.add(packed, "application/vnd.oci.image.layer.v1.tar+gzip"))
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Labels": {"made": "by test"}},
                             "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
        self.config = self.add(config, "application/vnd.oci.image.config.v1+json")
        manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                               "config": self.config, "layers": self.layers}).encode()
        entry = self.add(manifest, "application/vnd.oci.image.manifest.v1+json")
        self.digest = entry["digest"]
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
        (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        self.size = sum(layer["size"] for layer in self.layers)
        self.blob_bytes = self.size + self.config["size"]

    def add(self, data, media_type):
        digest = sha256(data)
        (self.path / "blobs/sha256" / digest[7:]).write_bytes(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def spec(self):
        return f"oci:{self.path}:{self.tag}"


def check_layout(path, tag, digest):
    """Whether a layout holds the image `digest` under `tag`, each of its blobs whole; a list of what is wrong."""
    index = json.loads((path / "index.json").read_text())
    entry = [e for e in index["manifests"] if e["annotations"]["org.opencontainers.image.ref.name"] == tag]
    if len(entry) != 1 or entry[0]["digest"] != digest:
        return [f"the index has {entry} for {tag}"]
    manifest = json.loads((path / "blobs/sha256" / digest[7:]).read_bytes())
    wrong = []
    for blob in [entry[0], manifest["config"], *manifest["layers"]]:
        data = (path / "blobs/sha256" / blob["digest"][7:]).read_bytes()
        if sha256(data) != blob["digest"] or len(data) != blob["size"]:
            wrong.append(f"blob {blob['digest']} is not what it is called")
    return wrong

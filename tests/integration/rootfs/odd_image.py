"""An image with everything that layers may do to each other, in a few small files."""

import random
import tarfile

from oci_layout import LAYER_TIME, Layer, Layout
from tar_bytes import GNU, hard_link, long_name, member, sparse

BLOCK = 128 * 1024  # of the squashfs
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")  # cap_net_bind_service=ep
DEEP = "/".join(["deep" + "x" * 40] * 60)  # 2.7 KB; names from the root of the host must stay below 4 KB


def text(name):
    return f"content of {name}\n".encode()


def attributes(layer):
    """Modes, owners, times, attributes."""
    layer.directory(".", mtime=LAYER_TIME + 1)
    layer.directory("modes")
    for mode in (0o4755, 0o2755, 0o6711, 0o1644, 0o7777, 0o000, 0o400, 0o666):
        layer.add(f"modes/{mode:04o}", text(mode), mode=mode)
    for mode in (0o1777, 0o2775, 0o4755, 0o000, 0o700):
        layer.directory(f"modes/d{mode:04o}", mode=mode)
    layer.add("modes/setuid-of-somebody", text("s"), mode=0o4755, owner=(1234, 5678))
    layer.directory("owners")
    for owner in ((0, 0), (1, 2), (65534, 65534), (70_000, 80_000), (3_000_000_000, 4_294_967_294)):
        layer.add(f"owners/{owner[0]}-{owner[1]}", owner=owner)
        layer.symlink(f"owners/l{owner[0]}-{owner[1]}", "nowhere", owner=owner)
    layer.directory("times")
    for time in (0, 1, -1, -12, -86_400 * 365, LAYER_TIME + 0.75, -12.25, (1 << 31) + 5, (1 << 32) + 5, 0o77777777777):
        layer.add(f"times/{time}", mtime=time)
    layer.directory("times/folder", mtime=1)
    layer.symlink("times/link", "0", mtime=2)
    layer.directory("attributes", xattrs={"user.of-a-folder": "x", "trusted.of-a-folder": "y"})
    layer.add("attributes/capability", text("c"), mode=0o755, owner=(5, 5), xattrs={"security.capability": CAPABILITY})
    layer.add("attributes/setuid-and-capability", text("c"), mode=0o4755, xattrs={"security.capability": CAPABILITY})
    layer.add("attributes/several", text("s"), xattrs={"user.b": "2", "user.a": "1", "trusted.t": "3", "user.empty": "",
                                                       "user.binary": bytes(range(256)), "user.long": "v" * 2000})
    layer.add("attributes/empty-file", xattrs={"user.a": "1"})
    layer.add("attributes/same-again", xattrs={"user.a": "1"})
    layer.symlink("attributes/link", "several", xattrs={"trusted.of-a-link": "l"})


def types(layer):
    layer.directory("types")
    layer.directory("types/empty")
    for name, kind, device in (("null", tarfile.CHRTYPE, (1, 3)), ("minor", tarfile.BLKTYPE, (259, 70_000)),
                               ("disk", tarfile.BLKTYPE, (8, 1)), ("largest", tarfile.CHRTYPE, (0xfff, 0xfffff))):
        layer.add(f"types/{name}", kind=kind, device=device, mode=0o600, owner=(0, 6))
    layer.add("types/fifo", kind=tarfile.FIFOTYPE, mode=0o622)
    layer.symlink("types/dangling", "no/such/file")
    layer.symlink("types/absolute", "/etc/passwd")
    layer.symlink("types/out", "../../../../etc")
    layer.symlink("types/long", "t/" * 1500 + "t")
    layer.symlink("types/loop", "loop")


def contents(layer):
    """Sizes around blocks and fragments, twins, holes."""
    chance = random.Random(7)
    layer.directory("contents")
    for size in (0, 1, 4095, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 17):
        layer.add(f"contents/noise-{size}", chance.randbytes(size))
        layer.add(f"contents/zeros-{size}", bytes(size))
    twin = chance.randbytes(2 * BLOCK + 100)
    for number in range(3):
        layer.add(f"contents/twin-{number}", twin)
    for number in range(300):
        layer.add(f"contents/small-{number}", chance.randbytes(number * 7))
    data, runs = b"a" * 512 + b"end", [(300_000, 512), (999_997, 3)]
    for version in ("0.0", "0.1", "1.0"):
        layer.raw(sparse(version, runs, 1_000_000, data, name=b"contents/sparse-" + version.encode()))
    layer.raw(sparse("1.0", [(1_000_000, 0)], 1_000_000, b"", name=b"contents/sparse-hole"))


def names(layer):
    layer.directory("names")
    for name in (b"a b", b"new\nline", b"back\\slash", b"quo\"te'", b"caf\xe9", "ü/日本".encode(), b"-dash", b"*", b"$(id)",
                 b"n" * 255, "ü".encode() * 127, b"..x", b"...", b".hidden", b".wh", b"wh.x", b"x.wh.y"):
        if b"/" in name:
            layer.directory(b"names/" + name.partition(b"/")[0])
        layer.add(b"names/" + name, b"x")
    parts = DEEP.split("/")
    for depth in range(1, len(parts) + 1):
        layer.directory("/".join(parts[:depth]))
    layer.add(DEEP + "/file", b"deep")
    layer.symlink(DEEP + "/link", "file")
    layer.raw(long_name(b"names/gnu-" + b"g" * 150) + member(b"short", b"gnu", magic=GNU, mtime=LAYER_TIME))


def links(layer):
    layer.directory("links")
    layer.add("links/a", text("a"), xattrs={"user.a": "1"})
    layer.hard_link("links/b", "links/a")
    layer.hard_link("links/c", "./links//b")
    layer.add("links/hidden", text("hidden"))
    layer.hard_link("links/kept", "links/hidden")
    layer.add("links/replaced", text("old"))
    layer.hard_link("links/of-replaced", "links/replaced")
    layer.symlink("links/soft", "a")
    layer.hard_link("links/of-soft", "links/soft")
    layer.add("links/fifo", kind=tarfile.FIFOTYPE)
    layer.hard_link("links/of-fifo", "links/fifo")
    layer.add("links/large", random.Random(8).randbytes(2 * BLOCK + 9))
    layer.raw(hard_link(b"links/with-size", b"links/large", size=2 * BLOCK + 9))
    layer.add("links/lower-large", random.Random(9).randbytes(BLOCK + 9))


def duplicates(layer):
    """Names that one layer has more than once: the last counts."""
    layer.directory("twice")
    layer.add("twice/file", text("first"), mode=0o600)
    layer.add("twice/file", text("second"), mode=0o640)
    layer.directory("twice/folder", mode=0o700)
    layer.add("twice/folder/inside", text("inside"))
    layer.directory("twice/folder", mode=0o711)
    layer.add("twice/to-link", text("first"))
    layer.symlink("twice/to-link", "file")
    layer.symlink("twice/to-file", "file")
    layer.add("twice/to-file", text("second"))
    layer.add("twice/linked", text("first"))
    layer.hard_link("twice/link-of-first", "twice/linked")
    layer.add("twice/linked", text("second"))


def lower(layer):
    """What the layers above remove and replace."""
    layer.directory("many")
    for number in range(400):
        layer.add(f"many/f{number}", text(number))
    for folder in ("gone", "gone/sub", "opaque", "opaque/sub", "refilled", "refilled/sub", "marker-last", "usr", "usr/lib",
                   "was-folder", "was-folder/sub", "folder-to-link", "twice-removed", "real", "stays", "stays/sub"):
        layer.directory(folder)
        layer.add(folder + "/file", text(folder), mode=0o640)
    for name in ("was-file", "was-link", "file-to-link", "file-to-fifo", "file-to-node"):
        layer.add(name, text(name))
    layer.symlink("was-link-to-folder", "real")
    layer.symlink("lib", "usr/lib")
    layer.symlink("absolute-lib", "/usr/lib")
    layer.symlink("chain", "absolute-lib")
    layer.add("usr/lib/removed-through-link", text("x"))
    layer.add("usr/lib/changed-through-link", text("x"))


def changes(layer):
    """A second layer."""
    for number in range(0, 400, 2):
        layer.whiteout(f"many/f{number}")
    layer.whiteout("gone")
    layer.whiteout("never-there")
    layer.opaque("opaque")
    layer.directory("refilled", mode=0o750)
    layer.add("refilled/new-before", text("new"))
    layer.opaque("refilled")
    layer.directory("refilled/sub", mode=0o755)
    layer.add("refilled/sub/new", text("new"))
    layer.add("marker-last/new", text("new"))
    layer.opaque("marker-last")
    layer.add("was-folder", text("now a file"))
    layer.symlink("folder-to-link", "real")
    layer.directory("was-file")
    layer.add("was-file/inside", text("inside"))
    layer.add("was-link-to-folder", text("now a file"))
    layer.symlink("file-to-link", "was-link")
    layer.add("file-to-fifo", kind=tarfile.FIFOTYPE)
    layer.add("file-to-node", kind=tarfile.CHRTYPE, device=(1, 5))
    layer.add("lib/added-through-link", text("added"))
    layer.add("lib/changed-through-link", text("changed"))
    layer.whiteout("lib/removed-through-link")
    layer.add("absolute-lib/added-through-absolute-link", text("added"))
    layer.add("chain/added-through-chain", text("added"))
    layer.hard_link("linked-across", "links/a")
    layer.hard_link("linked-across-large", "links/lower-large")
    layer.add("links/replaced", text("new"))
    layer.whiteout("links/lower-large")
    layer.directory("stays", mode=0o700, mtime=LAYER_TIME + 9)  # its files stay


def last_changes(layer):
    """A third layer: hides what links lead to, and brings back what the second removed."""
    layer.whiteout("links/hidden")
    layer.whiteout("links/a")
    layer.directory("gone")
    layer.add("gone/again", text("again"))
    layer.add("many/f0", text("again"))
    layer.opaque("many")
    layer.whiteout("twice-removed/file")
    layer.add("contents/noise-4096", text("shorter now"))
    layer.hard_link("links/third", "links/b")
    layer.whiteout("stays/sub")


def build(root, tag="odd"):
    """The finished Layout."""
    layout = Layout(root, tag)
    for number, parts in enumerate(((attributes, types, contents, names, links, duplicates, lower), (changes,),
                                    (last_changes,))):
        layer = Layer()
        for part in parts:
            part(layer)
        layout.add_layer(layer.bytes(), packed=number != 1)
    layout.finish()
    return layout


class RandomLayers:
    """Layers that put, replace, link and remove names at random, out of so few that they meet all the time."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.kinds = {}  # what the tree holds: no layer may ask for a name below a file
        self.own = set()  # what the layer being made has put: its whiteouts speak of lower layers only

    def layer(self, changes):
        layer = Layer()
        layer.directory(".")
        self.own = set()
        for _ in range(changes):
            self.change(layer)
        return layer.bytes()

    def change(self, layer):
        folders = [""] + [name + "/" for name, kind in self.kinds.items() if kind == "d" and name.count("/") < 5]
        name = self.chance.choice(folders) + self.chance.choice("abcdefgh")
        if name in self.own or any(own.startswith(name + "/") for own in self.own):
            return
        what = self.chance.choice(["file", "file", "folder", "folder", "link", "hard", "remove", "opaque"])
        if what in ("remove", "opaque"):
            self.take_away(layer, what, name)
        else:
            self.put(layer, what, name)

    def take_away(self, layer, what, name):
        if what == "remove" and name in self.kinds:
            layer.whiteout(name)
            self.forget_below(name)
            del self.kinds[name]
        if what == "opaque" and self.kinds.get(name) == "d":
            layer.opaque(name)
            self.forget_below(name)

    def put(self, layer, what, name):
        files = [other for other, kind in self.kinds.items() if kind == "f" and not (other + "/").startswith(name + "/")]
        if what == "hard" and not files:
            return
        if what != "folder":
            self.forget_below(name)
        how = {"mtime": self.chance.randrange(LAYER_TIME), "owner": (self.chance.randrange(9), 0)}
        if what == "file":
            layer.add(name, self.chance.randbytes(self.chance.choice([0, 9, 5000])), **how)
        elif what == "folder":
            layer.directory(name, mode=self.chance.choice([0o755, 0o700]), **how)
        elif what == "link":
            layer.symlink(name, self.chance.choice("abc"), **how)
        else:
            layer.hard_link(name, self.chance.choice(files))
        self.kinds[name] = {"folder": "d", "link": "l"}.get(what, "f")
        self.own.add(name)

    def forget_below(self, name):
        for other in [other for other in self.kinds if other.startswith(name + "/")]:
            del self.kinds[other]


def build_random(root, seed, layers=8, changes=80, tag="random"):
    """The finished Layout."""
    layout = Layout(root, tag)
    source = RandomLayers(seed)
    for _ in range(layers):
        layout.add_layer(source.layer(changes))
    layout.finish()
    return layout

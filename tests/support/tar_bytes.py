"""Tar archives put together byte by byte, so that every rule can be broken on purpose."""

BLOCK = 512
END = b"\0" * (2 * BLOCK)
USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \0", b"\0" * 8
# (offset, size) of the header's fields.
FIELDS = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12),
          "checksum": (148, 8), "type": (156, 1), "link": (157, 100), "magic": (257, 8), "uname": (265, 32),
          "gname": (297, 32), "major": (329, 8), "minor": (337, 8), "prefix": (345, 155)}


def octal(value, size):
    return b"%0*o" % (size - 1, value) + b"\0"


def base256(value, size):
    """GNU's binary form: the first byte 0x80, or 0xff for negative numbers."""
    return value.to_bytes(size, "big", signed=True) if value < 0 else b"\x80" + value.to_bytes(size - 1, "big")


def with_checksum(block):
    offset, size = FIELDS["checksum"]
    blank = block[:offset] + b" " * size + block[offset + size:]
    return block[:offset] + b"%06o\0 " % sum(blank) + block[offset + size:]


def header(name=b"f", type=b"0", mode=0o644, uid=0, gid=0, size=0, mtime=0, link=b"", magic=USTAR, major=0, minor=0,
           prefix=b"", raw=None):
    """One block. `raw` gives the bytes of fields as they are; {"checksum": ...} among them is what stays."""
    fields = {"name": name, "mode": octal(mode, 8), "uid": octal(uid, 8), "gid": octal(gid, 8), "size": octal(size, 12),
              "mtime": octal(mtime, 12), "type": type, "link": link, "magic": magic, "prefix": prefix}
    if magic != V7:
        fields |= {"major": octal(major, 8), "minor": octal(minor, 8)}
    raw = raw or {}
    block = bytearray(BLOCK)
    for field, value in (fields | raw).items():
        offset, room = FIELDS[field]
        assert len(value) <= room, (field, value)
        block[offset:offset + room] = value.ljust(room, b"\0")
    return bytes(block) if "checksum" in raw else with_checksum(bytes(block))


def padded(content):
    return content + b"\0" * (-len(content) % BLOCK)


def member(name=b"f", content=b"", **fields):
    return header(name, **({"size": len(content)} | fields)) + padded(content)


def directory(name=b"d", **fields):
    return header(name, **({"type": b"5", "mode": 0o755} | fields))


def symlink(name=b"s", link=b"target", **fields):
    return header(name, **({"type": b"2", "mode": 0o777, "link": link} | fields))


def hard_link(name=b"h", link=b"f", **fields):
    return header(name, **({"type": b"1", "link": link} | fields))


def record(key, value):
    """A pax record; its length counts itself."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if rest + len(str(length)) != length:
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def pax(*records, type=b"x", **fields):
    """An extended header of pairs (key, value) and of bytes that are taken as they are."""
    text = b"".join(r if isinstance(r, bytes) else record(*r) for r in records)
    return member(b"PaxHeaders/f", text, type=type, **fields)


def long_name(name, type=b"L", end=b"\0"):
    return member(b"././@LongLink", name + end, type=type, magic=GNU)


def sparse(version, runs, size, data, name=b"f", records=()):
    """A file in the pax sparse format 0.0, 0.1 or 1.0, as its writer wants it."""
    numbers = [b"%d" % n for run in runs for n in run]
    count, real = b"%d" % len(runs), b"%d" % size
    if version == "1.0":
        map_text = b"\n".join([count, *numbers]) + b"\n"
        return pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", name),
                   (b"GNU.sparse.realsize", real), *records) + member(b"GNUSparseFile.0/" + name, padded(map_text) + data)
    told = [(b"GNU.sparse.size", real), (b"GNU.sparse.numblocks", count)]
    if version == "0.1":
        told += [(b"GNU.sparse.name", name), (b"GNU.sparse.map", b",".join(numbers))]
    else:
        for offset, length in runs:
            told += [(b"GNU.sparse.offset", b"%d" % offset), (b"GNU.sparse.numbytes", b"%d" % length)]
    return pax(*told, *records) + member(name if version == "0.0" else b"GNUSparseFile.0/" + name, data)

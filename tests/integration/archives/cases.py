"""The archives: ordinary ones, odd ones that must be read, and hostile ones that must be refused.

`read` cases must be seen alike by us and every oracle; an oracle that can't is named with the reason in `differs`.
`refuse` cases must be refused with words that name the rule. If all oracles read one alike, `strict` says why we don't.
"""

import gzip
import os
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tar_bytes import (BLOCK, END, FIELDS, GNU, USTAR, V7, base256, directory, hard_link, header, long_name, member,
                       octal, padded, pax, record, sparse, symlink)

TIB = 1 << 40


@dataclass
class Case:
    name: str
    data: bytes
    says: str = ""  # of refused ones: a part of the message; empty if it is to be read
    code: str = ""
    differs: dict = field(default_factory=dict)
    strict: str = ""


class Cases(list):
    def read(self, name, *parts, end=END, **differs):
        self.append(Case(name, b"".join(parts) + end, differs=differs))

    def refuse(self, name, *parts, says, code="CRN-TAR-002", end=END, strict=""):
        self.append(Case(name, b"".join(parts) + end, says=says, code=code, strict=strict))


# Why an oracle sees something else; the words come up in several cases.
GLOBAL_LEFT_ASIDE = "leaves global headers aside"
OLD_SPARSE = "its map lies in the header; the pax forms took its place in 2004"


def names(cases):
    for label, name in {"a-space": b"a b", "newline": b"a\nb", "quotes": b"a\"b'c", "backslash": b"a\\b\\n",
                        "arrow": b"a -> b", "utf8": "ä/ß/日本".encode(), "control": b"\x01\x1b[31m",
                        "dots": b".../a..b/..c", "full-field": b"n" * 100}.items():
        cases.read(f"name-{label}", member(name, b"x"))
    cases.read("name-latin1", member(b"caf\xe9", b"x"))
    cases.read("name-absolute", member(b"/etc/passwd", b"x"))
    cases.read("name-dot-slash", directory(b"./"), member(b"./a", b"x"), directory(b"./b/"))
    cases.read("name-doubled-slashes", member(b"a//b///c", b"x"))
    cases.read("name-inner-dots", member(b"a/./b/././c", b"x"))
    cases.read("name-prefix", member(b"name", b"x", prefix=b"some/dir"))
    cases.read("name-prefix-full", member(b"n" * 100, b"x", prefix=b"p" * 155))
    cases.read("name-prefix-of-gnu", member(b"name", b"x", magic=GNU, prefix=b"not/a/prefix"),
               python="takes the prefix of GNU headers, too")
    cases.read("name-pax", pax((b"path", b"long/" * 60 + b"name")), member(b"short", b"x"))
    cases.read("name-pax-utf8", pax((b"path", "ü/日本".encode())), member(b"short", b"x"))
    cases.read("name-pax-binary", pax((b"hdrcharset", b"BINARY"), (b"path", b"caf\xe9")), member(b"short", b"x"))
    cases.read("name-pax-newline", pax((b"path", b"a\nb=c\n")), member(b"short", b"x"))
    cases.read("name-pax-twice", pax((b"path", b"first"), (b"path", b"last")), member(b"short", b"x"))
    cases.read("name-pax-component-255", pax((b"path", b"c" * 255)), member(b"short", b"x"))
    cases.read("name-pax-4096", pax((b"path", (b"c" * 15 + b"/") * 255 + b"c" * 16)), member(b"short", b"x"))
    cases.read("name-gnu", long_name(b"long/" * 60 + b"name"), member(b"short", b"x", magic=GNU))
    cases.read("name-gnu-without-nul", long_name(b"n" * 120, end=b""), member(b"short", b"x", magic=GNU))
    cases.read("name-gnu-many-nuls", long_name(b"n" * 120, end=b"\0" * 40), member(b"short", b"x", magic=GNU))
    cases.read("name-gnu-one-block", long_name(b"d/" * 255, end=b"xy"), member(b"short", b"x", magic=GNU))
    cases.read("name-and-link-gnu", long_name(b"t" * 300, type=b"K"), long_name(b"n" * 200),
               symlink(b"short", b"short", magic=GNU))
    cases.read("name-twice", member(b"a", b"first"), member(b"a", b"second"))
    cases.read("name-twice-other-type", member(b"a", b"x"), directory(b"a"), symlink(b"a", b"b"))

    goes_on = "goes on behind its size"
    cases.refuse("name-gnu-goes-on", member(b"././@LongLink", b"n" * 120, size=50, type=b"L", magic=GNU),
                 member(b"short", b"x", magic=GNU), says=goes_on)
    cases.refuse("link-gnu-goes-on", member(b"././@LongLink", b"n" * 120, size=50, type=b"K", magic=GNU),
                 symlink(b"short", magic=GNU), says=goes_on)
    dots = 'a name has a ".." part'
    cases.refuse("dotdot-alone", directory(b".."), says=dots)
    cases.refuse("dotdot-first", member(b"../x", b"x"), says=dots)
    cases.refuse("dotdot-inside", member(b"a/../../x", b"x"), says=dots)
    cases.refuse("dotdot-last", directory(b"a/.."), says=dots)
    cases.refuse("dotdot-absolute", member(b"/../x", b"x"), says=dots)
    cases.refuse("dotdot-prefix", member(b"x", b"x", prefix=b"a/.."), says=dots)
    cases.refuse("dotdot-pax", pax((b"path", b"a/../../x")), member(b"x", b"x"), says=dots)
    cases.refuse("dotdot-gnu", long_name(b"../" * 50 + b"x"), member(b"x", b"x"), says=dots)
    cases.refuse("name-empty", member(b"", b"x"), says="root is not a directory",
                 strict="a file has a name")
    cases.refuse("name-root-link", symlink(b"/.", b"/etc"), says="root is not a directory",
                 strict="a root that is a link leads out of the tree (as in CVE-2021-29136)")
    cases.refuse("name-component-256", pax((b"path", b"c" * 256)), member(b"x", b"x"), says="255 bytes",
                 strict="no file system takes it")
    cases.refuse("name-4097", pax((b"path", (b"c" * 15 + b"/") * 256 + b"c")), member(b"x", b"x"), says="4096 bytes",
                 strict="no system call takes it")
    cases.refuse("name-nul-pax", pax((b"path", b"a\0b")), member(b"x", b"x"), says="NUL")
    cases.refuse("name-nul-gnu", long_name(b"a\0b"), member(b"x", b"x"), says="NUL",
                 strict="what stands behind the NUL is hidden from C programs only")
    cases.refuse("name-empty-pax", pax((b"path", b"")), member(b"x", b"x"), says="path is empty")
    cases.refuse("name-of-file-with-slash", member(b"a/", b""), says="ends in a slash")
    cases.refuse("name-of-file-with-slash-pax", pax((b"path", b"a/")), member(b"x", b"x"), says="ends in a slash")
    cases.refuse("name-prefix-unknown-magic", member(b"x", b"x", prefix=b"dir", magic=b"USTAR\x0000"), says="prefix")
    cases.refuse("name-pax-and-gnu", pax((b"path", b"pax")), long_name(b"gnu"), member(b"x", b"x"), says="both a pax",
                 strict="in the other order they disagree")
    cases.refuse("name-gnu-and-pax", long_name(b"gnu"), pax((b"path", b"pax")), member(b"x", b"x"), says="both a pax")


def sizes(cases):
    for size in (0, 1, 511, 512, 513, 1024, 100_000):
        cases.read(f"size-{size}", member(b"f", b"x" * size), member(b"after", b"y"))
    cases.read("size-base256", member(b"f", b"x" * 700, raw={"size": base256(700, 12)}), member(b"after", b"y"))
    cases.read("size-spaces", member(b"f", b"x" * 8, raw={"size": b"         10 "}), member(b"after", b"y"))
    cases.read("size-no-terminator", member(b"f", b"x" * 8, raw={"size": b"000000000010"}), member(b"after", b"y"))
    cases.read("size-blank", member(b"f", b"", raw={"size": b" " * 12}), member(b"after", b"y"), gnu="wants digits")
    hidden = member(b"hidden", b"inner")
    cases.read("size-pax", pax((b"size", b"%d" % len(hidden))), header(b"f"), hidden, member(b"after", b"y"))
    cases.read("size-pax-smaller", pax((b"size", b"5")), header(b"f", size=1024), padded(b"12345"), member(b"after"))
    cases.read("size-pax-zero", pax((b"size", b"0")), header(b"f", size=512), hidden)
    cases.read("size-pax-twice", pax((b"size", b"9999"), (b"size", b"5")), header(b"f"), padded(b"12345"))
    # CVE-2025-62518 and its kin: the record is the member's, not the long name's that stands between.
    cases.read("size-pax-then-long-name", pax((b"size", b"%d" % len(hidden))), long_name(b"n" * 150), header(b"f"),
               hidden, member(b"after", b"y"))
    cases.read("size-pax-then-long-link", pax((b"size", b"0")), long_name(b"t" * 150, type=b"K"), symlink(b"s", b"x"),
               hidden)
    cases.read("size-long-name-then-pax", long_name(b"n" * 150), pax((b"size", b"%d" % len(hidden))), header(b"f"),
               hidden, member(b"after", b"y"))

    cases.refuse("size-negative", header(b"f", raw={"size": base256(-512, 12)}), member(b"after"), says="negative")
    cases.refuse("size-overflow", header(b"f", raw={"size": b"\x80" + b"\xff" * 11}), says="out of range")
    cases.refuse("size-bad-mark", header(b"f", raw={"size": b"\x81" + b"\0" * 11}), says="not a number")
    cases.refuse("size-leading-nul", member(b"f", b"x" * 8, raw={"size": b"\0" + b"0" * 8 + b"10\0"}), says="follows")
    cases.refuse("size-8-gib", header(b"f", raw={"size": b"77777777777\0"}), says="cut off")
    cases.refuse("size-8-eib", header(b"f", raw={"size": base256((1 << 63) - 1, 12)}), says="out of range")
    cases.refuse("size-base64", header(b"f", raw={"size": b"+AAAAAAAAAI"}), says="octal")
    for label, value in {"negative": b"-1", "text": b"many", "hex": b"0x10", "plus": b"+5", "space": b" 5",
                         "fraction": b"5.0", "empty": b"", "overflow": b"18446744073709551616"}.items():
        cases.refuse(f"size-pax-{label}", pax((b"size", value)), member(b"f", b"12345"), says="not a number")
    cases.refuse("size-pax-huge", pax((b"size", b"18446744073709551615")), member(b"f", b"12345"), says="out of range")
    cases.refuse("size-pax-4-tib", pax((b"size", b"%d" % (4 * TIB + 1))), member(b"f", b"12345"), says="out of range")
    cases.refuse("size-pax-too-large", pax((b"size", b"99999")), member(b"f", b"12345"), says="cut off")


def numbers(cases):
    cases.read("mode-special-bits", member(b"f", b"", mode=0o4755), member(b"g", b"", mode=0o2755),
               directory(b"d", mode=0o1777), member(b"h", b"", mode=0o7000))
    cases.read("mode-with-type-bits", member(b"f", b"", raw={"mode": b"0100644\0"}))
    cases.read("owner-largest-octal", member(b"f", b"", uid=0o7777777, gid=0o7777777))
    cases.read("owner-base256", member(b"f", b"", raw={"uid": base256(3_000_000, 8), "gid": base256(4_000_000_000, 8)}))
    cases.read("owner-pax", pax((b"uid", b"4000000000"), (b"gid", b"4294967294")), member(b"f"))
    cases.read("owner-names", member(b"f", b"", raw={"uname": b"root", "gname": b"daemon"}, uid=7, gid=8))
    cases.read("time-zero-and-large", member(b"f", b"", mtime=0), member(b"g", b"", mtime=0o77777777777))
    cases.read("time-pax-fraction", pax((b"mtime", b"1700000000.75")), member(b"f"))
    cases.read("time-pax-others", pax((b"atime", b"1.5"), (b"ctime", b"2"), (b"mtime", b"3")), member(b"f"))
    cases.read("time-pax-negative", pax((b"mtime", b"-12")), member(b"f"))
    cases.read("time-base256", member(b"f", b"", raw={"mtime": base256(1 << 34, 12)}))
    cases.read("time-base256-negative", member(b"f", b"", raw={"mtime": base256(-1000, 12)}))
    cases.read("device-numbers", header(b"null", b"3", major=1, minor=3), header(b"disk", b"4", major=8, minor=1),
               header(b"high", b"3", major=0o7777, minor=0o3777777))

    for what, text in {"mode": "mode", "uid": "uid", "gid": "gid", "size": "size", "mtime": "time"}.items():
        room = FIELDS[what][1]
        cases.refuse(f"{what}-not-octal", header(b"f", raw={what: b"12z4".ljust(room - 1) + b"\0"}), says=text)
        cases.refuse(f"{what}-digit-8", header(b"f", raw={what: b"0000008"}), says=text)
        if what != "mtime":
            cases.refuse(f"{what}-base256-negative", header(b"f", raw={what: base256(-1, room)}), says="negative",
                         strict="no bits are negative" if what == "mode" else "")
    cases.read("device-v7", header(b"f", b"3", magic=V7))
    for label, magic in {"v7": V7, "unknown-magic": b"usta\x80\x0000", "half-gnu-magic": b"ustar x\0"}.items():
        cases.refuse(f"device-{label}-number", header(b"f", b"3", magic=magic, raw={"major": octal(5, 8)}),
                     says="its number")
    cases.refuse("device-not-octal", header(b"f", b"3", raw={"major": b"zz"}), says="device number")
    cases.refuse("device-too-large", header(b"f", b"3", major=0o10000), says="major device number",
                 strict="Linux has no such device")
    cases.refuse("owner-minus-1", pax((b"uid", b"4294967295")), member(b"f"), says="owner",
                 strict="to chown it means: no change")
    cases.refuse("owner-33-bits", pax((b"gid", b"4294967296")), member(b"f"), says="group")
    cases.refuse("owner-pax-negative", pax((b"uid", b"-1")), member(b"f"), says="not a number")
    for label, value in {"text": b"soon", "empty": b"", "two-points": b"1.2.3", "overflow": b"9" * 30}.items():
        cases.refuse(f"time-pax-{label}", pax((b"mtime", value)), member(b"f"), says="not a time")
    cases.refuse("checksum-wrong", header(b"f", raw={"checksum": b"000001\0 "}), says="checksum")
    cases.refuse("checksum-text", header(b"f", raw={"checksum": b"checksum"}), says="checksum")
    cases.refuse("checksum-blank", header(b"f", raw={"checksum": b" " * 8}), says="checksum")
    cases.refuse("checksum-wrong-second", member(b"a", b"x"), header(b"f", raw={"checksum": b"000001\0 "}),
                 says="checksum")


def types(cases):
    cases.read("types-all", directory(b"d"), member(b"d/f", b"x"), hard_link(b"h", b"d/f"), symlink(b"s", b"d/f"),
               header(b"p", b"6"), header(b"c", b"3", major=5, minor=1), header(b"b", b"4", major=7, minor=0))
    cases.read("type-contiguous", member(b"f", b"x", type=b"7"))
    cases.read("type-v7", member(b"f", b"x", type=b"\0", magic=V7), member(b"d/", b"", type=b"\0", magic=V7))
    cases.read("type-old-with-magic", member(b"f", b"x", type=b"\0"), member(b"d/", b"", type=b"\0"))
    cases.read("type-gnu", member(b"f", b"x", magic=GNU), directory(b"d/", magic=GNU))
    cases.read("link-absolute", symlink(b"s", b"/etc/passwd"))
    cases.read("link-dotdot", symlink(b"s", b"../../outside"))
    cases.read("link-odd-text", symlink(b"s", b"./a//b/"))
    cases.read("link-full-field", symlink(b"s", b"t" * 100), hard_link(b"h", b"t" * 100))
    cases.read("link-pax", pax((b"linkpath", b"t/" * 300)), symlink(b"s", b"short"))
    cases.read("link-pax-over-empty", pax((b"linkpath", "日本".encode())), symlink(b"s", b""),
               libarchive="leaves the record aside if the field is empty")
    cases.read("link-gnu", long_name(b"t/" * 300, type=b"K"), symlink(b"s", b"short", magic=GNU))
    cases.read("link-hard-forward", hard_link(b"h", b"later"), member(b"later", b"x"))
    cases.read("link-hard-itself", hard_link(b"h", b"h"))
    cases.read("link-hard-missing", hard_link(b"h", b"nothing"))
    cases.read("link-hard-absolute", member(b"f", b"x"), hard_link(b"h", b"/f"))
    cases.read("link-hard-pax", pax((b"linkpath", b"n" * 150)), hard_link(b"h", b"short"))
    cases.read("link-hard-with-size-of-target", member(b"f", b"12345"), hard_link(b"h", b"f", size=5),
               member(b"after", b"y"))
    cases.read("link-hard-with-size-after-pax", pax((b"comment", b"x")), member(b"f", b"12345"),
               hard_link(b"h", b"f", size=5), member(b"after", b"y"),
               libarchive="takes the size of a hard link for content once it has seen a pax header")

    cases.refuse("link-empty", symlink(b"s", b""), says="target of a link", strict="no file system takes it")
    cases.refuse("link-hard-empty", hard_link(b"h", b""), says="target of a link")
    cases.refuse("link-nul", pax((b"linkpath", b"a\0b")), symlink(b"s", b"x"), says="NUL")
    cases.refuse("link-too-long", pax((b"linkpath", b"t" * 4097)), symlink(b"s", b"x"), says="too long",
                 strict="no system call takes it")
    cases.refuse("link-hard-dotdot", hard_link(b"h", b"../../etc/shadow"), says='".."')
    cases.refuse("link-hard-dotdot-gnu", long_name(b"../" * 60 + b"x", type=b"K"), hard_link(b"h", b"x"), says='".."')
    cases.refuse("link-hard-content-pax", pax((b"size", b"5")), hard_link(b"h", b"f"), padded(b"12345"), says="content")
    cases.refuse("link-pax-and-gnu", pax((b"linkpath", b"pax")), long_name(b"gnu", type=b"K"), symlink(), says="both",
                 strict="in the other order they disagree")
    for label, type in {"symlink": b"2", "char": b"3", "block": b"4", "directory": b"5", "fifo": b"6"}.items():
        cases.refuse(f"content-of-{label}", header(b"x", type, size=5, link=b"t"), padded(b"12345"), says="no file")
    for label, type in {"sparse": b"S", "multivolume": b"M", "volume": b"V", "incremental": b"D", "names": b"N",
                        "acl": b"A", "inode": b"I", "solaris": b"X", "eight": b"8", "one": b"\x01", "high": b"\xff",
                        "space": b" "}.items():
        cases.refuse(f"type-{label}", header(b"x", type), says="not supported", code="CRN-TAR-003",
                     strict=OLD_SPARSE if label == "sparse" else "")


def extensions(cases):
    cases.read("pax-empty", pax(), member(b"f", b"x"))
    cases.read("pax-unknown-keys", pax((b"VENDOR.key", b"a=b=c"), (b"comment", b"\xff\0 text")), member(b"f", b"x"))
    cases.read("pax-xattrs", pax((b"SCHILY.xattr.user.a", b"value"), (b"SCHILY.xattr.security.capability",
                                                                      b"\x01\0\0\2\0\0"),
                                 (b"SCHILY.xattr.user.empty", b"")), member(b"f", b"x"))
    cases.read("pax-xattrs-libarchive", pax((b"SCHILY.xattr.user.a", b"value"), (b"LIBARCHIVE.xattr.user.a",
                                                                                 b"dmFsdWU")), member(b"f", b"x"))
    cases.read("pax-one-mebibyte", pax((b"comment", b"x" * ((1 << 20) - 20))), member(b"f", b"x"))
    cases.read("pax-length-of-9-to-10", pax((b"a", b"12345")), member(b"f", b"x"))
    cases.read("global-comment", pax((b"comment", b"a commit"), type=b"g"), member(b"f", b"x"), member(b"g", b"y"))
    cases.read("global-and-local", pax((b"comment", b"c"), type=b"g"), pax((b"uid", b"8")), member(b"f"), member(b"g"))
    cases.read("global-owner", pax((b"uid", b"7"), (b"mtime", b"99"), type=b"g"), member(b"f"), pax((b"uid", b"8")),
               member(b"g"), libarchive=GLOBAL_LEFT_ASIDE)

    for label, text in {"no-length": b"comment=x\n", "zero": b"0 a=b\n", "too-long": b"99 a=b\n", "short": b"5 a=b\n",
                        "no-newline": b"6 a=bc", "no-equals": b"4 a\n", "no-key": b"5 =b\n", "negative": b"-6 a=b\n",
                        "huge": b"99999999999999999999999 a=b\n", "only-length": b"6", "inside": b"2 a=b\n",
                        "garbage-behind": b"6 a=b\nxyz"}.items():
        cases.refuse(f"pax-record-{label}", pax(text), member(b"f", b"x"), says="pax record")
    cases.refuse("pax-too-large", pax((b"comment", b"x" * (1 << 20))), member(b"f", b"x"), says="larger than")
    cases.refuse("pax-claims-8-gib", header(b"x", b"x", raw={"size": b"77777777777\0"}), says="larger than")
    cases.refuse("gnu-name-claims-8-gib", header(b"x", b"L", raw={"size": b"77777777777\0"}), says="larger than")
    cases.refuse("gnu-link-claims-1-eib", header(b"x", b"K", raw={"size": base256(1 << 60, 12)}), says="larger than")
    cases.refuse("pax-cut", pax((b"comment", b"x" * 600))[:-BLOCK], end=b"", says="cut off")
    cases.refuse("pax-twice", pax((b"uid", b"1")), pax((b"gid", b"2")), member(b"f", b"x"), says="two extended headers")
    cases.refuse("gnu-name-twice", long_name(b"a"), long_name(b"b"), member(b"f", b"x"), says="two extended headers")
    cases.refuse("gnu-link-twice", long_name(b"a", b"K"), long_name(b"b", b"K"), symlink(), says="two extended headers")
    cases.refuse("pax-before-nothing", member(b"f", b"x"), pax((b"uid", b"1")), says="before no member")
    cases.refuse("gnu-name-before-nothing", long_name(b"name"), says="before no member")
    cases.refuse("pax-before-end-of-stream", pax((b"uid", b"1")), end=b"", says="before no member")
    cases.refuse("pax-global-between", pax((b"uid", b"1")), pax((b"comment", b"c"), type=b"g"), member(b"f", b"x"),
                 says="between", strict="whether it counts for the member between is anybody's guess")
    for key, value in {b"path": b"all", b"linkpath": b"all", b"size": b"600", b"SCHILY.xattr.user.a": b"b"}.items():
        cases.refuse(f"global-{key.decode()}", pax((key, value), type=b"g"), symlink(), member(b"f", b"x" * 10),
                     says=key.decode(), code="CRN-TAR-003")
    no_equal = "no equal SCHILY.xattr. record"
    libarchive_only = (b"LIBARCHIVE.xattr.user.a", b"dmFsdWU")
    cases.refuse("xattr-libarchive-only", pax(libarchive_only), member(b"f", b"x"), says=no_equal)
    cases.refuse("xattr-libarchive-other", pax((b"SCHILY.xattr.user.a", b"else"), libarchive_only), member(b"f", b"x"),
                 says=no_equal, strict="libarchive keeps both values, and which one counts depends on their order")
    cases.refuse("xattr-libarchive-other-first", pax(libarchive_only, (b"SCHILY.xattr.user.a", b"else")),
                 member(b"f", b"x"), says=no_equal)
    cases.refuse("xattr-no-name", pax((b"SCHILY.xattr.", b"v")), member(b"f", b"x"), says="no name")
    cases.refuse("xattr-long-name", pax((b"SCHILY.xattr.user." + b"a" * 251, b"v")), member(b"f", b"x"), says="large",
                 strict="Linux takes 255 bytes")
    cases.refuse("xattr-64-kib", pax((b"SCHILY.xattr.user.a", b"v" * 65537)), member(b"f", b"x"), says="large",
                 strict="Linux takes 64 KiB")
    cases.refuse("xattr-nul-in-name", pax((b"SCHILY.xattr.user.\0a", b"v")), member(b"f", b"x"), says="NUL")


def sparse_files(cases):
    data = b"a" * BLOCK + b"bbbb"
    end = BLOCK + 4
    shapes = {"two-runs": ([(1000, BLOCK), (5996, 4)], 6000, data), "no-hole": ([(0, end)], end, data),
              "first-hole": ([(4096, end)], 4096 + end, data), "last-hole": ([(0, end), (100_000, 0)], 100_000, data),
              "all-hole": ([(70_000, 0)], 70_000, b""), "last-hole-of-blocks": ([(0, BLOCK), (5000, 0)], 5000, data[:-4]),
              "empty-run-inside": ([(0, BLOCK), (700, 0), (5996, 4)], 6000, data),
              "touching": ([(0, BLOCK), (BLOCK, 4)], end, data),
              "large": ([(0, BLOCK), (59_999_996, 4)], 60_000_000, data),
              "many": ([(i * 1000, BLOCK) for i in range(600)] + [(600_000, 0)], 600_000, b"z" * 600 * BLOCK)}
    for version in ("0.0", "0.1", "1.0"):
        for label, (runs, size, content) in shapes.items():
            cases.read(f"sparse-{version}-{label}", sparse(version, runs, size, content), member(b"after", b"y"))
    hostile = {"overlap": ([(0, BLOCK), (2, 4)], 6, data, "out of order"),
               "order": ([(5000, BLOCK), (1000, 4)], 6000, data, "out of order"),
               "beyond": ([(0, BLOCK), (5998, 4)], 6000, data, "outside"),
               "offset-wraps": ([((1 << 64) - 4, end)], 6000, data, "outside"),
               "fewer-than-stored": ([(0, 4), (6000, 0)], 6000, data, "stored"),
               "more-than-stored": ([(0, end + 8), (6000, 0)], 6000, data, "stored"),
               "run-of-no-whole-block": ([(1000, 4), (5000, end - 4), (6000, 0)], 6000, data, "no whole blocks"),
               "runs-that-touch": ([(0, 4), (4, 4)], 8, data[-8:], "no whole blocks"),
               "ends-early": ([(0, end)], 100_000, data, "before the end of the file"),
               "1-tib": ([(0, end), (TIB, 0)], TIB, data, "larger than 64.0 GiB")}
    for version in ("0.0", "0.1", "1.0"):
        for label, (runs, size, content, says) in hostile.items():
            cases.refuse(f"sparse-{version}-{label}", sparse(version, runs, size, content), says=says,
                         strict="padding would be content" if label == "more-than-stored" else "")

    cases.refuse("sparse-without-runs", pax((b"GNU.sparse.size", b"6000"), (b"GNU.sparse.map", b"")), member(b"f"),
                 says="before the end of the file")

    real = (b"GNU.sparse.size", b"6000")
    one = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"6000")]
    cases.refuse("sparse-map-odd", pax(real, (b"GNU.sparse.map", b"0,4,8")), member(b"f", data), says="odd number")
    cases.refuse("sparse-map-text", pax(real, (b"GNU.sparse.map", b"0,x")), member(b"f", data), says="not a number")
    cases.refuse("sparse-map-negative", pax(real, (b"GNU.sparse.map", b"-1,8")), member(b"f", data), says="not a number")
    cases.refuse("sparse-count-wrong", pax(real, (b"GNU.sparse.numblocks", b"3"), (b"GNU.sparse.offset", b"0"),
                                           (b"GNU.sparse.numbytes", b"8")), member(b"f", data), says="promised")
    cases.refuse("sparse-without-size", pax((b"GNU.sparse.map", b"0,8")), member(b"f", data), says="no size")
    cases.refuse("sparse-name-alone", pax((b"GNU.sparse.name", b"other")), member(b"f", data), says="stands alone",
                 strict="no writer makes it, and the name of a member would hide in one more place")
    cases.refuse("sparse-version-2", pax((b"GNU.sparse.major", b"2"), *one[1:]), member(b"f", data), says="2.0",
                 code="CRN-TAR-003")
    cases.refuse("sparse-unknown-key", pax((b"GNU.sparse.colour", b"red")), member(b"f", data), says="colour",
                 code="CRN-TAR-003", strict="it may change what the content means")
    cases.refuse("sparse-symlink", pax(real, (b"GNU.sparse.map", b"")), symlink(), says="no file is sparse")
    cases.refuse("sparse-map-cut", pax(*one), member(b"f", padded(b"3\n0\n4\n")), says="map is cut off")
    cases.refuse("sparse-map-no-end", pax(*one), member(b"f", b"1" * 2048), says="map is cut off")
    cases.refuse("sparse-map-count-huge", pax(*one), member(b"f", padded(b"99999999999\n0\n8\n") + data),
                 says="map is cut off")
    cases.refuse("sparse-map-of-letters", pax(*one), member(b"f", padded(b"one\n0\n8\n") + data), says="no number")
    cases.refuse("sparse-map-2-mib", pax(*one), member(b"f", b"0\n" * (1 << 20)), says="stored")


def endings(cases):
    one = member(b"f", b"x" * 700)
    cases.read("end-only")
    cases.read("end-one-block", one, end=bytes(BLOCK))
    cases.read("end-missing", one, end=b"")
    cases.read("end-padded", one, end=bytes(20 * BLOCK))
    cases.read("end-long-padding", one, end=bytes(1 << 20))
    cases.read("end-odd-padding", one, end=END + bytes(100))
    cases.refuse("end-garbage", one, END, b"garbage", end=b"", says="follows the end",
                 strict="nothing shows it, so nobody checks it")
    cases.refuse("end-second-archive", one, END, member(b"second", b"y"), says="follows the end",
                 strict="readers that go on (tar -i) see more files than others")
    cases.refuse("end-lone-zero-block", one, bytes(BLOCK), member(b"second", b"y"), says="follows the end",
                 strict="readers that go on (tar -i) see more files than others")
    for length in (1, 100, 511, 513, 1000, 1535):
        cases.refuse(f"cut-at-{length}", one[:length], end=b"", says="cut off")
    cases.refuse("cut-half-zero-block", one, end=bytes(100), says="cut off")
    cases.refuse("not-tar-text", b"#!/bin/sh\necho hello\n" * 60, end=b"", says="header at byte 0")
    cases.refuse("not-tar-noise", bytes((i * 37 + i // 7) % 256 for i in range(5000)), end=b"", says="header at byte 0")


def compressed(cases):
    plain = directory(b"d") + member(b"d/f", b"text" * 1000) + END
    gz = gzip.compress(plain, mtime=0)

    def zstd(data):
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout

    no_zstd = {"python": "has no zstd"}
    zst = zstd(plain)
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    cases.read("gzip", gz, end=b"")
    cases.read("gzip-members", gzip.compress(plain[:700], mtime=0), gzip.compress(plain[700:], mtime=0), end=b"")
    cases.read("gzip-zero-padding", gz, bytes(1000), end=b"")
    cases.read("zstd", zst, end=b"", **no_zstd)
    cases.read("zstd-frames", zstd(plain[:700]), skippable, zstd(plain[700:]), end=b"", **no_zstd)
    cases.read("zstd-skippable-first", skippable, zst, end=b"", **no_zstd,
               gnu="knows zstd by the first four bytes of a frame with data")
    damaged = "CRN-TAR-001"
    cases.refuse("gzip-cut", gz[:-9], end=b"", says="cut off", code=damaged)
    cases.refuse("gzip-cut-trailer", gz[:-1], end=b"", says="cut off", code=damaged)
    cases.refuse("gzip-bad-check", gz[:-8] + bytes([gz[-8] ^ 1]) + gz[-7:], end=b"", says="damaged", code=damaged)
    cases.refuse("gzip-bad-length", gz[:-4] + bytes([gz[-4] ^ 1]) + gz[-3:], end=b"", says="damaged", code=damaged)
    cases.refuse("gzip-garbage", gz, b"garbage", end=b"", says="damaged", code=damaged)
    cases.refuse("gzip-second-member-cut", gz, gz[:30], end=b"", says="cut off", code=damaged)
    cases.refuse("zstd-cut", zst[:-5], end=b"", says="cut off", code=damaged)
    cases.refuse("zstd-garbage", zst, b"garbage!", end=b"", says="damaged", code=damaged)
    cases.refuse("zstd-bad-check", zst[:-1] + bytes([zst[-1] ^ 1]), end=b"", says="damaged", code=damaged)
    window = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + bytes(8)
    cases.refuse("zstd-window-2-gib", window, end=b"", says="damaged", code=damaged)


def make_tree(root):
    (root / "dir/sub").mkdir(parents=True)
    (root / "dir/file").write_bytes(b"content\n" * 100)
    os.link(root / "dir/file", root / "dir/zz-hard")
    os.symlink("../dir/file", root / "dir/sub/link")
    os.mkfifo(root / "pipe")
    (root / ("n" * 120)).write_bytes(b"x")
    os.symlink("t" * 120, root / "long-link")
    with open(root / "sparse", "wb") as file:
        file.seek(300_000)
        file.write(b"data")
        file.truncate(900_000)
    (root / "dir/file").chmod(0o4755)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)


def made_by_programs(cases):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        root.mkdir()
        make_tree(root)

        def run(*command):
            return subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE).stdout

        gnu = ["tar", "-C", "tree", "--sort=name", "-cf", "-"]
        for form in ("gnu", "oldgnu", "posix"):
            cases.read(f"made-by-gnu-{form}", run(*gnu, f"--format={form}", "."), end=b"")
        for form in ("v7", "ustar"):  # they have no room for the long names
            cases.read(f"made-by-gnu-{form}", run(*gnu, f"--format={form}", "dir"), end=b"")
        for version in ("0.0", "0.1", "1.0"):
            cases.read(f"made-by-gnu-sparse-{version}",
                       run(*gnu, "--format=posix", "--sparse", f"--sparse-version={version}", "."), end=b"")
        cases.refuse("made-by-gnu-old-sparse", run(*gnu, "--format=gnu", "--sparse", "."), end=b"",
                     says="not supported", code="CRN-TAR-003", strict=OLD_SPARSE)
        cases.refuse("made-by-gnu-multivolume", run(*gnu, "--format=gnu", "--label=name", "."), end=b"",
                     says="not supported", code="CRN-TAR-003")
        for form in ("ustar", "pax", "gnutar"):
            part = "dir" if form == "ustar" else "."
            cases.read(f"made-by-bsdtar-{form}", run("bsdtar", "-C", "tree", "-cf", "-", f"--format={form}", part), end=b"")
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            part = "dir" if form == tarfile.USTAR_FORMAT else "."
            with tarfile.open(Path(folder) / "python.tar", "w", format=form) as archive:
                archive.add(root / part, part)
            cases.read(f"made-by-python-{form}", (Path(folder) / "python.tar").read_bytes(), end=b"")


def all_cases():
    cases = Cases()
    for family in (names, sizes, numbers, types, extensions, sparse_files, endings, compressed, made_by_programs):
        family(cases)
    assert len({case.name for case in cases}) == len(cases)
    return cases

"""What each program sees in an archive: ours, GNU tar, libarchive (which bsdtar is made of) and Python's tarfile.

Each reader gives a Reading: the members in order, or why the archive is refused.
"""

import ctypes
import datetime
import hashlib
import io
import itertools
import json
import locale
import multiprocessing
import os
import re
import resource
import subprocess
import tarfile
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 10
MOST_BYTES = 1 << 28  # of one member; oracles don't say more about larger ones than that they are too large
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Refused(Exception):
    """The archive is not read to its end."""


@dataclass
class Reading:
    members: list = field(default_factory=list)
    refused: str = ""  # why, if it was
    code: str = ""     # ours: the error's
    exit: int = 0      # ours: the exit status
    seconds: float = 0.0
    peak: int = 0      # ours: bytes of memory


def plain(name):
    """A name as a tree sees it: no leading, doubled or trailing slashes, no "." parts."""
    return b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))


def entry(path, type, mode, uid, gid, mtime, size, link=b"", device=(0, 0), sha256="", xattrs=None):
    """The form that readings are compared in: what a kind of member has not is left out."""
    is_link = type in "hl"
    known = {} if xattrs is None else {"xattrs": xattrs}
    return known | {"path": plain(path), "type": type, "mode": mode & 0o7777, "uid": uid, "gid": gid, "mtime": mtime,
            "size": size if type == "f" else 0, "link": (plain(link) if type == "h" else link) if is_link else b"",
            "device": tuple(device) if type in "cb" else (0, 0), "sha256": sha256 if type == "f" else ""}


def digest(chunks, size):
    """sha256 of a member's content, which must be `size` bytes."""
    if size > MOST_BYTES:
        raise Refused(f"a member of {size} bytes is too large to look at")
    hasher, seen = hashlib.sha256(), 0
    for chunk in chunks:
        hasher.update(chunk)
        seen += len(chunk)
    if seen != size:
        raise Refused(f"{seen} bytes of content instead of {size}")
    return hasher.hexdigest()


# Ours.

def read_ours(program, path):
    started = time.monotonic()
    with subprocess.Popen([program, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT) as process:
        alarm = threading.Event()
        timer = threading.Timer(SECONDS, lambda: (alarm.set(), process.kill()))
        timer.start()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    reading = Reading(exit=process.returncode, seconds=time.monotonic() - started, peak=usage.ru_maxrss * 1024)
    if alarm.is_set():
        raise AssertionError(f"longer than {SECONDS} s")
    try:
        rows = [json.loads(line) for line in output.splitlines()]
    except ValueError as error:
        raise AssertionError(f"exit {reading.exit}: {output[-2000:].decode(errors='replace')}") from error
    for row in rows:
        if "code" in row:
            reading.code, reading.refused = row["code"], row["message"].encode("latin-1").decode()
            break
        row["path"], row["link"] = row["path"].encode("latin-1"), row["link"].encode("latin-1")
        row["xattrs"] = {k.encode("latin-1"): v.encode("latin-1") for k, v in row["xattrs"].items()}
        reading.members.append(entry(**row))
    return reading


# GNU tar: its listing tells the members, one extraction to a pipe their contents.

MODE_LETTERS = re.compile(r"(?P<type>[-dlhcbpC])(?P<bits>[-rwxsStT]{9}) (?P<uid>\d+)/(?P<gid>\d+) +"
                          r"(?P<size>\d+(?:,\d+)?) (?P<time>-?\d+-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<names>\".*\")")
QUOTED = r'"((?:[^"\\]|\\.)*)"'
ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, '"': 34, "?": 63}


def unquoted(text):
    def byte(match):
        code = match.group(1)
        return chr(int(code, 8) if code[0].isdigit() else ESCAPES[code])
    return re.sub(r"\\([0-7]{3}|.)", byte, text, flags=re.DOTALL).encode("latin-1")


def mode_of(bits):
    mode = 0
    for position, letter in enumerate(bits):
        if letter in "rwxst":
            mode |= 0o400 >> position
        if letter in "sStT":
            mode |= (0o4000, 0o2000, 0o1000)[position // 3]
    return mode


def gnu_tar(path, *options):
    done = subprocess.run(["tar", *options, "-f", path], cwd=os.path.dirname(path), env=ENVIRONMENT | {"LC_ALL": "C"},
                          capture_output=True, timeout=SECONDS)
    if done.returncode != 0:
        raise Refused(done.stderr.decode(errors="replace").strip().splitlines()[0])
    return done.stdout


def gnu_entry(line):
    match = MODE_LETTERS.fullmatch(line)
    if not match:
        raise Refused(f"a listing that says: {line}")
    type = match["type"].translate(str.maketrans("-C", "ff"))
    when = datetime.datetime.strptime(match["time"][:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    names = re.fullmatch(QUOTED + rf"(?: (?:->|link to) {QUOTED})?", match["names"])
    is_device = type in "cb"
    return entry(path=unquoted(names[1]), type=type, mode=mode_of(match["bits"]), uid=int(match["uid"]),
                 gid=int(match["gid"]), mtime=int(when.timestamp()), size=0 if is_device else int(match["size"]),
                 link=unquoted(names[2] or ""),
                 device=tuple(int(n) for n in match["size"].split(",")) if is_device else (0, 0))


def gnu_contents(path, files):
    """Of each file in turn."""
    if b"GNU.sparse" not in Path(path).read_bytes():
        content = io.BytesIO(gnu_tar(path, "--extract", "--to-stdout"))
        for file in files:
            yield content.read(min(file["size"], MOST_BYTES))
        if content.read(1):
            raise Refused("more content than its listing tells")
        return
    # It can't write holes into a pipe: let it write files, of which these archives have none twice.
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
        gnu_tar(path, "--extract", "--no-same-owner", "-C", folder)
        for file in files:
            yield (Path(folder) / os.fsdecode(file["path"])).read_bytes()


def read_gnu(path):
    listing = gnu_tar(path, "--list", "-vv", "--quoting-style=c", "--full-time", "--numeric-owner")
    members = [gnu_entry(line) for line in listing.decode("latin-1").splitlines()]
    files = [member for member in members if member["type"] == "f"]
    for file, content in itertools.zip_longest(files, gnu_contents(path, files)):
        file["sha256"] = digest([content], file["size"])
    return members


# libarchive, by the calls that bsdtar makes.

class Libarchive:
    """The functions used, with their types."""
    OK, END, WARN = 0, 1, -20

    def __init__(self):
        self.library = ctypes.CDLL("libarchive.so.13")
        pointer, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64
        for name, result in {"archive_read_new": pointer, "archive_entry_pathname": text, "archive_error_string": text,
                             "archive_entry_hardlink": text, "archive_entry_symlink": text, "archive_entry_uid": whole,
                             "archive_entry_gid": whole, "archive_entry_mtime": whole, "archive_entry_size": whole,
                             "archive_read_data": ctypes.c_ssize_t, "archive_entry_filetype": ctypes.c_uint,
                             "archive_entry_perm": ctypes.c_uint, "archive_entry_rdevmajor": ctypes.c_ulong,
                             "archive_entry_rdevminor": ctypes.c_ulong}.items():
            getattr(self.library, name).restype = result

    def __getattr__(self, name):
        return getattr(self.library, "archive_" + name)


LIBARCHIVE_TYPES = {0o100000: "f", 0o120000: "l", 0o020000: "c", 0o060000: "b", 0o040000: "d", 0o010000: "p"}


def libarchive_chunks(library, archive, size):
    buffer, seen = ctypes.create_string_buffer(1 << 16), 0
    while (count := library.read_data(archive, buffer, ctypes.c_size_t(len(buffer)))) != 0:
        if count < 0:
            raise Refused((library.error_string(archive) or b"bad data").decode(errors="replace"))
        seen += count
        yield buffer.raw[:count]
    yield bytes(min(size - seen, MOST_BYTES))  # a hole at the end is not read out, a missing end is an error


def libarchive_xattrs(library, item):
    name, value, size = ctypes.c_char_p(), ctypes.c_void_p(), ctypes.c_size_t()
    library.entry_xattr_reset(item)
    found = {}
    while library.entry_xattr_next(item, ctypes.byref(name), ctypes.byref(value), ctypes.byref(size)) == Libarchive.OK:
        found[name.value] = ctypes.string_at(value, size.value)
    return found


def libarchive_entry(library, archive, item):
    hard, soft = library.entry_hardlink(item), library.entry_symlink(item)
    path = library.entry_pathname(item)
    type = "h" if hard is not None else LIBARCHIVE_TYPES.get(library.entry_filetype(item))
    if path is None or type is None:
        raise Refused("no name or an unknown type")
    size = library.entry_size(item)
    if type == "h" and size > 0:
        raise Refused("a hard link with content")
    return entry(path=path, type=type, mode=library.entry_perm(item), uid=library.entry_uid(item),
                 gid=library.entry_gid(item), mtime=library.entry_mtime(item), size=size, link=hard or soft or b"",
                 device=(library.entry_rdevmajor(item), library.entry_rdevminor(item)),
                 sha256=digest(libarchive_chunks(library, archive, size), size) if type == "f" else "",
                 xattrs=libarchive_xattrs(library, item))


def read_libarchive(path):
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    library = Libarchive()
    archive, item = ctypes.c_void_p(library.read_new()), ctypes.c_void_p()
    for support in ("filter_gzip", "filter_zstd", "format_tar", "format_empty"):
        getattr(library, "read_support_" + support)(archive)
    status = library.read_open_filename(archive, os.fsencode(path), ctypes.c_size_t(10240))
    members = []
    while status >= Libarchive.WARN:
        status = library.read_next_header(archive, ctypes.byref(item))
        if status == Libarchive.END:
            return members
        if status >= Libarchive.WARN:
            members.append(libarchive_entry(library, archive, item))
    raise Refused((library.error_string(archive) or b"no reason").decode(errors="replace"))


# Python.

def python_type(info):
    if info.isreg():
        if info.type not in tarfile.REGULAR_TYPES + (tarfile.GNUTYPE_SPARSE,):
            raise Refused(f"type {info.type}")
        return "f"
    for letter, test in {"d": info.isdir, "l": info.issym, "h": info.islnk, "c": info.ischr, "b": info.isblk,
                         "p": info.isfifo}.items():
        if test():
            return letter
    raise Refused(f"type {info.type}")


XATTR = "SCHILY.xattr."


def python_name(text):
    return text.encode("utf-8", "surrogateescape")


def python_entry(archive, info):
    type = python_type(info)
    content = archive.extractfile(info) if type == "f" and info.size <= MOST_BYTES else None
    chunks = iter(lambda: content.read(1 << 16), b"") if content else iter(())
    return entry(path=python_name(info.name), type=type, mode=info.mode, uid=info.uid, gid=info.gid,
                 mtime=int(info.mtime // 1), size=info.size, link=python_name(info.linkname),
                 device=(info.devmajor, info.devminor), sha256=digest(chunks, info.size) if type == "f" else "",
                 xattrs={python_name(key.removeprefix(XATTR)): python_name(value)
                         for key, value in info.pax_headers.items() if key.startswith(XATTR)})


def read_python(path):
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as archive:
        members = [python_entry(archive, info) for info in archive]
        # A header that it can't read is an end of the archive to tarfile: look at what stands there.
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise Refused("the archive goes on where tarfile stops")
        return members


ORACLES = {"gnu": read_gnu, "libarchive": read_libarchive, "python": read_python}


def answer(pipe, read, path):
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    try:
        pipe.send(Reading(read(path)))
    except subprocess.TimeoutExpired:
        pipe.send(Reading(refused=f"longer than {SECONDS} s"))
    except Exception as error:  # whatever an oracle dies of, it did not read the archive
        pipe.send(Reading(refused=f"{type(error).__name__}: {error}"))


def read_oracle(name, path):
    """In a process of its own: oracles may crash, hang and eat memory."""
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe(duplex=False)
    process = forked.Process(target=answer, args=(theirs, ORACLES[name], path))
    process.start()
    theirs.close()
    try:
        reading = ours.recv() if ours.poll(2 * SECONDS) else Reading(refused="it takes too long")
    except EOFError:
        reading = Reading(refused="it crashed")
    process.kill()
    process.join()
    return reading

"""The smallest thing that boots: a disk whose first sector says a text on the serial line, then sends back what it gets.

It stands in for a system where only the machine itself is in question: does it start, can we talk to it.
"""

import struct

ORIGIN = 0x7c00
CODE = bytes([
    0xfc,                    # cld
    0x31, 0xc0, 0x8e, 0xd8,  # ds = 0
    0xbe, 0, 0,              # si = text
    0xba, 0xf8, 0x03,        # dx = COM1
    0xac,                    # next: lodsb
    0x84, 0xc0, 0x74, 0x03,  #   until it is 0
    0xee, 0xeb, 0xf8,        #   send it
    0xba, 0xfd, 0x03,        # echo: dx = line status
    0xec, 0xa8, 0x01,        #   until a byte is there
    0x74, 0xfb,
    0xba, 0xf8, 0x03,
    0xec, 0xee,              #   take it, send it
    0xeb, 0xf1,
])
TEXT_ADDRESS = CODE.index(0xbe) + 1
DISK_BYTES = 2 << 20  # less has no geometry that the firmware accepts


def write_echo_disk(path, text="ready"):
    """Writes the disk to `path`."""
    code = bytearray(CODE)
    struct.pack_into("<H", code, TEXT_ADDRESS, ORIGIN + len(CODE))
    sector = (bytes(code) + text.encode() + b"\r\n\0").ljust(510, b"\0") + b"\x55\xaa"
    if len(sector) != 512:
        raise ValueError(f"{text!r} is too long for a boot sector")
    with open(path, "wb") as disk:
        disk.write(sector)
        disk.truncate(DISK_BYTES)

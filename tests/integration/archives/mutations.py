"""Small damage to archives that are read: one field of a header changed and its checksum repaired, blocks moved."""

import random

from tar_bytes import BLOCK, FIELDS, with_checksum


def known_difference(oracle, data):
    """Whether an oracle is known to err on such an archive; cases.py has one of each kind under `differs`."""
    offset, size = FIELDS["link"]
    # Go leaves a field without its non-ASCII characters, so that it may be empty while the record has the target.
    return oracle == "libarchive" and any(data[at + FIELDS["type"][0]] == ord("2") and
                                          not any(data[at + offset:at + offset + size]) for at in headers(data))


def mutations(cases, count):
    chosen = random.Random(20251124)
    sources = [case for case in cases if not case.says and not case.differs and len(case.data) < 1 << 17
               and not case.name.startswith(("gzip", "zstd"))]
    for number in range(count):
        data = chosen.choice(sources).data
        for _ in range(chosen.randint(1, 2)):
            data = mutate(chosen, data)
        yield f"mutation-{number}", data


def headers(data):
    """Offsets of blocks with a right checksum."""
    blocks = (data[at:at + BLOCK] for at in range(0, len(data) - BLOCK + 1, BLOCK))
    return [number * BLOCK for number, block in enumerate(blocks)
            if any(block) and with_checksum(block)[148:154] == block[148:154]]


def mutate(chosen, data):
    places = headers(data)
    if not places:
        return data
    at = chosen.choice(places)
    block = data[at:at + BLOCK]
    kind = chosen.choice(["field", "field", "byte", "byte", "swap", "drop", "repeat", "cut"])
    if kind == "field":  # another header's value of it
        offset, size = FIELDS[chosen.choice([name for name in FIELDS if name != "checksum"])]
        other = chosen.choice(places)
        block = block[:offset] + data[other + offset:other + offset + size] + block[offset + size:]
        return data[:at] + with_checksum(block) + data[at + BLOCK:]
    if kind == "byte":
        position = chosen.randrange(at, min(at + 2 * BLOCK, len(data)))
        value = chosen.choice([0, 0x20, 0x2f, 0x2e, 0x30, 0x31, 0x37, 0x38, 0x80, 0xff, chosen.randrange(256)])
        data = data[:position] + bytes([value]) + data[position + 1:]
        return data[:at] + with_checksum(data[at:at + BLOCK]) + data[at + BLOCK:]
    if kind == "swap":
        other = chosen.choice(places)
        first, second = min(at, other), max(at, other)
        if first == second:
            return data
        return (data[:first] + data[second:second + BLOCK] + data[first + BLOCK:second] + data[first:first + BLOCK]
                + data[second + BLOCK:])
    if kind == "drop":
        return data[:at] + data[at + BLOCK:]
    if kind == "repeat":
        return data[:at] + block + data[at:]
    return data[:chosen.randrange(1, len(data))]

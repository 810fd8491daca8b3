#!/usr/bin/env python3
"""Our tar reader against GNU tar, libarchive (bsdtar) and Python on generated archives.

  differential.py [--sanitized] TAR_DUMP [CASE...]

Each case either must be read, and then every oracle sees the same members, or must be refused by one clear sentence
(cases.py has the rules). Then come mutations, seeded: what we read of one, no oracle that reads it sees differently.
No archive may take us longer than 10 s or more than 64 MiB.
"""

import collections
import itertools
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cases import all_cases  # noqa: E402
from mutations import known_difference, mutations  # noqa: E402
from readers import ORACLES, SECONDS, read_oracle, read_ours  # noqa: E402

MOST_MEMORY = 64 << 20
EXIT_CODES = {"CRN-TAR-001": "corrupt", "CRN-TAR-002": "corrupt", "CRN-TAR-003": "unsupported"}


class Judge:
    def __init__(self, program, folder, sanitized):
        self.program, self.folder, self.sanitized = program, Path(folder), sanitized
        self.problems = []
        self.counts = collections.Counter()
        self.slowest = (0.0, "")

    def fail(self, name, text):
        self.problems.append(f"{name}: {text}")

    def ours(self, name, path):
        try:
            ours = read_ours(self.program, path)
        except AssertionError as error:
            self.fail(name, f"tar_dump: {error}")
            return None
        self.slowest = max(self.slowest, (ours.seconds, name))
        if not self.sanitized and ours.peak > MOST_MEMORY:
            self.fail(name, f"tar_dump took {ours.peak >> 20} MiB of memory")
        if (ours.exit == 0) != (ours.refused == ""):
            self.fail(name, f"tar_dump ended with {ours.exit} and said: {ours.refused or 'nothing'}")
        if ours.refused:
            text = ours.refused
            if ours.code not in EXIT_CODES or not text.isprintable() or len(text) > 600:
                self.fail(name, f"the refusal is not one clear sentence with a code: {ours.code} {text!r}")
            if path not in text:
                self.fail(name, f"the refusal does not name the archive: {text}")
        return ours

    def readings(self, name, data):
        path = str(self.folder / f"{name}.tar")
        Path(path).write_bytes(data)
        ours = self.ours(name, path)
        oracles = {oracle: read_oracle(oracle, path) for oracle in ORACLES}
        os.unlink(path)
        return ours, oracles

    def case(self, case):
        ours, oracles = self.readings(case.name, case.data)
        if ours is None:
            return
        if case.says:
            self.refused_case(case, ours, oracles)
        else:
            self.read_case(case, ours, oracles)

    def refused_case(self, case, ours, oracles):
        if not ours.refused:
            self.fail(case.name, f"is read, but must be refused: {ours.members[:3]}")
        elif case.code != ours.code or case.says not in ours.refused:
            self.fail(case.name, f'is refused as {ours.code} "{ours.refused}", not as {case.code} "...{case.says}..."')
        agreed = agree(oracles.values())
        if agreed and not case.strict:
            self.fail(case.name, "all oracles read it alike; say in `strict` why we don't")
        if case.strict and not agreed:
            self.fail(case.name, "`strict` is not needed: " + summary(oracles))
        refusing = sum(bool(r.refused) for r in oracles.values())
        self.counts["refused, as by all oracles" if refusing == len(oracles) else
                    "refused, though all oracles read it alike" if agreed else
                    "refused, where oracles disagree"] += 1

    def read_case(self, case, ours, oracles):
        if ours.refused:
            self.fail(case.name, f"is refused, but must be read: {ours.refused}")
            return
        for name, reading in oracles.items():
            problem = difference(ours, reading)
            if problem and name not in case.differs:
                self.fail(case.name, f"{name}: {problem}")
            if not problem and name in case.differs:
                self.fail(case.name, f"{name} agrees: `differs` is not needed")
        if len(case.differs) == len(oracles):
            self.fail(case.name, "no oracle is left")
        self.counts["read alike by all" if not case.differs else "read alike by some"] += 1

    def mutation(self, name, data):
        ours, oracles = self.readings(name, data)
        if ours is None:
            return
        if ours.refused:
            self.counts["mutations refused"] += 1
            return
        self.counts["mutations read"] += 1
        for oracle, reading in oracles.items():
            problem = None if reading.refused else difference(ours, reading)
            if problem and not known_difference(oracle, data):
                kept = Path(tempfile.gettempdir()) / f"{name}.tar"
                kept.write_bytes(data)
                self.fail(name, f"{oracle}: {problem} (kept as {kept})")


def difference(ours, theirs):
    if ours.refused or theirs.refused:
        return f"refuses: {ours.refused or theirs.refused}"
    for number, (mine, other) in enumerate(zip(ours.members, theirs.members), 1):
        for key in mine:
            if key in other and mine[key] != other[key]:
                return f"member {number}, {key}: ours {mine[key]!r:.200}, theirs {other[key]!r:.200}"
    if len(ours.members) != len(theirs.members):
        return f"ours {len(ours.members)} members, theirs {len(theirs.members)}"
    return None


def agree(readings):
    """Whether all read the same members, as far as each can tell: GNU tar's listing has no attributes."""
    return all(difference(one, other) is None for one, other in itertools.combinations(readings, 2))


def summary(oracles):
    return "; ".join(f"{name} " + (f"refuses ({r.refused:.80})" if r.refused else f"reads {len(r.members)}")
                     for name, r in oracles.items())


def main(arguments):
    sanitized = arguments[:1] == ["--sanitized"]
    program, *wanted = arguments[1:] if sanitized else arguments
    count = 3000 if os.environ.get("CAIRN_TEST_FULL") else 100
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(program, folder, sanitized)
        cases = all_cases()
        for case in cases:
            if not wanted or case.name in wanted:
                judge.case(case)
        if not wanted:
            for name, data in mutations(cases, count):
                judge.mutation(name, data)
    for outcome, number in sorted(judge.counts.items()):
        print(f"{number:5} {outcome}")
    print(f"slowest: {judge.slowest[1]}, {judge.slowest[0]:.2f} s of {SECONDS} s")
    for problem in judge.problems:
        print(f"failed: {problem}")
    print(f"{len(cases)} archives and {count} mutations, {len(judge.problems)} problems")
    return 1 if judge.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

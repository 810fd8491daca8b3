#!/usr/bin/env python3
"""Machines that were installed on their disk: started, upgraded, broken, reset, and brought back.

`node_test.py [CASE...]` runs some cases; CAIRN_TEST_FULL=1 runs those that are not core, too. The installed disks are made
once for each content of the system (prepare.py) and kept beside it.
"""

import cases
from prepare import ROOT
from node_cases import CASES, Bench

LOGS = ROOT / "out/test/node"


def run(case, system):
    def act():
        try:
            case.play(bench)
        finally:
            bench.clear()

    def words():
        return "".join(f"; {what} {seconds:.0f} s" for what, seconds in bench.times)

    folder = LOGS / case.name
    bench = Bench(system, folder, case.name)
    return cases.play(case, folder, act, words)


if __name__ == "__main__":
    # One after the other: a machine with TCG keeps two cores busy.
    cases.main(CASES, LOGS, lambda chosen, system, _: all([run(case, system) for case in chosen]))

#!/usr/bin/env python3
"""Machines that were installed on their disk: started, upgraded, broken, reset, and brought back.

`node_test.py [CASE...]` runs some cases; CAIRN_TEST_FULL=1 runs those that are not core, too. The installed disks are made
once for each content of the system (prepare.py) and kept beside it.
"""

import os
import signal
import sys
import time
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired

from prepare import ROOT, CannotPrepare, prepared
from accelerator import accelerator
from console import ConsoleError
from machine import MachineError, Spec, missing_programs
from node import Wrong
from node_cases import CASES, Bench
from qmp import QmpError

LOGS = ROOT / "out/test/node"


def run(case, system):
    """One line for the report; whether it passed."""
    folder = LOGS / case.name
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    trouble = ""
    bench = Bench(system, folder, case.name)
    try:
        case.play(bench)
    except (ConsoleError, MachineError, QmpError, Wrong, OSError, CalledProcessError, TimeoutExpired) as error:
        trouble = f"\n  {error}"
    finally:
        bench.clear()
    words = "".join(f"; {what} {seconds:.0f} s" for what, seconds in bench.times)
    print(f"{'FAILED' if trouble else 'ok':<7} {case.name:<18} {time.monotonic() - begun:6.1f} s{words}{trouble}", flush=True)
    return not trouble


def main(names):
    if unknown := set(names) - {case.name for case in CASES}:
        sys.exit(f"node_test.py: no case {', '.join(unknown)}; there are: {', '.join(c.name for c in CASES)}")
    chosen = [c for c in CASES if (c.name in names if names else c.core or os.environ.get("CAIRN_TEST_FULL"))]
    reason = missing_programs(Spec(firmware="uefi"))
    if reason:
        print(f"skipped: {reason}")
        return 77
    try:
        system = prepared()
    except CannotPrepare as error:
        print(f"skipped: {error}")
        return 77
    except CalledProcessError as error:
        print(f"{Path(str(error.cmd[0])).name} {' '.join(error.cmd[1:3])} ended with status {error.returncode}")
        return 1
    how = accelerator()
    print(f"{len(chosen)} of {len(CASES)} cases, {how.name}: {how.reason}; logs in {LOGS}", flush=True)
    # One after the other: a machine with TCG keeps two cores busy.
    return 0 if all([run(case, system) for case in chosen]) else 1


if __name__ == "__main__":
    # Told to end, it ends its machines in order, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

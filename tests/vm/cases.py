"""What the tests of this folder that boot the prepared system have in common: cases by name, and how a test begins and ends."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import Callable

from prepare import CannotPrepare, prepared
from accelerator import accelerator
from console import ConsoleError
from machine import MachineError, Spec, missing_programs
from qmp import QmpError


class Wrong(Exception):
    """The machine did something else than it should."""


@dataclass(frozen=True)
class Case:
    """`play` gets what the test gives its cases, and throws what went wrong."""
    name: str
    core: bool
    play: Callable


def play(case, folder, act, words=lambda: ""):
    """Lets `act()` play the case, prints one line for the report, with `words()` at its end, and says whether it passed."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    trouble = ""
    try:
        act()
    except (ConsoleError, MachineError, QmpError, Wrong, OSError, CalledProcessError, TimeoutExpired) as error:
        trouble = f"\n  {error}"
    print(f"{'FAILED' if trouble else 'ok':<7} {case.name:<18} {time.monotonic() - begun:6.1f} s{words()}{trouble}", flush=True)
    return not trouble


def main(cases, logs, run_all):
    """Runs the cases that the command line names, or the core of them, or with CAIRN_TEST_FULL all; ends the program.

    run_all(cases, system, how): whether all passed, on machines that run as `how` says (accelerator.py).
    """
    # Told to end, it ends its machines in order, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(_main(sys.argv[1:], cases, logs, run_all))
    except KeyboardInterrupt:
        sys.exit(130)


def _main(names, cases, logs, run_all):
    if unknown := set(names) - {case.name for case in cases}:
        sys.exit(f"{Path(sys.argv[0]).name}: no case {', '.join(unknown)}; there are: {', '.join(c.name for c in cases)}")
    chosen = [c for c in cases if (c.name in names if names else c.core or os.environ.get("CAIRN_TEST_FULL"))]
    if reason := missing_programs(Spec(firmware="uefi")):
        print(f"skipped: {reason}")
        return 77
    try:
        system = prepared()
    except CannotPrepare as error:
        print(f"skipped: {error}")
        return 77
    except CalledProcessError as error:
        print(f"{Path(str(error.cmd[0])).name} {' '.join(map(str, error.cmd[1:3]))} ended with status {error.returncode}")
        return 1
    how = accelerator()
    print(f"{len(chosen)} of {len(cases)} cases, {how.name}: {how.reason}; logs in {logs}", flush=True)
    return 0 if run_all(chosen, system, how) else 1

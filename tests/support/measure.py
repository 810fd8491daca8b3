"""Runs a program and says what it cost.

Processor time, peak memory and bytes written come from the kernel's accounting of the process and all of its waited-for
descendants (wait4). Memory is the largest resident set of any one of them. Bytes written are `ru_oublock`: what was
dirtied in files on a disk, so pipes and tmpfs do not count, and a file that is deleted again does.
"""

import dataclasses
import os
import statistics
import subprocess
import time
from pathlib import Path


@dataclasses.dataclass
class Cost:
    wall: float = 0.0     # seconds
    cpu: float = 0.0      # seconds, user and system
    memory: int = 0       # bytes
    written: int = 0      # bytes

    def then(self, other):
        """The cost of both, one after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory),
                    self.written + other.written)


def median(costs):
    return Cost(*(statistics.median(getattr(c, f.name) for c in costs) for f in dataclasses.fields(Cost)))


def run(argv, log):
    """Cost of one program; its output goes to `log`. Raises RuntimeError with the last lines if it fails."""
    # A child starts with its parent's resident set, which would count as its peak; `time` is small.
    peak_file = Path(f"{log}.peak")
    with open(log, "wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(["/usr/bin/time", "-f", "%M", "-o", str(peak_file), *map(str, argv)],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        last = "\n".join(Path(log).read_text(errors="replace").splitlines()[-15:])
        raise RuntimeError(f"{' '.join(map(str, argv))}\nended with {process.returncode}:\n{last}")
    peak = int(peak_file.read_text().split()[-1]) * 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak, usage.ru_oublock * 512)

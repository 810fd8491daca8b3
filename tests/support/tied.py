"""What ends with whoever started it, whatever happens to that one: processes and folders."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

# The kernel kills what follows when the thread that started it ends.
TIED = ("setpriv", "--pdeathsig", "KILL")
PROGRAM = len(TIED)  # where its name stands in the argument vector

# Programs that the kernel is just killing may still make files.
SWEEP = """
import pathlib, shutil, sys, time
sys.stdin.buffer.read()
folder, deadline = pathlib.Path(sys.argv[1]), time.monotonic() + 10
while folder.exists() and time.monotonic() < deadline:
    shutil.rmtree(folder, ignore_errors=True)
    time.sleep(0.02)
"""


def spawn_tied(argv, log, environment=None):
    """Starts a program that reads nothing, in a session of its own: Ctrl-C reaches only us, and we end it in order."""
    return subprocess.Popen([*TIED, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                            start_new_session=True, env=environment)


def processes_with(word):
    """Process ids whose command line holds the word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass  # it ended meanwhile
    return found


class TiedFolder:
    """A new folder, readable only by us, that goes by `remove()` or when this process ends, even if it is killed."""

    def __init__(self, prefix):
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        # It waits for the end of a pipe that nobody but us holds open.
        reading, self._holding = os.pipe()
        self._sweeper = subprocess.Popen([sys.executable, "-I", "-S", "-c", SWEEP, str(self.path)], stdin=reading,
                                         start_new_session=True)
        os.close(reading)

    def remove(self):
        os.close(self._holding)
        self._sweeper.wait()

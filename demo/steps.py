"""How the demo shows what it does: numbered steps, the command a person would type, its progress, its time."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out/demo"
QUIET_SECONDS = 20  # without a terminal: how often a long command says that it is still at work
STOP_SECONDS = 15
LAST_LINES = 15


class StepFailed(Exception):
    """A step did not do what it should; the text says why."""


def say(text=""):
    print(text, flush=True)


def last_lines(log):
    lines = [line.rstrip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "".join(f"\n    | {line}" for line in lines[-LAST_LINES:])


class Steps:
    """Counts, shows and times steps. `current` is the one being done, or the one that failed."""

    def __init__(self):
        self.number, self.current = 0, "before the first step"
        OUT.mkdir(parents=True, exist_ok=True)
        for log in OUT.glob("*.log"):
            log.unlink()

    @contextlib.contextmanager
    def step(self, title):
        self.number += 1
        self.current = f"step {self.number}, {title}"
        say(f"\n[{self.number}] {title}")
        begun = time.monotonic()
        yield
        say(f"    done in {time.monotonic() - begun:.1f} s")

    def log(self, name):
        return OUT / f"{self.number:02d}-{name}.log"

    def run(self, *argv, name, shown=None):
        """Runs a command from the top of the tree, shown as a person would type it; gives its standard output.

        What it says on the way goes to out/demo/NN-name.log. It ends with us.
        """
        argv = [str(word) for word in argv]
        log = self.log(name)
        say("    $ " + (shown or shlex.join(argv)))
        with open(log, "wb") as errors, tempfile.TemporaryFile() as output:
            process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                       start_new_session=True)
            try:
                with progress(log):
                    status = process.wait()
            except BaseException:
                stop(process)
                raise
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
        if status != 0:
            raise StepFailed(f"{argv[0]} ended with status {status}; the end of {log.relative_to(ROOT)}:"
                             + (last_lines(log) or " (nothing)") + (f"\n    {text}" if text else ""))
        return text


def stop(process):
    """Ends a command and all that it started: first asked, so that it cleans up, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


@contextlib.contextmanager
def progress(log):
    """While inside, shows for how long, and the last line of the log (a path, or a function that gives a line)."""
    ended = threading.Event()
    thread = threading.Thread(target=show_progress, args=(log, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def show_progress(log, ended):
    terminal = sys.stdout.isatty()
    begun = time.monotonic()
    while not ended.wait(1 if terminal else QUIET_SECONDS):
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        line = next((line.strip() for line in reversed(lines) if line.strip()), "")
        text = f"    ... {time.monotonic() - begun:.0f} s  {line}"
        text = "".join(c for c in text if c.isprintable())[:(shutil.get_terminal_size().columns if terminal else 120) - 1]
        print(f"\r{text}\x1b[K" if terminal else text, end="" if terminal else "\n", flush=True)
    if terminal:
        print("\r\x1b[K", end="", flush=True)

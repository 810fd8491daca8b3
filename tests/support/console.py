"""The serial console of a machine: what it says is kept and logged, and can be waited for; what we say is sent."""

import codecs
import json
import re
import threading
import time

# Escape sequences of terminals (colours, cursor, titles) and control characters; firmware and GRUB send many of them.
CONTROL = re.compile(r"\x1b\[[0-9;?=]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78cDEHMNZ]"
                     r"|[\x00-\x08\x0b-\x1f\x7f]")
UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?=]*|\][^\x07\x1b]{0,200}|[()])?$")
LAST_LINES = 15


class ConsoleError(Exception):
    """The console did not show what it should have; the text has its last lines."""


def json_objects(text):
    """Every object that starts a line of the text, parsed."""
    for start in re.finditer(r"^[ \t]*(?=\{)", text, re.MULTILINE):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start.end())
        except ValueError:
            continue  # something else with a brace, or its end has not come yet
        if isinstance(found, dict):
            yield found


class Console:
    """Reads a connected socket in a thread of its own until it ends. `name` stands in errors, `log` is a file to write."""

    def __init__(self, socket, name, log):
        self._socket, self._name, self._log_path = socket, name, log
        self._log = open(log, "w", encoding="utf-8")
        self._arrived = threading.Condition()
        self._text, self._cursor, self._ended = "", 0, False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self):
        """All that came so far, as plain text."""
        with self._arrived:
            return self._text

    def wait_for(self, pattern, seconds, unless=None):
        """The match of `pattern` (a regular expression) in what follows the previous match. Waits for it.

        Fails when time is up, when the machine ends, and at once when `unless` matches before it.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        refused = re.compile(unless, re.MULTILINE) if unless else None
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                match = wanted.search(self._text, self._cursor)
                bad = refused.search(self._text, self._cursor) if refused else None
                if bad and (not match or bad.start() < match.start()):
                    raise self._error(f"while waiting for /{pattern}/ the console said: {bad.group(0)}")
                if match:
                    self._cursor = match.end()
                    return match
                left = deadline - time.monotonic()
                if self._ended:
                    raise self._error(f"the machine ended without /{pattern}/ on its console")
                if left <= 0:
                    raise self._error(f"the console did not show /{pattern}/ within {seconds:g} s")
                self._arrived.wait(left)

    def wait_for_object(self, members, seconds):
        """The first JSON object with all these members in what was said since the start. Waits for it."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                for found in json_objects(self._text):
                    if set(members) <= set(found):
                        return found
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    when = "before the machine ended" if self._ended else f"within {seconds:g} s"
                    raise self._error(f"the console showed no JSON object with {', '.join(members)} {when}")
                self._arrived.wait(left)

    def send(self, line):
        """Types a line."""
        self._socket.sendall(line.encode() + b"\n")

    def close(self):
        """Leaves the console to others; waiting ends."""
        try:
            self._socket.shutdown(2)  # wakes the reader
        except OSError:
            pass  # the machine was faster
        self._thread.join()
        self._socket.close()
        self._log.close()

    def _error(self, what):
        lines = [line for line in self._text.splitlines() if line.strip()][-LAST_LINES:]
        said = "".join(f"\n  | {line}" for line in lines) or " (nothing)"
        return ConsoleError(f"{self._name}: {what}\n  last lines of {self._log_path}:{said}")

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while True:
            try:
                chunk = self._socket.recv(65536)
            except OSError:
                chunk = b""
            rest += decoder.decode(chunk, final=not chunk)
            # A sequence that is cut by the end of the chunk waits for its other half.
            cut = UNFINISHED.search(rest) if chunk else None
            whole, rest = (rest[:cut.start()], rest[cut.start():]) if cut else (rest, "")
            clean = CONTROL.sub("", whole)
            self._log.write(clean)
            self._log.flush()
            with self._arrived:
                self._text += clean
                self._ended = not chunk
                self._arrived.notify_all()
            if not chunk:
                return

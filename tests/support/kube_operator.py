"""A running cairn-operator, and what it needs around it."""

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from loopback import free_port

PROJECT = Path(__file__).resolve().parent.parent.parent


def render_chart(**values):
    """The chart as plain manifests, with a namespace, by packaging/chart."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values, file)
        file.flush()
        made = subprocess.run([PROJECT / "packaging/chart", file.name], check=True, stdout=subprocess.PIPE, text=True)
    return (PROJECT / made.stdout.strip()).read_text()


class Operator:
    """cairn-operator run, inside `with`; its log is kept until the end."""

    def __init__(self, program, kubeconfig, *arguments):
        self.port = free_port()
        self._log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [program, "run", f"--kubeconfig={kubeconfig}", "--probe-address=127.0.0.1", f"--probe-port={self.port}",
             "--log-level=info", *arguments], stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def probe(self, path):
        """Status and text of an answer; status 0: nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def _wait(self, path, seconds):
        end = time.monotonic() + seconds
        while self.probe(path)[0] != 200:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with status {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"{path} says {self.probe(path)} after {seconds} s; its log:\n{self.log()}")
            time.sleep(0.1)

    def wait_alive(self, seconds):
        self._wait("/healthz", seconds)

    def wait_ready(self, seconds):
        self._wait("/readyz", seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Its exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._log.close()

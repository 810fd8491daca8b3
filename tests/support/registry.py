#!/usr/bin/env python3
"""A real OCI registry (Debian's docker-registry) on loopback, for as long as something needs it.

  registry.py -- COMMAND...    runs the command with CAIRN_REGISTRY=127.0.0.1:PORT, then stops the registry

Blobs stay in ~/.cache/cairn/registry, so that what was pushed once is there the next time; two users at once may share
the folder, because a registry writes each blob under its digest. A test that wants an empty one gives its own storage.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from loopback import free_port

START_SECONDS = 20


def default_storage():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cairn" / "registry"


def configuration(storage, port, htpasswd=None, tls=None):
    lines = ["version: 0.1",
             "log: {accesslog: {disabled: false}, level: warn}",
             f"storage: {{filesystem: {{rootdirectory: {storage}}}, delete: {{enabled: true}}}}",
             f"http: {{addr: '127.0.0.1:{port}', secret: loopback" +
             (f", tls: {{certificate: {tls[0]}, key: {tls[1]}}}" if tls else "") + "}"]
    if htpasswd:
        lines.append(f"auth: {{htpasswd: {{realm: registry, path: {htpasswd}}}}}")
    return "\n".join(lines) + "\n"


class Registry:
    """`with Registry() as registry:` and then `registry.address`. Killed at the end, whatever happened.

    htpasswd: file with users (bcrypt), so that it asks for them. tls: (certificate, key) files.
    """

    def __init__(self, storage=None, htpasswd=None, tls=None):
        self.storage = Path(storage or default_storage())
        self.htpasswd, self.tls = htpasswd, tls
        self.process = self.folder = self.address = None

    def __enter__(self):
        self.storage.mkdir(parents=True, exist_ok=True)
        self.folder = tempfile.TemporaryDirectory(prefix="cairn-registry-")
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    @property
    def log(self):
        return Path(self.folder.name) / "log"

    def _start(self):
        # Another program may take the port between our looking and the registry's binding: then the next one is tried.
        for _ in range(5):
            port = free_port()
            self.address = f"127.0.0.1:{port}"
            config = Path(self.folder.name) / "config.yml"
            config.write_text(configuration(self.storage, port, self.htpasswd, self.tls))
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(["docker-registry", "serve", str(config)], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, start_new_session=True)
            if self._answers(port):
                return
        raise RuntimeError("docker-registry did not start; its log:\n" + self.log.read_text(errors="replace")[-4000:])

    def _answers(self, port):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.tls:
                    socket.create_connection(("127.0.0.1", port), 2).close()
                else:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                    connection.request("GET", "/v2/")
                    connection.getresponse().read()
                    connection.close()
                return self.process.poll() is None
            except OSError:
                time.sleep(0.05)
        return False

    def _stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder:
            self.folder.cleanup()


def main(arguments):
    if len(arguments) < 2 or arguments[0] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    # SIGTERM ends us through the context manager, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Registry() as registry:
        return subprocess.run(arguments[1:], env=dict(os.environ, CAIRN_REGISTRY=registry.address)).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as error:
        sys.exit(f"registry.py: {error}")

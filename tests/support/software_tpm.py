"""A software TPM (swtpm) that our programs reach by a UNIX socket and tpm2-tools by TCP, with the same state."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

LOCALCA = """statedir = {0}
signingkey = {0}/signkey.pem
issuercert = {0}/issuercert.pem
certserial = {0}/certserial
"""
SETUP = """create_certs_tool = /usr/bin/swtpm_localca
create_certs_tool_config = {0}/localca.conf
create_certs_tool_options = {0}/localca.options
"""
OPTIONS = """--platform-manufacturer Cairn
--platform-version 1
--platform-model test
"""


def free_ports():
    """Two neighbours: tpm2-tools expect the control port after the data port."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class SoftwareTpm:
    def __init__(self, folder, with_ek_certificate=False):
        self.folder = Path(folder)
        self.state = self.folder / "state"
        self.ca = self.folder / "ca"
        self.socket = self.folder / "socket"
        self.state.mkdir(parents=True)
        self.ca.mkdir()
        self.process = None
        self.port = free_ports()
        if with_ek_certificate:
            self._make_certificate()
        self._bridge()

    def _make_certificate(self):
        (self.folder / "localca.conf").write_text(LOCALCA.format(self.ca))
        (self.folder / "localca.options").write_text(OPTIONS)
        (self.folder / "setup.conf").write_text(SETUP.format(self.folder))
        done = subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", self.state, "--create-ek-cert", "--config",
                               self.folder / "setup.conf"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"swtpm_setup: {done.stdout}{done.stderr}")

    def authorities(self):
        """A PEM file with the root and the intermediate that signed the EK certificate."""
        pool = self.folder / "authorities.pem"
        pool.write_text("".join(f.read_text() for f in sorted(self.ca.glob("*cert.pem"))))
        return pool

    def start(self):
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--flags", "not-need-init,startup-clear",
             "--server", f"type=tcp,port={self.port}", "--ctrl", f"type=tcp,port={self.port + 1}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._connect().close()

    def _connect(self):
        for _ in range(200):
            try:
                return socket.create_connection(("127.0.0.1", self.port))
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise RuntimeError("swtpm does not listen")

    def kill(self):
        """A power cut: the TPM is not told to shut down."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.listener.close()
        self.process.terminate()
        self.process.wait()

    def tools(self, *argv, folder):
        environment = dict(os.environ, TPM2TOOLS_TCTI=f"swtpm:host=127.0.0.1,port={self.port}")
        return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)

    def _bridge(self):
        """swtpm has one server socket, so the UNIX one is ours and hands on what it gets."""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen()

        def copy(source, target):
            try:
                while data := source.recv(8192):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        def serve():
            while True:
                try:
                    client, _ = self.listener.accept()
                except OSError:
                    return
                with client, self._connect() as tpm:
                    back = threading.Thread(target=copy, args=(tpm, client))
                    back.start()
                    copy(client, tpm)
                    back.join()

        threading.Thread(target=serve, daemon=True).start()

"""QEMU's control connection (QMP): one command, one answer; events in between are dropped."""

import json


class QmpError(Exception):
    """The command was refused, or the machine is gone."""


class Qmp:
    """Speaks over a connected socket and owns it."""

    def __init__(self, socket, seconds=20):
        socket.settimeout(seconds)
        self._socket, self._lines = socket, socket.makefile("rb")
        self._receive()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """The answer to a command, e.g. ask("query-status")["status"]."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            message = self._receive()
            if "error" in message:
                raise QmpError(f"{command}: {message['error'].get('desc', message['error'])}")
            if "return" in message:
                return message["return"]

    def close(self):
        self._lines.close()
        self._socket.close()

    def _receive(self):
        line = self._lines.readline()
        if not line:
            raise QmpError("the machine closed its control connection")
        return json.loads(line)

"""Who may talk to a control plane and as whom: a certificate authority, certificates, and kubeconfig files.

Everything is made by the program `openssl` into one folder. Keys and kubeconfig files have mode 0600.
"""

import base64
import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

CURVE = ("-pkeyopt", "ec_paramgen_curve:P-256")
DAYS = "30"
LOOPBACK = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc"


@dataclass(frozen=True)
class Pair:
    """Files of a certificate and its key."""
    certificate: Path
    key: Path


def openssl(*words):
    made = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    if made.returncode != 0:
        raise OSError(f"openssl {words[0]} failed: {made.stderr.strip()}")


def write_secret(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


class Credentials:
    """An authority of its own and what it vouches for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        # The system's openssl.cnf would add extensions of its own.
        self._config = self.folder / "openssl.cnf"
        self._config.write_text("[req]\ndistinguished_name = name\n[name]\n")
        self.authority = self._certificate("ca", "/CN=cairn-test-ca", "basicConstraints=critical,CA:TRUE",
                                           "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
        # What tokens of service accounts are signed with, and checked with.
        self.signing_key, self.checking_key = self.folder / "service-accounts.key", self.folder / "service-accounts.pub"
        openssl("genpkey", "-algorithm", "EC", *CURVE, "-out", self.signing_key)
        openssl("pkey", "-in", self.signing_key, "-pubout", "-out", self.checking_key)

    def server(self, name):
        """For a server on loopback that is a client of its like, too, as etcd is."""
        return self._signed(name, f"/CN={name}", "extendedKeyUsage=serverAuth,clientAuth", LOOPBACK)

    def client(self, user, group=None):
        return self._signed(user.replace(":", "-"), (f"/O={group}" if group else "") + f"/CN={user}",
                            "extendedKeyUsage=clientAuth")

    def tokens(self, users):
        """The API server's file of static tokens, for (user, group) pairs; {user: token} beside it."""
        tokens = {user: secrets.token_hex(16) for user, _ in users}
        lines = [f'{tokens[user]},{user},{user},"{group}"\n' for user, group in users]
        return write_secret(self.folder / "tokens.csv", "".join(lines)), tokens

    def kubeconfig(self, name, url, pair=None, token=None):
        """A file that stands alone: what it needs is inside."""
        def data(path):
            return base64.b64encode(path.read_bytes()).decode()

        user = (f"    client-certificate-data: {data(pair.certificate)}\n    client-key-data: {data(pair.key)}\n"
                if pair else f"    token: {token}\n")
        return write_secret(self.folder / f"{name}.kubeconfig", f"""\
apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: {url}
    certificate-authority-data: {data(self.authority.certificate)}
users:
- name: {name}
  user:
{user}contexts:
- name: test
  context:
    cluster: test
    user: {name}
current-context: test
""")

    def _certificate(self, name, subject, *extensions, signed_by=()):
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        openssl("req", "-x509", "-config", self._config, "-newkey", "ec", *CURVE, "-nodes", "-keyout", pair.key,
                "-out", pair.certificate, "-days", DAYS, "-subj", subject, *signed_by,
                *(word for extension in extensions for word in ("-addext", extension)))
        return pair

    def _signed(self, name, subject, *extensions):
        return self._certificate(name, subject, *extensions,
                                 signed_by=("-CA", self.authority.certificate, "-CAkey", self.authority.key))

"""A docker-registry with TLS and htpasswd on loopback, and its certificates."""

import socket
import ssl
import subprocess
import time

USER, PASSWORD = "pilot", "hush-7-rocks"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificates(folder):
    """(CA file, certificate file, key file) for 127.0.0.1 and localhost."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    cert, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", 2, "-subj", "/CN=test authority")
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", cert, "-days", 2,
            "-extfile", extensions)
    return ca, cert, key


class Registry:
    def __init__(self, folder, certificates):
        ca, cert, key = certificates
        self.port = free_port()
        passwords = folder / "htpasswd"
        passwords.write_bytes(subprocess.run(["htpasswd", "-Bbn", "-C", "4", USER, PASSWORD], check=True,
                                             capture_output=True).stdout)
        config = folder / "registry.yml"
        config.write_text(f"""version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  delete: {{enabled: true}}
http:
  addr: 127.0.0.1:{self.port}
  secret: not-so-secret
  relativeurls: true
  tls: {{certificate: {cert}, key: {key}}}
auth:
  htpasswd: {{realm: test, path: {passwords}}}
""")
        self.log = open(folder / "registry.log", "wb")
        self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=self.log, stderr=self.log)
        self.wait(ca)

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def wait(self, ca):
        context = ssl.create_default_context(cafile=ca)
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as raw, \
                        context.wrap_socket(raw, server_hostname="127.0.0.1"):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("docker-registry does not come up")

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()

"""A docker-registry with TLS and htpasswd on loopback."""

import socket
import ssl
import subprocess
import time

from loopback import free_port

USER, PASSWORD = "pilot", "hush-7-rocks"


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

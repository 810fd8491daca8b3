#!/usr/bin/env python3
"""A real Kubernetes control plane without nodes: etcd, API server and controller manager on loopback, without root.

  with ControlPlane() as cp:
      cp.kubectl("create", "namespace", "fleet")

  control_plane.py run                prints the path of an administrator's kubeconfig and stays until Ctrl-C
  control_plane.py exec -- COMMAND    runs the command with KUBECONFIG set and kubectl in PATH, then ends the control plane

It ends with whoever started it, whatever happens to it, and leaves nothing. The programs come from kubernetes/build.
"""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from kube_credentials import Credentials
from tied import PROGRAM, TiedFolder, spawn_tied

BUILD = Path(__file__).resolve().parent.parent.parent / "kubernetes" / "build"
ADDRESS = "127.0.0.1"
START_SECONDS = 120  # on a busy computer; it takes seconds
STOP_SECONDS = 3  # then it is killed: an API server would wait a minute for its watchers, whom it no longer serves
NEEDED = {"go": "golang-go", "openssl": "openssl", "setpriv": "util-linux"}
MASTERS = "system:masters"  # the group whose members may do everything


class ControlPlaneError(Exception):
    """It could not be started, or did not do what it was asked."""


def missing_programs():
    """Why there can be no control plane here; empty if there can."""
    missing = [f"{program} (package {package})" for program, package in NEEDED.items() if not shutil.which(program)]
    return "missing: " + ", ".join(missing) if missing else ""


def built_programs():
    """Folders with the programs, built if they are not there."""
    built = subprocess.run([BUILD, "control-plane"], stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise ControlPlaneError("kubernetes/build control-plane failed; what it said is above")
    return built.stdout.splitlines()


class Port:
    """A free port of loopback. Only programs that share it (SO_REUSEPORT) get it, for as long as this lives."""

    def __init__(self):
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._holder.bind((ADDRESS, 0))
        self.number = self._holder.getsockname()[1]
        self.url = f"https://{ADDRESS}:{self.number}"

    def close(self):
        self._holder.close()


class ControlPlane:
    """A running control plane inside `with`. Start and end it in the same thread: its programs die with that one.

    programs: folders with etcd, kube-apiserver, kube-controller-manager and kubectl; else they are built.
    kubeconfig, token_kubeconfig: files for an administrator, by certificate and by token.
    stranger_kubeconfig: for a user whom no role gives anything.
    """

    def __init__(self, programs=None):
        self.kubeconfig = self.token_kubeconfig = self.stranger_kubeconfig = None
        self.folder = self.url = None
        self._folders, self._programs = programs, {}
        self._swept, self._ports, self._running = None, {}, {}
        self._credentials = self._server = self._admin = self._context = self._tokens = None

    def __enter__(self):
        if missing := "" if self._folders else missing_programs():
            raise ControlPlaneError(missing)
        path = os.pathsep.join(map(str, self._folders or built_programs()))
        for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl"):
            self._programs[name] = shutil.which(name, path=path)
        self._swept = TiedFolder("cairn-kube-")
        self.folder = self._swept.path
        try:
            self._ports = {name: Port() for name in ("etcd", "peer", "kube-apiserver", "kube-controller-manager")}
            self._make_credentials()
            self._start_all()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def environment(self, kubeconfig=None):
        """For programs that talk to it: KUBECONFIG, kubectl in PATH, and nothing from the user's own ~/.kube."""
        return dict(os.environ, KUBECONFIG=str(kubeconfig or self.kubeconfig), KUBECACHEDIR=str(self.folder / "cache"),
                    KUBERC="off", PATH=f"{Path(self._programs['kubectl']).parent}:{os.environ['PATH']}")

    def kubectl(self, *arguments, text=None, kubeconfig=None):
        """Its standard output. `text` is its standard input. Fails as kubectl does, with its words."""
        said = subprocess.run([self._programs["kubectl"], *map(str, arguments)], input=text or "", capture_output=True,
                              text=True, env=self.environment(kubeconfig))
        if said.returncode != 0:
            raise ControlPlaneError(f"kubectl {' '.join(map(str, arguments))}: {said.stderr.strip()}")
        return said.stdout

    def stop_apiserver(self):
        """Connections to it are refused from now on."""
        self._stop("kube-apiserver")

    def start_apiserver(self):
        """With the same address, certificates and state as before."""
        self._start_apiserver()

    def restart_apiserver(self):
        self.stop_apiserver()
        self.start_apiserver()

    def compact(self):
        """Makes etcd forget all revisions but the newest, and returns that one.

        An API server goes on to answer from its memory what it saw itself; with `restart_apiserver` besides, a list or
        watch from an older resourceVersion ends in 410 Gone.
        """
        key = base64.b64encode(b"/registry").decode()
        revision = int(self._ask_etcd("/v3/kv/range", {"key": key, "keys_only": True})["header"]["revision"])
        self._ask_etcd("/v3/kv/compaction", {"revision": revision, "physical": True})
        return revision

    def snapshot(self):
        """The state of etcd as it is now, a folder for `restore`."""
        kept = self.folder / f"snapshot-{time.monotonic_ns()}"
        # What a stopped etcd has on disk is what a killed one would leave, and that it can read by design.
        etcd = self._running["etcd"].pid
        os.kill(etcd, signal.SIGSTOP)
        try:
            os.waitid(os.P_PID, etcd, os.WSTOPPED)
            shutil.copytree(self._data, kept)
        finally:
            os.kill(etcd, signal.SIGCONT)
        return kept

    def restore(self, snapshot):
        """Puts an older state back and starts everything anew: resourceVersions step back, as after a real restore."""
        for name in ("kube-controller-manager", "kube-apiserver", "etcd"):
            self._stop(name)
        shutil.rmtree(self._data)
        shutil.copytree(snapshot, self._data)
        self._start_all()

    @property
    def _data(self):
        return self.folder / "etcd"

    def log(self, program):
        return self.folder / f"{program}.log"

    def _make_credentials(self):
        made = self._credentials = Credentials(self.folder)
        self.url = self._ports["kube-apiserver"].url
        self._server, self._admin = made.server("server"), made.client("admin", MASTERS)
        self._tokens, tokens = made.tokens([("token-admin", MASTERS)])
        self.kubeconfig = made.kubeconfig("admin", self.url, pair=self._admin)
        self.token_kubeconfig = made.kubeconfig("token-admin", self.url, token=tokens["token-admin"])
        self.stranger_kubeconfig = made.kubeconfig("stranger", self.url, pair=made.client("stranger"))
        made.kubeconfig("controller-manager", self.url, pair=made.client("system:kube-controller-manager"))
        self._context = ssl.create_default_context(cafile=made.authority.certificate)
        self._context.load_cert_chain(self._admin.certificate, self._admin.key)

    def _start_all(self):
        self._start_etcd()
        self._start_apiserver()
        self._start_controller_manager()

    def _start_etcd(self):
        client, peer = self._ports["etcd"].url, self._ports["peer"].url
        pair = [f"cert-file={self._server.certificate}", f"key-file={self._server.key}", "client-cert-auth=true",
                f"trusted-ca-file={self._credentials.authority.certificate}"]
        # The state is thrown away in the end, so nobody needs it on disk.
        self._spawn("etcd", f"data-dir={self._data}", "name=one", f"initial-cluster=one={peer}",
                    f"listen-client-urls={client}", f"advertise-client-urls={client}", f"listen-peer-urls={peer}",
                    f"initial-advertise-peer-urls={peer}", *pair, *(f"peer-{flag}" for flag in pair),
                    "socket-reuse-port=true", "unsafe-no-fsync=true", "log-level=warn")
        self._wait_until("etcd", lambda: self._answers("etcd", "/health"))

    def _start_apiserver(self):
        made, authority = self._credentials, self._credentials.authority
        self._spawn("kube-apiserver", f"bind-address={ADDRESS}", f"secure-port={self._ports['kube-apiserver'].number}",
                    "permit-port-sharing=true", f"tls-cert-file={self._server.certificate}",
                    f"tls-private-key-file={self._server.key}", f"client-ca-file={authority.certificate}",
                    f"token-auth-file={self._tokens}", "authorization-mode=Node,RBAC",
                    f"etcd-servers={self._ports['etcd'].url}", f"etcd-cafile={authority.certificate}",
                    f"etcd-certfile={self._server.certificate}", f"etcd-keyfile={self._server.key}",
                    "service-account-issuer=https://kubernetes.default.svc", f"service-account-key-file={made.checking_key}",
                    f"service-account-signing-key-file={made.signing_key}", "service-cluster-ip-range=10.96.0.0/16",
                    # An endpoint on loopback is not valid, and no pod would use it.
                    f"advertise-address={ADDRESS}", "endpoint-reconciler-type=none", "profiling=false")
        self._wait_until("kube-apiserver", lambda: self._answers("kube-apiserver", "/readyz"))

    def _start_controller_manager(self):
        authority = self._credentials.authority
        self._spawn("kube-controller-manager", f"kubeconfig={self.folder / 'controller-manager.kubeconfig'}",
                    f"bind-address={ADDRESS}", f"secure-port={self._ports['kube-controller-manager'].number}",
                    "permit-port-sharing=true", f"tls-cert-file={self._server.certificate}",
                    f"tls-private-key-file={self._server.key}", "leader-elect=false", "use-service-account-credentials=true",
                    f"service-account-private-key-file={self._credentials.signing_key}",
                    f"root-ca-file={authority.certificate}", f"cluster-signing-cert-file={authority.certificate}",
                    f"cluster-signing-key-file={authority.key}", "profiling=false")
        # Without this account no pod can be made in the namespace: the sign that the controllers work.
        self._wait_until("kube-controller-manager",
                         lambda: self._answers("kube-controller-manager", "/healthz") and
                         self._answers("kube-apiserver", "/api/v1/namespaces/default/serviceaccounts/default"))

    def _spawn(self, name, *flags):
        # Half of the memory for a little more time.
        environment = dict(os.environ, GOGC="50")
        with open(self.log(name), "ab") as log:
            self._running[name] = spawn_tied([self._programs[name], *(f"--{flag}" for flag in flags)], log, environment)

    def _stop(self, name):
        process = self._running.pop(name, None)
        if process:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _end(self):
        """At once: nobody needs what they would still write."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()
        for port in self._ports.values():
            port.close()
        self._swept.remove()

    def _request(self, name, method, path, body=None):
        connection = http.client.HTTPSConnection(ADDRESS, self._ports[name].number, context=self._context, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _answers(self, name, path):
        try:
            return self._request(name, "GET", path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _ask_etcd(self, path, question):
        status, answer = self._request("etcd", "POST", path, json.dumps(question))
        if status != 200:
            raise ControlPlaneError(f"etcd answers {path} with {status}: {answer.decode(errors='replace')}")
        return json.loads(answer)

    def _wait_until(self, name, ready):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                raise self._failure(self._running[name], name)
            time.sleep(0.05)

    def _failure(self, process, name):
        status = process.poll()
        how = f"is not ready after {START_SECONDS} s" if status is None else f"ended with status {status}"
        said = self.log(name).read_text(errors="replace").strip()[-3000:]
        return ControlPlaneError(f"{Path(process.args[PROGRAM]).name} {how}: {said or 'it said nothing'}")


def main(arguments):
    if arguments == ["run"]:
        with ControlPlane() as cp:
            print(cp.kubeconfig, flush=True)
            signal.pause()
    elif len(arguments) > 2 and arguments[:2] == ["exec", "--"]:
        with ControlPlane() as cp:
            return subprocess.run(arguments[2:], env=cp.environment()).returncode
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    # SIGTERM ends us through the context manager, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (ControlPlaneError, OSError) as error:
        sys.exit(f"control_plane.py: {error}")

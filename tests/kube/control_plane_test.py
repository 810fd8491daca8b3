#!/usr/bin/env python3
"""The control plane that tests and the demo use: whole as a nobody, its command line as whoever runs this.

  control_plane_test.py [CASE...]
"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve()
SUPPORT = HERE.parent.parent / "support"
sys.path.insert(0, os.environ.get("CAIRN_TEST_SUPPORT", str(SUPPORT)))
from control_plane import ControlPlane, ControlPlaneError, built_programs, missing_programs  # noqa: E402
from tied import processes_with  # noqa: E402

SWEEP_SECONDS = 20  # far more than it takes until a killed one's processes and files are gone
WIDGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.example}
spec:
  group: test.example
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""


def write(cp, name, value):
    """A ConfigMap in the namespace default."""
    cp.kubectl("apply", "--filename", "-", text=json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}}))


def read(cp, name, **how):
    """Its value; None if there is no such object."""
    got = cp.kubectl("get", "configmap", name, "--ignore-not-found", "--output", "jsonpath={.data.value}", **how)
    return got or None


def newest_version(cp):
    return json.loads(cp.kubectl("get", "--raw", "/api/v1/configmaps?limit=1"))["metadata"]["resourceVersion"]


class Whole(unittest.TestCase):
    """Everything that it offers, on one control plane."""
    programs = []

    @classmethod
    def setUpClass(cls):
        begun = time.monotonic()
        cls.cp = cls.enterClassContext(ControlPlane(cls.programs))
        print(f"the control plane started in {time.monotonic() - begun:.1f} s", flush=True)

    def test_keeps_objects_and_runs_controllers(self):
        self.cp.kubectl("create", "namespace", "short-lived")
        self.cp.kubectl("create", "--filename", "-", text=WIDGETS)
        self.cp.kubectl("wait", "--for=condition=Established", "crd/widgets.test.example", "--timeout=60s")
        self.cp.kubectl("create", "--namespace", "short-lived", "--filename", "-", text=json.dumps(
            {"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 3}}))
        got = json.loads(self.cp.kubectl("get", "widget", "one", "--namespace", "short-lived", "--output", "json"))
        self.assertEqual(got["spec"], {"size": 3})
        # It is a controller that empties a namespace and lets it go.
        self.cp.kubectl("delete", "namespace", "short-lived", "--timeout=120s")
        with self.assertRaisesRegex(ControlPlaneError, r'kubectl get namespace short-lived: .*"short-lived" not found'):
            self.cp.kubectl("get", "namespace", "short-lived")

    def test_knows_who_asks(self):
        write(self.cp, "guarded", "secret")
        self.assertEqual(read(self.cp, "guarded", kubeconfig=self.cp.token_kubeconfig), "secret")
        with self.assertRaisesRegex(ControlPlaneError, 'Forbidden.* User "stranger" cannot get'):
            read(self.cp, "guarded", kubeconfig=self.cp.stranger_kubeconfig)
        for file in [self.cp.kubeconfig, self.cp.token_kubeconfig, *self.cp.folder.glob("*.key")]:
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)
        self.assertEqual(stat.S_IMODE(self.cp.folder.stat().st_mode), 0o700)

    def test_api_server_goes_and_comes_back(self):
        write(self.cp, "kept", "before")
        self.cp.stop_apiserver()
        with self.assertRaisesRegex(ControlPlaneError, "refused"):
            read(self.cp, "kept")
        self.cp.start_apiserver()
        self.assertEqual(read(self.cp, "kept"), "before")
        self.cp.restart_apiserver()
        self.assertEqual(read(self.cp, "kept"), "before")

    def test_forgets_what_was_compacted(self):
        old = newest_version(self.cp)
        write(self.cp, "later", "1")
        # A new API server has only etcd to learn from what was.
        self.cp.restart_apiserver()
        past = f"/api/v1/namespaces/default/configmaps?resourceVersion={old}&resourceVersionMatch=Exact"
        self.assertNotIn('"later"', self.cp.kubectl("get", "--raw", past))
        self.assertGreater(self.cp.compact(), int(old))
        with self.assertRaisesRegex(ControlPlaneError, "Expired.* too old"):
            self.cp.kubectl("get", "--raw", past)
        self.assertEqual(read(self.cp, "later"), "1")

    def test_goes_back_to_an_older_state(self):
        write(self.cp, "changed", "old")
        write(self.cp, "deleted", "there")
        snapshot = self.cp.snapshot()
        write(self.cp, "changed", "new")
        write(self.cp, "added", "there")
        self.cp.kubectl("delete", "configmap", "deleted")
        self.cp.restore(snapshot)
        self.assertEqual((read(self.cp, "changed"), read(self.cp, "deleted"), read(self.cp, "added")),
                         ("old", "there", None))
        write(self.cp, "changed", "newer")
        self.assertEqual(read(self.cp, "changed"), "newer")


class Ends(unittest.TestCase):
    """Nothing remains."""
    programs = []

    def test_in_order(self):
        with ControlPlane(self.programs) as cp:
            folder = cp.folder
            self.assertEqual(len(processes_with(f"{folder}/ca.crt")), 3)
        self.assertFalse(processes_with(str(folder)))
        self.assertFalse(folder.exists())

    def test_when_it_cannot_start(self):
        class Broken(ControlPlane):
            def _start_apiserver(self):
                self._credentials.checking_key.write_text("no key")
                super()._start_apiserver()

        broken = Broken(self.programs)
        with self.assertRaisesRegex(ControlPlaneError, "kube-apiserver ended with status 1: (.|\n)*key"):
            broken.__enter__()
        self.assertFalse(processes_with(str(broken.folder)))
        self.assertFalse(broken.folder.exists())


class CommandLine(unittest.TestCase):
    def test_exec_has_kubectl_and_a_kubeconfig(self):
        said = subprocess.run([SUPPORT / "control_plane.py", "exec", "--", "sh", "-c",
                               "echo $KUBECONFIG; kubectl create namespace seen; exit 3"], stdout=subprocess.PIPE, text=True)
        self.assertEqual(said.returncode, 3)
        kubeconfig, created = said.stdout.splitlines()
        self.assertEqual(created, "namespace/seen created")
        self.assertFalse(Path(kubeconfig).parent.exists())

    def test_nothing_remains_of_a_killed_one(self):
        with subprocess.Popen([SUPPORT / "control_plane.py", "run"], stdout=subprocess.PIPE, text=True) as killed:
            folder = Path(killed.stdout.readline().strip()).parent
            try:
                self.assertGreaterEqual(len(processes_with(str(folder))), 4)
                killed.kill()
                deadline = time.monotonic() + SWEEP_SECONDS
                while (processes_with(str(folder)) or folder.exists()) and time.monotonic() < deadline:
                    time.sleep(0.1)
                self.assertFalse(processes_with(str(folder)))
                self.assertFalse(folder.exists())
            finally:
                for process in processes_with(str(folder)):
                    os.kill(process, signal.SIGKILL)


def as_nobody(programs, cases):
    """Runs cases as a user without rights, who may not even be able to read this tree and the builds. The exit status."""
    with tempfile.TemporaryDirectory(prefix="cairn-kube-test-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        shutil.copytree(SUPPORT, folder / "support", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE, folder / "test.py")
        copies = [shutil.copytree(path, folder / str(number), symlinks=True) for number, path in enumerate(programs)]
        (folder / "home").mkdir(mode=0o700)
        shutil.chown(folder / "home", "nobody", "nogroup")
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder / "home"), "TMPDIR": "/tmp", "LANG": "C.UTF-8",
                       "CAIRN_TEST_SUPPORT": str(folder / "support"),
                       "CAIRN_TEST_PROGRAMS": os.pathsep.join(map(str, copies))}
        return subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "/usr/bin/python3", "-B",
                               folder / "test.py", *cases], env=environment, cwd="/").returncode


def main(arguments):
    if given := os.environ.get("CAIRN_TEST_PROGRAMS"):
        Whole.programs = Ends.programs = given.split(os.pathsep)
        return unittest.main(argv=[HERE.name, "--verbose", *arguments])
    if missing := missing_programs():
        print(missing)
        return 77
    Whole.programs = Ends.programs = built_programs()
    cases = arguments or ["Whole", "Ends", "CommandLine"]
    if os.geteuid() == 0:
        others = [case for case in cases if not case.startswith("CommandLine")]
        cases = [case for case in cases if case not in others]
        if others and (status := as_nobody(Whole.programs, others)) or not cases:
            return status
    return unittest.main(argv=[HERE.name, "--verbose", *cases])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

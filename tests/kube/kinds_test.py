#!/usr/bin/env python3
"""Our kinds on a real API server: it takes their definitions and examples, keeps all of them, refuses what is wrong.

  kinds_test.py [CASE...]
"""

import json
import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests/support"))
from control_plane import ControlPlane, ControlPlaneError, missing_programs  # noqa: E402

DEFINITIONS = PROJECT / "charts/cairn/crds"
EXAMPLES = PROJECT / "tests/data/api"
SPACE = "fleet-default"
# What the API server adds to objects by itself, in their metadata.
OWN = {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}
COLUMNS = {
    "machineregistrations": r"NAME +READY +APPROVAL +AGE",
    "machineinventories": r"NAME +STATE +CLUSTER +OS +LAST-SEEN +AGE",
    "seedimages": r"NAME +READY +TYPE +STATE +AGE",
    "managedosimages": r"NAME +READY +IMAGE +VERSION +MACHINES +DONE +UPDATING +FAILED +AGE",
    "managedosversions": r"NAME +CHANNEL +GONE +VERSION +TYPE +AGE",
    "managedosversionchannels": r"NAME +READY +TYPE +ENABLED +SYNCED +AGE",
    "edgeclusters": r"NAME +READY +VERSION +ENDPOINT +MACHINES +UP +AGE",
}
WRONG = [
    ("MachineRegistration", {"config": {"elemental": {"install": {"snapshotter": {"maxSnaps": 1}}}}},
     "spec.config.elemental.install.snapshotter.maxSnaps"),
    ("MachineRegistration", {"config": {"elemental": {"registration": {"auth": "none"}}}},
     "spec.config.elemental.registration.auth"),
    ("MachineRegistration", {"aproval": "auto"}, r'unknown field "spec.aproval"'),
    ("MachineInventory", {"tpmHash": "nonsense"}, "spec.tpmHash"),
    ("SeedImage", {}, "spec.registrationRef"),
    ("ManagedOSImage", {"concurrency": -1}, "spec.concurrency"),
    ("ManagedOSImage", {"contactPolicy": "maybe"}, "spec.contactPolicy"),
    ("ManagedOSVersion", {"type": "tar"}, "spec.type"),
    ("ManagedOSVersionChannel", {"type": "json", "syncInterval": "often"}, "spec.syncInterval"),
    ("EdgeCluster", {"kubernetesVersion": "1.35"}, "spec.kubernetesVersion"),
    ("EdgeCluster", {"kubernetesVersion": "v1.35.1", "pools": [{"name": "a", "roles": ["etcd"], "quantity": 1}]},
     r"spec.pools\[0\].roles\[0\]"),
]


def lost(wanted, found, path):
    """Where `found` has not what `wanted` says; the server may have added defaults."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [at for key, value in wanted.items() for at in lost(value, found.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [at for i, value in enumerate(wanted) for at in lost(value, found[i], f"{path}[{i}]")]
    return [] if wanted == found else [f"{path}: {wanted!r} became {found!r}"]


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cp = cls.enterClassContext(ControlPlane())
        cls.cp.kubectl("create", "namespace", SPACE)
        cls.cp.kubectl("apply", "--server-side", "--filename", str(DEFINITIONS))
        cls.cp.kubectl("wait", "--for=condition=Established", "--timeout=60s", "--filename", str(DEFINITIONS))

    def put(self, document, *how):
        return self.cp.kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename", "-",
                               *how, text=json.dumps(document))

    def put_example(self, file):
        """Applied and read back, with its status."""
        example = json.loads(file.read_text())
        self.put(example)
        if "status" in example:
            self.put(example, "--subresource=status")
        return example, json.loads(self.cp.kubectl("get", example["kind"], example["metadata"]["name"], "--namespace",
                                                   SPACE, "--output", "json"))

    def test_examples_are_kept_whole_and_show_their_columns(self):
        for file in sorted(EXAMPLES.glob("*.json")):
            with self.subTest(file.name):
                example, found = self.put_example(file)
                self.assertEqual(lost(example, found, ""), [])
                more = set(found["metadata"]) - OWN - set(example["metadata"])
                self.assertEqual(more, set())
        for plural, columns in COLUMNS.items():
            with self.subTest(plural):
                self.assertRegex(self.cp.kubectl("get", plural, "--namespace", SPACE), columns)
        table = self.cp.kubectl("get", "minv", "m-1", "--namespace", SPACE)
        self.assertRegex(table, r"\nm-1 +InUse +store-7 +v2 +\w+ ")
        self.assertIn("edgecluster.cairn.dev/store-7",
                      self.cp.kubectl("get", "cairn", "--namespace", SPACE, "--output", "name"))

    def test_defaults_are_those_of_elemental(self):
        _, found = self.put_example(EXAMPLES / "managedosimage-by-image.json")
        self.assertEqual(found["spec"]["drain"], {"deleteLocalData": True, "ignoreDaemonSets": True, "force": True,
                                                  "skipWaitForDeleteTimeout": 60})
        self.assertEqual((found["spec"]["nodeSelector"], found["spec"]["cordon"]), ({}, True))
        _, found = self.put_example(EXAMPLES / "managedosimage-no-drain.json")
        self.assertIsNone(found["spec"]["drain"])
        _, found = self.put_example(EXAMPLES / "machineregistration-small.json")
        reset = found["spec"]["config"]["elemental"]["reset"]
        self.assertEqual(reset, {"reset-persistent": True, "reset-oem": True, "reboot": True})
        _, found = self.put_example(EXAMPLES / "seedimage-small.json")
        self.assertEqual((found["spec"]["size"], found["spec"]["type"], found["spec"]["cleanupAfterMinutes"]),
                         ("6Gi", "iso", 60))

    def test_a_wrong_field_is_refused_with_its_path(self):
        for kind, spec, told in WRONG:
            with self.subTest(kind, spec=spec):
                group = "cairn.dev/v1alpha1" if kind == "EdgeCluster" else "elemental.cattle.io/v1beta1"
                document = {"apiVersion": group, "kind": kind, "metadata": {"name": "wrong", "namespace": SPACE},
                            "spec": spec}
                with self.assertRaisesRegex(ControlPlaneError, told):
                    self.cp.kubectl("create", "--validate=strict", "--filename", "-", text=json.dumps(document))


if __name__ == "__main__":
    if missing := missing_programs():
        print(missing)
        sys.exit(77)
    unittest.main(verbosity=2)

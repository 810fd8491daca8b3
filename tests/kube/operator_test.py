#!/usr/bin/env python3
"""cairn-operator on a real API server, with the rights that its chart gives it and no other.

  operator_test.py CAIRN_OPERATOR [CASE...]
"""

import http.server
import json
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests/support"))
from control_plane import ControlPlane, ControlPlaneError, missing_programs  # noqa: E402
from kube_operator import Operator, render_chart  # noqa: E402
from loopback import make_certificates  # noqa: E402

PROGRAM = sys.argv.pop(1)
SPACE = "fleet"
PATIENCE = 60
URL = "https://cairn.example.com"
# Every verb that the operator may use, and on what; everything else of these it may not.
ALLOWED = {
    "machineregistrations.elemental.cattle.io": {"list", "watch", "patch"},
    "machineregistrations.elemental.cattle.io/status": {"update"},
    "managedosversionchannels.elemental.cattle.io": {"list", "watch"},
    "managedosversionchannels.elemental.cattle.io/status": {"update"},
    "managedosversionchannels.elemental.cattle.io/finalizers": {"update"},
    "managedosversions.elemental.cattle.io": {"list", "watch", "create", "update", "delete"},
    "managedosimages.elemental.cattle.io": {"list", "watch"},
    "events": {"create", "patch"},
    "secrets": set(), "configmaps": set(), "pods": set(), "nodes": set(), "namespaces": set(),
    "machineinventories.elemental.cattle.io": set(), "edgeclusters.cairn.dev": set(),
    "clusterroles.rbac.authorization.k8s.io": set(), "customresourcedefinitions.apiextensions.k8s.io": set(),
}
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
VERSION = {"metadata": {"name": "v1"}, "spec": {"version": "1", "type": "container",
                                                "metadata": {"upgradeImage": "registry.example.com/os:1"}}}


class ChannelServer(http.server.ThreadingHTTPServer):
    """Serves self.document by TLS, with a certificate that self.ca vouches for."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), ChannelHandler)
        self.document = "[]"
        self.ca, *pair = make_certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.server_port}/channel.json"

    def offer(self, *versions):
        self.document = json.dumps(list(versions))


class ChannelHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.document.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class OnAnApiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cp = cls.enterClassContext(ControlPlane())
        cls.cp.kubectl("create", "namespace", SPACE)
        cls.cp.kubectl("apply", "--server-side", "--filename", "-", text=render_chart(serverURL=URL))
        cls.cp.kubectl("wait", "--for=condition=Established", "--timeout=60s", "--filename",
                       str(PROJECT / "charts/cairn/crds"))
        # As the Pod would: by a token of its ServiceAccount.
        token = cls.cp.kubectl("create", "token", "cairn-operator", "--namespace", "cairn-system")
        config = json.loads(cls.cp.kubectl("config", "view", "--raw", "--output", "json"))
        config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": token.strip()}}]
        config["contexts"][0]["context"]["namespace"] = "cairn-system"
        cls.kubeconfig = Path(cls.cp.folder) / "operator.kubeconfig"
        cls.kubeconfig.write_text(json.dumps(config))
        cls.channels = ChannelServer(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.addClassCleanup(cls.channels.shutdown)

    def operator(self, *arguments):
        return self.enterContext(Operator(PROGRAM, self.kubeconfig, f"--ca-file={self.channels.ca}", *arguments))

    def put(self, kind, name, spec, **metadata):
        self.cp.kubectl("apply", "--filename", "-", text=json.dumps(
            {"apiVersion": "elemental.cattle.io/v1beta1", "kind": kind,
             "metadata": {"name": name, "namespace": SPACE, **metadata}, "spec": spec}))

    def read(self, plural, name, path):
        try:
            return self.cp.kubectl("get", plural, name, "--namespace", SPACE, "--output", f"jsonpath={path}")
        except ControlPlaneError:
            return ""

    def wait(self, plural, name, path, pattern):
        begun = time.monotonic()
        while not re.fullmatch(pattern, found := self.read(plural, name, path)):
            self.assertLess(time.monotonic() - begun, PATIENCE, f"{plural} {name} {path}: {found!r} is not {pattern}")
            time.sleep(0.2)
        return found

    def ready(self, plural, name, pattern):
        return self.wait(plural, name, "{.status.conditions[?(@.type=='Ready')].reason}", pattern)

    def test_a_registration_gets_its_url_and_a_new_one_when_asked(self):
        self.operator(f"--server-url={URL}")
        self.put("MachineRegistration", "shop", {})
        first = self.wait("machineregistrations", "shop", "{.status.registrationURL}", f"{URL}/elemental/registration/.+")
        self.ready("machineregistrations", "shop", "SuccessfullyCreated")
        self.put("MachineRegistration", "shop", {}, annotations={"cairn.dev/rotate-token": "1"})
        self.wait("machineregistrations", "shop", "{.status.rotation}", "1")
        self.assertNotEqual(self.read("machineregistrations", "shop", "{.status.registrationURL}"), first)
        self.put("MachineRegistration", "same", {"token": first.rsplit("/", 1)[1] + "x"})
        self.ready("machineregistrations", "same", "SuccessfullyCreated")

    def test_a_channel_makes_versions_and_follows_its_document(self):
        self.operator()
        self.channels.offer(VERSION)
        self.put("ManagedOSVersionChannel", "edge",
                 {"type": "json", "syncInterval": "10s", "options": {"uri": self.channels.url}})
        self.ready("managedosversionchannels", "edge", "Synchronized")
        self.assertEqual(self.read("managedosversions", "v1", "{.spec.metadata.upgradeImage}"),
                         "registry.example.com/os:1")
        self.channels.offer(dict(VERSION, metadata={"name": "v2"}))
        gone = "{.metadata.annotations.elemental\\.cattle\\.io/channel-no-longer-in-sync}"
        self.wait("managedosversions", "v2", "{.spec.version}", "1")
        self.wait("managedosversions", "v1", gone, "true")
        self.channels.document = "<html>"
        self.ready("managedosversionchannels", "edge", "FailedToSync")
        self.channels.offer(VERSION)
        self.ready("managedosversionchannels", "edge", "Synchronized")
        self.wait("managedosversions", "v1", gone, "")
        self.cp.kubectl("delete", "managedosversionchannel", "edge", "--namespace", SPACE)
        self.wait("managedosversions", "v1", "{.metadata.name}", "")  # by its owner

    def test_without_its_address_it_says_what_to_set(self):
        self.operator()
        self.put("MachineRegistration", "lost", {})
        self.ready("machineregistrations", "lost", "MissingTokenOrServerURL")

    def test_one_of_two_works_and_the_other_takes_over(self):
        first = self.operator()
        first.wait_ready(PATIENCE)
        second = self.operator(f"--server-url={URL}")
        second.wait_alive(PATIENCE)
        self.assertEqual(second.probe("/readyz")[0], 503)
        first.kill()
        begun = time.monotonic()
        second.wait_ready(PATIENCE)
        self.assertLess(time.monotonic() - begun, 15 + 5, "the lease lasts 15 s")

    def test_it_ends_when_asked_and_gives_the_lease_away(self):
        first = self.operator()
        first.wait_ready(PATIENCE)
        self.assertEqual(first.end(), 0)
        begun = time.monotonic()
        self.operator().wait_ready(PATIENCE)
        self.assertLess(time.monotonic() - begun, 10)

    def test_it_may_do_what_it_does_and_nothing_else(self):
        account = "--as=system:serviceaccount:cairn-system:cairn-operator"
        for resource, allowed in ALLOWED.items():
            may = set()
            for verb in VERBS:
                name, _, part = resource.partition("/")
                with_part = [f"--subresource={part}"] if part else []
                try:
                    self.cp.kubectl("auth", "can-i", verb, name, *with_part, "--namespace", SPACE, account)
                    may.add(verb)
                except ControlPlaneError:
                    pass
            self.assertEqual(may, allowed, resource)


class BadInput(unittest.TestCase):
    def run_operator(self, *arguments):
        ended = subprocess.run([PROGRAM, "run", *arguments], capture_output=True, text=True, timeout=PATIENCE)
        return ended.returncode, ended.stderr

    def test_a_broken_kubeconfig_is_named(self):
        status, text = self.run_operator("--kubeconfig=/dev/null")
        self.assertEqual(status, 2, text)
        self.assertIn("code:   CRN-K8S-002", text)

    def test_an_address_that_machines_cannot_use_is_refused(self):
        status, text = self.run_operator("--server-url=http://a")
        self.assertEqual(status, 2, text)
        self.assertIn("code:   CRN-OPR-004", text)


class WithoutKinds(unittest.TestCase):
    def test_a_cluster_without_the_kinds_is_told_and_waited_for(self):
        with ControlPlane() as bare, Operator(PROGRAM, bare.kubeconfig) as operator:
            operator.wait_alive(PATIENCE)
            time.sleep(3)
            self.assertEqual(operator.probe("/readyz")[0], 503)
            self.assertRegex(operator.log(), "(?s)MachineRegistration.*(not found|could not find)")
            bare.kubectl("apply", "--server-side", "--filename", str(PROJECT / "charts/cairn/crds"))
            operator.wait_ready(2 * PATIENCE)


if __name__ == "__main__":
    if missing := missing_programs():
        print(missing)
        sys.exit(77)
    unittest.main(verbosity=2)

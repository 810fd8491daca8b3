#!/usr/bin/env python3
"""The controller runtime against a real API server: what it survives, and what objects cost.

  runtime_test.py BOX_OPERATOR [CASE...]     BOX_OPERATOR: the program of box_operator.cc
"""

import contextlib
import http.client
import itertools
import json
import os
import queue
import re
import select
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from control_plane import ControlPlane, ControlPlaneError, missing_programs  # noqa: E402

FULL = bool(os.environ.get("CAIRN_TEST_FULL"))
PATIENCE = 120  # for what takes seconds on a quiet computer
CONVERGED = 60  # what the runtime promises after a restore
OBJECTS = 10_000 if FULL else 1_000
LEASE_SECONDS = 15 + 2 * 1.2 + 2  # the lease's own time, a late retry, and the work itself


class Cutter:
    """A TCP proxy whose connections can all be cut."""

    def __init__(self, url):
        host, port = re.fullmatch(r"https://([^:]+):(\d+)", url).groups()
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs, self._lock = set(), threading.Lock()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for end in itertools.chain(*pairs):
            with contextlib.suppress(OSError):  # it may have ended by itself just now
                end.shutdown(socket.SHUT_RDWR)
        return len(pairs)

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._pairs.add((client, server))
            threading.Thread(target=self._join, args=(client, server), daemon=True).start()

    def _join(self, client, server):
        other = {client: server, server: client}
        try:
            while True:
                for end in select.select([client, server], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._pairs.discard((client, server))
            client.close()
            server.close()


class Operator:
    """A running box_operator."""

    def __init__(self, environment, identity="one", lease=""):
        self.process = subprocess.Popen([PROGRAM, "run", identity, *([lease] if lease else [])], text=True,
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def next(self, seconds=PATIENCE):
        return self._lines.get(timeout=seconds)

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.next()

    def boxes(self):
        return self.ask("boxes")

    def metric(self, name, **labels):
        """The sum of the numbers that have these labels."""
        total = 0
        for line in self.ask("metrics")["metrics"].splitlines():
            match = re.fullmatch(name + r"(?:\{(.*)\})? (\S+)", line)
            if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
                total += float(match[2])
        return total

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Its exit status after a graceful stop."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


def until(holds, seconds=PATIENCE, what="it"):
    """How long it took."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)
    return time.monotonic() - begun


class Runtime(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cp = cls.enterClassContext(ControlPlane())
        definition = subprocess.run([PROGRAM, "definition"], check=True, capture_output=True, text=True).stdout
        cls.cp.kubectl("apply", "--filename", "-", text=definition)
        cls.cp.kubectl("wait", "--for=condition=Established", "crd/boxes.cairn.test", f"--timeout={PATIENCE}s")

    def setUp(self):
        self.space = "t" + re.sub("[^a-z]", "", self._testMethodName.lower())[:40]
        self.cp.kubectl("create", "namespace", self.space)

    def put(self, name, size):
        self.cp.kubectl("apply", "--server-side", "--filename", "-", text=json.dumps(
            {"apiVersion": "cairn.test/v1", "kind": "Box", "metadata": {"name": name, "namespace": self.space},
             "spec": {"size": size}}))

    def remove(self, name, *how):
        self.cp.kubectl("delete", "box", name, "--namespace", self.space, *how)

    def truth(self):
        """What the API server has of all boxes, as an operator's store says it."""
        items = json.loads(self.cp.kubectl("get", "boxes", "--all-namespaces", "--output", "json"))["items"]
        return {f"{b['metadata']['namespace']}/{b['metadata']['name']}":
                [b["spec"].get("size", 0), b.get("status", {}).get("seen", 0), b["metadata"]["resourceVersion"]]
                for b in items}

    def converged(self, operator, seconds=PATIENCE):
        """Waits until all sizes were seen and the store has what the API server has; returns how long that took."""
        def holds():
            try:
                truth = self.truth()
            except ControlPlaneError:
                return False
            return all(size == seen for size, seen, _ in truth.values()) and operator.boxes() == truth
        return until(holds, seconds, "convergence")

    def operator(self, identity="one", lease="", environment=None):
        return self.enterContext(Operator(environment or self.cp.environment(), identity, lease))

    def test_boxes_become_ready_and_go_through_their_finalizer(self):
        self.put("a", 3)
        operator = self.operator()
        self.assertEqual(operator.next(), {"leading": "one"})
        self.converged(operator)
        ready = self.cp.kubectl("get", "box", "a", "--namespace", self.space, "--output",
                                "jsonpath={.status.conditions[0].status} {.metadata.finalizers[0]}")
        self.assertEqual(ready, "True cairn.test/cleaned")
        self.assertRegex(self.cp.kubectl("get", "box", "a", "--namespace", self.space), r"NAME +SIZE +AGE\na +3 ")
        child = self.cp.kubectl("get", "configmap", "a", "--namespace", self.space, "--output", "jsonpath={.data.size}")
        self.assertEqual(child, "3")
        self.remove("a", f"--timeout={PATIENCE}s")  # waits for the finalizer
        until(lambda: "Cleaned" in self.cp.kubectl("get", "events", "--namespace", self.space), what="the Event")
        self.assertEqual(operator.end(), 0)

    def test_an_object_that_breaks_the_schema_is_refused(self):
        with self.assertRaisesRegex(ControlPlaneError, "spec.size.*expected numeric"):
            self.put("bad", "many")

    def test_restarts_of_the_api_server_and_compaction(self):
        operator = self.operator()
        operator.next()
        self.put("a", 1)
        self.converged(operator)
        self.cp.restart_apiserver()
        self.put("a", 2)
        self.put("b", 2)
        print(f"converged {self.converged(operator):.1f} s after a restart", flush=True)
        # While nobody serves, the version that the operator has is forgotten.
        self.cp.stop_apiserver()
        self.cp.compact()
        self.cp.start_apiserver()
        self.remove("b", f"--timeout={PATIENCE}s")
        self.put("c", 3)
        print(f"converged {self.converged(operator):.1f} s after a compaction", flush=True)
        self.assertEqual(operator.end(), 0)

    def test_a_cut_connection_goes_on_where_it_was(self):
        cutter = Cutter(self.cp.url)
        self.addCleanup(cutter.close)
        kubeconfig = self.cp.folder / "cut.kubeconfig"
        kubeconfig.write_text(self.cp.kubeconfig.read_text().replace(self.cp.url, f"https://127.0.0.1:{cutter.port}"))
        operator = self.operator(environment=self.cp.environment(kubeconfig))
        operator.next()
        self.put("a", 1)
        self.converged(operator)
        lists, runs = operator.metric("reflector_lists_total"), operator.metric("controller_runtime_reconcile_total")
        watches = operator.metric("reflector_watches_total")
        self.assertGreater(cutter.cut(), 0)
        until(lambda: operator.metric("reflector_watches_total") > watches, what="a new watch")
        time.sleep(1)
        self.assertEqual(operator.metric("controller_runtime_reconcile_total"), runs)  # nothing was told twice
        self.put("a", 2)
        self.converged(operator)
        self.assertEqual(operator.metric("reflector_lists_total"), lists)

    def test_a_restored_etcd_is_believed(self):
        operator = self.operator()
        operator.next()
        for name in ("kept", "removed", "changed"):
            self.put(name, 1)
        self.converged(operator)
        before = self.cp.snapshot()
        self.remove("removed", f"--timeout={PATIENCE}s")
        self.put("changed", 2)
        self.put("made", 2)
        self.converged(operator)
        self.cp.restore(before)
        seconds = self.converged(operator, CONVERGED)
        print(f"converged {seconds:.1f} s after a restore", flush=True)
        names = {key.split("/")[1] for key in operator.boxes() if key.startswith(self.space + "/")}
        self.assertEqual(names, {"kept", "removed", "changed"})
        self.put("changed", 3)
        self.converged(operator)

    def test_of_two_one_leads_and_the_other_takes_over(self):
        environment = self.cp.environment()
        first = self.operator("first", "boxes")
        self.assertEqual(first.next(), {"leading": "first"})
        second = self.operator("second", "boxes")
        self.put("a", 1)
        self.converged(first)
        until(lambda: second.boxes() == self.truth(), what="a warm store")  # it waits with a full store
        self.assertEqual(second.metric("controller_runtime_reconcile_total"), 0)
        begun = time.monotonic()
        first.kill()
        self.assertEqual(second.next(), {"leading": "second"})
        seconds = time.monotonic() - begun
        print(f"taken over {seconds:.1f} s after the leader died", flush=True)
        self.assertLess(seconds, LEASE_SECONDS)
        self.put("a", 2)
        self.converged(second)
        # Given away by a graceful stop, the lease is taken much sooner.
        third = self.operator("third", "boxes", environment)
        until(lambda: third.boxes() == self.truth(), what="a warm store")
        begun = time.monotonic()
        self.assertEqual(second.end(), 0)
        self.assertEqual(third.next(), {"leading": "third"})
        print(f"taken over {time.monotonic() - begun:.1f} s after a graceful stop", flush=True)
        self.assertLess(time.monotonic() - begun, 10)

    def test_a_leader_without_its_api_server_ends(self):
        leader = self.operator("lonely", "lonely")
        self.assertEqual(leader.next(), {"leading": "lonely"})
        self.cp.stop_apiserver()
        try:
            self.assertIn("not renewed", leader.next()["ended"])
            self.assertEqual(leader.process.wait(PATIENCE), 4)
        finally:
            self.cp.start_apiserver()

    def test_a_storm_of_conflicts_passes(self):
        operator = self.operator()
        operator.next()
        names = [f"s{i}" for i in range(5)]
        for name in names:
            self.put(name, 0)
        self.converged(operator)
        proxy = self.enterContext(Proxy(self.cp))
        writers = [threading.Thread(target=proxy.storm, args=(self.space, name, 60)) for name in names for _ in (1, 2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        print(f"converged {self.converged(operator):.1f} s after {proxy.writes} writes, of the operator's "
              f"{operator.metric('rest_client_requests_total', code='409'):.0f} were refused", flush=True)

    def test_many_objects(self):
        environment = self.cp.environment()
        run = lambda *words: json.loads(subprocess.run([PROGRAM, *words], env=environment, check=True,  # noqa: E731
                                                       capture_output=True, text=True).stdout.splitlines()[-1])
        made = run("fill", str(OBJECTS), self.space)
        full, record = run("hold", "full", self.space), run("hold", "record", self.space)
        print(f"{OBJECTS} objects: made in {made['seconds']:.1f} s; whole: {full['bytes_each']} bytes each, listed in "
              f"{full['seconds']:.2f} s; records: {record['bytes_each']} bytes each, {record['seconds']:.2f} s", flush=True)
        self.assertEqual((full["objects"], record["objects"]), (OBJECTS, OBJECTS))
        self.assertLess(record["bytes_each"], 1500)
        self.assertLess(record["bytes_each"] * 2, full["bytes_each"])
        self.cp.kubectl("delete", "namespace", self.space)  # the operators of other tests need not see them


class Proxy:
    """kubectl proxy: plain HTTP to the API server, for many small writes."""

    def __init__(self, cp):
        self._process = subprocess.Popen(["kubectl", "proxy", "--port=0"], env=cp.environment(), text=True,
                                         stdout=subprocess.PIPE)
        self._port = int(re.search(r":(\d+)$", self._process.stdout.readline().strip())[1])
        self.writes = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def storm(self, space, name, count):
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        for size in range(1, count + 1):
            connection.request("PATCH", f"/apis/cairn.test/v1/namespaces/{space}/boxes/{name}",
                               json.dumps({"spec": {"size": size}}), {"Content-Type": "application/merge-patch+json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise AssertionError(f"the writer got {answer.status}")
            self.writes += 1


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if missing := missing_programs():
        print(missing)
        sys.exit(77)
    unittest.main(verbosity=2)

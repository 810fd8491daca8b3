#!/usr/bin/env python3
"""`cairn image copy|inspect` against the real docker-registry, with TLS and a login, and against one that fails.

  registry_test.py PROGRAM
"""

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fault_proxy import FaultProxy  # noqa: E402
from images import Layout, check_layout  # noqa: E402
from loopback import make_certificates  # noqa: E402
from servers import PASSWORD, USER, Registry  # noqa: E402

PROGRAM = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
NEEDED = ["docker-registry", "htpasswd", "openssl", "skopeo"]
MIB = 1 << 20


class Run:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit {self.status}\n{self.out}\n{self.err}"


class RegistryCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="cairn-registry-"))
        cls.certificates = make_certificates(cls.folder)
        cls.ca = cls.certificates[0]
        cls.registry = Registry(cls.folder, cls.certificates)
        cls.proxy = FaultProxy(cls.registry.port, cls.ca, (USER, PASSWORD), cls.certificates[1:])
        cls.image = Layout(cls.folder / "image", "v1", [3 * MIB, 1 * MIB, 200_000, 5 * MIB])
        cls.auth = cls.folder / "auth.json"
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        cls.auth.write_text(json.dumps({"auths": {h: {"auth": login} for h in (cls.registry.host, cls.proxy.host)}}))
        pushed = cls.cairn("image", "copy", cls.image.spec(), f"{cls.registry.host}/team/os:v1")
        assert pushed.status == 0, pushed
        cls.secrets = [PASSWORD, login]

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.registry.close()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.proxy.start_over()
        self.work = Path(tempfile.mkdtemp(dir=self.folder))
        self.cache = self.work / "cache"
        self.source = f"{self.proxy.host}/team/os:v1"

    @classmethod
    def command(cls, *words, cache=None, auth=True, ca=True):
        return [str(PROGRAM), *words, "--log-level", "debug", "--cache-dir", str(cache or cls.folder / "cache"),
                *(["--ca-file", str(cls.ca)] if ca else []), *(["--auth-file", str(cls.auth)] if auth else [])]

    @classmethod
    def cairn(cls, *words, environment=None, **how):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | (environment or {})
        return Run(subprocess.run(cls.command(*words, **how), capture_output=True, text=True, env=env, timeout=120))

    def pull(self, source=None, **how):
        """Copies into a fresh layout; what came is checked when it says that it worked."""
        target = self.work / f"out{random.getrandbits(32):x}"
        run = self.cairn("image", "copy", source or self.source, f"oci:{target}:t", cache=how.pop("cache", self.cache),
                         **how)
        for secret in self.secrets:
            self.assertNotIn(secret, run.out + run.err, "a secret in the output")
        if run.status == 0:
            self.assertEqual(check_layout(target, "t", self.image.digest), [])
        return run

    def blobs(self):
        """Names in the cache: complete ones and partial ones."""
        names = [p.name for p in self.cache.glob("blobs/sha256/*")]
        return {n for n in names if "." not in n}, {n for n in names if n.endswith(".partial")}

    def wanted(self):
        return {b["digest"][7:] for b in [*self.image.layers, self.image.config]}

    def assert_refused(self, run, status, *texts):
        self.assertEqual(run.status, status, run)
        for text in texts:
            self.assertIn(text, run.err)
        self.assertIn("remedy:", run.err)


class Honest(RegistryCase):
    """The registry as it is."""

    def test_what_is_pushed_is_what_others_see(self):
        seen = subprocess.run(["skopeo", "inspect", "--tls-verify=false", "--creds", f"{USER}:{PASSWORD}",
                               f"docker://{self.registry.host}/team/os:v1"], capture_output=True, text=True, check=True)
        found = json.loads(seen.stdout)
        self.assertEqual(found["Digest"], self.image.digest)
        self.assertEqual(found["Layers"], [layer["digest"] for layer in self.image.layers])
        ours = self.cairn("image", "inspect", f"{self.registry.host}/team/os:v1", "--json", cache=self.cache)
        self.assertEqual(ours.status, 0, ours)
        document = json.loads(ours.out)
        self.assertEqual(document["digest"], self.image.digest)
        self.assertEqual(document["labels"], {"made": "by test"})
        self.assertEqual([layer["digest"] for layer in document["layers"]], found["Layers"])

    def test_pulls_by_tag_and_by_digest_and_then_from_the_cache(self):
        self.assertEqual(self.pull().status, 0)
        self.assertEqual(self.proxy.counts.blob_bytes, self.image.blob_bytes)
        self.assertEqual(self.blobs(), (self.wanted(), set()))
        self.assertEqual(self.pull(f"{self.proxy.host}/team/os@{self.image.digest}").status, 0)
        self.assertEqual(self.proxy.counts.blob_bytes, self.image.blob_bytes, "the second pull gets no blob")

    def test_reads_what_skopeo_pushes(self):
        for form in ("oci", "v2s2"):
            name = f"{self.registry.host}/skopeo/{form}:1"
            subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"{USER}:{PASSWORD}",
                            "--format", form, self.image.spec(), f"docker://{name}"], check=True, capture_output=True)
            target = self.work / form
            run = self.cairn("image", "copy", name, f"oci:{target}:t", cache=self.cache)
            self.assertEqual(run.status, 0, run)
            self.assertEqual(check_layout(target, "t", run.out.strip()), [])
            seen = self.cairn("image", "inspect", f"oci:{target}:t", "--json")
            self.assertEqual([layer["digest"] for layer in json.loads(seen.out)["layers"]],
                             [layer["digest"] for layer in self.image.layers])

    def test_copies_from_registry_to_registry_and_sends_nothing_twice(self):
        copy = ("image", "copy", self.source, f"{self.registry.host}/other/os:v2")
        self.assertEqual(self.cairn(*copy, cache=self.cache).out.strip(), self.image.digest)
        again = self.cairn(*copy, cache=self.cache)
        self.assertEqual(again.out.strip(), self.image.digest)

    def test_wants_a_login_and_says_how(self):
        self.assert_refused(self.pull(auth=False, environment={"HOME": str(self.work)}), 6, "CRN-OCI-011",
                            f"docker login {self.proxy.host}")
        wrong = self.work / "wrong.json"
        wrong.write_text(json.dumps({"auths": {self.proxy.host: {"username": USER, "password": "wrong-secret"}}}))
        run = self.pull(auth=False, environment={"REGISTRY_AUTH_FILE": str(wrong)})
        self.assert_refused(run, 6, "the credentials are wrong")
        self.assertNotIn("wrong-secret", run.err)

    def test_finds_the_login_where_docker_keeps_it(self):
        home = self.work / "home"
        (home / ".docker").mkdir(parents=True)
        shutil.copy(self.auth, home / ".docker/config.json")
        self.assertEqual(self.pull(auth=False, environment={"HOME": str(home)}).status, 0)

    def test_asks_a_credential_program(self):
        program = self.work / "bin/docker-credential-testing"
        program.parent.mkdir()
        program.write_text(f"""#!/bin/sh
read registry
test "$1 $registry" = "get {self.proxy.host}" || exit 1
echo '{{"ServerURL":"x","Username":"{USER}","Secret":"{PASSWORD}"}}'
""")
        program.chmod(0o755)
        config = self.work / "config.json"
        config.write_text(json.dumps({"credHelpers": {self.proxy.host: "testing"}}))
        path = f"{program.parent}:{os.environ['PATH']}"
        run = self.pull(auth=False, environment={"REGISTRY_AUTH_FILE": str(config), "PATH": path})
        self.assertEqual(run.status, 0, run)

    def test_trusts_no_unknown_authority(self):
        self.assert_refused(self.pull(ca=False), 6, "CRN-NET-003", "--ca-file")

    def test_speaks_plain_http_only_when_told(self):
        plain = FaultProxy(self.registry.port, self.ca, (USER, PASSWORD))
        try:
            source = f"{plain.host}/team/os:v1"
            auth = self.work / "plain.json"
            auth.write_text(json.dumps({"auths": {plain.host: {"username": USER, "password": PASSWORD}}}))
            environment = {"REGISTRY_AUTH_FILE": str(auth)}
            run = self.pull(source, auth=False, environment=environment)
            self.assertNotEqual(run.status, 0)
            self.assertEqual(plain.counts.authorizations, [], "not one request came through")
            target = self.work / "plain"
            run = self.cairn("image", "copy", source, f"oci:{target}:t", "--plain-http", auth=False, cache=self.cache,
                             environment=environment)
            self.assertEqual(run.status, 0, run)
        finally:
            plain.close()

    def test_says_what_is_missing(self):
        self.assert_refused(self.pull(f"{self.proxy.host}/team/os:nope"), 4, "CRN-OCI-009", "manifest nope")
        self.assert_refused(self.pull(f"{self.proxy.host}/team/none:v1"), 4, "CRN-OCI-009", "team/none")


class Faulty(RegistryCase):
    """The registry behind a proxy that goes wrong."""

    def test_token_that_expires_in_the_middle(self):
        self.proxy.faults.token_login = (USER, PASSWORD)
        self.proxy.faults.token_seconds = 0.6
        self.proxy.faults.bytes_per_second = 1_000_000
        self.proxy.faults.cuts = [800_000] * 8
        run = self.pull()
        self.assertEqual(run.status, 0, run)
        self.assertGreaterEqual(self.proxy.counts.tokens, 3)
        self.assertGreaterEqual(self.proxy.counts.refused_tokens, 2)
        self.assertNotIn("ticket-", run.err)
        self.assertLessEqual(self.proxy.counts.blob_bytes, 1.01 * self.image.blob_bytes)

    def test_limits_and_outages_with_retry_after(self):
        self.proxy.faults.manifest_statuses = [(429, 2), (503, None)]
        self.proxy.faults.statuses = [(429, 1), (503, 1), (500, None)]
        start = time.monotonic()
        run = self.pull()
        self.assertEqual(run.status, 0, run)
        self.assertGreaterEqual(time.monotonic() - start, 3, "two seconds for the manifest, one for a blob")
        self.assertEqual(self.proxy.counts.blob_bytes, self.image.blob_bytes)

    def test_limit_that_lasts(self):
        self.proxy.faults.manifest_statuses = [(429, 0)] * 20
        self.assert_refused(self.pull(), 4, "CRN-OCI-013")

    def test_connections_cut_at_random_offsets(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.proxy.start_over()
                shutil.rmtree(self.cache, ignore_errors=True)
                source = random.Random(seed)
                self.proxy.faults.cuts = [source.randrange(1, 3 * MIB) for _ in range(12)]
                run = self.pull()
                self.assertEqual(run.status, 0, run)
                self.assertLessEqual(self.proxy.counts.blob_bytes, 1.01 * self.image.blob_bytes)
                self.assertTrue(self.proxy.counts.ranges, "nothing was cut")

    def test_connections_reset(self):
        self.proxy.faults.reset = True
        self.proxy.faults.cuts = [200_000, 1, 700_000]
        self.assertEqual(self.pull().status, 0)

    def test_program_killed_and_started_again(self):
        self.proxy.faults.bytes_per_second = 1_000_000
        command = self.command("image", "copy", self.source, f"oci:{self.work}/killed:t", cache=self.cache)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        complete, partial = self.blobs()
        self.assertTrue(partial, "the test was too slow or too fast")
        have = sum((self.cache / "blobs/sha256" / name).stat().st_size for name in complete | partial)
        self.assertGreater(have, 500_000)
        self.proxy.start_over()
        self.assertEqual(self.pull().status, 0)
        self.assertEqual(self.proxy.counts.blob_bytes, self.image.blob_bytes - have, "only what was missing")
        self.assertEqual(self.blobs(), (self.wanted(), set()))

    def test_interrupt_stops_and_keeps_what_came(self):
        self.proxy.faults.bytes_per_second = 500_000
        target = self.work / "stopped"
        command = self.command("image", "copy", self.source, f"oci:{target}:t", cache=self.cache)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 130)
        self.assertFalse((target / "index.json").exists())
        self.assertTrue(self.blobs()[1])

    def test_two_processes_share_the_work(self):
        self.proxy.faults.bytes_per_second = 4_000_000
        commands = [self.command("image", "copy", self.source, f"oci:{self.work}/t{n}:t", cache=self.cache)
                    for n in range(2)]
        processes = [subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for c in commands]
        self.assertEqual([p.wait(60) for p in processes], [0, 0])
        self.assertEqual(self.proxy.counts.blob_bytes, self.image.blob_bytes)
        for number in range(2):
            self.assertEqual(check_layout(self.work / f"t{number}", "t", self.image.digest), [])

    def test_wrong_bytes(self):
        self.proxy.faults.flip = True
        self.assert_refused(self.pull(), 7, "CRN-DOC-003", "sha256:")
        self.assertFalse(self.blobs()[0])

    def test_short_blob(self):
        self.proxy.faults.shorten = 10
        self.assert_refused(self.pull(), 7, "CRN-DOC-003", "ends after")
        self.assertFalse(self.blobs()[0])

    def test_body_that_always_ends_before_its_length(self):
        # Each answer brings something, so the client goes on until one brings nothing new five times.
        self.proxy.faults.understate = 10
        run = self.pull()
        self.assertEqual(run.status, 4, run)
        self.assertFalse(self.blobs()[0])

    def test_damaged_cache(self):
        self.assertEqual(self.pull().status, 0)
        victim = self.cache / "blobs/sha256" / self.image.layers[0]["digest"][7:]
        data = bytearray(victim.read_bytes())
        data[1000] ^= 1
        victim.write_bytes(data)
        self.assert_refused(self.pull(), 7, "removed from the cache")
        self.assertEqual(self.pull().status, 0)

    def test_token_that_expires_in_an_upload(self):
        target = f"{self.proxy.host}/up/os:v1"
        self.proxy.faults.token_login = (USER, PASSWORD)
        self.proxy.faults.token_requests = 2
        run = self.cairn("image", "copy", self.image.spec(), target, "--parallel", "1", cache=self.cache)
        self.assertEqual(run.out.strip(), self.image.digest, run)
        self.assertGreaterEqual(self.proxy.counts.refused_tokens, 5)


class FullDisk(RegistryCase):
    """The cache on a file system that is too small."""

    def setUp(self):
        super().setUp()
        self.cache.mkdir()
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small file system")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self.cache], capture_output=True)
        if done.returncode != 0:
            self.skipTest("mount is not allowed here")

    def tearDown(self):
        subprocess.run(["umount", self.cache], capture_output=True)

    def test_no_half_blob_stands_under_a_final_name(self):
        run = self.pull()
        self.assert_refused(run, 8, "no room for blob", str(self.cache))
        for name in self.blobs()[0]:
            size = {b["digest"][7:]: b["size"] for b in [*self.image.layers, self.image.config]}[name]
            self.assertEqual((self.cache / "blobs/sha256" / name).stat().st_size, size)
        subprocess.run(["mount", "-o", "remount,size=40m", self.cache], check=True)
        self.assertEqual(self.pull().status, 0, "with room it goes on")

    def test_blobs_that_nobody_uses_make_room(self):
        old = Layout(self.work / "old", "v1", [3 * MIB], seed=9)
        self.cairn("image", "copy", old.spec(), f"{self.registry.host}/old/os:v1")
        small = Layout(self.work / "small", "v1", [4 * MIB], seed=10)
        self.cairn("image", "copy", small.spec(), f"{self.registry.host}/small/os:v1")
        for image, name in ((old, "old"), (small, "small")):
            run = self.cairn("image", "copy", f"{self.registry.host}/{name}/os:v1", f"oci:{self.work}/{name}out:t",
                             cache=self.cache)
            self.assertEqual(run.status, 0, run)
        self.assertNotIn(old.layers[0]["digest"][7:], self.blobs()[0])


class Directory(unittest.TestCase):
    """A directory as an image."""

    def test_leaves_out_what_is_mounted_in_it(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "tree/mounted").mkdir(parents=True)
            (folder / "tree/file").write_text("x")
            if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder / "tree/mounted"],
                              capture_output=True).returncode != 0:
                self.skipTest("mount is not allowed here")
            try:
                (folder / "tree/mounted/inside").write_text("y")
                subprocess.run([PROGRAM, "image", "copy", f"dir:{folder}/tree", f"oci:{folder}/out:t"], check=True,
                               capture_output=True)
            finally:
                subprocess.run(["umount", folder / "tree/mounted"], check=True)
            layers = [path for path in folder.glob("out/blobs/sha256/*") if tarfile.is_tarfile(path)]
            with tarfile.open(layers[0]) as layer:
                self.assertEqual(layer.getnames(), [".", "file", "mounted"])


if __name__ == "__main__":
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing or PROGRAM is None:
        print("needs", ", ".join(missing) or "the program as its argument")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")

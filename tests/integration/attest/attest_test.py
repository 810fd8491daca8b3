#!/usr/bin/env python3
"""Our TPM codec and MakeCredential against tpm2-tools, on one software TPM.

  attest_test.py PROBE
"""

import base64
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from software_tpm import SoftwareTpm  # noqa: E402

PROBE = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
NEEDED = ["swtpm", "swtpm_setup", "swtpm_localca", "certtool", "tpm2_createek", "openssl"]
AK_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign"
SECRET = bytes(range(32)).hex()
NONCE = bytes(range(100, 120)).hex()


class AttestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="cairn-attest-"))
        cls.tpm = SoftwareTpm(cls.folder / "tpm", with_ek_certificate=True)
        cls.tpm.start()
        cls.document = cls.folder / "attestation.json"
        cls.document.write_text(cls.probe("describe", cls.tpm.socket))

    @classmethod
    def tearDownClass(cls):
        cls.tpm.stop()
        shutil.rmtree(cls.folder)

    @classmethod
    def run_probe(cls, *words):
        return subprocess.run([PROBE, *words], capture_output=True, text=True, timeout=120)

    @classmethod
    def probe(cls, *words):
        done = cls.run_probe(*words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()

    def setUp(self):
        self.tools("tpm2_flushcontext", "-t")
        self.tools("tpm2_flushcontext", "-s")

    def tools(self, *argv, fails=False):
        done = self.tpm.tools(*argv, folder=self.folder)
        self.assertEqual(done.returncode != 0, fails, f"{argv}: {done.stderr}")
        return done.stdout

    def make_keys(self):
        self.tools("tpm2_createek", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pem", "-f", "pem")
        self.tools("tpm2_flushcontext", "-t")
        self.tools("tpm2_createprimary", "-C", "e", "-G", "rsa2048:rsassa-sha256:null", "-a", AK_ATTRIBUTES, "-c", "ak.ctx")
        self.tools("tpm2_flushcontext", "-t")

    def test_the_keys_are_those_that_tpm2_tools_make_of_the_same_templates(self):
        self.make_keys()
        self.tools("tpm2_readpublic", "-c", "ak.ctx", "-n", "ak.name")
        self.assertEqual(self.probe("name", self.document), (self.folder / "ak.name").read_bytes().hex())
        self.assertEqual(self.probe("ek-pem", self.document), (self.folder / "ek.pem").read_text().strip())

    def test_the_hash_is_that_of_the_public_key(self):
        self.make_keys()
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.folder / "ek.pem", "-outform", "DER"],
                             check=True, capture_output=True).stdout
        self.assertEqual(self.probe("hash", self.document), hashlib.sha256(der).hexdigest())

    def test_our_challenge_is_answered_by_tpm2_tools(self):
        self.make_keys()
        asked = json.loads(self.probe("challenge", self.document, SECRET))["EC"]
        blob = struct.pack(">II", 0xBADCC0DE, 1) + base64.b64decode(asked["Credential"]) + base64.b64decode(asked["Secret"])
        (self.folder / "credential").write_bytes(blob)
        self.tools("tpm2_startauthsession", "--policy-session", "-S", "session.ctx")
        self.tools("tpm2_policysecret", "-S", "session.ctx", "-c", "e")
        self.tools("tpm2_activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", "credential", "-o", "secret",
                   "-P", "session:session.ctx")
        self.assertEqual((self.folder / "secret").read_bytes().hex(), SECRET)

    def challenge_of_tools(self, name):
        self.make_keys()
        self.tools("tpm2_readpublic", "-c", "ek.ctx", "-o", "ek.tss")
        self.tools("tpm2_flushcontext", "-t")
        (self.folder / "plain").write_bytes(bytes.fromhex(SECRET))
        self.tools("tpm2_makecredential", "-u", "ek.tss", "-n", name, "-s", "plain", "-o", "made")
        blob = (self.folder / "made").read_bytes()[8:]
        size = 2 + struct.unpack(">H", blob[:2])[0]
        path = self.folder / "challenge.json"
        path.write_text(json.dumps({"EC": {"Credential": base64.b64encode(blob[:size]).decode(),
                                           "Secret": base64.b64encode(blob[size:]).decode()}}))
        return path

    def test_a_challenge_of_tpm2_tools_is_answered_by_us(self):
        asked = self.challenge_of_tools(self.probe("name", self.document))
        self.assertEqual(self.probe("answer", self.tpm.socket, asked), SECRET)

    def test_a_challenge_for_another_key_is_refused(self):
        name = self.probe("name", self.document)
        other = name[:-2] + format(int(name[-2:], 16) ^ 1, "02x")
        done = self.run_probe("answer", self.tpm.socket, self.challenge_of_tools(other))
        self.assertIn("CRN-TPM-003", done.stderr)

    def test_a_quote_is_good_for_tpm2_checkquote_and_for_us(self):
        path = self.folder / "quote"
        self.probe("quote", self.tpm.socket, NONCE, path)
        (self.folder / "ak.pem").write_text(self.probe("ak-pem", self.document))
        self.tools("tpm2_checkquote", "-u", "ak.pem", "-m", "quote.attested", "-s", "quote.signature", "-q", NONCE)
        self.tools("tpm2_pcrread", "sha256:0,7,16", "-o", "values")
        values = (self.folder / "values").read_bytes()
        self.assertEqual(self.probe("check-quote", self.document, NONCE, path), hashlib.sha256(values).hexdigest())
        done = self.run_probe("check-quote", self.document, "00" * 20, path)
        self.assertIn("CRN-TPM-012", done.stderr)

    def test_the_ek_certificate_is_vouched_for_by_its_authorities_alone(self):
        self.assertIn("BEGIN CERTIFICATE", base64.b64decode(json.loads(self.document.read_text())["EK"]).decode())
        self.assertEqual(self.probe("trust", self.document, self.tpm.authorities()), "trusted")
        other = self.folder / "other.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj",
                        "/CN=other", "-out", other], check=True, capture_output=True)
        self.assertIn("CRN-TPM-009", self.run_probe("trust", self.document, other).stderr)

    def test_a_locked_tpm_still_proves_itself(self):
        self.tools("tpm2_dictionarylockout", "-s", "-n", "1", "-t", "1000", "-l", "1000")
        self.tools("tpm2_createprimary", "-C", "o", "-c", "guarded.ctx", "-p", "right", "-a",
                   "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|decrypt", "-G", "rsa2048")
        (self.folder / "plain").write_bytes(b"text")
        sign = ["tpm2_sign", "-c", "guarded.ctx", "-o", "signature", "plain", "-p"]
        for _ in range(2):
            self.tools("tpm2_flushcontext", "-t")
            self.tools(*sign, "wrong", fails=True)
        self.tools("tpm2_flushcontext", "-t")
        self.assertIn("0x921", self.tpm.tools(*sign, "right", folder=self.folder).stderr.lower())
        self.tools("tpm2_flushcontext", "-t")
        asked = self.folder / "ours.json"
        asked.write_text(self.probe("challenge", self.document, SECRET))
        self.assertEqual(self.probe("answer", self.tpm.socket, asked), SECRET)
        self.tools("tpm2_dictionarylockout", "-c")

    def test_the_keys_outlive_power_cuts(self):
        for _ in range(5):
            self.tpm.kill()
            self.tpm.start()
            self.assertEqual(self.probe("describe", self.tpm.socket)[:200], self.document.read_text()[:200])
        asked = self.folder / "ours.json"
        asked.write_text(self.probe("challenge", self.document, SECRET))
        self.assertEqual(self.probe("answer", self.tpm.socket, asked), SECRET)


if __name__ == "__main__":
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if PROBE is None or missing:
        print(f"attest: not run, {'no probe given' if PROBE is None else 'missing ' + ' '.join(missing)}")
        sys.exit(77)
    unittest.main()

#!/usr/bin/env python3
"""Each key and each condition of a step, done by the program itself in a root of its own.

  stage_test.py CAIRN
"""

import fcntl
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from container import Container

HOST = "a-name-of-the-test"


def owner(path):
    """(user, group, mode); nobody's if there is no such file."""
    if not path.exists():
        return None, None, None
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


# (name, the keys of one step, what must hold afterwards)
STEPS = [
    ("files", "files: [{path: /a/f, content: 'v {{ .MachineID | trunc 2 }}', permissions: 0640, owner: 5, group: 6}]",
     lambda c: c.read("a/f") == "v 01" and owner(c.path("a/f")) == (5, 6, 0o640)),
    ("files without a mode", "files: [{path: /a/plain}]", lambda c: owner(c.path("a/plain")) == (0, 0, 0o644)),
    ("setuid", "files: [{path: /a/s, permissions: '4755', owner: 5}]", lambda c: owner(c.path("a/s"))[2] == 0o4755),
    ("a file that is a mount point", "files: [{path: /etc/mounted, content: new, permissions: 0600}]",
     lambda c: c.read("etc/mounted") == "new" and owner(c.path("etc/mounted"))[2] == 0o600),
    ("encodings", "files: [{path: /a/b, content: aGk=, encoding: b64}]", lambda c: c.read("a/b") == "hi"),
    ("directories", "directories: [{path: /d, permissions: 0711, owner: 5, group: 6}]",
     lambda c: owner(c.path("d")) == (5, 6, 0o711)),
    ("commands", "commands: ['echo \"$0 {{ .MachineID | trunc 1 }}\" > /a/c', 'uname -n >> /a/c']",
     lambda c: c.read("a/c").startswith("/bin/sh 0\n")),
    ("users and what they own",
     "users: {ada: {passwd: x, groups: [wheel], ssh_authorized_keys: [ssh-rsa K]}}\n"
     "    files: [{path: /home/ada/f, ownerstring: ada}]\n    commands: ['id ada > /a/id']",
     lambda c: owner(c.path("home/ada/f"))[:2] == (1000, 1000) and owner(c.path("home/ada")) == (1000, 1000, 0o700)
     and owner(c.path("home/ada/.ssh/authorized_keys")) == (1000, 1000, 0o600)
     and "uid=1000(ada) gid=1000(ada) groups=1000(ada),10(wheel)" in c.read("a/id")
     and stat.S_IMODE(c.path("etc/shadow").stat().st_mode) == 0o600),
    ("authorized_keys", "authorized_keys: {root: [ssh-rsa R]}", lambda c: "ssh-rsa R" in c.read("root/.ssh/authorized_keys")),
    ("ensure_entities", "ensure_entities: [{entity: '{kind: group, group_name: g, gid: 77}'}]\n"
     "    commands: ['getent group g > /a/g']", lambda c: c.read("a/g") == "g:x:77:\n"),
    ("delete_entities", "delete_entities: [{entity: '{kind: group, group_name: g}'}]",
     lambda c: "g:x:77" not in c.read("etc/group")),
    ("hostname", f"hostname: {HOST}\n", lambda c: c.read("etc/hostname") == HOST + "\n" and HOST in c.read("etc/hosts")),
    ("hostname of the kernel", "commands: ['uname -n > /a/n']", lambda c: c.read("a/n") == HOST + "\n"),
    ("sysctl", "sysctl: {kernel.domainname: test.example}\n", lambda c: True),
    ("sysctl took", "commands: ['cat /proc/sys/kernel/domainname > /a/dom']", lambda c: c.read("a/dom") == "test.example\n"),
    ("dns", "dns: {nameservers: [192.0.2.1], search: [x]}", lambda c: c.read("etc/resolv.conf") == "search x\nnameserver 192.0.2.1\n"),
    ("timesyncd", "timesyncd: {NTP: t}", lambda c: c.read("etc/systemd/timesyncd.conf") == "[Time]\nNTP=t\n"),
    ("environment", "environment: {A: b c}", lambda c: c.read("etc/environment") == 'A="b c"\n'),
    ("environment_file", "environment: {A: b}\n    environment_file: /etc/e", lambda c: c.read("etc/e") == "A=b\n"),
    ("systemctl", "systemctl: {enable: [e], disable: [d], mask: [m], start: [s], overrides: [{service: o, content: x}]}",
     lambda c: "systemctl enable -- e\nsystemctl disable -- d\nsystemctl mask -- m\nsystemctl start -- s\n" in c.read("calls")
     and c.read("etc/systemd/system/o.service.d/override-yip.conf") == "x"),
    ("systemd_firstboot", "systemd_firstboot: {keymap: us, force: true}", lambda c: "systemd-firstboot --force --keymap=us\n" in c.read("calls")),
    ("modules", "modules: [dummy numdummies=2]", lambda c: "modprobe -- dummy numdummies=2\n" in c.read("calls")),
    ("datasource from a file", "files: [{path: /run/data, content: \"#!/bin/sh\\necho ran > /a/script\\n\"}]\n"
     "    datasource: {providers: [file], path: /run/data}",
     lambda c: c.read("a/script") == "ran\n" and owner(c.path("oem/userdata"))[2] == 0o700),
    ("unpack_images", "commands: ['mkdir -p /a/full/x']\n    unpack_images: [{source: 'oci:/none:1', target: /a/full}]",
     lambda c: c.path("a/full/x").exists()),
]
# (the condition, whether the step runs)
CONDITIONS = [
    ("if: 'true'", True), ("if: 'test -e /no'", False), ("if: 'test {{ .Values.os.version }} = 12'", True),
    (f"node: '^{HOST}$'", True), ("node: other", False), ("only_os: debian", True), ("only_os: suse", False),
    ("only_os_version: '^12$'", True), ("only_os_version: '11'", False),
    ("only_arch: amd64|arm64", True), ("only_arch: s390x", False),
    ("only_service_manager: systemd", Path("/usr/lib/systemd/systemd").exists()), ("only_service_manager: openrc", False),
    ("if_files: {any: [/no, /etc/passwd]}", True), ("if_files: {any: [/no]}", False),
    ("if_files: {all: [/etc/passwd, /no]}", False), ("if_files: {none: [/etc/passwd]}", False), ("if_files: {none: [/no]}", True),
]


class Judge:
    def __init__(self, container):
        self.container = container
        self.problems = []

    def expect(self, holds, what, *details):
        if not holds:
            self.problems.append(" ".join([what, *map(str, details)]))

    def run(self, *words, **volume):
        done = self.container.run("stage", "run", *words, "--cmdline", "/cmdline", "--json", **volume)
        try:
            return done, json.loads(done.stdout)
        except ValueError:
            self.problems.append(f"no JSON: {done.returncode} {done.stdout} {done.stderr}")
            return done, {"steps": [], "findings": []}


def check_steps(judge):
    """All steps in one run, as later ones look at what earlier ones did."""
    steps = "".join(f"  - name: {json.dumps(name)}\n    {keys}\n" for name, keys, _ in STEPS)
    judge.container.write("oem/steps.yaml", "name: t\nstages:\n  boot:\n" + steps)
    done, report = judge.run("boot")
    judge.expect(done.returncode == 0, "steps: status", done.returncode, done.stderr)
    outcomes = {step["id"]: step for step in report["steps"]}
    for name, _, holds in STEPS:
        step = outcomes.get("t." + name, {})
        judge.expect(step.get("outcome") == "ran", name, step)
        try:
            judge.expect(holds(judge.container), name, "has not done what it should")
        except (OSError, TypeError, AttributeError) as error:
            judge.problems.append(f"{name}: {error}")
    judge.container.path("oem/steps.yaml").unlink()


def check_conditions(judge):
    steps = "".join(f"  - {condition}\n    commands: ['echo {i} >> /a/conditions']\n" for i, (condition, _) in enumerate(CONDITIONS))
    judge.container.write("oem/c.yaml", f"stages:\n  fs.before: [{{hostname: {HOST}}}]\n  fs:\n{steps}")
    done, report = judge.run("fs")
    judge.expect(done.returncode == 0, "conditions: status", done.returncode, done.stderr)
    ran = (judge.container.read("a/conditions") or "").split()
    for i, (condition, runs) in enumerate(CONDITIONS):
        judge.expect((str(i) in ran) == runs, condition, "ran" if str(i) in ran else "was skipped")
    judge.container.path("oem/c.yaml").unlink()


def check_failures(judge):
    """A failing part is told and the rest goes on; the status says so."""
    judge.container.write("oem/f.yaml", "stages:\n  boot:\n  - name: bad\n    commands: ['exit 3', 'echo on > /a/on']\n"
                          "    files: [{path: /usr/f, content: x}]\n  - git: {url: x}\n  - users: [oops]\n"
                          "  - commands: ['echo last > /a/last']\n")
    done, report = judge.run("boot")
    judge.expect(done.returncode == 1, "failures: status", done.returncode)
    judge.expect(judge.container.read("a/on") == "on\n" and judge.container.read("a/last") == "last\n", "failures stop others")
    text = done.stdout
    for says in ("command `exit 3`", "Read-only file system", "CRN-STG-002", "/oem/f.yaml:7:12"):
        judge.expect(says in text, "failures: not told:", says, text)
    judge.container.path("oem/f.yaml").unlink()


def check_lock(judge):
    """Accounts wait for whoever holds the lock of passwd(1)."""
    judge.container.write("oem/l.yaml", "stages: {boot: [{users: {late: {}}}]}\n")
    with open(judge.container.path("etc/.pwd.lock"), "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        threading.Timer(2, lambda: fcntl.lockf(lock, fcntl.LOCK_UN)).start()
        begin = time.monotonic()
        done, _ = judge.run("boot")
    judge.expect(done.returncode == 0 and time.monotonic() - begin >= 2, "lock: not waited for", done.stdout)
    judge.expect("late:" in judge.container.read("etc/passwd"), "lock: the user is missing")
    judge.container.path("oem/l.yaml").unlink()


def check_hook_and_kernel_words(judge):
    judge.container.write("cmdline", "quiet stages.after-install[0].commands[0]=\"uname -n > /a/hook\" cairn.setup=/tmp/more\n")
    judge.container.write("tmp/more/x.yaml", "stages: {after-install.before: [{hostname: other}]}\n")
    done, report = judge.run("after-install")
    judge.expect(done.returncode == 0, "hook: status", done.stdout, done.stderr)
    judge.expect("other" not in (judge.container.read("a/hook") or "other"), "a hook renamed the machine that installs")
    judge.container.write("cmdline", "quiet\n")


def check_volume(judge):
    """User data on a volume labelled cidata: kept 0600, run in the same boot, asked once only."""
    if "iso9660" not in Path("/proc/filesystems").read_text():
        print("left out: user data on a volume, as this kernel has no iso9660")
        return
    with tempfile.TemporaryDirectory() as folder:
        data, image = Path(folder, "user-data"), Path(folder, "cidata.iso")
        data.write_text("#cloud-config\nhostname: from-volume\nruncmd: ['echo volume > /a/volume']\n")
        made = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "cidata", "-r", "-o", image, data], capture_output=True)
        loop = subprocess.run(["losetup", "--find", "--show", "--read-only", image], capture_output=True, text=True)
        if made.returncode != 0 or loop.returncode != 0:
            judge.problems.append(f"no volume: {made.stderr} {loop.stderr}")
            return
        device = loop.stdout.strip()
        try:
            volume = {"device": device.removeprefix("/dev/"), "volume": "cidata"}
            judge.container.write("oem/d.yaml", "stages: {boot.before: [{datasource: {providers: [aws, cdrom], path: /oem}}]}\n")
            done, _ = judge.run("boot", **volume)
            judge.expect(done.returncode == 0, "volume: status", done.stdout, done.stderr)
            judge.expect(judge.container.read("a/volume") == "volume\n", "volume: not applied in the same boot", done.stdout)
            judge.expect(owner(judge.container.path("oem/userdata.yaml"))[2] == 0o600, "volume: mode of user data")
            done, _ = judge.run("boot", **volume)
            judge.expect("first boot only" in done.stdout, "volume: asked at the second boot, too", done.stdout)
        finally:
            subprocess.run(["losetup", "--detach", device], check=False)


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 77
    if subprocess.run(["unshare", "--mount", "--uts", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        print("skipped: no namespaces here")
        return 77
    container = Container(sys.argv[1])
    judge = Judge(container)
    try:
        for check in (check_steps, check_conditions, check_failures, check_lock, check_hook_and_kernel_words, check_volume):
            check(judge)
    finally:
        container.remove()
    for problem in judge.problems:
        print(problem)
    print(f"{len(STEPS)} keys, {len(CONDITIONS)} conditions, {len(judge.problems)} problems")
    return 1 if judge.problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""What every lint needs: the files of a tree, and how findings are told."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77  # exit status: could not run; the last line says why


class Tree:
    """Files of a checkout (tracked, or new and not ignored), or of any folder, as paths relative to its root."""

    def __init__(self, root=PROJECT):
        self.root = Path(root)
        if (self.root / ".git").exists():
            listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=self.root, check=True,
                                    capture_output=True, text=True).stdout.split("\0")
            names = {name for name in listed if name and (self.root / name).is_file()}
        else:
            names = {str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()}
        self.files = sorted(names)

    def cpp(self, *suffixes):
        """C++ files, or those with these suffixes only."""
        return [name for name in self.files if name.endswith(suffixes or (".cc", ".h"))]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def lines(self, name):
        """(number, text) of each line."""
        return enumerate(self.text(name).splitlines(), start=1)


def finish(findings, rule):
    """Prints the findings and the rule they break; ends the program."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} finding(s): {rule}")
    sys.exit(1 if findings else 0)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)

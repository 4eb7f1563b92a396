"""Runs in the sandbox: starts a configured command, and copies out the reports that it wrote.

    python command_runner.py COMMAND OUT PATTERN...

What a pattern named before and the command left as it was is an old report. `OUT/reports.json` lists what was copied
and what is old. It is a program of its own, which imports nothing of ours.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

MOST_FILES = 5_000


def main(command: str, out: str, patterns: Sequence[str]) -> int:
    before = {path: _state(path) for pattern in patterns for path in _files(pattern)}
    code = subprocess.call(["/bin/sh", "-c", command])
    copied: list[str] = []
    old: list[str] = []
    missing = []
    for pattern in patterns:
        there = _files(pattern)
        written = [path for path in there if before.get(path) != _state(path)]
        old += [path for path in there if path not in written]
        missing += [] if written else [pattern]
        copied += [path for path in written if path not in copied]
    for number, path in enumerate(copied[:MOST_FILES]):
        shutil.copyfile(path, os.path.join(out, f"report-{number}"))
    with open(os.path.join(out, "reports.json"), "w", encoding="utf-8", errors="backslashreplace") as file:
        json.dump({"copied": copied, "old": old, "missing": missing}, file)
    return code if code >= 0 else 128 - code


def _files(pattern: str) -> list[str]:
    found = sorted(glob.glob(pattern, recursive=True, include_hidden=True))
    exact = [pattern] if os.path.isfile(pattern) and pattern not in found else []
    return [path for path in (*exact, *found) if os.path.isfile(path)]


def _state(path: str) -> tuple[int, ...]:
    facts = os.stat(path)
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))

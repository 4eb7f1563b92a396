"""`autobuild gate` on a small public package, the whole command, beside the same tools started by hand, all at once.

What the gate costs by itself (its start, the Temporal server, a sandbox for each tool) shows most where the tools are
quick. By hand the tests run once, under coverage.py, as the gate runs them. Advisories are not asked for: that is the
network's speed.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from activities.workspace.git import git_environment
from benchmarks import Benchmark, Effort
from benchmarks.compared.clones import clone, git
from benchmarks.compared.repositories import Repository
from benchmarks.rows import Goal, Row, median
from benchmarks.support.taken import Took, adopting, ended, timed

_PACKAGE = Repository("python-slugify", "9.2.0", "a small package", (), {})
_ROUNDS = 5
_BIN = Path(sys.prefix) / "bin"
_CONFIG = "version: 1\nchecks:\n  dependencies: {enabled: false}\n"


@dataclass(frozen=True)
class _Package:
    """`root` is its repository; `data` is the gate's folder."""

    root: Path
    data: Path

    def commit(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(exist_ok=True)
        with (self.root / path).open("a") as file:
            file.write(text)
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", "A change")

    async def gate(self) -> Took:
        """It must be a verdict of its own: a stored one measures nothing."""
        passed_on = {name: os.environ[name] for name in ("AUTOBUILD_SANDBOX", "UV_SYSTEM_CERTS") if name in os.environ}
        env = git_environment({"AUTOBUILD_DATA": str(self.data), **passed_on})
        argv = (sys.executable, "-m", "bot", "gate", str(self.root), "--json")
        async with timed() as took:
            process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=asyncio.subprocess.PIPE)
            said, _ = await process.communicate()
        verdict = json.loads(said)
        ran = {check["name"] for check in verdict["checks"] if check["status"] in ("passed", "neutral")}
        if verdict["state"] != "passed" or not {"unit_tests", "coverage", "linting", "static_analysis"} <= ran:
            raise RuntimeError(f"the gate must pass: {verdict['reason']}")
        if any(check["cached"] for check in verdict["checks"]):
            raise RuntimeError("a stored verdict measures nothing")
        return took[0]

    async def by_hand(self) -> Took:
        """All at once, in a checkout that has seen no run."""
        tree, out = self.data / "by-hand", self.data / "out"
        for folder in (tree, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.root, tree, ignore=shutil.ignore_patterns(".git"))
        out.mkdir()
        env = next((self.data / "environments" / "local").glob("*/*/*/env"))
        async with timed() as took:
            codes = await asyncio.gather(*(ended(argv, tree, out) for argv in _commands(env, out)))
        if any(code not in (0, 1) for code in codes):  # 1: there are findings
            raise RuntimeError(f"a tool could not run: {codes}")
        return took[0]


def _commands(env: Path, out: Path) -> tuple[tuple[str, ...], ...]:
    python = str(env / "bin" / "python")
    tests = f"{python} -m coverage run --source=slugify -m pytest -q -p no:cacheprovider tests"
    return (
        ("/bin/sh", "-c", f"{tests} && exec {python} -m coverage json -q -o {out}/coverage.json"),
        (python, "-m", "flake8"),
        (f"{_BIN}/bandit", "-r", ".", "-q", "-x", "*/test.py", "-f", "json", "-o", f"{out}/bandit.json"),
        (python, "-m", "mypy", f"--cache-dir={out}/mypy", "slugify"),
    )


@contextlib.asynccontextmanager
async def _setup(folder: Path) -> AsyncIterator[_Package]:
    package = _Package(folder / "package" / _PACKAGE.folder, folder / "data")
    for old in (package.root.parent, package.data / "results"):
        shutil.rmtree(old, ignore_errors=True)
    clone(_PACKAGE, package.root, None)
    package.commit(".github/autobuild.yml", _CONFIG)
    git(package.root, "checkout", "--quiet", "-b", "change")
    package.commit("slugify/__init__.py", "# a change\n")
    async with adopting():
        yield package


async def _measure(package: _Package, effort: Effort) -> list[Row]:
    gates, hands = [], []
    await package.gate()  # makes the environment
    await package.by_hand()  # reads everything from the disk once
    for number in range(effort.times(_ROUNDS)):
        package.commit("slugify/__init__.py", f"# change {number}\n")
        hands.append(await package.by_hand())
        gates.append(await package.gate())
    against = "the same tools by hand, all at once"
    wall, hand_wall = (median([one.wall for one in took]) for took in (gates, hands))
    cpu, hand_cpu = (median([one.cpu for one in took]) for took in (gates, hands))
    return [
        Row("small package: autobuild gate", "s", wall, hand_wall, against, Goal("ratio", at_most=1.15)),
        Row("small package: processor time", "s", cpu, hand_cpu, against),
    ]


benchmark = Benchmark(_setup, _measure)

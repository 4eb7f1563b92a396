"""The gate's wall time beside that of the same tools started by hand, all at once.

By hand there is one command a check: the tests, the coverage of the tests, the linter, the scanner, the type checker.
The gate gives the coverage from the tests' own run. The commands have the gate's arguments and its environment,
a fresh checkout as on any CI, and its low priority, so that a busy machine slows both alike. They have no sandbox.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.client import Client

from activities.model import Head
from activities.quality_gate.types import GateInput, GateOutcome
from activities.workspace.mirror import Workspaces
from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support import sample_project
from benchmarks.support.taken import Took, adopting, ended, timed
from bot.client import WorkflowClient
from bot.local_gate.folder import local_head
from bot.local_gate.running import engine
from bot.processes.temporal_server import starting_server
from bot.settings import Settings

_ROUNDS = 5
_BIN = Path(sys.prefix) / "bin"


@dataclass(frozen=True)
class LocalGate:
    """The gate of `autobuild gate`: `client` is that of its Temporal server, where its worker listens."""

    client: Client
    settings: Settings

    async def run(self, folder: Path, tests: int) -> Took:
        """From the folder to the verdict, which must be a good one: a gate that fails early would be fast."""
        async with timed() as took:
            workspaces = Workspaces(self.settings.data, lambda repo: repo.path, _no_auth)
            head = await local_head(folder, "", workspaces, {})
            workflows = WorkflowClient(self.client, self.settings.task_queue)
            request = GateInput(Head(head.repo, head.head_sha, base_sha=head.base_sha), publish=False)
            outcome = await workflows.wait_for_gate(await workflows.start_quality_gate(request))
        _must_be_good(outcome, tests)
        return took[0]


@contextlib.asynccontextmanager
async def _setup(folder: Path) -> AsyncIterator[LocalGate]:
    for old in ("shop", "results", "checkouts", "mirrors"):
        shutil.rmtree(folder / old, ignore_errors=True)
    settings = replace(Settings(), data=folder)
    async with adopting(), starting_server() as starting, engine(settings, os.environ, starting) as client:
        yield LocalGate(client, settings)


async def _measure(gate: LocalGate, effort: Effort) -> list[Row]:
    data, modules = gate.settings.data, 2 if effort.small else sample_project.MODULES
    tests = modules * sample_project.TESTS_A_MODULE
    sample_project.lay_out(data / "shop", modules)
    gates, hands, shared = [], [], []
    await gate.run(data / "shop", tests)  # makes the environment
    env = next((data / "environments" / "local").glob("*/*/*/env"))
    await _by_hand(data, _commands(env, data / "out"))  # reads everything from the disk once
    for number in range(effort.times(_ROUNDS)):
        sample_project.change(data / "shop", number)
        commands = _commands(env, data / "out")
        hands.append(await _by_hand(data, commands))
        gates.append(await gate.run(data / "shop", tests))
        shared.append(await _by_hand(data, {name: one for name, one in commands.items() if name != "tests"}))
    return _rows(gates, hands, shared)


def _rows(gates: list[Took], hands: list[Took], shared: list[Took]) -> list[Row]:
    each, once = "the same tools by hand, a command a check", "the same, the tests run once"
    gate, hand, less = (median([one.wall for one in took]) for took in (gates, hands, shared))
    gate_cpu, hand_cpu, less_cpu = (median([one.cpu for one in took]) for took in (gates, hands, shared))
    return [
        Row("gate: wall time", "s", gate, hand, each, Goal("ratio", at_most=1.0)),
        Row("gate: processor time", "s", gate_cpu, hand_cpu, each),
        Row("gate: wall time", "s", gate, less, once),
        Row("gate: processor time", "s", gate_cpu, less_cpu, once),
    ]


def _must_be_good(outcome: GateOutcome, expected: int) -> None:
    ran = {check.name: check for check in outcome.result.checks if check.status == "passed"}
    tests = ran["unit_tests"].metrics["passed"] if "unit_tests" in ran else 0
    if any(check.cached for check in ran.values()):
        raise RuntimeError("a stored verdict measures nothing")
    if outcome.result.state != "passed" or not {"linting", "security", "coverage", "static_analysis"} <= set(ran):
        raise RuntimeError(f"the gate of the benchmark's repository must pass: {outcome.result.score_lines}")
    if tests < expected:
        raise RuntimeError(f"only {tests} tests ran")


async def _no_auth(_repo: object) -> tuple[str, str]:
    return "", ""


def _commands(env: Path, out: Path) -> dict[str, tuple[str, ...]]:
    """Check → what a person types for it."""
    python, ours = str(env / "bin" / "python"), str(_BIN)
    flags = ("-q", "--rootdir=.", "-p", "no:cacheprovider")
    measured = f"{python} -m coverage run --source=shop -m pytest {' '.join(flags)} --junitxml={out}/junit2.xml"
    return {
        "tests": (python, "-m", "pytest", *flags, f"--junitxml={out}/junit.xml"),
        "coverage": ("/bin/sh", "-c", f"{measured} && exec {python} -m coverage json -q -o {out}/coverage.json"),
        "linting": (f"{ours}/ruff", "check", "--no-cache", "--output-format=json", f"--output-file={out}/ruff.json"),
        "security": (f"{ours}/bandit", "-r", ".", "-q", "-x", "*/tests/*", "-f", "json", "-o", f"{out}/bandit.json"),
        "types": (f"{ours}/mypy", f"--cache-dir={out}/mypy", f"--python-executable={python}"),
    }


async def _by_hand(data: Path, commands: dict[str, tuple[str, ...]]) -> Took:
    """All of them at once, in a checkout that has seen no run."""
    tree, out = data / "by-hand", data / "out"
    for folder in (tree, out):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data / "shop", tree, ignore=shutil.ignore_patterns(".git"))
    out.mkdir()
    async with timed() as took:
        codes = await asyncio.gather(*(ended(argv, tree, out) for argv in commands.values()))
    if any(codes):
        raise RuntimeError(f"a tool complained: {dict(zip(commands, codes, strict=True))}")
    return took[0]


benchmark = Benchmark(_setup, _measure)

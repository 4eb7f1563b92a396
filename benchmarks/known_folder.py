"""`autobuild gate` on a folder that it knows, as a process: nearly all of it is the start of the command."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from activities.workspace.commits import OUR_AUTHOR
from activities.workspace.git import git_environment
from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support.repositories import QUICK

_ROUNDS = 9


@contextlib.asynccontextmanager
async def _gated(data: Path) -> AsyncIterator[tuple[Path, Path]]:
    """(a repository that was gated once, the data folder)."""
    with tempfile.TemporaryDirectory(prefix="known-folder.") as home:
        folder = Path(home)
        for name, text in QUICK.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        for argv in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
            await _took(folder, "git", *argv, env=git_environment(OUR_AUTHOR))
        await _gate(folder, data)
        yield folder, data


async def _measure(subject: tuple[Path, Path], effort: Effort) -> list[Row]:
    folder, data = subject
    gates, bare = [], []
    for _ in range(effort.times(_ROUNDS)):
        gates.append(await _gate(folder, data))
        bare.append(await _took(folder, sys.executable, "-c", "", env={}))
    goal = Goal("measured", at_most=0.4)
    return [Row("known folder: autobuild gate", "s", median(gates), median(bare), "a Python that does nothing", goal)]


async def _gate(folder: Path, data: Path) -> float:
    more = {"AUTOBUILD_DATA": str(data)}
    if "AUTOBUILD_SANDBOX" in os.environ:
        more["AUTOBUILD_SANDBOX"] = os.environ["AUTOBUILD_SANDBOX"]
    return await _took(Path.cwd(), sys.executable, "-m", "bot", "gate", str(folder), env=git_environment(more))


async def _took(folder: Path, *argv: str, env: dict[str, str]) -> float:
    """Seconds. A failed verdict is one too."""
    begun, quiet = time.monotonic(), asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*argv, cwd=folder, env=env, stdout=quiet, stderr=quiet)
    code = await process.wait()
    assert code in (0, 1), f"{argv} ended with {code}"
    return time.monotonic() - begun


benchmark = Benchmark(_gated, _measure)

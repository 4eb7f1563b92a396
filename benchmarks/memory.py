"""Resident memory of the web process and the worker, idle and while they have much to do."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psutil

from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row
from benchmarks.support import events, sample_project
from benchmarks.support.deployment import Deployment, deployment
from benchmarks.support.load import load
from benchmarks.support.repositories import QUICK

_GATES = 4
_MODULES = 20
_WEBHOOKS = 2000
_BRANCHES, _EACH, _AT_ONCE = 200, 4, 8
_LOOK_EVERY_S = 0.05
_MB = 1e6
_LIMITS = {"serve": 100, "worker": 200}
_BARE = {"serve": "import aiohttp.web, temporalio.client", "worker": "import aiohttp, temporalio.worker, pydantic"}


@dataclass
class Most:
    """The highest that was seen, in bytes."""

    serve: int = 0
    worker: int = 0


async def _measure(the: Deployment, effort: Effort) -> list[Row]:
    bare = {command: await _bare(imports) for command, imports in _BARE.items()}
    quick = await the.repository("octocat/quick", QUICK)
    await the.verdict(quick, await the.push(quick, {"a.txt": "Everything is loaded now.\n"}))
    idle = _now(the)
    repo = await the.repository("octocat/memory", QUICK if effort.small else sample_project.files(_MODULES))
    async with _watched(the) as most:
        await _work(the, repo, effort.times(_GATES), 10 if effort.small else _WEBHOOKS)
    after = _now(the)
    branches = 2 if effort.small else _BRANCHES
    await _open(the, branches)
    open_branches = f"with {branches} open branches"
    rows = []
    for when, used in (("idle", idle), ("under load", most), ("after it", after), (open_branches, _now(the))):
        for command, limit in _LIMITS.items():
            name = f"memory: {'web' if command == 'serve' else command}, {when}"
            megabytes = getattr(used, command) / _MB
            against = f"python -c '{_BARE[command]}'"
            rows.append(Row(name, "MB", megabytes, bare[command] / _MB, against, Goal("measured", at_most=limit)))
    return rows


async def _work(the: Deployment, repo: str, gates: int, webhooks: int) -> None:
    """Several gates with real tools at once, and webhooks meanwhile."""
    port = int(the.stack.web.rpartition(":")[2])
    secret = the.secret()
    heads = [await the.push(repo, {"README.md": f"{n}\n"}, branch=f"change-{n}") for n in range(gates)]
    requests = events.requests(events.ignored(), secret) * (webhooks // 5)
    await asyncio.gather(load(port, requests, connections=16), *(the.verdict(repo, sha) for sha in heads))


async def _open(the: Deployment, branches: int) -> None:
    """So many pull requests, each with its gate; few for each installation, because of GitHub's limits."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def some(owner: str, count: int) -> None:
        async with free:
            repo = await the.repository(f"{owner}/open", QUICK)
            for branch in range(count):
                change = {"full_name": repo, "branch": f"change-{branch}", "login": owner}
                pushed = await the.stack.do("push_commit", files={"a.txt": "The same everywhere.\n"}, **change)
                await the.stack.do("open_pull", full_name=repo, head=change["branch"], title="A change", login=owner)
                await the.verdict(repo, pushed["sha"])

    counts = [min(_EACH, branches - first) for first in range(0, branches, _EACH)]
    await asyncio.gather(*(some(f"example-{number}", count) for number, count in enumerate(counts)))


@contextlib.asynccontextmanager
async def _watched(the: Deployment) -> AsyncIterator[Most]:
    """The highest use while the block runs."""
    most = Most()

    async def look() -> None:
        while True:
            now = _now(the)
            most.serve, most.worker = max(most.serve, now.serve), max(most.worker, now.worker)
            await asyncio.sleep(_LOOK_EVERY_S)

    looking = asyncio.create_task(look())
    try:
        yield most
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


def _now(the: Deployment) -> Most:
    return Most(the.process("serve").memory_info().rss, the.process("worker").memory_info().rss)


async def _bare(imports: str) -> int:
    """What an interpreter needs that has done nothing but load the libraries."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{imports}; print(flush=True); input()",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    await process.stdout.readline()
    used = psutil.Process(process.pid).memory_info().rss
    await process.communicate(b"\n")
    return int(used)


benchmark = Benchmark(deployment, _measure)

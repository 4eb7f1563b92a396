"""Resident memory of the web process and the worker, idle and while they have much to do."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import Benchmark
from benchmarks.props import events, shop
from benchmarks.props.load import load
from benchmarks.props.repos import QUICK
from benchmarks.props.up import Up, up
from benchmarks.rows import Goal, Row

_GATES = 4
_MODULES = 20
_WEBHOOKS = 2000
_LOOK_EVERY_S = 0.05
_MB = 1e6
_LIMITS = {"serve": 100, "worker": 200}
_BARE = {"serve": "import aiohttp.web, temporalio.client", "worker": "import aiohttp, temporalio.worker, pydantic"}


@dataclass
class Most:
    """The highest that was seen, in bytes."""

    serve: int = 0
    worker: int = 0


async def _run(data: Path, rounds: int) -> list[Row]:
    bare = {command: await _bare(imports) for command, imports in _BARE.items()}
    async with up(data) as the:
        quick = await the.repository("octocat/quick", QUICK)
        await the.verdict(quick, await the.push(quick, {"a.txt": "Everything is loaded now.\n"}))
        idle = _now(the)
        repo = await the.repository("octocat/shop", shop.files(_MODULES))
        async with _watched(the) as most:
            await _work(the, repo, rounds or _GATES)
        after = _now(the)
    rows = []
    for when, used in (("idle", idle), ("under load", most), ("after it", after)):
        for command, limit in _LIMITS.items():
            name = f"memory: {'web' if command == 'serve' else command}, {when}"
            megabytes = getattr(used, command) / _MB
            against = f"python -c '{_BARE[command]}'"
            rows.append(Row(name, "MB", megabytes, bare[command] / _MB, against, Goal("measured", at_most=limit)))
    return rows


async def _work(the: Up, repo: str, gates: int) -> None:
    """Several gates with real tools at once, and webhooks meanwhile."""
    port = int(the.stack.web.rpartition(":")[2])
    secret = the.secret()
    heads = [await the.push(repo, {"README.md": f"{n}\n"}, branch=f"change-{n}") for n in range(gates)]
    requests = events.requests(events.of_no_concern(), secret) * (_WEBHOOKS // 5)
    await asyncio.gather(load(port, requests, connections=16), *(the.verdict(repo, sha) for sha in heads))


@contextlib.asynccontextmanager
async def _watched(the: Up) -> AsyncIterator[Most]:
    """Looks all the time, for the block."""
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


def _now(the: Up) -> Most:
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


benchmark = Benchmark(_run)

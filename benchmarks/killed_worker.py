"""A worker killed with -9 in the middle of a gate: how much later the verdict comes than the work it must repeat."""

import asyncio
import os
import signal
import time
from pathlib import Path

from benchmarks import Benchmark
from benchmarks.props.repos import slow
from benchmarks.props.up import Up, up
from benchmarks.rows import Goal, Row, median
from bot.processes.children import start_child, stop_children

_ROUNDS = 3
_WORK_S = 6.0
_KILLED_AFTER_S = 3.0


async def _run(data: Path, rounds: int) -> list[Row]:
    found, left = [], 0
    for number in range(rounds or _ROUNDS):
        async with up(data) as the:
            repo = await the.repository(f"octocat/killed-{number}", slow(_WORK_S))
            late, alive = await _killed(the, repo)
            found.append(late)
            left += alive
    against = "the interrupted check's whole work, which must be repeated"
    return [
        Row(
            "worker killed: kill to verdict (median)",
            "s",
            median(found),
            _WORK_S,
            against,
            Goal("difference", at_most=5.0),
        ),
        Row("worker killed: kill to verdict (slowest)", "s", max(found), _WORK_S, against),
        Row("worker killed: sandboxes left alive", "", left, 0, "none", Goal("measured", at_most=0)),
    ]


async def _killed(the: Up, repo: str) -> tuple[float, int]:
    """Seconds from the kill to the verdict, and how many of the dead worker's sandboxes outlived it for a second."""
    sandboxes = the.sandboxes()
    sha = await the.push(repo, {"a.txt": "1\n"})
    await the.until(repo, sha, bool)
    while the.sandboxes() < sandboxes + 2:  # noqa: ASYNC110 - another process writes them down
        await asyncio.sleep(0.02)
    await asyncio.sleep(_KILLED_AFTER_S)
    worker = the.process("worker")
    environ, boxes = worker.environ(), worker.children(recursive=True)
    os.kill(worker.pid, signal.SIGKILL)
    killed = time.monotonic()
    with the.stack.log.open("ab") as log:
        new = await start_child("worker", environ, log.fileno())
    try:
        await asyncio.sleep(1)
        alive = sum(box.is_running() and box.status() != "zombie" for box in boxes)
        return await the.verdict(repo, sha) - killed, alive
    finally:
        await stop_children([new])


benchmark = Benchmark(_run)

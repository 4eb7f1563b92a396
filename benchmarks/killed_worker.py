"""A worker killed with -9 in the middle of a gate: how much later the verdict comes than the work it must repeat."""

import asyncio
import time

from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support.deployment import Deployment, deployment
from benchmarks.support.repositories import slow

_ROUNDS = 3
_WORK_S = 6.0
_KILLED_AFTER_S = 3.0


async def _measure(the: Deployment, effort: Effort) -> list[Row]:
    work_s, killed_after_s = (2.0, 0.5) if effort.small else (_WORK_S, _KILLED_AFTER_S)
    found, left = [], 0
    for number in range(effort.times(_ROUNDS)):
        repo = await the.repository(f"octocat/killed-{number}", slow(work_s))
        late, alive = await _killed(the, repo, killed_after_s)
        found.append(late)
        left += alive
    against = "the interrupted check's whole work, which must be repeated"
    return [
        Row(
            "worker killed: kill to verdict (median)",
            "s",
            median(found),
            work_s,
            against,
            Goal("difference", at_most=5.0),
        ),
        Row("worker killed: kill to verdict (slowest)", "s", max(found), work_s, against),
        Row("worker killed: sandboxes left alive", "", left, 0, "none", Goal("measured", at_most=0)),
    ]


async def _killed(the: Deployment, repo: str, after_s: float) -> tuple[float, int]:
    """Seconds from the kill to the verdict, and how many of the dead worker's sandboxes outlived it for a second."""
    sandboxes = the.sandboxes()
    sha = await the.push(repo, {"a.txt": "1\n"})
    await the.until(repo, sha, bool)
    while the.sandboxes() < sandboxes + 2:  # noqa: ASYNC110 - another process writes them down
        await asyncio.sleep(0.02)
    await asyncio.sleep(after_s)
    boxes = the.process("worker").children(recursive=True)
    killed = time.monotonic()
    await the.stack.kill("worker")
    await the.stack.start("worker")
    await asyncio.sleep(1)
    alive = sum(box.is_running() and box.status() != "zombie" for box in boxes)
    return await the.verdict(repo, sha) - killed, alive


benchmark = Benchmark(deployment, _measure)

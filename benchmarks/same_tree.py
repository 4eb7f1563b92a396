"""The same tree again, as after a merge or an amended message: a verdict without starting a tool."""

from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support import sample_project
from benchmarks.support.deployment import Deployment, deployment
from benchmarks.support.repositories import QUICK

_ROUNDS = 5
_MODULES = 20


async def _measure(the: Deployment, effort: Effort) -> list[Row]:
    repo = await the.repository("octocat/same-tree", QUICK if effort.small else sample_project.files(_MODULES))
    await _gate(the, repo, {"README.md": "Makes the environment.\n"})
    first, boxes = await _gate(the, repo, {"README.md": "A shop.\n"})
    again = [await _gate(the, repo, {}) for _ in range(effort.times(_ROUNDS))]
    against = "the first gate of that tree"
    seconds = Goal("measured", at_most=1.0)
    return [
        Row(
            "same tree: sandboxes started",
            "",
            sum(count for _, count in again),
            boxes,
            against,
            Goal("measured", at_most=0),
        ),
        Row(
            "same tree: webhook to verdict (median)", "s", median([took for took, _ in again]), first, against, seconds
        ),
        Row("same tree: webhook to verdict (slowest)", "s", max(took for took, _ in again), first, against),
    ]


async def _gate(the: Deployment, repo: str, files: dict[str, str]) -> tuple[float, int]:
    """Seconds from the webhook to the verdict on GitHub, and how many sandboxes were started meanwhile."""
    before = the.sandboxes()
    sha = await the.push(repo, files)
    ended = await the.verdict(repo, sha)
    return ended - the.relay.last("push").at, the.sandboxes() - before


benchmark = Benchmark(deployment, _measure)

"""Webhook answers a second and their slowest hundredth, for events that ask for nothing.

Beside them a bare aiohttp handler that only verifies the signature, under the same load in turns. GitHub sends an App
everything that happens in a repository, so most of what comes is of this kind.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import Benchmark
from benchmarks.props import events
from benchmarks.props.doors import SECRET, Door, doors
from benchmarks.props.load import Answered, load
from benchmarks.rows import Goal, Row, median, percentile

_ROUNDS = 9
_REQUESTS = 2000
_CONNECTIONS = 16


async def _run(data: Path, rounds: int) -> list[Row]:
    requests = events.requests(events.of_no_concern(), SECRET) * (_REQUESTS // 5)
    async with doors() as both:
        for door in (both.ours, both.bare):
            await load(door.port, requests, _CONNECTIONS)
        turns = [(await _turn(both.ours, requests), await _turn(both.bare, requests)) for _ in range(rounds or _ROUNDS)]
    ours, bare = zip(*turns, strict=True)
    against = "a bare handler that only verifies"
    return [
        Row("webhooks of no concern: answers", "/s", _rate(ours), _rate(bare), against, Goal("ratio", at_least=0.8)),
        Row("webhooks of no concern: answers a processor second", "/s", _by_cpu(ours), _by_cpu(bare), against),
        Row("webhooks of no concern: p99", "ms", _p99(ours), _p99(bare), against),
    ]


Turn = tuple[Answered, float]


async def _turn(door: Door, requests: Sequence[bytes]) -> Turn:
    """The answers, and the door's processor time for them."""
    before = door.cpu()
    answered = await load(door.port, requests, _CONNECTIONS)
    return answered, door.cpu() - before


def _rate(turns: Sequence[Turn]) -> float:
    return median([answered.a_second for answered, _ in turns])


def _by_cpu(turns: Sequence[Turn]) -> float:
    """Of all turns together: the system counts in steps of ten milliseconds."""
    return sum(len(answered.seconds) for answered, _ in turns) / sum(cpu for _, cpu in turns)


def _p99(turns: Sequence[Turn]) -> float:
    return 1000 * median([percentile(answered.seconds, 99) for answered, _ in turns])


benchmark = Benchmark(_run)

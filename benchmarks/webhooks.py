"""Webhook answers a second and their slowest hundredth, for events that start nothing.

Beside them a bare aiohttp handler that only verifies the signature, under the same load in turns. GitHub sends an App
everything that happens in a repository, so most of what comes is of this kind.
"""

from collections.abc import Sequence

from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median, percentile
from benchmarks.support import events
from benchmarks.support.load import Answered, load
from benchmarks.support.receivers import SECRET, Receiver, Receivers, receivers

_ROUNDS = 9
_REQUESTS = 2000
_CONNECTIONS = 16


async def _measure(both: Receivers, effort: Effort) -> list[Row]:
    requests = events.requests(events.ignored(), SECRET) * ((100 if effort.small else _REQUESTS) // 5)
    for receiver in (both.ours, both.bare):
        await load(receiver.port, requests, _CONNECTIONS)
    rounds = range(effort.times(_ROUNDS))
    turns = [(await _turn(both.ours, requests), await _turn(both.bare, requests)) for _ in rounds]
    ours, bare = zip(*turns, strict=True)
    against = "a bare handler that only verifies"
    return [
        Row(
            "webhooks that start nothing: answers", "/s", _rate(ours), _rate(bare), against, Goal("ratio", at_least=0.8)
        ),
        Row("webhooks that start nothing: answers a processor second", "/s", _by_cpu(ours), _by_cpu(bare), against),
        Row("webhooks that start nothing: p99", "ms", _p99(ours), _p99(bare), against),
    ]


Turn = tuple[Answered, float]


async def _turn(receiver: Receiver, requests: Sequence[bytes]) -> Turn:
    """The answers, and the receiver's processor time for them."""
    before = receiver.cpu()
    answered = await load(receiver.port, requests, _CONNECTIONS)
    return answered, receiver.cpu() - before


def _rate(turns: Sequence[Turn]) -> float:
    return median([answered.a_second for answered, _ in turns])


def _by_cpu(turns: Sequence[Turn]) -> float:
    """Of all turns together: the system counts in steps of ten milliseconds."""
    return sum(len(answered.seconds) for answered, _ in turns) / max(sum(cpu for _, cpu in turns), 0.01)


def _p99(turns: Sequence[Turn]) -> float:
    return 1000 * median([percentile(answered.seconds, 99) for answered, _ in turns])


benchmark = Benchmark(receivers, _measure)

"""Webhook answers for events that start a workflow: how much of the answer is Temporal's own start of it.

The webhook server answers 202 only when Temporal has the work, so it cannot be faster than that. Both are taken in
turns, one after the other and many at once, on one Temporal server with no worker.
"""

import asyncio
import time
from collections.abc import Sequence

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median, percentile
from benchmarks.support import events
from benchmarks.support.load import Answered, load
from benchmarks.support.receivers import SECRET, Receivers, receivers
from bot.webhook.events import Ignored
from bot.webhook.parsing import parse_event
from bot.webhook.routes import Rules, SignalWithStart, route
from workflows.ids import TASK_QUEUE

_ROUNDS = 200
_CONNECTIONS = 16


async def _measure(both: Receivers, effort: Effort) -> list[Row]:
    count = effort.times(_ROUNDS)
    await _in_turns(both, 1 if effort.small else 20)
    answers, starts = await _in_turns(both, count)
    many = await load(both.ours.port, _requests(count), _CONNECTIONS)
    bare = await _starts(both.temporal, _actions(count))
    against = "client.start_workflow with the same arguments"
    share = "ratio of the start to the answer"
    return [
        Row(
            "workflow start's share of the answer",
            "ms",
            1000 * median(starts),
            1000 * median(answers),
            share,
            Goal("ratio", at_least=0.8),
        ),
        Row(
            "webhooks that start a workflow: p99",
            "ms",
            1000 * percentile(answers, 99),
            1000 * percentile(starts, 99),
            against,
        ),
        Row("webhooks that start a workflow: answers, 16 at once", "/s", many.a_second, bare.a_second, against),
        Row("webhooks that start a workflow: p99, 16 at once", "ms", _p99(many), _p99(bare), against),
    ]


def _p99(answered: Answered) -> float:
    return 1000 * percentile(answered.seconds, 99)


async def _in_turns(both: Receivers, count: int) -> tuple[list[float], list[float]]:
    """Seconds of each whole answer, and of each bare start."""
    answers: list[float] = []
    starts: list[float] = []
    for request, action in zip(_requests(count), _actions(count), strict=True):
        answers += (await load(both.ours.port, [request], 1)).seconds
        starts.append(await _start(both.temporal, action))
    return answers, starts


def _requests(count: int) -> list[bytes]:
    return events.requests(events.pushes(count), SECRET)


def _actions(count: int) -> list[SignalWithStart]:
    """What the webhook server would make of as many pushes, to other branches."""
    parsed = (parse_event(name, body, "d-1") for name, body in events.pushes(count))
    actions = [route(event, Rules("autobuild[bot]", 1)) for event in parsed if not isinstance(event, Ignored)]
    return [action for action in actions if isinstance(action, SignalWithStart)]


async def _starts(client: Client, actions: Sequence[SignalWithStart]) -> Answered:
    waiting = iter(actions)
    seconds: list[float] = []
    begun = time.monotonic()

    async def some() -> None:
        seconds.extend([await _start(client, action) for action in waiting])

    await asyncio.gather(*(some() for _ in range(_CONNECTIONS)))
    return Answered(tuple(seconds), time.monotonic() - begun)


async def _start(client: Client, action: SignalWithStart) -> float:
    begun = time.monotonic()
    await client.start_workflow(
        action.workflow,
        action.argument,
        id=action.id,
        task_queue=TASK_QUEUE,
        start_signal=action.signal,
        start_signal_args=[action.message],
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )
    return time.monotonic() - begun


benchmark = Benchmark(receivers, _measure)

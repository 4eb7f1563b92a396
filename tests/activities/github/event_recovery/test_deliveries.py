"""Which failed deliveries are attempted again, and when; first those that are not."""

import random
from dataclasses import replace

import pytest

from activities.github.event_recovery.deliveries import ATTEMPTS, SETTLE_S, LoggedAttempt, plan_redeliveries

NOW = 1_000_000.0


def attempts(
    guid: str, *tries: tuple[float, bool], event: str = "push", code_broken: bool = True
) -> list[LoggedAttempt]:
    """All attempts at one event, each (seconds ago, arrived); the first is the original."""
    return [
        LoggedAttempt(
            id=int(NOW - ago) * 10 + index,
            guid=guid,
            event=event,
            at=NOW - ago,
            again=index > 0,
            ok=ok,
            broken=not ok and code_broken,
        )
        for index, (ago, ok) in enumerate(tries)
    ]


def due(*deliveries: list[LoggedAttempt], since: float = 0.0, requested: tuple[int, ...] = ()) -> list[str]:
    log = [attempt for each in deliveries for attempt in each]
    random.Random(1).shuffle(log)
    return [attempt.guid for attempt in plan_redeliveries(log, since, NOW, requested).due]


@pytest.mark.parametrize(
    "left_alone",
    [
        attempts("arrived", (50, True)),
        attempts("arrived twice", (50, True), (40, True)),
        attempts("arrived the second time", (900, False), (800, True)),
        attempts("arrived the third time", (900, False), (800, False), (20, True)),
        attempts("failed after it had arrived", (900, True), (800, False)),
        attempts("a ping", (50, False), event="ping"),
        attempts("attempted again a moment ago", (900, False), (SETTLE_S - 1, False)),
        attempts("refused twice, soon due", (9000, False), (8000, False), (SETTLE_S * 3 - 1, False)),
        attempts("attempted so often", *[(900_000 - 100 * n, False) for n in range(ATTEMPTS + 1)]),
        attempts("first sent long ago", (900_000, False), (SETTLE_S * 2, False))[1:],
    ],
    ids=lambda attempts: attempts[0].guid,
)
def test_no_attempt_is_due(left_alone: list[LoggedAttempt]) -> None:
    assert due(left_alone) == []


@pytest.mark.parametrize(
    "again",
    [
        attempts("failed a second ago", (1, False)),
        attempts("failed long ago", (250_000, False)),
        attempts("refused", (1, False), code_broken=False),
        [replace(each, again=False) for each in attempts("sent twice by GitHub itself", (9, False), (8, False))],
        attempts("failed again some minutes ago", (900, False), (SETTLE_S, False)),
        attempts("a third time", (9000, False), (8000, False), (SETTLE_S * 3, False)),
    ],
    ids=lambda attempts: attempts[0].guid,
)
def test_newest_attempt_is_due(again: list[LoggedAttempt]) -> None:
    [attempt] = plan_redeliveries(again, 0.0, NOW).due
    assert attempt.id == again[-1].id, "the newest attempt is the one that GitHub surely still has"


def test_oldest_failure_comes_first() -> None:
    assert due(attempts("new", (5, False)), attempts("old", (700, False)), attempts("mid", (90, False))) == [
        "old",
        "mid",
        "new",
    ]


def test_wait_ends_once_another_delivery_has_arrived() -> None:
    tried = attempts("tried", (9000, False), (8000, False), (SETTLE_S + 1, False))
    assert due(tried) == []
    assert due(tried, attempts("other", (SETTLE_S, True))) == ["tried"]
    assert due(tried, attempts("before", (SETTLE_S + 2, True))) == [], "that was before the server failed"
    refused = attempts("refused", (9000, False), (8000, False), (SETTLE_S + 1, False), code_broken=False)
    assert due(refused, attempts("other", (SETTLE_S, True))) == [], "the server is up, and refuses this one"


def test_requested_attempt_is_not_requested_twice() -> None:
    failed = attempts("failed", (50, False))
    assert due(failed, requested=(failed[0].id,)) == []
    assert plan_redeliveries(failed, 0.0, NOW, (failed[0].id,)).waiting == 1


def test_next_sweep_begins_at_the_oldest_open_failure() -> None:
    arrived, newest = attempts("a", (900, False), (800, True)), attempts("n", (10, True))
    assert plan_redeliveries([*arrived, *newest], 0.0, NOW).since == NOW - 10
    waiting = attempts("w", (700, False), (60, False))
    assert plan_redeliveries([*arrived, *newest, *waiting], 0.0, NOW).since == NOW - 700
    hopeless = attempts("h", *[(5000 - n, False) for n in range(ATTEMPTS + 1)])
    sorted_ = plan_redeliveries([*arrived, *newest, *hopeless], 0.0, NOW)
    assert (sorted_.since, sorted_.given_up) == (NOW - 10, ("h",))


def test_sweep_start_never_moves_back() -> None:
    assert plan_redeliveries([], 500.0, NOW).since == 500.0
    assert plan_redeliveries(attempts("old", (900, True)), NOW - 300, NOW).since == NOW - 300


def test_own_clock_may_be_behind() -> None:
    failed = attempts("failed", (1000, False), (900, False))
    assert plan_redeliveries([*failed, *attempts("newest", (10, True))], 0.0, NOW - 5000).due

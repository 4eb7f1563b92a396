"""What the log of deliveries asks for: what must be left alone first."""

import random
from dataclasses import replace

import pytest

from activities.github.event_recovery.deliveries import ATTEMPTS, SETTLE_S, Attempt, sort

NOW = 1_000_000.0


def story(guid: str, *attempts: tuple[float, bool], event: str = "push", code_broken: bool = True) -> list[Attempt]:
    """All attempts at one event, each (seconds ago, arrived); the first is the original."""
    return [
        Attempt(
            id=int(NOW - ago) * 10 + index,
            guid=guid,
            event=event,
            at=NOW - ago,
            again=index > 0,
            ok=ok,
            broken=not ok and code_broken,
        )
        for index, (ago, ok) in enumerate(attempts)
    ]


def due(*stories: list[Attempt], since: float = 0.0, asked: tuple[int, ...] = ()) -> list[str]:
    log = [attempt for each in stories for attempt in each]
    random.Random(1).shuffle(log)
    return [attempt.guid for attempt in sort(log, since, NOW, asked).due]


@pytest.mark.parametrize(
    "left_alone",
    [
        story("arrived", (50, True)),
        story("arrived twice", (50, True), (40, True)),
        story("arrived the second time", (900, False), (800, True)),
        story("arrived the third time", (900, False), (800, False), (20, True)),
        story("failed after it had arrived", (900, True), (800, False)),
        story("a ping", (50, False), event="ping"),
        story("attempted again a moment ago", (900, False), (SETTLE_S - 1, False)),
        story("refused twice, soon due", (9000, False), (8000, False), (SETTLE_S * 3 - 1, False)),
        story("attempted so often", *[(900_000 - 100 * n, False) for n in range(ATTEMPTS + 1)]),
        story("first sent long ago", (900_000, False), (SETTLE_S * 2, False))[1:],
    ],
    ids=lambda attempts: attempts[0].guid,
)
def test_is_left_alone(left_alone: list[Attempt]) -> None:
    assert due(left_alone) == []


@pytest.mark.parametrize(
    "again",
    [
        story("failed a second ago", (1, False)),
        story("failed long ago", (250_000, False)),
        story("refused", (1, False), code_broken=False),
        [replace(each, again=False) for each in story("sent twice by GitHub itself", (9, False), (8, False))],
        story("failed again some minutes ago", (900, False), (SETTLE_S, False)),
        story("a third time", (9000, False), (8000, False), (SETTLE_S * 3, False)),
    ],
    ids=lambda attempts: attempts[0].guid,
)
def test_is_attempted_again(again: list[Attempt]) -> None:
    [attempt] = sort(again, 0.0, NOW).due
    assert attempt.id == again[-1].id, "the newest attempt is the one that GitHub surely still has"


def test_the_oldest_comes_first() -> None:
    assert due(story("new", (5, False)), story("old", (700, False)), story("mid", (90, False))) == ["old", "mid", "new"]


def test_patience_ends_when_the_door_is_well_again() -> None:
    tried = story("tried", (9000, False), (8000, False), (SETTLE_S + 1, False))
    assert due(tried) == []
    assert due(tried, story("other", (SETTLE_S, True))) == ["tried"]
    assert due(tried, story("before", (SETTLE_S + 2, True))) == [], "that was before the door broke"
    refused = story("refused", (9000, False), (8000, False), (SETTLE_S + 1, False), code_broken=False)
    assert due(refused, story("other", (SETTLE_S, True))) == [], "the door is well, and does not like this one"


def test_what_is_on_its_way_is_not_asked_for_twice() -> None:
    failed = story("failed", (50, False))
    assert due(failed, asked=(failed[0].id,)) == []
    assert sort(failed, 0.0, NOW, (failed[0].id,)).waiting == 1


def test_the_next_look_begins_at_the_oldest_that_is_not_done() -> None:
    arrived, newest = story("a", (900, False), (800, True)), story("n", (10, True))
    assert sort([*arrived, *newest], 0.0, NOW).since == NOW - 10
    waiting = story("w", (700, False), (60, False))
    assert sort([*arrived, *newest, *waiting], 0.0, NOW).since == NOW - 700
    hopeless = story("h", *[(5000 - n, False) for n in range(ATTEMPTS + 1)])
    sorted_ = sort([*arrived, *newest, *hopeless], 0.0, NOW)
    assert (sorted_.since, sorted_.given_up) == (NOW - 10, ("h",))


def test_it_never_goes_back() -> None:
    assert sort([], 500.0, NOW).since == 500.0
    assert sort(story("old", (900, True)), NOW - 300, NOW).since == NOW - 300


def test_a_clock_of_ours_that_is_behind_stops_nothing() -> None:
    failed = story("failed", (1000, False), (900, False))
    assert sort([*failed, *story("newest", (10, True))], 0.0, NOW - 5000).due

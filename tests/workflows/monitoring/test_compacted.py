"""What waits is carried over as far as Temporal takes it."""

import json
from dataclasses import asdict

from activities.incidents.types import Alert, AlertBatch
from workflows.monitoring.requests import compacted


def batch(*groups: str, text: str = "", dropped: int = 0) -> AlertBatch:
    return AlertBatch(tuple(Alert("test", each, "name", summary=text) for each in groups), dropped)


def test_nothing_waits() -> None:
    assert compacted([]) == ()


def test_little_is_carried_over_whole() -> None:
    (one,) = compacted([batch("a", "a", "b", dropped=3), batch("a")])
    assert ([each.group for each in one.alerts], one.dropped) == (["a", "b", "a", "a"], 3)


def test_the_first_alert_of_each_group_comes_before_the_others() -> None:
    storm = batch(*["storm"] * 200, text="\N{BUG}" * 1000)
    (one,) = compacted([*[storm] * 50, batch("another", dropped=1)])
    assert {each.group for each in one.alerts} == {"storm", "another"}
    assert len(one.alerts) + one.dropped == 50 * 200 + 2
    assert len(json.dumps(asdict(one))) < 1_000_000

"""Diagnoses that agree, contradict each other or say nothing: what may be believed, and what may be acted on."""

import math

import pytest

from activities.incidents.types import DataView, Diagnosis, FaultClass, Hypothesis
from workflows.consensus import Calibration, consensus, isotonic, verified

SHA = "a" * 40


def says(
    view: DataView, *named: tuple[str, FaultClass, float], agent: str = "", change: str = "", **more: object
) -> Diagnosis:
    hypotheses = tuple(Hypothesis(entity, fault, odds, change=change) for entity, fault, odds in named)
    return Diagnosis(agent or view, view, hypotheses, coverage=1.0, **more)  # type: ignore[arg-type]


def test_two_views_that_agree_may_be_acted_on() -> None:
    found = consensus([says("metrics", ("pay", "latency", 4)), says("logs", ("pay", "errors", 3))])
    assert (found.act, found.why_not) == (True, "")
    assert (found.causes[0].entity, found.causes[0].views) == ("pay", ("logs", "metrics"))
    assert found.causes[0].probability == 0.7


@pytest.mark.parametrize(
    "diagnoses",
    [
        [],
        [says("metrics", ("pay", "cpu", 4))],
        [says("metrics", ("pay", "cpu", 4)), says("metrics", ("pay", "cpu", 4), agent="other")],
        [says("metrics", ("pay", "cpu", 4)), says("logs", ("cart", "errors", 4))],
        [says("metrics", ("pay", "cpu", 4)), says("topology", ("pay", "memory", 4))],
        [says("metrics", ("pay", "cpu", 4)), says("model", ("pay", "cpu", 9), agent="m1"), says("model", ("pay", "cpu", 9), agent="m2")],
        [says("metrics", ("pay", "cpu", math.nan)), says("logs", ("pay", "cpu", math.inf))],
        [says("metrics", ("pay", "cpu", 0.2)), says("logs", ("pay", "cpu", 0.1))],
        [Diagnosis("metrics", "metrics", abstained="There are no metrics."), says("logs", ("pay", "errors", 4))],
    ],
    ids=["none", "one view", "one view twice", "contradiction", "two resources", "models", "not finite", "weak", "abstained"],
)  # fmt: skip
def test_nothing_is_acted_on_without_two_views_that_agree(diagnoses: list[Diagnosis]) -> None:
    found = consensus(diagnoses)
    assert not found.act
    assert found.why_not
    assert sum(one.probability for one in found.causes) <= 1.0001


def test_healthy_data_convicts_nobody() -> None:
    found = consensus(
        [says("metrics", healthy=True), says("logs", healthy=True), says("changes", ("pay", "code", -1), change=SHA)]
    )
    assert found.healthy
    assert not found.act
    assert max(one.probability for one in found.causes) < 0.1


def test_a_change_is_named_only_where_more_speaks_for_it_than_for_none() -> None:
    symptoms = [says("metrics", ("pay", "errors", 4)), says("logs", ("pay", "errors", 4))]
    guilty = consensus([*symptoms, says("changes", ("pay", "code", 2), change=SHA, no_change=-1.0)])
    assert (guilty.causes[0].change, guilty.causes[0].fault) == (SHA, "code")
    innocent = consensus([*symptoms, says("changes", ("pay", "code", -2), change=SHA, no_change=2.0)])
    assert innocent.causes[0].change == ""


def test_a_verified_change_comes_first() -> None:
    found = consensus([says("metrics", ("cart", "cpu", 2)), says("changes", ("pay", "code", 1), change=SHA)])
    assert not found.act
    after = verified(found, SHA, "Its tests fail with it and pass without it.")
    assert (after.causes[0].entity, after.causes[0].probability, after.act) == ("pay", 0.9, True)
    assert sum(one.probability for one in after.causes) <= 1.0001


def test_an_instance_is_its_service() -> None:
    found = consensus([says("metrics", ("pay/pod-1", "cpu", 3)), says("topology", ("pay", "latency", 3))])
    assert [one.entity for one in found.causes] == ["pay"]


def test_outcomes_of_this_installation_count_once_there_are_enough() -> None:
    said = [says("metrics", ("pay", "cpu", 4)), says("logs", ("pay", "errors", 4))]
    often_wrong = Calibration(tuple((0.99, at % 4 == 0) for at in range(40)))
    assert consensus(said, often_wrong).causes[0].probability < 0.4
    often_right = Calibration(tuple((0.99, at % 20 != 0) for at in range(40)))
    assert consensus(said, often_right).causes[0].probability > 0.85
    few = Calibration(((0.99, False),) * 29)
    assert consensus(said, few).causes[0].probability == 0.7


def test_isotonic_is_monotone() -> None:
    outcomes = [(at / 100, (at * 7919) % 100 < at) for at in range(100)]
    fitted = [isotonic(outcomes, at / 50) for at in range(50)]
    assert fitted == sorted(fitted)


def test_what_would_tell_two_causes_apart() -> None:
    found = consensus([says("metrics", ("pay", "latency", 3), ("cart", "latency", 3))])
    assert found.tells_apart
    assert any("`cart`" in sentence and "`pay`" in sentence for sentence in found.tells_apart)

"""Diagnoses that agree, contradict each other or say nothing: what may be believed, and what may be acted on."""

import math
import random

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


def test_a_verified_change_of_none_of_the_causes_convicts_nobody() -> None:
    found = consensus([says("metrics", ("cart", "cpu", 2)), says("changes", ("pay", "code", 1), change=SHA)])
    assert verified(found, "b" * 40, "Its tests fail with it.") == found


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


def test_calibrated_probabilities_of_competing_causes_are_at_most_one_together() -> None:
    sure = Calibration(tuple((at / 50, True) for at in range(50)))
    found = consensus([says("metrics", *((f"s{at}", "cpu", 2.0) for at in range(5)))], sure)
    assert sum(one.probability for one in found.causes) <= 1.0001
    assert not found.act


def test_calls_judged_by_the_metrics_of_latency_are_no_second_view_of_them() -> None:
    calls = says("topology", ("pay", "latency", 3), based_on=("metrics",))
    same = consensus([says("metrics", ("pay", "latency", 3)), calls])
    assert (same.act, same.causes[0].independent) == (False, 1)
    assert "from the same numbers" in same.why_not
    assert consensus([says("metrics", ("pay", "cpu", 3)), calls]).act, "processors are other numbers"
    assert consensus([says("metrics", ("pay", "latency", 3)), says("topology", ("pay", "latency", 3))]).act, (
        "traces too"
    )


def test_a_view_that_has_data_and_names_another_speaks_against() -> None:
    both = consensus([says("metrics", ("pay", "cpu", 2)), says("logs", ("pay", "errors", 1), ("cart", "errors", 1))])
    assert both.causes[0].entity == "pay"
    alone = consensus([says("logs", ("pay", "errors", 1), ("cart", "errors", 1))])
    assert alone.causes[0].raw < both.causes[0].raw


def test_innocent_changes_say_nothing_against_their_service() -> None:
    faulty = says("metrics", ("pay", "cpu", 3))
    without = consensus([faulty])
    with_changes = consensus([faulty, says("changes", ("pay", "code", -6), change=SHA, no_change=4.0)])
    assert with_changes.causes[0].raw == without.causes[0].raw
    assert with_changes.causes[0].change == ""


def test_a_change_that_is_only_near_is_named_and_not_acted_on_until_it_is_verified() -> None:
    symptoms = [says("metrics", ("pay", "errors", 3)), says("logs", ("pay", "errors", 2))]
    found = consensus([*symptoms, says("changes", ("pay", "code", 0.8), change=SHA, no_change=-0.8)])
    assert (found.causes[0].change, found.act) == (SHA, False)
    assert "only near in time" in found.why_not
    assert verified(found, SHA, "Its diff touches the line that fails.").act
    surely = consensus([*symptoms, says("changes", ("pay", "code", 3), change=SHA, no_change=-3.0)])
    assert surely.act


def test_a_verified_change_that_was_no_suspect_of_the_first_cause_raises_its_own() -> None:
    other = says("changes", ("cart", "code", -1), change=SHA, no_change=1.0)
    found = consensus([says("metrics", ("pay", "cpu", 3), ("cart", "latency", 1)), other])
    assert found.causes[0].entity == "pay"
    after = verified(found, SHA, "Its tests fail with it and pass without it.")
    assert (after.causes[0].entity, after.causes[0].change, after.act) == ("cart", SHA, True)


def test_many_models_are_less_than_one_view_and_their_mean() -> None:
    agree = [says("model", ("pay", "cpu", 9), agent=f"m{at}") for at in range(5)]
    one_of_five = [*agree[:1], *(says("model", ("cart", "cpu", 9), agent=f"n{at}") for at in range(4))]
    assert not consensus(agree).act
    assert consensus(one_of_five).causes[0].entity == "cart"
    against = consensus([*agree, says("metrics", ("cart", "cpu", 3))])
    assert against.causes[0].entity == "cart"


def test_a_model_may_suspect_a_change_and_not_convict_it() -> None:
    symptoms = [says("metrics", ("pay", "errors", 3)), says("logs", ("pay", "errors", 2))]
    found = consensus([*symptoms, says("model", ("pay", "code", 50), change=SHA)])
    assert (found.causes[0].change, found.act) == (SHA, False)
    assert verified(found, SHA, "Its diff touches the line that fails.").act


def test_similar_texts_join_only_where_somebody_says_how_similar_they_are() -> None:
    named = [
        Diagnosis("metrics", "metrics", (Hypothesis("pay", "cpu", 3, text="The processors of pay are busy."),)),
        Diagnosis("logs", "logs", (Hypothesis("payments", "errors", 2, text="pay is busy"),)),
    ]
    assert len(consensus(named).causes) == 2
    assert len(consensus(named, similar=lambda one, other: 0.9).causes) == 1


def test_what_is_not_a_number_is_ignored() -> None:
    odd = says("changes", ("pay", "code", math.nan), change=SHA, no_change=math.inf)
    found = consensus([says("metrics", ("pay", "cpu", 3)), odd, says("logs", no_change=math.nan)])
    assert found.no_change == 0.0
    assert [one.entity for one in found.causes] == ["pay"]
    assert math.isfinite(found.causes[0].probability)


def test_isotonic_says_nothing_of_what_has_no_support() -> None:
    outcomes = [(0.4 + at / 100, at % 2 == 0) for at in range(50)]
    assert isotonic(outcomes, 0.0) == 0.0
    assert isotonic(outcomes, 0.1) < 0.2


def test_isotonic_is_monotone() -> None:
    outcomes = [(at / 100, (at * 7919) % 100 < at) for at in range(100)]
    fitted = [isotonic(outcomes, at / 50) for at in range(50)]
    assert fitted == sorted(fitted)


def test_what_would_tell_two_causes_apart() -> None:
    found = consensus([says("metrics", ("pay", "latency", 3), ("cart", "latency", 3))])
    assert found.tells_apart
    assert any("`cart`" in sentence and "`pay`" in sentence for sentence in found.tells_apart)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_said_the_answer_is_whole(seed: int) -> None:
    """Diagnoses at random, with absurd numbers among them, and outcomes at random."""
    rng = random.Random(seed)
    odds = (math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0, *(rng.gauss(0, 3) for _ in range(8)))
    views: tuple[DataView, ...] = ("metrics", "logs", "changes", "topology", "model")
    faults: tuple[FaultClass, ...] = ("cpu", "memory", "errors", "latency", "code", "unknown")
    diagnoses = [
        Diagnosis(
            f"agent-{at}", rng.choice(views),
            tuple(
                Hypothesis(rng.choice(("pay", "pay/1", "cart", "", "a/b/c")), rng.choice(faults), rng.choice(odds),
                           change=rng.choice(("", SHA, "b" * 40)))
                for _ in range(rng.randrange(6))
            ),
            abstained=rng.choice(("", "", "", "There is no data.")), no_change=rng.choice((None, *odds)),
            healthy=rng.random() < 0.3, based_on=rng.choice(((), ("metrics",))),
        )
        for at in range(rng.randrange(7))
    ]  # fmt: skip
    outcomes = tuple((rng.random(), rng.random() < 0.8) for _ in range(rng.choice((0, 29, 30, 300))))
    found = consensus(diagnoses, Calibration(outcomes))
    assert all(math.isfinite(one.probability) and 0 <= one.probability <= 1 for one in found.causes)
    assert sum(one.probability for one in found.causes) <= 1.001
    assert found.act == (not found.why_not)
    assert math.isfinite(found.no_change)
    if found.act:
        assert found.causes[0].probability >= 0.7
        assert len({*found.causes[0].views} - {"model"}) >= 2
    after = verified(found, SHA, "Its tests fail with it and pass without it.")
    assert sum(one.probability for one in after.causes) <= 1.001
    assert consensus(list(reversed(diagnoses)), Calibration(outcomes)).causes == found.causes

"""The scorecard of incidents: generated data is whole and repeatable, and what it counts is counted rightly."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from activities.incidents.types import ConsensusResult, RankedCause
from benchmarks.incidents.__main__ import main
from benchmarks.incidents.cases import KINDS, NO_CHANGE, CaseAnswer, FaultKind
from benchmarks.incidents.generator import generated
from benchmarks.incidents.scorecard import CaseOutcome, outcome, scorecard

SMALL = (5, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_the_same_for_the_same_seed(kind: FaultKind) -> None:
    one, again, other = (generated(kind, seed, SMALL, 400).data for seed in (3, 3, 4))
    assert one.metrics
    assert again.metrics
    assert one.metrics.values.tobytes() == again.metrics.values.tobytes()
    assert one.metrics.values.shape == (len(one.metrics.series), len(one.metrics.times))
    assert one.logs
    assert again.logs
    assert one.logs.lines.equals(again.logs.lines)
    assert one.changes == again.changes
    assert one.scope != other.scope


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_has_an_answer_that_its_data_can_show(kind: FaultKind) -> None:
    case = generated(kind, 7, SMALL, 400)
    assert case.answer.entities <= {*case.data.scope.services}
    assert case.answer.changes <= {one.id for one in case.data.changes or ()}
    assert not (kind in NO_CHANGE and case.answer.changes)
    if kind in NO_CHANGE:
        near = [one for one in case.data.changes or () if case.data.scope.onset - one.at <= 1800]
        assert near, "an innocent change is near"


def test_clear_faults_are_found_and_nobody_is_convicted_for_noise() -> None:
    """A few seeds of each; `docs/incident-benchmarks.md` has many."""
    clear: tuple[FaultKind, ...] = ("cpu", "latency", "error", "bad_deployment")
    found = [outcome(generated(kind, seed, (5, 12), 2000)) for kind in clear for seed in range(2)]
    assert scorecard(found).top_1 >= 0.75
    quiet = [outcome(generated("noise_only", seed, (5, 12), 2000)) for seed in range(3)]
    assert not any(one.said.act for one in quiet)


def test_what_counts_as_right_and_as_a_false_conviction() -> None:
    case = replace(generated("noise_only", 1, SMALL, 100), answer=CaseAnswer(frozenset({"pay"}), frozenset({"a"})))
    innocent = replace(case, answer=CaseAnswer(frozenset({"pay"})))

    def said(entity: str, change: str, *, act: bool = True) -> ConsensusResult:
        return ConsensusResult((RankedCause(entity, "code", 0.8, change),), act)

    right = CaseOutcome(case, (), said("pay/pay-1", "a"), 1.0)
    wrong_change = CaseOutcome(innocent, (), said("pay", "b"), 1.0)
    wrong_service = CaseOutcome(innocent, (), said("cart", ""), 1.0)
    silent = CaseOutcome(innocent, (), said("cart", "", act=False), 1.0)
    card = scorecard([right, wrong_change, wrong_service, silent])
    assert (card.top_1, card.coverage, card.culprits) == (0.5, 0.75, 1.0)
    assert card.precision == pytest.approx(1 / 3)
    assert card.false_convictions == pytest.approx(2 / 3)


def test_the_command_prints_a_table() -> None:
    shown = CliRunner().invoke(main, ["--seeds", "1", "--kind", "noise_only", "--no-speed", "--markdown"])
    assert "| noise only | 1 |" in shown.output
    assert shown.exit_code == 1, "one quiet case meets no goal of precision"

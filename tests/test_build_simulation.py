"""The simulation of strategies agrees with what can be calculated, and its page says what it prints."""

import math
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks.build.assumptions import Assumptions
from benchmarks.build.candidates_model import StrategyOutcome, simulate_attempts
from benchmarks.build.plans_model import joined_beside, scheduled, simulate_plans
from benchmarks.build.simulation import RATES, Simulation, main
from tests.doc_tables import ROOT

# Independent attempts, tests that are always right, no time for planning, nothing paid but attempts.
PLAIN = Assumptions(
    dollars=1.0, alike=0.0, accepts_wrong=0.0, rejects_right=0.0, fixed_dollars=0.0, conflict=0.0, planning_minutes=0.0,
    planning_dollars=0.0,
)  # fmt: skip
ISSUES, PLANS = 20_000, 4000
MOST = 5
RATE_ERROR = 0.015
"""Four standard errors of a share of 20,000 issues."""


def near(value: float, part: float = 0.02) -> object:
    return pytest.approx(value, rel=part)


def rates(outcomes: tuple[StrategyOutcome, ...]) -> list[float]:
    return [one.right for one in outcomes]


@pytest.mark.parametrize("solve_rate", [0.3, 0.6, 0.9])
def test_independent_attempts_all_fail_as_often_as_chance_says(solve_rate: float) -> None:
    found = simulate_attempts(PLAIN, solve_rate, MOST, ISSUES, 7)
    expected = [1 - (1 - solve_rate) ** count for count in range(1, MOST + 1)]
    assert rates(found.at_once) == pytest.approx(expected, abs=RATE_ERROR)
    assert rates(found.in_turn) == pytest.approx(expected, abs=RATE_ERROR)
    assert [one.dollars for one in found.at_once] == [1, 2, 3, 4, 5]
    assert [one.dollars for one in found.in_turn] == [near(one / solve_rate) for one in expected]
    assert [one.minutes for one in found.in_turn] == [near(8 * one / solve_rate) for one in expected]
    assert {one.wrong for one in (*found.at_once, *found.in_turn)} == {0}


@pytest.mark.parametrize("solve_rate", [0.3, 0.6])
@pytest.mark.parametrize("alike", [0.2, 0.6, 0.9])
def test_attempts_that_are_alike_fail_together(solve_rate: float, alike: float) -> None:
    found = simulate_attempts(replace(PLAIN, alike=alike), solve_rate, MOST, ISSUES, 7)
    a, b = (solve_rate * (1 - alike) / alike, (1 - solve_rate) * (1 - alike) / alike)
    none = [math.prod((b + one) / (a + b + one) for one in range(count)) for count in range(1, MOST + 1)]
    assert rates(found.at_once) == pytest.approx([1 - one for one in none], abs=RATE_ERROR)
    both = 2 * found.at_once[0].right - found.at_once[1].right
    assert (both - solve_rate**2) / (solve_rate * (1 - solve_rate)) == pytest.approx(alike, abs=0.05)


def test_attempts_that_are_all_the_same_bring_nothing() -> None:
    found = simulate_attempts(replace(PLAIN, alike=1.0), 0.4, MOST, ISSUES, 7)
    assert len(set(rates(found.at_once))) == 1
    assert found.at_once[0].right == pytest.approx(0.4, abs=RATE_ERROR)
    assert [one.dollars for one in found.in_turn] == [near(0.4 + 0.6 * count) for count in range(1, MOST + 1)]


def test_tests_that_are_sometimes_wrong_let_wrong_changes_through_and_keep_right_ones_back() -> None:
    given = replace(PLAIN, accepts_wrong=0.2, rejects_right=0.1, fixed_dollars=2.0)
    found = simulate_attempts(given, 0.5, MOST, ISSUES, 7)
    passes = 0.5 * 0.9 + 0.5 * 0.2
    some = [1 - (1 - passes) ** count for count in range(1, MOST + 1)]
    for side in (found.at_once, found.in_turn):
        assert rates(side) == pytest.approx([0.45 / passes * one for one in some], abs=RATE_ERROR)
        assert [one.wrong for one in side] == pytest.approx([0.1 / passes * one for one in some], abs=RATE_ERROR)
    assert [one.dollars for one in found.in_turn] == [near(2 + one / passes) for one in some]
    assert found.at_once[1].dollars_each == near(4 / (0.45 / passes * some[1]))
    assert found.at_once[1].dollars_with_person(10) == near(4 + 10 * (1 - 0.45 / passes * some[1]))


def test_where_wrong_changes_are_much_larger_a_right_one_is_always_chosen() -> None:
    given = replace(PLAIN, accepts_wrong=1.0, wrong_size=1e9)
    found = simulate_attempts(given, 0.4, MOST, ISSUES, 7)
    assert rates(found.at_once) == pytest.approx([1 - 0.6**count for count in range(1, MOST + 1)], abs=RATE_ERROR)
    assert rates(found.in_turn) == pytest.approx([0.4] * MOST, abs=RATE_ERROR)


@pytest.mark.parametrize("spread", [0.3, 0.8])
def test_the_slowest_of_several_takes_as_long_as_the_distribution_says(spread: float) -> None:
    found = simulate_attempts(replace(PLAIN, spread=spread), 0.5, MOST, ISSUES, 7)
    assert [one.minutes for one in found.at_once] == [near(slowest(8, spread, count)) for count in range(1, MOST + 1)]


def slowest(mean: float, spread: float, count: int) -> float:
    """The mean of the largest of `count` log-normal numbers: the integral of 1 - F(x)^count."""
    middle, step = math.log(mean) - spread**2 / 2, mean / 400
    below = (
        0.5 * (1 + math.erf((math.log((at + 0.5) * step) - middle) / spread / math.sqrt(2))) for at in range(40_000)
    )
    return sum((1 - one**count) * step for one in below)


def test_tasks_without_a_common_file_take_as_long_as_the_slowest() -> None:
    found = simulate_plans(replace(PLAIN, workers=4), 4, 0.0, PLANS, 7)
    assert found.serial_minutes == near(4 * 8)
    assert found.parallel_minutes == near(slowest(8, 0.5, 4))
    assert [found.serial_dollars, found.parallel_dollars] == [near(4), near(4)]
    assert found.again == 0


def test_tasks_that_all_share_a_file_take_as_long_as_in_sequence_and_planning_more() -> None:
    given = replace(PLAIN, planning_minutes=1.0, planning_dollars=0.1, conflict=1.0)
    found = simulate_plans(given, 5, 1.0, PLANS, 7)
    assert found.parallel_minutes == pytest.approx(found.serial_minutes + 5)
    assert found.parallel_dollars == pytest.approx(found.serial_dollars + 0.5)
    assert found.again == 0


def test_one_worker_gains_nothing_and_has_no_conflict() -> None:
    found = simulate_plans(replace(PLAIN, workers=1, conflict=1.0), 5, 0.3, PLANS, 7)
    assert [found.minutes_ratio, found.dollars_ratio] == pytest.approx([1, 1])


@pytest.mark.parametrize("overlap", [0.2, 0.7])
def test_two_tasks_are_in_sequence_as_often_as_they_share_a_file(overlap: float) -> None:
    found = simulate_plans(PLAIN, 2, overlap, PLANS, 7)
    assert found.parallel_minutes == near(overlap * 16 + (1 - overlap) * slowest(8, 0.5, 2))


@pytest.mark.parametrize("conflict", [0.1, 0.5, 1.0])
def test_what_does_not_join_is_done_again(conflict: float) -> None:
    """Four tasks that end at the same moment: the second joins with one, the third with two, the fourth with three."""
    found = simulate_plans(replace(PLAIN, workers=4, spread=0.0, conflict=conflict), 4, 0.0, PLANS, 7)
    again = sum(1 - (1 - conflict) ** beside for beside in range(4))
    assert found.again == near(again, 0.05)
    assert found.parallel_minutes == near(8 + 8 * again, 0.05)
    assert found.parallel_dollars == near(4 + again, 0.05)
    assert found.saved(60) == near(32 - 8 - 8 * again - again, 0.2)


def test_a_free_worker_takes_the_first_task_whose_needs_are_done() -> None:
    ran = scheduled([4, 1, 1, 2], [set(), set(), {0}, {1}], 2)
    assert ran == [(0, 4), (0, 1), (4, 5), (1, 3)]
    assert joined_beside(ran) == [2, 0, 0, 0]


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    first, again, other = (simulate_attempts(Assumptions(), 0.5, 3, 500, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "argv",
    [
        ["--alike", "1.5"],
        ["--accepts-wrong", "-0.1"],
        ["--minutes", "0"],
        ["--workers", "1.5"],
        ["--dollars", "inf"],
        ["--dollars", "nan"],
        ["--solve-rate", "2"],
    ],
)
def test_impossible_numbers_are_refused_with_a_sentence(argv: list[str]) -> None:
    done = CliRunner().invoke(main, argv)
    assert done.exit_code == 2
    assert "Error: " in done.output
    assert "Traceback" not in done.output


def test_the_page_has_every_table_and_no_number_of_its_own() -> None:
    page = (ROOT / "docs" / "strategies.md").read_text("utf-8")
    printed = CliRunner().invoke(main, ["--markdown"]).output
    blocks = re.findall(r"<!-- table: \w+ -->\n.*?<!-- /table -->", page, re.DOTALL)
    assert len(blocks) == len(Simulation().tables())
    assert [one for one in blocks if one not in printed] == []
    prose = re.sub(r"<!-- table.*?<!-- /table -->|```.*?```|`[^`]*`", "", page, flags=re.DOTALL)
    assert re.findall(r"\d+", prose) == []


def test_the_page_says_what_the_tables_show() -> None:
    """Its sentences, held to the numbers of the assumptions beside them."""
    given = Assumptions()
    found = {rate: Simulation().strategies(rate) for rate in RATES}
    assert all(min(one.at_once, key=lambda each: each.dollars_each) is one.at_once[0] for one in found.values())
    assert all(one.in_turn[2].dollars < one.at_once[2].dollars for one in found.values())
    assert found[0.3].in_turn[2].minutes > found[0.3].at_once[2].minutes
    assert found[0.9].in_turn[2].minutes < found[0.9].at_once[2].minutes
    alike = Simulation(replace(given, alike=0.8)).strategies(0.5), Simulation(replace(given, alike=0.2)).strategies(0.5)
    assert alike[0].at_once[4].right < alike[1].at_once[2].right, "five alike ones bring less than three others"
    weak = Simulation(replace(given, accepts_wrong=0.3)).strategies(0.5).at_once
    assert weak[2].wrong > weak[0].wrong
    plans = [Simulation().plan(tasks, overlap) for tasks in (2, 6) for overlap in (0.0, 0.4)]
    assert all(one.dollars_ratio > 1 and one.minutes_ratio < 0.9 for one in plans)

"""What a repository's agents may spend. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.budgets.account import at, reserved, settled, view
from activities.budgets.types import BudgetCaps, BudgetGrant, HeldBudget, ReserveBudgetInput
from activities.model import RepoRef

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CAPS = BudgetCaps(issue=10.0, month=15.0)
REPO = RepoRef("octocat", "hello", 5)


def ask(run: str, dollars: float, number: int = 1, caps: BudgetCaps = CAPS) -> ReserveBudgetInput:
    return ReserveBudgetInput(REPO, run, number, dollars, caps, seconds=60)


def after(*runs: ReserveBudgetInput) -> HeldBudget:
    held = HeldBudget()
    for run in runs:
        held, _ = reserved(held, run, NOW)
    return held


@pytest.mark.parametrize(
    ("before", "wanted", "granted"),
    [
        ((), ask("a", 3), 3.0),
        ((), ask("a", 30), 10.0),  # what is left
        ((ask("a", 8),), ask("b", 3), 2.0),
        ((ask("a", 8),), ask("b", 9, number=2), 7.0),  # what is left in the month
        ((ask("a", 10),), ask("b", 3), 0.0),
        ((ask("a", 10), ask("b", 5, number=2)), ask("c", 3, number=3), 0.0),
        ((ask("a", 8),), ask("a", 8), 8.0),  # the same run again
        ((ask("a", 10),), ask("a", 3), 10.0),
        ((), ask("a", 3, caps=BudgetCaps(0.0, 15.0)), 0.0),
        ((), ask("a", 0.0), 0.0),
    ],
)
def test_what_a_run_may_spend(
    before: tuple[ReserveBudgetInput, ...], wanted: ReserveBudgetInput, granted: float
) -> None:
    held, grant = reserved(after(*before), wanted, NOW)
    assert (grant.dollars, bool(grant.refusal)) == (granted, not granted)
    assert view(held, wanted.number, wanted.caps, NOW).month_reserved <= CAPS.month


def test_what_was_not_spent_is_there_again() -> None:
    held = settled(after(ask("a", 10)), "a", 1.5, NOW)
    assert settled(held, "a", 9.0, NOW) == held  # the first one counts
    assert settled(held, "never reserved", 9.0, NOW) == held
    assert reserved(held, ask("a", 10), NOW) == (replace(held, caps=CAPS), BudgetGrant(10.0))  # known, and paid for
    held, grant = reserved(held, ask("b", 10), NOW)
    assert grant == BudgetGrant(8.5)
    seen = view(held, 1, CAPS, NOW)
    assert (seen.spent, seen.reserved, seen.month_spent, seen.month_reserved) == (1.5, 8.5, 1.5, 8.5)


def test_a_run_of_which_nothing_is_heard_has_spent_all() -> None:
    held, later = after(ask("a", 10)), NOW + timedelta(seconds=61)
    assert view(held, 1, CAPS, later).spent == 10.0
    assert not reserved(held, ask("b", 1), later)[1].dollars
    late = settled(at(held, later), "a", 2.0, later + timedelta(days=30))  # in another month
    assert (view(late, 1, CAPS, later).spent, late.spent) == (2.0, 0.0)
    assert settled(settled(held, "a", 2.0, later), "a", 3.0, later).by_number == {1: 2.0}


def test_a_month_begins_with_nothing_spent() -> None:
    held = settled(after(ask("a", 10)), "a", 10.0, NOW)
    assert reserved(held, ask("b", 9, number=2), NOW)[1].dollars == 5.0
    next_month = datetime(2026, 12, 1, tzinfo=UTC)
    assert reserved(held, ask("b", 9, number=2), next_month)[1].dollars == 9.0
    assert not reserved(held, ask("b", 9), next_month)[1].dollars  # an issue has no months
    assert view(held, 1, CAPS, next_month).month_spent == 0.0


def test_a_person_sets_the_cap_of_one_issue() -> None:
    held = replace(after(ask("a", 10)), raised={1: 12.0})
    assert reserved(held, ask("b", 9), NOW)[1].dollars == 2.0
    _, refused = reserved(replace(held, raised={1: 5.0}), ask("b", 9), NOW)
    assert "of $5.00 for #1" in refused.refusal

"""The arithmetic of a repository's budget. Pure: what is held, and a moment, give what may be spent and what is held
then.

What a run may still spend is reserved, so that runs side by side cannot spend more than there is together.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from activities.budgets.types import (
    LEAST,
    BudgetCaps,
    BudgetGrant,
    HeldBudget,
    MoneyReserved,
    ReserveBudgetInput,
    SettledRun,
)
from activities.reporting import budgets as texts
from activities.reporting.budgets import BudgetView

_SETTLED_KEPT = 1000

R = TypeVar("R")


def at(held: HeldBudget, now: datetime) -> HeldBudget:
    """The same at this moment: another month begins with nothing spent, and reservations that ended are spent."""
    month = f"{now:%Y-%m}"
    if month > held.month:
        held = replace(held, month=month, spent=0.0)
    over = {run: one for run, one in held.reservations.items() if one.ends <= now.timestamp()}
    for run, one in over.items():
        held = _counted(held, run, SettledRun(one.number, one.dollars, one.dollars, held.month, assumed=True))
    return held


def reserved(held: HeldBudget, wanted: ReserveBudgetInput, now: datetime) -> tuple[HeldBudget, BudgetGrant]:
    """What is held then, and what the run may spend. A run that asks again gets what it got."""
    held = replace(at(held, now), caps=wanted.caps)
    if known := held.reservations.get(wanted.run):
        return held, BudgetGrant(known.dollars)
    if settled := held.settled.get(wanted.run):
        return held, BudgetGrant(settled.granted)
    seen = view(held, wanted.number, wanted.caps, now)
    left = seen.cap - seen.spent - seen.reserved
    left_in_month = seen.month_cap - seen.month_spent - seen.month_reserved
    dollars = round(min(wanted.dollars, left, left_in_month), 6)
    if dollars < LEAST:
        refusal = texts.spent(seen, wanted.number) if left <= left_in_month else texts.spent_in_month(seen)
        return held, BudgetGrant(refusal=refusal)
    reservation = MoneyReserved(wanted.number, dollars, now.timestamp() + wanted.seconds)
    return replace(held, reservations={**held.reservations, wanted.run: reservation}), BudgetGrant(dollars)


def settled(held: HeldBudget, run: str, dollars: float, now: datetime) -> HeldBudget:
    """The first settlement of a run counts; of one that came too late it replaces what was assumed."""
    held = at(held, now)
    dollars = max(dollars, 0.0)
    if reservation := held.reservations.get(run):
        return _counted(held, run, SettledRun(reservation.number, reservation.dollars, dollars, held.month))
    before = held.settled.get(run)
    if before is None or not before.assumed:
        return held
    held = _add(held, before.number, -before.dollars, before.month)
    return _counted(held, run, replace(before, dollars=dollars, assumed=False))


def view(held: HeldBudget, number: int, caps: BudgetCaps, now: datetime) -> BudgetView:
    """What is spent and may be spent at this moment."""
    held = at(held, now)
    open_runs = held.reservations.values()
    return BudgetView(
        spent=held.by_number.get(number, 0.0),
        reserved=sum(one.dollars for one in open_runs if one.number == number),
        cap=held.raised.get(number, caps.issue),
        raised=number in held.raised,
        month_spent=held.spent,
        month_reserved=sum(one.dollars for one in open_runs),
        month_cap=caps.month,
    )


def _counted(held: HeldBudget, run: str, settled: SettledRun) -> HeldBudget:
    held = _add(held, settled.number, settled.dollars, settled.month)
    known = {**_without(held.settled, run), run: settled}
    newest = dict(list(known.items())[-_SETTLED_KEPT:])
    return replace(held, reservations=_without(held.reservations, run), settled=newest)


def _add(held: HeldBudget, number: int, dollars: float, month: str) -> HeldBudget:
    spent = held.by_number.get(number, 0.0) + dollars
    of_month = dollars if month == held.month else 0.0
    return replace(held, spent=max(held.spent + of_month, 0.0), by_number={**held.by_number, number: max(spent, 0.0)})


def _without(runs: Mapping[str, R], run: str) -> dict[str, R]:
    return {name: one for name, one in runs.items() if name != run}

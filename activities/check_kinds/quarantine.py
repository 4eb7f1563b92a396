"""Tests that the configuration holds in quarantine: which entries count on a day, and which tests they mean. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from activities.model import CheckPlan, GatePlan

_LONGEST = timedelta(days=366)


def on_day(plan: GatePlan, today: date) -> GatePlan:
    """The plan, whose quarantine holds only what counts on that day; the rest is apart, as `quarantine_over`."""
    last = (today + _LONGEST).isoformat()

    def dated(check: CheckPlan) -> CheckPlan:
        entries = check.judging.get("quarantine") or ()
        if not entries:
            return check
        counts = [each for each in entries if today.isoformat() <= each["until"] <= last]
        over = [each for each in entries if each not in counts]
        return replace(check, judging={**check.judging, "quarantine": counts, "quarantine_over": over})

    return replace(plan, checks=tuple(map(dated, plan.checks)))


def entry_of(entries: Iterable[Mapping[str, Any]], test: str) -> Mapping[str, Any] | None:
    """The entry for a test: by its name, or by its name without parameters."""
    return next((each for each in entries if test == each["test"] or test.startswith(f"{each['test']}[")), None)

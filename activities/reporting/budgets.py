"""Sentences about what agents may spend."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BudgetView:
    """Of one issue or pull request: what was spent for it and what runs may still spend, its cap, and the same for the
    repository in this month. `raised`: a person set the cap."""

    spent: float = 0.0
    reserved: float = 0.0
    cap: float = 0.0
    raised: bool = False
    month_spent: float = 0.0
    month_reserved: float = 0.0
    month_cap: float = 0.0


def spent(view: BudgetView, number: int) -> str:
    """Why no agent is started: the budget of the issue or pull request."""
    return (
        f"No agent was started: of ${view.cap:.2f} for #{number}, ${view.spent:.2f} are spent"
        f"{_reserved(view.reserved)}. A maintainer can raise that: `/budget {_more(view)}`."
    )


def spent_in_month(view: BudgetView) -> str:
    """Why no agent is started: the repository's budget."""
    return (
        f"No agent was started: of ${view.month_cap:.2f} for this repository in a month, ${view.month_spent:.2f} are "
        f"spent{_reserved(view.month_reserved)}. Wait for the next month, or let whoever runs this deployment raise it."
    )


def overview(view: BudgetView, number: int) -> list[str]:
    """The answer to `/budget`."""
    raised = ", set by `/budget`" if view.raised else ""
    return [
        f"Agents have spent ${view.spent:.2f} of ${view.cap:.2f} for #{number}{raised}{_reserved(view.reserved)}.",
        f"In this month it is ${view.month_spent:.2f} of ${view.month_cap:.2f} for the repository"
        f"{_reserved(view.month_reserved)}.",
    ]


def _reserved(dollars: float) -> str:
    return f", and ${dollars:.2f} more are reserved for agents at work" if dollars >= 0.005 else ""


def _more(view: BudgetView) -> int:
    """An example that helps: more than is spent and the cap."""
    return int(max(view.cap, view.spent + view.reserved)) + 10

"""What is said of fixes by an agent."""

from collections.abc import Sequence

from activities.reporting.markdown import code, escape_markdown

HEADLINE = "Fix findings of the gate"
_ENDINGS = {
    "empty": "changed nothing",
    "gave_up": "gave up",
    "out_of_money": "reached its limit of money",
    "out_of_steps": "reached its limit of steps",
    "out_of_time": "reached its limit of time",
    "stuck": "repeated itself",
    "format_errors": "gave answers that could not be read",
    "refused_by_model": "declined the task",
    "backend_failed": "could not be used",
    "stopped": "was stopped",
}


def ended(ending: str, explanation: str) -> str:
    """A run that left nothing to use."""
    return f"The agent {_ENDINGS.get(ending, 'left nothing')}. {escape_markdown(explanation, 300)}".strip()


def refused(sentences: Sequence[str]) -> str:
    """A change that is never pushed."""
    return f"The agent's change was refused: {' '.join(escape_markdown(one, 300) for one in sentences[:5])}"


def worse(checks: Sequence[str]) -> str:
    """A change that does not pass."""
    return f"The agent's change was not committed: it would make {', '.join(map(code, checks))} worse."


def by(model: str, findings: int, dollars: float) -> str:
    """A line of the commit's message."""
    return f"an agent ({model}): {findings} finding{'' if findings == 1 else 's'}, ${dollars:.2f}"

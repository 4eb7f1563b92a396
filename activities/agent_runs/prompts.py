"""The prompts of roles: files of `activities/agents/prompts/`, shown by `autobuild list prompts`."""

from functools import cache
from pathlib import Path

from activities.agent_runs.types import ROLES, Role

FOLDER = Path(__file__).parents[1] / "agents" / "prompts"


@cache
def prompt(role: Role) -> str:
    """What stands before the task of an agent in this role."""
    return (FOLDER / f"{role}.md").read_text(encoding="utf-8")


def prompts() -> dict[Role, str]:
    """All of them."""
    return {role: prompt(role) for role in ROLES}


def fenced_protocol(*, writes: bool) -> str:
    """How a model without tool calls says what it does."""
    names = ("fenced_looking", "fenced_writing") if writes else ("fenced_looking",)
    return "\n".join((FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in names)

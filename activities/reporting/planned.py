"""What a gate would do, as far as the repository's files say it: for whoever shows or proposes it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlannedProject:
    """`environment` are the steps that install it."""

    folder: str
    language: str
    environment: tuple[str, ...]


@dataclass(frozen=True)
class PlannedTool:
    """`asked_in` is "" for a tool that only informs; `command` is what is started, as far as the repository says it,
    and `learnt_in` where it says so; `version` is the repository's own, "" where it names none."""

    check: str
    folder: str
    tool: str
    version: str
    asked_in: str
    command: str
    learnt_in: str


@dataclass(frozen=True)
class Explanation:
    """`skipped` is check → why nothing answers it; `not_understood` are sentences."""

    projects: tuple[PlannedProject, ...]
    tools: tuple[PlannedTool, ...]
    skipped: dict[str, str]
    not_understood: tuple[str, ...]

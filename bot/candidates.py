"""Which strategy wins: what became of the attempts at the tasks of planned changes, by repository and strategy."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from activities.planned_changes.types import CandidateResult, PRResult
from bot.client import EndedWorkflow

WORKFLOW = "PlanPatchPRWorkflow"

_ID = re.compile(r"plan-patch-pr:([^#]+)#\d+")
_HEAD = ("repository", "strategy", "attempts", "passed", "chosen", "mean $", "mean lines")


@dataclass(frozen=True)
class StrategyRow:
    """What one strategy did in one repository (`owner/name`). The means are of the attempts that passed, None where
    none did."""

    repository: str
    strategy: str
    attempts: int
    passed: int
    chosen: int
    mean_dollars: float | None
    mean_lines: float | None


def strategy_rows(ended: Iterable[EndedWorkflow[PRResult]]) -> list[StrategyRow]:
    """By repository; in each the strategy first that was chosen most often."""
    attempts: dict[tuple[str, str], list[CandidateResult]] = defaultdict(list)
    for run in ended:
        found = _ID.fullmatch(run.workflow_id)
        for task in run.result.tasks:
            repository = task.repository or (found[1] if found else run.workflow_id)
            for candidate in task.candidates:
                attempts[repository, candidate.strategy].append(candidate)
    rows = [_row(repository, strategy, of_it) for (repository, strategy), of_it in attempts.items()]
    return sorted(rows, key=lambda row: (row.repository, -row.chosen, -row.passed, row.strategy))


def _row(repository: str, strategy: str, attempts: Sequence[CandidateResult]) -> StrategyRow:
    passed = [one for one in attempts if one.passed]
    count = len(passed)
    return StrategyRow(
        repository,
        strategy,
        attempts=len(attempts),
        passed=count,
        chosen=sum(one.chosen for one in attempts),
        mean_dollars=sum(one.dollars for one in passed) / count if count else None,
        mean_lines=sum(one.lines for one in passed) / count if count else None,
    )


def table(rows: Sequence[StrategyRow]) -> list[str]:
    """Lines for a terminal."""
    if not rows:
        return ["No planned change has ended, as far as Temporal still knows."]
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    return ["  ".join(_aligned(line, widths)).rstrip() for line in cells]


def _cells(row: StrategyRow) -> tuple[str, ...]:
    dollars = "-" if row.mean_dollars is None else f"{row.mean_dollars:.2f}"
    lines = "-" if row.mean_lines is None else f"{row.mean_lines:.0f}"
    return row.repository, row.strategy, str(row.attempts), str(row.passed), str(row.chosen), dollars, lines


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, numbers to the right."""
    return [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]

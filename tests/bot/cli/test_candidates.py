"""`autobuild list candidates`: which strategy wins in planned changes."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio import workflow

from activities.planned_changes.types import CandidateResult, PRResult, TaskResult
from bot.candidates import StrategyRow, strategy_rows, table
from bot.client import EndedWorkflow
from tests.bot.cli.test_workflows import autobuild
from tests.deadlines import until
from tests.stack import Stack, make_stack
from workflows import ids


def attempt(strategy: str, *, passed: bool = True, chosen: bool = False, dollars: float = 1.0, lines: int = 10) -> Any:
    return CandidateResult(1, strategy, passed, dollars=dollars, lines=lines, chosen=chosen)


def ended(number: int, *attempts: CandidateResult, repository: str = "") -> EndedWorkflow[PRResult]:
    tasks = (TaskResult("a", "A task", candidates=attempts, repository=repository), TaskResult("b", "Another"))
    return EndedWorkflow(ids.plan_patch_pr("octocat/hello", number), PRResult("ready", tasks=tasks))


RUNS = [
    ended(1, attempt("cheap", chosen=True), attempt("dear", dollars=3.0, lines=30)),
    ended(2, attempt("cheap", passed=False, dollars=9.0), attempt("dear", chosen=True, dollars=4.0, lines=50)),
    ended(3, attempt("cheap", passed=False), attempt("dear", chosen=True, dollars=2.0, lines=10)),
    ended(4, attempt("cheap", passed=False), repository="example/other"),
    ended(5),
]
ROWS = [
    StrategyRow("example/other", "cheap", 1, 0, 0, None, None),
    StrategyRow("octocat/hello", "dear", 3, 3, 2, 3.0, 30.0),
    StrategyRow("octocat/hello", "cheap", 3, 1, 1, 1.0, 10.0),
]


def test_the_strategy_that_wins_is_first() -> None:
    assert strategy_rows(RUNS) == ROWS
    assert strategy_rows([]) == []


def test_the_table_is_aligned() -> None:
    assert table(ROWS) == [
        "repository     strategy  attempts  passed  chosen  mean $  mean lines",
        "example/other  cheap            1       0       0       -           -",
        "octocat/hello  dear             3       3       2    3.00          30",
        "octocat/hello  cheap            3       1       1    1.00          10",
    ]
    assert table([]) == ["No planned change has ended, as far as Temporal still knows."]


@workflow.defn(sandboxed=False)
class PlanPatchPRWorkflow:
    """Ends at once with its argument."""

    @workflow.run
    async def run(self, result: Any) -> Any:
        return result


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("stack"), (PlanPatchPRWorkflow,)) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
async def test_ended_runs_are_summed_up(stack: Stack) -> None:
    code, out, _ = await autobuild(stack, "list", "candidates")
    assert (code, out) == (0, "No planned change has ended, as far as Temporal still knows.\n")
    results: dict[str, Any] = {one.workflow_id: one.result for one in RUNS}
    results[ids.plan_patch_pr("octocat/hello", 6)] = {"state": 5, "tasks": "of another version"}
    for id, result in results.items():
        await stack.temporal.execute_workflow("PlanPatchPRWorkflow", result, id=id, task_queue=ids.TASK_QUEUE)

    async def all_listed() -> bool:
        listed = await stack.workflows.list_ended("PlanPatchPRWorkflow", PRResult)
        return len(listed.found) + listed.unreadable == len(results)

    await until(all_listed)
    _, out, _ = await autobuild(stack, "list", "candidates")
    assert out.splitlines()[:4] == table(ROWS)
    code, out, _ = await autobuild(stack, "list", "candidates", "--json")
    document = json.loads(out)
    assert (code, document["runs"], document["unreadable"]) == (0, 5, 1)
    assert [StrategyRow(**row) for row in document["strategies"]] == ROWS

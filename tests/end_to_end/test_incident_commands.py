"""`/incident`, and `/approve`, `/rollback`, `/cancel` and `/stop` on an incident's issue: the whole way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus

from activities.github.incident_commands import incident_mark
from activities.incidents import command_texts as texts
from activities.incidents.types import Alert, IncidentInput
from activities.planned_changes import command_texts as planned_texts
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.incident_workflows import WITH_INCIDENTS, IncidentSwarmWorkflow
from tests.end_to_end.repos import configured
from tests.end_to_end.test_labels import state
from tests.stack import Stack, make_stack
from workflows import ids

BOT = "autobuild[bot]"

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stack_with_incidents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("incidents"), WITH_INCIDENTS) as made:
        yield made


@pytest.fixture
def stack(shared_stack_with_incidents: Stack) -> Stack:
    shared_stack_with_incidents.begin_test()
    return shared_stack_with_incidents


async def issue(stack: Stack) -> tuple[str, int, str]:
    """(repository, number, id of its incident) of an issue without labels."""
    repo = await stack.repository(configured())
    number = stack.github.issues.open_issue(repo, "Checkout is slow").number
    return repo, number, ids.incident_of_issue(repo, number)


async def query(stack: Stack, id: str, name: str) -> Any:
    return await stack.temporal.get_workflow_handle(id).query(name)


async def heard(stack: Stack, id: str, count: int) -> list[list[str]]:
    async def enough() -> list[list[str]]:
        found: list[list[str]] = await query(stack, id, "heard")
        return found if len(found) >= count else []

    return await until(enough)


async def test_a_comment_starts_one_incident_which_approve_and_rollback_reach(stack: Stack) -> None:
    repo, number, incident = await issue(stack)
    assert await stack.ask(repo, number, "/incident checkout") == ["eyes"]
    await state(stack, incident, "running")
    asked = await stack.temporal.get_workflow_handle(incident).query("asked", result_type=IncidentInput)
    assert asked.alert == Alert(
        "github", f"{repo}#{number}", f"Issue #{number}", "checkout", summary=f"Reported in #{number} by octocat.",
        starts_at=asked.asked_at, id=f"issue-{number}-{asked.asked_at:.0f}", repo=asked.repo,
    )  # fmt: skip
    assert (asked.issue, asked.actor) == (number, "octocat")
    await stack.ask(repo, number, "/incident")
    await until_said(stack, repo, number, texts.runs_already("diagnosing"))
    await stack.ask(repo, number, "/approve")
    await until_said(stack, repo, number, texts.nothing_waits("approve", "diagnosing"))
    await stack.temporal.get_workflow_handle(incident).signal("waits")
    await stack.ask(repo, number, "/approve")
    await stack.ask(repo, number, "/rollback")
    assert await heard(stack, incident, 2) == [["approve", "octocat"], ["rollback"]]
    await stack.ask(repo, number, "/stop")
    await state(stack, incident, "completed", "canceled")


async def until_said(stack: Stack, repo: str, number: int, text: str) -> None:
    await stack.until(lambda: any(text in each["body"] for each in stack.github.comments(repo, number)))


async def test_the_label_starts_an_incident_without_a_service(stack: Stack) -> None:
    repo, number, incident = await issue(stack)
    stack.github.issues.add_label(repo, number, "incident")
    await state(stack, incident, "running")
    asked = await stack.temporal.get_workflow_handle(incident).query("asked", result_type=IncidentInput)
    assert (asked.alert.service, asked.issue, asked.actor) == ("", number, "octocat")
    stack.github.issues.remove_label(repo, number, "incident")
    await state(stack, incident, "completed", "canceled")


async def test_outcomes_go_to_the_incident_and_then_to_the_monitoring(stack: Stack) -> None:
    repo, number, incident = await issue(stack)
    await stack.ask(repo, number, "/incident right")
    await until_said(stack, repo, number, texts.NONE_WAS)
    await stack.ask(repo, number, "/incident")
    await state(stack, incident, "running")
    await stack.ask(repo, number, "/incident wrong the cache was full")
    assert await heard(stack, incident, 1) == [["outcome", False, "the cache was full", "octocat"]]
    await stack.ask(repo, number, "/cancel")
    await state(stack, incident, "completed")
    await stack.ask(repo, number, "/incident right")
    await until_said(stack, repo, number, texts.NOTED_RIGHT)

    async def recorded() -> list[Any]:
        return [one for one in await query(stack, ids.monitoring(), "heard") if one.get("incident") == incident]

    assert await until(recorded) == [{"incident": incident, "right": True, "cause": "", "actor": "octocat"}]


async def test_an_issue_that_the_bot_opened_names_its_incident(stack: Stack) -> None:
    """By a mark that only counts where the incident names the issue too."""
    repo, other = [await stack.repository(configured()) for _ in range(2)]
    id = ids.incident("alertmanager", f"{{}}:{repo}")
    text = f"Errors\n{incident_mark(id)}"
    number, stolen = (stack.github.issues.open_issue(name, "Errors", text, BOT).number for name in (repo, other))
    forged = stack.github.issues.open_issue(repo, "Errors", text).number
    alert = Alert("alertmanager", f"{{}}:{repo}", "Errors")
    handle = await stack.temporal.start_workflow(
        IncidentSwarmWorkflow.run, IncidentInput(alert, issue=number, prometheus=repo), id=id,
        task_queue=stack.settings.task_queue,
    )  # fmt: skip
    await handle.signal("waits")
    for name, where in ((other, stolen), (repo, forged)):
        await stack.ask(name, where, "/approve")
        await until_said(stack, name, where, planned_texts.NONE_RUNS)
    await stack.ask(repo, number, "/approve")
    assert await heard(stack, id, 1) == [["approve", "octocat"]]
    await stack.ask(repo, number, "/stop")
    assert await stack.workflows.wait_for_result(id, WITHIN_S) == "stopped"
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_who_may_not_write_starts_nothing(stack: Stack) -> None:
    repo, number, incident = await issue(stack)
    stack.github.repositories.set_permission(repo, "reader", "read")
    assert await stack.ask(repo, number, "/incident checkout", login="reader") == ["confused"]
    assert await stack.workflows.list_workflows(f"WorkflowId = '{incident}'", limit=1) == []

"""A label on an issue starts work; taking it off stops the work."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import workflows
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.planning import PlanPatchPRWorkflow
from tests.end_to_end.repos import configured
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def planning(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack whose worker knows that workflow."""
    async with make_stack(tmp_path_factory.mktemp("labels"), (*workflows.ALL, PlanPatchPRWorkflow)) as made:
        yield made


async def issue(stack: Stack, label: str = "autobuild", config: str = "", login: str = "octocat") -> tuple[str, int]:
    """(repository, number) of an issue with a label on it."""
    files = configured()
    files[".github/autobuild.yml"] += config
    repo = await stack.repository(files)
    number = stack.github.issues.open_issue(repo, "A wish").number
    stack.github.repositories.set_permission(repo, login, "write") if login != "octocat" else None
    stack.github.issues.add_label(repo, number, label, login=login)
    return repo, number


async def state(stack: Stack, workflow_id: str, *wanted: str) -> str:
    """The workflow's state, once it is one of these."""
    query = f"WorkflowId = '{workflow_id}'"

    async def found() -> str:
        states = [one.status for one in await stack.workflows.list_workflows(query, limit=1)]
        return next((each for each in states if each in wanted), "")

    return await until(found)


def said(stack: Stack, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]


async def test_label_starts_and_its_removal_stops_work(planning: Stack) -> None:
    repo, number = await issue(planning)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(planning, work, "running")
    planning.github.issues.remove_label(repo, number, "autobuild")
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "stopped"
    }
    await state(planning, work, "canceled")
    planning.github.store.advance(1)  # within one second GitHub's facts are the same, and so is the request
    planning.github.issues.add_label(repo, number, "autobuild")
    await state(planning, work, "running")
    await planning.workflows.signal_workflow(work, "enough")
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {"outcome": "done"}


async def test_removal_before_the_label_event_stops_work(planning: Stack) -> None:
    files = configured()
    repo = await planning.repository(files)
    number = planning.github.issues.open_issue(repo, "A wish").number
    held = planning.github.webhooks.faults.hold("issues")
    planning.github.issues.add_label(repo, number, "autobuild")
    planning.github.issues.remove_label(repo, number, "autobuild")
    held.release(order=(1, 0))
    await planning.github.webhooks.idle()
    await state(planning, f"label:{repo}#{number}:autobuild", "completed")
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "nothing"
    }


async def test_duplicate_label_event_starts_work_once(planning: Stack) -> None:
    planning.github.webhooks.faults.duplicate("issues.labeled")
    repo, number = await issue(planning)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(planning, work, "running")
    await planning.workflows.signal_workflow(work, "enough")
    await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S)
    await planning.github.webhooks.idle()
    runs = await planning.workflows.list_workflows(f"WorkflowId = '{work}'")
    assert len(runs) == 1


async def test_configured_label_ignores_case(planning: Stack) -> None:
    repo, number = await issue(planning, "Please Build", "labels: {autobuild: please build}\n")
    await state(planning, f"plan-patch-pr:{repo}#{number}", "running")
    other = planning.github.issues.open_issue(repo, "Another").number
    planning.github.issues.add_label(repo, other, "autobuild")
    planning.github.issues.add_comment(repo, other, "/status")
    answer = await planning.comment(repo, other)
    assert "No label of this issue has started anything." in answer
    planning.github.issues.remove_label(repo, number, "Please Build")
    await state(planning, f"plan-patch-pr:{repo}#{number}", "canceled")


async def test_label_needs_write_permission(planning: Stack) -> None:
    repo = await planning.repository(configured())
    planning.github.repositories.set_permission(repo, "triager", "triage")
    number = planning.github.issues.open_issue(repo, "A wish").number
    planning.github.issues.add_label(repo, number, "autobuild", login="triager")
    assert "needs write access; you have triage." in await planning.comment(repo, number)
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "refused"
    }


async def test_stop_status_and_retry_by_comments(planning: Stack) -> None:
    repo, number = await issue(planning)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(planning, work, "running")
    planning.github.issues.add_comment(repo, number, "/status")
    shown = (await planning.comment(repo, number)).replace("\\", "").replace("\u200b", "")
    assert f"running {work}" in shown
    planning.github.issues.add_comment(repo, number, "/stop")
    await state(planning, work, "canceled")
    planning.github.issues.add_comment(repo, number, "/retry")
    await state(planning, work, "running")
    planning.github.issues.remove_label(repo, number, "autobuild")
    await state(planning, work, "canceled")


async def test_deleted_label_stops_work(planning: Stack) -> None:
    repo, number = await issue(planning)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(planning, work, "running")
    planning.github.issues.delete_label(repo, "autobuild")
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "stopped"
    }
    await state(planning, work, "canceled")


async def test_removal_unknown_to_the_api_stops_work(planning: Stack) -> None:
    repo, number = await issue(planning)
    await state(planning, f"plan-patch-pr:{repo}#{number}", "running")
    key = f"label:{repo}#{number}:autobuild"
    looks = asked_for_labels(planning, repo, number)
    await planning.workflows.signal_workflow(key, "unlabelled", "octocat")
    await planning.until(lambda: asked_for_labels(planning, repo, number) > looks)
    planning.github.webhooks.faults.drop("issues.unlabeled")
    planning.github.issues.remove_label(repo, number, "autobuild")
    assert await planning.workflows.wait_for_result(key, WITHIN_S) == {"outcome": "stopped"}


def asked_for_labels(stack: Stack, repo: str, number: int) -> int:
    return sum(one.path == f"/repos/{repo}/issues/{number}" for one in stack.github.requests)


async def test_relabelling_needs_write_permission(planning: Stack) -> None:
    """While the work comes to its end; the person before was allowed to."""
    repo, number = await issue(planning)
    work, key = f"plan-patch-pr:{repo}#{number}", f"label:{repo}#{number}:autobuild"
    await state(planning, work, "running")
    planning.github.repositories.set_permission(repo, "triager", "triage")
    await planning.workflows.signal_workflow(work, "linger")
    planning.github.issues.remove_label(repo, number, "autobuild")
    child = planning.temporal.get_workflow_handle(work)
    await until(lambda: child.query("is_ending"))
    planning.github.webhooks.faults.drop("issues.labeled")
    planning.github.issues.add_label(repo, number, "autobuild", login="triager")
    await planning.workflows.signal_workflow(key, "labelled", "triager")
    await planning.workflows.signal_workflow(work, "enough")
    assert await planning.workflows.wait_for_result(key, WITHIN_S) == {"outcome": "refused"}


async def test_terminated_work_is_reported(planning: Stack) -> None:
    repo, number = await issue(planning)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(planning, work, "running")
    await planning.temporal.get_workflow_handle(work).terminate("by hand")
    assert await planning.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "failed"
    }
    assert "`/retry` tries again" in await planning.comment(repo, number)
    await planning.ask(repo, number, "/retry")
    await state(planning, work, "running")


@pytest.mark.parametrize("label", ["🤖 bau/it", 'say "go" `now` @octocat'])
async def test_labels_with_unusual_names(planning: Stack, label: str) -> None:
    repo, number = await issue(planning, label, f"labels: {{autobuild: '{label}'}}\n")
    await state(planning, f"plan-patch-pr:{repo}#{number}", "running")
    await planning.ask(repo, number, "/status")
    await planning.ask(repo, number, "/stop")
    await state(planning, f"plan-patch-pr:{repo}#{number}", "canceled")


async def test_labels_on_pulls_and_closed_issues_are_ignored(planning: Stack) -> None:
    repo = await planning.repository(configured())
    await planning.push(repo, {"a.txt": "x\n"})
    number = await planning.pull(repo)
    planning.github.issues.add_label(repo, number, "autobuild")
    await planning.ask(repo, number, "/help")
    assert await planning.workflows.list_workflows(f"WorkflowId = 'label:{repo}#{number}:autobuild'") == []


async def test_unsupported_label_is_reported(stack: Stack) -> None:
    repo, number = await issue(stack, "incident")
    assert "which this installation does not support yet" in await stack.comment(repo, number)
    repo, number = await issue(stack, "bug")
    await stack.ask(repo, number, "/help")
    assert len(said(stack, repo, number)) == 1

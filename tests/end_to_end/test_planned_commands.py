"""`/autobuild`, `/approve`, `/revise`, `/cancel`, `/status` and `/stop`: the whole way to an issue's planned change."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus

from activities.model import RepoRef
from activities.planned_changes import command_texts as texts
from activities.planned_changes.types import PlanPatchPRInput
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.label_workflow import WITH_STAND_IN, PlanPatchPRWorkflow
from tests.end_to_end.repos import configured
from tests.end_to_end.test_labels import asked_for_labels, state
from tests.stack import Stack, make_stack
from workflows import ids

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIGEST = "0123456789abcdef" * 4


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_planned(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("planned"), WITH_STAND_IN) as made:
        yield made


@pytest.fixture
def planned(shared_planned: Stack) -> Stack:
    shared_planned.begin_test()
    return shared_planned


async def issue(stack: Stack, config: str = "") -> tuple[str, int, str]:
    """(repository, number, id of its planned change) of an issue without labels."""
    files = configured()
    files[".github/autobuild.yml"] += config
    repo = await stack.repository(files)
    number = stack.github.issues.open_issue(repo, "A wish").number
    return repo, number, ids.plan_patch_pr(repo, number)


async def running(stack: Stack, config: str = "", command: str = "/autobuild") -> tuple[str, int, str]:
    """The same, with a planned change that a comment has started."""
    repo, number, work = await issue(stack, config)
    assert await stack.ask(repo, number, command) == ["eyes"]
    await state(stack, work, "running")
    return repo, number, work


async def progress(stack: Stack, work: str) -> dict[str, Any]:
    found: dict[str, Any] = await stack.temporal.get_workflow_handle(work).query("get_progress")
    return found


async def answer(stack: Stack, repo: str, number: int, body: str) -> str:
    """What is answered to a comment, "" for nothing."""
    known = len(own_comments(stack, repo, number))
    await stack.ask(repo, number, body)
    return "\n".join(own_comments(stack, repo, number)[known:])


def own_comments(stack: Stack, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


async def label_outcome(stack: Stack, repo: str, number: int) -> str:
    key = ids.label(repo, number, "autobuild")
    return str((await stack.workflows.wait_for_result(key, WITHIN_S))["outcome"])


async def test_a_comment_starts_stops_and_retries_the_work(planned: Stack) -> None:
    repo, number, work = await running(planned, command="/autobuild --dry-run --anyway")
    comment = planned.github.comments(repo, number)[0]
    asked = (await progress(planned, work))["asked"]
    assert (asked["issue"], asked["actor"], asked["comment_id"]) == (number, "octocat", comment["id"])
    assert (asked["dry_run"], asked["anyway"], asked["label"]) == (True, True, "")
    first_at = asked["asked_at"]
    assert first_at == seconds(comment["created_at"])
    assert "A planned change runs for this issue already: coding; 1 of 2 tasks ended, $1.20 of $5.00 spent." in (
        await answer(planned, repo, number, "/autobuild")
    )
    planned.github.store.advance(5)
    assert await answer(planned, repo, number, "/stop") == ""
    await state(planned, work, "canceled")
    assert (await progress(planned, work))["heard"] == ["stop"]  # the removal of a label says nothing
    assert await label_outcome(planned, repo, number) == "stopped"
    planned.github.store.advance(5)
    assert await answer(planned, repo, number, "/retry") == ""
    await state(planned, work, "running")
    again = (await progress(planned, work))["asked"]
    assert (again["dry_run"], again["anyway"], again["asked_at"] > first_at) == (True, True, True)
    await planned.workflows.signal_workflow(work, "enough")
    assert await label_outcome(planned, repo, number) == "done"


async def test_label_gives_githubs_time_of_its_event(planned: Stack) -> None:
    repo, number, work = await issue(planned)
    planned.github.store.advance(30)
    before = seconds(planned.github.store.now())
    planned.github.issues.add_label(repo, number, "autobuild")
    await state(planned, work, "running")
    asked = (await progress(planned, work))["asked"]
    assert (asked["label"], asked["comment_id"], asked["dry_run"]) == ("autobuild", 0, False)
    assert abs(asked["asked_at"] - before) < 5


async def test_status_shows_how_far_it_is(planned: Stack) -> None:
    repo, number, work = await running(planned)
    waiting = {"stage": "approval", "waiting_for": "It waits for `/approve`.", "tasks": {}, "cap": 0.0}
    shown = (await answer(planned, repo, number, "/status")).replace("\\", "").replace("\u200b", "")
    assert f"- `/autobuild`: running {work}" in shown
    assert "- Planned change: coding; 1 of 2 tasks ended, $1.20 of $5.00 spent. `/stop` ends it." in shown
    await planned.workflows.signal_workflow(work, "shows", waiting)
    assert "- Planned change: waiting for approval; $1.20 spent. It waits for" in (
        await answer(planned, repo, number, "/status")
    )


async def test_label_and_comment_start_one_work(planned: Stack) -> None:
    repo, number, work = await issue(planned)
    held = planned.github.webhooks.faults.hold("issues", "issue_comment.created")
    planned.github.issues.add_label(repo, number, "autobuild")
    planned.github.issues.add_comment(repo, number, "/autobuild")
    held.release()
    await state(planned, work, "running")
    await planned.github.webhooks.idle()
    planned.github.store.advance(1)
    await answer(planned, repo, number, "/status")
    planned.github.issues.remove_label(repo, number, "autobuild")
    await state(planned, work, "canceled")
    assert (await progress(planned, work))["heard"] == []
    await label_outcome(planned, repo, number)
    assert len(await planned.workflows.list_workflows(f"WorkflowId = '{work}'")) == 1


async def test_a_label_that_was_never_there_ends_nothing_by_its_removal(planned: Stack) -> None:
    repo, number, work = await running(planned)
    key = ids.label(repo, number, "autobuild")
    looks = asked_for_labels(planned, repo, number)
    await planned.workflows.signal_workflow(key, "unlabelled", "octocat")
    await planned.until(lambda: asked_for_labels(planned, repo, number) > looks)
    await state(planned, work, "running")
    looks = asked_for_labels(planned, repo, number)
    planned.github.issues.add_label(repo, number, "autobuild")
    await planned.until(lambda: asked_for_labels(planned, repo, number) > looks)
    await state(planned, work, "running")
    planned.github.issues.remove_label(repo, number, "autobuild")
    await state(planned, work, "canceled")


async def test_starting_needs_write_permission_whatever_the_configuration_says(planned: Stack) -> None:
    repo, number, work = await issue(planned, "commands: {autobuild: triage, approve: read}\n")
    planned.github.repositories.set_permission(repo, "triager", "triage")
    for command in ("/autobuild", "/approve"):
        assert await planned.ask(repo, number, command, "triager") == ["confused"]
        assert f"`{command}` needs write access; you have triage." in own_comments(planned, repo, number)[-1]
    assert await planned.workflows.list_workflows(f"WorkflowId = '{work}'") == []


async def test_each_command_says_why_it_did_nothing(planned: Stack) -> None:
    repo, number, work = await issue(planned)
    for command in ("/approve", "/revise Do less", "/cancel"):
        assert texts.NONE_RUNS in await answer(planned, repo, number, command)
    await planned.ask(repo, number, "/autobuild")
    await state(planned, work, "running")
    for command in ("approve", "revise"):
        said = await answer(planned, repo, number, f"/{command} {'0123456' if command == 'approve' else 'Do less'}")
        assert texts.nothing_waits(command, "coding") in said
    assert (await progress(planned, work))["heard"] == []
    closed = planned.github.issues.open_issue(repo, "Another").number
    await planned.github.pulls.close_pull(repo, closed)
    assert texts.ISSUE_IS_CLOSED in await answer(planned, repo, closed, "/autobuild")
    pull = await pull_request(planned, repo, "change")
    assert "`/autobuild` works on issues only." in await answer(planned, repo, pull, "/autobuild")


async def test_a_plan_is_approved_by_its_digest(planned: Stack) -> None:
    repo, number, work = await running(planned)
    await planned.workflows.signal_workflow(work, "shows", {"stage": "approval", "digest": DIGEST})
    assert texts.other_plan("fedcba9", DIGEST) in await answer(planned, repo, number, "/approve fedcba9")
    assert (await progress(planned, work))["heard"] == []
    for given in (DIGEST[:12], ""):
        assert await answer(planned, repo, number, f"/approve {given}") == ""
    heard = (await progress(planned, work))["heard"]
    assert [(one["actor"], one["digest"]) for one in heard] == [("octocat", DIGEST[:12]), ("octocat", "")]
    assert heard[0]["at"] > 0


async def test_the_words_of_a_revision_stay_in_the_comment(planned: Stack) -> None:
    repo, number, work = await running(planned)
    await planned.workflows.signal_workflow(work, "shows", {"stage": "approval", "digest": DIGEST})
    body = "/revise Keep the old function,\nsince others call it"
    assert await answer(planned, repo, number, body) == ""
    comment = planned.github.comments(repo, number)[-1]["id"]
    (heard,) = (await progress(planned, work))["heard"]
    digest = hashlib.sha256(body.encode()).hexdigest()
    assert heard == {"comment_id": comment, "body_sha256": digest, "actor": "octocat"}
    for key in (work, f"command:{repo}!comment-{comment}", f"thread:{repo}#{number}"):
        history = await planned.temporal.get_workflow_handle(key).fetch_history()
        assert "old function" not in history.to_json()


async def test_cancel_ends_it_and_retry_starts_it_again(planned: Stack) -> None:
    repo, number, work = await running(planned)
    assert await answer(planned, repo, number, "/cancel") == ""
    await state(planned, work, "completed")
    assert (await progress(planned, work))["heard"] == ["cancel_workflow"]
    assert await label_outcome(planned, repo, number) == "done"
    planned.github.store.advance(1)
    assert await answer(planned, repo, number, "/retry") == ""
    await state(planned, work, "running")


async def test_cancel_before_it_has_started(planned: Stack) -> None:
    repo, number, work = await issue(planned)
    fault = planned.github.faults.add("GET", f"/repos/{repo}/issues/{number}/events", "hold")
    planned.github.issues.add_label(repo, number, "autobuild")
    await planned.until(lambda: fault.seen)
    planned.github.store.advance(1)
    await planned.ask(repo, number, "/cancel")
    fault.release()
    assert await label_outcome(planned, repo, number) == "stopped"
    await state(planned, work, "canceled")


async def test_what_was_said_later_counts(planned: Stack) -> None:
    """`/autobuild`, and then `/cancel`, arrive after what was said later."""
    repo, number, work = await running(planned)

    async def late(command: str, later: str) -> str:
        planned.github.store.advance(1)
        held = planned.github.webhooks.faults.hold("issue_comment.created")
        comment = planned.github.issues.add_comment(repo, number, command)
        held.active = False
        planned.github.store.advance(1)
        await planned.ask(repo, number, later)
        if later == "/stop":
            await label_outcome(planned, repo, number)
        known = len(own_comments(planned, repo, number))
        held.release()
        await planned.until(lambda: comment.reactions and len(own_comments(planned, repo, number)) > known)
        return own_comments(planned, repo, number)[-1]

    assert texts.STARTED_SINCE in await late("/cancel", "/retry")
    await state(planned, work, "running")
    planned.github.store.advance(1)
    assert texts.STOPPED_SINCE in await late("/autobuild", "/stop")
    await state(planned, work, "canceled")
    await label_outcome(planned, repo, number)
    assert await answer(planned, repo, number, "/autobuild") == ""
    await state(planned, work, "running")


async def by_hand(stack: Stack, repo: str, number: int) -> str:
    """The id of a planned change that the command line has started."""
    handle = await stack.temporal.start_workflow(
        PlanPatchPRWorkflow.run, PlanPatchPRInput(RepoRef("octocat", repo.partition("/")[2], 1), number, "", 1.0),
        id=ids.plan_patch_pr(repo, number), task_queue=ids.TASK_QUEUE,
    )  # fmt: skip
    return handle.id


async def test_stop_ends_what_was_started_by_hand(planned: Stack) -> None:
    repo, number, _ = await issue(planned)
    work = await by_hand(planned, repo, number)
    assert "- Planned change: coding;" in await answer(planned, repo, number, "/status")
    assert await answer(planned, repo, number, "/stop") == ""
    await state(planned, work, "completed")
    assert (await progress(planned, work))["heard"] == ["stop"]
    assert "Nothing is running for this issue." in await answer(planned, repo, number, "/stop")


async def pull_request(stack: Stack, repo: str, branch: str) -> int:
    sha = await stack.push(repo, {"a.txt": f"{branch}\n"}, branch=branch)
    number = await stack.pull(repo, branch)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    return number


@pytest.mark.parametrize("hand", [True, False])
async def test_stop_in_its_pull_request_ends_it(planned: Stack, hand: bool) -> None:
    repo, number, work = await issue(planned)
    pull = await pull_request(planned, repo, f"autobuild/issue-{number}")
    other = await pull_request(planned, repo, "change")
    if hand:
        await by_hand(planned, repo, number)
    else:
        await planned.ask(repo, number, "/autobuild")
        await state(planned, work, "running")
    planned.github.store.advance(1)
    assert "No gate is running" in await answer(planned, repo, other, "/stop")
    await planned.workflows.signal_workflow(work, "shows", {"pulls": [other]})
    assert "No gate is running" in await answer(planned, repo, pull, "/stop")
    await state(planned, work, "running")
    await planned.workflows.signal_workflow(work, "shows", {"pulls": [pull]})
    assert await answer(planned, repo, pull, "/stop") == ""
    await state(planned, work, "completed" if hand else "canceled")


async def test_budget_is_heard_of(planned: Stack) -> None:
    repo, number, work = await running(planned)
    assert "$20.00" in await answer(planned, repo, number, "/budget 20")
    await answer(planned, repo, number, "/budget")

    async def heard() -> Any:
        return (await progress(planned, work))["heard"]

    assert await until(heard) == [20.0]
    handle = planned.temporal.get_workflow_handle(work)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING

"""A label on an issue starts work; taking it off stops the work."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.deadlines import WITHIN_S, until
from tests.end_to_end.label_workflow import WITH_STAND_IN
from tests.end_to_end.repos import configured
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stack_with_labels(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack whose worker knows that workflow."""
    async with make_stack(tmp_path_factory.mktemp("labels"), WITH_STAND_IN) as made:
        yield made


@pytest.fixture
def stack_with_labels(shared_stack_with_labels: Stack) -> Stack:
    shared_stack_with_labels.begin_test()
    return shared_stack_with_labels


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


def own_comments(stack: Stack, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]


async def test_label_starts_and_its_removal_stops_work(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "stopped"
    }
    await state(stack_with_labels, work, "canceled")
    stack_with_labels.github.store.advance(1)  # within one second GitHub's facts are the same, and so is the request
    stack_with_labels.github.issues.add_label(repo, number, "autobuild")
    await state(stack_with_labels, work, "running")
    await stack_with_labels.workflows.signal_workflow(work, "enough")
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "done"
    }


async def test_removal_before_the_label_event_stops_work(stack_with_labels: Stack) -> None:
    files = configured()
    repo = await stack_with_labels.repository(files)
    number = stack_with_labels.github.issues.open_issue(repo, "A wish").number
    held = stack_with_labels.github.webhooks.faults.hold("issues")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    held.release(order=(1, 0))
    await stack_with_labels.github.webhooks.idle()
    await state(stack_with_labels, f"label:{repo}#{number}:autobuild", "completed")
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "nothing"
    }


async def test_duplicate_label_event_starts_work_once(stack_with_labels: Stack) -> None:
    stack_with_labels.github.webhooks.faults.duplicate("issues.labeled")
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    await stack_with_labels.workflows.signal_workflow(work, "enough")
    await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S)
    await stack_with_labels.github.webhooks.idle()
    runs = await stack_with_labels.workflows.list_workflows(f"WorkflowId = '{work}'")
    assert len(runs) == 1


async def test_configured_label_ignores_case(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels, "Please Build", "labels: {autobuild: please build}\n")
    await state(stack_with_labels, f"plan-patch-pr:{repo}#{number}", "running")
    other = stack_with_labels.github.issues.open_issue(repo, "Another").number
    stack_with_labels.github.issues.add_label(repo, other, "autobuild")
    stack_with_labels.github.issues.add_comment(repo, other, "/status")
    answer = await stack_with_labels.comment(repo, other)
    assert "Nothing was started for this issue." in answer
    stack_with_labels.github.issues.remove_label(repo, number, "Please Build")
    await state(stack_with_labels, f"plan-patch-pr:{repo}#{number}", "canceled")


async def test_label_needs_write_permission(stack_with_labels: Stack) -> None:
    repo = await stack_with_labels.repository(configured())
    stack_with_labels.github.repositories.set_permission(repo, "triager", "triage")
    number = stack_with_labels.github.issues.open_issue(repo, "A wish").number
    stack_with_labels.github.issues.add_label(repo, number, "autobuild", login="triager")
    assert "needs write access; you have triage." in await stack_with_labels.comment(repo, number)
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "refused"
    }


async def refused(stack: Stack, repo: str, number: int) -> None:
    """The label has started nothing, and the thread is as it was."""
    key = f"label:{repo}#{number}:autobuild"
    await state(stack, key, "completed")
    assert await stack.workflows.wait_for_result(key, WITHIN_S) == {"outcome": "refused"}
    assert await stack.workflows.list_workflows(f"WorkflowId = 'plan-patch-pr:{repo}#{number}'") == []
    assert own_comments(stack, repo, number) == []


@pytest.mark.parametrize("login", ["example", "example[bot]"])
async def test_label_of_an_issue_form_is_its_authors(stack_with_labels: Stack, login: str) -> None:
    """The form's label is set in the name of whoever files the issue, or by an App. The same label set by a writer
    counts."""
    repo = await stack_with_labels.repository(configured())
    stack_with_labels.github.store.add_user(login, "Bot" if "[" in login else "User")
    number = stack_with_labels.github.issues.open_issue(repo, "A wish", login=login, labels=["autobuild"]).number
    await refused(stack_with_labels, repo, number)
    stack_with_labels.github.store.advance(1)
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild")
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    await stack_with_labels.workflows.signal_workflow(work, "enough")
    assert await stack_with_labels.workflows.wait_for_result(work, WITHIN_S) == "done for octocat"


async def test_late_event_of_a_writer_is_not_the_label_that_is_there(stack_with_labels: Stack) -> None:
    """Removed since, and set again by somebody who may not: GitHub is asked who set it last."""
    repo = await stack_with_labels.repository(configured())
    stack_with_labels.github.repositories.set_permission(repo, "example", "read")
    number = stack_with_labels.github.issues.open_issue(repo, "A wish").number
    held = stack_with_labels.github.webhooks.faults.hold("issues")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild", login="example")
    held.waiting = held.waiting[:1]
    held.release()
    await refused(stack_with_labels, repo, number)


async def test_work_ends_when_somebody_without_rights_sets_its_label_again(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.repositories.set_permission(repo, "triager", "triage")
    held = stack_with_labels.github.webhooks.faults.hold("issues")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild", login="triager")
    held.release()
    await state(stack_with_labels, work, "canceled")


async def test_stop_status_and_retry_by_comments(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.issues.add_comment(repo, number, "/status")
    shown = (await stack_with_labels.comment(repo, number)).replace("\\", "").replace("\u200b", "")
    assert f"running {work}" in shown
    stack_with_labels.github.issues.add_comment(repo, number, "/stop")
    await state(stack_with_labels, work, "canceled")
    stack_with_labels.github.issues.add_comment(repo, number, "/retry")
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    await state(stack_with_labels, work, "canceled")


async def test_last_word_about_the_work_of_an_issue_counts(stack_with_labels: Stack) -> None:
    """Each comment arrives after a later one that was carried out; then the label is put on anew."""
    stack, (repo, number) = stack_with_labels, await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack, work, "running")

    async def late(command: str, later: str) -> str:
        """The answer to `command`, which arrives after `later`."""
        stack.github.store.advance(1)
        held = stack.github.webhooks.faults.hold("issue_comment.created")
        comment = stack.github.issues.add_comment(repo, number, command)
        held.active = False
        await stack.ask(repo, number, later)
        known = len(own_comments(stack, repo, number))
        held.release()
        await stack.until(lambda: len(own_comments(stack, repo, number)) > known)
        await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
        return own_comments(stack, repo, number)[-1]

    assert "`/stop` stopped nothing" in await late("/stop", "/retry")
    await state(stack, work, "running")
    assert "`/retry` started nothing" in await late("/retry", "/stop")
    await state(stack, work, "canceled")
    held = stack.github.webhooks.faults.hold("issue_comment.created")
    stack.github.issues.add_comment(repo, number, "/stop")
    stack.github.store.advance(2)
    stack.github.issues.remove_label(repo, number, "autobuild")
    stack.github.issues.add_label(repo, number, "autobuild")
    await state(stack, work, "running")
    held.release()
    await stack.until(lambda: "`/stop` stopped nothing" in own_comments(stack, repo, number)[-1])
    await state(stack, work, "running")
    await stack.ask(repo, number, "/stop")
    await state(stack, work, "canceled")


async def test_deleted_label_stops_work(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.issues.delete_label(repo, "autobuild")
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "stopped"
    }
    await state(stack_with_labels, work, "canceled")


async def test_removal_unknown_to_the_api_stops_work(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    await state(stack_with_labels, f"plan-patch-pr:{repo}#{number}", "running")
    key = f"label:{repo}#{number}:autobuild"
    looks = asked_for_labels(stack_with_labels, repo, number)
    await stack_with_labels.workflows.signal_workflow(key, "unlabelled", "octocat")
    await stack_with_labels.until(lambda: asked_for_labels(stack_with_labels, repo, number) > looks)
    stack_with_labels.github.webhooks.faults.drop("issues.unlabeled")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    assert await stack_with_labels.workflows.wait_for_result(key, WITHIN_S) == {"outcome": "stopped"}


def asked_for_labels(stack: Stack, repo: str, number: int) -> int:
    return sum(one.path == f"/repos/{repo}/issues/{number}" for one in stack.github.requests)


async def test_relabelling_needs_write_permission(stack_with_labels: Stack) -> None:
    """While the work is being cancelled; the user before was allowed to."""
    repo, number = await issue(stack_with_labels)
    work, key = f"plan-patch-pr:{repo}#{number}", f"label:{repo}#{number}:autobuild"
    await state(stack_with_labels, work, "running")
    stack_with_labels.github.repositories.set_permission(repo, "triager", "triage")
    await stack_with_labels.workflows.signal_workflow(work, "linger")
    stack_with_labels.github.issues.remove_label(repo, number, "autobuild")
    child = stack_with_labels.temporal.get_workflow_handle(work)
    await until(lambda: child.query("is_ending"))
    stack_with_labels.github.webhooks.faults.drop("issues.labeled")
    stack_with_labels.github.issues.add_label(repo, number, "autobuild", login="triager")
    await stack_with_labels.workflows.signal_workflow(key, "labelled", "triager")
    await stack_with_labels.workflows.signal_workflow(work, "enough")
    assert await stack_with_labels.workflows.wait_for_result(key, WITHIN_S) == {"outcome": "refused"}


async def test_terminated_work_is_reported(stack_with_labels: Stack) -> None:
    repo, number = await issue(stack_with_labels)
    work = f"plan-patch-pr:{repo}#{number}"
    await state(stack_with_labels, work, "running")
    await stack_with_labels.temporal.get_workflow_handle(work).terminate("by hand")
    assert await stack_with_labels.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S) == {
        "outcome": "failed"
    }
    assert "`/retry` tries again" in await stack_with_labels.comment(repo, number)
    await stack_with_labels.ask(repo, number, "/retry")
    await state(stack_with_labels, work, "running")


@pytest.mark.parametrize("label", ["🤖 bau/it", 'say "go" `now` @octocat'])
async def test_labels_with_unusual_names(stack_with_labels: Stack, label: str) -> None:
    repo, number = await issue(stack_with_labels, label, f"labels: {{autobuild: '{label}'}}\n")
    await state(stack_with_labels, f"plan-patch-pr:{repo}#{number}", "running")
    await stack_with_labels.ask(repo, number, "/status")
    await stack_with_labels.ask(repo, number, "/stop")
    await state(stack_with_labels, f"plan-patch-pr:{repo}#{number}", "canceled")


async def test_label_on_a_pull_is_answered_once_and_starts_nothing(stack_with_labels: Stack) -> None:
    repo = await stack_with_labels.repository(configured())
    await stack_with_labels.push(repo, {"a.txt": "x\n"})
    number = await stack_with_labels.pull(repo)
    answer = "The label `autobuild` works on issues only. Pull requests are checked without one"
    stack_with_labels.github.webhooks.faults.duplicate("pull_request.labeled")
    for label in ("bug", "Autobuild"):
        stack_with_labels.github.issues.add_label(repo, number, label)
    await stack_with_labels.until(
        lambda: any("works on" in each for each in own_comments(stack_with_labels, repo, number))
    )
    stack_with_labels.github.issues.remove_label(repo, number, "Autobuild")
    stack_with_labels.github.store.advance(1)
    stack_with_labels.github.issues.add_label(repo, number, "Autobuild")
    stack_with_labels.github.store.add_user("example[bot]", "Bot")
    stack_with_labels.github.issues.add_label(repo, number, "incident", login="example[bot]")
    await stack_with_labels.github.webhooks.idle()
    found = await stack_with_labels.workflows.list_workflows(f"WorkflowId STARTS_WITH 'command:{repo}!label-'")
    for each in found:
        await stack_with_labels.workflows.wait_for_result(each.workflow_id, WITHIN_S)
    answers = [each for each in own_comments(stack_with_labels, repo, number) if "works on" in each]
    assert len(answers) == 1
    assert answer.lower() in answers[0].lower()
    assert await stack_with_labels.workflows.list_workflows(f"WorkflowId = 'label:{repo}#{number}:autobuild'") == []


async def test_label_that_means_nothing_is_not_answered(stack: Stack) -> None:
    repo, number = await issue(stack, "bug")
    await stack.ask(repo, number, "/help")
    assert len(own_comments(stack, repo, number)) == 1

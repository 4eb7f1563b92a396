"""Commands that arrive late or in another order: each is about the head that its author saw, and the last word counts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, running, slow
from tests.end_to_end.test_commands import FINDING, pull, said
from tests.end_to_end.test_requests import named
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def done(stack: Stack, repo: str, comment: int) -> None:
    """Waits for the commands of a comment to be carried out."""

    async def found() -> bool:
        query = f"WorkflowId = 'command:{repo}!comment-{comment}'"
        return any(each.status == "completed" for each in await stack.workflows.list_workflows(query))

    await until(found)


async def test_what_was_said_of_an_older_head_changes_nothing(stack: Stack) -> None:
    """The comments are delivered after a push, and then once more; the branch has heard of it."""
    repo, sha, number = await pull(stack)
    held = stack.github.webhooks.faults.hold("issue_comment.created")
    commands = (
        "/override linting I have read it",
        "/stop",
        "/retest",
        "/fix",
        "/baseline accept linting I have read it",
    )
    comments = [stack.github.issues.add_comment(repo, number, command) for command in commands]
    deliveries = list(held.waiting)
    stack.github.store.advance(2)
    new = await stack.push(repo, {"b.txt": "y\n"})
    runs = await stack.verdict(repo, new)
    held.release()
    for each in deliveries:
        stack.github.webhooks.redeliver(each)
    for comment in comments:
        await done(stack, repo, comment.id)
    await stack.github.webhooks.idle()
    assert await stack.ask(repo, number, "/status") == ["eyes"]
    assert stack.runs(repo, new) == runs
    assert runs["gate"]["conclusion"] == "failure"
    assert (named(stack, repo, sha, "gate"), named(stack, repo, new, "gate")) == (1, 1)
    *answers, _ = said(stack, repo, number)
    assert len(answers) == len(commands)
    everything = "\n".join(answers)  # the deliveries overtake one another
    for command in commands[:4]:
        assert f"`{command.split()[0]}` came too late: `{new[:12]}` was pushed since" in everything
    assert "the commit is newer than the request" in everything
    assert await stack.ask(repo, number, "/override linting I have read this one too") == ["eyes"]
    assert (await stack.verdict(repo, new, gates=2))["gate"]["conclusion"] == "success"


async def test_commands_before_the_push_is_heard_of(stack: Stack) -> None:
    """GitHub has the new head; the branch's workflow does not know of it yet. One speaks of it, one of the older."""
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "unheard")
    number = await stack.pull(repo)
    await stack.github.webhooks.idle()
    said_first = stack.github.webhooks.faults.hold("issue_comment.created")
    comment = stack.github.issues.add_comment(repo, number, "/stop")
    stack.github.store.advance(2)
    heard = stack.github.webhooks.faults.hold("push", "check_suite", "pull_request")
    new = await stack.push(repo, {"security.sh": "true", "a.txt": "x\n", "lint.txt": FINDING})
    stack.github.store.advance(2)
    said_first.active = False
    await stack.ask(repo, number, "/override linting I have read this one")
    assert said(stack, repo, number) == []
    said_first.release()
    await done(stack, repo, comment.id)
    assert "`/stop` came too late" in said(stack, repo, number)[0]
    heard.release()
    await stack.until(lambda: stack.runs(repo, new).get("gate", {}).get("conclusion") == "success")
    assert stack.runs(repo, new)["linting"]["conclusion"] == "neutral"
    runs = await stack.verdict(repo, sha)
    assert "Superseded" in runs["gate"]["output"]["title"] + runs["gate"]["output"]["summary"]


async def test_button_of_an_older_head_is_answered(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    run = stack.runs(repo, sha)["linting"]["id"]
    new = await stack.push(repo, {"b.txt": "y\n"})
    await stack.verdict(repo, new)
    stack.github.checks.press_button(repo, run, "retest")
    stack.github.checks.rerun_check(repo, run)
    answers = await stack.until(lambda: said(stack, repo, number))
    assert f"came too late: `{new[:12]}` was pushed since. Look at it, and use the buttons" in answers[0]
    await stack.github.webhooks.idle()
    for each in await stack.workflows.list_workflows(f"WorkflowId STARTS_WITH 'command:{repo}!check-run-'"):
        await stack.workflows.wait_for_result(each.workflow_id, WITHIN_S)
    assert len(said(stack, repo, number)) == 1
    assert (named(stack, repo, sha, "gate"), named(stack, repo, new, "gate")) == (1, 1)


async def test_late_stop_does_not_end_what_a_later_retest_started(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "late-stop")
    number = await stack.pull(repo)
    held = stack.github.webhooks.faults.hold("issue_comment.created")
    late = stack.github.issues.add_comment(repo, number, "/stop")
    held.active = False
    await stack.ask(repo, number, "/retest")
    await stack.until(lambda: named(stack, repo, sha, "gate") == 2)
    held.release()
    await done(stack, repo, late.id)
    assert "`/stop` stopped nothing" in said(stack, repo, number)[0]
    assert stack.runs(repo, sha)["gate"]["status"] != "completed"
    await stack.ask(repo, number, "/stop")
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "cancelled"
    await stack.until(lambda: not running("late-stop"))


async def test_late_requests_do_not_start_what_a_later_stop_ended(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "late-retest")
    number = await stack.pull(repo)
    held = stack.github.webhooks.faults.hold("issue_comment.created")
    late = [
        stack.github.issues.add_comment(repo, number, body)
        for body in ("/retest", "/override security it hangs for ever")
    ]
    held.active = False
    await stack.ask(repo, number, "/stop")
    await stack.verdict(repo, sha)
    held.release()
    for comment in late:
        await done(stack, repo, comment.id)
    answers = "\n".join(said(stack, repo, number))  # the deliveries overtake one another
    assert "`/retest` started nothing: `/stop` was said later." in answers
    assert "`/override` counts from the next run on" in answers
    assert named(stack, repo, sha, "gate") == 1
    await stack.ask(repo, number, "/retry")
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["security"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def idle_stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack without a worker."""
    async with make_stack(tmp_path_factory.mktemp("idle"), with_worker=False) as made:
        yield made


async def test_comments_that_wait_for_a_worker_are_carried_out_in_their_order(idle_stack: Stack) -> None:
    """Both orders of what is wanted, both orders of arrival, and a head that has no check run yet."""
    stack, pulls = idle_stack, {}
    for wanted in (("/stop", "/retest"), ("/retest", "/stop")):
        for arrival in ((0, 1), (1, 0)):
            repo = await stack.repository(configured())
            sha = await stack.push(repo, {"a.txt": "x\n", "lint.txt": FINDING})
            pulls[wanted, arrival] = (repo, sha, await stack.pull(repo))
    await stack.github.webhooks.idle()
    for (wanted, arrival), (repo, _, number) in pulls.items():
        stack.github.store.advance(1)
        held = stack.github.webhooks.faults.hold("issue_comment.created")
        for command in wanted:
            stack.github.issues.add_comment(repo, number, command)
            stack.github.store.advance(3)
        held.release(arrival)
        await stack.github.webhooks.idle()
    async with stack.working():
        for (wanted, _), (repo, sha, number) in pulls.items():
            expected = "cancelled" if wanted[-1] == "/stop" else "failure"
            await stack.until(lambda: stack.runs(repo, sha).get("gate", {}).get("conclusion") == expected)  # noqa: B023
            text = await stack.until(lambda: shown(stack, repo, number, expected))  # noqa: B023
            assert sha in text
            assert said(stack, repo, number) == []
            assert all(run["status"] == "completed" for run in stack.runs(repo, sha).values())
            overview = await stack.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_overview")
            assert overview["stopped"] is (wanted[-1] == "/stop")


def shown(stack: Stack, repo: str, number: int, conclusion: str) -> str:
    """The gate's comment, once it says how the gate ended."""
    heading = {"cancelled": "🚫", "failure": "❌"}[conclusion]
    bodies = [c["body"] for c in stack.github.comments(repo, number) if "autobuild:gate" in c["body"]]
    return next((body for body in bodies if f"### {heading}" in body), "")

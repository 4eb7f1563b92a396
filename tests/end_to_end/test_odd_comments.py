"""Comments that come often, that are gone, that nobody may have written, and states that last."""

import pytest

from activities.model import RepoRef
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.end_to_end.test_commands import pull, said
from tests.end_to_end.test_requests import forked, named
from tests.stage import Stage
from workflows import ids
from workflows.messages import BranchState, ContinuousQualityInput, GateTarget

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_comment_six_times_and_once_more_when_all_is_done(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.hooks.duplicate("issue_comment", times=1)
    held = stage.github.hooks.hold("issue_comment")
    comment = stage.github.add_comment(repo, number, "/retest linting\n/help\n/status\n/retest linting")
    post = held.waiting[0]
    stage.github.edit_comment(repo, comment.id, "/stop")
    stage.github.delete_comment(repo, comment.id)
    held.release()
    for _ in range(5):
        stage.github.hooks.attempt_again(post)
    await stage.github.hooks.idle()
    await stage.verdict(repo, sha, gates=2)
    assert await stage.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", 30) == {"outcome": "done"}
    stage.github.hooks.attempt_again(post)
    await stage.github.hooks.idle()
    await stage.ask(repo, number, "/status")
    assert named(stage, repo, sha, "gate") == 2
    assert len(said(stage, repo, number)) == 2


async def test_a_fork_s_override_waits_for_trust(stage: Stage) -> None:
    repo, sha, number = await forked(stage)
    await stage.verdict(repo, sha)
    assert await stage.ask(repo, number, "/override linting I read it myself") == ["eyes"]
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "neutral"
    assert await stage.ask(repo, number, f"/ok-to-test {sha}") == ["eyes"]
    runs = await stage.verdict(repo, sha, gates=3)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_who_lost_the_right_meanwhile(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.set_permission(repo, "maintainer", "maintain")
    held = stage.github.faults.add("GET", f"/repos/{repo}/collaborators/maintainer/permission", "hold")
    comment = stage.github.add_comment(repo, number, "/override linting it is wrong", login="maintainer")
    await stage.until(lambda: held.seen)
    stage.github.set_permission(repo, "maintainer", "write")
    held.release()
    await stage.until(lambda: comment.reactions)
    assert [reaction.content for reaction in comment.reactions] == ["confused"]
    assert named(stage, repo, sha, "gate") == 1


async def test_a_permission_that_github_will_not_tell(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", status=403)
    assert await stage.ask(repo, number, "/retest") == ["confused"]
    stage.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hang_up")
    stage.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "half")
    assert await stage.ask(repo, number, "/status") == ["eyes"]
    assert named(stage, repo, sha, "gate") == 1


async def test_bots_ask_for_nothing(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.add_user("helper[bot]", "Bot")
    silent = [
        stage.github.add_comment(repo, number, "/retest", login=name) for name in ("helper[bot]", "autobuild[bot]")
    ]
    await stage.github.hooks.idle()
    await stage.ask(repo, number, "/status")
    assert [one.reactions for one in silent] == [[], []]
    assert named(stage, repo, sha, "gate") == 1


async def test_an_issue_that_is_deleted_before_it_is_answered(stage: Stage) -> None:
    repo = await stage.repository(configured())
    number = stage.github.open_issue(repo, "A wish").number
    held = stage.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hold")
    comment = stage.github.add_comment(repo, number, "/status")
    await stage.until(lambda: held.seen)
    stage.github.delete_issue(repo, number)
    held.release()
    result = await stage.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", 20)
    assert result == {"outcome": "done"}


async def test_a_pull_that_is_closed_between(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    held = stage.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hold")
    comment = stage.github.add_comment(repo, number, "/retest\n/stop\n/override linting so it is\n/fix\n/retry")
    await stage.until(lambda: held.seen)
    await stage.github.close_pull(repo, number)
    held.release()
    await stage.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", 20)
    (answer,) = said(stage, repo, number)
    assert answer.count("This pull request is closed, so nothing was run.") == 1
    assert named(stage, repo, sha, "gate") == 1


async def test_a_halt_and_an_override_are_handed_on_to_the_next_run(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    await handle.terminate("to begin anew")
    told = "Overridden by @octocat for this commit: it is wrong"
    state = BranchState(GateTarget(sha), pull=number, attempts={sha: 1}, halted=True, overrides={"linting": told})
    owner, name = repo.split("/")
    installation = stage.github.installation_of(stage.github.repository(repo))
    assert installation
    branch = ContinuousQualityInput(RepoRef(owner, name, installation.id), "change", default_branch="main", state=state)
    await stage.temporal.start_workflow("ContinuousQualityWorkflow", branch, id=handle.id, task_queue=ids.TASK_QUEUE)
    await stage.ask(repo, number, "/status")
    assert "was stopped" in said(stage, repo, number)[-1]
    assert "it is wrong" in said(stage, repo, number)[-1]
    assert named(stage, repo, sha, "gate") == 1
    await stage.ask(repo, number, "/retry")
    runs = await stage.verdict(repo, sha, gates=2)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_status_of_what_was_terminated(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "terminated")
    number = await stage.pull(repo)
    await stage.github.hooks.idle()
    await stage.temporal.get_workflow_handle(f"quality:{repo}@change").terminate("by hand")
    await stage.ask(repo, number, "/status\n/stop")
    answer = said(stage, repo, number)[-1]
    assert f"The gate of `{sha[:12]}` did not come to its end." in answer
    assert "Nothing runs for this pull request." in answer
    await stage.github.close_pull(repo, number)  # Or the next reconciliation of all repositories takes it up again.


async def test_ten_commands(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    many = "\n".join(
        f"/help {name}" for name in ("fix", "help", "ok-to-test", "override", "retest", "retry", "status", "stop")
    )
    await stage.ask(repo, number, many + "\n/status\n/retset\n/status again\n/stop")
    (answer,) = said(stage, repo, number)
    assert answer.count("You have admin access here:") == 8
    assert f"\n\nThe gate of `{sha[:12]}` failed" in answer  # below a list, and no part of it
    assert "Did you mean `/retest [check …]`?" in answer
    assert "takes no words" not in answer  # the eleventh


@pytest.mark.parametrize(
    "text", ["\ufeffversion: 1\n".encode("utf-16"), b"\xff\xfe\x00", b"version: 1\n#" + b"x" * 1_100_000]
)
async def test_a_configuration_that_is_no_text_opens_nothing(stage: Stage, text: bytes) -> None:
    repo, sha, number = await pull(stage)
    await stage.push(repo, {".github/autobuild.yml": text}, branch="main")
    assert await stage.ask(repo, number, "/retest") == ["confused"]
    assert ".github/autobuild.yml" in said(stage, repo, number)[-1]
    assert named(stage, repo, sha, "gate") == 1

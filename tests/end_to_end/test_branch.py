"""A branch over time: newer heads, drafts, closing, deletion, late events, the merge queue."""

import psutil
import pytest

from simulator.github import git
from tests.end_to_end.repos import EIGHT, configured
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUICK = "true"


def slow(**more: str) -> dict[str, str]:
    """A repository whose `security` check does what security.sh of the head says."""
    return configured({"security": "sh security.sh"}, **{"security.sh": QUICK, **more})


async def hanging(stage: Stage, repo: str, mark: str) -> str:
    """Pushes a head whose security check hangs, and waits until all else has ended; its sha."""
    sha = await stage.push(repo, {"security.sh": f"exec sh -c 'tail -f /dev/null' {mark}\n"})
    await stage.until(lambda: stage.runs(repo, sha).get("linting", {}).get("status") == "completed")
    return sha


def running(mark: str) -> list[int]:
    """The processes of hanging checks with this mark."""
    return [one.pid for one in psutil.process_iter(["cmdline"]) if mark in (one.info["cmdline"] or [])]


async def test_a_newer_head_supersedes_the_older(stage: Stage) -> None:
    repo = await stage.repository(slow())
    old = await hanging(stage, repo, "supersede")
    new = await stage.push(repo, {"security.sh": QUICK})
    assert (await stage.verdict(repo, new))["gate"]["conclusion"] == "success"
    runs = await stage.verdict(repo, old)
    assert runs["gate"]["conclusion"] == runs["security"]["conclusion"] == "cancelled"
    assert new[:7] in runs["gate"]["output"]["summary"]
    assert {run["status"] for run in runs.values()} == {"completed"}
    assert not running("supersede")


async def test_a_draft_cancels_and_ready_for_review_starts_again(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "draft")
    number = await stage.pull(repo)
    stage.github.set_draft(repo, number, True)
    runs = await stage.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "draft" in runs["gate"]["output"]["summary"]
    new = await stage.push(repo, {"security.sh": QUICK})
    await stage.github.hooks.idle()  # GitHub's times are in seconds: within one, the order of the post decides
    stage.github.set_draft(repo, number, False)
    assert (await stage.verdict(repo, new))["gate"]["conclusion"] == "success"


async def test_closing_the_pull_request_cancels_and_ends_the_branch_workflow(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "close")
    number = await stage.pull(repo)
    await stage.github.close_pull(repo, number)
    runs = await stage.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "closed" in runs["gate"]["output"]["summary"]
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None


async def test_deleting_the_branch_ends_its_workflow(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await stage.push(repo, {"a.txt": ""})
    await stage.verdict(repo, sha)
    await stage.github.delete_branch(repo, "change")
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None


async def test_events_in_the_wrong_order_end_with_the_newest_head(stage: Stage) -> None:
    repo = await stage.repository(configured())
    held = stage.github.hooks.hold("push", "check_suite")
    first = await stage.push(repo, {"a.txt": "1\n"})
    second = await stage.push(repo, {"a.txt": "2\n"})
    await stage.until(lambda: len(held.waiting) >= 4)
    held.release(order=tuple(reversed(range(len(held.waiting)))))
    runs = await stage.verdict(repo, second)
    assert runs["gate"]["conclusion"] == "success"
    status = await stage.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_status")
    assert status in ("passed", f"gating {second}")
    assert all(run["status"] == "completed" for run in stage.runs(repo, first).values())


async def test_another_base_is_another_verdict_on_the_same_head(stage: Stage) -> None:
    finding = "a.txt:1: warning: old\n"
    repo = await stage.repository(configured())
    await stage.push(repo, {"lint.txt": finding, "a.txt": "x\n"}, branch="develop")
    sha = await stage.push(repo, {"b.txt": ""}, parent=await head(stage, repo, "develop"))
    assert (await stage.verdict(repo, sha))["gate"]["conclusion"] == "failure"
    await stage.pull(repo, base="develop")
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"


async def head(stage: Stage, repo: str, branch: str) -> str:
    return (await git.refs(stage.github.repository(repo).path, "refs/heads"))[f"refs/heads/{branch}"]


async def test_a_merge_group_is_gated_on_its_own_head(stage: Stage) -> None:
    repo = await stage.repository(configured())
    await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    sha = await stage.github.queue_merge(repo, number)
    runs = await stage.verdict(repo, sha)
    assert set(runs) == {*EIGHT, "gate"}
    assert runs["gate"]["conclusion"] == "success"


async def test_a_push_to_the_default_branch_is_compared_with_what_was_before(stage: Stage) -> None:
    repo = await stage.repository(configured() | {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: old\n"})
    sha = await stage.push(
        repo, {"a.txt": "x\ny\n", "lint.txt": "a.txt:1: warning: old\na.txt:2: warning: new\n"}, "main"
    )
    runs = await stage.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "failure"
    assert "1 known" in runs["linting"]["output"]["title"]


async def test_branches_that_the_configuration_leaves_out_are_skipped_until_they_are_in_a_pull_request(
    stage: Stage,
) -> None:
    files = configured()
    files[".github/autobuild.yml"] += "push:\n  branches: [main]\n"
    repo = await stage.repository(files)
    sha = await stage.push(repo, {"a.txt": "x\n"})
    runs = await stage.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "skipped"
    await stage.pull(repo)
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == "success"


async def test_a_pull_request_that_is_closed_in_the_middle_and_reopened_has_its_verdict(stage: Stage) -> None:
    """The branch's workflow ended with the pull, and the next one knows nothing of the gate that was cancelled."""
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "reopen")
    number = await stage.pull(repo)
    await stage.github.close_pull(repo, number)
    await stage.workflows.wait_for_result(f"quality:{repo}@change", 30)
    first = stage.runs(repo, sha)
    await stage.github.reopen_pull(repo, number)
    await stage.until(lambda: stage.runs(repo, sha)["gate"]["id"] != first["gate"]["id"])
    stage.github.add_comment(repo, number, "/stop")
    again = await stage.verdict(repo, sha, gates=2)
    assert {run["external_id"].partition("|")[0] for run in again.values()} == {f"quality:{repo}@change"}
    assert len(stage.github.check_runs(repo, sha)) == 18

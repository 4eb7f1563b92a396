"""A branch over time: newer heads, drafts, closing, deletion, late events, the merge queue."""

from functools import partial

import psutil
import pytest

from activities.reporting.comment import CHECKING, GATE_MARK
from simulator.github import git
from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import CHECKS, configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUICK = "true"


def slow(**more: str) -> dict[str, str]:
    """A repository whose `security` check does what security.sh of the head says."""
    return configured({"security": "sh security.sh"}, **{"security.sh": QUICK, **more})


async def hanging(stack: Stack, repo: str, mark: str) -> str:
    """Pushes a head whose security check hangs, and waits until all else has ended; its sha."""
    sha = await stack.push(repo, {"security.sh": f"exec sh -c 'tail -f /dev/null' {mark}\n"})
    await stack.until(lambda: stack.runs(repo, sha).get("linting", {}).get("status") == "completed")
    return sha


def running(mark: str) -> list[int]:
    """The processes of hanging checks with this mark."""
    return [one.pid for one in psutil.process_iter(["cmdline"]) if mark in (one.info["cmdline"] or [])]


async def test_newer_head_supersedes_the_older(stack: Stack) -> None:
    repo = await stack.repository(slow())
    old = await hanging(stack, repo, "supersede")
    new = await stack.push(repo, {"security.sh": QUICK})
    assert (await stack.verdict(repo, new))["gate"]["conclusion"] == "success"
    runs = await stack.verdict(repo, old)
    assert runs["gate"]["conclusion"] == runs["security"]["conclusion"] == "cancelled"
    assert new[:7] in runs["gate"]["output"]["summary"]
    assert {run["status"] for run in runs.values()} == {"completed"}
    assert not running("supersede")


async def test_draft_cancels_the_gate_until_ready_for_review(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "draft")
    number = await stack.pull(repo)
    stack.github.pulls.set_draft(repo, number, True)
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "draft" in runs["gate"]["output"]["summary"]
    new = await stack.push(repo, {"security.sh": QUICK})
    await stack.github.webhooks.idle()  # GitHub's times are in seconds: within one, the order of the deliveries decides
    stack.github.pulls.set_draft(repo, number, False)
    assert (await stack.verdict(repo, new))["gate"]["conclusion"] == "success"


async def test_closed_pull_cancels_the_gate_and_ends_the_workflow(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "close")
    number = await stack.pull(repo)
    await stack.github.pulls.close_pull(repo, number)
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "closed" in runs["gate"]["output"]["summary"]
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None


async def test_deleted_branch_ends_its_workflow(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await stack.push(repo, {"a.txt": ""})
    await stack.verdict(repo, sha)
    await stack.github.pushes.delete_branch(repo, "change")
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None


async def test_events_out_of_order_gate_the_newest_head(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.github.webhooks.faults.hold("push", "check_suite")
    first = await stack.push(repo, {"a.txt": "1\n"})
    second = await stack.push(repo, {"a.txt": "2\n"})
    await stack.until(lambda: len(held.waiting) >= 4)
    held.release(order=tuple(reversed(range(len(held.waiting)))))
    runs = await stack.verdict(repo, second)
    assert runs["gate"]["conclusion"] == "success"
    status = await stack.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_status")
    assert status in ("passed", f"gating {second}")
    assert all(run["status"] == "completed" for run in stack.runs(repo, first).values())


async def test_changed_base_gates_the_head_again(stack: Stack) -> None:
    finding = "a.txt:1: warning: old\n"
    repo = await stack.repository(configured())
    await stack.push(repo, {"lint.txt": finding, "a.txt": "x\n"}, branch="develop")
    sha = await stack.push(repo, {"b.txt": ""}, parent=await head(stack, repo, "develop"))
    assert (await stack.verdict(repo, sha))["gate"]["conclusion"] == "failure"
    await stack.pull(repo, base="develop")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"


async def head(stack: Stack, repo: str, branch: str) -> str:
    return (await git.refs(stack.github.store.repository(repo).path, "refs/heads"))[f"refs/heads/{branch}"]


async def test_merge_group_is_gated(stack: Stack) -> None:
    """Also where only pushes to main are: the group's branch goes into main."""
    files = configured()
    files[".github/autobuild.yml"] += "push:\n  branches: [main]\n"
    repo = await stack.repository(files)
    await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    sha = await stack.github.merging.queue_merge(repo, number)
    runs = await stack.verdict(repo, sha)
    assert set(runs) == {*CHECKS, "gate"}
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("success", "success")


async def test_default_branch_is_compared_with_its_previous_head(stack: Stack) -> None:
    repo = await stack.repository(configured() | {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: old\n"})
    sha = await stack.push(
        repo, {"a.txt": "x\ny\n", "lint.txt": "a.txt:1: warning: old\na.txt:2: warning: new\n"}, "main"
    )
    runs = await stack.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "failure"
    assert "1 known" in runs["linting"]["output"]["title"]


async def test_excluded_branch_is_not_checked_until_it_has_a_pull(stack: Stack) -> None:
    files = configured()
    files[".github/autobuild.yml"] += "push:\n  branches: [main]\n"
    repo = await stack.repository(files)
    sha = await stack.push(repo, {"a.txt": "x\n"})
    runs = await stack.verdict(repo, sha)
    assert {run["conclusion"] for run in runs.values()} == {"cancelled"}  # nothing was looked at, so nothing is green
    assert "excluded" in runs["gate"]["output"]["summary"]
    await stack.pull(repo)
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == "success"


async def test_reopened_pull_gets_a_new_gate(stack: Stack) -> None:
    """The branch's workflow ended with the pull, and the next one knows nothing of the gate that was cancelled."""
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "reopen")
    number = await stack.pull(repo)
    await stack.github.pulls.close_pull(repo, number)
    await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S)
    first = stack.runs(repo, sha)
    await stack.github.pulls.reopen_pull(repo, number)
    await stack.until(lambda: stack.runs(repo, sha)["gate"]["id"] != first["gate"]["id"])
    stack.github.issues.add_comment(repo, number, "/stop")
    again = await stack.verdict(repo, sha, gates=2)
    assert {run["external_id"].partition("|")[0] for run in again.values()} == {f"quality:{repo}@change"}
    assert len(stack.github.check_runs(repo, sha)) == 18


def gate_comments(stack: Stack, repo: str, number: int) -> list[str]:
    return [one["body"] for one in stack.github.comments(repo, number) if GATE_MARK in one["body"]]


def is_checking(stack: Stack, repo: str, number: int, sha: str) -> bool:
    return f"{CHECKING} [`{sha[:7]}`]" in gate_comments(stack, repo, number)[0]


async def test_comment_names_the_head_at_once_and_never_stays_at_that(stack: Stack) -> None:
    """The first head ends with a verdict, the second is superseded, and the third's gate ends with the pull request."""
    repo = await stack.repository(slow())
    sha = await stack.push(repo, {"a.txt": "1\n"})
    number = await stack.pull(repo)
    await stack.comment(repo, number)
    for mark in ("comment-second", "comment-third"):
        sha = await hanging(stack, repo, mark)
        await stack.until(partial(is_checking, stack, repo, number, sha))
        assert "Can merge" not in gate_comments(stack, repo, number)[0].splitlines()[1]
    await stack.github.pulls.close_pull(repo, number)
    await stack.until(lambda: CHECKING not in gate_comments(stack, repo, number)[0])
    assert "closed" in gate_comments(stack, repo, number)[0].splitlines()[1]
    assert len(gate_comments(stack, repo, number)) == 1


async def test_comment_lists_findings_and_names_a_conflict(stack: Stack) -> None:
    repo = await stack.repository(configured() | {"a.txt": "1\n"})
    await stack.push(repo, {"a.txt": "2\n", "lint.txt": "a.txt:1: warning: **new** here\n"})
    number = await stack.pull(repo)
    text = await stack.comment(repo, number)
    assert "a.txt#L1" in text
    assert "\\*\\*new\\*\\* here" in text
    await stack.push(repo, {"a.txt": "3\n"}, branch="main")
    new = await stack.push(repo, {"lint.txt": ""})
    await stack.verdict(repo, new)
    await stack.until(lambda: CHECKING not in gate_comments(stack, repo, number)[0])
    text = gate_comments(stack, repo, number)[0]
    assert text.splitlines()[1] == "### ⚠️ Conflicts with `main`"
    assert "an merge" not in text

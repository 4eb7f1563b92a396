"""A push becomes check runs, a verdict and one comment."""

import pytest

from tests.end_to_end.repos import CHECKS, configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"


async def test_push_gets_nine_completed_check_runs(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x = 1\n"})
    runs = await stack.verdict(repo, sha)
    assert set(runs) == {*CHECKS, "gate"}
    assert {run["status"] for run in runs.values()} == {"completed"}
    assert runs["linting"]["conclusion"] == "success"
    assert runs["gate"]["conclusion"] == "success"


async def test_new_finding_fails_and_is_annotated(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    runs = await stack.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "failure"
    assert runs["gate"]["conclusion"] == "failure"
    [annotation] = runs["linting"]["annotations"]
    assert (annotation["path"], annotation["start_line"]) == ("a.txt", 1)
    assert "this is new" in annotation["message"]


async def test_finding_of_the_base_does_not_fail(stack: Stack) -> None:
    repo = await stack.repository(configured() | {"a.txt": "x = 1\n", "lint.txt": FINDING})
    sha = await stack.push(repo, {"b.txt": "y = 1\n"})
    runs = await stack.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "success"
    assert "1 known" in runs["linting"]["output"]["title"]


async def test_pull_has_one_comment_that_is_edited(stack: Stack) -> None:
    repo = await stack.repository(configured())
    await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    number = await stack.pull(repo)
    first = await stack.comment(repo, number)
    assert "linting" in first
    sha = await stack.push(repo, {"lint.txt": ""})
    await stack.verdict(repo, sha)
    await stack.until(lambda: stack.github.comments(repo, number)[0]["body"] != first)
    assert len(stack.github.comments(repo, number)) == 1


async def test_gate_costs_few_requests(stack: Stack) -> None:
    """From the first push to a repository until its pull request's comment, with both tokens: every request that names
    the repository, or is GraphQL's."""
    repo = await stack.repository(configured())
    number, before = stack.github.store.repository(repo).id, len(stack.github.requests)
    sha = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    pull = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, pull)
    listed = f"/repos/{repo}/pulls"  # by the reconciliation, whatever is gated
    chosen = [one for one in stack.github.requests[before:] if one.path != listed]
    sent = [f"{one.method} {one.path} {one.request or ''}" for one in chosen]
    ours = [
        one for one in sent if f"/repos/{repo}" in one or "/graphql" in one or f"'repository_ids': [{number}]" in one
    ]
    assert len(ours) <= 14, "\n".join(each[:150] for each in ours)


async def test_all_events_of_a_head_start_one_gate(stack: Stack) -> None:
    repo = await stack.repository(configured())
    stack.github.webhooks.faults.duplicate("push")
    stack.github.webhooks.faults.duplicate("pull_request")
    sha = await stack.push(repo, {"a.txt": "x = 1\n"})
    number = await stack.pull(repo)
    runs = await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    assert len(stack.github.check_runs(repo, sha)) == len(runs) == len(CHECKS) + 1
    assert len(stack.github.comments(repo, number)) == 1


async def test_same_tree_runs_no_tool_again(stack: Stack) -> None:
    repo = await stack.repository(configured())
    first = await stack.push(repo, {"a.txt": "x = 1\n"})
    await stack.verdict(repo, first)
    second = await stack.push(repo, {}, message="Only another message")
    await stack.verdict(repo, second)
    result = await stack.workflows.wait_for_result(f"quality-gate:{repo}@{second}")
    assert all(check["cached"] for check in result["result"]["checks"] if check["status"] != "skipped")


async def test_configuration_error_names_the_line(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {".github/autobuild.yml": "version: 1\nchekcs: {}\n"})
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    assert "line 2" in runs["gate"]["output"]["summary"]
    assert "checks" in runs["gate"]["output"]["summary"]
    assert all(run["status"] == "completed" for run in runs.values())


async def test_changed_tool_configuration_is_named_in_the_verdict(stack: Stack) -> None:
    repo = await stack.repository(configured() | {"ruff.toml": "line-length = 100\n"})
    sha = await stack.push(repo, {"ruff.toml": "line-length = 300\n"})
    runs = await stack.verdict(repo, sha)
    assert "ruff.toml" in runs["linting"]["output"]["summary"]

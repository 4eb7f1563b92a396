"""Merging over REST: three methods, every refusal, and mergeability."""

from typing import Any

import pytest

from simulator.github.git import git
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, Reply, WebhookReceiver

R = f"/repos/{REPO}"


@pytest.fixture
async def pull(github: SimulatedGitHub) -> str:
    """Number 1, two commits from `feature` into a `main` that has moved on; its head."""
    await github.pushes.push_commit(REPO, "feature", {"a.py": "a = 1\n"}, "First\n\nWith a body.")
    head = await github.pushes.push_commit(REPO, "feature", {"b.py": "b = 1\n"}, "Second", login="octocat")
    await github.pulls.open_pull(REPO, "feature", title="Two things")
    await github.pushes.push_commit(REPO, "main", {"other.py": "o = 1\n"}, "Meanwhile")
    return head


async def merge(ask: ApiClient, **body: Any) -> Reply:
    return await ask("PUT", f"{R}/pulls/1/merge", body)


async def state(ask: ApiClient) -> tuple[bool | None, str]:
    pull = (await ask("GET", f"{R}/pulls/1")).body
    return pull["mergeable"], pull["mergeable_state"]


async def messages(github: SimulatedGitHub, ref: str = "main") -> list[str]:
    out = await git(github.store.repository(REPO).path, "log", "--format=%an|%cn|%B%x00", ref)
    return [entry.strip() for entry in out.decode().split("\0") if entry.strip()]


async def test_merge_commit(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, pull: str) -> None:
    assert (await ask("GET", f"{R}/pulls/1/merge")).status == 404
    reply = await merge(ask, sha=pull)
    assert (reply.status, reply.body["merged"]) == (200, True)
    parents = (await git(github.store.repository(REPO).path, "rev-parse", "main", "main^2")).decode().split()
    assert parents == [reply.body["sha"], pull]
    assert (await messages(github))[0].endswith("|Merge pull request #1 from octocat/feature\n\nTwo things")
    assert (await ask("GET", f"{R}/pulls/1/merge")).status == 204
    await github.webhooks.idle()
    [closed] = receiver.payloads("pull_request.closed")
    assert (closed["pull_request"]["merged"], closed["pull_request"]["merge_commit_sha"]) == (True, parents[0])
    assert [(await merge(ask)).status, (await merge(ask, sha=pull)).status] == [405, 405]
    openapi.assert_valid(github.requests)


async def test_squash_merge_makes_one_commit(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, pull: str
) -> None:
    reply = await merge(ask, merge_method="squash")
    assert (await messages(github))[:2] == [
        "octocat|autobuild[bot]|Two things (#1)\n\n* First\n\nWith a body.\n\n* Second",
        "octocat|octocat|Meanwhile",
    ]
    got = (await ask("GET", f"{R}/pulls/1")).body
    assert (got["merged"], got["merge_commit_sha"], got["state"]) == (True, reply.body["sha"], "closed")
    await github.webhooks.idle()
    assert len(receiver.payloads("pull_request.closed")) == 1


async def test_squash_with_given_title_and_message(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    await merge(ask, merge_method="squash", commit_title="Mine", commit_message="Why.")
    assert (await messages(github))[0] == "octocat|autobuild[bot]|Mine\n\nWhy."


async def test_rebase_merge_keeps_each_commit(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    reply = await merge(ask, merge_method="rebase")
    assert reply.status == 200
    assert (await messages(github))[:3] == [
        "octocat|autobuild[bot]|Second",
        "octocat|autobuild[bot]|First\n\nWith a body.",
        "octocat|octocat|Meanwhile",
    ]
    assert await git(github.store.repository(REPO).path, "show", "main:b.py") == b"b = 1\n"
    assert (await ask("GET", f"{R}/pulls/1")).body["merged"] is True


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_disallowed_merge_method_is_refused(
    github: SimulatedGitHub, ask: ApiClient, pull: str, method: str
) -> None:
    github.repositories.allow_methods(REPO, [each for each in ("merge", "squash", "rebase") if each != method])
    reply = await merge(ask, merge_method=method)
    assert (reply.status, "not allowed on this repository" in reply.body["message"]) == (405, True)
    names = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    shown = (await ask("GET", R)).body
    assert [key for key in names.values() if not shown[key]] == [names[method]]
    reader = await ask.mint(permissions={"contents": "read"})
    assert names[method] not in (await ask("GET", R, token=reader)).body
    openapi.assert_valid(github.requests)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"sha": "f" * 40}, 409, "Head branch was modified"),
        ({"merge_method": "octopus"}, 422, "Validation Failed"),
        ({"commit_title": 3}, 422, "Validation Failed"),
    ],
)
async def test_forbidden_merge_is_refused(
    github: SimulatedGitHub, ask: ApiClient, pull: str, body: dict[str, Any], status: int, words: str
) -> None:
    reply = await merge(ask, **body)
    assert (reply.status, words in reply.body["message"]) == (status, True)
    assert (await messages(github))[0].endswith("Meanwhile")
    openapi.assert_valid(github.requests)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_conflict_is_refused(github: SimulatedGitHub, ask: ApiClient, pull: str, method: str) -> None:
    assert await state(ask) == (True, "clean")
    await github.pushes.push_commit(REPO, "main", {"a.py": "a = 2\n"})
    assert await state(ask) == (False, "dirty")
    reply = await merge(ask, merge_method=method)
    words = "This branch can't be rebased" if method == "rebase" else "Pull Request is not mergeable"
    assert (reply.status, reply.body["message"]) == (405, words)


async def test_draft_cannot_be_merged(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    github.pulls.set_draft(REPO, 1, True)
    assert await state(ask) == (True, "draft")
    assert (await merge(ask)).body["message"] == "Pull Request is still a draft"


async def test_mergeable_is_null_at_first(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    github.merging.delay_mergeable(REPO, 1)
    assert [await state(ask), await state(ask)] == [(None, "unknown"), (True, "clean")]
    await github.pulls.close_pull(REPO, 1)
    assert await state(ask) == (None, "unknown")
    openapi.assert_valid(github.requests)


async def test_failing_check_makes_it_unstable(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    await github.statuses.set_status(REPO, pull, "pending", "ci")
    assert await state(ask) == (True, "unstable")
    await github.statuses.set_status(REPO, pull, "success", "ci")
    assert await state(ask) == (True, "clean")
    run = {"name": "lint", "head_sha": pull, "conclusion": "failure"}
    await ask("POST", f"{R}/check-runs", run)
    assert await state(ask) == (True, "unstable")
    assert (await merge(ask)).status == 200


async def test_update_branch_merges_the_base(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, pull: str
) -> None:
    path = f"{R}/pulls/1/update-branch"
    wrong = await ask("PUT", path, {"expected_head_sha": "f" * 40})
    assert (wrong.status, "expected head sha" in wrong.body["message"]) == (422, True)
    reply = await ask("PUT", path, {"expected_head_sha": pull})
    assert reply.status == 202
    head = (await ask("GET", f"{R}/pulls/1")).body["head"]["sha"]
    assert (await git(github.store.repository(REPO).path, "rev-parse", "feature^1")).decode().strip() == pull
    await github.webhooks.idle()
    assert receiver.payloads("pull_request.synchronize")[0]["after"] == head
    again = await ask("PUT", path, {"expected_head_sha": head})
    assert (again.status, "no new commits" in again.body["message"]) == (422, True)
    await github.pushes.push_commit(REPO, "main", {"a.py": "a = 2\n"})
    assert (await ask("PUT", path)).body["message"] == "merge conflict between base and head"
    openapi.assert_valid(github.requests)


async def test_branch_of_a_fork_cannot_be_updated(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.repositories.add_fork(REPO, "friend")
    await github.pushes.push_commit("friend/hello", "fix", {"a": "a"}, login="friend")
    await github.pulls.open_pull(REPO, "friend:fix", login="friend")
    await github.pushes.push_commit(REPO, "main", {"b": "b"})
    assert (await ask("PUT", f"{R}/pulls/1/update-branch")).status == 403
    assert (await ask("PUT", f"{R}/pulls/1/merge", {"merge_method": "squash"})).status == 200


async def test_merge_branch_into_branch(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, pull: str
) -> None:
    await github.pushes.push_commit(REPO, "main", {"a.py": "a = 2\n"})
    await github.pushes.push_commit(REPO, "old", {"c.py": "c = 1\n"})
    made = await ask("POST", f"{R}/merges", {"base": "old", "head": pull, "commit_message": "Bring it"})
    assert made.status == 409
    await github.pushes.push_commit(REPO, "side", {"side.py": "s = 1\n"}, parent=pull)
    made = await ask("POST", f"{R}/merges", {"base": "feature", "head": "side", "commit_message": "Bring it"})
    assert (made.status, made.body["commit"]["message"], made.body["parents"][0]["sha"]) == (201, "Bring it", pull)
    again = await ask("POST", f"{R}/merges", {"base": "feature", "head": "side"})
    assert (again.status, again.body) == (204, None)
    for base, head in (("none", "side"), ("side", "none"), ("side", "--help")):
        assert (await ask("POST", f"{R}/merges", {"base": base, "head": head})).status == 404
    await github.webhooks.idle()
    assert receiver.payloads("push")[-1]["after"] == made.body["sha"]
    openapi.assert_valid(github.requests)


async def test_merging_needs_contents(ask: ApiClient, pull: str) -> None:
    token = await ask.mint(permissions={"pull_requests": "write", "contents": "read"})
    assert (await ask("PUT", f"{R}/pulls/1/merge", {}, token=token)).status == 403
    assert (await ask("POST", f"{R}/merges", {"base": "main", "head": "feature"}, token=token)).status == 403
    assert (await ask("PUT", f"{R}/pulls/1/update-branch", token=token)).status == 403


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"head": "none"}, "head", ""),
        ({"head": "stranger:feature"}, "head", ""),
        ({"base": "none"}, "base", ""),
        ({"title": "x" * 257}, "title", "too long"),
        ({"body": "x" * 65_537}, "body", "too long"),
        ({}, "", "A pull request already exists for octocat:feature."),
        ({"head": "same"}, "", "No commits between main and same"),
    ],
)
async def test_unknown_pull_request_is_refused(
    github: SimulatedGitHub, ask: ApiClient, pull: str, body: dict[str, str], field: str, words: str
) -> None:
    tip = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    await ask("POST", f"{R}/git/refs", {"ref": "refs/heads/same", "sha": tip})
    reply = await ask("POST", f"{R}/pulls", {"title": "x", "head": "feature", "base": "main", **body})
    [error] = reply.body["errors"]
    assert (reply.status, error.get("field", ""), words in error.get("message", "")) == (422, field, True)
    openapi.assert_valid(github.requests)


async def test_merged_pull_request_cannot_be_merged_again(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    await merge(ask)
    reply = await ask("PATCH", f"{R}/pulls/1", {"state": "open"})
    assert (reply.status, "cannot be reopened" in str(reply.body)) == (422, True)


async def test_rebase_omits_commits_of_the_base(github: SimulatedGitHub, ask: ApiClient, pull: str) -> None:
    await github.pushes.push_commit(REPO, "main", {"a.py": "a = 1\n"}, "The same as First")
    await merge(ask, merge_method="rebase")
    assert [each.split("|")[2] for each in await messages(github)][:2] == ["Second", "The same as First"]

"""`createCommitOnBranch`: a real commit, or the reason for none."""

import base64
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from simulator.github.git import git
from simulator.github.rest.graphql.schema import SCHEMA
from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

GITHUBS_SCHEMA = Path(__file__).parents[1] / "node_modules/@octokit/graphql-schema/schema.graphql"
MUTATION = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }"


def test_each_type_and_field_is_githubs_own() -> None:
    """As if ours were an older version of GitHub's schema: whatever is valid by ours is valid there."""
    theirs = build_schema(GITHUBS_SCHEMA.read_text("utf-8"), assume_valid=True, no_location=True)
    assert find_breaking_changes(build_schema(SCHEMA), theirs) == []


def given(head: str, **change: Any) -> dict[str, Any]:
    contents = base64.b64encode(b"x = 2\n").decode()
    return {
        "branch": {"repositoryNameWithOwner": REPO, "branchName": "feature"},
        "message": {"headline": "Mend", "body": "what ruff found"},
        "expectedHeadOid": head,
        "fileChanges": {"additions": [{"path": "a.py", "contents": contents}], "deletions": [{"path": "README.md"}]},
        **change,
    }


async def test_mutation_creates_a_commit(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    head = await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    await github.pulls.open_pull(REPO, "feature")
    reply = await ask("POST", "/graphql", {"query": MUTATION, "variables": {"input": given(head)}})
    made = reply.body["data"]["createCommitOnBranch"]["commit"]["oid"]
    path = github.store.repository(REPO).path
    assert (await git(path, "rev-parse", "feature", "feature^")).decode().split() == [made, head]
    assert await git(path, "show", f"{made}:a.py") == b"x = 2\n"
    assert (await git(path, "ls-tree", "--name-only", made)).decode().split() == ["a.py", "src"]
    assert (
        await git(path, "log", "-1", "--format=%an|%B", made)
    ).decode().strip() == "autobuild[bot]|Mend\n\nwhat ruff found"
    await github.webhooks.idle()
    pull = receiver.payloads("pull_request.synchronize")[0]
    assert (pull["after"], pull["sender"]["login"]) == (made, "autobuild[bot]")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"expectedHeadOid": "f" * 40}, "STALE_DATA"),
        ({"branch": {"repositoryNameWithOwner": REPO, "branchName": "none"}}, "NOT_FOUND"),
        ({"branch": {"repositoryNameWithOwner": "octocat/none", "branchName": "main"}}, "NOT_FOUND"),
        ({"branch": None}, None),
        ({"branch": {"branchName": "feature"}}, "UNPROCESSABLE"),
        ({"message": {}}, None),
        ({"fileChanges": {"deletions": [{"path": "none"}]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [{"path": "../x", "contents": ""}]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [{"path": "x", "contents": "é"}]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": ["x"]}}, None),
    ],
)
async def test_invalid_mutation_creates_no_commit(
    github: SimulatedGitHub, ask: ApiClient, change: dict[str, Any], kind: str | None
) -> None:
    head = await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    reply = await ask("POST", "/graphql", {"query": MUTATION, "variables": {"input": given(head, **change)}})
    """What is wrong with the document has no type: nothing was tried."""
    data = {"createCommitOnBranch": None} if kind else None
    assert (reply.status, reply.body.get("data"), reply.body["errors"][0].get("type")) == (200, data, kind)
    assert (await git(github.store.repository(REPO).path, "rev-parse", "feature")).decode().strip() == head


async def test_mutation_needs_contents_permission(github: SimulatedGitHub, ask: ApiClient) -> None:
    head = await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    token = await ask.mint(permissions={"contents": "read"})
    reply = await ask("POST", "/graphql", {"query": MUTATION, "variables": {"input": given(head)}}, token=token)
    assert reply.body["errors"][0]["type"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "query", ["query { viewer { login } }", "mutation { closeIssue }", MUTATION.replace("$input)", "$other)")]
)
async def test_other_documents_are_refused(ask: ApiClient, query: str) -> None:
    reply = await ask("POST", "/graphql", {"query": query, "variables": []})
    assert reply.body["errors"]


async def test_pull_becomes_ready_and_a_draft(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    pull = await github.pulls.open_pull(REPO, "feature", draft=True)
    shown = (await ask("GET", f"/repos/{REPO}/pulls/{pull.number}")).body

    async def change(name: str, id: str = shown["node_id"], token: str = "") -> Any:
        text = f"mutation($id: ID!) {{ {name}(input: {{pullRequestId: $id}}) {{ pullRequest {{ isDraft }} }} }}"
        asked = {"query": text, "variables": {"id": id}}
        body = (await ask("POST", "/graphql", asked, token=token)).body
        return body["errors"][0]["type"] if "errors" in body else body["data"][name]["pullRequest"]["isDraft"]

    assert await change("markPullRequestReadyForReview") is False
    assert await change("convertPullRequestToDraft") is True
    assert await change("convertPullRequestToDraft", "PR_none") == "NOT_FOUND"
    token = await ask.mint(permissions={"pull_requests": "write", "contents": "read"})
    assert await change("markPullRequestReadyForReview", token=token) == "FORBIDDEN"

"""Repositories that are renamed, transferred, archived or deleted: the events, and what API and git answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from simulator.github import git
from simulator.github.git import GitCommandError
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

READ_ONLY = "Repository was archived so is read-only."


@pytest.fixture(autouse=True)
async def _held_to_githubs_words(github: SimulatedGitHub) -> AsyncIterator[None]:
    yield
    openapi.assert_valid(github.requests)
    assert [error for each in github.webhooks.deliveries for error in errors(each.name, each.payload)] == []


async def test_former_name_redirects(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    repo = github.repositories.rename_repository(REPO, "Greetings")
    await github.webhooks.idle()
    payload = receiver.payloads("repository.renamed")[0]
    assert payload["changes"] == {"repository": {"name": {"from": "hello"}}}
    assert payload["repository"]["full_name"] == "octocat/Greetings"

    url = f"{github.api_url}/repositories/{repo.id}"
    read = await ask("GET", "/repos/octocat/HELLO/contents/src%2Fhello.py?ref=main")
    where = f"{url}/contents/src%2Fhello.py?ref=main"
    assert (read.status, read.body["message"], read.body["url"]) == (301, "Moved Permanently", where)
    assert read.headers["Location"] == where
    written = await ask("POST", f"/repos/{REPO}/issues", {"title": "x"})
    assert (written.status, written.headers["Location"]) == (307, f"{url}/issues")
    assert (await ask("GET", f"/repos/{REPO}/installation", who="app")).status == 301
    assert github.store.repository("octocat/greetings").issues == {}


async def test_address_by_id_is_served(github: SimulatedGitHub, ask: ApiClient) -> None:
    number = github.repositories.rename_repository(REPO, "greetings").id
    base = f"/repositories/{number}"
    assert (await ask("GET", base)).body["full_name"] == "octocat/greetings"
    assert (await ask("GET", f"{base}/contents/src/hello.py")).body["path"] == "src/hello.py"
    made = await ask("POST", f"{base}/issues", {"title": "x"})
    assert (made.status, made.body["repository_url"]) == (201, f"{github.api_url}/repos/octocat/greetings")
    assert (await ask("GET", f"{base}/issues/1")).status == 200
    assert (await ask("GET", f"/repositories/{number + 99}/issues/1")).status == 404
    github.repositories.set_permission("octocat/greetings", "example", "read")
    assert (await ask("POST", f"{base}/git/refs", {"ref": "x", "sha": "x"}, who="example")).status == 403


async def test_former_name_of_a_hidden_repository_is_not_found(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.repositories.add_repository("octocat/secret", {"a": "a"}, private=True)
    other = await ask.mint(repositories=["hello"])
    github.repositories.rename_repository("octocat/secret", "hidden")
    assert (await ask("GET", "/repos/octocat/secret", who="")).status == 404
    assert (await ask("GET", "/repos/octocat/secret", who="example")).status == 404
    assert (await ask("GET", "/repos/octocat/secret", token=other)).status == 404
    assert (await ask("GET", "/repos/octocat/secret")).status == 301
    github.installations.remove_installation(next(iter(github.store.installations)))
    assert (await ask("GET", "/repos/octocat/secret/installation", who="app")).status == 404


async def test_former_name_can_be_taken(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.repositories.rename_repository(REPO, "greetings")
    new = await github.repositories.add_repository(REPO, {"b": "b"})
    assert (await ask("GET", f"/repos/{REPO}")).body["id"] == new.id
    with pytest.raises(ValueError, match="already"):
        github.repositories.rename_repository("octocat/greetings", "HELLO")
    github.repositories.rename_repository(REPO, "Hello")
    github.repositories.rename_repository("octocat/greetings", "older")
    github.repositories.rename_repository("octocat/older", "greetings")
    assert (await ask("GET", "/repos/octocat/greetings")).status == 200
    assert (await ask("GET", "/repos/octocat/older")).status == 301


async def test_token_request_needs_the_new_name_or_id(github: SimulatedGitHub, ask: ApiClient) -> None:
    repo = github.repositories.rename_repository(REPO, "greetings")
    path = f"/app/installations/{next(iter(github.store.installations))}/access_tokens"
    assert (await ask("POST", path, {"repositories": ["hello"]}, who="app")).status == 422
    assert (await ask("POST", path, {"repositories": ["greetings"]}, who="app")).status == 201
    assert (await ask("POST", path, {"repository_ids": [repo.id]}, who="app")).status == 201


async def test_git_follows_the_former_name(github: SimulatedGitHub, tmp_path: Path, receiver: WebhookReceiver) -> None:
    former = github.pushes.push_url(REPO)
    clone = tmp_path / "clone"
    await git.git(tmp_path, "clone", "--quiet", former, str(clone))
    github.repositories.rename_repository(REPO, "greetings")
    await git.git(clone, "fetch", "--quiet")
    await git.git(clone, "push", "--quiet", former, "HEAD:refs/heads/copy")
    await github.webhooks.idle()
    assert receiver.payloads("push")[0]["repository"]["name"] == "greetings"
    assert (await asyncio.to_thread((clone / "README.md").read_text)) == "# Hello\n"


async def test_transfer_moves_it_between_installations(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    theirs = github.installations.add_installation("example", [])
    number, token = github.store.repository(REPO).id, await ask.mint(permissions={"issues": "write"})
    github.repositories.transfer_repository(REPO, "example")
    await github.webhooks.idle()
    assert receiver.names == ["installation.created", "installation_repositories.removed"]
    assert (await ask("POST", f"/repositories/{number}/issues", {"title": "x"}, token=token)).status == 403
    github.installations.add_to_installation(theirs.id, "example/hello")
    github.repositories.transfer_repository("example/hello", "octocat")
    await github.webhooks.idle()
    assert receiver.names[2:] == [
        "installation_repositories.added", "installation_repositories.removed", "installation_repositories.added",
        "repository.transferred",
    ]  # fmt: skip
    payload = receiver.payloads("repository.transferred")[0]
    assert payload["repository"]["full_name"] == REPO
    assert list(payload["changes"]["owner"]["from"]) == ["organization"]
    assert (await ask("POST", f"/repos/{REPO}/issues", {"title": "x"}, token=token)).status == 201
    assert (await ask("GET", "/repos/example/hello")).status == 301
    assert theirs.repositories == set()
    github.webhooks.log.clear()  # the published schema of this event forgets organizations


async def test_archived_repository_is_read_only(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    github.issues.open_issue(REPO, "x")
    github.repositories.archive_repository(REPO)
    for method, path, body in [
        ("POST", "issues", {"title": "y"}),
        ("POST", "issues/1/comments", {"body": "y"}),
        ("PATCH", "issues/1", {"state": "closed"}),
    ]:
        refused = await ask(method, f"/repos/{REPO}/{path}", body)
        assert (refused.status, refused.body["message"]) == (403, READ_ONLY)
    assert (await ask("GET", f"/repos/{REPO}")).body["archived"] is True
    with pytest.raises(GitCommandError, match="403"):
        await github.pushes.push_commit(REPO, "main", {"a": "a"})
    given = {"branch": {"repositoryNameWithOwner": REPO, "branchName": "main"}, "message": {"headline": "x"}}
    query = {
        "query": "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }",
        "variables": {"input": {**given, "expectedHeadOid": "0" * 40}},
    }
    assert (await ask("POST", "/graphql", query)).body["errors"][0]["message"] == READ_ONLY
    github.repositories.archive_repository(REPO, archived=False)
    assert (await ask("POST", f"/repos/{REPO}/issues", {"title": "y"})).status == 201
    await github.webhooks.idle()
    assert receiver.names[:3] == ["issues.opened", "repository.archived", "repository.unarchived"]


async def test_control_api_renames_transfers_and_deletes(github: SimulatedGitHub) -> None:
    actions = [
        ("rename_repository", {"full_name": REPO, "new_name": "greetings"}, {"full_name": "octocat/greetings"}),
        (
            "transfer_repository",
            {"full_name": "octocat/greetings", "new_owner": "example"},
            {"full_name": "example/greetings"},
        ),
        ("archive_repository", {"full_name": "example/greetings"}, {"full_name": "example/greetings"}),
        ("delete_repository", {"full_name": "example/greetings"}, {}),
        ("set_app_permissions", {"permissions": {"checks": "read"}}, {}),
        ("accept_permissions", {"installation": next(iter(github.store.installations))}, {}),
    ]
    async with aiohttp.ClientSession() as client:
        for action, arguments, answer in actions:
            async with client.post(f"{github.url}/_control/{action}", json=arguments) as reply:
                assert (reply.status, await reply.json()) == (200, answer)
    assert github.store.repositories == {}
    assert next(iter(github.store.installations.values())).permissions == {"checks": "read"}


async def test_deleted_repository_is_not_found(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    fork = await github.repositories.add_fork(REPO, "example")
    await github.pushes.push_commit(fork.full_name, "change", {"a": "a"}, login="example")
    await github.pulls.open_pull(REPO, "example:change")
    github.repositories.rename_repository(fork.full_name, "mine")
    await github.repositories.delete_repository("example/mine")
    pull = (await ask("GET", f"/repos/{REPO}/pulls/1")).body
    assert (pull["state"], pull["head"]["repo"]) == ("closed", None)
    assert (await ask("GET", "/repos/example/mine")).status == 404
    assert (await ask("GET", "/repos/example/hello")).status == 404
    await github.repositories.delete_repository(REPO)
    assert (await ask("GET", f"/repos/{REPO}/pulls/1")).status == 404
    await github.webhooks.idle()
    assert receiver.names[-1] == "repository.deleted"
    assert (await ask("GET", "/installation/repositories")).body["total_count"] == 0

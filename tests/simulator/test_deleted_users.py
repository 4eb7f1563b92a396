"""Deleted users and check runs, and faults that last, on any path."""

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

R = f"/repos/{REPO}"


async def test_deleted_user_becomes_ghost(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.repositories.set_permission(REPO, "example-writer", "write")
    github.issues.open_issue(REPO, "x", login="example-writer")
    github.issues.add_comment(REPO, 1, "/retest", login="example-writer")
    token = github.store.add_user("example-writer").token
    await github.repositories.delete_user("Example-Writer")
    assert (await ask("GET", f"{R}/collaborators/example-writer/permission")).status == 404
    assert (await ask("GET", "/users/example-writer")).status == 404
    assert (await ask("GET", R, token=token)).status == 401
    assert (await ask("GET", f"{R}/issues/1")).body["user"]["login"] == "ghost"
    assert (await ask("GET", f"{R}/issues/1/comments")).body[0]["user"]["login"] == "ghost"
    openapi.assert_valid(github.requests)


async def test_deleted_user_becomes_null(github: SimulatedGitHub, ask: ApiClient) -> None:
    fork = await github.repositories.add_fork(REPO, "stranger")
    await github.pushes.push_commit(fork.full_name, "change", {"a": "a"}, login="stranger")
    await github.pulls.open_pull(REPO, "stranger:change", login="stranger")
    github.issues.add_comment(REPO, 1, "/retest", login="stranger")
    await github.repositories.delete_user("stranger", leaves="null")
    issue, pull = (await ask("GET", f"{R}/issues/1")).body, (await ask("GET", f"{R}/pulls/1")).body
    assert (issue["user"], (await ask("GET", f"{R}/issues/1/comments")).body[0]["user"]) == (None, None)
    assert (pull["user"]["login"], pull["head"]["repo"], pull["state"]) == ("ghost", None, "closed")
    openapi.assert_valid(github.requests)
    with pytest.raises(ValueError, match="neither"):
        await github.repositories.delete_user("octocat", leaves="money")


async def test_deleted_owner_loses_repositories(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    token = await ask.mint()
    await github.repositories.delete_user("octocat")
    assert (await ask("GET", R, token=token)).status == 401
    assert (await ask("GET", f"{R}/installation", who="app")).status == 404
    await github.webhooks.idle()
    assert receiver.names == ["installation.deleted"]
    assert github.store.add_user("octocat").token not in ("", token)


async def test_deleted_check_run_is_not_found(github: SimulatedGitHub, ask: ApiClient) -> None:
    sha = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    run = (await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha})).body["id"]
    github.checks.delete_check_run(REPO, run)
    done = {"status": "completed", "conclusion": "success"}
    for method, body in (("GET", None), ("PATCH", done)):
        reply = await ask(method, f"{R}/check-runs/{run}", body)
        assert (reply.status, reply.body["message"]) == (404, "Not Found")
    assert (await ask("GET", f"{R}/commits/{sha}/check-runs")).body["total_count"] == 0
    openapi.assert_valid(github.requests)


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("POST", "/app/installations/{installation}/access_tokens", "app"),
        ("GET", f"{R}/collaborators/octocat/permission", "bot"),
        ("GET", "/app/hook/deliveries", "app"),
        ("POST", "/app-manifests/code/conversions", ""),
    ],
)
async def test_fault_lasts_for_its_seconds(
    github: SimulatedGitHub, ask: ApiClient, method: str, path: str, who: str
) -> None:
    await ask.mint()
    path = path.format(installation=next(iter(github.store.installations)))
    good = (await ask(method, path, who=who)).status
    github.faults.add("*", path, status=500, seconds=30)
    assert [(await ask(method, path, who=who)).status for _ in range(3)] == [500] * 3
    github.store.advance(31)
    assert (await ask(method, path, who=who)).status == good
    github.faults.add(method, path, status=503, times=2)
    assert [(await ask(method, path, who=who)).status for _ in range(3)] == [503, 503, good]


async def test_fault_without_a_number_hits_once(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.faults.add("GET", "/app", status=500)
    assert [(await ask("GET", "/app", who="app")).status for _ in range(2)] == [500, 200]

"""Statuses and check runs of a commit, each name once."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.statuses import CommitStatusInput, CommitStatusResult, StatusContext
from activities.github_activities import StatusActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


async def run(github: GitHub, repo: RepoRef, sha: str, name: str, conclusion: str = "", title: str = "") -> None:
    """A check run that has ended, or without a conclusion one that is in progress."""
    api = await github.installation(repo, {"checks": "write"})
    data: dict[str, Any] = {"name": name, "head_sha": sha, "status": "completed" if conclusion else "in_progress"}
    data |= {"conclusion": conclusion} if conclusion else {}
    data |= {"output": {"title": title, "summary": ""}} if title else {}
    await api.post(f"/repos/{repo.full_name}/check-runs", data=data)


async def test_commit_without_checks_has_no_state(status: StatusActivities, repo: RepoRef, head: str) -> None:
    assert await done(status.get_commit_status, CommitStatusInput(repo, head)) == CommitStatusResult("none", ())


async def test_unknown_commit_is_retried(status: StatusActivities, repo: RepoRef) -> None:
    with pytest.raises(ApplicationError) as caught:
        await done(status.get_commit_status, CommitStatusInput(repo, "0123456789" * 4))
    assert (caught.value.type, caught.value.non_retryable) == ("NotFound", False)


@pytest.mark.parametrize(
    ("conclusions", "statuses", "state"),
    [
        (["success", "neutral", "skipped"], [], "success"),
        (["success"], ["success"], "success"),
        ([""], ["success"], "pending"),
        (["success"], ["pending"], "pending"),
        (["", "failure"], ["success"], "failure"),
        ([""], ["error"], "failure"),
        ([], ["pending", "failure"], "failure"),
        (["cancelled"], [], "failure"),
        (["timed_out"], [], "failure"),
        (["action_required"], [], "failure"),
    ],
)
async def test_worst_state_counts(
    simulated: SimulatedGitHub, github: GitHub, status: StatusActivities, repo: RepoRef, head: str,
    conclusions: list[str], statuses: list[str], state: str,
) -> None:  # fmt: skip
    for number, conclusion in enumerate(conclusions):
        await run(github, repo, head, f"run {number}", conclusion)
    for number, said in enumerate(statuses):
        await simulated.statuses.set_status(NAME, head, said, f"status {number}")
    found = await done(status.get_commit_status, CommitStatusInput(repo, head))
    assert found.state == state
    assert len(found.contexts) == len(conclusions) + len(statuses)


async def test_newest_of_a_name_counts(
    simulated: SimulatedGitHub, github: GitHub, status: StatusActivities, repo: RepoRef, head: str
) -> None:
    await run(github, repo, head, "ci", "failure", "2 tests failed")
    await run(github, repo, head, "ci", "success", "all\n  well")
    await simulated.statuses.set_status(NAME, head, "failure", "ci", description="No.")
    await simulated.statuses.set_status(NAME, head, "success", "ci", description="Yes.")
    assert await done(status.get_commit_status, CommitStatusInput(repo, head)) == CommitStatusResult(
        "success", (StatusContext("ci", "success", "Yes.", False), StatusContext("ci", "success", "all well", True))
    )


async def test_all_pages_are_read(
    simulated: SimulatedGitHub, github: GitHub, status: StatusActivities, repo: RepoRef, head: str
) -> None:
    for number in range(105):
        await simulated.statuses.set_status(NAME, head, "success", f"status {number:03}")
        await run(github, repo, head, f"run {number:03}", "success")
    found = await done(status.get_commit_status, CommitStatusInput(repo, head))
    assert len(found.contexts) == 210


async def test_newer_of_two_apps_runs_counts(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, simulated: SimulatedGitHub
) -> None:
    """Each App has a suite of its own, and `filter=latest` looks within a suite."""

    def of(run_id: int, conclusion: str) -> dict[str, Any]:
        return {
            "id": run_id,
            "name": "ci",
            "status": "completed",
            "conclusion": conclusion,
            "output": {"title": "x" * 300},
        }

    async def token(request: web.Request) -> web.Response:
        return web.json_response({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}, status=201)

    async def none(request: web.Request) -> web.Response:
        return web.json_response({"statuses": []})

    async def runs(request: web.Request) -> web.Response:
        return web.json_response({"check_runs": [of(7, "failure"), of(9, "success"), of(8, "failure")]})

    app = web.Application()
    app.router.add_post("/app/installations/{id}/access_tokens", token)
    app.router.add_get("/repos/octocat/hello/commits/abc/status", none)
    app.router.add_get("/repos/octocat/hello/commits/abc/check-runs", runs)
    server = await aiohttp_server(app)
    github = GitHub(str(server.make_url("")), 1, simulated.private_key_pem, session)
    found = await StatusActivities(github).get_commit_status(CommitStatusInput(RepoRef("octocat", "hello", 5), "abc"))
    assert found == CommitStatusResult("success", (StatusContext("ci", "success", f"{'x' * 139}…", True),))

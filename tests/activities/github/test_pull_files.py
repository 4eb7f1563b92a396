"""The files of a pull: all pages of them, and a mark where some are left out."""

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.pulls import PullFile, PullInput
from activities.github_activities import PullActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


async def test_every_status_of_a_file(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef) -> None:
    await simulated.pushes.push_commit(NAME, "main", {"old name.py": "a = 1\nb = 2\nc = 3\n"})
    new = {"a.py": "import sys\nimport os\n", "b.py": None, "né/w|.py": "1\n", "old name.py": None}
    await simulated.pushes.push_commit(NAME, "topic", {**new, "new.py": "a = 1\nb = 2\nc = 3\n"})
    number = (await simulated.pulls.open_pull(NAME, "topic")).number
    found = await pulls.get_pr_files(PullInput(repo, number))
    assert found.complete
    assert sorted(found.files, key=lambda file: file.path) == [
        PullFile("a.py", "modified", 1, 0),
        PullFile("b.py", "removed", 0, 1),
        PullFile("new.py", "renamed", 0, 0, "old name.py"),
        PullFile("né/w|.py", "added", 1, 0),
    ]


async def test_all_pages_are_read(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef) -> None:
    await simulated.pushes.push_commit(NAME, "topic", {f"f{number:03}.py": f"{number}\n" for number in range(250)})
    number = (await simulated.pulls.open_pull(NAME, "topic")).number
    found = await pulls.get_pr_files(PullInput(repo, number))
    assert (len(found.files), len(set(found.files)), found.complete) == (250, 250, True)


@pytest.mark.parametrize(("changed", "complete"), [(3000, True), (3001, False)])
async def test_more_than_three_thousand_files_are_incomplete(
    aiohttp_server: AiohttpServer, key: Path, session: aiohttp.ClientSession, changed: int, complete: bool
) -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}, status=201)

    async def pull(_: web.Request) -> web.Response:
        return web.json_response({"changed_files": changed})

    async def files(request: web.Request) -> web.Response:
        page = int(request.query.get("page", "1"))
        headers = {"Link": f'<{request.url.update_query(page=page + 1)}>; rel="next"'} if page < 30 else {}
        file = {"status": "added", "additions": 1, "deletions": 0}
        return web.json_response([{**file, "filename": f"{page}/{number}"} for number in range(100)], headers=headers)

    app = web.Application()
    app.router.add_post("/app/installations/1/access_tokens", token)
    app.router.add_get("/repos/octocat/hello/pulls/7", pull)
    app.router.add_get("/repos/octocat/hello/pulls/7/files", files)
    server = await aiohttp_server(app)
    github = GitHub(str(server.make_url("")), 1, key.read_text(), session)
    found = await PullActivities(github).get_pr_files(PullInput(RepoRef("octocat", "hello", 1), 7))
    assert (len(set(found.files)), found.complete) == (3000, complete)


async def test_too_many_bytes_of_paths_are_left_out(
    simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef
) -> None:
    deep = "/".join(["é" * 100] * 9)
    await simulated.pushes.push_commit(NAME, "topic", {f"{deep}/{number}": "" for number in range(400)})
    number = (await simulated.pulls.open_pull(NAME, "topic")).number
    found = await pulls.get_pr_files(PullInput(repo, number))
    assert not found.complete
    assert 200 < len(found.files) < 400


async def test_an_issue_has_no_files(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef) -> None:
    issue = simulated.issues.open_issue(NAME, "Not a pull").number
    with pytest.raises(ApplicationError) as caught:
        await pulls.get_pr_files(PullInput(repo, issue))
    assert caught.value.type == "NotFound"

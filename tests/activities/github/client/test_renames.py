"""A repository that was renamed or transferred: work begun under its former name goes on."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.comments import write_comment
from activities.github.commits import CommitActivities
from activities.github.commits.types import CreateCommitInput, PushBranchInput
from activities.github.errors import Forbidden, GitHubError, NotFound, Suspended, Unavailable
from activities.model import RepoRef
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked, done
from tests.openapi import assert_valid

READ = {"contents": "read"}
WRITE = {"contents": "write", "issues": "write", "pull_requests": "write", "checks": "write"}
REPO = "/repos/octocat/hello"
MUTATION = "mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }"


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture(params=["by its id", "by its name"])
def repo(simulated: SimulatedGitHub, request: pytest.FixtureRequest) -> RepoRef:
    """As an event named it before; older histories have no id."""
    (installation,) = simulated.store.installations
    known = simulated.store.repository(NAME).id if request.param == "by its id" else 0
    return RepoRef("octocat", "hello", installation, id=known)


@pytest.fixture(params=["before", "while it is worked on"])
async def renamed(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, request: pytest.FixtureRequest) -> RepoRef:
    """Renamed before the first token was asked for, or with every token issued."""
    if request.param != "before":
        for permissions in (READ, WRITE, {"contents": "write"}, {"issues": "write", "pull_requests": "write"}):
            await github.installation(repo, permissions)
    simulated.repositories.rename_repository(NAME, "goodbye")
    return repo


async def again(work: Callable[[], Awaitable[object]]) -> object:
    """As Temporal does where a retry may help: once more is enough."""
    try:
        return await work()
    except UserError:
        raise
    except GitHubError:
        return await work()
    except ApplicationError as error:
        if error.non_retryable:
            raise
        return await work()


async def test_every_request_follows_the_rename(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef) -> None:
    issue = simulated.issues.open_issue("octocat/goodbye", "A question")
    head = await simulated.pushes.push_commit("octocat/goodbye", "topic", {"a.py": "x = 2\n"})
    api = await github.installation(renamed, WRITE)
    assert (await api.getitem(REPO))["full_name"] == "octocat/goodbye"
    assert [branch["name"] async for branch in api.getiter(f"{REPO}/branches?per_page=1")] == ["main", "topic"]
    run = await api.post(f"{REPO}/check-runs", data={"name": "autobuild / x", "head_sha": head})
    await api.patch(f"{REPO}/check-runs/{run['id']}", data={"status": "completed", "conclusion": "success"})
    await api.put(f"{REPO}/issues/{issue.number}/labels", data={"labels": ["bug"]})
    await api.delete(f"{REPO}/git/refs/heads/topic")
    (shown,) = simulated.check_runs("octocat/goodbye", head)
    assert shown["conclusion"] == "success"


async def test_comment_is_written_once(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef) -> None:
    number = simulated.issues.open_issue("octocat/goodbye", "A question").number
    mark, body = "<!-- mark -->", "<!-- mark -->\nHello"
    made = await again(lambda: write_comment(github, renamed, number, mark, body))
    assert await write_comment(github, renamed, number, mark, body) != made
    assert len(simulated.comments("octocat/goodbye", number)) == 1


async def test_commit_is_created(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef, tmp_path: Path) -> None:
    head = await simulated.pushes.push_commit("octocat/goodbye", "topic", {"a.py": "x = 2\n"})
    commit = await _commit(simulated, tmp_path)
    wanted = CreateCommitInput(renamed, "topic", head, "Say it", str(tmp_path / "clone" / ".git"), commit)
    await again(lambda: done(CommitActivities(github).create_commit, wanted))
    assert await git_line(simulated.store.repository("octocat/goodbye").path, "show", "topic:a.py") == "x = 3"


async def test_query_that_finds_nothing_renews_the_name(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    """A query is not redirected: the next token tells the name."""
    known = replace(repo, id=simulated.store.repository(NAME).id)
    api = await github.installation(known, {"contents": "write"})
    simulated.repositories.rename_repository(NAME, "goodbye")
    assert api.full_name(known) == NAME
    given = {"branch": {"repositoryNameWithOwner": NAME, "branchName": "main"}, "expectedHeadOid": "0" * 40}
    with pytest.raises(NotFound):
        await api.query(MUTATION, input={**given, "message": {"headline": "x"}, "fileChanges": {}})
    api = await github.installation(known, {"contents": "write"})
    assert api.full_name(known) == "octocat/goodbye"


async def test_commit_is_pushed(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef, tmp_path: Path) -> None:
    await simulated.pushes.push_commit("octocat/goodbye", "topic", {"a.py": "x = 2\n"})
    commit = await _commit(simulated, tmp_path)
    wanted = PushBranchInput(renamed, "topic", str(tmp_path / "clone" / ".git"), commit)
    await again(lambda: done(CommitActivities(github).push_branch, wanted))
    assert await git_line(simulated.store.repository("octocat/goodbye").path, "rev-parse", "topic") == commit


async def _commit(simulated: SimulatedGitHub, folder: Path) -> str:
    """A commit on top of `topic`, in a clone in that folder."""
    there = str(simulated.store.repository("octocat/goodbye").path)
    await git(folder, "clone", "--quiet", "--branch", "topic", there, "clone")
    (folder / "clone" / "a.py").write_text("x = 3\n")
    env = {f"GIT_{who}_{what}": "octocat" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    await git(folder / "clone", "commit", "--quiet", "--all", "--message", "Say it", env=env)
    return await git_line(folder / "clone", "rev-parse", "HEAD")


async def test_git_fetches(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef, tmp_path: Path) -> None:
    head = await simulated.pushes.push_commit("octocat/goodbye", "topic", {"a.py": "x = 2\n"})
    workspaces = Workspaces(tmp_path / "data", github.clone_url, github.git_auth, github.forget)
    await workspaces.fetch(renamed, head)
    assert await workspaces.read_file(renamed, head, "a.py") == "x = 2\n"


async def test_fresh_token_needs_no_redirection(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef) -> None:
    api = await github.installation(renamed, READ)
    await api.getitem(REPO)
    api = await github.installation(renamed, READ)
    before = len(simulated.requests)
    await api.getitem(REPO)
    await api.getitem(f"{REPO}/branches/main")
    assert [each.path for each in simulated.requests[before:]] == [
        "/repos/octocat/goodbye", "/repos/octocat/goodbye/branches/main",
    ]  # fmt: skip
    assert github.clone_url(renamed) == f"{simulated.url}/octocat/goodbye.git"


async def test_missing_resource_stays_not_found(simulated: SimulatedGitHub, github: GitHub, renamed: RepoRef) -> None:
    for _ in range(2):
        api = await github.installation(renamed, READ)
        with pytest.raises((NotFound, Unavailable)) as caught:
            await api.getitem(f"{REPO}/branches/gone")
    assert type(caught.value) is NotFound


async def test_former_name_taken_again_is_another_repository(simulated: SimulatedGitHub, github: GitHub) -> None:
    (installation,) = simulated.store.installations
    ours = RepoRef("octocat", "hello", installation, id=simulated.store.repository(NAME).id)
    simulated.repositories.rename_repository(NAME, "goodbye")
    await simulated.repositories.add_repository(NAME, {"a.py": "somebody else's\n"}, private=True)
    api = await github.installation(ours, READ)
    assert (await api.getitem(REPO))["id"] == ours.id
    assert github.clone_url(ours).endswith("/octocat/goodbye.git")
    theirs = await github.installation(RepoRef("octocat", "hello", installation), READ)
    assert (await theirs.getitem(REPO))["id"] != ours.id


async def test_requests_to_a_fork_are_unchanged(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    await simulated.repositories.add_repository("example/hello", {"a.py": ""})
    api = await github.installation(repo, READ)
    assert (await api.getitem("/repos/example/hello"))["full_name"] == "example/hello"


@pytest.mark.parametrize("held", [True, False])
async def test_transfer_to_an_owner_with_the_app(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, held: bool
) -> None:
    if held:
        await github.installation(repo, READ)
    there = simulated.installations.add_installation("example")
    simulated.repositories.transfer_repository(NAME, "example")

    async def read() -> object:
        api = await github.installation(repo, READ)
        return (await api.getitem(f"{REPO}/branches/main"))["name"]

    assert await again(read) == "main"
    assert asked(simulated, "POST", f"/app/installations/{there.id}/access_tokens") == 1


@pytest.mark.parametrize("held", [True, False])
async def test_transfer_to_an_owner_without_the_app(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, held: bool
) -> None:
    if held:
        await github.installation(repo, READ)
    simulated.repositories.transfer_repository(NAME, "example")

    async def read() -> object:
        api = await github.installation(repo, READ)
        return await api.getitem(f"{REPO}/branches/main")

    if held:
        with pytest.raises(Unavailable, match="does not reach"):
            await read()
    with pytest.raises((Forbidden, Suspended), match="octocat/hello"):
        await read()


@pytest.mark.parametrize("deed", ["remove_from_installation", "delete_repository"])
async def test_repository_removed_from_the_installation(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, deed: str
) -> None:
    """A branch that is not to be seen is no branch that is gone."""
    await github.installation(repo, READ)
    if deed == "delete_repository":
        await simulated.repositories.delete_repository(NAME)
    else:
        simulated.installations.remove_from_installation(repo.installation_id, NAME)
    api = await github.installation(repo, READ)
    with pytest.raises(Unavailable, match="does not reach"):
        await api.getitem(f"{REPO}/branches/main")
    with pytest.raises(Forbidden, match=r"`octocat/hello`\. Select the repository"):
        await github.installation(repo, READ)


async def test_access_is_checked_once_for_many_404s(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, READ)
    for name in ("one", "two", "three"):
        with pytest.raises(NotFound):
            await api.getitem(f"{REPO}/branches/{name}")
    assert asked(simulated, "GET", REPO) == 1


async def test_reinstalled_app_finds_its_installation(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    api = await github.installation(repo, READ)
    simulated.installations.remove_installation(repo.installation_id)
    simulated.installations.add_installation("octocat")
    with pytest.raises(GitHubError):
        await api.getitem(REPO)
    api = await github.installation(repo, READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


# --- what an HTTP client would do otherwise


class Mover:
    """An API that redirects, and tells what arrived at the end of it."""

    def __init__(self, status: int, to: str) -> None:
        self.seen: list[tuple[str, str, object, str | None]] = []
        self.app = web.Application()
        self.app.router.add_post("/api/app/installations/5/access_tokens", self._token)
        self.app.router.add_route("*", "/{path:.*}", self._answer)
        self._status = status
        self.to = to

    async def _token(self, request: web.Request) -> web.Response:
        body = {"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}
        return web.json_response(body, status=201)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path == "/api/start":
            return web.json_response({"message": "Moved"}, status=self._status, headers={"Location": self.to})
        sent = json.loads(await request.read() or b"null")
        self.seen.append((request.method, request.path_qs, sent, request.headers.get("Authorization")))
        return web.json_response({"at": request.path})


async def _client(server_url: str, pem: str, session: aiohttp.ClientSession) -> GitHub:
    return GitHub(f"{server_url.rstrip('/')}/api", 1, pem, session)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("to", ["/api/repositories/1?x=%2F", "repositories/1?x=%2F"])
async def test_method_and_body_are_kept(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, key: Path,
    method: str, status: int, to: str,
) -> None:  # fmt: skip
    mover = Mover(status, to)
    github = await _client(str((await aiohttp_server(mover.app)).make_url("/")), key.read_text(), session)
    api = await github.installation(RepoRef("octocat", "hello", 5), READ)
    sent = {"a": "ü"}
    if method == "GET":
        assert await api.getitem("/start") == {"at": "/api/repositories/1"}
    else:
        await getattr(api, method.lower())("/start", data=sent)
    expected = None if method == "GET" else sent
    assert mover.seen == [(method, "/api/repositories/1?x=/", expected, "Bearer ghs_x")]


@pytest.mark.parametrize("to", [
    "/elsewhere",
    "/apiary/repositories/1",
    "/api/../elsewhere",
    "/api/%2e%2e/elsewhere",
    "//{host}:1/api/repositories/1",
    "http://localhost:{port}/api/repositories/1",
    "https://{host}:{port}/api/repositories/1",
    "http://somebody@{host}:{port}/api/repositories/1",
    "file:///etc/passwd",
    "http://[",
    "/api/start",
])  # fmt: skip
async def test_token_is_sent_nowhere_else(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, key: Path, to: str
) -> None:
    mover = Mover(301, "")
    server = await aiohttp_server(mover.app)
    mover.to = to.format(host=server.host, port=server.port)
    github = await _client(str(server.make_url("/")), key.read_text(), session)
    api = await github.installation(RepoRef("octocat", "hello", 5), READ)
    for work in (api.getitem("/start"), api.post("/start", data={})):
        with pytest.raises(Unavailable, match=r"outside its own API|too often"):
            await work
    assert mover.seen == []

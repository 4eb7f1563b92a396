"""Tokens: requested once, for one repository, with just the permissions that are needed, and never shown."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.errors import Forbidden, GitHubError, Suspended, Unauthorized, Unavailable
from activities.model import RepoRef
from activities.redaction import redact
from activities.workspace.git import credentials, git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked

READ = {"contents": "read"}
REPO = "/repos/octocat/hello"


@pytest.mark.parametrize(
    ("api", "graphql", "web_url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql", "https://github.com"),
        ("https://api.github.com/", "https://api.github.com/graphql", "https://github.com"),
        ("https://api.octocat.ghe.com", "https://api.octocat.ghe.com/graphql", "https://octocat.ghe.com"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/graphql", "https://ghe.example"),
        ("http://127.0.0.1:1234/api/v3/", "http://127.0.0.1:1234/api/graphql", "http://127.0.0.1:1234"),
    ],
)
async def test_web_addresses_follow_from_the_api_url(
    session: aiohttp.ClientSession, key: Path, api: str, graphql: str, web_url: str
) -> None:
    github = GitHub(api, 1, key.read_text(), session)
    assert (github.graphql_url, github.web_url) == (graphql, web_url)
    assert github.clone_url(RepoRef("o", "r")) == f"{web_url}/o/r.git"


async def test_many_waiters_share_one_token(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    apis = await asyncio.gather(*(github.installation(repo, READ) for _ in range(20)))
    assert len(set(map(id, apis))) == 1
    assert asked(simulated, "POST", "/access_tokens") == 1


async def test_token_covers_one_repository_and_its_permissions(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    await github.installation(repo, READ)
    await github.installation(repo, {"checks": "write"})
    bodies = [each.request for each in simulated.requests if each.path.endswith("/access_tokens")]
    assert bodies == [
        {"repositories": ["hello"], "permissions": {"contents": "read"}},
        {"repositories": ["hello"], "permissions": {"checks": "write"}},
    ]


async def test_token_is_requested_by_the_repository_id(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    known = replace(repo, id=simulated.store.repository(NAME).id)
    await asyncio.gather(*(github.installation(known, READ) for _ in range(5)))
    await github.installation(replace(known, name="as-it-was-called-once"), READ)
    bodies = [each.request for each in simulated.requests if each.path.endswith("/access_tokens")]
    assert bodies == [{"repository_ids": [known.id], "permissions": {"contents": "read"}}]


async def test_empty_name_is_not_all_repositories(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    await github.everywhere(repo.installation_id, READ)
    with pytest.raises(GitHubError):
        await github.installation(RepoRef("", "", repo.installation_id), READ)
    bodies = [each.request for each in simulated.requests if each.path.endswith("/access_tokens")]
    assert bodies == [
        {"permissions": {"contents": "read"}},
        {"repositories": [""], "permissions": {"contents": "read"}},
    ]


async def test_read_token_cannot_write(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, head: str) -> None:
    api = await github.installation(repo, {"checks": "read"})
    with pytest.raises(Forbidden):
        await api.post(f"{REPO}/check-runs", data={"name": "x", "head_sha": head})


async def test_cancelled_waiter_leaves_the_token_to_the_others(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    held = simulated.faults.add("POST", ".*/access_tokens", "hold")
    first = asyncio.create_task(github.installation(repo, READ))
    second = asyncio.create_task(github.installation(repo, READ))
    await simulated.store.wait_for(lambda: held.seen)
    first.cancel()
    held.release()
    api = await second
    assert (await api.getitem(REPO))["full_name"] == NAME
    assert first.cancelled()
    assert asked(simulated, "POST", "/access_tokens") == 1


async def test_failed_token_request_is_repeated(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    simulated.faults.add("POST", ".*/access_tokens", "half")
    results = await asyncio.gather(*(github.installation(repo, READ) for _ in range(3)), return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["Unavailable"] * 3
    await github.installation(repo, READ)


class Minter:
    """GitHub as far as tokens go; what it mints is up to the test."""

    def __init__(self, token: object, seconds: float = 3600.0) -> None:
        self.asked: list[object] = []
        self.seen: list[str | None] = []
        self.app = web.Application()
        self.app.router.add_post("/app/installations/{id}/access_tokens", self._mint)
        self.app.router.add_get("/repos/octocat/hello", self._read)
        self._token = token
        self._ends = datetime.now(UTC) + timedelta(seconds=seconds)

    async def _mint(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        body = {"token": self._token, "expires_at": self._ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return web.json_response(body, status=201)

    async def _read(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization"))
        return web.json_response({"full_name": NAME})


@pytest.mark.parametrize(("seconds", "mints"), [(3600, 1), (200, 2), (-5, 2)])
async def test_token_is_used_until_shortly_before_its_end(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, key: Path, seconds: int, mints: int
) -> None:
    minter = Minter("any thing: at all/=+", seconds)
    server = await aiohttp_server(minter.app)
    github = GitHub(str(server.make_url("")), 1, key.read_text(), session)
    for _ in range(2):
        assert await github.git_auth(RepoRef("octocat", "hello", 5)) == ("x-access-token", "any thing: at all/=+")
    assert len(minter.asked) == mints


@pytest.mark.parametrize("length", [1, 40, 520, 2000])
@pytest.mark.parametrize("alphabet", ["ghs_aB9", "a.b-c_d", "+/=", "!$%~", "v1.0"])
async def test_token_has_any_length_and_alphabet(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, key: Path, length: int, alphabet: str
) -> None:
    token = (alphabet * length)[:length]
    minter = Minter(token)
    server = await aiohttp_server(minter.app)
    github = GitHub(str(server.make_url("")), 1, key.read_text(), session)
    repo = RepoRef("octocat", "hello", 5)
    assert await github.git_auth(repo) == ("x-access-token", token)
    assert await (await github.installation(repo, READ)).getitem(REPO) == {"full_name": NAME}
    assert minter.seen == [f"Bearer {token}"]
    assert len(token) < 6 or token not in redact(f"it is {token} here")


@pytest.mark.parametrize("body", [
    {}, [], None, "token", 5,
    {"token": "x"},
    {"token": "x", "expires_at": "in an hour"},
    {"expires_at": "2099-01-01T00:00:00Z"},
    {"token": "x", "expires_at": "2099-01-01T00:00:00Z", "repositories": 5},
    {"token": "x", "expires_at": "2099-01-01T00:00:00Z", "repositories": [{"id": "x"}]},
])  # fmt: skip
async def test_answer_without_a_token_is_unavailable(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, key: Path, body: object
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=201)

    app = web.Application()
    app.router.add_post("/app/installations/{id}/access_tokens", answer)
    github = GitHub(str((await aiohttp_server(app)).make_url("")), 1, key.read_text(), session)
    with pytest.raises(Unavailable):
        await github.installation(RepoRef("octocat", "hello", 5), READ)


async def test_revoked_token_is_replaced(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, READ)
    simulated.store.tokens.clear()
    with pytest.raises(Unauthorized):
        await api.getitem(REPO)
    api = await github.installation(repo, READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


async def test_conditional_request_costs_nothing(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, READ)
    first, second = await api.getitem(REPO), await api.getitem(REPO)
    assert first == second
    assert [each.status for each in simulated.requests if each.path == REPO] == [200, 304]


async def test_unknown_installation_is_looked_up(simulated: SimulatedGitHub, github: GitHub) -> None:
    api = await github.installation(RepoRef("octocat", "hello"), READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


async def test_forgotten_repository_gets_new_tokens(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    other = await simulated.repositories.add_repository("octocat/other", {"a": "b"})
    others = replace(repo, name="other", id=other.id)
    for each in (repo, others):
        await github.installation(each, READ)
        await github.installation(each, {"checks": "write"})
    github.forget(repo)
    before = asked(simulated, "POST", "/access_tokens")
    await github.installation(others, READ)
    assert asked(simulated, "POST", "/access_tokens") == before
    await github.installation(repo, READ)
    assert asked(simulated, "POST", "/access_tokens") == before + 1


async def test_suspended_installation_is_a_user_error(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    simulated.installations.suspend(repo.installation_id)
    page = simulated.store.installations[repo.installation_id]
    with pytest.raises(Suspended, match=rf"Unsuspend it at http\S+/{page.id}\.") as caught:
        await github.installation(repo, READ)
    assert isinstance(caught.value, UserError)
    simulated.installations.unsuspend(repo.installation_id)
    await github.installation(repo, READ)


async def test_installation_suspended_meanwhile_is_a_user_error(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    api = await github.installation(repo, READ)
    simulated.installations.suspend(repo.installation_id)
    with pytest.raises(Suspended, match="Unsuspend"):
        await api.getitem(REPO)


async def test_removed_installation_is_a_user_error(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    simulated.installations.remove_installation(repo.installation_id)
    for gone in (repo, RepoRef("octocat", "hello")):
        with pytest.raises(Suspended, match="Install it"):
            await github.installation(gone, READ)


async def test_permission_not_granted_is_named(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    simulated.store.installations[repo.installation_id].permissions = {
        "checks": "read",
        "contents": "write",
        "metadata": "read",
    }
    wanted = {"checks": "write", "contents": "write", "administration": "read"}
    with pytest.raises(
        Forbidden, match="on `octocat/hello` does not grant `administration: read`, `checks: write`"
    ) as caught:
        await github.installation(repo, wanted)
    assert f"accept it at {simulated.url}" in str(caught.value)


async def test_repository_not_selected_is_named(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    for other in (
        RepoRef("octocat", "other", repo.installation_id),
        RepoRef("octocat", "other", repo.installation_id, id=5),
    ):
        with pytest.raises(Forbidden, match=rf"to `octocat/other`. Select the repository at {simulated.url}"):
            await github.installation(other, READ)
    assert asked(simulated, "POST", "/access_tokens") == 2


async def test_error_needs_no_installation_data(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    simulated.faults.add("GET", f"/app/installations/{repo.installation_id}", "status", times=9)
    with pytest.raises(Forbidden, match=r"on `octocat/hello` does not grant `administration: write`.* in the settings"):
        await github.installation(repo, {"administration": "write"})


async def test_git_stores_no_token(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, tmp_path: Path) -> None:
    user, token = await github.git_auth(repo)
    assert len(token) > 300
    url = github.clone_url(repo)
    await git(tmp_path, "clone", "--quiet", url, "clone", config=credentials(url, user, token))
    assert (tmp_path / "clone" / "a.py").read_text() == "import os\n"
    kept = b"".join(path.read_bytes() for path in (tmp_path / "clone").rglob("*") if path.is_file())
    assert token.encode() not in kept
    assert b"xtraHeader" not in kept


async def test_no_token_is_ever_shown(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = await github.installation(repo, READ)
    _, token = await github.git_auth(repo)
    simulated.faults.add("GET", REPO, "hang_up", times=3)
    with pytest.raises(Exception) as caught:
        await api.getitem(REPO)
    shown = f"{api!r}{github!r}{vars(github)!r}{caught.value!r}{caught.value.__context__!r}{caplog.text}"
    assert token not in shown
    assert simulated.private_key_pem not in shown
    assert all(token not in each.path and token not in str(each.query) for each in simulated.requests)


@pytest.mark.parametrize(
    "key", ["", "not a key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"]
)
async def test_invalid_key_is_refused(session: aiohttp.ClientSession, key: str) -> None:
    with pytest.raises(UserError, match="PEM") as caught:
        GitHub("https://api.github.com", 1, key, session)
    assert "MIIE" not in str(caught.value)

"""Tokens: asked for once, for one repository, with just what is needed, and never shown."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from activities.errors import UserError
from activities.git import credentials, git
from activities.github.client import GitHub
from activities.github.errors import Forbidden, Suspended, Unauthorized
from activities.model import RepoRef
from bot.simulator.server import PretendGitHub
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
async def test_addresses_follow_from_the_apis(
    session: aiohttp.ClientSession, key: Path, api: str, graphql: str, web_url: str
) -> None:
    github = GitHub(api, 1, key.read_text(), session)
    assert (github.graphql_url, github.web_url) == (graphql, web_url)
    assert github.clone_url(RepoRef("o", "r")) == f"{web_url}/o/r.git"


async def test_many_waiters_share_one_token(pretend: PretendGitHub, github: GitHub, repo: RepoRef) -> None:
    apis = await asyncio.gather(*(github.installation(repo, READ) for _ in range(20)))
    assert len(set(map(id, apis))) == 1
    assert asked(pretend, "POST", "/access_tokens") == 1


async def test_a_token_covers_one_repository_and_what_was_asked_for(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef
) -> None:
    await github.installation(repo, READ)
    await github.installation(repo, {"checks": "write"})
    bodies = [each.request for each in pretend.requests if each.path.endswith("/access_tokens")]
    assert bodies == [
        {"repositories": ["hello"], "permissions": {"contents": "read"}},
        {"repositories": ["hello"], "permissions": {"checks": "write"}},
    ]


async def test_a_token_for_reading_cannot_write(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef, head: str
) -> None:
    api = await github.installation(repo, {"checks": "read"})
    with pytest.raises(Forbidden):
        await api.post(f"{REPO}/check-runs", data={"name": "x", "head_sha": head})


async def test_a_waiter_that_goes_away_leaves_the_token_to_the_others(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef
) -> None:
    held = pretend.faults.add("POST", ".*/access_tokens", "hold")
    first = asyncio.create_task(github.installation(repo, READ))
    second = asyncio.create_task(github.installation(repo, READ))
    await pretend.wait_for(lambda: held.seen)
    first.cancel()
    held.release()
    api = await second
    assert (await api.getitem(REPO))["full_name"] == NAME
    assert first.cancelled()
    assert asked(pretend, "POST", "/access_tokens") == 1


async def test_a_failed_token_is_asked_for_again(pretend: PretendGitHub, github: GitHub, repo: RepoRef) -> None:
    pretend.faults.add("POST", ".*/access_tokens", "half")
    results = await asyncio.gather(*(github.installation(repo, READ) for _ in range(3)), return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["Unavailable"] * 3
    await github.installation(repo, READ)


@pytest.mark.parametrize(("seconds", "mints"), [(3600, 1), (200, 2), (-5, 2)])
async def test_a_token_is_used_until_shortly_before_its_end(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, pretend: PretendGitHub, seconds: int, mints: int
) -> None:
    asked = []

    async def token(request: web.Request) -> web.Response:
        asked.append(request)
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        body = {"token": "any thing: at all/=+", "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return web.json_response(body, status=201)

    app = web.Application()
    app.router.add_post("/app/installations/{id}/access_tokens", token)
    server = await aiohttp_server(app)
    github = GitHub(str(server.make_url("")), 1, pretend.private_key_pem, session)
    for _ in range(2):
        assert await github.git_auth(RepoRef("octocat", "hello", 5)) == ("x-access-token", "any thing: at all/=+")
    assert len(asked) == mints


async def test_a_token_that_is_no_longer_good_is_replaced(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef
) -> None:
    api = await github.installation(repo, READ)
    pretend.tokens.clear()
    with pytest.raises(Unauthorized):
        await api.getitem(REPO)
    api = await github.installation(repo, READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


async def test_what_has_not_changed_costs_nothing(pretend: PretendGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, READ)
    first, second = await api.getitem(REPO), await api.getitem(REPO)
    assert first == second
    assert [each.status for each in pretend.requests if each.path == REPO] == [200, 304]


async def test_the_installation_is_looked_up_where_nobody_knows_it(pretend: PretendGitHub, github: GitHub) -> None:
    api = await github.installation(RepoRef("octocat", "hello"), READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


async def test_a_suspended_installation_is_a_persons_to_mend(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef
) -> None:
    pretend.suspend(repo.installation_id)
    with pytest.raises(Suspended, match="unsuspend") as caught:
        await github.installation(repo, READ)
    assert isinstance(caught.value, UserError)


async def test_a_removed_installation_too(pretend: PretendGitHub, github: GitHub, repo: RepoRef) -> None:
    pretend.remove_installation(repo.installation_id)
    for gone in (repo, RepoRef("octocat", "hello")):
        with pytest.raises(Suspended, match="install it"):
            await github.installation(gone, READ)


async def test_a_permission_that_was_not_given_is_named(pretend: PretendGitHub, github: GitHub, repo: RepoRef) -> None:
    with pytest.raises(Forbidden, match="administration: write on octocat/hello"):
        await github.installation(repo, {"administration": "write"})
    with pytest.raises(Forbidden, match="on octocat/other"):
        await github.installation(RepoRef("octocat", "other", repo.installation_id), READ)


async def test_git_fetches_with_the_token_and_keeps_it_nowhere(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef, tmp_path: Path
) -> None:
    user, token = await github.git_auth(repo)
    assert len(token) > 300
    url = github.clone_url(repo)
    await git(tmp_path, "clone", "--quiet", url, "clone", config=credentials(url, user, token))
    assert (tmp_path / "clone" / "a.py").read_text() == "import os\n"
    kept = b"".join(path.read_bytes() for path in (tmp_path / "clone").rglob("*") if path.is_file())
    assert token.encode() not in kept
    assert b"xtraHeader" not in kept


async def test_no_token_is_ever_shown(
    pretend: PretendGitHub, github: GitHub, repo: RepoRef, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = await github.installation(repo, READ)
    _, token = await github.git_auth(repo)
    pretend.faults.add("GET", REPO, "hang_up", times=3)
    with pytest.raises(Exception) as caught:
        await api.getitem(REPO)
    shown = f"{api!r}{github!r}{vars(github)!r}{caught.value!r}{caught.value.__context__!r}{caplog.text}"
    assert token not in shown
    assert pretend.private_key_pem not in shown
    assert all(token not in each.path and token not in str(each.query) for each in pretend.requests)


@pytest.mark.parametrize(
    "key", ["", "not a key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"]
)
async def test_a_key_that_is_none_stops_the_start(session: aiohttp.ClientSession, key: str) -> None:
    with pytest.raises(UserError, match="PEM") as caught:
        GitHub("https://api.github.com", 1, key, session)
    assert "MIIE" not in str(caught.value)

"""The token goes to its host, in a header that no process list or log shows, and to no host that one redirects to."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from activities.workspace.git import GitError, credentials, git, git_line

TOKEN = "ghs_" + "a.b-c_d" * 40
BASIC = "Basic eC1hY2Nlc3MtdG9rZW46Z2hz"


class Host:
    """Answers everything with one status, and notes who came with which header."""

    def __init__(self, status: int = 404, location: Callable[[str], str] = str) -> None:
        self.seen: list[str | None] = []
        self.app = web.Application()
        self.app.router.add_route("*", "/{rest:.*}", self._answer)
        self._status = status
        self._location = location

    async def _answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization"))
        return web.Response(
            status=self._status, headers={"Location": self._location(request.path_qs), "WWW-Authenticate": "Basic"}
        )


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://github.com/octocat/hello.git", "http.https://github.com/.extraHeader"),
        ("https://ghe.example:8443/octocat/hello.git", "http.https://ghe.example:8443/.extraHeader"),
        ("http://[::1]:80/octocat/hello", "http.http://[::1]:80/.extraHeader"),
        ("https://somebody:once@github.com/octocat/hello.git", "http.https://github.com/.extraHeader"),
    ],
)
def test_header_is_for_one_host(url: str, key: str) -> None:
    found = credentials(url, "x-access-token", TOKEN)
    assert set(found) == {key, "http.followRedirects"}
    assert found[key].startswith(f"Authorization: {BASIC}")


def test_without_a_token_nothing_is_set() -> None:
    assert credentials("https://github.com/octocat/hello.git", "", "") == {}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A repository with one commit."""
    await git(tmp_path, "init", "--quiet", "--bare", ".")
    tree = await git_line(tmp_path, "hash-object", "-t", "tree", "-w", "/dev/null")
    env = {f"GIT_{who}_{what}": "octocat" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    sha = await git_line(tmp_path, "commit-tree", tree, "-m", "x", env=env)
    await git(tmp_path, "update-ref", "refs/heads/main", sha)
    return tmp_path


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("command", ["fetch", "push", "ls-remote"])
async def test_redirection_gets_no_token(
    aiohttp_server: AiohttpServer, folder: Path, command: str, status: int
) -> None:
    stranger = Host()
    there = await aiohttp_server(stranger.app)
    host = Host(status, lambda path: str(there.make_url(path)))
    url = str((await aiohttp_server(host.app)).make_url("/octocat/hello.git"))
    with pytest.raises(GitError) as caught:
        await git(folder, command, url, "refs/heads/main", config=credentials(url, "x-access-token", TOKEN))
    assert caught.value.moved
    assert [str(header).startswith(BASIC) for header in host.seen] == [True]
    assert stranger.seen == []


@pytest.mark.parametrize("command", ["fetch", "push"])
async def test_no_command_line_shows_the_token(aiohttp_server: AiohttpServer, folder: Path, command: str) -> None:
    """Looked at while git waits for an answer; anybody on a host may do so."""
    lines: list[str] = []

    async def look(request: web.Request) -> web.Response:
        children = await asyncio.to_thread(psutil.Process().children, recursive=True)
        lines.extend(" ".join(child.cmdline()) for child in children)
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", look)
    url = str((await aiohttp_server(app)).make_url("/octocat/hello.git"))
    with pytest.raises(GitError):
        await git(folder, command, url, "refs/heads/main", config=credentials(url, "x-access-token", TOKEN))
    assert any(f"git {command}" in git_line for git_line in lines)
    assert any("git-remote-http" in git_line or "remote-http" in git_line for git_line in lines)
    basic = credentials(url, "x-access-token", TOKEN)[f"http.{url.removesuffix('/octocat/hello.git')}/.extraHeader"]
    assert all(TOKEN not in git_line and basic.rpartition(" ")[2] not in git_line for git_line in lines)
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert b"xtraHeader" not in kept


@pytest.mark.parametrize("status", [401, 404])
async def test_refused_token_differs_from_a_missing_repository(
    aiohttp_server: AiohttpServer, folder: Path, status: int
) -> None:
    url = str((await aiohttp_server(Host(status).app)).make_url("/octocat/hello.git"))
    with pytest.raises(GitError) as caught:
        await git(folder, "fetch", url, "main", config=credentials(url, "x-access-token", TOKEN))
    assert caught.value.unauthorized == (status == 401)


async def test_other_answer_is_no_redirection(aiohttp_server: AiohttpServer, folder: Path) -> None:
    url = str((await aiohttp_server(Host().app)).make_url("/octocat/hello.git"))
    with pytest.raises(GitError) as caught:
        await git(folder, "fetch", url, "main", config=credentials(url, "x-access-token", TOKEN))
    assert not caught.value.moved


async def test_git_output_is_redacted(folder: Path) -> None:
    url = f"http://x-access-token:{TOKEN}@127.0.0.1:1/octocat/hello.git"
    with pytest.raises(GitError) as caught:
        await git(folder, "fetch", url, "main")
    assert "127.0.0.1:1" in caught.value.stderr
    assert TOKEN not in f"{caught.value}{caught.value.stderr}"

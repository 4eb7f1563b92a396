"""Which errors of git mean that the server is unavailable: real git, and a server with faults."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from activities.workspace.git import GitError, git

HEAD = b"Content-Type: application/x-git-upload-pack-advertisement\r\nConnection: close\r\n"
UNAVAILABLE = {
    "500": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
    "half": b"HTTP/1.1 200 OK\r\n" + HEAD + b"Content-Length: 1000\r\n\r\n001e# service=git-upload-pack\n",
}
AVAILABLE = {
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "401": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
}


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/octocat/hello.git"


@pytest.mark.parametrize("what", [*UNAVAILABLE, *AVAILABLE])
async def test_unavailable_server_differs_from_a_refusal(tmp_path: Path, what: str) -> None:
    async with serving((UNAVAILABLE | AVAILABLE)[what]) as url:
        with pytest.raises(GitError) as caught:
            await git(tmp_path, "ls-remote", url)
    assert caught.value.unavailable is (what in UNAVAILABLE), caught.value.stderr


async def test_server_that_does_not_run_is_unavailable(tmp_path: Path) -> None:
    async with serving(b"") as url:
        pass
    with pytest.raises(GitError) as caught:
        await git(tmp_path, "ls-remote", url)
    assert caught.value.unavailable


async def test_missing_commit_does_not_mean_unavailable(tmp_path: Path) -> None:
    await git(tmp_path, "init", "--quiet", "--bare", "remote")
    await git(tmp_path, "init", "--quiet", "--bare", "local")
    with pytest.raises(GitError) as caught:
        await git(tmp_path / "local", "fetch", "--quiet", str(tmp_path / "remote"), "1" * 40)
    assert not caught.value.unavailable

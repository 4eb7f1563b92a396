"""Git over HTTP: `git http-backend` as a CGI program behind aiohttp, streamed both ways.

aiohttp has unpacked a gzipped request body already, so the backend gets neither its encoding nor its length.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from simulator.github import git

_CHUNK = 64 * 1024


class HttpBackend:
    """One request to a bare repository: `run` for a push, `stream` for a fetch."""

    def __init__(self, request: web.Request, repository: Path, service: str, user: str) -> None:
        self._request = request
        self._environment = _environment(request, repository, service, user)
        self._received = b""

    async def run(self, received: bytes, more: Mapping[str, str]) -> bytes:
        """For pushes, whose answer is short: the whole CGI answer, once git has ended.

        `received` was read from the request already; `more` is added to the environment of git and its hooks.
        """
        self._received, self._environment = received, {**self._environment, **more}
        process = await self._start()
        feed = asyncio.create_task(self._feed(process))
        try:
            assert process.stdout is not None
            answer = await process.stdout.read()
            await process.wait()
            return answer
        finally:
            await _end(process, feed)

    async def stream(self) -> web.StreamResponse:
        """For fetches: the answer as it comes."""
        process = await self._start()
        feed = asyncio.create_task(self._feed(process))
        try:
            assert process.stdout is not None
            head = await process.stdout.readuntil(b"\r\n\r\n")
            response = _response(head)
            await response.prepare(self._request)
            while chunk := await process.stdout.read(_CHUNK):
                await response.write(chunk)
            await process.wait()
            await response.write_eof()
            return response
        finally:
            await _end(process, feed)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "git", "http-backend", env=self._environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._received)
            async for chunk in self._request.content.iter_chunked(_CHUNK):
                process.stdin.write(chunk)
                await process.stdin.drain()
        process.stdin.close()


async def send_complete(request: web.Request, answer: bytes) -> web.StreamResponse:
    """Sends a CGI answer that was read completely."""
    head, _, body = answer.partition(b"\r\n\r\n")
    response = _response(head)
    await response.prepare(request)
    await response.write(body)
    await response.write_eof()
    return response


async def _end(process: asyncio.subprocess.Process, feed: asyncio.Task[None]) -> None:
    """Leaves nothing running, whether git ended, the client disconnected or the server stops."""
    feed.cancel()
    if process.returncode is None:  # killing an ended process breaks asyncio's child watcher
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await asyncio.gather(feed, return_exceptions=True)
    await process.wait()


def _environment(request: web.Request, repository: Path, service: str, user: str) -> dict[str, str]:
    return {
        **git.environment(),
        "GIT_PROJECT_ROOT": str(repository),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "REMOTE_USER": user,
        "REMOTE_ADDR": request.remote or "",
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "GIT_COMMITTER_NAME": user or "anonymous",
        "GIT_COMMITTER_EMAIL": "noreply@example.com",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
    }


def _response(head: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            response.set_status(int(value.split()[0]))
        elif value:
            response.headers[name] = value.strip()
    return response

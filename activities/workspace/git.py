"""Runs git on this host, in our own bare repositories: without hooks, and with no configuration but ours."""

import asyncio
import base64
import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from activities.host_trouble import trouble_of_program
from activities.redaction import redact
from activities.sandbox.ownership import mark

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

# No system or user configuration, no prompts, no replaced objects, no objects that a command would have to bring.
_VARIABLES = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C.UTF-8",
}
_PASSED_ON = (
    "PATH",
    "HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
)

# What git runs with: a home without `.netrc`, whose passwords libcurl would send. Without any home it looks for the
# user's in the system's list.
_HOMELESS = {"HOME": os.devnull}

# libcurl's words for a redirection that is not followed (`http.followRedirects=false`).
_MOVED = re.compile(r"requested URL returned error: 30[1278]\b")
_UNAUTHORIZED = re.compile(r"requested URL returned error: 401\b|Authentication failed for|could not read Username for")
# The server is unreachable, overloaded or cuts its answer short: the request itself may be right.
_UNAVAILABLE = re.compile(
    r"requested URL returned error: (429|5\d\d)\b|RPC failed|early EOF|hung up unexpectedly|unexpected disconnect|"
    r"Could not resolve host|Failed to connect|Couldn't connect|Connection (refused|reset|timed out)|Empty reply|"
    r"Operation too slow|Recv failure|transfer closed|SSL_ERROR|Operation timed out|"
    r"invalid index-pack output|expected flush after|bad line length|not valid: is this a git repository",
    re.IGNORECASE,
)


class GitError(Exception):
    """Git ended with an error; the text is its standard error, without credentials. What is this host's own trouble is
    a `HostTrouble` instead, so that nobody takes it for what the repository has or lacks."""

    def __init__(self, argv: tuple[str, ...], code: int, stderr: str) -> None:
        self.code = code
        self.stderr = redact(stderr)
        super().__init__(f"git {argv[0]} ended with exit code {code}: {self.stderr.strip()[-2000:]}")

    @property
    def moved(self) -> bool:
        """Whether the server named another address: the repository was renamed or transferred."""
        return _MOVED.search(self.stderr) is not None

    @property
    def unauthorized(self) -> bool:
        """Whether the server did not accept the token: it was revoked, or has expired."""
        return _UNAUTHORIZED.search(self.stderr) is not None

    @property
    def unavailable(self) -> bool:
        """Whether the server was unavailable: the same request may succeed later."""
        return _UNAVAILABLE.search(self.stderr) is not None


_CHUNK = 65_536
_CONFIG = {
    # A data folder that another user owns (a mount of a container) is read like any other. Git runs in no folder whose
    # configuration is not ours, see `folder_repository.py`; the rest is for the day when somebody forgets that.
    "safe.directory": "*",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    # Names that another system takes for `.git` come into no tree, and out of none.
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
}


def git_environment(more: Mapping[str, str] | None = None, config: Mapping[str, str] | None = None) -> dict[str, str]:
    """Git's environment: a few variables of this process, our own, and those of `more`.

    `config` goes through the environment too, since it may hold a token: never on a command line, never on disk.
    """
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    pairs = list({**_CONFIG, **(config or {})}.items())
    settings = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**passed_on, **_VARIABLES, **mark(), **settings, **(more or {})}


def basic_auth(username: str, token: str) -> str:
    """The value of the header for HTTP."""
    return f"Basic {base64.b64encode(f'{username}:{token}'.encode()).decode()}"


def credentials(url: str, username: str, token: str) -> dict[str, str]:
    """Git's configuration for `url` (HTTP) with a token; empty without one.

    The header is for that address's own host. Git would send it on to wherever the host redirects, so redirects are
    not followed: a repository that was renamed is asked for by its new name instead (`GitError.moved`).
    """
    if not token:
        return {}
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return {
        f"http.{origin}/.extraHeader": f"Authorization: {basic_auth(username, token)}",
        "http.followRedirects": "false",
    }


async def git(
    folder: Path,
    *argv: str,
    env: Mapping[str, str] | None = None,
    config: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    umask: int = -1,
) -> bytes:
    """Runs `git ARGV` in `folder` and returns its standard output; raises `GitError` and `HostTrouble`. Without a
    `umask` it has this process's.

    It has no home, unless `env` names one: no password of the user's is sent. Cancelling kills git and what it started.
    """
    process = await asyncio.create_subprocess_exec(
        "git",
        *argv,
        cwd=folder,
        env=git_environment({**_HOMELESS, **(env or {})}, config),
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        umask=umask,
    )
    try:
        out, err = await process.communicate(stdin or None)
    except asyncio.CancelledError:
        await _kill(process)
        raise
    if process.returncode:
        raise _failure(argv, process.returncode, err)
    return out


async def git_limited(limit: int, folder: Path, *argv: str) -> bytes | None:
    """What `git ARGV` prints. None if that is more than `limit` bytes; git is killed then."""
    process = await asyncio.create_subprocess_exec(
        "git", *argv, cwd=folder, env=git_environment(_HOMELESS), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    said = asyncio.create_task(process.stderr.read())
    try:
        await process.stdout.readexactly(limit + 1)
    except asyncio.IncompleteReadError as end:
        err = await said
        if await process.wait():
            raise _failure(argv, process.returncode or 0, err) from None
        return end.partial
    finally:
        said.cancel()
        await asyncio.wait([said])
        await _kill(process)
    return None


def _failure(argv: tuple[str, ...], code: int, err: bytes) -> Exception:
    said = redact(err.decode("utf-8", "replace"))
    return trouble_of_program(code, said) or GitError(argv, code, said)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills git and what it started. Its remaining output is read: asyncio stops watching a pipe that is not read, and
    waits for ever for a process whose pipes have not ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    for stream in (process.stdout, process.stderr):
        while stream and await stream.read(_CHUNK):
            pass
    await process.wait()


async def git_line(folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> str:
    """The one line that `git ARGV` prints."""
    return (await git(folder, *argv, env=env)).decode("utf-8", "replace").strip()

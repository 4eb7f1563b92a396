"""Contents of Git LFS files from a GitHub server: asked for by their ids, taken where its answer says, and checked.

The storage is another host, and what is asked for there comes from untrusted commits. So an answer leads to the server
itself, or by HTTPS to a public address; our token goes to the server alone; and nothing is kept but bytes that have the
pointer's length and its SHA-256. What a repository says of its storage (`.lfsconfig`) is not read.
"""

import asyncio
import contextlib
import hashlib
import ipaddress
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.host_trouble import host_trouble
from activities.reporting.linked_content import LfsProblem
from activities.workspace.git import GitError, basic_auth
from activities.workspace.lfs import LfsPointer, content_path

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

LARGEST_DOWNLOAD = 100 * 1024**2
MOST_DOWNLOADED = 500 * 1024**2
"""In bytes: of one content, and of all that one commit brings."""

_TYPE = "application/vnd.git-lfs+json"
_BATCH = 100
_AT_ONCE = 4
_LARGEST_ANSWER = 4 * 1024**2
_HOPS = 3
_OURS = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding"))
"""Headers that no answer chooses."""
_MOVED = (301, 302, 303, 307, 308)
_TRANSIENT = (429, 500, 502, 503, 504)
_CHUNK = 65_536
_SILENT_S, _BATCH_S, _ALL_S = 20.0, 30.0, 240.0


class LfsDownload:
    """Of one repository: `url` is its address for git, `credential` its (user name, token), ("", "") for none; `store`
    the folder of its contents, which nobody else writes to."""

    def __init__(self, url: str, credential: tuple[str, str], store: Path) -> None:
        self._url = url
        self._credential = credential
        self._store = store
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def bring(self, pointers: Iterable[LfsPointer]) -> Mapping[str, LfsProblem]:
        """Of all that a commit names: the problem of each content (by its id) that is not in the store then. Raises
        GitError where the server refuses the whole question."""
        small, problems = _within_limits(pointers)
        wanted = [each for each in small if not (self._store / content_path(each.oid)).exists()]
        problems |= dict.fromkeys((each.oid for each in wanted), "failed")  # until it is here
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ALL_S), _sessions() as sessions:
                for start in range(0, len(wanted), _BATCH):
                    batch = wanted[start : start + _BATCH]
                    answers = await self._ask(sessions.own, batch)
                    async with asyncio.TaskGroup() as tasks:
                        for each in batch:
                            tasks.create_task(self._take(sessions, each, answers.get(each.oid), problems))
        return problems

    async def _ask(self, session: "aiohttp.ClientSession", batch: Sequence[LfsPointer]) -> Mapping[str, Any]:
        """Id → what the server says of the object."""
        import aiohttp

        user, token = self._credential
        headers = {"Accept": _TYPE, "Content-Type": _TYPE}
        if token:
            headers["Authorization"] = basic_auth(user, token)
        objects = [{"oid": each.oid, "size": each.size} for each in batch]
        question = {"operation": "download", "transfers": ["basic"], "hash_algo": "sha256", "objects": objects}
        try:
            async with session.post(
                f"{self._url}/info/lfs/objects/batch", json=question, headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_BATCH_S),
            ) as response:  # fmt: skip
                if response.status in (*_MOVED, *_TRANSIENT, 401):
                    raise GitError(("lfs",), 22, f"The requested URL returned error: {response.status}")
                answer = await _json(response) if response.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if trouble := host_trouble(error):
                raise trouble from None
            raise GitError(("lfs",), 7, f"Failed to connect: {type(error).__name__}") from None
        found = answer.get("objects") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            return {}
        return {str(each.get("oid")): each for each in found if isinstance(each, dict)}

    async def _take(
        self, sessions: "_Sessions", pointer: LfsPointer, answer: Any, problems: dict[str, LfsProblem]
    ) -> None:
        """One content: either it is in the store then, or `problems` says why not."""
        import aiohttp

        async with self._slots:
            try:
                action = answer["actions"]["download"]
                given = action.get("header") or {}
                headers = {str(name): str(value) for name, value in given.items() if str(name).lower() not in _OURS}
                problem = await self._follow(sessions, pointer, str(action["href"]), headers)
            except (LookupError, TypeError, AttributeError):  # an error, or nothing
                problem = "refused"
            except aiohttp.InvalidURL:
                problem = "elsewhere"
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                if trouble := host_trouble(error):
                    raise trouble from None
                problem = "elsewhere" if isinstance(_cause(error), _InternalAddress) else "failed"
        if problem:
            problems[pointer.oid] = problem
        else:
            del problems[pointer.oid]

    async def _follow(
        self, sessions: "_Sessions", pointer: LfsPointer, href: str, headers: Mapping[str, str]
    ) -> LfsProblem | None:
        """From the address that the server gave, to where that leads. Headers are for its host alone."""
        import aiohttp
        from yarl import URL

        url, timeout = URL(href), aiohttp.ClientTimeout(total=_ALL_S, sock_connect=10, sock_read=_SILENT_S)
        for _ in range(_HOPS):
            is_own = self._is_own(url)
            if not is_own and (url.scheme != "https" or not url.host or url.user):
                return "elsewhere"  # also what is no address at all
            session = sessions.own if is_own else sessions.public
            sent = {**headers, "Accept-Encoding": "identity"}
            async with session.get(url, headers=sent, timeout=timeout, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    return await self._keep(pointer, response)
                target = url.join(URL(response.headers.get("Location", "")))
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                headers = {}
            url = target
        return "failed"

    def _is_own(self, url: "URL") -> bool:
        """Whether an address is the server's, which the operator chose and which may be in a private network: its own
        one, or by HTTPS of a host below its name."""
        from yarl import URL

        own = URL(self._url).origin()
        same = (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)
        below = url.scheme == "https" and url.port == 443 and (url.host or "").endswith(f".{own.host}")
        return (same or below) and not url.user

    async def _keep(self, pointer: LfsPointer, response: "aiohttp.ClientResponse") -> LfsProblem | None:
        """Puts what is sent into the store, if it is what the pointer names."""
        if response.status != 200:
            return "failed" if response.status in _TRANSIENT else "refused"
        digest, size = hashlib.sha256(), 0
        target = self._store / content_path(pointer.oid)
        with tempfile.NamedTemporaryFile(dir=self._store, prefix="tmp_", delete=False) as part:
            try:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > pointer.size:
                        return "wrong"
                    digest.update(chunk)
                    part.write(chunk)
                part.flush()
                if size != pointer.size or digest.hexdigest() != pointer.oid:
                    return "wrong"
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                Path(part.name).replace(target)
                return None
            finally:
                Path(part.name).unlink(missing_ok=True)


class _InternalAddress(OSError):
    """An address of this host, of a private network or of a cloud."""


@dataclass(frozen=True)
class _Sessions:
    """One for the server itself, and one that connects to public addresses alone."""

    own: "aiohttp.ClientSession"
    public: "aiohttp.ClientSession"


@contextlib.asynccontextmanager
async def _sessions() -> AsyncIterator[_Sessions]:
    import aiohttp

    options: dict[str, Any] = {"auto_decompress": False, "trust_env": False}
    public = aiohttp.TCPConnector(socket_factory=_public_socket, limit=_AT_ONCE)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), **options) as own,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=public, **options) as other,
    ):
        yield _Sessions(own, other)


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Asked for each address that is to be connected to, however it was named."""
    from activities.egress.addresses import is_internal, is_own

    family, kind, protocol, _, target = address
    found = ipaddress.ip_address(str(target[0]).partition("%")[0])
    if is_internal(found) or is_own(found):
        raise _InternalAddress("an internal address")
    return socket.socket(family, kind, protocol)


def _cause(error: BaseException) -> BaseException:
    return getattr(error, "os_error", error)


def _within_limits(pointers: Iterable[LfsPointer]) -> tuple[list[LfsPointer], dict[str, LfsProblem]]:
    """The smallest first, so that most files have their content."""
    wanted: list[LfsPointer] = []
    problems: dict[str, LfsProblem] = {}
    total = 0
    for each in sorted(set(pointers), key=lambda one: (one.size, one.oid)):
        total += each.size
        if each.size > LARGEST_DOWNLOAD or total > MOST_DOWNLOADED:
            problems[each.oid] = "large"
        else:
            wanted.append(each)
    return wanted, problems


async def _json(response: "aiohttp.ClientResponse") -> Any:
    """None for what is none, or too long."""
    import json

    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            return None
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(body)
    return None

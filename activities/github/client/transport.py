"""One HTTP exchange with GitHub: the credential goes to GitHub's own API and nowhere else.

A renamed or transferred repository is answered by a redirection to its id. It is followed here: an HTTP client would
turn a POST into a GET at a 301, and might follow to anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import aiohttp
from yarl import URL

from activities.github.errors import Unavailable
from activities.host_trouble import host_trouble

# In seconds, and how many bytes may be sent in each of them: a file of 100 MB needs more than a small request.
_TIMEOUT_S, _SLOWEST = 30.0, 500_000
_HOPS = 3
_MOVED = (301, 302, 307, 308)
# More than any answer we ask for; a server that never ends must not fill the memory.
_LARGEST = 64 * 1024**2


@dataclass(frozen=True)
class ApiUrls:
    """GitHub's addresses: `api` without a slash at its end, `graphql` in full."""

    api: str
    graphql: str

    def contain(self, address: str) -> bool:
        """Whether an address is of this API, after `..` and the like are resolved."""
        try:
            url, base = URL(address), URL(self.api)
            inside = f"{url.path}/".startswith(f"{base.path.rstrip('/')}/")
            return url == URL(self.graphql) or (url.origin() == base.origin() and inside and not url.user)
        except ValueError:
            return False


@dataclass(frozen=True)
class ApiRequest:
    """One request, with everything but the credential."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        return URL(self.url, encoded=True).raw_path

    @property
    def title(self) -> str:
        """For an error's text: no query, which may hold anything."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class ApiResponse:
    """`path` is where it came from, which is another one than requested after a redirection."""

    status: int
    headers: Mapping[str, str]
    path: str
    body: bytes = field(default=b"", repr=False)


async def send(session: aiohttp.ClientSession, urls: ApiUrls, request: ApiRequest, credential: str) -> ApiResponse:
    """GitHub's answer, whatever its status. Raises `Unavailable` where there is none to be had."""
    headers = {**request.headers, "authorization": f"Bearer {credential}"}
    sent = request
    for _ in range(_HOPS + 1):
        if not urls.contain(sent.url):
            raise Unavailable("GitHub's answer points outside its own API; the token is not sent there.")
        answer = await _exchange(session, sent, headers)
        location = answer.headers.get("location", "")
        if answer.status not in _MOVED or not location:
            return answer
        try:
            sent = replace(sent, url=str(URL(sent.url).join(URL(location))))
        except ValueError:
            sent = replace(sent, url="")
    raise Unavailable(f"GitHub redirected {request.title} too often.")


async def _exchange(session: aiohttp.ClientSession, request: ApiRequest, headers: Mapping[str, str]) -> ApiResponse:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S + len(request.body) / _SLOWEST, sock_connect=10)
    body = bytearray()
    try:
        async with session.request(
            request.method, request.url, headers=headers, data=request.body, timeout=timeout, allow_redirects=False
        ) as response:
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > _LARGEST:
                    raise ValueError(f"more than {_LARGEST} bytes")
            return ApiResponse(response.status, response.headers, request.path, bytes(body))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        if trouble := host_trouble(error):
            raise trouble from None
        raise Unavailable(f"GitHub did not answer {request.title}: {type(error).__name__} {error}") from None

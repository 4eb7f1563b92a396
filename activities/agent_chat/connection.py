"""The HTTP client of the model libraries: no answer may be larger than what a model can say."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

LARGEST_ANSWER = 8 * 1024**2
_CONNECT_S = 20.0


class AnswerTooLarge(Exception):
    """The endpoint sent more than any answer of a model has."""


def make_client(silent_s: float) -> "httpx2.AsyncClient":
    """A client that gives up on an answer that is too large, or after `silent_s` seconds without a byte. The variables
    for proxies count."""
    import httpx2

    class _Counted(httpx2.AsyncByteStream):
        """The body as it comes, up to the limit."""

        def __init__(self, body: "httpx2.AsyncByteStream") -> None:
            self._body = body

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for piece in self._body:
                size += len(piece)
                if size > LARGEST_ANSWER:
                    raise AnswerTooLarge
                yield piece

        async def aclose(self) -> None:
            await self._body.aclose()

    async def limit(response: "httpx2.Response") -> None:
        announced = response.headers.get("content-length", "")
        # We asked for no compression: a few bytes of it can be gigabytes.
        compressed = response.headers.get("content-encoding", "identity") != "identity"
        if compressed or (announced.isdigit() and int(announced) > LARGEST_ANSWER):
            await response.aclose()
            raise AnswerTooLarge
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream)

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(silent_s, connect=_CONNECT_S),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [limit]},
        follow_redirects=False,
    )

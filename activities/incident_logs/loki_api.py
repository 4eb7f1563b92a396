"""Loki's HTTP API, as a server that may be slow, wrong, busy or another one altogether."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

ANSWER_S: Final = 30.0
_LARGEST_BODY: Final = 64 * 1024**2
_AT_ONCE: Final = 4
_TRIES: Final = 3
_AGAIN_S: Final = 0.5
_LONGEST_WAIT_S: Final = 10.0
_BUSY: Final = (429, 500, 502, 503, 504)


class LokiUnavailable(Exception):
    """It gave no answer that can be used; the text is a sentence. `too_much`: a smaller question may be answered."""

    def __init__(self, text: str, too_much: bool = False) -> None:
        super().__init__(text)
        self.too_much = too_much


@dataclass(frozen=True)
class LokiStream:
    """Lines of one set of labels: (nanoseconds since 1970, text)."""

    stream: Mapping[str, str] = field(default_factory=dict)
    values: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class _LokiMatrix:
    values: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class _LokiData:
    result: Sequence[Mapping[str, Any]] = ()
    resultType: str = ""


@dataclass(frozen=True)
class _LokiAnswer:
    status: str = ""
    data: _LokiData = _LokiData()
    warnings: Sequence[str] = ()


@dataclass
class LokiApi:
    """One server for one fetch; `warnings` are what it said beside its answers."""

    session: "ClientSession"
    url: str
    headers: Mapping[str, str]
    warnings: list[str] = field(default_factory=list)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def lines(self, query: str, begin_ns: int, end_ns: int, limit: int) -> list[LokiStream]:
        """At most `limit` lines from `begin_ns` until before `end_ns`, the first ones. Raises LokiUnavailable."""
        import msgspec

        fields = {
            "query": query,
            "start": str(begin_ns),
            "end": str(end_ns),
            "limit": str(limit),
            "direction": "forward",
        }
        found = await self._ask(fields)
        try:
            return msgspec.convert(found.data.result, list[LokiStream], strict=False)
        except msgspec.ValidationError:
            raise LokiUnavailable("Loki's answer to the query is no log lines: `logs` has to be a log query.") from None

    async def counts(self, query: str, begin: float, end: float, seconds: int) -> Mapping[int, int]:
        """How many lines there are in each step of so many seconds: number of the step → lines. Raises
        LokiUnavailable."""
        import msgspec

        span = {"start": f"{begin + seconds:.3f}", "end": f"{end:.3f}", "step": str(seconds)}
        found = await self._ask({"query": f"sum(count_over_time({query}[{seconds}s]))", **span})
        if found.data.resultType != "matrix":
            raise LokiUnavailable("Loki does not count lines.")
        try:
            series = msgspec.convert(found.data.result, list[_LokiMatrix], strict=False)
            values = [(at, float(value)) for one in series for at, value in one.values]
        except (msgspec.ValidationError, ValueError):
            raise LokiUnavailable("Loki does not count lines.") from None
        return {round((at - begin) / seconds) - 1: int(value) for at, value in values if 0 <= value < 1e12}

    async def _ask(self, fields: Mapping[str, str]) -> _LokiAnswer:
        """Tried three times where the server is in trouble or asks to wait: the workflow tries again after that."""
        async with self._turn:
            for left in reversed(range(_TRIES)):
                try:
                    async with asyncio.timeout(ANSWER_S):
                        return await self._answer(fields)
                except _LokiBusy as error:
                    if not left:
                        raise LokiUnavailable(str(error)) from None
                    wait = min(_LONGEST_WAIT_S, error.wait or _AGAIN_S)
                except TimeoutError:
                    raise LokiUnavailable(f"Loki did not answer within {ANSWER_S:.0f} s.", too_much=True) from None
                await asyncio.sleep(wait)
        raise AssertionError

    async def _answer(self, fields: Mapping[str, str]) -> _LokiAnswer:
        import msgspec
        from aiohttp import ClientError

        address = f"{self.url.rstrip('/')}/loki/api/v1/query_range"
        try:
            async with self.session.get(
                address, params=fields, headers=self.headers, allow_redirects=False
            ) as response:
                body = await _bounded_body(response)
        except ClientError as error:
            raise _LokiBusy(f"Loki cannot be reached ({type(error).__name__}).") from None
        if response.status in _BUSY:
            raise _LokiBusy(f"Loki answers {response.status}.", _seconds(response.headers.get("Retry-After", "")))
        if response.status != 200:
            raise _refused(response.status, body)
        try:
            found: _LokiAnswer = msgspec.json.decode(body, type=_LokiAnswer, strict=False)
        except (msgspec.DecodeError, RecursionError):
            raise LokiUnavailable("Loki answers with something that is not its API's.") from None
        if found.status != "success":
            raise LokiUnavailable("Loki answers that the query did not succeed.")
        self.warnings += [each[:200] for each in found.warnings if each[:200] not in self.warnings][:5]
        return found


class _LokiBusy(Exception):
    """Another try may meet a better answer, after `wait` seconds where the server says so."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


def _seconds(header: str) -> float:
    return float(header) if header.isdecimal() and len(header) < 6 else 0.0


def _refused(status: int, body: bytes) -> LokiUnavailable:
    """The sentence for a refusal, with what Loki says of it: it answers plain text."""
    said = " ".join(body[:2000].decode("utf-8", "replace").split())[:200]
    if status in (401, 403):
        return LokiUnavailable(
            f"Loki answers {status}: check `token`, `user` and `headers` of `loki` in the file of services."
        )
    if status == 400 and any(word in said for word in ("limit", "exceed", "too large", "too many")):
        return LokiUnavailable(f"Loki refuses so large a query: {said}", too_much=True)
    if said.startswith("<"):
        return LokiUnavailable(f"Loki answers {status} with something that is not its API's.")
    return LokiUnavailable(f"Loki refuses the query ({status}): {said or 'it gives no reason'}")


async def _bounded_body(response: "ClientResponse") -> bytes:
    """The body. Raises LokiUnavailable where it is too large."""
    parts, size = [], 0
    async for chunk in response.content.iter_chunked(1024**2):
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise LokiUnavailable(f"Loki's answer is larger than {_LARGEST_BODY // 1024**2} MiB.", too_much=True)
        parts.append(chunk)
    return b"".join(parts)

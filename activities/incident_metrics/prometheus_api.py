"""Prometheus' HTTP API, as a server that may be slow, wrong or another one altogether."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from activities.incidents.deployment import IncidentDeployment, ServerSettings

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LARGEST_BODY = 64 * 1024**2
_AT_ONCE = 6
_ANSWER_S = 30.0
_TRIES = 2
_AGAIN_S = 1.0


class PrometheusUnavailable(Exception):
    """It gave no answer that can be used; the text is a sentence."""


@dataclass(frozen=True)
class PrometheusSeries:
    """One series of an answer: its labels, and (seconds since 1970, value as text) of each sample."""

    metric: Mapping[str, str] = field(default_factory=dict)
    values: Sequence[tuple[float, str]] = ()
    value: tuple[float, str] | None = None


@dataclass(frozen=True)
class _Data:
    result: Sequence[PrometheusSeries] = ()


@dataclass(frozen=True)
class _QueryAnswer:
    status: str = ""
    data: _Data = _Data()
    error: str = ""
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class _Listed:
    status: str = ""
    data: Sequence[Mapping[str, str]] = ()
    error: str = ""


class PrometheusApi:
    """One server for one fetch; `warnings` are what it said beside its answers."""

    def __init__(self, session: "ClientSession", url: str, headers: Mapping[str, str]) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = dict(headers)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self.warnings: list[str] = []

    async def query_range(self, query: str, begin: float, end: float, step: float) -> Sequence[PrometheusSeries]:
        """The series of a query at each step. Raises PrometheusUnavailable."""
        fields = {"query": query, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        return await self._series("query_range", fields)

    async def query(self, query: str, at: float) -> Sequence[PrometheusSeries]:
        """The series of a query at one time. Raises PrometheusUnavailable."""
        return await self._series("query", {"query": query, "time": f"{at:.3f}"})

    async def list_series(self, selectors: Sequence[str], begin: float, end: float) -> Sequence[Mapping[str, str]]:
        """The labels of all series that match one of the selectors. Raises PrometheusUnavailable."""
        fields = [("match[]", each) for each in selectors]
        fields += [("start", f"{begin:.3f}"), ("end", f"{end:.3f}"), ("limit", "20000")]
        found: _Listed = await self._post("series", fields, _Listed)
        return found.data

    async def _series(self, what: str, fields: Mapping[str, str]) -> Sequence[PrometheusSeries]:
        found: _QueryAnswer = await self._post(what, list(fields.items()), _QueryAnswer)
        self.warnings += [each for each in found.warnings if each not in self.warnings][:5]
        return found.data.result

    async def _post(self, what: str, fields: Sequence[tuple[str, str]], kind: Any) -> Any:
        """Tried twice where the server itself is in trouble: the workflow tries again after that."""
        async with self._turn:
            for left in reversed(range(_TRIES)):
                try:
                    async with asyncio.timeout(_ANSWER_S):
                        return await self._answer(what, fields, kind)
                except _Busy as error:
                    if not left:
                        raise PrometheusUnavailable(str(error)) from None
                except TimeoutError:
                    raise PrometheusUnavailable(f"Prometheus did not answer within {_ANSWER_S:.0f} s.") from None
                await asyncio.sleep(_AGAIN_S)
        raise AssertionError

    async def _answer(self, what: str, fields: Sequence[tuple[str, str]], kind: Any) -> Any:
        import msgspec
        from aiohttp import ClientError

        try:
            async with self._session.post(
                f"{self._url}/api/v1/{what}", data=list(fields), headers=self._headers, allow_redirects=False
            ) as answer:
                body = await _bounded(answer.content)
                if answer.status in (429, 500, 502, 503, 504):
                    raise _Busy(f"Prometheus answers {answer.status}.")
                try:
                    found = msgspec.json.decode(body, type=kind, strict=False)
                except (msgspec.DecodeError, RecursionError):
                    said = f"Prometheus answers {answer.status} with something that is not its API's."
                    raise PrometheusUnavailable(said) from None
        except ClientError as error:
            raise _Busy(f"Prometheus cannot be reached ({type(error).__name__}).") from None
        if found.status != "success":
            raise PrometheusUnavailable(f"Prometheus refuses the query: {found.error[:200] or answer.status}.")
        return found


class _Busy(Exception):
    """Another try may meet a better answer."""


async def _bounded(content: Any) -> bytes:
    """The body. Raises PrometheusUnavailable where it is too large."""
    parts, size = [], 0
    async for chunk in content.iter_chunked(1024**2):
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise PrometheusUnavailable(f"Prometheus' answer is larger than {_LARGEST_BODY // 1024**2} MiB.")
        parts.append(chunk)
    return b"".join(parts)


def request_headers(server: ServerSettings, deployment: IncidentDeployment) -> dict[str, str]:
    """With the credentials of the deployment's variables."""
    from aiohttp import encode_basic_auth

    headers, token = dict(server.headers), deployment.secret(server.token) if server.token else ""
    if token:
        headers["Authorization"] = encode_basic_auth(server.user, token) if server.user else f"Bearer {token}"
    return headers


def quoted(text: str) -> str:
    """A string of PromQL or LogQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

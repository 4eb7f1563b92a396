"""One credential's way to GitHub: gidgethub with our limits, our errors and nothing it could leak.

Every request passes `_request`, REST and GraphQL alike: there it waits for its turn, and there an answer that is
not a success becomes one of our errors. gidgethub never sees the credential.
"""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
from cachetools import LRUCache
from gidgethub import GitHubException
from gidgethub.aiohttp import GitHubAPI
from gidgethub.sansio import create_headers, format_url

from activities.github.client.clock import Clock
from activities.github.client.costs import Cost, cost_of, cost_of_query
from activities.github.client.credentials import Credential
from activities.github.client.error_mapping import error_of, graphql_error
from activities.github.client.rate_limits import RateBudget
from activities.github.client.renames import RepositoryNames
from activities.github.client.transport import ApiRequest, ApiResponse, Place, send
from activities.github.errors import GitHubError, NotFound, RateLimited, Unauthorized, Unavailable
from activities.model import RepoRef

# Answers kept for conditional requests, which cost nothing when answered 304; they die with the token.
_KEPT_ANSWERS = 32
# A repository that was to be seen just now is not looked for again at the next thing that is not there.
_SEES_FOR_S = 60.0
# The answers that say yes: with something to say, and without.
_TOLD, _DONE = (200, 201), (202, 204, 304)


class API(GitHubAPI):
    """`getitem`, `getiter`, `post`, `patch`, `put`, `delete` of gidgethub and `query`, which all raise `GitHubError`.

    `place` is GitHub's addresses; `names` are shared by all credentials, `budget` by those of one installation.
    """

    def __init__(
        self, session: aiohttp.ClientSession, user_agent: str, *,
        place: Place, credential: Credential, budget: RateBudget, clock: Clock, names: RepositoryNames,
    ) -> None:  # fmt: skip
        super().__init__(session, user_agent, base_url=place.api, cache=LRUCache(_KEPT_ANSWERS))
        self._place = place
        self._credential = credential
        self._budget = budget
        self._clock = clock
        self._names = names
        self._meant: dict[str, RepoRef] = {}
        self._saw_at = float("-inf")

    def meaning(self, repo: RepoRef) -> "API":
        """The same; requests that name this repository go to it, whatever it is called by now."""
        self._meant[repo.full_name.lower()] = repo
        return self

    def full_name(self, repo: RepoRef) -> str:
        """`owner/name` as GitHub told it last: for GraphQL, which may not follow an old one."""
        return self._names.name_of(repo)

    async def query(self, text: str, **variables: object) -> Any:
        """The `data` of a GraphQL query or mutation."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        headers = {**create_headers(self.requester), "content-type": "application/json; charset=utf-8"}
        answer = await self._answered(ApiRequest("POST", self._place.graphql, headers, body), cost_of_query(text))
        data = _json(answer.body)
        if not isinstance(data, Mapping):
            raise Unavailable("GitHub's answer to a query could not be read.")
        if data.get("errors") or not isinstance(data.get("data"), Mapping):
            error = graphql_error(data.get("errors"), answer.headers, self._clock.now())
            if isinstance(error, NotFound):
                self._credential.forget()  # a fresh token tells the repository's present name
            raise self._noted(error)
        return data["data"]

    async def getitem_if_changed(self, url: str, names: Mapping[str, str], etag: str) -> tuple[Any, str]:
        """A page and its ETag; None where it is still what `etag` names, which costs nothing. The caller keeps what it
        needs of the page: whole pages of every repository would fill the memory."""
        headers = {**create_headers(self.requester), **({"if-none-match": etag} if etag else {})}
        status, answer, body = await self._request("GET", format_url(url, names, base_url=self.base_url), headers)
        return (None, etag) if status == 304 else (_json(body), answer.get("etag", ""))

    async def getiter(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        """The items of a list, page by page; every list of GitHub's that we ask for holds objects."""
        try:
            async for item in super().getiter(*args, **kwargs):
                if not isinstance(item, Mapping):
                    raise Unavailable("GitHub's answer is not the list that was asked for.")
                yield item
        except TypeError:
            raise Unavailable("GitHub's answer is not a list.") from None

    async def _make_request(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._make_request(*args, **kwargs)
        except (GitHubException, ValueError, LookupError, RecursionError) as error:
            raise Unavailable(f"GitHub's answer could not be read: {type(error).__name__} {error}") from None

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        repo = self._names.meant(url, self._meant)
        request = ApiRequest(method, self._names.present(url, repo) if repo else url, headers, body)
        try:
            answer = await self._answered(request, cost_of(method, request.path))
        except NotFound as error:
            if repo and await self._is_blind(request, repo):
                raise Unavailable(f"{error} The token does not reach {repo.full_name} any more.") from None
            raise
        return answer.status, answer.headers, answer.body

    async def _is_blind(self, request: ApiRequest, repo: RepoRef) -> bool:
        """Whether not the thing is gone but the whole repository, to this token: it was transferred or taken out of
        the installation, and GitHub says 404 to both. The next try asks for a token and hears which."""
        if self._saw_at + _SEES_FOR_S > time.monotonic():
            return False
        url = f"{self.base_url}/repos/{self._names.name_of(repo)}"
        try:
            if url != request.url:
                await self._answered(ApiRequest("GET", url, create_headers(self.requester)), cost_of("GET", "/repos"))
                self._saw_at = time.monotonic()
                return False
        except NotFound:
            pass
        return self._credential.forget()

    async def _answered(self, request: ApiRequest, cost: Cost) -> ApiResponse:
        """A credential that is not accepted is tried once more where that is another one by now."""
        used = self._credential.text()
        try:
            return await self._asked(request, cost, used)
        except Unauthorized as error:
            if refused := self._credential.refused(used, error):
                raise refused from None
        used = self._credential.text()
        try:
            return await self._asked(request, cost, used)
        except Unauthorized as error:
            raise self._credential.refused(used, error) or error from None

    async def _asked(self, request: ApiRequest, cost: Cost, credential: str) -> ApiResponse:
        async with self._budget.turn(cost) as turn:
            answer = await send(self._session, self._place, request, credential)
            if answer.status == 304:
                turn.give_back()
        self._clock.heard(answer.status, answer.headers)
        self._budget.heard(answer.headers, self._clock.now())
        if answer.path != request.path:
            self._moved(request, answer)
        if answer.status >= 300 and answer.status != 304:
            error = error_of(answer.status, answer.headers, answer.body, request.asked, self._clock.now())
            raise self._noted(error)
        _check(answer, request)
        return answer

    def _moved(self, request: ApiRequest, answer: ApiResponse) -> None:
        """The repository has another name, and perhaps another owner, whom this token may know nothing of."""
        self._names.moved(request.path, answer.path)
        if self._credential.forget() and answer.status in (403, 404):
            raise Unavailable(f"What {request.asked} asks for has moved: it is asked for anew with a fresh token.")

    def _noted(self, error: GitHubError) -> GitHubError:
        if isinstance(error, RateLimited):
            error.retry_after = self._budget.hold(error.retry_after)
        return error


def _check(answer: ApiResponse, request: ApiRequest) -> None:
    """Raises `Unavailable` for what comes from no API: a proxy's page, or nothing at all."""
    if answer.body and "json" not in answer.headers.get("content-type", ""):
        raise Unavailable(f"{request.asked} was answered by something that is not GitHub's API.")
    if answer.status not in (*_TOLD, *_DONE) or (answer.status in _TOLD and not answer.body):
        raise Unavailable(f"GitHub answered {answer.status} and nothing else to {request.asked}.")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"GitHub's answer could not be read: {error}") from None

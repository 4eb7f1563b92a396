"""GitHub's API with one credential: gidgethub with our limits, our errors and nothing that it could leak.

Every request passes `_send`, REST and GraphQL alike: there it waits for the rate limits, and there an unsuccessful
answer becomes one of our errors. gidgethub never sees the credential.
"""

import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
from cachetools import LRUCache
from gidgethub import GitHubException
from gidgethub.aiohttp import GitHubAPI
from gidgethub.sansio import create_headers, format_url

from activities.github.client.clock import GitHubClock
from activities.github.client.credentials import Credential
from activities.github.client.error_mapping import error_of, graphql_error
from activities.github.client.rate_limits import Cost, RateBudget, cost_of, cost_of_query
from activities.github.client.renames import RepositoryNames
from activities.github.client.transport import ApiRequest, ApiResponse, ApiUrls, send
from activities.github.errors import GitHubError, NotFound, RateLimited, Unauthorized, Unavailable
from activities.model import RepoRef

Json = dict[str, Any]

# Answers kept for conditional requests, which cost nothing when answered 304; they die with the token.
_KEPT_ANSWERS = 32
# A repository that was accessible just now is not checked again at the next 404.
_ACCESSIBLE_S = 60.0
# The successful answers: with a body, and without.
_WITH_BODY, _WITHOUT_BODY = (200, 201), (202, 204, 304)


class API(GitHubAPI):
    """`getitem`, `getiter`, `post`, `patch`, `put`, `delete` of gidgethub and `query`, which all raise `GitHubError`.

    `urls` are GitHub's addresses; `names` are shared by all credentials, `budget` by those of one installation.
    `node_id` is GraphQL's id of the one repository that the credential is for, "" where it is for more.
    """

    def __init__(
        self, session: aiohttp.ClientSession, user_agent: str, *,
        urls: ApiUrls, credential: Credential, budget: RateBudget, clock: GitHubClock, names: RepositoryNames,
    ) -> None:  # fmt: skip
        super().__init__(session, user_agent, base_url=urls.api, cache=LRUCache(_KEPT_ANSWERS))
        self._urls = urls
        self._credential = credential
        self._budget = budget
        self._clock = clock
        self._names = names
        self._repos: dict[str, RepoRef] = {}
        self._accessible_at = float("-inf")
        self.node_id = ""

    def for_repository(self, repo: RepoRef) -> "API":
        """The same; requests that name this repository go to it, whatever it is called by now."""
        self._repos[repo.full_name.lower()] = repo
        return self

    def full_name(self, repo: RepoRef) -> str:
        """`owner/name` as GitHub gave it last: for GraphQL, which does not follow a former one."""
        return self._names.name_of(repo)

    def time_now(self) -> str:
        """By GitHub's clock, and as GitHub writes times: they are compared with its own."""
        return datetime.fromtimestamp(int(self._clock.now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def query(self, text: str, **variables: object) -> Any:
        """The `data` of a GraphQL query or mutation."""
        data, errors, headers = await self._graphql(text, variables)
        if errors or data is None:
            error = graphql_error(errors, headers, self._clock.now())
            if isinstance(error, NotFound):
                self._credential.discard()  # a fresh token comes with the repository's present name
            raise self._with_pause(error)
        return data

    async def mutate(self, mutation: str, inputs: Sequence[Json], selected: str) -> list[Json | None]:
        """Carries out the same mutation for each input, one after the other, in one request: their payloads.

        None for one that GitHub refused, or whose answer is incomplete: the others are carried out all the same.
        `selected` are the payload's fields. Raises where GitHub answers for none of them.
        """
        kind = f"{mutation[0].upper()}{mutation[1:]}"
        numbers = range(len(inputs))
        variables = ", ".join(f"$i{n}: {kind}Input!" for n in numbers)
        calls = "\n".join(f"  m{n}: {mutation}(input: $i{n}) {{ {selected} }}" for n in numbers)
        text = f"mutation {kind}s({variables}) {{\n{calls}\n}}"
        data, errors, headers = await self._graphql(text, {f"i{n}": inputs[n] for n in numbers})
        found = [graphql_error([error], headers, self._clock.now()) for error in errors]
        if limit := next((error for error in found if isinstance(error, RateLimited)), None):
            raise self._with_pause(limit)
        if data is None and not any("extensions" in error for error in errors):  # not even what is wrong with the text
            raise found[0] if found else Unavailable("GitHub's answer to a mutation could not be read.")
        payloads = [(data or {}).get(f"m{n}") for n in numbers]
        return [payload if isinstance(payload, dict) else None for payload in payloads]

    async def _graphql(
        self, text: str, variables: Mapping[str, object]
    ) -> tuple[Json | None, list[Json], Mapping[str, str]]:
        """The answer's `data`, its errors, and its headers."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        headers = {**create_headers(self.requester), "content-type": "application/json; charset=utf-8"}
        answer = await self._send_authorized(ApiRequest("POST", self._urls.graphql, headers, body), cost_of_query(text))
        read = _json(answer.body)
        if not isinstance(read, Mapping):
            raise Unavailable("GitHub's answer to a query could not be read.")
        data, errors = read.get("data"), read.get("errors")
        shown = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
        return (data if isinstance(data, dict) else None), shown, answer.headers

    async def getitem_if_changed(self, url: str, names: Mapping[str, str], etag: str) -> tuple[Any, str]:
        """A page and its ETag; None where it is still what `etag` names, which costs nothing. The caller keeps what it
        needs of the page: whole pages of every repository would fill the memory."""
        headers = {**create_headers(self.requester), **({"if-none-match": etag} if etag else {})}
        status, answer, body = await self._request("GET", format_url(url, names, base_url=self.base_url), headers)
        return (None, etag) if status == 304 else (_json(body), answer.get("etag", ""))

    async def getiter(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        """The items of a list, page by page; every list that we request holds objects."""
        try:
            async for item in super().getiter(*args, **kwargs):
                if not isinstance(item, Mapping):
                    raise Unavailable("GitHub's answer is not the list that was requested.")
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
        repo = self._names.repo_in(url, self._repos)
        request = ApiRequest(method, self._names.current_url(url, repo) if repo else url, headers, body)
        try:
            answer = await self._send_authorized(request, cost_of(method, request.path))
        except NotFound as error:
            if repo and await self._has_lost(request, repo):
                raise Unavailable(f"{error} The token does not reach {repo.full_name} any more.") from None
            raise
        return answer.status, answer.headers, answer.body

    async def _has_lost(self, request: ApiRequest, repo: RepoRef) -> bool:
        """Whether the token has lost access to the whole repository: it was transferred or taken out of the
        installation, and GitHub answers 404 to everything. The next try requests a token and learns which."""
        if self._accessible_at + _ACCESSIBLE_S > time.monotonic():
            return False
        url = f"{self.base_url}/repos/{self._names.name_of(repo)}"
        try:
            if url != request.url:
                await self._send_authorized(
                    ApiRequest("GET", url, create_headers(self.requester)), cost_of("GET", "/repos")
                )
                self._accessible_at = time.monotonic()
                return False
        except NotFound:
            pass
        return self._credential.discard()

    async def _send_authorized(self, request: ApiRequest, cost: Cost) -> ApiResponse:
        """A credential that is not accepted is tried once more where it was replaced meanwhile."""
        used = self._credential.text()
        try:
            return await self._send(request, cost, used)
        except Unauthorized as error:
            if final := self._credential.on_unauthorized(used, error):
                raise final from None
        used = self._credential.text()
        try:
            return await self._send(request, cost, used)
        except Unauthorized as error:
            raise self._credential.on_unauthorized(used, error) or error from None

    async def _send(self, request: ApiRequest, cost: Cost, credential: str) -> ApiResponse:
        async with self._budget.permit(cost) as permit:
            answer = await send(self._session, self._urls, request, credential)
            if answer.status == 304:
                permit.give_back()
        self._clock.set_from(answer.status, answer.headers)
        self._budget.note_headers(answer.headers, self._clock.now())
        if answer.path != request.path:
            # The repository has another name, and perhaps another owner, which this token may not cover.
            self._names.learn_redirect(request.path, answer.path)
            if self._credential.discard() and answer.status in (403, 404):
                raise Unavailable(f"The repository of {request.title} has moved: the next try has a fresh token.")
        if answer.status >= 300 and answer.status != 304:
            error = error_of(answer.status, answer.headers, answer.body, request.title, self._clock.now())
            raise self._with_pause(error)
        if answer.body and "json" not in answer.headers.get("content-type", ""):  # a proxy's page
            raise Unavailable(f"{request.title} was answered by something that is not GitHub's API.")
        if answer.status not in (*_WITH_BODY, *_WITHOUT_BODY) or (answer.status in _WITH_BODY and not answer.body):
            raise Unavailable(f"GitHub answered {answer.status} and nothing else to {request.title}.")
        return answer

    def _with_pause(self, error: GitHubError) -> GitHubError:
        if isinstance(error, RateLimited):
            error.retry_after = self._budget.pause(error.retry_after)
        return error


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"GitHub's answer could not be read: {error}") from None

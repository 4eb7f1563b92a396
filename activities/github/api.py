"""One credential's way to GitHub: gidgethub with our limits, our errors and nothing it could leak.

Every request passes `_request`, REST and GraphQL alike: there it waits for its turn, and there an answer that is
not a success becomes one of our errors.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cachetools import LRUCache
from gidgethub import GitHubException, QueryError, sansio
from gidgethub.aiohttp import GitHubAPI

from activities.github.budget import Budget
from activities.github.errors import GitHubError, RateLimited, Unauthorized, Unavailable, error_of, graphql_error

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
# Answers kept for conditional requests, which cost nothing when answered 304; they die with the token.
_KEPT_ANSWERS = 32


class API(GitHubAPI):
    """`getitem`, `getiter`, `post`, `patch`, `put`, `delete` of gidgethub, which raise `GitHubError`.

    `forget` is called when GitHub does not accept the credential.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        user_agent: str,
        *,
        base_url: str,
        graphql_url: str,
        budget: Budget,
        forget: Callable[[], None],
        oauth_token: str | None = None,
        app_id: str | None = None,
        private_key: str | None = None,
    ) -> None:
        super().__init__(
            session, user_agent, base_url=base_url, cache=LRUCache(_KEPT_ANSWERS),
            oauth_token=oauth_token, app_id=app_id, private_key=private_key,
        )  # fmt: skip
        self._graphql_url = graphql_url
        self._budget = budget
        self._forget = forget

    async def query(self, text: str, **variables: object) -> Any:
        """The `data` of a GraphQL query or mutation."""
        try:
            return await self.graphql(text, endpoint=self._graphql_url, **variables)
        except QueryError as error:
            raise graphql_error(error.response.get("errors")) from None
        except (GitHubException, ValueError, LookupError) as error:
            raise Unavailable(f"GitHub's answer to a query could not be read: {error}") from None

    async def news(self, url: str, names: Mapping[str, str], etag: str) -> tuple[Any, str]:
        """A page and its ETag; None where it is still what `etag` names, which costs nothing. The caller keeps what it
        needs of the page: whole pages of every repository would fill the memory."""
        headers = sansio.create_headers(
            self.requester, accept=sansio.accept_format(), oauth_token=self.oauth_token, jwt=self._get_app_jwt()
        )
        if etag:
            headers["if-none-match"] = etag
        status, answer, body = await self._request(
            "GET", sansio.format_url(url, names, base_url=self.base_url), headers
        )
        if status == 304:
            return None, etag
        try:
            return json.loads(body), answer.get("etag", "")
        except ValueError as error:
            raise Unavailable(f"GitHub's answer could not be read: {error}") from None

    async def _make_request(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._make_request(*args, **kwargs)
        except (ValueError, LookupError) as error:
            raise Unavailable(f"GitHub's answer could not be read: {error}") from None

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        asked = f"{method} {urlsplit(url).path}"
        async with self._budget.turn(method, urlsplit(url).path):
            try:
                status, answer, data = await self._ask(method, url, headers, body)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise Unavailable(f"GitHub did not answer {asked}: {type(error).__name__} {error}") from None
        if status >= 300 and status != 304:
            raise self._noted(error_of(status, answer, data, asked))
        if data and "json" not in answer.get("content-type", ""):
            raise Unavailable(f"{asked} was answered by something that is not GitHub's API.")
        return status, answer, data

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if url != self._graphql_url and not url.startswith(f"{self.base_url}/"):
            raise Unavailable("GitHub's answer points outside its own API; the token stays here.")
        async with self._session.request(method, url, headers=headers, data=body, timeout=_TIMEOUT) as response:
            if response.method != method:
                # A renamed repository answers 307; any other redirection would turn a write into a read.
                raise Unavailable(f"GitHub redirected {method} {urlsplit(url).path}.")
            return response.status, response.headers, await response.read()

    def _noted(self, error: GitHubError) -> GitHubError:
        if isinstance(error, RateLimited):
            self._budget.hold(error.retry_after)
        if isinstance(error, Unauthorized):
            self._forget()
        return error

"""GitHub's REST and GraphQL API: what its endpoints share. `server` authenticates, calls a handler, and answers.

Each module of endpoints declares handlers under GitHub's own path templates. A handler takes a `RestRequest` and
returns a `RestResponse`, or JSON for a plain 200.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator.github.entities import AccessToken, Json, Repository, User
from simulator.github.services import GitHubServices
from simulator.github.store import Store

BODY_LIMIT = 65_536
"""Characters of a comment or a description. GitHub's description omits it; a longer text is answered with 422."""


class ApiError(Exception):
    """An answer that is not 2xx. `errors` as in GitHub's validation errors: objects, in a few places sentences."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True)
class Caller:
    """`kind` is `app` (a JWT), `installation`, `user` or `anonymous`; `user` is the one who acts."""

    kind: str
    user: User | None = None
    token: AccessToken | None = None

    @property
    def login(self) -> str:
        return self.user.login if self.user else ""

    @property
    def budget(self) -> str:
        """Whose rate limit this is: all tokens of an installation share one."""
        return f"{self.kind}:{self.token.installation.id if self.token else self.login}"

    @property
    def graphql_budget(self) -> str:
        """GraphQL has a limit of its own."""
        return f"{self.budget}:graphql"


@dataclass(frozen=True)
class RestResponse:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RestRequest:
    """One request. `body` is {} where none was sent."""

    github: GitHubServices
    http: web.Request
    caller: Caller
    params: dict[str, str]
    body: Json

    @property
    def store(self) -> Store:
        return self.github.store

    @property
    def repo(self) -> Repository:
        return self.store.repository(f"{self.params['owner']}/{self.params['repo']}")

    @property
    def user(self) -> User:
        if self.caller.user is None:
            raise ApiError(401, "Requires authentication")
        return self.caller.user

    def number(self, name: str) -> int:
        """A number in the path; 404 where it is not a number."""
        if not self.params[name].isdecimal():
            raise ApiError(404, "Not Found")
        return int(self.params[name])

    def text(self, name: str, *, limit: int = 0, default: str | None = None) -> str:
        """A string of the body; 422 where it is missing, not a string, or longer than `limit` characters."""
        value = self.body.get(name, default)
        if not isinstance(value, str) or (value == "" and default is None):
            raise invalid(name, "missing_field" if value in (None, "") else "invalid")
        if limit and len(value) > limit:
            raise invalid(name, "custom", f"{name} is too long (maximum is {limit} characters)")
        return value

    def page(self, items: list[Any], wrap: Callable[[list[Any], int], Any] | None = None) -> RestResponse:
        """One page of `items` with GitHub's Link header."""
        size = min(self.query_number("per_page", 30), 100)
        number = self.query_number("page", 1)
        last = max(1, -(-len(items) // size))
        page_items = items[(number - 1) * size : number * size]
        links = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        if number == 1:
            del links["prev"], links["first"]
        if number >= last:
            del links["next"], links["last"]
        link = ", ".join(f'<{self._page_url(page)}>; rel="{rel}"' for rel, page in links.items())
        return RestResponse(
            wrap(page_items, len(items)) if wrap else page_items, headers={"Link": link} if link else {}
        )

    def query_number(self, name: str, default: int) -> int:
        value = self.http.query.get(name, "")
        return max(1, int(value)) if value.isdecimal() else default

    def _page_url(self, page: int) -> str:
        query = {**self.http.query, "page": str(page)}
        return str(self.http.url.with_query(query))


Handler = Callable[[RestRequest], Awaitable[Any]]


@dataclass(frozen=True)
class Endpoint:
    """`needs` is `app`, `installation`, `anyone`, or alternatives like `issues:write|pull_requests:write`."""

    method: str
    template: str
    needs: str
    handler: Handler


class Endpoints(list[Endpoint]):
    """Filled by decorators."""

    def on(self, method: str, template: str, needs: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.append(Endpoint(method, template, needs, handler))
            return handler

        return register


def invalid(field_name: str, code: str, message: str = "", resource: str = "") -> ApiError:
    """GitHub's 422 for one field."""
    error = {"resource": resource, "field": field_name, "code": code, **({"message": message} if message else {})}
    return ApiError(422, "Validation Failed", [error])


def too_large(message: str) -> ApiError:
    """GitHub's 422 for what exceeds a limit of its API description."""
    return ApiError(422, f"Invalid request.\n\n{message}")


def dump(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")

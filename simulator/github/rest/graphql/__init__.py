"""GraphQL: GitHub's schema as far as the bot needs it, one mutation after the other, each with its own answer."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, build_schema
from graphql import graphql as execute

from simulator.github.entities import Json
from simulator.github.rest import Endpoints, RestRequest
from simulator.github.rest.graphql.checks import create_check_run, update_check_run
from simulator.github.rest.graphql.commits import create_commit_on_branch
from simulator.github.rest.graphql.drafts import convert_to_draft, mark_ready_for_review
from simulator.github.rest.graphql.errors import error_json
from simulator.github.rest.graphql.repositories import repository
from simulator.github.rest.graphql.schema import SCHEMA

endpoints = Endpoints()
_Mutation = Callable[[RestRequest, Json], Awaitable[Json]]
_MUTATIONS: dict[str, _Mutation] = {
    "convertPullRequestToDraft": convert_to_draft,
    "createCheckRun": create_check_run,
    "createCommitOnBranch": create_commit_on_branch,
    "markPullRequestReadyForReview": mark_ready_for_review,
    "updateCheckRun": update_check_run,
}


@endpoints.on("POST", "/graphql", "anyone")
async def graphql(request: RestRequest) -> Json:
    variables = request.body.get("variables")
    result: ExecutionResult = await execute(
        _schema(),
        request.text("query"),
        _Root(request),
        variable_values=variables if isinstance(variables, dict) else {},
        operation_name=request.body.get("operationName"),
    )
    errors = {"errors": [error_json(error) for error in result.errors]} if result.errors else {}
    if result.data is None and not any(error.path for error in result.errors or ()):
        return errors  # nothing was carried out: the document itself is wrong
    return {"data": result.data, **errors}


class _Root:
    """Resolves the schema's first level: a field of that name, called with its arguments."""

    def __init__(self, request: RestRequest) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        if name not in _MUTATIONS:
            raise AttributeError(name)

        async def carry_out(_info: Any, input: Json) -> Json:
            request = self._request
            if request.caller.kind == "anonymous":
                raise GraphQLError("This endpoint requires you to be authenticated.")
            return await _MUTATIONS[name](request, input)

        return carry_out

    def repository(self, _info: Any, owner: str, name: str, followRenames: bool = True) -> Json:
        """Nothing that had another name is looked for: the bot asks with the present one."""
        return repository(self._request, owner, name)

    def rateLimit(self, _info: Any, dryRun: bool = False) -> Json:
        """The primary limit, without this request."""
        rate = self._request.store.spend(self._request.caller.graphql_budget, 0)
        reset = datetime.fromtimestamp(rate.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        left = rate.limit - rate.used
        return {"cost": 1, "limit": rate.limit, "remaining": left, "used": rate.used, "resetAt": reset}


@cache
def _schema() -> GraphQLSchema:
    return build_schema(SCHEMA)

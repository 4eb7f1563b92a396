"""The query for a repository: its issues and pull requests, with what people said in them."""

from collections.abc import Callable
from typing import Any

from simulator.github.entities import Json, Repository, SimulatedIssue
from simulator.github.rest import RestRequest, auth
from simulator.github.rest.graphql.errors import RefusedMutation
from simulator.github.serializers import graphql as graphql_json
from simulator.github.serializers.review_threads import graphql_thread


def repository(request: RestRequest, owner: str, name: str) -> Json:
    """A repository with its issues and pull requests."""
    full_name = f"{owner}/{name}"
    repo = request.store.repositories.get(full_name.lower())
    if repo is None or not auth.sees(request.caller, repo):
        raise RefusedMutation("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")

    def pull_request(_info: Any, number: int) -> Json:
        _require(request, "pull_requests", repo)
        found = repo.issues.get(number)
        if found is None or found.pull is None:
            raise RefusedMutation("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return _pull(repo, found)

    def issue_or_pull_request(_info: Any, number: int) -> Json:
        """A transferred issue is the one that it has become, for whoever sees that."""
        at, found = repo.transferred.get(number) or (repo, repo.issues.get(number))
        if found is None or not auth.sees(request.caller, at):
            message = f"Could not resolve to an issue or pull request with the number of {number}."
            raise RefusedMutation("NOT_FOUND", message)
        _require(request, "pull_requests" if found.pull else "issues", at)
        return _pull(at, found) if found.pull else graphql_json.issue(at, found)

    return {
        **graphql_json.repository(repo),
        "issueOrPullRequest": issue_or_pull_request,
        "issues": _listed(request, repo, "issues", lambda one: graphql_json.issue(repo, one)),
        "pullRequest": pull_request,
        "pullRequests": _listed(request, repo, "pull_requests", lambda one: _pull(repo, one)),
    }


def _listed(
    request: RestRequest, repo: Repository, permission: str, to_json: Callable[[SimulatedIssue], Json]
) -> Callable[..., Json]:
    """A list of all in some states; by default the oldest first."""

    def page(info: Any, orderBy: Json | None = None, states: list[str] | None = None, **page: Any) -> Json:
        _require(request, permission, repo)
        found = [one for one in repo.issues.values() if bool(one.pull) == (permission == "pull_requests")]
        newest = bool(orderBy) and (orderBy or {})["direction"] == "DESC"
        shown = [to_json(one) for one in sorted(found, key=lambda one: one.number, reverse=newest)]
        return graphql_json.connection([one for one in shown if states is None or one["state"] in states])(info, **page)

    return page


def _pull(repo: Repository, found: SimulatedIssue) -> Json:
    threads = [graphql_thread(thread) for thread in (found.pull.threads if found.pull else ()) if thread.comments]
    return {**graphql_json.pull(repo, found), "reviewThreads": graphql_json.connection(threads)}


def _require(request: RestRequest, permission: str, repo: Repository) -> None:
    if not auth.may(request.caller, permission, "read", repo):
        raise RefusedMutation("FORBIDDEN", "Resource not accessible by integration")

"""The query for the threads of a pull request's reviews."""

from typing import Any

from simulator.github.entities import Json
from simulator.github.rest import RestRequest, auth
from simulator.github.rest.graphql.errors import RefusedMutation
from simulator.github.serializers import node
from simulator.github.serializers.review_threads import connection, graphql_thread


def repository(request: RestRequest, owner: str, name: str) -> Json:
    """A repository with its pull requests."""
    full_name = f"{owner}/{name}"
    repo = request.store.repositories.get(full_name.lower())
    if repo is None or not auth.sees(request.caller, repo):
        raise RefusedMutation("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")

    def pull_request(_info: Any, number: int) -> Json:
        if not auth.may(request.caller, "pull_requests", "read", repo):
            raise RefusedMutation("FORBIDDEN", "Resource not accessible by integration")
        issue = repo.issues.get(number)
        if issue is None or issue.pull is None:
            raise RefusedMutation("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        threads = connection([graphql_thread(thread) for thread in issue.pull.threads if thread.comments])
        return {"id": node("PullRequest", issue.pull.id), "number": number, "reviewThreads": threads}

    return {"id": node("Repository", repo.id), "pullRequest": pull_request}

"""The mutations `markPullRequestReadyForReview` and `convertPullRequestToDraft`."""

from simulator.github.entities import Json
from simulator.github.rest import RestRequest, auth
from simulator.github.rest.graphql.errors import RefusedMutation
from simulator.github.serializers import graphql as graphql_json
from simulator.github.serializers import node


async def mark_ready_for_review(request: RestRequest, given: Json) -> Json:
    """The payload."""
    return _set_draft(request, given, draft=False)


async def convert_to_draft(request: RestRequest, given: Json) -> Json:
    """The payload."""
    return _set_draft(request, given, draft=True)


def _set_draft(request: RestRequest, given: Json, *, draft: bool) -> Json:
    """An App needs to write contents for it, too, though GitHub says so nowhere."""
    wanted = given["pullRequestId"]
    found = (
        (repo, issue)
        for repo in request.store.repositories.values()
        for issue in repo.issues.values()
        if issue.pull and node("PullRequest", issue.pull.id) == wanted
    )
    repo, issue = next(found, (None, None))
    if repo is None or issue is None or not auth.sees(request.caller, repo):
        raise RefusedMutation("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted}'.")
    if not all(auth.may(request.caller, each, "write", repo) for each in ("pull_requests", "contents")):
        raise RefusedMutation("FORBIDDEN", "Resource not accessible by integration")
    if draft and repo.private and not repo.has_rulesets:
        raise RefusedMutation("UNPROCESSABLE", "Draft pull requests are not supported in this repository.")
    request.github.pulls.set_draft(repo.full_name, issue.number, draft, request.user.login)
    return {"clientMutationId": given.get("clientMutationId"), "pullRequest": graphql_json.pull(repo, issue)}

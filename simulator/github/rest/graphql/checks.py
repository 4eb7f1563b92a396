"""The mutations `createCheckRun` and `updateCheckRun`: what the REST endpoints do, in GraphQL's words."""

from collections.abc import Iterator

from simulator.github.entities import CheckRun, Json, Repository
from simulator.github.errors import Unprocessable
from simulator.github.rest import ApiError, RestRequest, auth
from simulator.github.rest.checks import run_fields
from simulator.github.rest.graphql.errors import RefusedMutation
from simulator.github.serializers import checks as check_json
from simulator.github.serializers import node

_SAME = {
    "name": "name", "detailsUrl": "details_url", "externalId": "external_id", "startedAt": "started_at",
    "completedAt": "completed_at", "actions": "actions",
}  # fmt: skip
_ANNOTATION = {"path": "path", "message": "message", "title": "title", "rawDetails": "raw_details"}
_RANGE = {"startLine": "start_line", "endLine": "end_line", "startColumn": "start_column", "endColumn": "end_column"}


async def create_check_run(request: RestRequest, given: Json) -> Json:
    """The payload."""
    repo = _repository(request, given["repositoryId"])
    try:
        run = await request.github.checks.create_run(repo, given["headSha"], given["name"], _fields(given))
    except Unprocessable as error:
        raise RefusedMutation("UNPROCESSABLE", str(error)) from error
    return _payload(request, repo, run, given)


async def update_check_run(request: RestRequest, given: Json) -> Json:
    """The payload."""
    repo = _repository(request, given["repositoryId"])
    wanted = given["checkRunId"]
    run = next((each for each in repo.runs() if node("CheckRun", each.id) == wanted), None)
    if run is None:
        raise _unknown(wanted)
    request.github.checks.update_run(repo, run, _fields(given))
    return _payload(request, repo, run, given)


def _repository(request: RestRequest, wanted: str) -> Repository:
    found = next((each for each in request.store.repositories.values() if node("Repository", each.id) == wanted), None)
    if found is None or not auth.sees(request.caller, found):
        raise _unknown(wanted)
    if request.caller.kind != "installation" or not auth.may(request.caller, "checks", "write", found):
        raise RefusedMutation("FORBIDDEN", "Resource not accessible by integration")
    if found.archived:
        raise RefusedMutation("FORBIDDEN", "Repository was archived so is read-only.")
    return found


def _fields(given: Json) -> Json:
    """As REST names them, and checked like them."""
    body = dict(_renamed(given, _SAME))
    body |= {name: given[name].lower() for name in ("status", "conclusion") if given.get(name)}
    if output := given.get("output"):
        annotations = [_annotation(each) for each in output.get("annotations") or ()]
        body["output"] = {**output, "annotations": annotations}
    try:
        return run_fields(body)
    except ApiError as error:
        raise RefusedMutation("UNPROCESSABLE", f"{error.message} {error.errors or ''}".strip()) from error


def _annotation(given: Json) -> Json:
    level = given["annotationLevel"].lower()
    return {
        **dict(_renamed(given, _ANNOTATION)),
        **dict(_renamed(given["location"], _RANGE)),
        "annotation_level": level,
    }


def _renamed(given: Json, names: dict[str, str]) -> Iterator[tuple[str, object]]:
    return ((new, given[old]) for old, new in names.items() if given.get(old) is not None)


def _payload(request: RestRequest, repo: Repository, run: CheckRun, given: Json) -> Json:
    shown = check_json.run(request.store, repo, run)
    return {
        "clientMutationId": given.get("clientMutationId"),
        "checkRun": {
            "id": shown["node_id"],
            "name": run.name,
            "externalId": run.external_id,
            "status": run.status.upper(),
            "conclusion": run.conclusion.upper() if run.conclusion else None,
            "startedAt": run.started_at,
            "completedAt": run.completed_at,
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "url": shown["html_url"],
            "resourcePath": f"/{repo.full_name}/runs/{run.id}",
        },
    }


def _unknown(wanted: str) -> RefusedMutation:
    return RefusedMutation("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted}'.")

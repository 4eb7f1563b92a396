"""REST: a repository's labels, and those of an issue or a pull request."""

from simulator.github import serializers
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.issues import READ, WRITE, issue_of, label_names
from simulator.github.services.entities import Issue, Json

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}/labels", READ)
async def list_labels(call: RestRequest) -> RestResponse:
    return call.page([serializers.label(call.hub, call.repo, label) for label in call.repo.labels.values()])


@endpoints.on("POST", "/repos/{owner}/{repo}/labels", WRITE)
async def create_label(call: RestRequest) -> RestResponse:
    name = call.text("name", limit=50)
    if name.lower() in call.repo.labels:
        raise invalid("name", "already_exists", resource="Label")
    label = call.hub.new_label(call.repo, name, call.text("color", default="ededed"), call.body.get("description"))
    return RestResponse(serializers.label(call.hub, call.repo, label), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", READ)
async def list_issue_labels(call: RestRequest) -> RestResponse:
    return call.page(_labels(call, issue_of(call, "read")))


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def add_labels(call: RestRequest) -> list[Json]:
    issue, names = issue_of(call), label_names(call)
    if not names:
        raise invalid("labels", "missing_field", resource="Label")
    for name in names:
        call.hub.add_label(call.repo.full_name, issue.number, name, call.user.login)
    return _labels(call, issue)


@endpoints.on("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def set_labels(call: RestRequest) -> list[Json]:
    """These and no others."""
    issue = issue_of(call)
    call.hub.set_labels(call.repo.full_name, issue.number, label_names(call) or [], call.user.login)
    return _labels(call, issue)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def remove_all_labels(call: RestRequest) -> RestResponse:
    call.hub.set_labels(call.repo.full_name, issue_of(call).number, [], call.user.login)
    return RestResponse(status=204)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", WRITE)
async def remove_label(call: RestRequest) -> list[Json]:
    issue, name = issue_of(call), call.params["name"]
    if name.lower() not in [label.name.lower() for label in issue.labels]:
        raise ApiError(404, "Label does not exist")
    call.hub.remove_label(call.repo.full_name, issue.number, name, call.user.login)
    return _labels(call, issue)


def _labels(call: RestRequest, issue: Issue) -> list[Json]:
    return [serializers.label(call.hub, call.repo, label) for label in issue.labels]

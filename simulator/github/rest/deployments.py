"""REST: deployments and their statuses."""

from simulator.github.deployed import Deployment
from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.rest import Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import deployments as deployment_json
from simulator.github.services.deployments import STATES

endpoints = Endpoints()
_DESCRIPTION_LIMIT = 140
_FILTERS = ("sha", "ref", "task", "environment")


@endpoints.on("GET", "/repos/{owner}/{repo}/deployments", "deployments:read")
async def list_deployments(request: RestRequest) -> RestResponse:
    """Newest first. Filters: `sha`, `ref`, `task` and `environment`."""
    query = {name: value for name in _FILTERS if (value := request.http.query.get(name, "none")) != "none"}
    found = [
        each
        for each in reversed(request.github.deployments.deployments(request.repo.full_name))
        if all(getattr(each, name) == value for name, value in query.items())
    ]
    return request.page([deployment_json.deployment(request.store, request.repo, each) for each in found])


@endpoints.on("POST", "/repos/{owner}/{repo}/deployments", "deployments:write")
async def create_deployment(request: RestRequest) -> RestResponse:
    """Without merging the default branch, and whatever the commit's statuses are."""
    body = request.body
    made = await request.github.deployments.add_deployment(
        request.repo.full_name,
        request.text("ref"),
        request.text("environment", default="production"),
        task=request.text("task", default="deploy"),
        description=None if body.get("description") is None else request.text("description", default=""),
        payload=body.get("payload", ""),
        production=None if body.get("production_environment") is None else body["production_environment"] is True,
        transient=body.get("transient_environment") is True,
        login=request.user.login,
    )
    return RestResponse(deployment_json.deployment(request.store, request.repo, made), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}", "deployments:read")
async def get_deployment(request: RestRequest) -> Json:
    return deployment_json.deployment(request.store, request.repo, _deployment(request))


@endpoints.on("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "deployments:read")
async def list_deployment_statuses(request: RestRequest) -> RestResponse:
    """Newest first."""
    it = _deployment(request)
    statuses = [deployment_json.status(request.store, request.repo, it, each) for each in reversed(it.statuses)]
    return request.page(statuses)


@endpoints.on("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "deployments:write")
async def create_deployment_status(request: RestRequest) -> RestResponse:
    it, state = _deployment(request), request.text("state")
    if state not in STATES:
        raise invalid("state", "custom", "state is not included in the list", "DeploymentStatus")
    status = request.github.deployments.add_status(
        request.repo.full_name,
        it.id,
        state,
        description=request.text("description", limit=_DESCRIPTION_LIMIT, default=""),
        environment=request.text("environment", default=""),
        log_url=request.text("log_url", default="") or request.text("target_url", default=""),
        environment_url=request.text("environment_url", default=""),
        auto_inactive=request.body.get("auto_inactive") is not False,
        login=request.user.login,
    )
    return RestResponse(deployment_json.status(request.store, request.repo, it, status), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}", "deployments:read")
async def get_deployment_status(request: RestRequest) -> Json:
    it = _deployment(request)
    found = [each for each in it.statuses if each.id == request.number("status_id")]
    if not found:
        raise EntityNotFound("deployment status")
    return deployment_json.status(request.store, request.repo, it, found[0])


def _deployment(request: RestRequest) -> Deployment:
    return request.github.deployments.deployment(request.repo.full_name, request.number("deployment_id"))

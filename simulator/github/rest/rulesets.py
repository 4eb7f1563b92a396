"""REST: rulesets of repositories, and the rules of a branch that come of them."""

from typing import Any

from simulator.github.branch_rules import Ruleset
from simulator.github.entities import Json, Repository
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import rules as rules_json

endpoints = Endpoints()

_UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."
_ENFORCEMENTS = ("active", "disabled", "evaluate")


@endpoints.on("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", "metadata:read")
async def get_branch_rules(request: RestRequest) -> RestResponse:
    """Those of rulesets, for all readers, also of a branch that does not exist."""
    return request.page(rules_json.branch_rules(_repository(request), request.params["branch"]))


@endpoints.on("GET", "/repos/{owner}/{repo}/rulesets", "metadata:read")
async def list_rulesets(request: RestRequest) -> RestResponse:
    repo = _repository(request)
    return request.page([rules_json.ruleset(request.store, repo, it, full=False) for it in repo.rulesets.values()])


@endpoints.on("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", "metadata:read")
async def get_ruleset(request: RestRequest) -> Json:
    return rules_json.ruleset(request.store, request.repo, _named(request))


@endpoints.on("POST", "/repos/{owner}/{repo}/rulesets", "administration:write")
async def create_ruleset(request: RestRequest) -> RestResponse:
    repo = _repository(request)
    request.text("name")
    request.text("enforcement")
    _check(request, repo, None)
    return RestResponse(
        rules_json.ruleset(request.store, repo, request.github.protection.set_ruleset(repo, request.body)), 201
    )


@endpoints.on("PUT", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", "administration:write")
async def update_ruleset(request: RestRequest) -> Json:
    repo, former = _repository(request), _named(request)
    _check(request, repo, former)
    return rules_json.ruleset(request.store, repo, request.github.protection.set_ruleset(repo, request.body, former))


def _repository(request: RestRequest) -> Repository:
    if not request.repo.has_rulesets:
        raise ApiError(403, _UPGRADE)
    return request.repo


def _named(request: RestRequest) -> Ruleset:
    found = _repository(request).rulesets.get(request.number("ruleset_id"))
    if found is None:
        raise ApiError(404, "Not Found")
    return found


def _check(request: RestRequest, repo: Repository, former: Ruleset | None) -> None:
    """Raises GitHub's 422."""
    name, app = request.body.get("name"), request.store.app
    if any(each.name == name and each is not former for each in repo.rulesets.values()):
        raise invalid("name", "custom", "Name must be unique", "Ruleset")
    if request.body.get("enforcement", "active") not in _ENFORCEMENTS:
        raise invalid("enforcement", "invalid", resource="Ruleset")
    if {each.get("integration_id") for each in _required(request.body)} - {None, app.id}:
        raise invalid("rules", "custom", "Invalid rule 'required_status_checks': unknown integration", "Ruleset")


def _required(fields: Json) -> list[Any]:
    rules = [rule for rule in fields.get("rules", ()) if rule.get("type") == "required_status_checks"]
    return [each for rule in rules for each in rule["parameters"]["required_status_checks"]]

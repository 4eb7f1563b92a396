"""Deployments: what is refused, what a success ends, and the events."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient

R = f"/repos/{REPO}"


async def deployed(ask: ApiClient, environment: str, *states: str) -> Any:
    made = await ask("POST", f"{R}/deployments", {"ref": "main", "environment": environment}, who="octocat")
    assert made.status == 201
    for state in states:
        url = f"{R}/deployments/{made.body['id']}/statuses"
        assert (await ask("POST", url, {"state": state}, who="octocat")).status == 201
    return made.body


async def states(ask: ApiClient, id: int) -> list[str]:
    return [each["state"] for each in (await ask("GET", f"{R}/deployments/{id}/statuses")).body]


async def test_a_success_ends_the_earlier_ones_of_its_environment(ask: ApiClient) -> None:
    first = await deployed(ask, "staging", "in_progress", "success")
    other = await deployed(ask, "review", "success")
    production = await deployed(ask, "production", "success")
    second = await deployed(ask, "staging", "success")
    await deployed(ask, "production", "success")
    assert await states(ask, first["id"]) == ["inactive", "success", "in_progress"]
    assert await states(ask, other["id"]) == ["success"]
    assert await states(ask, production["id"]) == ["success"]  # GitHub leaves those of production alone
    assert await states(ask, second["id"]) == ["success"]
    openapi.assert_valid(ask.github.requests)


async def test_the_newest_is_listed_first(ask: ApiClient) -> None:
    made = [await deployed(ask, name) for name in ("staging", "production", "staging")]
    listed = (await ask("GET", f"{R}/deployments")).body
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(made)]
    assert [each["production_environment"] for each in listed] == [False, True, False]
    only = (await ask("GET", f"{R}/deployments?environment=staging&per_page=1")).body
    assert [each["id"] for each in only] == [made[2]["id"]]


@pytest.mark.parametrize("body", [{"ref": "nowhere"}, {"ref": ""}, {}, {"ref": "f" * 40}])
async def test_what_names_no_commit_is_refused(ask: ApiClient, body: dict[str, Any]) -> None:
    assert (await ask("POST", f"{R}/deployments", body, who="octocat")).status == 422


async def test_what_is_not_there_is_not_found(ask: ApiClient) -> None:
    made = await deployed(ask, "staging")
    assert (await ask("GET", f"{R}/deployments/1")).status == 404
    assert (await ask("GET", f"{R}/deployments/{made['id']}/statuses/1")).status == 404
    refused = await ask("POST", f"{R}/deployments/{made['id']}/statuses", {"state": "green"}, who="octocat")
    assert refused.status == 422
    assert (await ask("POST", f"{R}/deployments", {"ref": "main"})).status == 201


async def test_a_status_says_how_it_went(github: SimulatedGitHub) -> None:
    made = await github.deployments.add_deployment(REPO, "main")
    status = github.deployments.add_status(REPO, made.id, "failure", description="It does not start")
    assert (made.environment, made.production, status.state) == ("production", True, "failure")

"""Commit statuses: what is refused, what counts, and the event."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

R = f"/repos/{REPO}"


async def tip(ask: ApiClient) -> str:
    return str((await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "green"}, "state"),
        ({"state": None}, "state"),
        ({"description": "x" * 141}, "description"),
        ({"description": 3}, "description"),
        ({"context": "x" * 256}, "context"),
        ({"target_url": "javascript:alert(1)"}, "target_url"),
    ],
)
async def test_invalid_status_is_refused(ask: ApiClient, change: dict[str, Any], field: str) -> None:
    sha = await tip(ask)
    reply = await ask("POST", f"{R}/statuses/{sha}", {"state": "success", **change})
    assert (reply.status, reply.body["errors"][0]["field"]) == (422, field)
    assert (await ask("GET", f"{R}/commits/{sha}/status")).body["total_count"] == 0
    openapi.assert_valid(ask.github.requests)


async def test_unknown_commit_is_refused(ask: ApiClient) -> None:
    reply = await ask("POST", f"{R}/statuses/{'f' * 40}", {"state": "success"})
    assert (reply.status, reply.body["message"]) == (422, f"No commit found for SHA: {'f' * 40}")
    assert (await ask("POST", f"{R}/statuses/main", {"state": "success"})).status == 422
    assert (await ask("GET", f"{R}/commits/none/status")).status == 404


async def test_status_needs_statuses_permission(ask: ApiClient) -> None:
    sha = await tip(ask)
    token = await ask.mint(permissions={"statuses": "read"})
    assert (await ask("POST", f"{R}/statuses/{sha}", {"state": "success"}, token=token)).status == 403
    assert (await ask("GET", f"{R}/commits/main/status", token=token)).status == 200


async def test_newest_of_each_context_counts(ask: ApiClient) -> None:
    sha = await tip(ask)
    combined = (await ask("GET", f"{R}/commits/main/status")).body
    assert (combined["state"], combined["statuses"]) == ("pending", [])
    for state, context in (("failure", "CI"), ("success", "ci"), ("success", "lint")):
        assert (await ask("POST", f"{R}/statuses/{sha}", {"state": state, "context": context})).status == 201
    combined = (await ask("GET", f"{R}/commits/main/status")).body
    assert (combined["state"], combined["sha"], combined["total_count"]) == ("success", sha, 2)
    await ask("POST", f"{R}/statuses/{sha}", {"state": "pending"})
    assert (await ask("GET", f"{R}/commits/main/status")).body["state"] == "pending"
    await ask("POST", f"{R}/statuses/{sha}", {"state": "error", "context": "lint"})
    assert (await ask("GET", f"{R}/commits/main/status?per_page=1")).body["state"] == "failure"
    said = (await ask("GET", f"{R}/commits/main/statuses")).body
    assert [each["context"] for each in said] == ["lint", "default", "lint", "ci", "CI"]
    openapi.assert_valid(ask.github.requests)


async def test_context_has_a_limit_of_statuses(ask: ApiClient) -> None:
    sha = await tip(ask)
    ask.github.store.repository(REPO).statuses[sha] = [
        await ask.github.statuses.set_status(REPO, sha, "pending", "ci")
    ] * 1000
    reply = await ask("POST", f"{R}/statuses/{sha}", {"state": "success", "context": "ci"})
    assert (reply.status, "maximum number of statuses" in reply.body["message"]) == (422, True)
    assert (await ask("POST", f"{R}/statuses/{sha}", {"state": "success", "context": "other"})).status == 201


async def test_status_event_needs_a_subscription(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    sha = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.statuses.set_status(REPO, sha, "success", "ci")
    github.store.app.events = (*github.store.app.events, "status")
    await github.statuses.set_status(REPO, sha, "failure", "ci", description="no", target_url="https://example.com/1")
    await github.webhooks.idle()
    [payload] = receiver.payloads("status")
    assert errors("status", payload) == []
    assert (payload["state"], payload["branches"][0]["name"], payload["sha"]) == ("failure", "feature", sha)

"""The events of installations, which need no subscription, and what tokens can do afterwards."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors


@pytest.fixture
async def two(github: SimulatedGitHub, receiver: WebhookReceiver) -> SimulatedGitHub:
    """A second repository, and an App that subscribes to nothing."""
    await github.repositories.add_repository("octocat/second", {"a": "a"}, private=True)
    github.store.app.events = ()
    return github


def names(payload: Any, field: str) -> list[str]:
    return [each["full_name"] for each in payload[field]]


async def test_repositories_can_be_removed_and_added(
    two: SimulatedGitHub, receiver: WebhookReceiver, ask: ApiClient
) -> None:
    installation = next(iter(two.store.installations))
    token = await ask.mint()
    two.installations.remove_from_installation(installation, "octocat/second")
    two.installations.remove_from_installation(installation, "octocat/second")
    assert (await ask("GET", "/repos/octocat/second", token=token)).status == 404
    two.installations.add_to_installation(installation, "octocat/second")
    two.installations.add_to_installation(installation, "octocat/second")
    assert (await ask("GET", "/repos/octocat/second", token=token)).status == 200
    await two.webhooks.idle()
    assert receiver.names == ["installation_repositories.removed", "installation_repositories.added"]
    removed, added = (receiver.payloads(name)[0] for name in receiver.names)
    assert names(removed, "repositories_removed") == names(added, "repositories_added") == ["octocat/second"]
    assert (removed["repositories_added"], added["repositories_removed"]) == ([], [])
    assert removed["repository_selection"] == "selected"
    assert [error for each in two.webhooks.deliveries for error in errors(each.name, each.payload)] == []
    openapi.assert_valid(two.requests)


async def test_repository_of_another_account_cannot_be_added(two: SimulatedGitHub) -> None:
    await two.repositories.add_repository("example/other", {"a": "a"}, install=False)
    with pytest.raises(ValueError, match="does not belong to octocat"):
        two.installations.add_to_installation(next(iter(two.store.installations)), "example/other")


async def test_new_permissions_must_be_accepted(
    two: SimulatedGitHub, receiver: WebhookReceiver, ask: ApiClient
) -> None:
    installation = next(iter(two.store.installations))
    requested = {"permissions": {"actions": "write"}}
    path = f"/app/installations/{installation}/access_tokens"
    two.apps.set_app_permissions({**two.store.app.permissions, "actions": "write"}, ["push"])
    assert (await ask("GET", "/app", who="app")).body["permissions"]["actions"] == "write"
    assert (await ask("POST", path, requested, who="app")).status == 422
    two.installations.accept_permissions(installation)
    assert (await ask("POST", path, requested, who="app")).status == 201
    await two.webhooks.idle()
    assert receiver.names == ["installation.new_permissions_accepted"]
    payload = receiver.payloads(receiver.names[0])[0]
    assert payload["installation"]["permissions"]["actions"] == "write"
    assert (payload["installation"]["events"], "repository" in payload) == (["push"], False)
    assert errors(receiver.names[0], payload) == []
    openapi.assert_valid(two.requests)


async def test_each_change_of_an_installation_sends_an_event(two: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    installation = next(iter(two.store.installations))
    two.installations.suspend(installation)
    two.installations.unsuspend(installation)
    two.installations.remove_installation(installation)
    two.installations.add_installation("octocat", ["octocat/second"])
    await two.webhooks.idle()
    assert receiver.names == [f"installation.{turn}" for turn in ("suspend", "unsuspend", "deleted", "created")]
    assert receiver.payloads("installation.suspend")[0]["installation"]["suspended_by"]["login"] == "octocat"
    assert names(receiver.payloads("installation.deleted")[0], "repositories") == [REPO, "octocat/second"]
    assert names(receiver.payloads("installation.created")[0], "repositories") == ["octocat/second"]
    assert [error for each in two.webhooks.deliveries for error in errors(each.name, each.payload)] == []

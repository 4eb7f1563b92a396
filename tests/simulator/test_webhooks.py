"""Webhooks: signed, logged, sent once; dropped, duplicated, held and reordered by fault injection."""

import asyncio
import hashlib
import hmac

import pytest

from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver


async def test_headers_and_signature(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    github.issues.open_issue(REPO, "Ünicode")
    await github.webhooks.idle()
    headers, body = receiver.requests[0]
    mac = hmac.new(github.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={mac}"
    assert headers["X-GitHub-Event"] == "issues"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(github.app_id)
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert headers["X-GitHub-Delivery"] == github.webhooks.deliveries[0].guid
    assert "Ünicode".encode() in body


@pytest.mark.parametrize(
    ("status", "word"), [(202, "OK"), (401, "Invalid HTTP Response: 401"), (503, "Invalid HTTP Response: 503")]
)
async def test_one_attempt_is_made_and_logged(
    github: SimulatedGitHub, receiver: WebhookReceiver, status: int, word: str
) -> None:
    receiver.status = status
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    assert [(each.name, each.status_code, each.status) for each in github.webhooks.deliveries] == [
        ("issues.opened", status, word)
    ]
    assert len(receiver.requests) == 1


async def test_unreachable_server_is_logged(github: SimulatedGitHub) -> None:
    github.webhooks.set_config(url="http://127.0.0.1:9/webhook")
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    assert [(each.status_code, each.status) for each in github.webhooks.deliveries] == [
        (502, "failed to connect to host")
    ]


async def test_redelivery_has_the_same_guid(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    receiver.status = 503
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    receiver.status = 202
    failed = (await ask("GET", "/app/hook/deliveries?status=failure", who="app")).body[0]
    assert (await ask("POST", f"/app/hook/deliveries/{failed['id']}/attempts", who="app")).status == 202
    await github.webhooks.idle()
    again = (await ask("GET", "/app/hook/deliveries?status=success", who="app")).body[0]
    assert (again["guid"], again["redelivery"], again["status_code"]) == (failed["guid"], True, 202)
    assert again["id"] != failed["id"]
    assert receiver.requests[0][1] == receiver.requests[1][1]
    assert (await ask("POST", "/app/hook/deliveries/1/attempts", who="app")).status == 404


async def test_log_is_paginated(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    for number in range(7):
        github.issues.open_issue(REPO, str(number))
    await github.webhooks.idle()
    seen, path = [], "/app/hook/deliveries?per_page=3"
    while path:
        reply = await ask("GET", path, who="app")
        seen += [each["id"] for each in reply.body]
        link = reply.headers.get("Link", "")
        path = link[1 : link.index(">")].removeprefix(github.api_url) if link else ""
    assert seen == sorted((each.id for each in github.webhooks.deliveries), reverse=True)
    assert len(seen) == 7


async def test_dropped_delivery_is_logged_unless_unrecorded(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    github.webhooks.faults.drop("issues.opened")
    github.issues.open_issue(REPO, "lost in transit")
    github.webhooks.faults.drop("issues", recorded=False)
    github.issues.open_issue(REPO, "never known")
    github.issues.open_issue(REPO, "heard")
    await github.webhooks.idle()
    assert [each["issue"]["title"] for each in receiver.payloads("issues.opened")] == ["heard"]
    assert [each.status_code for each in github.webhooks.deliveries] == [502, 202]


async def test_cleared_faults_are_gone_and_later_ones_spare_exempt_repositories(
    github: SimulatedGitHub, receiver: WebhookReceiver
) -> None:
    faults = github.webhooks.faults
    faults.drop("issues.opened")
    faults.hold("issues")
    faults.clear()
    github.issues.open_issue(REPO, "heard")
    faults.clear([github.store.repository(REPO).id])
    faults.drop("issues.opened")
    faults.hold("issues")
    github.issues.open_issue(REPO, "spared")
    await github.webhooks.idle()
    assert [each["issue"]["title"] for each in receiver.payloads("issues.opened")] == ["heard", "spared"]
    faults.clear()
    faults.drop("issues.opened")
    github.issues.open_issue(REPO, "lost")
    await github.webhooks.idle()
    assert len(receiver.requests) == 2


async def test_duplicates_share_a_guid(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    github.webhooks.faults.duplicate("issues.opened")
    github.issues.open_issue(REPO, "x")
    github.issues.open_issue(REPO, "y")
    await github.webhooks.idle()
    guids = [headers["X-GitHub-Delivery"] for headers, _ in receiver.requests]
    assert len(guids) == 3
    assert len(set(guids)) == 2


async def test_held_deliveries_can_be_reordered(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    held = github.webhooks.faults.hold("issues")
    for title in ("first", "second", "third"):
        github.issues.open_issue(REPO, title)
    github.issues.add_comment(REPO, 1, "not held")
    await github.webhooks.idle()
    assert receiver.names == ["issue_comment.created"]
    held.release(order=(2, 0))
    await github.webhooks.idle()
    assert [each["issue"]["title"] for each in receiver.payloads("issues.opened")] == ["third", "first", "second"]
    github.issues.open_issue(REPO, "fourth")
    await github.webhooks.idle()
    assert len(receiver.payloads("issues.opened")) == 4


async def test_events_of_the_apps_own_actions(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    github.issues.open_issue(REPO, "x")
    await ask("POST", f"/repos/{REPO}/issues/1/comments", {"body": "hi"})
    await github.webhooks.idle()
    sender = receiver.payloads("issue_comment.created")[0]["sender"]
    assert (sender["login"], sender["type"]) == ("autobuild[bot]", "Bot")


async def test_suspended_installation_receives_nothing(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    installation = next(iter(github.store.installations))
    github.installations.suspend(installation)
    github.issues.open_issue(REPO, "x")
    github.installations.unsuspend(installation)
    github.issues.open_issue(REPO, "y")
    await github.webhooks.idle()
    assert receiver.names == ["installation.suspend", "installation.unsuspend", "issues.opened"]


async def test_no_event_without_subscription_or_installation(
    github: SimulatedGitHub, receiver: WebhookReceiver
) -> None:
    await github.repositories.add_repository("example/other", {"a": "a"}, install=False)
    await github.pushes.push_commit("example/other", "main", {"a": "b"}, login="example")
    github.store.app.events = ("push",)
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    assert receiver.names == []


async def test_wait_for_returns_the_first_true_value(github: SimulatedGitHub) -> None:
    waiting = asyncio.create_task(github.store.wait_for(lambda: github.store.repository(REPO).issues.get(1)))
    github.issues.open_issue(REPO, "x")
    issue = await waiting
    assert issue
    assert issue.title == "x"
    with pytest.raises(TimeoutError):
        await github.store.wait_for(lambda: False, timeout=0)

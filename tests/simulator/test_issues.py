"""Issues, labels and locked issues: what is refused, what changes, and the events."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

R = f"/repos/{REPO}"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 257}, "title"),
        ({"title": "x", "body": "x" * 65_537}, "body"),
        ({"title": "x", "labels": "bug"}, "labels"),
        ({"title": "x", "labels": [3]}, "name"),
        ({"title": "x", "labels": [{"name": " "}]}, "name"),
        ({"title": "x", "labels": ["x" * 51]}, "name"),
        ({"title": "x", "assignees": ["stranger"]}, "assignees"),
    ],
)
async def test_invalid_issue_is_refused(ask: ApiClient, body: dict[str, Any], field: str) -> None:
    ask.github.store.add_user("stranger")
    reply = await ask("POST", f"{R}/issues", body)
    assert (reply.status, reply.body["errors"][0]["field"]) == (422, field)
    assert (await ask("GET", f"{R}/issues?state=all")).body == []
    openapi.assert_valid(ask.github.requests)


async def test_issue_with_labels_and_assignees(ask: ApiClient, receiver: WebhookReceiver) -> None:
    ask.github.repositories.set_permission(REPO, "friend", "triage")
    whole = {"title": "Bug", "body": "x" * 65_536, "labels": ["bug", {"name": "new one"}], "assignees": ["Friend"]}
    issue = (await ask("POST", f"{R}/issues", whole)).body
    assert [label["name"] for label in issue["labels"]] == ["bug", "new one"]
    assert (issue["assignee"]["login"], issue["state_reason"]) == ("friend", None)
    await ask.github.webhooks.idle()
    assert sorted(receiver.names) == ["issues.assigned", "issues.labeled", "issues.labeled", "issues.opened"]
    assert "new one" in (await ask("GET", f"{R}/labels")).body[1]["name"]
    openapi.assert_valid(ask.github.requests)


async def test_closed_issue_has_a_reason(ask: ApiClient, receiver: WebhookReceiver) -> None:
    ask.github.issues.open_issue(REPO, "x")

    async def patch(**body: str) -> tuple[int, str, str | None]:
        reply = await ask("PATCH", f"{R}/issues/1", body)
        return reply.status, reply.body.get("state", ""), reply.body.get("state_reason")

    assert (await patch(state="shut"))[0] == 422
    assert (await patch(state="closed", state_reason="bored"))[0] == 422
    assert await patch(state="closed") == (200, "closed", "completed")
    assert await patch(state="closed", state_reason="not_planned") == (200, "closed", "completed")
    assert await patch(state="open") == (200, "open", "reopened")
    assert await patch(state="closed", state_reason="not_planned") == (200, "closed", "not_planned")
    await ask.github.webhooks.idle()
    assert [name for name in receiver.names if name != "issues.opened"] == [
        "issues.closed",
        "issues.reopened",
        "issues.closed",
    ]
    openapi.assert_valid(ask.github.requests)


async def test_update_replaces_labels_and_assignees(ask: ApiClient, receiver: WebhookReceiver) -> None:
    ask.github.issues.open_issue(REPO, "x", labels=["a", "b"], assignees=["octocat"])
    change = {"title": "y", "body": "why", "labels": ["B", "c"], "assignees": []}
    issue = (await ask("PATCH", f"{R}/issues/1", change)).body
    assert ([label["name"] for label in issue["labels"]], issue["assignees"]) == (["b", "c"], [])
    await ask.github.webhooks.idle()
    assert receiver.payloads("issues.edited")[0]["changes"] == {"title": {"from": "x"}, "body": {"from": ""}}
    assert [receiver.payloads(f"issues.{name}")[-1]["label"]["name"] for name in ("labeled", "unlabeled")] == ["c", "a"]
    assert receiver.payloads("issues.unassigned")[0]["assignee"]["login"] == "octocat"
    before = len(receiver.names)
    await ask("PATCH", f"{R}/issues/1", change)
    await ask.github.webhooks.idle()
    assert len(receiver.names) == before


async def test_labels_can_be_set_added_and_removed(ask: ApiClient) -> None:
    ask.github.issues.open_issue(REPO, "x", labels=["a"])

    async def names(method: str, path: str = "", body: Any = None) -> list[str]:
        reply = await ask(method, f"{R}/issues/1/labels{path}", body)
        assert reply.status in (200, 204), reply.body
        return [label["name"] for label in reply.body or []]

    assert await names("POST", body={"labels": ["A", "b"]}) == ["a", "b"]
    assert await names("POST", body=["c"]) == ["a", "b", "c"]
    assert await names("PUT", body={"labels": ["d", "b"]}) == ["b", "d"]
    assert await names("DELETE", "/D") == ["b"]
    reply = await ask("DELETE", f"{R}/issues/1/labels/none")
    assert (reply.status, reply.body["message"]) == (404, "Label does not exist")
    assert await names("DELETE") == []
    assert (await ask("POST", f"{R}/issues/1/labels", {"labels": []})).status == 422


async def test_list_filters(ask: ApiClient) -> None:
    ask.github.issues.open_issue(REPO, "a", labels=["bug", "p1"])
    ask.github.issues.open_issue(REPO, "b", login="example", labels=["bug"])
    await ask.github.pulls.set_state(REPO, 1, "closed")
    ask.github.issues.open_issue(REPO, "c", assignees=["octocat"])

    async def found(query: str) -> list[int]:
        return [issue["number"] for issue in (await ask("GET", f"{R}/issues?{query}")).body]

    assert await found("") == [3, 2]
    assert await found("state=all&direction=asc") == [1, 2, 3]
    assert await found("state=closed&labels=bug,P1") == [1]
    assert await found("creator=example") == [2]
    assert await found("assignee=octocat") == [3]
    assert await found("assignee=none&sort=updated") == [2]
    assert await found("since=2999-01-01T00:00:00Z") == []
    assert await found("state=all&per_page=2&page=2") == [1]
    openapi.assert_valid(ask.github.requests)


async def test_deleted_issue_is_gone(ask: ApiClient, receiver: WebhookReceiver) -> None:
    ask.github.issues.open_issue(REPO, "x")
    ask.github.issues.open_issue(REPO, "y")
    ask.github.issues.delete_issue(REPO, 2)
    reply = await ask("GET", f"{R}/issues/2")
    assert (reply.status, reply.body["message"]) == (410, "This issue was deleted")
    assert (await ask("POST", f"{R}/issues/2/comments", {"body": "x"})).status == 410
    assert (await ask("GET", f"{R}/issues/3")).status == 404
    assert (await ask("POST", f"{R}/issues", {"title": "z"})).body["number"] == 3
    await ask.github.webhooks.idle()
    assert receiver.payloads("issues.deleted")[0]["issue"]["number"] == 2
    openapi.assert_valid(ask.github.requests)


async def test_app_cannot_comment_on_a_locked_issue(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.issues.open_issue(REPO, "x")
    github.issues.lock_issue(REPO, 1)
    reply = await ask("POST", f"{R}/issues/1/comments", {"body": "x"})
    assert (reply.status, "issue is locked" in reply.body["message"]) == (403, True)
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": "x"}, who="octocat")).status == 201
    assert (await ask("GET", f"{R}/issues/1")).body["locked"] is True
    github.issues.lock_issue(REPO, 1, False)
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": "x"})).status == 201
    openapi.assert_valid(github.requests)


async def test_plain_issue_needs_issues_permission(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    github.issues.open_issue(REPO, "x")
    await github.pulls.open_pull(REPO, "feature")
    token = await ask.mint(permissions={"pull_requests": "write"})
    for path, body in (("labels", {"labels": ["a"]}), ("comments", {"body": "x"})):
        assert (await ask("POST", f"{R}/issues/1/{path}", body, token=token)).status == 403
        assert (await ask("POST", f"{R}/issues/2/{path}", body, token=token)).status < 300


async def test_label_of_a_pull_request_sends_pull_request_event(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature")
    await ask("POST", f"{R}/issues/1/labels", {"labels": ["ready"]})
    await ask("DELETE", f"{R}/issues/1/labels/ready")
    await ask("PATCH", f"{R}/issues/1", {"state": "closed"})
    await github.webhooks.idle()
    expected = {"pull_request.labeled", "pull_request.unlabeled", "pull_request.closed"}
    assert expected <= set(receiver.names)
    assert not [name for name in receiver.names if name.startswith("issues")]


async def test_repository_with_issues_disabled(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    github.issues.open_issue(REPO, "x")
    await github.pulls.open_pull(REPO, "feature")
    github.repositories.set_issues(REPO, False)
    for path, body in (("issues", {"title": "x"}), ("issues/1/comments", {"body": "x"})):
        reply = await ask("POST", f"{R}/{path}", body)
        assert (reply.status, reply.body["message"]) == (410, "Issues has been disabled in this repository.")
    assert (await ask("POST", f"{R}/issues/2/comments", {"body": "x"})).status == 201
    assert (await ask("GET", R)).body["has_issues"] is False
    with pytest.raises(ValueError, match="is a pull request"):
        github.issues.delete_issue(REPO, 2)
    openapi.assert_valid(github.requests)

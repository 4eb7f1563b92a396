"""Issues, labels and locked issues: what is refused, what changes, and the events."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

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


QUERY = """query($number: Int!) { repository(owner: "octocat", name: "hello") { databaseId
  issueOrPullRequest(number: $number) { __typename ... on Issue { number title lastEditedAt editor { login }
    repository { databaseId } userContentEdits(first: 5) { totalCount nodes { editedAt editor { login } } }
    timelineItems(itemTypes: [RENAMED_TITLE_EVENT], last: 5) { nodes { ... on RenamedTitleEvent {
      createdAt previousTitle currentTitle actor { login } } } }
    comments(last: 1) { pageInfo { hasPreviousPage startCursor } nodes { body lastEditedAt editor { login } } } } } } }"""


async def read(ask: ApiClient, number: int) -> dict[str, Any]:
    answer = await ask("POST", "/graphql", {"query": QUERY, "variables": {"number": number}})
    found: dict[str, Any] = answer.body["data"]["repository"]
    return found


async def test_who_edited_what_and_when(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.issues.open_issue(REPO, "Old", "a")
    github.issues.add_comment(REPO, 1, "one")
    comment = github.issues.add_comment(REPO, 1, "two")
    issue = (await read(ask, 1))["issueOrPullRequest"]
    assert (issue["lastEditedAt"], issue["editor"], issue["userContentEdits"]["totalCount"]) == (None, None, 0)
    github.store.advance(10)
    github.issues.edit_issue(REPO, 1, title="New", body="b", login="friend")
    github.issues.edit_comment(REPO, comment.id, "three", "friend")
    now = github.store.now()
    issue = (await read(ask, 1))["issueOrPullRequest"]
    assert (issue["title"], issue["editor"]) == ("New", {"login": "friend"})
    assert [each["editor"]["login"] for each in issue["userContentEdits"]["nodes"]] == ["friend", "octocat"]
    assert issue["lastEditedAt"] == issue["userContentEdits"]["nodes"][0]["editedAt"] <= now
    [rename] = issue["timelineItems"]["nodes"]
    assert (rename["previousTitle"], rename["currentTitle"], rename["actor"]) == ("Old", "New", {"login": "friend"})
    [newest] = issue["comments"]["nodes"]
    assert (newest["body"], newest["editor"], bool(newest["lastEditedAt"])) == ("three", {"login": "friend"}, True)
    assert issue["comments"]["pageInfo"] == {"hasPreviousPage": True, "startCursor": "1"}
    [event] = (await ask("GET", f"{R}/issues/1/events")).body
    assert (event["event"], event["rename"]) == ("renamed", {"from": "Old", "to": "New"})
    openapi.assert_valid(github.requests)


async def test_an_issue_in_another_repository(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    await github.repositories.add_repository("octocat/other", {"a": "a"})
    for number in (1, 2):
        github.issues.open_issue(REPO, f"Issue {number}")
    github.issues.transfer_issue(REPO, 1, "octocat/other")
    await github.webhooks.idle()
    [payload] = receiver.payloads("issues.transferred")
    assert errors("issues.transferred", payload) == []
    found = await read(ask, 1)
    assert found["issueOrPullRequest"]["repository"]["databaseId"] != found["databaseId"]
    github.issues.delete_issue(REPO, 2)
    assert (await read(ask, 2))["issueOrPullRequest"] is None
    assert (await ask("GET", f"{R}/issues/2")).status == 410
    openapi.assert_valid(github.requests)


async def test_pulls_with_what_they_close(github: SimulatedGitHub, ask: ApiClient) -> None:
    for number in (1, 2):
        github.issues.open_issue(REPO, f"Issue {number}")
    await github.pushes.push_commit(REPO, "feature", {"a": "a"}, message="Add a\n\nSee #2.")
    pull = await github.pulls.open_pull(REPO, "feature", body="Fixes #1")
    github.issues.link_pull(REPO, pull.number, 2)
    query = """query { repository(owner: "octocat", name: "hello") {
      issues(first: 1, states: [OPEN], orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { title } }
      pullRequests(first: 5, states: [OPEN]) { nodes { headRefName isCrossRepository
        closingIssuesReferences(first: 5) { nodes { number } } commits(last: 5) { nodes { commit { message } } } } } } }"""
    found = (await ask("POST", "/graphql", {"query": query})).body["data"]["repository"]
    assert found["issues"] == {"totalCount": 2, "nodes": [{"title": "Issue 2"}]}
    [shown] = found["pullRequests"]["nodes"]
    assert (shown["headRefName"], shown["isCrossRepository"]) == ("feature", False)
    assert shown["closingIssuesReferences"]["nodes"] == [{"number": 1}, {"number": 2}]
    assert shown["commits"]["nodes"] == [{"commit": {"message": "Add a\n\nSee #2."}}]

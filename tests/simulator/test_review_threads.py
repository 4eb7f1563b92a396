"""Threads of reviews: events, REST, and the query for those that are not resolved."""

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

R = f"/repos/{REPO}"
QUERY = """query($after: String) { repository(owner: "octocat", name: "hello") { pullRequest(number: 1) {
  reviewThreads(first: 1, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    isResolved isOutdated path line
    comments(last: 1) { totalCount nodes { databaseId body lastEditedAt author { __typename login } } } } } } } }"""


async def test_a_thread_is_answered_and_resolved(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature")
    thread = github.review_threads.open_thread(REPO, 1, "a", 1, "Why?")
    first = thread.comments[0].id
    other = github.review_threads.open_thread(REPO, 1, "a", 2, "And this?")
    github.review_threads.resolve(other)
    reply = await ask("POST", f"{R}/pulls/1/comments/{first}/replies", {"body": "Because."})
    assert (reply.status, reply.body["in_reply_to_id"], reply.body["user"]["type"]) == (201, first, "Bot")
    made = reply.body["id"]
    assert (await ask("POST", f"{R}/pulls/1/comments/{made}/replies", {"body": "x"})).status == 404
    assert (await ask("PATCH", f"{R}/pulls/comments/{made}", {"body": "Since."})).body["body"] == "Since."
    assert (await ask("PATCH", f"{R}/pulls/comments/{first}", {"body": "x"})).status == 403
    assert (await ask("POST", f"{R}/pulls/comments/{first}/reactions", {"content": "eyes"})).status == 201
    assert len((await ask("GET", f"{R}/pulls/1/comments")).body) == 3
    assert (await ask("GET", f"{R}/pulls/comments/{first}")).body["reactions"]["eyes"] == 1
    review = github.reviews.review(REPO, 1, "COMMENTED", body="Well.")
    assert (await ask("GET", f"{R}/pulls/1/reviews/{review.id}")).body["body"] == "Well."
    assert (await ask("GET", f"{R}/pulls/1/reviews/9")).status == 404

    pages = [(await ask("POST", "/graphql", {"query": QUERY, "variables": {"after": at}})).body for at in (None, "1")]
    found = [page["data"]["repository"]["pullRequest"]["reviewThreads"] for page in pages]
    assert [page["pageInfo"]["hasNextPage"] for page in found] == [True, False]
    [newest] = found[0]["nodes"][0]["comments"]["nodes"]
    assert (newest["body"], newest["author"]) == ("Since.", {"__typename": "Bot", "login": "autobuild"})
    assert newest["lastEditedAt"]
    assert found[1]["nodes"][0]["isResolved"]

    await github.webhooks.idle()
    created = receiver.payloads("pull_request_review_comment.created")
    edited = receiver.payloads("pull_request_review_comment.edited")
    assert (len(created), len(edited)) == (3, 1)
    assert [error for each in created for error in errors("pull_request_review_comment.created", each)] == []
    assert errors("pull_request_review_comment.edited", edited[0]) == []
    openapi.assert_valid(github.requests)


async def test_an_unknown_pull_request_has_no_threads(ask: ApiClient) -> None:
    reply = await ask("POST", "/graphql", {"query": QUERY})
    assert reply.body["errors"][0]["type"] == "NOT_FOUND"


async def test_other_apps_report_checks(github: SimulatedGitHub, ask: ApiClient) -> None:
    sha = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    output = {"title": "1 error", "summary": "It fails.", "annotations": []}
    run = await github.checks.add_run_of_other(REPO, sha, "build", {"conclusion": "failure", "output": output})
    listed = (await ask("GET", f"{R}/commits/{sha}/check-runs")).body
    assert [(each["name"], each["app"]["slug"], each["conclusion"]) for each in listed["check_runs"]] == [
        ("build", "ci", "failure")
    ]
    ours = await ask("GET", f"{R}/commits/{sha}/check-runs?app_id={github.app_id}")
    assert ours.body["total_count"] == 0
    assert (await ask("GET", f"{R}/check-runs/{run.id}/annotations")).body == []
    openapi.assert_valid(github.requests)

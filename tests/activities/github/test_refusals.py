"""Which error each activity of pulls and issues raises for GitHub's refusals: one table for all of them.

`UserError`: a person must do something, and no try follows. Everything else is named by its kind.
"""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR
from activities.github.comments import IssueCommentInput, PullCommentInput
from activities.github.issues import AddLabelsInput, CloseIssueInput, CreateIssueInput, RemoveLabelsInput
from activities.github.merging import MergeInput
from activities.github.pulls import CreatePullInput, PullInput
from activities.github.repo_config import RepoSettingsInput
from activities.github.reviews import RequestReviewInput
from activities.github.statuses import PullStatusInput
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME

PULL, ISSUE = 1, 2


@pytest.fixture(autouse=True)
async def things(simulated: SimulatedGitHub, head: str) -> str:
    await simulated.pulls.open_pull(NAME, "topic/one")
    simulated.issues.open_issue(NAME, "It is slow")
    await simulated.pushes.push_commit(NAME, "two", {"c.py": ""})
    simulated.repositories.set_permission(NAME, "example-person", "write")
    return head


ActivityCall = Callable[[SimpleNamespace, RepoRef, str], Awaitable[Any]]

# Each with the request that writes (or, where it only reads, reads).
CALLS: dict[str, tuple[str, ActivityCall]] = {
    "create_pull_request": ("POST .*/pulls", lambda do, repo, _: do.create_pull_request(CreatePullInput(repo, "two", "main", "x"))),
    "merge_pull_request": ("PUT .*/merge", lambda do, repo, sha: do.merge_pull_request(MergeInput(repo, PULL, sha))),
    "update_pr_status": ("POST .*/statuses/.*", lambda do, repo, _: do.update_pr_status(PullStatusInput(repo, PULL, "success", ""))),
    "add_pr_comment": ("POST .*/comments", lambda do, repo, _: do.add_pr_comment(PullCommentInput(repo, PULL, "x", "k"))),
    "get_pr_files": ("GET .*/files", lambda do, repo, _: do.get_pr_files(PullInput(repo, PULL))),
    "add_pr_labels": ("POST .*/labels", lambda do, repo, _: do.add_pr_labels(AddLabelsInput(repo, PULL, ("x",)))),
    "remove_labels": ("GET .*/labels", lambda do, repo, _: do.remove_labels(RemoveLabelsInput(repo, PULL, ("x",)))),
    "request_pr_review": (
        "POST .*/requested_reviewers",
        lambda do, repo, _: do.request_pr_review(RequestReviewInput(repo, PULL, ("example-person",))),
    ),
    "create_issue": ("POST .*/issues", lambda do, repo, _: do.create_issue(CreateIssueInput(repo, "x", "", "k"))),
    "close_issue": (f"PATCH .*/issues/{ISSUE}", lambda do, repo, _: do.close_issue(CloseIssueInput(repo, ISSUE))),
    "add_issue_comment": ("POST .*/comments", lambda do, repo, _: do.add_issue_comment(IssueCommentInput(repo, ISSUE, "x", "k"))),
    "get_repo_settings": ("GET .*/contents/.*", lambda do, repo, _: do.get_repo_settings(RepoSettingsInput(repo))),
}  # fmt: skip

# Status → the type that a workflow sees, and whether another try may help.
KINDS = {
    401: ("Unauthorized", True),
    403: (USER_ERROR, False),
    404: ("NotFound", True),
    409: ("Conflict", True),
    422: ("Validation", False),
    500: ("Unavailable", True),
    502: ("Unavailable", True),
}

# What is not as in the table, with its reason.
OTHERWISE = {
    ("get_repo_settings", 404),  # no file: the defaults
    ("request_pr_review", 422),  # nobody is asked, and who was left out is named
}


@pytest.mark.parametrize("name", CALLS)
async def test_every_refusal_has_its_error_type(
    simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef, things: str, name: str
) -> None:
    request, call = CALLS[name]
    method, _, pattern = request.partition(" ")
    for status, kind in KINDS.items():
        fault = simulated.faults.add(method, pattern, "status", status=status)
        if (name, status) in OTHERWISE:
            await call(activities, repo, things)
        else:
            assert await failure(call(activities, repo, things)) == kind, status
        assert fault.seen, status
    simulated.installations.suspend(repo.installation_id)
    assert await failure(call(activities, repo, things), "suspended") == (USER_ERROR, False)
    simulated.installations.unsuspend(repo.installation_id)
    # The last one: the limit holds for everything that follows.
    simulated.faults.add(method, pattern, "secondary", retry_after=17)
    with pytest.raises(ApplicationError) as caught:
        await call(activities, repo, things)
    assert (caught.value.type, caught.value.non_retryable) == ("RateLimited", False)
    assert caught.value.next_retry_delay
    assert caught.value.next_retry_delay.total_seconds() >= 17


async def failure(call: Awaitable[Any], says: str = "") -> tuple[str | None, bool]:
    """The type that a workflow sees, and whether another try may help."""
    with pytest.raises(ApplicationError, match=says or None) as caught:
        await call
    return caught.value.type, not caught.value.non_retryable


# What needs none, or is content where it was deleted.
_NEEDS_NONE = {"create_pull_request", "create_issue", "get_repo_settings", "remove_labels"}


@pytest.mark.parametrize("name", sorted(CALLS.keys() - _NEEDS_NONE))
async def test_missing_pull_or_issue(
    simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef, things: str, name: str
) -> None:
    simulated.store.repository(NAME).issues.clear()
    # Where GitHub says that it was deleted, no other try can help.
    assert await failure(CALLS[name][1](activities, repo, things)) in (("NotFound", True), (USER_ERROR, False))

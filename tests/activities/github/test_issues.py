"""An issue is created once for its key, whatever others write, and closed once."""

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR
from activities.github.comments import IssueCommentInput
from activities.github.issues import CloseIssueInput, CreateIssueInput
from activities.github_activities import CommentActivities, IssueActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid

MARK = "<!-- autobuild:issue incident:1 -->"


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
def wanted(repo: RepoRef) -> CreateIssueInput:
    return CreateIssueInput(repo, "It is slow", "Since yesterday.", "incident:1")


async def test_issue_is_created_once(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    first, second = await issues.create_issue(wanted), await issues.create_issue(wanted)
    assert (first.number, first.url, first.changed) == (1, f"{simulated.url}/{NAME}/issues/1", True)
    assert (second.number, second.url, second.changed) == (1, first.url, False)
    issue = simulated.store.issue(NAME, 1)
    assert (issue.title, issue.body) == ("It is slow", f"{MARK}\nSince yesterday.")


async def test_new_text_edits_and_new_key_creates(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    await issues.create_issue(wanted)
    for _ in range(2):
        await issues.create_issue(CreateIssueInput(wanted.repo, "It is fast", "Again.\r\n", wanted.key))
    other = await issues.create_issue(CreateIssueInput(wanted.repo, wanted.title, wanted.body, "incident:2"))
    assert (other.number, other.changed) == (2, True)
    assert (simulated.store.issue(NAME, 1).title, simulated.store.issue(NAME, 1).body) == (
        "It is fast",
        f"{MARK}\nAgain.",
    )
    assert [each.method for each in simulated.requests if each.path.endswith("/issues/1")] == ["PATCH"]


async def test_mark_of_another_author_is_ignored(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    simulated.issues.open_issue(NAME, "Mine", f"{MARK}\nmine")
    simulated.issues.open_issue(NAME, "A bot's", f"{MARK}\nmine", simulated.store.add_user("other[bot]", "Bot").login)
    simulated.issues.open_issue(NAME, "Ours, which quotes it", f"See {MARK}", simulated.store.app.bot.login)
    await simulated.pushes.push_commit(NAME, "topic", {"n.py": ""})
    await simulated.pulls.open_pull(NAME, "topic", body=f"{MARK}\nour own pull", login=simulated.store.app.bot.login)
    made = await issues.create_issue(wanted)
    assert (made.number, made.changed) == (5, True)


async def test_closed_issue_is_found_and_stays_closed(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    made = await issues.create_issue(wanted)
    for number in range(120):
        simulated.issues.open_issue(NAME, f"Another of ours {number}", "", simulated.store.app.bot.login)
    await simulated.pulls.set_state(NAME, made.number, "closed")
    again = await issues.create_issue(wanted)
    assert (again.number, again.changed) == (made.number, False)
    assert simulated.store.issue(NAME, made.number).state == "closed"


async def test_lost_answer_creates_no_second_issue(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    simulated.faults.add("POST", ".*/issues", "hang_up", after=True)
    with pytest.raises(ApplicationError):
        await issues.create_issue(wanted)
    assert (await issues.create_issue(wanted)).number == 1
    assert len(simulated.store.repository(NAME).issues) == 1


async def test_labels_and_assignees_are_added_once(
    simulated: SimulatedGitHub, issues: IssueActivities, wanted: CreateIssueInput
) -> None:
    simulated.repositories.set_permission(NAME, "example-person", "write")
    full = CreateIssueInput(
        wanted.repo, wanted.title, wanted.body, wanted.key, ("incident",), ("Example-Person", "stranger-to-it")
    )
    first, second = await issues.create_issue(full), await issues.create_issue(full)
    assert (first.changed, second.changed) == (True, False)
    issue = simulated.store.issue(NAME, 1)
    assert [label.name for label in issue.labels] == ["incident"]
    assert [user.login for user in issue.assignees] == ["example-person"]


async def test_long_title_and_body_are_cut(simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef) -> None:
    long = CreateIssueInput(repo, "t" * 999, "😀" * 70_000, "long")
    assert [(await issues.create_issue(long)).changed for _ in range(2)] == [True, False]
    assert len(simulated.store.issue(NAME, 1).title) == 256


async def test_issue_is_closed_once_with_a_comment(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "It is slow").number
    wanted = CloseIssueInput(repo, number, "It is fast now.", "done", "not_planned")
    closed = [(await issues.close_issue(wanted)).changed for _ in range(2)]
    assert closed == [True, False]
    issue = simulated.store.issue(NAME, number)
    assert (issue.state, issue.state_reason) == ("closed", "not_planned")
    assert [said["body"] for said in simulated.comments(NAME, number)] == [
        "<!-- autobuild:comment done -->\nIt is fast now."
    ]


async def test_closed_issue_gets_no_comment(simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef) -> None:
    number = simulated.issues.open_issue(NAME, "It is slow").number
    await simulated.pulls.set_state(NAME, number, "closed")
    assert not (await issues.close_issue(CloseIssueInput(repo, number, "Done.", "done"))).changed
    assert simulated.comments(NAME, number) == []


async def test_second_try_closes_after_the_comment(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "It is slow").number
    wanted = CloseIssueInput(repo, number, "Done.")
    simulated.faults.add("PATCH", ".*", "status", status=502)
    with pytest.raises(ApplicationError):
        await issues.close_issue(wanted)
    assert simulated.store.issue(NAME, number).state == "open"
    assert (await issues.close_issue(wanted)).changed
    assert (simulated.store.issue(NAME, number).state, len(simulated.comments(NAME, number))) == ("closed", 1)


async def test_locked_issue_is_closed_without_a_comment(
    simulated: SimulatedGitHub, issues: IssueActivities, comments: CommentActivities, repo: RepoRef
) -> None:
    issue = simulated.issues.open_issue(NAME, "It is slow")
    simulated.issues.lock_issue(NAME, issue.number)
    assert (await issues.close_issue(CloseIssueInput(repo, issue.number, "Done."))).changed
    assert (issue.state, issue.comments) == ("closed", [])
    with pytest.raises(ApplicationError, match=f"#{issue.number} is locked. Unlock it") as caught:
        await comments.add_issue_comment(IssueCommentInput(repo, issue.number, "Hello", "1"))
    assert caught.value.type == USER_ERROR


async def test_deleted_issue_is_a_user_error(
    simulated: SimulatedGitHub, issues: IssueActivities, comments: CommentActivities, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "It is slow").number
    for method, pattern in (("GET", f".*/issues/{number}"), ("GET", f".*/issues/{number}/comments")):
        simulated.faults.add(method, pattern, "status", status=410)
    with pytest.raises(ApplicationError, match=f"#{number} was deleted, so there is nothing to close") as closed:
        await issues.close_issue(CloseIssueInput(repo, number))
    with pytest.raises(ApplicationError, match=f"#{number} was deleted, so no comment can be added") as said:
        await comments.add_issue_comment(IssueCommentInput(repo, number, "Hello", "1"))
    assert {closed.value.type, said.value.type} == {USER_ERROR}
    with pytest.raises(ApplicationError) as never:
        await issues.close_issue(CloseIssueInput(repo, 999))
    assert (never.value.type, never.value.non_retryable) == ("NotFound", False)


async def test_comment_is_written_once_for_its_key(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "It is slow").number
    for key, text in (("a", "One"), ("a", "One"), ("a", "Two\r\nlines"), ("a", "Two\nlines\n"), ("b", "One")):
        await comments.add_issue_comment(IssueCommentInput(repo, number, text, key))
    assert [said["body"] for said in simulated.comments(NAME, number)] == [
        "<!-- autobuild:comment a -->\nTwo\nlines",
        "<!-- autobuild:comment b -->\nOne",
    ]
    assert (asked(simulated, "POST", "/comments"), sum(each.method == "PATCH" for each in simulated.requests)) == (2, 1)

"""Comments of ours: one of a kind, edited only when there is something new."""

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR
from activities.github.comments import GateCommentInput, PullCommentInput, ReactionInput, ReplyInput
from activities.github_activities import CommentActivities
from activities.model import Head, QualityCheck, QualityGateResult, RepoRef
from activities.reporting import GATE_MARK
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def pull(simulated: SimulatedGitHub, head: str) -> int:
    return (await simulated.pulls.open_pull(NAME, "topic/one")).number


def comment(repo: RepoRef, pull: int, state: str = "failed", reason: str = "") -> GateCommentInput:
    check = QualityCheck("linting", "failed", 40.0, True, reason)
    result = QualityGateResult("a" * 40, "", state, False, 40.0, (check,), ("linting",))  # type: ignore[arg-type]
    return GateCommentInput(Head(repo, "a" * 40, pull=pull), result, {"linting": 5})


async def test_comment_is_created_then_edited_then_unchanged(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    made = await comments.update_gate_comment(comment(repo, pull))
    same = await comments.update_gate_comment(comment(repo, pull))
    edited = await comments.update_gate_comment(comment(repo, pull, reason="2 new findings."))
    assert (made.changed, same.changed, edited.changed) == (True, False, True)
    (said,) = simulated.comments(NAME, pull)
    assert {made.id, same.id, edited.id} == {said["id"]}
    assert said["body"].startswith(f"{GATE_MARK}\n### ❌ Cannot merge: linting\n")
    assert f"{simulated.url}/{NAME}/runs/5" in said["body"]
    assert (asked(simulated, "POST", "/comments"), sum(each.method == "PATCH" for each in simulated.requests)) == (1, 1)


async def test_long_comment_is_cut_before_it_is_compared(comments: CommentActivities, repo: RepoRef, pull: int) -> None:
    long = comment(repo, pull)
    checks = tuple(QualityCheck(f"check{number}", "failed", 0.0, True, "x" * 900) for number in range(500))
    result = QualityGateResult("a" * 40, "", "failed", False, 0.0, checks)
    long = GateCommentInput(Head(repo, "a" * 40, pull=pull), result)
    assert (await comments.update_gate_comment(long)).changed
    assert not (await comments.update_gate_comment(long)).changed


async def test_mark_of_another_author_is_ignored(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    theirs = simulated.issues.add_comment(NAME, pull, f"{GATE_MARK}\nmine", "octocat")
    other = simulated.store.add_user("other[bot]", "Bot")
    bots = simulated.issues.add_comment(NAME, pull, f"{GATE_MARK}\nmine too", other.login)
    ours = simulated.issues.add_comment(NAME, pull, f"an answer that quotes {GATE_MARK}", simulated.store.app.bot.login)
    made = await comments.update_gate_comment(comment(repo, pull))
    assert made.id not in (theirs.id, bots.id, ours.id)
    assert [said["body"] for said in simulated.comments(NAME, pull)][:2] == [
        f"{GATE_MARK}\nmine",
        f"{GATE_MARK}\nmine too",
    ]


async def test_comment_on_a_later_page_is_found(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    for number in range(120):
        simulated.issues.add_comment(NAME, pull, f"talk {number}")
    made = await comments.update_gate_comment(comment(repo, pull))
    assert (await comments.update_gate_comment(comment(repo, pull))).id == made.id


async def test_deleted_comment_is_created_again(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    made = await comments.update_gate_comment(comment(repo, pull))
    simulated.issues.delete_comment(NAME, made.id)
    again = await comments.update_gate_comment(comment(repo, pull))
    assert again.changed
    assert again.id != made.id


async def test_lost_answer_creates_no_second_comment(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    simulated.faults.add("POST", ".*/comments", "half", after=True)
    with pytest.raises(ApplicationError):
        await comments.update_gate_comment(comment(repo, pull))
    await comments.update_gate_comment(comment(repo, pull))
    assert len(simulated.comments(NAME, pull)) == 1


async def test_reply_is_written_once_for_each_key(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    for key, body in (("comment-1", "Done."), ("comment-1", "Done."), ("comment-2", "Done.")):
        await comments.reply_comment(ReplyInput(repo, pull, key, body))
    edited = await comments.reply_comment(ReplyInput(repo, pull, "comment-2", "Not done."))
    assert edited.changed
    assert [said["body"] for said in simulated.comments(NAME, pull)] == [
        "<!-- autobuild:reply comment-1 -->\nDone.",
        "<!-- autobuild:reply comment-2 -->\nNot done.",
    ]


async def test_reaction_is_added_once(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    said = simulated.issues.add_comment(NAME, pull, "/retest")
    for _ in range(2):
        await comments.add_reaction(ReactionInput(repo, said.id, "eyes"))
    await comments.add_reaction(ReactionInput(repo, 999_999, "eyes"))
    assert [reaction.content for reaction in said.reactions] == ["eyes"]


async def test_locked_thread_refuses_comments_and_ignores_reactions(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    said = simulated.issues.add_comment(NAME, pull, "/retest")
    simulated.issues.lock_issue(NAME, pull)
    await comments.add_reaction(ReactionInput(repo, said.id, "eyes"))
    for saying in (
        comments.add_pr_comment(PullCommentInput(repo, pull, "Hello", "1")),
        comments.reply_comment(ReplyInput(repo, pull, "1", "Hello")),
        comments.update_gate_comment(comment(repo, pull)),
    ):
        with pytest.raises(ApplicationError, match=f"#{pull} is locked. Unlock it") as caught:
            await saying
        assert caught.value.type == USER_ERROR
    assert len(simulated.comments(NAME, pull)) == 1


@pytest.mark.parametrize(
    "text",
    ["x" * 65_536, "x" * 70_000, "😀" * 65_536, "line\r\n" * 30_000, "\ud800 half", "a\0b", "", "  \n indented\n\n "],
)
async def test_any_comment_is_written_once(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int, text: str
) -> None:
    posted = [await comments.add_pr_comment(PullCommentInput(repo, pull, text, "any")) for _ in range(2)]
    assert [each.changed for each in posted] == [True, False]
    (said,) = simulated.comments(NAME, pull)
    assert len(said["body"]) <= 65_536


@pytest.mark.parametrize("body", ["x" * 70_000, "😀" * 65_536, "line\r\n" * 30_000])
async def test_any_reply_is_written_once(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int, body: str
) -> None:
    posted = [await comments.reply_comment(ReplyInput(repo, pull, "any", body)) for _ in range(2)]
    assert [each.changed for each in posted] == [True, False]


async def test_browser_line_ends_are_no_change(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    made = await comments.add_pr_comment(PullCommentInput(repo, pull, "One\nTwo", "1"))
    simulated.issues.edit_comment(NAME, made.id, "<!-- autobuild:comment 1 -->\r\nOne\r\nTwo\r\n")
    assert not (await comments.add_pr_comment(PullCommentInput(repo, pull, "One\nTwo", "1"))).changed


async def test_manual_edit_is_overwritten(
    simulated: SimulatedGitHub, comments: CommentActivities, repo: RepoRef, pull: int
) -> None:
    made = await comments.add_pr_comment(PullCommentInput(repo, pull, "Two are red.", "1"))
    simulated.issues.edit_comment(NAME, made.id, "<!-- autobuild:comment 1 -->\nAll is green.")
    assert (await comments.add_pr_comment(PullCommentInput(repo, pull, "Two are red.", "1"))).changed
    assert simulated.comments(NAME, pull)[0]["body"].endswith("Two are red.")

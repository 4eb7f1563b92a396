"""Comments of ours: found by their hidden mark and their author, edited only when they say something new."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github import bodies
from activities.github.activity_errors import github_activity
from activities.github.errors import Forbidden, GitHubError, NotFound
from activities.github.urls import url_values
from activities.model import Finding, Head, QualityGateResult, RepoRef
from activities.reporting import GATE_MARK, Links, checking_comment, gate_comment, reply, reply_mark
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.result_store import ResultStore

Json = dict[str, Any]


@dataclass(frozen=True)
class GateCommentInput:
    """The gate comment of the head's pull request. `comment_id` is where it is, 0 unknown. `checking`: a gate of the
    head runs, and `result` is the last verdict, None without one."""

    head: Head
    result: QualityGateResult | None
    check_run_ids: Mapping[str, int] = field(default_factory=dict)
    comment_id: int = 0
    checking: bool = False


@dataclass(frozen=True)
class ReplyInput:
    """An answer on an issue or pull. One for each `marker_key`: written again with another text, it is edited, or left
    as it is with `once`."""

    repo: RepoRef
    number: int
    marker_key: str
    body: str
    once: bool = False


@dataclass(frozen=True)
class PullCommentInput:
    """A comment on a pull, one for each `key`: written again with another text, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


@dataclass(frozen=True)
class IssueCommentInput:
    """A comment on an issue, one for each `key`: written again with another text, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


@dataclass(frozen=True)
class ReactionInput:
    """`content` is GitHub's: `+1`, `-1`, `eyes`, `rocket`, `confused`, …  `in_review`: the comment is in a thread of a
    review."""

    repo: RepoRef
    comment_id: int
    content: str = "+1"
    in_review: bool = False


@dataclass(frozen=True)
class CommentResult:
    """`changed` False: it had just this text already, and nothing was written. `at` is GitHub's time of its last
    change, in seconds since 1970."""

    id: int
    changed: bool
    at: float = 0.0


class Locked(UserError):
    """The conversation is locked, so that no comment can be written."""


class CommentActivities:
    """Each may run again: a comment that says the same already is left alone."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def update_gate_comment(self, input: GateCommentInput) -> CommentResult:
        """Updates the gate's comment on a pull request: which head is being checked, or the verdict.

        The new findings are shown where it runs on the host that has them.
        """
        head, result = input.head, input.result
        links = Links(self._github.web_url, head.repo.full_name, head.sha)
        if result is None or input.checking:
            body = checking_comment(result, links, input.check_run_ids)
        else:
            findings = await asyncio.to_thread(self._new_findings, result)
            conflicts_with = await self._conflicts_with(head) if result.state == "passed" else None
            body = gate_comment(result, links, input.check_run_ids, findings, conflicts_with, fork=head.fork)
        return await write_comment(self._github, head.repo, head.pull, GATE_MARK, body, known_id=input.comment_id)

    def _new_findings(self, result: QualityGateResult) -> list[Finding]:
        """Of the checks that did not pass, as far as this host has them."""
        stored = (self._results.get(one.result_id) for one in result.checks if one.status == "failed" and one.result_id)
        return [finding for each in stored if each for finding in each.findings if finding.new]

    async def _conflicts_with(self, head: Head) -> str | None:
        """The base of the head's pull request, where GitHub cannot merge it into that; "" where it can. None where
        GitHub does not know yet, or speaks of a newer head."""
        api = await comments_api(self._github, head.repo)
        try:
            where = url_values(head.repo, number=str(head.pull))
            pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", where)
        except NotFound:
            return None
        if pull["head"]["sha"] != head.sha or pull["mergeable"] is None:
            return None
        return "" if pull["mergeable"] else str(pull["base"]["ref"])

    @github_activity
    async def reply_comment(self, input: ReplyInput) -> CommentResult:
        """Replies in a conversation, once for each key."""
        mark, body = reply_mark(input.marker_key), reply(input.marker_key, input.body)
        return await write_comment(self._github, input.repo, input.number, mark, body, once=input.once)

    @github_activity
    async def add_pr_comment(self, input: PullCommentInput) -> CommentResult:
        """Adds a comment to a pull request, once for each key."""
        return await comment_for_key(self._github, input.repo, input.number, input.comment, input.key)

    @github_activity
    async def add_issue_comment(self, input: IssueCommentInput) -> CommentResult:
        """Adds a comment to an issue, once for each key."""
        return await comment_for_key(self._github, input.repo, input.number, input.comment, input.key)

    @github_activity
    async def add_reaction(self, input: ReactionInput) -> None:
        """Adds a reaction to a comment, which shows that it was received.

        GitHub keeps one of a kind. A deleted comment needs none, and a locked thread accepts none.
        """
        api = await comments_api(self._github, input.repo)
        url = f"/repos/{{owner}}/{{repo}}/{'pulls' if input.in_review else 'issues'}/comments/{{id}}/reactions"
        try:
            await api.post(url, url_values(input.repo, id=str(input.comment_id)), data={"content": input.content})
        except NotFound:
            return
        except Forbidden as error:
            if not _is_lock(error):
                raise


async def comment_for_key(github: "GitHub", repo: RepoRef, number: int, comment: str, key: str) -> CommentResult:
    """The one comment for this key on an issue or pull, cut to what GitHub takes."""
    mark = bodies.mark("comment", key)
    return await write_comment(github, repo, number, mark, bodies.fit(f"{mark}\n{comment}"))


async def write_comment(
    github: "GitHub", repo: RepoRef, number: int, mark: str, body: str, *, once: bool = False, known_id: int = 0
) -> CommentResult:
    """The one comment with this mark: created, edited, or left alone, with `once` whatever it says.

    `body` begins with the mark and fits GitHub's limit; `known_id` is where the comment was when it was last written.
    Raises `Locked`, or `UserError` where the thread was deleted."""
    api = await comments_api(github, repo)
    url = "/repos/{owner}/{repo}/issues/comments/{id}"
    try:
        if known_id:
            with contextlib.suppress(NotFound):
                edited = await api.patch(url, url_values(repo, id=str(known_id)), data={"body": body})
                return CommentResult(known_id, changed=True, at=_time_of(edited))
        there = await _find(github, api, repo, number, mark)
        if there is None:
            comments = "/repos/{owner}/{repo}/issues/{number}/comments"
            created = await api.post(comments, url_values(repo, number=str(number)), data={"body": body})
            return CommentResult(int(created["id"]), changed=True, at=_time_of(created))
        comment_id = int(there["id"])
        if once or bodies.same(there.get("body"), body):
            return CommentResult(comment_id, changed=False, at=_time_of(there))
        edited = await api.patch(url, url_values(repo, id=str(comment_id)), data={"body": body})
        return CommentResult(comment_id, changed=True, at=_time_of(edited))
    except (Forbidden, NotFound) as error:
        if _is_lock(error):
            raise Locked(texts.conversation_locked(number)) from None
        if error.status == 410:
            raise UserError(texts.deleted_before_comment(number)) from None
        raise


async def has_comment(github: "GitHub", repo: RepoRef, number: int, mark: str) -> bool:
    """Whether a comment of ours with this mark is there."""
    return await _find(github, await comments_api(github, repo), repo, number, mark) is not None


async def comments_api(github: "GitHub", repo: RepoRef) -> "API":
    """GitHub with leave to write in the threads of this repository's issues and pulls."""
    return await github.for_gate(repo, {"issues": "write", "pull_requests": "write"})


async def _find(github: "GitHub", api: "API", repo: RepoRef, number: int, mark: str) -> Json | None:
    """Anybody can write the mark; only we write as our app's bot."""
    app = await github.app()
    url = "/repos/{owner}/{repo}/issues/{number}/comments?per_page=100"
    async for comment in api.getiter(url, url_values(repo, number=str(number))):
        if app.wrote(comment) and str(comment.get("body") or "").startswith(mark):
            found: Json = comment
            return found
    return None


def _time_of(comment: Json | None) -> float:
    """Of its last change; 0 where GitHub does not say."""
    at = str((comment or {}).get("updated_at") or "")
    return datetime.fromisoformat(at).timestamp() if at else 0.0


def _is_lock(error: GitHubError) -> bool:
    return error.status == 403 and "locked" in error.reason.lower()

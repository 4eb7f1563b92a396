"""Comments that are ours: found by their hidden mark and their author, edited only when they say something new."""

from dataclasses import dataclass
from typing import Any

from activities.errors import UserError
from activities.github import bodies
from activities.github.client import AppClient, GitHub
from activities.github.client.api import API
from activities.github.client.errors import Forbidden, GitHubError, NotFound
from activities.github.types.check_runs import CommentResult, ReactionInput
from activities.model import RepoRef

Json = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What is to be read in a thread. `body` begins with `mark` and fits GitHub's limit; `comment_id` is where it
    was the last time, 0 unknown."""

    repo: RepoRef
    number: int
    mark: str
    body: str
    comment_id: int = 0


class Locked(UserError):
    """Nobody may write in the thread any more."""


async def say(github: GitHub, repo: RepoRef, number: int, comment: str, key: str) -> CommentResult:
    """The one comment for this key on an issue or pull, cut to what GitHub takes."""
    mark = bodies.mark("comment", key)
    return await say_once(github, Said(repo, number, mark, bodies.fit(f"{mark}\n{comment}")))


async def say_once(github: GitHub, said: Said) -> CommentResult:
    """The one comment with this mark: made, edited, or left alone. Raises `Locked`, or `UserError` where the thread
    was deleted."""
    try:
        return await _say_once(github, said)
    except (Forbidden, NotFound) as error:
        raise _explained(error, said.number) from None


async def was_said(github: GitHub, repo: RepoRef, number: int, mark: str) -> bool:
    """Whether a comment of ours with this mark is there."""
    return bool(await _ours(github, await comments_api(github, repo), Said(repo, number, mark, "")))


async def react(github: GitHub, wanted: ReactionInput) -> None:
    """The reaction is there afterwards; GitHub keeps one of a kind. A comment that is gone needs none, and a locked
    thread takes none."""
    api = await comments_api(github, wanted.repo)
    url = "/repos/{owner}/{repo}/issues/comments/{number}/reactions"
    try:
        await api.post(url, _names(wanted.repo, wanted.comment_id), data={"content": wanted.content})
    except NotFound:
        return
    except Forbidden as error:
        if not _is_lock(error):
            raise


async def comments_api(github: GitHub, repo: RepoRef) -> API:
    """GitHub with leave to write in the threads of this repository's issues and pulls."""
    return await github.installation(repo, {"issues": "write", "pull_requests": "write"})


async def _say_once(github: GitHub, said: Said) -> CommentResult:
    api = await comments_api(github, said.repo)
    there = await _ours(github, api, said)
    if there is None:
        url = "/repos/{owner}/{repo}/issues/{number}/comments"
        made = await api.post(url, _names(said.repo, said.number), data={"body": said.body})
        return CommentResult(int(made["id"]), changed=True)
    if bodies.same(there.get("body"), said.body):
        return CommentResult(int(there["id"]), changed=False)
    url = "/repos/{owner}/{repo}/issues/comments/{number}"
    await api.patch(url, _names(said.repo, int(there["id"])), data={"body": said.body})
    return CommentResult(int(there["id"]), changed=True)


async def _ours(github: GitHub, api: API, said: Said) -> Json | None:
    app = await github.app()
    known = await _comment(api, said.repo, said.comment_id) if said.comment_id else None
    if known and _is_ours(known, app, said.mark):
        return known
    url = "/repos/{owner}/{repo}/issues/{number}/comments?per_page=100"
    async for comment in api.getiter(url, _names(said.repo, said.number)):
        if _is_ours(comment, app, said.mark):
            found: Json = comment
            return found
    return None


async def _comment(api: API, repo: RepoRef, comment_id: int) -> Json | None:
    try:
        comment: Json = await api.getitem("/repos/{owner}/{repo}/issues/comments/{number}", _names(repo, comment_id))
    except NotFound:
        return None
    return comment


def _is_ours(comment: Json, app: AppClient, mark: str) -> bool:
    """Anybody can write the mark; only we write as our app's bot."""
    user = comment.get("user") or {}
    by_us = user.get("type") == "Bot" and user.get("login") == app.login
    return by_us and str(comment.get("body") or "").startswith(mark)


def _explained(error: GitHubError, number: int) -> Exception:
    if _is_lock(error):
        return Locked(f"The conversation of #{number} is locked: unlock it, then try again.")
    if error.status == 410:
        return UserError(f"#{number} was deleted, so nothing can be said there any more.")
    return error


def _is_lock(error: GitHubError) -> bool:
    return error.status == 403 and "locked" in error.said.lower()


def _names(repo: RepoRef, number: int) -> dict[str, str]:
    return {"owner": repo.owner, "repo": repo.name, "number": str(number)}

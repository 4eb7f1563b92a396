"""A local commit pushed to GitHub with git itself: never over somebody's work, never to the default branch.

The push starts from an empty repository that borrows the other one's objects: no configuration, hook or remote of a
repository that an agent or a tool may have written to is ever read.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from activities.errors import UserError
from activities.github.branches import refuse_default, standing, tip
from activities.github.client import GitHub
from activities.github.client.errors import (
    Conflict,
    Forbidden,
    GitHubError,
    NotFound,
    Unauthorized,
    Unavailable,
    Validation,
)
from activities.github.merging.errors import Protected, is_rule
from activities.github.types.branches import PushBranchInput, PushBranchResult
from activities.reporting import code, escape_markdown
from activities.workspace.git import GitError, credentials, git

_SHA = re.compile(r"[0-9a-f]{40}")
# ` ! [rejected]  <from> -> <to> (non-fast-forward)`: git's own look at the remote, or GitHub's word.
_REJECTED = re.compile(r"^ ! \[(remote )?rejected\].*\((?P<why>.*)\)\s*$", re.MULTILINE)
_MOVED_ON = ("non-fast-forward", "fetch first", "stale info", "needs force", "cannot lock ref", "failed to update ref")


async def push(github: GitHub, wanted: PushBranchInput) -> PushBranchResult:
    """The branch's head is the commit afterwards, or holds it.

    Raises `Conflict` where that would lose what is there (or, with `force`, where something else than `expected`
    is there), `UserError` for the default branch and what the branch's rules forbid.
    """
    await _check(wanted)
    api = await github.installation(wanted.repo, {"contents": "write"})
    await refuse_default(api, wanted.repo, wanted.branch)
    if await tip(api, wanted.repo, wanted.branch) == wanted.commit:
        return PushBranchResult(wanted.commit, changed=False)
    try:
        await _push(github, wanted)
    except Conflict:
        # An earlier try may have done it, and somebody went on from there.
        there = await tip(api, wanted.repo, wanted.branch)
        if there and await standing(api, wanted.repo, there, wanted.commit) in ("ahead", "identical"):
            return PushBranchResult(there, changed=False)
        raise
    return PushBranchResult(wanted.commit, changed=True)


async def _check(wanted: PushBranchInput) -> None:
    """Raises `Validation` for what git would read as something else than one commit and one branch."""
    if not _SHA.fullmatch(wanted.commit) or not _SHA.fullmatch(wanted.expected or wanted.commit):
        raise Validation("A commit is pushed by its full id.")
    try:
        await git(Path(wanted.git_dir), "check-ref-format", f"refs/heads/{wanted.branch}")
    except (GitError, ValueError):  # a NUL is no part of any argument
        raise Validation(f"{code(wanted.branch) or 'An empty name'} is no name for a branch.") from None


async def _push(github: GitHub, wanted: PushBranchInput) -> None:
    async with _borrowing(wanted) as folder:
        try:
            await _give(github, wanted, folder)
        except GitError as error:
            raise refusal(error, wanted.branch) from None


async def _give(github: GitHub, wanted: PushBranchInput, folder: Path) -> None:
    try:
        await _send(github, wanted, folder)
    except GitError as error:
        if not (error.moved or error.refused):
            raise
        # The repository's name or our token is an old one: with what GitHub says now, once more.
        github.forget(wanted.repo)
        await _send(github, wanted, folder)


async def _send(github: GitHub, wanted: PushBranchInput, folder: Path) -> None:
    user, token = await github.git_auth(wanted.repo, write=True)
    url = github.clone_url(wanted.repo)  # asking for a token may have told a new name
    await git(
        folder, "push", "--quiet", "--no-verify", *_lease(wanted), "--", url,
        f"{wanted.commit}:refs/heads/{wanted.branch}", config=credentials(url, user, token),
    )  # fmt: skip


def _lease(wanted: PushBranchInput) -> list[str]:
    return [f"--force-with-lease=refs/heads/{wanted.branch}:{wanted.expected}"] if wanted.force else []


@asynccontextmanager
async def _borrowing(wanted: PushBranchInput) -> AsyncIterator[Path]:
    """A repository without anything of its own that has the commit."""
    with TemporaryDirectory(prefix="push.") as name:
        folder = Path(name)
        await git(folder, "init", "--bare", "--quiet", "--template=", ".")
        objects = (Path(wanted.git_dir) / "objects").resolve(strict=True)
        (folder / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
        await git(folder, "cat-file", "-e", f"{wanted.commit}^{{commit}}")
        yield folder


def refusal(error: GitError, branch: str) -> Exception:
    """What git's words mean. GitHub's own stand in the lines that begin with `remote:`."""
    text = error.stderr
    said = " ".join(line.removeprefix("remote:").strip() for line in text.splitlines() if line.startswith("remote:"))
    if rejected := _REJECTED.search(text):
        return _rejection(branch, said.strip(), rejected["why"])
    for pattern, kind in _ANSWERS:
        if re.search(pattern, text):
            return kind(f"GitHub refused a push: {said.strip() or escape_markdown(text, 500)}")
    return Unavailable(f"A push failed: {text.strip()[-500:]}")


def _rejection(branch: str, said: str, why: str) -> Exception:
    if is_rule(said) or is_rule(why):
        return Protected(branch, said or why)
    if any(words in why for words in _MOVED_ON):
        return Conflict(f"{code(branch)} has moved on ({why}); nothing was written.")
    # A file that is too large, a workflow without the permission for it, a secret: GitHub says which.
    return UserError(f"GitHub refused the push to {code(branch)}: {escape_markdown(f'{why}. {said}', 600)}")


_ANSWERS: tuple[tuple[str, type[GitHubError]], ...] = (
    (r"returned error: 403", Forbidden),
    (r"returned error: 401|Authentication failed|could not read Username", Unauthorized),
    (r"returned error: 404|[Rr]epository .*not found", NotFound),
)

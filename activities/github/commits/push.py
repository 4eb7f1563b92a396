"""A local commit pushed to GitHub with git itself: never over other people's work, never to the default branch.

The push starts from an empty repository that borrows the other one's objects: no configuration, hook or remote of a
repository that an agent or a tool may have written to is ever read.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from activities.errors import UserError
from activities.github.commits.types import PushBranchInput
from activities.github.errors import (
    Conflict,
    Forbidden,
    GitHubError,
    NotFound,
    Protected,
    Unauthorized,
    Unavailable,
    Validation,
    is_rule,
)
from activities.reporting import github_errors as texts
from activities.sandbox.ownership import temporary_folder
from activities.workspace.git import GitError, credentials, git

if TYPE_CHECKING:
    from activities.github.client import GitHub

_SHA = re.compile(r"[0-9a-f]{40}")
# ` ! [rejected]  <from> -> <to> (non-fast-forward)`: what git saw at the remote, or GitHub's answer.
_REJECTED = re.compile(r"^ ! \[(remote )?rejected\].*\((?P<why>.*)\)\s*$", re.MULTILINE)
_REFUSALS: tuple[tuple[str, type[GitHubError]], ...] = (
    (r"returned error: 403", Forbidden),
    (r"returned error: 401|Authentication failed|could not read Username", Unauthorized),
    (r"returned error: 404|[Rr]epository .*not found", NotFound),
)
_MOVED_ON = ("non-fast-forward", "fetch first", "stale info", "needs force", "cannot lock ref", "failed to update ref")


async def check(input: PushBranchInput) -> None:
    """Raises `Validation` for what git would read as something else than one commit and one branch."""
    if not _SHA.fullmatch(input.commit) or not _SHA.fullmatch(input.expected or input.commit):
        raise Validation("A commit is pushed by its full id.")
    try:
        await git(Path(input.git_dir), "check-ref-format", f"refs/heads/{input.branch}")
    except (GitError, ValueError):  # a NUL is no part of any argument
        raise Validation(texts.invalid_branch_name(input.branch)) from None


async def push(github: "GitHub", input: PushBranchInput) -> None:
    """Sends the commit. Raises what GitHub's or git's refusal means."""
    async with temporary_folder("push") as folder:
        # A repository without anything of its own that has the commit.
        await git(folder, "init", "--bare", "--quiet", "--template=", ".")
        objects = (Path(input.git_dir) / "objects").resolve(strict=True)
        (folder / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
        await git(folder, "cat-file", "-e", f"{input.commit}^{{commit}}")
        try:
            try:
                await _send(github, input, folder)
            except GitError as error:
                if not (error.moved or error.unauthorized):
                    raise
                # The repository's name or our token is out of date: once more, with what GitHub says now.
                github.forget(input.repo)
                await _send(github, input, folder)
        except GitError as error:
            raise refusal(error, input.branch) from None


async def _send(github: "GitHub", input: PushBranchInput, folder: Path) -> None:
    user, token = await github.git_auth(input.repo, write=True)
    url = github.clone_url(input.repo)  # the answer with the token may have brought a new name
    lease = [f"--force-with-lease=refs/heads/{input.branch}:{input.expected}"] if input.force else []
    await git(
        folder, "push", "--quiet", "--no-verify", *lease, "--", url,
        f"{input.commit}:refs/heads/{input.branch}", config=credentials(url, user, token),
    )  # fmt: skip


def refusal(error: GitError, branch: str) -> Exception:
    """What git's output means. GitHub's own text is in the lines that begin with `remote:`."""
    text = error.stderr
    lines = [line.removeprefix("remote:").strip() for line in text.splitlines() if line.startswith("remote:")]
    github = " ".join(lines).strip()
    if rejected := _REJECTED.search(text):
        why = rejected["why"]
        if is_rule(github) or is_rule(why):
            return Protected(branch, github or why)
        if any(words in why for words in _MOVED_ON):
            return Conflict(texts.push_lost_race(branch, why))
        return UserError(texts.push_refused(branch, f"{why}. {github}"))
    for pattern, kind in _REFUSALS:
        if re.search(pattern, text):
            return kind(texts.push_failed(github or text))
    return Unavailable(f"A push failed: {text.strip()[-500:]}")

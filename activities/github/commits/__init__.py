"""A local change as one commit on a branch: created by GitHub itself, or pushed with git.

`createCommitOnBranch` where it can carry the change, since its `expectedHeadOid` is a compare-and-swap; else git data.
The App is the author of such a commit, and GitHub signs it. Nothing is ever written over another push.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.branches import compared, refuse_default, tip
from activities.github.commits import git_data, push
from activities.github.commits.local_changes import PathChange, changes_between, file_changes, fits_mutation
from activities.github.commits.types import CreateCommitInput, CreateCommitResult, PushBranchInput, PushBranchResult
from activities.github.errors import Conflict, NotFound, branch_rules
from activities.github.urls import url_values
from activities.heartbeat import heartbeating
from activities.reporting import github_errors as texts
from activities.workspace.git import git_line

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

_MUTATION = """
mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


class CommitActivities:
    """Each may run again. They read a repository of this host."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def create_commit(self, input: CreateCommitInput) -> CreateCommitResult:
        """Creates a signed commit on GitHub from local changes.

        It brings the branch from `expected_head` to the tree of `commit`. Raises `UserError` for what the API cannot
        write, `Conflict` when the branch is somewhere else.
        """
        async with heartbeating():
            git_dir = Path(input.git_dir)
            found = await changes_between(git_dir, input.expected_head, input.commit)
            if not found:
                return CreateCommitResult(input.expected_head, changed=False)
            api = await self._github.installation(input.repo, {"contents": "write"})
            there = await tip(api, input.repo, input.branch)
            if there != input.expected_head:
                tree = await git_line(git_dir, "rev-parse", "--verify", f"{input.commit}^{{tree}}")
                return await _earlier(api, input, there, tree)
            if fits_mutation(found):
                return CreateCommitResult(await _by_mutation(api, input, found), changed=True)
            message = "\n\n".join(_message(input)).strip()
            return CreateCommitResult(await git_data.commit(api, input, found, message), changed=True)

    @github_activity
    async def push_branch(self, input: PushBranchInput) -> PushBranchResult:
        """Pushes a local commit to a branch, never to the default one.

        The branch's head is the commit afterwards, or holds it. Raises `Conflict` where that would lose what is there
        (or, with `force`, where something else than `expected` is there), `UserError` for the default branch and what
        the branch's rules forbid.
        """
        async with heartbeating():
            await push.check(input)
            api = await self._github.installation(input.repo, {"contents": "write"})
            await refuse_default(api, input.repo, input.branch)
            if await tip(api, input.repo, input.branch) == input.commit:
                return PushBranchResult(input.commit, changed=False)
            try:
                await push.push(self._github, input)
            except Conflict:
                # An earlier try may have done it, and others went on from there.
                there = await tip(api, input.repo, input.branch)
                if there and await compared(api, input.repo, there, input.commit) in ("ahead", "identical"):
                    return PushBranchResult(there, changed=False)
                raise
            return PushBranchResult(input.commit, changed=True)


async def _earlier(api: "API", input: CreateCommitInput, there: str, tree: str) -> CreateCommitResult:
    """What an earlier try created, known by parent, tree and headline, even if others went on from it.

    GitHub may add to the rest of a message (`Co-authored-by`), so that is not compared.
    """
    commits: list[dict[str, Any]] = []
    if there:
        url, where = "/repos/{owner}/{repo}/compare/{basehead}", f"{input.expected_head}...{there}"
        with contextlib.suppress(NotFound):  # nothing in common any more
            # The first commits of the branch beyond the expected head, oldest first.
            commits = (await api.getitem(url, url_values(input.repo, basehead=where)))["commits"]
    headline, _ = _message(input)
    for commit in commits:
        parents = [parent["sha"] for parent in commit["parents"]]
        first_line = str(commit["commit"]["message"]).split("\n", 1)[0].strip()
        if (parents, commit["commit"]["tree"]["sha"], first_line) == ([input.expected_head], tree, headline):
            return CreateCommitResult(str(commit["sha"]), changed=False)
    raise Conflict(texts.branch_moved(input.branch, there))


async def _by_mutation(api: "API", input: CreateCommitInput, found: Sequence[PathChange]) -> str:
    headline, body = _message(input)
    variable = {
        "branch": {"repositoryNameWithOwner": api.full_name(input.repo), "branchName": input.branch},
        "expectedHeadOid": input.expected_head,
        "message": {"headline": headline} | ({"body": body} if body else {}),
        "fileChanges": await file_changes(Path(input.git_dir), found),
    }
    with branch_rules(input.branch):
        data = await api.query(_MUTATION, input=variable)
    return str(data["createCommitOnBranch"]["commit"]["oid"])


def _message(input: CreateCommitInput) -> tuple[str, str]:
    """Headline and body."""
    headline, _, body = input.message.strip().partition("\n")
    return headline.strip(), body.strip()

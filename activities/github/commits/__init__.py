"""A local change as one commit on a branch: created by GitHub itself, or pushed with git.

`createCommitOnBranch` where it can carry the change, since its `expectedHeadOid` is a compare-and-swap; else git data.
The App is the author of such a commit, and GitHub signs it. Nothing is ever written over somebody else's push.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.branches import compared, refuse_default, tip
from activities.github.commits import git_data, push
from activities.github.commits.changes import Change, changes, file_changes, signable
from activities.github.errors import Conflict, NotFound
from activities.github.merging.errors import rules_of
from activities.github.types.commits import CreateCommitInput, CreateCommitResult, PushBranchInput, PushBranchResult
from activities.github.urls import names
from activities.heartbeat import heartbeating
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
        """A local change as a commit that GitHub makes and signs.

        It brings the branch from `expected_head` to the tree of `commit`. Raises `UserError` for what the API cannot
        write, `Conflict` when the branch is somewhere else.
        """
        async with heartbeating():
            git_dir = Path(input.git_dir)
            found = await changes(git_dir, input.expected_head, input.commit)
            if not found:
                return CreateCommitResult(input.expected_head, changed=False)
            api = await self._github.installation(input.repo, {"contents": "write"})
            there = await tip(api, input.repo, input.branch)
            if there != input.expected_head:
                tree = await git_line(git_dir, "rev-parse", "--verify", f"{input.commit}^{{tree}}")
                return await _earlier(api, input, there, tree)
            if signable(found):
                return CreateCommitResult(await _by_mutation(api, input, found), changed=True)
            message = f"{headline(input)}\n\n{_body(input)}".strip()
            return CreateCommitResult(await git_data.commit(api, input, found, message), changed=True)

    @github_activity
    async def push_branch(self, input: PushBranchInput) -> PushBranchResult:
        """A local commit pushed to a branch, never to the default one.

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
                # An earlier try may have done it, and somebody went on from there.
                there = await tip(api, input.repo, input.branch)
                if there and await compared(api, input.repo, there, input.commit) in ("ahead", "identical"):
                    return PushBranchResult(there, changed=False)
                raise
            return PushBranchResult(input.commit, changed=True)


def headline(input: CreateCommitInput) -> str:
    """The message's first line."""
    return input.message.strip().split("\n", 1)[0].strip()


async def _earlier(api: "API", input: CreateCommitInput, there: str, tree: str) -> CreateCommitResult:
    """What an earlier try made, known by parent, tree and headline, even if somebody went on from it.

    GitHub may add to the rest of a message (`Co-authored-by`), so that is not compared.
    """
    for commit in await _since(api, input, there) if there else ():
        parents = [parent["sha"] for parent in commit["parents"]]
        first_line = str(commit["commit"]["message"]).split("\n", 1)[0].strip()
        if (parents, commit["commit"]["tree"]["sha"], first_line) == ([input.expected_head], tree, headline(input)):
            return CreateCommitResult(str(commit["sha"]), changed=False)
    raise git_data.moved_on(input.branch, there)


async def _since(api: "API", input: CreateCommitInput, there: str) -> list[dict[str, Any]]:
    """The first commits of the branch beyond the expected head, oldest first."""
    url = "/repos/{owner}/{repo}/compare/{basehead}"
    try:
        data = await api.getitem(url, names(input.repo, basehead=f"{input.expected_head}...{there}"))
    except NotFound:
        return []  # nothing in common any more
    return list(data["commits"])


async def _by_mutation(api: "API", input: CreateCommitInput, found: Sequence[Change]) -> str:
    variable = {
        "branch": {"repositoryNameWithOwner": api.full_name(input.repo), "branchName": input.branch},
        "expectedHeadOid": input.expected_head,
        "message": {"headline": headline(input)} | ({"body": body} if (body := _body(input)) else {}),
        "fileChanges": await file_changes(Path(input.git_dir), found),
    }
    with rules_of(input.branch):
        made = await api.query(_MUTATION, input=variable)
    return str(made["createCommitOnBranch"]["commit"]["oid"])


def _body(input: CreateCommitInput) -> str:
    return input.message.strip().partition("\n")[2].strip()

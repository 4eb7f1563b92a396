"""A local change as one commit on a branch, made by GitHub itself: the App is its author, and GitHub signs it.

`createCommitOnBranch` where it can carry the change, since its `expectedHeadOid` is a compare-and-swap; else git data.
Either way nothing is written if somebody pushes in the meantime.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from activities.github.branches import names, tip
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import NotFound
from activities.github.commits import git_data
from activities.github.commits.changes import Change, changes, file_changes, signable
from activities.github.merging.errors import rules_of
from activities.github.types.check_runs import CreateCommitInput, CreateCommitResult
from activities.workspace.git import line

_MUTATION = """
mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


async def create(github: GitHub, wanted: CreateCommitInput) -> CreateCommitResult:
    """The commit that brings the branch from `expected_head` to the tree of `commit`.

    Raises `UserError` for what the API cannot write, `Conflict` when the branch is somewhere else.
    """
    git_dir = Path(wanted.git_dir)
    found = await changes(git_dir, wanted.expected_head, wanted.commit)
    if not found:
        return CreateCommitResult(wanted.expected_head, changed=False)
    api = await github.installation(wanted.repo, {"contents": "write"})
    there = await tip(api, wanted.repo, wanted.branch)
    if there != wanted.expected_head:
        tree = await line(git_dir, "rev-parse", "--verify", f"{wanted.commit}^{{tree}}")
        return await _earlier(api, wanted, there, tree)
    write = _by_mutation if signable(found) else _by_git_data
    return CreateCommitResult(await write(api, wanted, found), changed=True)


def headline(wanted: CreateCommitInput) -> str:
    """The message's first line."""
    return wanted.message.strip().split("\n", 1)[0].strip()


async def _earlier(api: API, wanted: CreateCommitInput, there: str, tree: str) -> CreateCommitResult:
    """What an earlier try made, known by parent, tree and headline, even if somebody went on from it.

    GitHub may add to the rest of a message (`Co-authored-by`), so that is not compared.
    """
    for commit in await _since(api, wanted, there) if there else ():
        parents = [parent["sha"] for parent in commit["parents"]]
        said = str(commit["commit"]["message"]).split("\n", 1)[0].strip()
        if (parents, commit["commit"]["tree"]["sha"], said) == ([wanted.expected_head], tree, headline(wanted)):
            return CreateCommitResult(str(commit["sha"]), changed=False)
    raise git_data.moved_on(wanted.branch, there)


async def _since(api: API, wanted: CreateCommitInput, there: str) -> list[dict[str, Any]]:
    """The first commits of the branch beyond the expected head, oldest first."""
    url = "/repos/{owner}/{repo}/compare/{basehead}"
    try:
        data = await api.getitem(url, names(wanted.repo, basehead=f"{wanted.expected_head}...{there}"))
    except NotFound:
        return []  # nothing in common any more
    return list(data["commits"])


async def _by_mutation(api: API, wanted: CreateCommitInput, found: Sequence[Change]) -> str:
    given = {
        "branch": {"repositoryNameWithOwner": api.full_name(wanted.repo), "branchName": wanted.branch},
        "expectedHeadOid": wanted.expected_head,
        "message": {"headline": headline(wanted)} | ({"body": body} if (body := _body(wanted)) else {}),
        "fileChanges": await file_changes(Path(wanted.git_dir), found),
    }
    with rules_of(wanted.branch):
        made = await api.query(_MUTATION, input=given)
    return str(made["createCommitOnBranch"]["commit"]["oid"])


async def _by_git_data(api: API, wanted: CreateCommitInput, found: Sequence[Change]) -> str:
    message = f"{headline(wanted)}\n\n{_body(wanted)}".strip()
    return await git_data.commit(api, wanted, found, message)


def _body(wanted: CreateCommitInput) -> str:
    return wanted.message.strip().partition("\n")[2].strip()

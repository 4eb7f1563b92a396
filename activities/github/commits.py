"""Commits made by GitHub itself, so that they are signed and shown as verified: `createCommitOnBranch`.

`expectedHeadOid` makes it a compare-and-swap: if somebody pushes in the meantime nothing is written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from activities.github.api import API
from activities.github.changes import Part, changes, file_changes, parts
from activities.github.client import GitHub
from activities.github.errors import Conflict, NotFound
from activities.github.requests import CommitMade, CommitWanted

_MUTATION = """
mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


async def create(github: GitHub, wanted: CommitWanted) -> CommitMade:
    """The branch's head afterwards. A change too big for one call becomes several commits in a row.

    Raises `UserError` for what the API cannot write, `Conflict` when the branch is somewhere else.
    """
    git_dir = Path(wanted.git_dir)
    found = await changes(git_dir, wanted.expected_head, wanted.commit)
    if not found:
        return CommitMade(wanted.expected_head, changed=False)
    todo = await parts(git_dir, wanted.expected_head, found)
    api = await github.installation(wanted.repo, {"contents": "write"})
    head, done = await _how_far(api, wanted, todo)
    for index in range(done, len(todo)):
        head = await _commit(api, wanted, todo[index], head, headline(wanted, index, len(todo)))
    return CommitMade(head, changed=done < len(todo))


def headline(wanted: CommitWanted, index: int, count: int) -> str:
    """The message's first line; a commit in a row tells its place."""
    first = wanted.message.split("\n", 1)[0].strip()
    return first if count == 1 else f"{first} ({index + 1}/{count})"


async def _how_far(api: API, wanted: CommitWanted, todo: Sequence[Part]) -> tuple[str, int]:
    """Where the branch is, and how many parts are in it: an earlier try is known by its tree and headline."""
    head, tree, said = await _branch(api, wanted)
    if head == wanted.expected_head:
        return head, 0
    for index, part in enumerate(todo):
        if tree == part.tree and said == headline(wanted, index, len(todo)):
            return head, index + 1
    raise Conflict(f"{wanted.branch} has moved on to {head[:12]}; nothing was written.")


async def _branch(api: API, wanted: CommitWanted) -> tuple[str, str, str]:
    repo = wanted.repo
    names = {"owner": repo.owner, "repo": repo.name, "branch": wanted.branch}
    try:
        data = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", names)
    except NotFound:
        raise Conflict(f"{wanted.branch} is gone; nothing was written.") from None
    commit = data["commit"]
    return str(commit["sha"]), str(commit["commit"]["tree"]["sha"]), str(commit["commit"]["message"]).split("\n", 1)[0]


async def _commit(api: API, wanted: CommitWanted, part: Part, head: str, said: str) -> str:
    body = wanted.message.partition("\n")[2].strip()
    message: dict[str, Any] = {"headline": said} | ({"body": body} if body else {})
    made = await api.query(
        _MUTATION,
        input={
            "branch": {"repositoryNameWithOwner": wanted.repo.full_name, "branchName": wanted.branch},
            "expectedHeadOid": head,
            "message": message,
            "fileChanges": await file_changes(Path(wanted.git_dir), part),
        },
    )
    return str(made["createCommitOnBranch"]["commit"]["oid"])

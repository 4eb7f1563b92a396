"""One commit made of git objects that are sent to GitHub one after another: blobs, trees, the commit, the branch.

It carries what `createCommitOnBranch` does not: executables, symbolic links, submodules, and any number of files.
Nothing is visible of it before the branch moves. GitHub signs such a commit of an App's too, but only if no author or
committer is given (docs, "Signature verification for bots").
"""

import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.github.branches import tip
from activities.github.commits.local_changes import SUBMODULE, ChangePart, PathChange, content, in_parts
from activities.github.commits.types import CreateCommitInput
from activities.github.errors import Conflict, NotFound, RateLimited, Unavailable, Validation, branch_rules
from activities.github.urls import url_values
from activities.reporting import github_errors as texts
from activities.workspace.git import EMPTY_TREE, git, git_line

if TYPE_CHECKING:
    from activities.github.client import API

# Blobs on their way at once. A part holds at most 20 MB or a single file, so this bounds the memory too.
_AT_ONCE = 2
# A wait for GitHub's limits that is slept here: another try would have to begin with its part's first file.
_PATIENCE_S = 15.0
# Text up to this size goes inside its tree, which saves a request for each file.
_INLINE = 50_000

Json = dict[str, Any]


async def commit(api: "API", input: CreateCommitInput, found: Sequence[PathChange], message: str) -> str:
    """The commit, which the branch points to from then on. `Conflict` where the branch has moved meanwhile."""
    git_dir = Path(input.git_dir)
    tree = await git_line(git_dir, "rev-parse", "--verify", f"{input.expected_head}^{{tree}}")
    # What GitHub has for certain: whatever is in the branch.
    rows = (await git(git_dir, "ls-tree", "-r", "-z", "--format=%(objectname)", input.expected_head)).split(b"\0")
    known = frozenset(row.decode("ascii") for row in rows)
    parts = await in_parts(git_dir, input.expected_head, found)
    uploaded = await _count_uploaded(api, input, parts)
    tree = parts[uploaded - 1].tree if uploaded else tree
    for part in parts[uploaded:]:
        tree = await _upload(api, input, tree, part, known)
    data = {"message": message, "tree": tree, "parents": [input.expected_head]}
    sha = str((await _post(api, input, "commits", data))["sha"])
    await _move_branch(api, input, sha)
    return sha


async def _count_uploaded(api: "API", input: CreateCommitInput, parts: Sequence[ChangePart]) -> int:
    """How many parts an earlier try has sent. GitHub's limits may end a try with thousands of files, so each goes on
    where the last one stopped."""
    low, high = 0, len(parts) if len(parts) > 1 else 0
    while low < high:
        middle = (low + high + 1) // 2
        try:
            where = url_values(input.repo, tree=parts[middle - 1].tree)
            await api.getitem("/repos/{owner}/{repo}/git/trees/{tree}", where)
            low = middle
        except (NotFound, Validation):
            high = middle - 1
    return low


async def _upload(api: "API", input: CreateCommitInput, base: str, part: ChangePart, known: frozenset[str]) -> str:
    """A part's tree upon the one before. It is named by its content, so GitHub's is known to be ours."""
    if part.tree == EMPTY_TREE:
        return EMPTY_TREE  # GitHub makes no empty tree; what is added next needs none below it
    slots = asyncio.Semaphore(_AT_ONCE)
    entries = await asyncio.gather(*(_entry(api, input, change, known, slots) for change in part.changes))
    data: Json = {"tree": entries} | ({"base_tree": base} if base != EMPTY_TREE else {})
    created = await _post(api, input, "trees", data)
    if created["sha"] != part.tree:
        raise Unavailable(texts.unexpected_tree(created["sha"], part.tree))
    return part.tree


async def _entry(
    api: "API", input: CreateCommitInput, change: PathChange, known: frozenset[str], slots: asyncio.Semaphore
) -> Json:
    mode = change.mode if change.blob else change.before
    entry = {"path": change.path, "mode": mode, "type": "commit" if mode == SUBMODULE else "blob"}
    if not change.blob or mode == SUBMODULE or change.blob in known:
        return entry | {"sha": change.blob or None}
    async with slots:
        raw = await content(Path(input.git_dir), change)
        text = _inline_text(raw)
        if text is not None:
            return entry | {"content": text}
        data = {"content": base64.b64encode(raw).decode("ascii"), "encoding": "base64"}
        return entry | {"sha": str((await _post(api, input, "blobs", data))["sha"])}


def _inline_text(raw: bytes) -> str | None:
    """The text that comes out of JSON as it went in; None for anything else."""
    if len(raw) > _INLINE or b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


async def _post(api: "API", input: CreateCommitInput, what: str, data: Json) -> Json:
    while True:
        try:
            created: Json = await api.post(f"/repos/{{owner}}/{{repo}}/git/{what}", url_values(input.repo), data=data)
            return created
        except RateLimited as limit:
            if limit.retry_after > _PATIENCE_S:
                raise
            await asyncio.sleep(limit.retry_after)


async def _move_branch(api: "API", input: CreateCommitInput, sha: str) -> None:
    """GitHub compares for ancestry only, so that the branch is still where it was expected is looked up just before;
    what is left of the gap is a branch that is set back within it."""
    there = await tip(api, input.repo, input.branch)
    if there != input.expected_head:
        raise Conflict(texts.branch_moved(input.branch, there))
    where = url_values(input.repo, ref=f"heads/{input.branch}")
    try:
        with branch_rules(input.branch):
            await api.patch("/repos/{owner}/{repo}/git/refs/{ref}", where, data={"sha": sha, "force": False})
    except Validation:
        there = await tip(api, input.repo, input.branch)
        if there == input.expected_head:
            raise
        raise Conflict(texts.branch_moved(input.branch, there)) from None

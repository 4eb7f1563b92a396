"""One commit made of git objects that GitHub is given one after another: blobs, trees upon trees, commit, branch.

It carries what `createCommitOnBranch` does not: executables, symbolic links, submodules, and any number of files.
Nothing is seen of it before the branch moves. GitHub signs such a commit of an App's too, but only if nobody is named
as its author or committer (docs, "Signature verification for bots").
"""

import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.github.branches import tip
from activities.github.commits.changes import SUBMODULE, Change, Part, content, parts
from activities.github.errors import Conflict, NotFound, RateLimited, Unavailable, Validation
from activities.github.merging.errors import rules_of
from activities.github.types.commits import CreateCommitInput
from activities.github.urls import names
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


async def commit(api: "API", input: CreateCommitInput, found: Sequence[Change], message: str) -> str:
    """The commit, which the branch points to from then on. `Conflict` where the branch has moved meanwhile."""
    tree = await _upload(api, input, found)
    data = {"message": message, "tree": tree, "parents": [input.expected_head]}
    made = await _post(api, input, "commits", data)
    await _move(api, input, str(made["sha"]))
    return str(made["sha"])


async def _upload(api: "API", input: CreateCommitInput, found: Sequence[Change]) -> str:
    """The tree of the whole change, built part by part upon the one that the branch has."""
    git_dir = Path(input.git_dir)
    tree = await git_line(git_dir, "rev-parse", "--verify", f"{input.expected_head}^{{tree}}")
    known = await _blobs(git_dir, input.expected_head)
    todo = await parts(git_dir, input.expected_head, found)
    done = await _how_many(api, input, todo)
    tree = todo[done - 1].tree if done else tree
    for part in todo[done:]:
        tree = await _plant(api, input, tree, part, known)
    return tree


async def _blobs(git_dir: Path, head: str) -> frozenset[str]:
    """What GitHub has for certain: whatever is in the branch."""
    rows = (await git(git_dir, "ls-tree", "-r", "-z", "--format=%(objectname)", head)).split(b"\0")
    return frozenset(row.decode("ascii") for row in rows)


async def _how_many(api: "API", input: CreateCommitInput, todo: Sequence[Part]) -> int:
    """How many parts an earlier try has brought there. GitHub's limits may end a try with thousands of files, so
    each goes on where the last one stopped."""
    low, high = 0, len(todo) if len(todo) > 1 else 0
    while low < high:
        middle = (low + high + 1) // 2
        if await _has_tree(api, input, todo[middle - 1].tree):
            low = middle
        else:
            high = middle - 1
    return low


async def _has_tree(api: "API", input: CreateCommitInput, tree: str) -> bool:
    try:
        await api.getitem("/repos/{owner}/{repo}/git/trees/{tree}", names(input.repo, tree=tree))
    except (NotFound, Validation):
        return False
    return True


async def _plant(api: "API", input: CreateCommitInput, below: str, part: Part, known: frozenset[str]) -> str:
    """A part's tree. It is named by what is in it, so GitHub's is known to be ours."""
    if part.tree == EMPTY_TREE:
        return EMPTY_TREE  # GitHub makes no empty tree; what is added next needs none below it
    slots = asyncio.Semaphore(_AT_ONCE)
    entries = await asyncio.gather(*(_entry(api, input, change, known, slots) for change in part.changes))
    data: Json = {"tree": entries} | ({"base_tree": below} if below != EMPTY_TREE else {})
    made = await _post(api, input, "trees", data)
    if made["sha"] != part.tree:
        raise Unavailable(f"GitHub made the tree {made['sha']} of what should be {part.tree}.")
    return part.tree


async def _entry(
    api: "API", input: CreateCommitInput, change: Change, known: frozenset[str], slots: asyncio.Semaphore
) -> Json:
    mode = change.mode if change.blob else change.before
    entry = {"path": change.path, "mode": mode, "type": "commit" if mode == SUBMODULE else "blob"}
    if not change.blob or mode == SUBMODULE or change.blob in known:
        return entry | {"sha": change.blob or None}
    async with slots:
        raw = await content(Path(input.git_dir), change)
        text = _text(raw)
        return entry | ({"sha": await _blob(api, input, raw)} if text is None else {"content": text})


def _text(raw: bytes) -> str | None:
    """The text that comes out of JSON as it went in; None for anything else."""
    if len(raw) > _INLINE or b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


async def _blob(api: "API", input: CreateCommitInput, raw: bytes) -> str:
    data = {"content": base64.b64encode(raw).decode("ascii"), "encoding": "base64"}
    return str((await _post(api, input, "blobs", data))["sha"])


async def _post(api: "API", input: CreateCommitInput, what: str, data: Json) -> Json:
    while True:
        try:
            made: Json = await api.post(f"/repos/{{owner}}/{{repo}}/git/{what}", names(input.repo), data=data)
            return made
        except RateLimited as limit:
            if limit.retry_after > _PATIENCE_S:
                raise
            await asyncio.sleep(limit.retry_after)


async def _move(api: "API", input: CreateCommitInput, sha: str) -> None:
    """The branch to its new head. GitHub compares for ancestry only, so that the branch is still where it was
    expected is looked up just before; what is left of the gap is a branch that is set back within it."""
    there = await tip(api, input.repo, input.branch)
    if there != input.expected_head:
        raise moved_on(input.branch, there)
    where = names(input.repo, ref=f"heads/{input.branch}")
    try:
        with rules_of(input.branch):
            await api.patch("/repos/{owner}/{repo}/git/refs/{ref}", where, data={"sha": sha, "force": False})
    except Validation:
        there = await tip(api, input.repo, input.branch)
        if there == input.expected_head:
            raise
        raise moved_on(input.branch, there) from None


def moved_on(branch: str, there: str) -> Conflict:
    """Somebody else was quicker."""
    return Conflict(texts.branch_moved(branch, there))

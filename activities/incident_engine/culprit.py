"""The change that brought an incident, as the commits of the default branch that have to be taken back together.

A commit comes to the branch alone, within a merge, or as one of several of a pull request that was rebased. What is
taken back is always the whole: the merge, or all of the pull request.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from activities.errors import CommitsLost
from activities.incidents import fix_texts
from activities.incidents.store import IncidentStore
from activities.incidents.types import IncidentScope, RecentChange
from activities.quality_gate.types import Workspace
from activities.reporting.markdown import one_line
from activities.workspace.git import GitError, git
from activities.workspace.mirror import Workspaces

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PULL = re.compile(r"\(#(\d{1,9})\)\s*\Z|\AMerge pull request #(\d{1,9})\b")
_FURTHEST = 20_000
"""So many first parents of the head are looked at."""
_MOST_MESSAGES = 200


@dataclass(frozen=True)
class Culprit:
    """What came after the commit `base` up to `newest`, both first parents of the head. `at` is when it came to the
    branch, or was deployed (seconds since 1970); `messages` are those of all its commits."""

    newest: str
    base: str
    at: float
    title: str = ""
    pull: int = 0
    labels: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


class NoCulprit(Exception):
    """There is nothing that can be reverted; the sentence says why."""


async def read_culprit(
    workspaces: Workspaces, store: IncidentStore, scope: IncidentScope, workspace: Workspace, change: str
) -> Culprit:
    """`change` is the id of a change: a sha, or `deployment:7`, which cannot be reverted. Raises NoCulprit, and
    CommitsLost where the workspace's head is not on this host."""
    if not _SHA.fullmatch(change):
        raise NoCulprit(fix_texts.no_commit(change))
    known = await asyncio.to_thread(store.get, scope.incident, "changes", tuple[RecentChange, ...]) or ()
    try:
        await workspaces.fetch(workspace.repo, workspace.head_sha)
    except GitError as error:
        raise CommitsLost(workspace.head_sha) from error
    repository = BranchHistory(workspaces, workspace)
    chain = await repository.first_parents()
    newest = await repository.carrier(change, chain)
    if not newest:
        raise NoCulprit(fix_texts.no_commit(change))
    at = chain.index(newest)
    own = _change_with(known, chain, at)
    if own:
        newest, base = own.sha, own.base
    elif at + 1 < len(chain):
        base = chain[at + 1]
    else:
        raise NoCulprit(fix_texts.FIRST_COMMIT)
    return await repository.described(newest, base, own)


def _change_with(known: Sequence[RecentChange], chain: Sequence[str], at: int) -> RecentChange | None:
    """The change that this first parent of the head is a part of."""
    places = {sha: place for place, sha in enumerate(chain)}
    for one in known:
        if one.base in places and places.get(one.sha, len(chain)) <= at < places[one.base]:
            return one
    return None


class BranchHistory:
    """The history of a workspace's head, in the host's mirror."""

    def __init__(self, workspaces: Workspaces, workspace: Workspace) -> None:
        self._mirror = workspaces.mirror(workspace.repo)
        self._head = workspace.head_sha

    async def first_parents(self) -> list[str]:
        """The head's first parents, the newest first, itself included."""
        listed = await git(self._mirror, "rev-list", "--first-parent", f"--max-count={_FURTHEST}", self._head, "--")
        return listed.decode("ascii").split()

    async def carrier(self, sha: str, chain: Sequence[str]) -> str:
        """The first parent that brought a commit to the branch: itself, or the merge. "" where none did."""
        if sha in chain:
            return sha
        low, high = -1, len(chain)  # all up to `low` have it, none from `high` on
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if await self._has(chain[middle], sha) else (low, middle)
        return chain[low] if low >= 0 else ""

    async def _has(self, newer: str, older: str) -> bool:
        try:
            await git(self._mirror, "merge-base", "--is-ancestor", older, newer)
        except GitError:
            return False
        return True

    async def described(self, newest: str, base: str, change: RecentChange | None) -> Culprit:
        """What is to be taken back, with what its commits and its pull request say."""
        facts = await git(
            self._mirror, "log", "-z", f"--max-count={_MOST_MESSAGES}", "--format=%ct%n%B", newest, f"^{base}", "--"
        )
        rows = [row.decode("utf-8", "replace").partition("\n") for row in facts.split(b"\0") if row.strip()]
        messages = tuple(message for _, _, message in rows)
        headline = messages[0].strip().partition("\n")[0] if messages else ""
        named = _PULL.search(headline)
        pull = change.pull if change else 0
        if not pull and named:
            pull = int(named[1] or named[2])
        title = change.title if change and change.title else headline
        at = change.at if change else float(rows[0][0] or 0) if rows else 0.0
        labels = change.labels if change else ()
        return Culprit(newest, base, at, one_line(title, 100), pull, labels, messages)

"""What a commit only names: its submodules, and the contents of its Git LFS files.

A mirror has a record for each commit of what may be in its checkout: only that is laid out, so that nothing gets
there because another commit, or another repository, was allowed to have it.
"""

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.reporting import linked_content
from activities.reporting.linked_content import LfsProblem
from activities.untrusted_files import UntrustedFolder
from activities.workspace.git import GitError, credentials, git
from activities.workspace.leases import locked
from activities.workspace.lfs import LfsPointer, content_path, pointers_of
from activities.workspace.submodules import (
    MOST,
    Submodule,
    fetch_submodule,
    folder_ref,
    named,
    repository_of,
    submodule_ref,
    submodule_tree,
    submodule_urls,
    submodules_of,
)

CloneUrl = Callable[[RepoRef], str]
GitAuth = Callable[[RepoRef], Awaitable[tuple[str, str]]]
"""Returns (user name, token) for fetching; ("", "") if no credential is needed."""
Download = Callable[[Collection[LfsPointer]], Awaitable[Mapping[str, LfsProblem]]]
"""Brings all contents of a commit into the mirror's store; the problem of each (by its id) that is not there then."""


@dataclass(frozen=True)
class LinkedContent:
    """`trees`: path of a submodule → the tree of its files, outer ones first. `lfs`: path → the content's id."""

    trees: Mapping[str, str] = field(default_factory=dict)
    lfs: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """For the name of a checkout with this content: another one for other content."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


def read_linked(mirror: Path, commit: str) -> LinkedContent | None:
    """What passed for a commit; None where nobody looked, or the mirror was evicted since."""
    try:
        return LinkedContent(**json.loads((mirror / "linked" / commit).read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_linked(mirror: Path, commit: str, linked: LinkedContent) -> None:
    """The mirror is locked."""
    record = mirror / "linked" / commit
    record.parent.mkdir(mode=0o700, exist_ok=True)
    part = record.with_name(f"{commit}.part")
    part.write_text(json.dumps(asdict(linked)), "utf-8")
    part.replace(record)


def lfs_store(mirror: Path) -> UntrustedFolder:
    """Where a mirror keeps the contents of Git LFS files; for us alone, as all of a mirror."""
    (mirror / "lfs").mkdir(mode=0o700, exist_ok=True)
    return UntrustedFolder(mirror / "lfs")


async def bring_contents(mirror: Path, commit: str, download: Download | None) -> tuple[dict[str, str], list[str]]:
    """Path → id of the contents of Git LFS files that the mirror has then, and sentences about the others. Without
    `download` nothing is brought."""
    pointers, store = await pointers_of(mirror, commit), lfs_store(mirror)
    problems: Mapping[str, LfsProblem] = {}
    if download and not all(store.is_file(content_path(one.oid)) for one in pointers.values()):
        problems = await download(set(pointers.values()))
    present, lacking = {}, defaultdict[LfsProblem, list[str]](list)
    for path, one in pointers.items():
        if store.is_file(content_path(one.oid)):
            present[path] = one.oid
        else:
            lacking[problems.get(one.oid, "failed" if download else "absent")].append(path)
    return present, [linked_content.only_pointers(paths, problem) for problem, paths in sorted(lacking.items())]


async def pointers_in_submodules(mirror: Path, trees: Mapping[str, str]) -> list[str]:
    """Sentences about files of Git LFS in submodules (path → tree): the mirror has contents of its own repository
    alone."""
    found = [f"{folder}/{path}" for folder, tree in trees.items() for path in await pointers_of(mirror, tree)]
    return [linked_content.only_pointers(found, "submodule")] if found else []


class SubmoduleFetch:
    """Brings the submodules of a repository's commits into its mirror. `auth` gives a token of the repository's own
    installation for another repository of it; None: everything is fetched without one."""

    def __init__(self, repo: RepoRef, mirror: Path, clone_url: CloneUrl, auth: GitAuth | None) -> None:
        self._repo = repo
        self._mirror = mirror
        self._clone_url = clone_url
        self._auth = auth

    async def bring(self, commit: str, trusted: str) -> tuple[dict[str, str], list[str]]:
        """Path → tree of all that passed, and sentences about the others. Of submodules and theirs, `MOST` in all."""
        allowed = set((await submodule_urls(self._mirror, trusted)).values()) if trusted else set()
        trees: dict[str, str] = {}
        lacking: list[str] = []
        pending = [(self._repo, each, each.url in allowed) for each in await submodules_of(self._mirror, commit)]
        for parent, each, private in itertools.islice(pending, MOST):  # it grows meanwhile
            tree, problem = await self._tree_of(parent, each, private)
            if problem:
                lacking.append(problem)
                continue
            trees[each.path] = tree
            inner = self._repo if self._repo.path else named(self._name(parent, each), self._repo)
            below = await submodules_of(self._mirror, tree)
            pending += [(inner, one.inside(each.path), False) for one in below]
        if len(pending) > MOST:
            lacking.append(linked_content.too_many(len(pending) - MOST))
        return trees, lacking

    def _name(self, parent: RepoRef, submodule: Submodule) -> str:
        return repository_of(submodule.url, self._clone_url(parent))

    async def _tree_of(self, parent: RepoRef, submodule: Submodule, private: bool) -> tuple[str, str]:
        """(tree, ""), or ("", what is wrong). Whoever may have it is asked before what is there counts."""
        if self._repo.path:
            tree = await submodule_tree(self._mirror, folder_ref(submodule.path, submodule.sha))
            return tree, "" if tree else linked_content.not_here(submodule.path)
        name = self._name(parent, submodule)
        if not name:
            return "", linked_content.refused_address(submodule.path)
        other = named(name, self._repo)
        public = submodule_ref(name, submodule.sha)
        tree = await submodule_tree(self._mirror, public)
        own = submodule_ref(name, submodule.sha, with_token=True)
        if not tree and private and await submodule_tree(self._mirror, own):
            tree = await self._fetched_with_token(other, submodule.sha, own)
        tree = tree or await self._fetched(other, submodule.sha, public, {})
        if not tree and private:
            tree = await self._fetched_with_token(other, submodule.sha, own)
        return tree, "" if tree else linked_content.not_fetched(submodule.path, name, submodule.sha)

    async def _fetched_with_token(self, other: RepoRef, sha: str, ref: str) -> str:
        """What came with a token before counts only as long as a token opens that repository."""
        try:
            user, token = await self._auth(other) if self._auth else ("", "")
        except UserError:  # the installation does not have that repository
            return ""
        if not token:
            return ""
        url = self._clone_url(other)
        config = credentials(url, user, token)
        known = await submodule_tree(self._mirror, ref)
        if not known:
            return await self._fetched(other, sha, ref, config)
        try:
            await git(self._mirror, "ls-remote", "--quiet", url, "HEAD", config=config)
        except GitError as error:
            if error.unavailable:
                raise
            return ""
        return known

    async def _fetched(self, other: RepoRef, sha: str, ref: str, config: Mapping[str, str]) -> str:
        """The tree, "" where it was not given to us."""
        try:
            async with locked(self._mirror):
                await fetch_submodule(self._mirror, self._clone_url(other), sha, ref, config)
        except GitError as error:
            if error.unavailable:
                raise
            return ""
        return await submodule_tree(self._mirror, ref)

"""Repositories on this host: a bare mirror of each, and checkouts of single commits.

A checkout has no `.git`: what runs in it can read neither the history nor our credentials. Its folder is named by the
commit, so that every check of a sha, and every later gate, finds the same one.
"""

import asyncio
import contextlib
import hashlib
import re
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.reporting.linked_content import LfsProblem
from activities.reporting.markdown import code
from activities.untrusted_files import UntrustedFolder, remove_tree
from activities.workspace.folder_repository import StandIn, bare_repository, find_repository, stand_in
from activities.workspace.folder_transfer import copy_commits, has_history_of, is_named
from activities.workspace.git import EMPTY_TREE, GitError, credentials, git, git_limited, git_line
from activities.workspace.leases import hold, locked
from activities.workspace.lfs import LfsPointer, lay_out
from activities.workspace.linked import (
    CloneUrl,
    GitAuth,
    LinkedContent,
    SubmoduleFetch,
    bring_contents,
    lfs_store,
    pointers_in_submodules,
    read_linked,
    write_linked,
)
from activities.workspace.submodules import add_submodules

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERIFY = ("rev-parse", "--verify", "--quiet")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LARGEST_DIFF = 32 * 1024**2
_INTERRUPTED = "autobuild-interrupted"
"""This file in a mirror: a fetch did not come to its end, so that not every object there is complete."""

_LEFTOVERS = {
    "objects/pack/tmp_*": 0.0,
    "objects/??/tmp_*": 600.0,
    "refs/autobuild/*.lock": 600.0,
    "*.lock": 600.0,
    "lfs/tmp_*": 600.0,
}
"""Patterns in a mirror → seconds since its last change from which on no git can be at work on it. Packs are written by
fetches alone, one after another."""

DIFF_MARKS = ("--output-indicator-new=>", "--output-indicator-old=<")
"""For `git diff`: no line of an untrusted file can then be taken for a header."""

_GITS_UMASK = 0o022
"""With it a checkout has the modes that its tests expect, 644 and 755. The folders above it are closed."""


@dataclass(frozen=True)
class ComparedCommits:
    """What a gate compares. `base_sha` is the merge base, "" if there is nothing to compare with; `base_tip` the tip of
    the base branch, or the commit that was named instead. `base_was_tip`: the base branch itself was at `base_sha`, as
    its first parents say."""

    head_sha: str
    head_tree: str
    base_sha: str = ""
    base_tree: str = EMPTY_TREE
    base_tip: str = ""
    base_was_tip: bool = True


class Workspaces:
    """All repositories of one host, below `root`. `clone_url` is called after `git_auth`, which may learn a new name.
    `forget`: what these two know of a repository is outdated. `submodule_auth` is as `git_auth`, and asks the
    installation that the repository names and no other; without it submodules are fetched without a token."""

    def __init__(
        self,
        root: Path,
        clone_url: CloneUrl,
        git_auth: GitAuth,
        forget: Callable[[RepoRef], None] = lambda _: None,
        submodule_auth: GitAuth | None = None,
    ) -> None:
        self._root = root
        self._clone_url = clone_url
        self._git_auth = git_auth
        self._forget = forget
        self._submodule_auth = submodule_auth

    def mirror(self, repo: RepoRef) -> Path:
        """The bare repository's folder (it may not exist yet)."""
        for part in (repo.owner, repo.name):
            if not _NAME.fullmatch(part) or part.strip(".") == "":
                raise UserError(f"{code(part) or 'An empty name'} is not a valid name of a repository or owner.")
        return self._root / "mirrors" / repo.owner / f"{repo.name}.git"

    async def fetch(self, repo: RepoRef, *refs: str) -> None:
        """Brings commits (by sha) and branches (`refs/heads/…`) into the mirror, commits only if it lacks them."""
        mirror = self.mirror(repo)
        if hold(mirror) and all(_SHA.fullmatch(ref) and is_named(mirror, _own_ref(ref), ref) for ref in refs):
            return
        async with locked(mirror):
            if not hold(mirror):
                await _create(mirror)
                hold(mirror)
            missing = [ref for ref in refs if not (_SHA.fullmatch(ref) and await _has_commit(mirror, ref))]
            if missing:
                await self._download(repo, mirror, missing)

    async def take(self, repo: RepoRef, source: StandIn, *commits: str) -> None:
        """Brings commits of a folder into the mirror, and how much of their history the folder lacks."""
        mirror = self.mirror(repo)
        refs = {sha: _own_ref(sha) for sha in commits}
        if hold(mirror) and has_history_of(mirror, source) and all(is_named(mirror, refs[sha], sha) for sha in commits):
            return
        async with locked(mirror):
            if not hold(mirror):
                await _create(mirror)
                hold(mirror)
            same = await asyncio.to_thread(has_history_of, mirror, source)
            missing = [sha for sha in commits if not (same and await _has_commit(mirror, sha))]
            if missing:
                await copy_commits(source, mirror, {sha: refs[sha] for sha in missing})

    async def _download(self, repo: RepoRef, mirror: Path, refs: list[str]) -> None:
        specs = [f"+{ref}:{_own_ref(ref)}" for ref in refs]
        if repo.path:
            repository = bare_repository(Path(repo.path)) or find_repository(Path(repo.path))
            if repository is None:
                raise UserError(f"{code(repo.path)} is not a Git repository.")
            async with stand_in(repository) as source:
                await copy_commits(source, mirror, {ref: _own_ref(ref) for ref in refs})
            return
        for last_try in (False, True):
            user, token = await self._git_auth(repo)
            url = self._clone_url(repo)
            try:
                await _fetch_from(url, mirror, specs, credentials(url, user, token))
                return
            except GitError as error:
                if last_try or not (error.moved or error.unauthorized):
                    raise
                # The name or the token that we know is outdated: once more with new ones.
                self._forget(repo)

    async def resolve(self, repo: RepoRef, head_sha: str, base_ref: str = "", base_sha: str = "") -> ComparedCommits:
        """What to compare `head_sha` with: its merge base with the base branch's tip, or with `base_sha`."""
        branch = f"refs/heads/{base_ref}" if base_ref else ""
        commits = [sha for sha in (head_sha, base_sha) if sha]
        try:
            await self.fetch(repo, *commits, *([branch] if branch else ()))
        except GitError as error:
            if not branch or not _lacks(error, branch):
                raise
            branch = ""  # not pushed yet, or deleted: there is nothing to compare with
            await self.fetch(repo, *commits)
        mirror = self.mirror(repo)
        tip = await git_line(mirror, *_VERIFY, f"{_own_ref(branch)}^{{commit}}") if branch else base_sha
        base = await _merge_base(mirror, head_sha, base_sha or tip)
        return ComparedCommits(
            head_sha=head_sha,
            head_tree=await self.tree(repo, head_sha),
            base_sha=base,
            base_tree=await self.tree(repo, base) if base else EMPTY_TREE,
            base_tip=tip,
            base_was_tip=await _was_tip(mirror, base, tip),
        )

    async def fetch_branch(self, repo: RepoRef, branch: str) -> str:
        """Brings a branch into the mirror; its tip, "" where there is no such branch."""
        ref = f"refs/heads/{branch}"
        try:
            await self.fetch(repo, ref)
        except GitError as error:
            if not _lacks(error, ref):
                raise
            return ""
        return await git_line(self.mirror(repo), *_VERIFY, f"{_own_ref(ref)}^{{commit}}")

    async def tree(self, repo: RepoRef, sha: str) -> str:
        """The tree of a commit that the mirror has."""
        return await git_line(self.mirror(repo), *_VERIFY, f"{sha}^{{tree}}")

    async def read_file(self, repo: RepoRef, sha: str, path: str) -> str | None:
        """A file of a commit as text; None if it does not exist. Undecodable bytes are replaced."""
        try:
            return (await git(self.mirror(repo), "cat-file", "blob", f"{sha}:{path}")).decode("utf-8", "replace")
        except GitError:
            return None

    async def fetch_linked(self, repo: RepoRef, commit: str, trusted: str) -> tuple[str, ...]:
        """Brings the submodules and the Git LFS files of a commit, and records what its checkout gets. What is lacking,
        as sentences.

        A repository that is not public is read only where `.gitmodules` of the commit `trusted` names it too: whoever
        proposes a change may not be allowed to read it."""
        mirror = self.mirror(repo)
        fetch = SubmoduleFetch(repo, mirror, self._clone_url, self._submodule_auth)
        trees, lacking = await fetch.bring(commit, trusted)
        download = None if repo.path else partial(self._download_contents, repo)
        contents, without = await bring_contents(mirror, commit, download)
        lacking += [*without, *await pointers_in_submodules(mirror, trees)]
        async with locked(mirror):
            await asyncio.to_thread(write_linked, mirror, commit, LinkedContent(trees, contents))
        return tuple(lacking)

    async def _download_contents(self, repo: RepoRef, pointers: Collection[LfsPointer]) -> Mapping[str, LfsProblem]:
        from activities.workspace.lfs_download import LfsDownload

        for last_try in (False, True):
            credential = await self._git_auth(repo)
            try:
                return await LfsDownload(self._clone_url(repo), credential, self.mirror(repo) / "lfs").bring(pointers)
            except GitError as error:
                if error.unavailable:
                    raise
                if last_try or not (error.moved or error.unauthorized):
                    break
                self._forget(repo)
        return {each.oid: "refused" for each in pointers}

    async def has_linked(self, repo: RepoRef, commit: str) -> bool:
        """Whether `fetch_linked` was called for the commit, and the mirror is still there."""
        return await asyncio.to_thread(read_linked, self.mirror(repo), commit) is not None

    async def link_as(self, repo: RepoRef, commit: str, before: str) -> None:
        """Gives a commit of our own the submodules of the one that it changes, in which these are the same."""
        mirror = self.mirror(repo)
        known = await asyncio.to_thread(read_linked, mirror, before) or LinkedContent()
        contents, _ = await bring_contents(mirror, commit, None)
        async with locked(mirror):
            await asyncio.to_thread(write_linked, mirror, commit, LinkedContent(known.trees, contents))

    async def checkout(self, repo: RepoRef, sha: str) -> Path:
        """A folder with the files of a commit, and with what passed of what it only names: one for each such content,
        made once. It is never written to."""
        linked = await asyncio.to_thread(read_linked, self.mirror(repo), sha) or LinkedContent()
        folder = self._root / "checkouts" / repo.owner / repo.name / f"{sha}-{linked.digest}"
        if hold(folder):
            return folder
        await self.fetch(repo, sha)  # the mirror may have been evicted
        async with locked(folder):
            if not hold(folder):
                await _check_out(self.mirror(repo), sha, linked, folder)
                hold(folder)
        return folder

    async def diff(self, repo: RepoRef, base: str, head: str) -> bytes:
        """The change in unified form without context, renames followed, for `changed_lines`; `base` "" means from
        nothing. One beyond 32 MiB is empty: its coverage would say nothing useful."""
        return await git_limited(
            _LARGEST_DIFF,
            self.mirror(repo), "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--unified=0", "--find-renames",
            "--src-prefix=a/", "--dst-prefix=b/", "-l2000", *DIFF_MARKS, base or EMPTY_TREE, head, "--",
        ) or b""  # fmt: skip

    async def renamed_paths(self, repo: RepoRef, base: str, head: str) -> Mapping[str, str]:
        """Old path → new path of the files that were renamed between two commits."""
        out = await git(
            self.mirror(repo), "diff", "-z", "--name-status", "--diff-filter=R", "--find-renames", "-l2000",
            base or EMPTY_TREE, head, "--",
        )  # fmt: skip
        parts = [part.decode("utf-8", "backslashreplace") for part in out.split(b"\0")[:-1]]
        return {parts[i + 1]: parts[i + 2] for i in range(0, len(parts) - 2, 3)}

    async def changed_paths(self, repo: RepoRef, base: str, head: str) -> Mapping[str, str]:
        """The paths of all files that differ, both names of a renamed one, with git's letter: A added, D deleted, M
        modified, T of another type."""
        out = await git(
            self.mirror(repo), "diff", "-z", "--name-status", "--no-renames", base or EMPTY_TREE, head, "--",
        )  # fmt: skip
        parts = [part.decode("utf-8", "backslashreplace") for part in out.split(b"\0")[:-1]]
        return dict(zip(parts[1::2], parts[::2], strict=True))


async def _fetch_from(url: str, mirror: Path, specs: list[str], config: Mapping[str, str] | None = None) -> None:
    options = ("--quiet", "--no-tags", "--no-write-fetch-head")
    await asyncio.to_thread(remove_leftovers, mirror)
    interrupted, was_interrupted = mirror / _INTERRUPTED, (mirror / _INTERRUPTED).exists()
    interrupted.touch()
    await git(mirror, "-c", "gc.auto=0", "fetch", *options, url, *specs, config=config)
    if not was_interrupted:
        interrupted.unlink()


async def _create(mirror: Path) -> None:
    """Whole or not at all, however it ends: git would take a part of a repository for one."""
    part = Path(tempfile.mkdtemp(prefix=f"{mirror.name}.", suffix=".part", dir=mirror.parent))
    try:
        await git(part, "init", "--bare", "--quiet", ".")
        part.rename(mirror)
    finally:
        remove_tree(part)


def remove_leftovers(mirror: Path) -> None:
    """What a git left that was killed, or had no space: unfinished packs, which may fill the disk, and locks, which
    would hold up every later one. The mirror is locked. Blocking."""
    for pattern, age_s in _LEFTOVERS.items():
        for path in mirror.glob(pattern):
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime <= time.time() - age_s:
                    remove_tree(path)


async def _check_out(mirror: Path, sha: str, linked: LinkedContent, folder: Path) -> None:
    names = {"prefix": f"{folder.name}.", "suffix": ".part"}
    part, home = (Path(tempfile.mkdtemp(dir=folder.parent, **names)) for _ in range(2))
    index = home / "index"
    env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(part), "GIT_DIR": str(mirror)}
    try:
        await git(mirror, "read-tree", sha, env=env)
        await add_submodules(mirror, linked.trees, env)
        options = ("--all", "--force", "--quiet")
        await git(part, "-c", "core.symlinks=true", "checkout-index", *options, env=env, umask=_GITS_UMASK)
        await asyncio.to_thread(lay_out, linked.lfs, lfs_store(mirror), UntrustedFolder(part))
        part.chmod(0o755)
        part.rename(folder)
    finally:
        remove_tree(home)
        remove_tree(part)


async def _merge_base(mirror: Path, head: str, base: str) -> str:
    """ "" if they have no common history: then everything counts as new."""
    if not base:
        return ""
    try:
        return await git_line(mirror, "merge-base", head, base)
    except GitError as error:
        if error.stderr.strip():
            raise
        return ""


async def _was_tip(mirror: Path, commit: str, tip: str) -> bool:
    """Whether a branch that is at `tip` was at the commit: one within a merged change, or of a change that only waits
    in a merge queue, never was. With nothing to compare there is nothing that could be wrong."""
    if commit in ("", tip):
        return True
    # Down to the commit, and to what is older than it on any way.
    chain = await git(mirror, "rev-list", "--first-parent", tip, "--not", f"{commit}^@")
    return commit.encode() in chain.split()


async def _has_commit(mirror: Path, sha: str) -> bool:
    """With all that belongs to it: a fetch that was interrupted may have left a commit without its files."""
    try:
        await git(mirror, "cat-file", "-e", f"{sha}^{{commit}}")
        if not (mirror / _INTERRUPTED).exists():
            return True
        return not await git(mirror, "rev-list", "--max-count=1", sha, "--not", "--all")
    except GitError:
        return False


def _lacks(error: GitError, ref: str) -> bool:
    """Whether the repository has no such branch. Another error that names it is no reason to do without it."""
    return f"couldn't find remote ref {ref}\n" in error.stderr


def _own_ref(ref: str) -> str:
    """The mirror's own name for a commit or a branch: flat, since a ref `a` cannot exist beside a ref `a/b`."""
    return f"refs/autobuild/{ref if _SHA.fullmatch(ref) else hashlib.sha256(ref.encode()).hexdigest()}"

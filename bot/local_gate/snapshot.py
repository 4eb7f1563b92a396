"""A folder's files as a tree: what `git add --all` would put into it, without git in that folder.

Git's index says which files are as they were: those are not read, and nothing converts or filters them. Of the others
git's own conversions apply (line ends, encodings). A filter of the repository's configuration is a command and never
run: what it would make of a changed file is known for git-lfs alone, and others are taken as they are.
"""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from activities.errors import UserError
from activities.sandbox.ownership import temporary_folder
from activities.untrusted_files import FoundEntry, UntrustedFileError, UntrustedFolder
from activities.workspace.commits import SUBMODULE, CommittedFile, NewTree, new_tree
from activities.workspace.folder_config import GitConfig
from activities.workspace.folder_index import FolderIndex, IndexEntry, has_mode, read_index
from activities.workspace.folder_repository import FolderRepository, StandIn, stand_in, submodule_repository
from activities.workspace.git import GitError
from activities.workspace.lfs import FILTER, content_path, make_pointer, read_pointer
from bot.local_gate.folder_files import FolderFiles, list_files

# GitHub takes no larger ones.
_LARGEST_FILE = 100 * 1024**2
_SHOWN = 3


@dataclass(frozen=True)
class Snapshot:
    """`tree` is in the repository that stands in for the folder's. `left_out` are sentences."""

    tree: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Differences:
    """`before`: what git knows and what is still there. `looked_at`: files and links whose content decides."""

    before: dict[str, CommittedFile]
    looked_at: dict[str, FoundEntry]


async def take_snapshot(
    repository: FolderRepository, names: StandIn, index: FolderIndex, environ: Mapping[str, str]
) -> Snapshot:
    """Raises UserError in the middle of a merge that has conflicts."""
    if index.unmerged:
        shown = ", ".join(repr(path) for path in index.unmerged[:_SHOWN])
        more = f" and {len(index.unmerged) - _SHOWN} more" if len(index.unmerged) > _SHOWN else ""
        raise UserError(f"A merge left conflicts in {shown}{more}. Resolve them, `git add` the files, and try again.")
    folder = UntrustedFolder(repository.root)
    submodules = frozenset(path for path, entry in index.entries.items() if entry.file.mode == SUBMODULE)
    tracked = (index.entries.keys() - submodules) | index.added
    found = await list_files(folder, names.git_dir, tracked, submodules)
    differences = await asyncio.to_thread(_compare, folder, found, index, names.config)
    for path in submodules & differences.before.keys():
        head = await _submodule(repository, path, index.entries[path].file, environ, found)
        differences.before[path] = CommittedFile(SUBMODULE, head)
    async with temporary_folder("gate") as scratch, new_tree(names.git_dir, scratch) as new:
        await new.add(differences.before)
        changed = await asyncio.to_thread(_copy_changed, folder, found, differences, names.config, new.files)
        await _filter(new, changed, differences, names, found)
        try:
            return Snapshot(await new.write(changed), tuple(found.left_out))
        except GitError as error:
            said = error.stderr.removeprefix("hint: ").strip()
            raise UserError(f"Git cannot add a file to a commit: {said[:500]}") from error


def _compare(folder: UntrustedFolder, found: FolderFiles, index: FolderIndex, config: GitConfig) -> _Differences:
    """Git's rules of what has to be looked at."""
    any_case = config.is_on("core.ignorecase")
    differences = _Differences({}, {})
    for path, entry in index.entries.items():
        there = found.files.get(path)
        if there is None and (any_case or entry.file.mode == SUBMODULE):
            there = folder.look(path)
        if entry.is_kept or (entry.is_outside and there is None) or (there and _is_submodule(entry, there)):
            differences.before[path] = entry.file
        elif there and there.kind in ("file", "link"):
            differences.before[path] = entry.file
            if not index.is_unchanged(entry, there.facts, config):
                differences.looked_at[path] = there
    known = {path.casefold() for path in index.entries} if any_case else index.entries.keys()
    for path, there in found.files.items():
        if path not in index.entries and not (any_case and path.casefold() in known):
            differences.looked_at[path] = there
    return differences


def _is_submodule(entry: IndexEntry, there: FoundEntry) -> bool:
    return entry.file.mode == SUBMODULE and there.kind == "folder"


async def _submodule(
    parent: FolderRepository, path: str, recorded: CommittedFile, environ: Mapping[str, str], found: FolderFiles
) -> str:
    """The commit that is checked out there, the recorded one where none is."""
    repository = submodule_repository(parent, path)
    if repository is None:
        return recorded.blob
    async with stand_in(repository, environ) as names:
        head = await names.commit("HEAD")
        if not head:
            return recorded.blob
        snapshot = await take_snapshot(repository, names, await read_index(names), environ)
        if snapshot.tree != await names.tree(head):
            found.left_out.append(f"{path!r} is a submodule, and what is not committed in it is no part of a commit.")
    return head


def _copy_changed(
    folder: UntrustedFolder, found: FolderFiles, differences: _Differences, config: GitConfig, to: UntrustedFolder
) -> list[str]:
    """Copies what differs, and gives its paths. What cannot be read is left out."""
    changed = []
    for path, entry in differences.looked_at.items():
        before = differences.before.get(path)
        try:
            target = folder.link_target(path) if entry.kind == "link" else ""
            data = os.fsencode(target) if entry.kind == "link" else folder.read_bytes(path, _LARGEST_FILE)
            if before and has_mode(before.mode, entry.facts, config) and before.blob == _blob(data):
                continue
            if entry.kind == "link":
                to.make_link(path, target)
            else:
                to.write(path, data, executable=entry.executable)
            changed.append(path)
        except UntrustedFileError as error:
            found.left_out.append(f"{path!r} {error.reason}.")
    return changed


def _blob(data: bytes) -> str:
    """As git has it where its attributes convert nothing."""
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


async def _filter(
    new: NewTree, changed: list[str], differences: _Differences, names: StandIn, found: FolderFiles
) -> None:
    """Makes the pointers of Git LFS files. What another command would make of a file is not known."""
    filters = names.config.filters
    named = await new.filters(changed) if filters else {}
    for path in changed:
        if named.get(path) not in filters or differences.looked_at[path].kind == "link":
            continue
        if named[path] != FILTER:
            found.left_out.append(
                f"What the filter {named[path]!r}, a command that is not run, makes of {path!r}: "
                "its content on disk is looked at. Run `git add` with it to have it looked at as git would commit it."
            )
            continue
        content = await asyncio.to_thread(new.files.read_bytes, path, _LARGEST_FILE)
        pointer = make_pointer(content)
        if named_content := read_pointer(pointer):
            names.lfs.write(content_path(named_content.oid), content)
        new.files.write(path, pointer, differences.looked_at[path].executable)

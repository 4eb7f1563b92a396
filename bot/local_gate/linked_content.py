"""What a folder's commits only name, brought into our mirror from the folder: submodules, and files of Git LFS."""

import asyncio
import contextlib
import itertools
from pathlib import Path

from activities.untrusted_files import UntrustedFolder
from activities.workspace.folder_repository import FolderRepository, StandIn, stand_in, submodule_repository
from activities.workspace.git import GitError, git
from activities.workspace.lfs import content_path, keep_content, pointers_of
from activities.workspace.linked import lfs_store
from activities.workspace.submodules import MOST, folder_ref, keep_submodule, submodule_tree, submodules_of


async def take_linked_content(
    repository: FolderRepository, names: StandIn, mirror: Path, commit: str
) -> tuple[str, ...]:
    """What the mirror has of it then: trees of submodules and ids of contents. The rest is reported later."""
    trees = await _take_submodules(repository, mirror, commit)
    pointers, store = await pointers_of(mirror, commit), lfs_store(mirror)
    for source in (names.lfs, UntrustedFolder(repository.common / "lfs" / "objects")):
        for pointer in pointers.values():
            await asyncio.to_thread(keep_content, pointer, source, store)
    return (*trees, *(each.oid for each in pointers.values() if store.is_file(content_path(each.oid))))


async def _take_submodules(repository: FolderRepository, mirror: Path, commit: str) -> list[str]:
    """Those that are checked out in the folder, and theirs, `MOST` in all. What the mirror has of others from before
    counts no more."""
    trees = []
    pending = [(repository, "", each) for each in await submodules_of(mirror, commit)]
    for parent, folder, each in itertools.islice(pending, MOST):  # it grows meanwhile
        own, path = submodule_repository(parent, each.path), folder + each.path
        ref = folder_ref(path, each.sha)
        tree = await submodule_tree(mirror, ref)
        if own is None:
            if tree:
                await git(mirror, "update-ref", "-d", ref)
            continue
        if not tree:
            async with stand_in(own) as names:
                with contextlib.suppress(GitError):  # it does not have that commit
                    await keep_submodule(names.git_dir, mirror, each.sha, ref)
            tree = await submodule_tree(mirror, ref)
        if tree:
            trees.append(tree)
            pending += [(own, f"{path}/", one) for one in await submodules_of(mirror, tree)]
    return trees

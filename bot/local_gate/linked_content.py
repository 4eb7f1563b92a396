"""What a folder's commits only name, brought into our mirror from the folder: submodules, and files of Git LFS."""

import asyncio
import contextlib
import itertools
from pathlib import Path

from activities.untrusted_files import UntrustedFolder
from activities.workspace.folder_repository import FolderRepository, StandIn, stand_in, submodule_repository
from activities.workspace.git import GitError
from activities.workspace.lfs import keep_content, pointers_of
from activities.workspace.linked import lfs_store, present_contents
from activities.workspace.submodules import MOST, keep_submodule, submodule_ref, submodule_tree, submodules_of


async def take_linked_content(
    repository: FolderRepository, names: StandIn, mirror: Path, commit: str
) -> tuple[str, ...]:
    """What the mirror has of it then: trees of submodules and ids of contents. The rest is reported later."""
    trees = await _take_submodules(repository, mirror, commit)
    pointers, store = await pointers_of(mirror, commit), lfs_store(mirror)
    for source in (names.lfs, UntrustedFolder(repository.common / "lfs" / "objects")):
        for pointer in pointers.values():
            await asyncio.to_thread(keep_content, pointer, source, store)
    contents, _ = await present_contents(mirror, commit)
    return (*trees, *contents.values())


async def _take_submodules(repository: FolderRepository, mirror: Path, commit: str) -> list[str]:
    """Those that are checked out in the folder, and theirs, `MOST` in all."""
    trees = []
    pending = [(repository, each) for each in await submodules_of(mirror, commit)]
    for parent, each in itertools.islice(pending, MOST):  # it grows meanwhile
        own = submodule_repository(parent, each.path)
        if own is None:
            continue
        ref = submodule_ref("", each.sha)
        if not await submodule_tree(mirror, ref):
            async with stand_in(own) as names:
                with contextlib.suppress(GitError):  # it does not have that commit
                    await keep_submodule(names.git_dir, mirror, each.sha, ref)
        if tree := await submodule_tree(mirror, ref):
            trees.append(tree)
            pending += [(own, one) for one in await submodules_of(mirror, tree)]
    return trees

"""What a folder's commits only name, brought into our mirror from the folder: submodules, and files of Git LFS."""

import asyncio
import contextlib
from pathlib import Path

from activities.untrusted_files import UntrustedFolder
from activities.workspace.folder_repository import FolderRepository, StandIn, stand_in, submodule_repository
from activities.workspace.git import GitError
from activities.workspace.lfs import keep_content, pointers_of
from activities.workspace.mirror import lfs_store
from activities.workspace.submodules import MOST, has_submodule, keep_submodule, submodule_ref, submodules_of

_DEEPEST = 5


async def take_linked_content(repository: FolderRepository, names: StandIn, mirror: Path, commit: str) -> bool:
    """Whether something was new. What is not in the folder's own object stores is reported later."""
    new = await _take_submodules(repository, mirror, commit)
    pointers, store = await pointers_of(mirror, commit), lfs_store(mirror)
    for source in (names.lfs, UntrustedFolder(repository.common / "lfs" / "objects")):
        for pointer in pointers.values():
            new = await asyncio.to_thread(keep_content, pointer, source, store) or new
    return new


async def _take_submodules(repository: FolderRepository, mirror: Path, tree: str, depth: int = 0) -> bool:
    new = False
    for each in (await submodules_of(mirror, tree))[:MOST]:
        own = submodule_repository(repository, each.path) if depth < _DEEPEST else None
        if own is None:
            continue
        if not await has_submodule(mirror, each.sha):
            async with stand_in(own) as names:
                with contextlib.suppress(GitError):  # it does not have that commit
                    await keep_submodule(names.git_dir, mirror, each.sha)
                    new = True
        if await has_submodule(mirror, each.sha):
            new = await _take_submodules(own, mirror, submodule_ref(each.sha), depth + 1) or new
    return new

"""A change of the mirror, applied to the folder that it is about: as a patch, but not by git in that folder."""

import asyncio
import os
from pathlib import Path

from activities.errors import UserError
from activities.sandbox.ownership import temporary_folder
from activities.untrusted_files import UntrustedFileError, UntrustedFolder
from activities.workspace.commits import committed_files
from activities.workspace.git import GitError, git

_LARGEST_FILE = 100 * 1024**2


async def apply_change(root: Path, mirror: Path, before: str, after: str) -> None:
    """Changes the files of `root` as the commit `after` changed those of `before`. Raises UserError, and changes
    nothing, where a file was edited in the meantime so that the change does not fit."""
    folder = UntrustedFolder(root)
    names = await git(mirror, "diff", "--name-only", "--no-renames", "-z", before, after)
    paths = [os.fsdecode(name) for name in names.split(b"\0")[:-1]]
    # Which line ends a file has here is said by attributes.
    attributes = [path for path in await committed_files(mirror, before) if path.endswith(".gitattributes")]
    patch = await git(mirror, "diff", "--binary", "--no-color", "--no-ext-diff", before, after)
    async with temporary_folder("gate") as scratch:
        copies = UntrustedFolder(scratch)
        await asyncio.to_thread(_copy, folder, copies, {*paths, *attributes})
        converted = [path for path in paths if await _with_gits_line_ends(copies, mirror, before, path)]
        env = {"GIT_DIR": str(mirror.resolve()), "GIT_WORK_TREE": str(scratch)}
        try:
            await git(copies.root, "apply", "--whitespace=nowarn", "-", env=env, stdin=patch)
        except GitError as error:
            raise UserError(f"The changes do not fit the files any more: {error.stderr.strip()[:500]}") from error
        await asyncio.to_thread(_write_back, copies, folder, paths, frozenset(converted))


def _copy(folder: UntrustedFolder, copies: UntrustedFolder, paths: set[str]) -> None:
    """What is missing or no regular file is not copied, so a patch of it fails."""
    for path in paths:
        entry = folder.look(path)
        if entry and entry.kind == "file" and entry.facts.st_size <= _LARGEST_FILE:
            folder.copy(path, copies)


async def _with_gits_line_ends(copies: UntrustedFolder, mirror: Path, before: str, path: str) -> bool:
    """Whether the person's own settings (`core.autocrlf`) gave the file other line ends than the commit has. Then the
    copy has those of the commit."""
    if not copies.is_file(path) or b"\r\n" not in (data := copies.read_bytes(path, _LARGEST_FILE)):
        return False
    try:
        blob = await git(mirror, "cat-file", "blob", f"{before}:{path}")
    except GitError:
        return False
    if b"\r" in blob or blob.replace(b"\n", b"\r\n") != data:
        return False
    copies.write(path, blob, executable=bool((entry := copies.look(path)) and entry.executable))
    return True


def _write_back(copies: UntrustedFolder, folder: UntrustedFolder, paths: list[str], converted: frozenset[str]) -> None:
    try:
        for path in paths:
            if not copies.is_file(path):
                folder.remove(path)
                continue
            entry = folder.look(path) or copies.look(path)
            data = copies.read_bytes(path, _LARGEST_FILE)
            if path in converted:
                data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            folder.write(path, data, executable=bool(entry and entry.executable))
    except UntrustedFileError as error:
        raise UserError(f"A change cannot be written: {error}") from error

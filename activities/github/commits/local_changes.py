"""The difference of two local commits as GitHub takes it: for its mutation, or in parts for its git data."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from activities.errors import UserError
from activities.reporting import github_errors as texts
from activities.sandbox.ownership import temporary_folder
from activities.workspace.git import git, git_line

REGULAR, ABSENT, SUBMODULE = "100644", "000000", "160000"
# Not in the schema of the mutation: its users report 100 files and 40 MB a call.
_FILES, _BYTES = 100, 20_000_000
# GitHub refuses larger files, however they come.
_LARGEST = 100 * 1024**2


@dataclass(frozen=True)
class PathChange:
    """One path. `blob` is "" for a deletion; `before` and `mode` are the modes that git has, `ABSENT` for no file.
    `size` is in bytes."""

    path: str
    before: str
    mode: str
    blob: str
    size: int = 0

    @property
    def encoded_size(self) -> int:
        """Bytes in base64."""
        return self.size * 4 // 3


@dataclass(frozen=True)
class ChangePart:
    """What fits into one call, and the tree after it."""

    changes: tuple[PathChange, ...]
    tree: str


async def changes_between(git_dir: Path, base: str, commit: str) -> tuple[PathChange, ...]:
    """What changed, by path. Raises `UserError` for what GitHub's API cannot write at all."""
    raw = await git(git_dir, "diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", base, commit, "--")
    found = tuple(_parse(raw.split(b"\0")[:-1]))
    # A submodule's commit is in no repository of ours.
    blobs = [change.blob for change in found if change.blob and change.mode != SUBMODULE]
    if blobs:
        stdin = "\n".join(blobs).encode() + b"\n"
        out = await git(git_dir, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=stdin)
        sizes = {blob: int(size) for blob, size in (row.split(" ") for row in out.decode("ascii").splitlines())}
        found = tuple(replace(change, size=sizes.get(change.blob, 0)) for change in found)
    for change in found:
        if change.size > _LARGEST:
            raise UserError(texts.file_too_large(change.path, change.size / 1024**2))
    return found


def _parse(fields: Sequence[bytes]) -> Iterator[PathChange]:
    """`:100644 100644 <old> <new> M`, then the path, and so on."""
    for head, path in zip(fields[::2], fields[1::2], strict=True):
        before, mode, _, blob, _ = head.decode("ascii").removeprefix(":").split(" ")
        try:
            name = path.decode("utf-8")
        except UnicodeDecodeError:
            raise UserError(texts.not_utf8(path.decode("utf-8", "backslashreplace"))) from None
        yield PathChange(name, before, mode, "" if mode == ABSENT else blob)


def fits_mutation(found: Sequence[PathChange]) -> bool:
    """Whether one call of the mutation carries it all: it knows regular files only, and not too much of them."""
    regular = all({change.before, change.mode} <= {REGULAR, ABSENT} for change in found)
    return regular and len(found) <= _FILES and sum(change.encoded_size for change in found) <= _BYTES


async def file_changes(git_dir: Path, found: Sequence[PathChange]) -> dict[str, list[dict[str, str]]]:
    """GitHub's `FileChanges`; contents in base64."""
    additions = [
        {"path": change.path, "contents": base64.b64encode(await content(git_dir, change)).decode("ascii")}
        for change in found
        if change.blob
    ]
    return {"additions": additions, "deletions": [{"path": change.path} for change in found if not change.blob]}


async def content(git_dir: Path, change: PathChange) -> bytes:
    """What the file contains afterwards; of a symbolic link, its target."""
    return await git(git_dir, "cat-file", "blob", change.blob)


async def in_parts(git_dir: Path, base: str, found: Sequence[PathChange]) -> list[ChangePart]:
    """The changes in parts small enough for one call each; the last part's tree is the whole change's.

    Deletions come first, in parts of their own: a file may take the place of a folder. The tree after each part is
    written with an index of its own: a later try knows by it how far an earlier one came.
    """
    groups = [
        *_groups([change for change in found if not change.blob]),
        *_groups([change for change in found if change.blob]),
    ]
    async with temporary_folder("index") as folder:
        env = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_DIR": str(git_dir)}
        await git(git_dir, "read-tree", base, env=env)
        parts = []
        for group in groups:
            entries = b"".join(f"{change.mode} {change.blob or '0' * 40}\t{change.path}\0".encode() for change in group)
            await git(git_dir, "update-index", "-z", "--index-info", env=env, stdin=entries)
            parts.append(ChangePart(tuple(group), await git_line(git_dir, "write-tree", env=env)))
        return parts


def _groups(found: Sequence[PathChange]) -> Iterator[list[PathChange]]:
    group: list[PathChange] = []
    for change in found:
        size = sum(each.encoded_size for each in group) + change.encoded_size
        if group and (len(group) >= _FILES or size > _BYTES):
            yield group
            group = []
        group.append(change)
    if group:
        yield group

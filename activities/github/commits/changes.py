"""The difference of two local commits as GitHub takes it: for its mutation, or in parts for its git data."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from activities.errors import UserError
from activities.reporting import github_errors as texts
from activities.workspace.git import git, git_line

REGULAR, GONE, SUBMODULE = "100644", "000000", "160000"
# Not in the schema of the mutation: its users report 100 files and 40 MB a call.
_FILES, _BYTES = 100, 20_000_000
# GitHub refuses larger files, however they come.
_LARGEST = 100 * 1024**2


@dataclass(frozen=True)
class Change:
    """One path. `blob` is "" for a deletion; `before` and `mode` are the modes that git has, `GONE` for no file.
    `size` is in bytes."""

    path: str
    before: str
    mode: str
    blob: str
    size: int = 0


@dataclass(frozen=True)
class Part:
    """What fits into one call, and the tree that stands after it."""

    changes: tuple[Change, ...]
    tree: str


async def changes(git_dir: Path, base: str, commit: str) -> tuple[Change, ...]:
    """What changed, by path. Raises `UserError` for what GitHub's API cannot write at all."""
    raw = await git(git_dir, "diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", base, commit, "--")
    found = tuple(_changes(raw.split(b"\0")[:-1]))
    sizes = await _sizes(git_dir, found)
    found = tuple(replace(change, size=sizes.get(change.blob, 0)) for change in found)
    for change in found:
        if change.size > _LARGEST:
            raise UserError(texts.file_too_large(change.path, change.size / 1024**2))
    return found


def signable(found: Sequence[Change]) -> bool:
    """Whether one call of the mutation carries it all: it knows regular files only, and not too much of them."""
    plain = all({change.before, change.mode} <= {REGULAR, GONE} for change in found)
    return plain and len(found) <= _FILES and sum(map(_weight, found)) <= _BYTES


def _changes(fields: Sequence[bytes]) -> Iterator[Change]:
    """`:100644 100644 <old> <new> M`, then the path, and so on."""
    for head, path in zip(fields[::2], fields[1::2], strict=True):
        before, mode, _, blob, _ = head.decode("ascii").removeprefix(":").split(" ")
        try:
            name = path.decode("utf-8")
        except UnicodeDecodeError:
            shown = path.decode("utf-8", "backslashreplace")
            raise UserError(texts.not_utf8(shown)) from None
        yield Change(name, before, mode, "" if mode == GONE else blob)


async def _sizes(git_dir: Path, found: Sequence[Change]) -> dict[str, int]:
    """A submodule's commit is in no repository of ours."""
    blobs = [change.blob for change in found if change.blob and change.mode != SUBMODULE]
    if not blobs:
        return {}
    asked = "\n".join(blobs).encode() + b"\n"
    out = await git(git_dir, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
    return {blob: int(size) for blob, size in (row.split(" ") for row in out.decode("ascii").splitlines())}


def _weight(change: Change) -> int:
    """Bytes in base64."""
    return change.size * 4 // 3


async def parts(git_dir: Path, base: str, found: Sequence[Change]) -> list[Part]:
    """The changes in parts small enough for one call each; the last part's tree is the whole change's.

    Deletions come first and by themselves: a file may take the place of a folder.
    """
    gone = [change for change in found if not change.blob]
    groups = [*_groups(gone), *_groups([change for change in found if change.blob])]
    return await _with_trees(git_dir, base, groups)


def _groups(found: Sequence[Change]) -> Iterator[list[Change]]:
    group: list[Change] = []
    for change in found:
        if group and (len(group) >= _FILES or sum(map(_weight, group)) + _weight(change) > _BYTES):
            yield group
            group = []
        group.append(change)
    if group:
        yield group


async def _with_trees(git_dir: Path, base: str, groups: Sequence[Sequence[Change]]) -> list[Part]:
    """The tree after each part, made in an index of its own: a later try knows by it how far an earlier one came."""
    with TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_DIR": str(git_dir)}
        await git(git_dir, "read-tree", base, env=env)
        made = []
        for group in groups:
            entries = b"".join(f"{change.mode} {change.blob or '0' * 40}\t{change.path}\0".encode() for change in group)
            await git(git_dir, "update-index", "-z", "--index-info", env=env, stdin=entries)
            made.append(Part(tuple(group), await git_line(git_dir, "write-tree", env=env)))
        return made


async def file_changes(git_dir: Path, found: Sequence[Change]) -> dict[str, list[dict[str, str]]]:
    """GitHub's `FileChanges`; contents in base64."""
    additions = [
        {"path": change.path, "contents": base64.b64encode(await content(git_dir, change)).decode("ascii")}
        for change in found
        if change.blob
    ]
    return {"additions": additions, "deletions": [{"path": change.path} for change in found if not change.blob]}


async def content(git_dir: Path, change: Change) -> bytes:
    """What the file holds afterwards; of a symbolic link, where it points."""
    return await git(git_dir, "cat-file", "blob", change.blob)

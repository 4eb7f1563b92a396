"""The difference of two local commits as GitHub's `fileChanges`, in parts that it accepts."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from activities.errors import UserError
from activities.git import git, line

_REGULAR, _GONE = "100644", "000000"
_WORDS = {"100755": "is executable", "120000": "is a symbolic link", "160000": "is a submodule"}
# Not in the schema: users of the mutation report 100 files and 40 MB a call.
_FILES, _BYTES = 100, 20_000_000


@dataclass(frozen=True)
class Change:
    """One path. `blob` is "" for a deletion; `mode` as git has it afterwards."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True)
class Part:
    """What goes into one commit, and the tree that stands after it."""

    changes: tuple[Change, ...]
    tree: str


async def changes(git_dir: Path, base: str, commit: str) -> tuple[Change, ...]:
    """What changed, by path. Raises `UserError` for what GitHub's mutation cannot write."""
    raw = await git(git_dir, "diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", base, commit, "--")
    found = tuple(_changes(raw.split(b"\0")[:-1]))
    for change in found:
        if change.mode not in (_REGULAR, _GONE):
            raise UserError(
                f"`{change.path}` {_WORDS.get(change.mode, 'is no plain file')}, which a commit through GitHub's API "
                "cannot keep: run `autobuild gate --fix` in a checkout and push the result."
            )
    return found


def _changes(fields: Sequence[bytes]) -> Iterator[Change]:
    """`:100644 100644 <old> <new> M`, then the path, and so on."""
    for head, path in zip(fields[::2], fields[1::2], strict=True):
        _, mode, _, blob, _ = head.decode("ascii").split(" ")
        try:
            name = path.decode("utf-8")
        except UnicodeDecodeError:
            shown = path.decode("utf-8", "backslashreplace")
            raise UserError(f"`{shown}` is not named in UTF-8, so GitHub's API cannot write it.") from None
        yield Change(name, mode, "" if mode == _GONE else blob)


async def parts(git_dir: Path, base: str, found: Sequence[Change]) -> list[Part]:
    """The changes in parts small enough for one call each; the last part's tree is the whole change's."""
    sizes = await _sizes(git_dir, found)
    groups: list[list[Change]] = [[]]
    weight = 0
    for change in found:
        size = sizes.get(change.blob, 0) * 4 // 3
        if groups[-1] and (len(groups[-1]) >= _FILES or weight + size > _BYTES):
            groups.append([])
            weight = 0
        groups[-1].append(change)
        weight += size
    return await _with_trees(git_dir, base, groups)


async def _sizes(git_dir: Path, found: Sequence[Change]) -> dict[str, int]:
    blobs = [change.blob for change in found if change.blob]
    if not blobs:
        return {}
    asked = "\n".join(blobs).encode() + b"\n"
    out = await git(git_dir, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
    return {blob: int(size) for blob, size in (row.split(" ") for row in out.decode("ascii").splitlines())}


async def _with_trees(git_dir: Path, base: str, groups: Sequence[Sequence[Change]]) -> list[Part]:
    """The tree after each part, made in an index of its own: a later try knows by it how far an earlier one came."""
    with TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_DIR": str(git_dir)}
        await git(git_dir, "read-tree", base, env=env)
        made = []
        for group in groups:
            entries = b"".join(f"{change.mode} {change.blob or '0' * 40}\t{change.path}\0".encode() for change in group)
            await git(git_dir, "update-index", "-z", "--index-info", env=env, stdin=entries)
            made.append(Part(tuple(group), await line(git_dir, "write-tree", env=env)))
        return made


async def file_changes(git_dir: Path, part: Part) -> dict[str, list[dict[str, str]]]:
    """GitHub's `FileChanges`; contents in base64."""
    additions = [
        {"path": change.path, "contents": base64.b64encode(await _blob(git_dir, change.blob)).decode("ascii")}
        for change in part.changes
        if change.blob
    ]
    return {"additions": additions, "deletions": [{"path": change.path} for change in part.changes if not change.blob]}


async def _blob(git_dir: Path, blob: str) -> bytes:
    return await git(git_dir, "cat-file", "blob", blob)

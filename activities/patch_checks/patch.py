"""The change between two commits of a mirror, read without a checkout: paths, modes, texts and lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activities.model import RepoRef
from activities.quality_gate.diff_headers import diff_headers
from activities.workspace.git import git
from activities.workspace.mirror import Workspaces

LARGEST_TEXT = 2 * 1024**2
_MOST_READ = 64 * 1024**2
_RAW = re.compile(rb":(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*\0([^\0]+)\0")
_NOTHING = "000000"


@dataclass(frozen=True)
class PatchSide:
    """A file in one of the two commits. `text` is None where it is binary or larger than `LARGEST_TEXT`."""

    path: str
    mode: str
    size: int
    text: str | None

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755")


@dataclass(frozen=True)
class PatchFile:
    """A path that differs; one that was renamed has both sides, with different paths."""

    before: PatchSide | None
    after: PatchSide | None

    @property
    def path(self) -> str:
        """Where it is now, or was."""
        side = self.after or self.before
        assert side
        return side.path

    @property
    def texts(self) -> tuple[str, str]:
        """Before and after, "" where there is none."""
        before, after = ((side.text or "") if side else "" for side in (self.before, self.after))
        return before, after

    @property
    def is_new(self) -> bool:
        return self.before is None


@dataclass(frozen=True)
class PatchLines:
    """Neighbouring lines of a file that were replaced: `start` is the 1-based line in the new file of the first one."""

    path: str
    start: int
    removed: Sequence[str]
    added: Sequence[str]


@dataclass(frozen=True)
class Patch:
    """`paths` are all paths of the commit after it. `too_large`: so many lines that they were not read."""

    files: Sequence[PatchFile]
    lines: Sequence[PatchLines]
    paths: frozenset[str]
    too_large: bool = False
    by_path: dict[str, PatchFile] = field(default_factory=dict)

    def text_before(self, path: str) -> str:
        file = self.by_path.get(path)
        return file.texts[0] if file else ""


async def read_patch(workspaces: Workspaces, repo: RepoRef, before: str, after: str) -> Patch:
    """Both commits are in the mirror."""
    mirror = workspaces.mirror(repo)
    raw = await git(mirror, "diff-tree", "-r", "-z", "--no-renames", "--raw", before, after)
    rows = [found.groups() for found in _RAW.finditer(raw)]
    ids = {
        id.decode() for mode, other, old, new, _, _ in rows for each, id in ((mode, old), (other, new)) if is_blob(each)
    }
    sizes = await _sizes(mirror, sorted(ids))
    texts = await _texts(mirror, sizes)
    renamed = await workspaces.renamed_paths(repo, before, after)
    sides: dict[str, tuple[PatchSide | None, PatchSide | None]] = {}
    for old_mode, new_mode, old, new, _, name in rows:
        path = name.decode("utf-8", "backslashreplace")
        sides[path] = (_side(path, old_mode, old, sizes, texts), _side(path, new_mode, new, sizes, texts))
    files = [PatchFile(sides[old][0], sides[new][1]) for old, new in renamed.items() if old in sides and new in sides]
    done = {*renamed, *renamed.values()}
    files += [PatchFile(*both) for path, both in sides.items() if path not in done]
    diff = await workspaces.diff(repo, before, after)
    names = await git(mirror, "ls-tree", "-r", "-z", "--name-only", "--full-tree", after)
    return Patch(
        sorted(files, key=lambda file: file.path),
        [_lines(*part) for part in diff_headers(diff)],
        frozenset(name.decode("utf-8", "backslashreplace") for name in names.split(b"\0")[:-1]),
        too_large=not diff and any(file.texts[0] != file.texts[1] for file in files),
        by_path={file.path: file for file in files},
    )


def is_blob(mode: bytes) -> bool:
    return mode.decode() not in (_NOTHING, "160000")


def _side(path: str, mode: bytes, id: bytes, sizes: dict[str, int], texts: dict[str, str]) -> PatchSide | None:
    if mode.decode() == _NOTHING:
        return None
    return PatchSide(path, mode.decode(), sizes.get(id.decode(), 0), texts.get(id.decode()))


async def _sizes(mirror: Path, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    out = await git(mirror, "cat-file", "--batch-check", stdin="".join(f"{id}\n" for id in ids).encode())
    rows = [line.split() for line in out.decode("ascii", "replace").splitlines()]
    return {row[0]: int(row[2]) for row in rows if len(row) == 3}


async def _texts(mirror: Path, sizes: dict[str, int]) -> dict[str, str]:
    """Of the blobs that are text; the smallest first, up to a limit in all."""
    chosen, size = [], 0
    for id, bytes in sorted(sizes.items(), key=lambda each: each[1]):
        size += bytes
        if bytes <= LARGEST_TEXT and size <= _MOST_READ:
            chosen.append(id)
    if not chosen:
        return {}
    out = await git(mirror, "cat-file", "--batch", stdin="".join(f"{id}\n" for id in chosen).encode())
    texts, at = {}, 0
    for id in chosen:
        at = out.index(b"\n", at) + 1
        data = out[at : at + sizes[id]]
        at += sizes[id] + 1
        if b"\0" not in data:
            texts[id] = data.decode("utf-8", "replace")
    return texts


def _lines(path: str, start: int, _count: int, body: bytes) -> PatchLines:
    rows = body.decode("utf-8", "replace").split("\n")
    added = [row[1:] for row in rows if row.startswith(">")]
    return PatchLines(path, start, [row[1:] for row in rows if row.startswith("<")], added)

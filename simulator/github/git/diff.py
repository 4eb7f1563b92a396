"""What differs between two commits, file by file, read from git's machine formats."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.github.git import git, show

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_BINARY = b"-"


@dataclass(frozen=True)
class FileDiff:
    """One file. `patch` starts at the first `@@`, and is "" for binary files and pure renames."""

    path: str
    status: str
    blob: str
    previous: str = ""
    additions: int = 0
    deletions: int = 0
    patch: str = ""


async def between(path: Path, base: str, head: str) -> list[FileDiff]:
    """From `base` to `head`, two object ids, in git's order."""
    options = ("-r", "-M", "--no-abbrev", "--full-index", base, head)
    raw = await git(path, "diff-tree", "-z", "--raw", *options)
    counts = list(_counts(await git(path, "diff-tree", "-z", "--numstat", *options)))
    patches = _patches(await git(path, "diff-tree", "-p", *options))
    changes = list(_changes(raw))
    if len(patches) != len(changes):  # a file that became a link is two patches
        patches = [""] * len(changes)
    return [
        replace(change, additions=more, deletions=less, patch=patch)
        for change, (more, less), patch in zip(changes, counts, patches, strict=True)
    ]


async def touched(path: Path, shas: list[str]) -> dict[str, dict[str, list[str]]]:
    """Per commit the paths that it `added`, `removed` and `modified`, against its first parent."""
    stdin = "".join(f"{sha}\n" for sha in shas).encode()
    out = await git(path, "diff-tree", "--stdin", "-z", "-r", "--root", "--no-renames", "--name-status", stdin=stdin)
    found: dict[str, dict[str, list[str]]] = {sha: {"added": [], "removed": [], "modified": []} for sha in shas}
    words = {b"A": "added", b"D": "removed"}
    tokens, sha = iter(out.split(b"\0")), ""
    for token in tokens:
        if len(token) == 1:
            found[sha][words.get(token, "modified")].append(show(next(tokens)))
        elif token:
            sha = show(token)
    return found


def _changes(raw: bytes) -> Iterator[FileDiff]:
    tokens = iter(raw.split(b"\0"))
    for token in tokens:
        if not token:
            continue
        _, _, old, new, kind = show(token).split()
        first = show(next(tokens))
        status = _STATUS.get(kind[0], "changed")
        if kind[0] in "RC":
            yield FileDiff(show(next(tokens)), status, new, previous=first)
        else:
            yield FileDiff(first, status, old if kind[0] == "D" else new)


def _counts(numstat: bytes) -> Iterator[tuple[int, int]]:
    """A rename has an empty path, then two more tokens."""
    tokens = iter(numstat.split(b"\0"))
    for token in tokens:
        if not token:
            continue
        more, less, name = token.split(b"\t", 2)
        if not name:
            next(tokens), next(tokens)
        yield (0, 0) if more == _BINARY else (int(more), int(less))


def _patches(text: bytes) -> list[str]:
    """Lines of content begin with a space, `+`, `-` or a backslash, so the split is safe."""
    files = (b"\n" + text).split(b"\ndiff --git ")[1:]
    return [_from_first_hunk(file) for file in files]


def _from_first_hunk(file: bytes) -> str:
    _, found, rest = file.partition(b"\n@@ ")
    return show(b"@@ " + rest).removesuffix("\n") if found else ""

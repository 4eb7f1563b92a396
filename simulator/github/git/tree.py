"""What stands at a path of a commit."""

from dataclasses import dataclass
from pathlib import Path

from simulator.github.git import git, show
from simulator.github.services.store import EntityNotFound

_KINDS = {"040000": "dir", "120000": "symlink", "160000": "submodule"}


@dataclass(frozen=True)
class PathEntry:
    """`kind` is `file`, `dir`, `symlink` or `submodule`; `size` in bytes, 0 where there is none."""

    path: str
    kind: str
    sha: str
    size: int


async def at(path: Path, commit: str, place: str) -> PathEntry | list[PathEntry]:
    """The file at `place`, or the entries of the folder there; raises Missing."""
    if not place:
        return await _list(path, commit)
    found = await _list(path, commit, "--", f":(literal){place}")
    if not found:
        raise EntityNotFound(place)
    return await _list(path, commit, "--", f":(literal){place}/") if found[0].kind == "dir" else found[0]


async def _list(path: Path, commit: str, *places: str) -> list[PathEntry]:
    out = await git(path, "ls-tree", "-z", "--long", "--full-tree", commit, *places)
    return [_entry(show(line)) for line in out.split(b"\0") if line]


def _entry(line: str) -> PathEntry:
    facts, _, name = line.partition("\t")
    mode, _, sha, size = facts.split()
    return PathEntry(name, _KINDS.get(mode, "file"), sha, 0 if size == "-" else int(size))

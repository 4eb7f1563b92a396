"""Trees: what is at a path of a commit, and new trees that change entries of another."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulator.github import git
from simulator.github.errors import EntityNotFound
from simulator.github.git import GitCommandError
from simulator.github.git import git as run

MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}


@dataclass(frozen=True)
class TreeEntry:
    """`sha` None removes the entry at `path`. `size` is in bytes, -1 where there is none."""

    path: str
    mode: str
    sha: str | None
    size: int = -1

    @property
    def kind(self) -> str:
        return MODES[self.mode]


async def at(path: Path, commit: str, place: str) -> TreeEntry | list[TreeEntry]:
    """The file at `place`, or the entries of the folder there, with names as valid Unicode; raises EntityNotFound."""
    if not place:
        return await _list(path, commit, errors="backslashreplace")
    found = await _list(path, commit, "--", f":(literal){place}", errors="backslashreplace")
    if not found:
        raise EntityNotFound(place)
    if found[0].kind != "tree":
        return found[0]
    return await _list(path, commit, "--", f":(literal){place}/", errors="backslashreplace")


def content_kind(entry: TreeEntry) -> str:
    """`file`, `dir`, `symlink` or `submodule`: the contents API's word."""
    return {"040000": "dir", "120000": "symlink", "160000": "submodule"}.get(entry.mode, "file")


async def write_blobs(path: Path, contents: list[bytes]) -> list[str]:
    """Their object ids; one process for any number."""
    if not contents:
        return []
    lines = [b"blob\nmark :%d\ndata %d\n%s\n" % (n, len(body), body) for n, body in enumerate(contents, 1)]
    commands = [b"get-mark :%d\n" % n for n in range(1, len(contents) + 1)]
    stdin = b"feature done\n" + b"".join(lines) + b"".join(commands) + b"done\n"
    return git.show(await run(path, "fast-import", "--quiet", stdin=stdin)).split()


async def write_tree(path: Path, base: str, entries: Iterable[TreeEntry]) -> str:
    """`base` ("" for an empty tree) with these entries; GitCommandError for removing one that does not exist."""
    known = {entry.path: entry for entry in await entries_of(path, base, deep=True) if entry.mode != "040000"}
    folders = {above for name in known for above in _above(name)}
    for entry in entries:
        inside = [name for name in known if name.startswith(f"{entry.path}/")] if entry.path in folders else []
        if entry.sha is None and entry.path not in known and not inside:
            raise GitCommandError(f"{entry.path} does not exist")
        for name in (entry.path, *inside, *_above(entry.path)):
            known.pop(name, None)
        if entry.sha is not None:
            known |= {one.path: one for one in await _expanded(path, entry)}
            folders |= {above for name in (entry.path, f"{entry.path}/x") for above in _above(name)}
    lines = [f"{one.mode} {one.sha}\t{one.path}\0" for one in known.values()]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        index, stdin = Path(folder) / "index", "".join(lines).encode("utf-8", "surrogateescape")
        await run(path, "update-index", "-z", "--index-info", index=index, stdin=stdin)
        return git.show(await run(path, "write-tree", "--missing-ok", index=index)).strip()


async def entries_of(path: Path, tree: str, *, deep: bool = False) -> list[TreeEntry]:
    """The entries of a tree or a commit; `deep`: of its folders too. None for ""."""
    if not tree:
        return []
    return await _list(path, *(["-r", "-t"] if deep else []), tree)


async def _expanded(path: Path, entry: TreeEntry) -> list[TreeEntry]:
    """A folder's files; anything else is itself."""
    if entry.mode != "040000" or entry.sha is None:
        return [entry]
    below = await entries_of(path, entry.sha, deep=True)
    return [TreeEntry(f"{entry.path}/{one.path}", one.mode, one.sha) for one in below if one.mode != "040000"]


async def _list(path: Path, *arguments: str, errors: str = "surrogateescape") -> list[TreeEntry]:
    out = await run(path, "ls-tree", "-z", "--long", "--full-tree", *arguments)
    entries = []
    for line in out.split(b"\0")[:-1]:
        facts, _, name = line.decode("utf-8", errors).partition("\t")
        mode, _, sha, size = facts.split()
        entries.append(TreeEntry(name, mode, sha, -1 if size == "-" else int(size)))
    return entries


def _above(path: str) -> list[str]:
    """The folders that it is in."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]

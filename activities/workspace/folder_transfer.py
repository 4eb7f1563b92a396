"""Commits of a folder's repository, copied into our mirror of it: also those of a shallow or a partial clone.

`git fetch` refuses both: the one lacks parents, the other files of earlier commits. A gate needs neither. So what is
there is packed, and every object's id is computed anew from its content, as a fetch does.
"""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from activities.errors import UserError
from activities.untrusted_files import remove_tree
from activities.workspace.folder_repository import StandIn
from activities.workspace.git import GitError, git

_PARTIAL = (
    "This is a partial clone: {count} files and folders of the two commits to compare are not on this machine. "
    "Run `git fetch --refetch --no-filter` in it, then run this again."
)
_INCOMPLETE = (
    "The repository is not complete: an object of the commits to compare is missing. "
    "Run `git fsck` in that folder to see which."
)


def has_history_of(mirror: Path, source: StandIn) -> bool:
    """Whether the mirror ends where the folder's history ends."""
    return _shallow(mirror) == source.shallow


def is_named(mirror: Path, ref: str, sha: str) -> bool:
    """Whether a commit has its name in the mirror, which is written at last, when all of the commit is there. False
    also where git has packed the names."""
    with contextlib.suppress(OSError):
        return (mirror / ref).read_text("ascii").strip() == sha
    return False


async def copy_commits(source: StandIn, mirror: Path, refs: Mapping[str, str]) -> None:
    """Brings commits and branches (the keys) into the mirror under new names (the values). Raises UserError where
    something of their files is missing."""
    commits = {name: await source.commit(name) for name in refs}
    if unknown := [name for name, sha in commits.items() if not sha]:
        raise GitError(("fetch",), 128, f"fatal: couldn't find remote ref {unknown[0]}\n")
    if not has_history_of(mirror, source):  # deepened, or cloned anew: the parents of what was copied may be missing
        names = await git(mirror, "for-each-ref", "--format=delete %(refname)")
        if names:
            await git(mirror, "update-ref", "--stdin", stdin=names)
    try:
        known, partial = await _known(source, mirror), source.config.is_partial
        copied = await copy_objects(source.git_dir, mirror, list(commits.values()), known, partial=partial)
    except GitError as error:
        raise UserError(_INCOMPLETE) from error
    _take_over_shallow(source, mirror)
    missing = await _missing(mirror, source, list(commits.values()))
    if missing:  # nobody may take a commit that has come without its files for one that is here
        for file in copied:
            file.unlink()
        raise UserError(_PARTIAL.format(count=missing) if source.config.is_partial else _INCOMPLETE)
    for name, ref in refs.items():
        await git(mirror, "update-ref", ref, commits[name])


async def _known(source: StandIn, mirror: Path) -> list[str]:
    """What both have: nothing of its history has to be copied."""
    shas = set((await git(mirror, "for-each-ref", "--format=%(objectname)")).decode("ascii").split())
    if not shas:
        return []
    found = await git(source.git_dir, "cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=_lines(shas))
    rows = (row.split(" ") for row in found.decode("ascii", "replace").splitlines())
    return [sha for kind, sha in rows if kind == "commit"]


async def copy_objects(
    source: Path, mirror: Path, wanted: list[str], known: list[str], *, partial: bool = False
) -> list[Path]:
    """Copies commits and trees from one repository of ours into another, without what belongs to `known`; of a
    `partial` one what is there. The new files."""
    packs = mirror / "objects" / "pack"
    packs.mkdir(parents=True, exist_ok=True)
    for leftover in packs.glob("tmp_folder.*"):
        remove_tree(leftover)
    copied: list[Path] = []
    home = Path(tempfile.mkdtemp(prefix="tmp_folder.", dir=packs))
    try:
        revs: tuple[str, ...] = ("--revs",)
        objects = _lines([*wanted, *(f"^{sha}" for sha in known)])
        if partial:  # what it lacks is looked for afterwards, in the trees that count
            listing = ("rev-list", "--objects", "--no-object-names", "--missing=allow-any", "--stdin")
            objects, revs = await git(source, *listing, stdin=objects), ()
        options = (*revs, "--quiet", "--delta-base-offset")
        written = await git(source, "pack-objects", *options, str(home / "new"), stdin=objects)
        for name in written.decode("ascii").split():
            pack = home / f"new-{name}.pack"
            index = home / f"pack-{name}.idx"
            await git(mirror, "index-pack", "-o", str(index), str(pack))
            index.chmod(pack.stat().st_mode)  # git keeps to this process's umask for the one alone
            for file, place in ((pack, packs / f"pack-{name}.pack"), (index, packs / index.name)):
                os.replace(file, place)
                copied.append(place)
        return copied
    finally:
        remove_tree(home)


async def _missing(mirror: Path, source: StandIn, commits: list[str]) -> int:
    """How many objects of these commits, and of what is new in their history, the mirror lacks."""
    if source.config.is_partial:
        walk = ("--no-walk", "--missing=print")
        listed = await git(mirror, "rev-list", "--objects", *walk, "--stdin", stdin=_lines(commits))
        return sum(line.startswith(b"?") for line in listed.splitlines())
    try:
        await git(mirror, "rev-list", "--objects", "--quiet", "--stdin", "--not", "--all", stdin=_lines(commits))
    except GitError:
        return 1
    return 0


def _take_over_shallow(source: StandIn, mirror: Path) -> None:
    if not source.shallow:
        (mirror / "shallow").unlink(missing_ok=True)
        return
    part = mirror / "shallow.part"
    part.write_bytes(source.shallow)
    part.replace(mirror / "shallow")


def _shallow(mirror: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        return (mirror / "shallow").read_bytes()
    return b""


def _lines(words: "list[str] | set[str]") -> bytes:
    return "".join(f"{word}\n" for word in words).encode("ascii")

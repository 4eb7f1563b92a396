"""A repository in a folder of this machine, read without its configuration.

Whose folder it is does not say who made its contents: it may be an unpacked archive. Git runs what a repository's own
configuration names (an fsmonitor, filters, hooks, the command of a remote that objects are fetched from on demand). So
git is never started there. A private bare repository stands in for it, with no configuration but ours: it has the same
branches and tags, and finds the commits in the folder's object database.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.reporting.markdown import code
from activities.sandbox.ownership import temporary_root
from activities.untrusted_files import TreeLimits, UntrustedFileError, UntrustedFolder, remove_tree
from activities.workspace.git import GitError, git

_LIMITS = TreeLimits(entries=500_000)
_LARGEST_REF = 100_000
_LARGEST_FILE = 256 * 1024**2
# What names commits; `logs` is for `HEAD@{1}`, `reftable` is how newer versions of git can store all of it.
_OF_THE_WORK_TREE = ("HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD")
_OF_THE_REPOSITORY = ("packed-refs", "shallow")
_FOLDERS = ("refs", "logs", "reftable")
# What `@{upstream}` is read from.
_UPSTREAMS = r"^(branch\..*\.(remote|merge)|remote\..*\.fetch)$"


@dataclass(frozen=True)
class FolderRepository:
    """`root` is the folder of the files. `git_dir` is its own part of the repository, `common` the part that several
    work trees share, and mostly the same."""

    root: Path
    git_dir: Path
    common: Path


def find_repository(path: Path) -> FolderRepository | None:
    """The repository that a folder belongs to, as git finds it: the folder's own, else that of a folder above."""
    for root in (path, *path.parents):
        git_dir = _linked(root) or root / ".git"
        if _is_git_dir(git_dir):
            return FolderRepository(root, git_dir, git_dir / (_first_line(git_dir, "commondir") or "."))
    return None


def bare_repository(path: Path) -> FolderRepository | None:
    """A repository without files, which is the folder itself."""
    return FolderRepository(path, path, path) if _is_git_dir(path) else None


@contextlib.asynccontextmanager
async def stand_in(repository: FolderRepository) -> AsyncIterator[Path]:
    """The private repository's folder, for as long as it is needed. Raises UserError for what cannot be read."""
    home = Path(tempfile.mkdtemp(prefix="repository.", dir=temporary_root()))
    try:
        await git(home, "init", "--bare", "--quiet", "--template=", ".")
        await asyncio.to_thread(_copy_names, repository, UntrustedFolder(home))
        if config := _read(repository.common, "config"):
            home_config = await asyncio.to_thread(_read, home, "config")
            UntrustedFolder(home).write("config", home_config + await _upstreams(config, home))
        yield home
    finally:
        await asyncio.to_thread(remove_tree, home)


def _linked(root: Path) -> Path | None:
    """Where a `.git` that is a file points to: that of another work tree, or of a submodule."""
    words = _first_line(root, ".git").split(": ", 1)
    return root / words[1] if len(words) == 2 and words[0] == "gitdir" else None


def _is_git_dir(folder: Path) -> bool:
    """By git's own rule; of a further work tree, the objects are in the repository's common part."""
    common = folder / (_first_line(folder, "commondir") or ".")
    parts = (UntrustedFolder(common / name) for name in ("objects", "refs"))
    return UntrustedFolder(folder).look("HEAD") is not None and all(part.is_folder(".") for part in parts)


def _copy_names(repository: FolderRepository, home: UntrustedFolder) -> None:
    """The names of commits, and where the commits are."""
    for folder, names in ((repository.git_dir, _OF_THE_WORK_TREE), (repository.common, _OF_THE_REPOSITORY)):
        for name in names:
            if data := _read(folder, name):
                home.write(name, data)
    try:
        for name in _FOLDERS:
            largest = _LARGEST_REF if name == "refs" else _LARGEST_FILE
            # Its root may be behind a link: some tools share the folders of a repository in this way.
            source, target = UntrustedFolder(repository.common / name), UntrustedFolder(home.root / name)
            for entry in source.walk(limits=_LIMITS):
                if entry.kind == "file" and entry.facts.st_size <= largest:
                    home.make_folder(name)
                    source.copy(entry.path, target)
        objects = UntrustedFolder(repository.common / "objects")
        # Git would wait at a pipe of a pack's name for ever.
        if any(entry.kind not in ("file", "folder") for entry in objects.walk(limits=_LIMITS)):
            raise UserError(f"{code(str(objects.root))} holds links, pipes or devices, so it was not read.")
    except UntrustedFileError as error:
        raise UserError(f"The repository in {code(str(repository.root))} cannot be read: {code(str(error))}") from error
    home.write("objects/info/alternates", _quoted(os.fsencode(objects.root.resolve())) + b"\n")


async def _upstreams(config: bytes, home: Path) -> bytes:
    """What a configuration says of upstream branches, and nothing else of it."""
    words = ("config", "--file", "-", "--no-includes", "-z", "--get-regexp", _UPSTREAMS)
    try:
        rows = (await git(home, *words, stdin=config)).split(b"\0")[:-1]
    except GitError:  # none, or git does not understand it
        return b""
    lines = []
    for row in rows:
        key, _, value = row.partition(b"\n")
        section, _, rest = key.partition(b".")
        subsection, _, name = rest.rpartition(b".")
        lines.append(b"[%s %s]\n\t%s = %s\n" % (section, _quoted(subsection), name, _quoted(value)))
    return b"".join(lines)


def _quoted(text: bytes) -> bytes:
    return b'"%s"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")


def _first_line(folder: Path, name: str) -> str:
    return os.fsdecode(_read(folder, name)[:10_000]).partition("\n")[0].strip()


def _read(folder: Path, name: str) -> bytes:
    """Nothing where there is no such file."""
    with contextlib.suppress(UntrustedFileError):
        return UntrustedFolder(folder).read_bytes(name, _LARGEST_FILE)
    return b""

"""A repository in a folder of this machine, read without its configuration.

Whose folder it is does not say who made its contents: it may be an unpacked archive. Git runs what a repository's own
configuration names (an fsmonitor, filters, hooks, the command of a remote that objects are fetched from on demand). So
git is never started there. A private bare repository stands in for it: it has the same branches, tags and index, the
same rules of what is ignored and how line ends are converted, and finds the commits in the folder's object database. Of
the configuration it has the keys that cannot name a command (`folder_config.py`).
"""

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.reporting.markdown import code
from activities.sandbox.ownership import temporary_folder
from activities.untrusted_files import TreeLimits, UntrustedFileError, UntrustedFolder
from activities.workspace.folder_config import GitConfig, named_file, parse_config, person_config
from activities.workspace.git import GitError, git, git_line

_LIMITS = TreeLimits(entries=500_000)
_LARGEST_REF = 100_000
_LARGEST_FILE = 256 * 1024**2
_INSTALLED = b"node_modules/\n.venv/\n__pycache__/\n.tox/\n.nox/\n"
"""What programs make of a folder's manifests and code: no part of a folder whose own rules do not say otherwise."""
# What names commits; `logs` is for `HEAD@{1}`, `reftable` is how newer versions of git can store all of it.
_OF_THE_WORK_TREE = ("HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD")
_OF_THE_REPOSITORY = ("packed-refs", "shallow")
_FOLDERS = ("refs", "logs", "reftable")
_SHARED_INDEX = re.compile(r"sharedindex\.[0-9a-f]{40}")


@dataclass(frozen=True)
class FolderRepository:
    """`root` is the folder of the files. `git_dir` is its own part of the repository, `common` the part that several
    work trees share, and mostly the same."""

    root: Path
    git_dir: Path
    common: Path


def find_repository(path: Path, *, above: bool = True) -> FolderRepository | None:
    """The repository that a folder belongs to, as git finds it: the folder's own, else that of a folder above."""
    for root in (path, *path.parents) if above else (path,):
        git_dir = _linked(root) or root / ".git"
        if _is_git_dir(git_dir):
            return FolderRepository(root, git_dir, git_dir / (_first_line(git_dir, "commondir") or "."))
    return None


def bare_repository(path: Path) -> FolderRepository | None:
    """A repository without files, which is the folder itself."""
    return FolderRepository(path, path, path) if _is_git_dir(path) else None


@dataclass(frozen=True)
class StandIn:
    """The private repository. `config` is the folder's and the person's; `written` the time of the index's last change
    in nanoseconds, 0 where there is none."""

    git_dir: Path
    config: GitConfig
    written: int = 0

    @property
    def lfs(self) -> UntrustedFolder:
        """Contents of Git LFS files that were not added yet."""
        return UntrustedFolder(self.git_dir / "lfs")

    @property
    def shallow(self) -> bytes:
        """The commits whose parents are missing, as git lists them."""
        return _read(self.git_dir, "shallow")

    async def commit(self, name: str) -> str:
        """The id of a commit, "" where nothing has that name."""
        try:
            return await git_line(
                self.git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
            )
        except GitError:
            return ""

    async def branch(self) -> str:
        """The name of the branch that is checked out, "" for a commit without one."""
        try:
            return (await git_line(self.git_dir, "symbolic-ref", "--quiet", "HEAD")).removeprefix("refs/heads/")
        except GitError:
            return ""

    async def tree(self, commit: str) -> str:
        """The id of a commit's tree."""
        return await git_line(self.git_dir, "rev-parse", "--verify", f"{commit}^{{tree}}")


def submodule_repository(parent: FolderRepository, path: str) -> FolderRepository | None:
    """The repository of a submodule that is checked out: its objects lie in its own folder or in the parent's, never
    where else a `.git` file may point to."""
    folder, root = UntrustedFolder(parent.root), parent.root / path
    link = folder.look(f"{path}/.git")
    if link is None or link.kind not in ("file", "folder"):
        return None
    git_dir = root / ".git"
    if link.kind == "file":
        git_dir = (_linked(root) or root).resolve()
        if not git_dir.is_relative_to((parent.common / "modules").resolve()):
            return None
    return FolderRepository(root, git_dir, git_dir) if _is_git_dir(git_dir) else None


@contextlib.asynccontextmanager
async def stand_in(repository: FolderRepository, environ: Mapping[str, str] | None = None) -> AsyncIterator[StandIn]:
    """The private repository, for as long as it is needed. Raises UserError for what cannot be read. With the person's
    environment it has the index too, and what decides which files a commit gets."""
    async with temporary_folder("repository") as home:
        own = _read(repository.common, "config") + b"\n" + _read(repository.git_dir, "config.worktree")
        config = await parse_config(own, home)
        if environ is not None:
            config = await person_config(environ, repository.git_dir, home) + config
        await _create(home, config)
        await asyncio.to_thread(_copy_names, repository, UntrustedFolder(home))
        written = 0
        if environ is not None:
            written = await asyncio.to_thread(_copy_index, repository.git_dir, UntrustedFolder(home))
            _write_rules(UntrustedFolder(home), config, repository, environ)
        yield StandIn(home, config, written)


@contextlib.asynccontextmanager
async def stand_in_for_plain_folder(root: Path, objects: Path, environ: Mapping[str, str]) -> AsyncIterator[StandIn]:
    """The same for a folder that is in no repository: with the commits of ours whose objects are in `objects`."""
    async with temporary_folder("repository") as home:
        config = await person_config(environ, None, home)
        await _create(home, config)
        _write_rules(UntrustedFolder(home), config, FolderRepository(root, home, home), environ)
        UntrustedFolder(home).write("info/exclude", _INSTALLED)
        UntrustedFolder(home).write("objects/info/alternates", _alternates(objects))
        yield StandIn(home, config)


async def _create(home: Path, config: GitConfig) -> None:
    if (hashes := config.get("extensions.objectformat").lower()) not in ("", "sha1"):
        raise UserError(
            f"This repository names its commits by {code(hashes)}, and GitHub has only repositories that use SHA-1. "
            "Gate a clone that uses SHA-1."
        )
    branches = config.get("extensions.refstorage").lower()
    try:
        options = (f"--ref-format={branches}",) if branches not in ("", "files") else ()
        await git(home, "init", "--bare", "--quiet", "--template=", *options, ".")
    except GitError as error:
        raise UserError(
            f"This repository stores its branches as {code(branches)}, which git on this machine cannot read. "
            "Install a newer version of git."
        ) from error
    own = await asyncio.to_thread(_read, home, "config")
    UntrustedFolder(home).write("config", own + config.copied().written())


def _copy_index(git_dir: Path, home: UntrustedFolder) -> int:
    """With the file that it shares with other indexes. When it was written."""
    source = UntrustedFolder(git_dir)
    for name in ("index", *filter(_SHARED_INDEX.fullmatch, source.names())):
        entry = source.look(name)
        if entry and entry.kind == "file" and entry.facts.st_size <= _LARGEST_FILE:
            source.copy(name, home)
    index = home.look("index")
    return index.facts.st_mtime_ns if index else 0


def _write_rules(
    home: UntrustedFolder, config: GitConfig, repository: FolderRepository, environ: Mapping[str, str]
) -> None:
    """What is ignored and converted by files outside of the commits."""
    for name in ("exclude", "attributes"):
        home.write(f"info/{name}", _read(repository.common, f"info/{name}"))
    home.make_folder("lfs")
    named = b""
    for key, usual in (("core.excludesfile", "ignore"), ("core.attributesfile", "attributes")):
        home.write(usual, named_file(config, key, usual, repository.root, environ))
        named += GitConfig(((key, str(home.root / usual)),)).written()
    home.write("config", _read(home.root, "config") + named)


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
    home.write("objects/info/alternates", _alternates(objects.root))


def _alternates(objects: Path) -> bytes:
    path = os.fsencode(objects.resolve())
    return b'"%s"\n' % path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")


def _first_line(folder: Path, name: str) -> str:
    return os.fsdecode(_read(folder, name)[:10_000]).partition("\n")[0].strip()


def _read(folder: Path, name: str) -> bytes:
    """Nothing where there is no such file."""
    with contextlib.suppress(UntrustedFileError):
        return UntrustedFolder(folder).read_bytes(name, _LARGEST_FILE)
    return b""

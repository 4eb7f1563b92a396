"""Submodules: which ones a commit has, which repositories their addresses mean, and their files in our mirror.

Of a submodule the mirror has the tree of the recorded commit, by the commit and where it came from (`submodule_ref`).
An address is never handed to git: it is read as the name of a repository on the same GitHub server, or refused.
"""

import hashlib
import os
import posixpath
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from activities.model import RepoRef
from activities.untrusted_files import remove_tree
from activities.workspace.commits import SUBMODULE, committed_files
from activities.workspace.folder_transfer import copy_objects
from activities.workspace.git import GitError, git, git_line
from activities.workspace.objects import entry_at

_KEYS = r"^submodule\..*\.(path|url)$"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# As ssh has it: `git@github.com:octocat/hello.git`.
_SHORT = re.compile(r"(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):(?!//)/?(.+)")
MOST = 50
"""Of one commit, its submodules' own among them."""


@dataclass(frozen=True)
class Submodule:
    """`path` is where its files are, `sha` the recorded commit, `url` what `.gitmodules` says ("" where nothing)."""

    path: str
    sha: str
    url: str

    def inside(self, folder: str) -> "Submodule":
        """As a submodule of the submodule in that folder."""
        return replace(self, path=f"{folder}/{self.path}")


def named(name: str, parent: RepoRef) -> RepoRef:
    """`owner/name` on the server of a repository, as nobody but that repository's own installation may read it."""
    owner, _, short = name.partition("/")
    return RepoRef(owner, short, installation_id=parent.installation_id)


def submodule_ref(repository: str, sha: str, *, with_token: bool = False) -> str:
    """The mirror's name for the tree of a submodule's commit: what one repository gave counts for no other, and what
    came with a token for nobody who may not have it."""
    return _ref(f"{with_token} {repository.lower()}", sha)


def folder_ref(path: str, sha: str) -> str:
    """The same for a submodule that is checked out in a folder of this machine at that path."""
    return _ref(f"folder {path}", sha)


def _ref(source: str, sha: str) -> str:
    return f"refs/autobuild/submodule-{hashlib.sha256(os.fsencode(source)).hexdigest()[:32]}-{sha}"


async def submodules_of(mirror: Path, tree: str) -> list[Submodule]:
    """Those of a commit or tree, in the order of their paths."""
    try:
        if not await entry_at(mirror, tree, ".gitmodules"):
            return []
    except GitError:  # the mirror does not have that tree
        return []
    urls = await submodule_urls(mirror, tree)
    files = await committed_files(mirror, tree)
    links = ((path, file.blob) for path, file in files.items() if file.mode == SUBMODULE)
    return [Submodule(path, sha, urls.get(path, "")) for path, sha in links]


async def submodule_urls(mirror: Path, tree: str) -> Mapping[str, str]:
    """Path → address, as `.gitmodules` of a commit or tree says."""
    try:
        out = await git(mirror, "config", f"--blob={tree}:.gitmodules", "-z", "--get-regexp", _KEYS)
    except GitError:  # none, or git does not understand it
        return {}
    named: dict[str, dict[str, str]] = {}
    for row in out.split(b"\0")[:-1]:
        key, _, value = os.fsdecode(row).partition("\n")
        name, _, part = key.rpartition(".")
        named.setdefault(name, {})[part] = value
    return {each["path"]: each["url"] for each in named.values() if "path" in each and "url" in each}


def repository_of(url: str, parent: str) -> str:
    """`owner/name` of an address on the server of `parent`, which is the address of the repository with the submodule;
    "" for any other address: another server, a file, a command, a path that leads out."""
    own = urlsplit(parent)
    if url.startswith(("./", "../")):
        if posixpath.normpath(url).split("/").count("..") > len(own.path.strip("/").split("/")):
            return ""
        path = posixpath.normpath(posixpath.join(own.path, url))
    elif short := _SHORT.fullmatch(url):
        if short[1].lower() != (own.hostname or ""):
            return ""
        path = f"/{short[2]}"
    else:
        try:
            parts = urlsplit(url)
            same = (parts.hostname or "") == own.hostname and (parts.scheme == "ssh" or parts.port == own.port)
        except ValueError:
            return ""
        if parts.scheme not in ("https", "http", "ssh", "git") or not same:
            return ""
        path = parts.path
    names = path.strip("/").removesuffix(".git").split("/")
    valid = len(names) == 2 and all(_NAME.fullmatch(name) and name.strip(".") for name in names)
    return "/".join(names) if valid else ""


async def submodule_tree(mirror: Path, ref: str) -> str:
    """The tree that has this name, "" where the mirror does not have it."""
    return await git_line(mirror, "for-each-ref", "--format=%(objectname)", ref)


async def fetch_submodule(mirror: Path, url: str, sha: str, ref: str, config: Mapping[str, str]) -> None:
    """Brings one commit's files from a server. The mirror is locked."""
    part = Path(tempfile.mkdtemp(prefix=f"{mirror.name}.", suffix=".part", dir=mirror.parent))
    try:
        await git(part, "init", "--bare", "--quiet", "--template=", ".")
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1")
        await git(part, "fetch", *options, url, f"+{sha}:refs/heads/it", config=config)
        await keep_submodule(part, mirror, sha, ref)
    finally:
        remove_tree(part)


async def keep_submodule(source: Path, mirror: Path, sha: str, ref: str) -> None:
    """Copies the files of a submodule's commit from a repository of ours."""
    tree = await git_line(source, "rev-parse", "--verify", f"{sha}^{{tree}}")
    await copy_objects(source, mirror, [tree], [])
    await git(mirror, "update-ref", ref, tree)


async def add_submodules(mirror: Path, trees: Mapping[str, str], env: Mapping[str, str]) -> None:
    """Puts the files of submodules (path → tree, outer ones first) into the index of `env`."""
    for path, tree in trees.items():
        await git(mirror, "update-index", "--force-remove", "--", path, env=env)
        await git(mirror, "read-tree", f"--prefix={path}/", tree, env=env)

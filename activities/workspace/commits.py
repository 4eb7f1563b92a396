"""Commits that are made of contents, in our own mirror: git never looks into the folder that they come from.

A tool, or an unpacked archive, may have left anything there: a nested `.git` whose configuration names a command.
So what belongs into the commit is read through `UntrustedFolder`, and written to a private folder that holds nothing
else. Of the attributes only git's own conversions (line ends, encodings) apply, as they did when the files were checked
out: what a filter runs is named by configuration, and there is none but ours.
"""

import contextlib
import os
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.untrusted_files import UntrustedFolder, remove_tree
from activities.workspace.git import git, git_line

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
OUR_AUTHOR = {
    "GIT_AUTHOR_NAME": "autobuild",
    "GIT_AUTHOR_EMAIL": "autobuild@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "autobuild",
    "GIT_COMMITTER_EMAIL": "autobuild@users.noreply.github.com",
}
"""Of every commit that an agent, a migration or a fix makes. The bot's own name is not GitHub's business: what GitHub
commits for us is signed by GitHub."""


@dataclass(frozen=True, slots=True)
class CommittedFile:
    """A path of a commit: `mode` as git has it, `blob` the id of its content."""

    mode: str
    blob: str


@dataclass(frozen=True)
class NewTree:
    """A tree of the mirror, to be changed: what is written to `files` replaces what the tree has at that path."""

    files: UntrustedFolder
    _mirror: Path
    _index: Path

    async def add(self, files: Mapping[str, CommittedFile]) -> None:
        """Adds what other trees have; no object of it has to be here."""
        rows = (b"%s %s\t%s\0" % (f.mode.encode(), f.blob.encode(), os.fsencode(path)) for path, f in files.items())
        if stdin := b"".join(rows):
            await self._git("update-index", "-z", "--index-info", stdin=stdin)

    async def filters(self, paths: Iterable[str]) -> dict[str, str]:
        """The filters that attributes name for these paths, by path."""
        if not (stdin := b"".join(os.fsencode(path) + b"\0" for path in paths)):
            return {}
        parts = (await self._git("check-attr", "-z", "--stdin", "filter", stdin=stdin)).split(b"\0")[:-1]
        named = zip(parts[::3], parts[2::3], strict=True)
        return {os.fsdecode(path): os.fsdecode(name) for path, name in named}

    async def write(self, changed: Iterable[str], removed: Iterable[str] = ()) -> str:
        """The id of the new tree: the old one with these paths of `files`, and without those of `removed`. Names that
        git allows in no tree (`.git` in any spelling) are ignored."""
        index = ("update-index", "-z")
        if gone := b"".join(b"0 %s\t%s\0" % (b"0" * 40, os.fsencode(path)) for path in removed):
            await self._git(*index, "--index-info", stdin=gone)
        if there := b"".join(os.fsencode(path) + b"\0" for path in changed):
            await self._git(*index, "--add", "--replace", "--stdin", stdin=there)
        return (await self._git("write-tree", "--missing-ok")).decode("ascii").strip()

    async def _git(self, *argv: str, stdin: bytes = b"") -> bytes:
        folders = {"GIT_DIR": self._mirror, "GIT_WORK_TREE": self.files.root, "GIT_INDEX_FILE": self._index}
        return await git(self.files.root, *argv, env={name: str(path) for name, path in folders.items()}, stdin=stdin)


@contextlib.asynccontextmanager
async def new_tree(mirror: Path, scratch: Path, start: str = "") -> AsyncIterator[NewTree]:
    """The tree of commit or tree `start`, an empty one without it. `scratch`: for temporary files."""
    home = Path(tempfile.mkdtemp(prefix="commit.", dir=scratch))
    try:
        UntrustedFolder(home).make_folder("files")
        tree = NewTree(UntrustedFolder(home / "files"), mirror.resolve(), home / "index")
        if start:
            await tree._git("read-tree", start)
        yield tree
    finally:
        remove_tree(home)


async def add_commit(mirror: Path, tree: str, parents: Sequence[str], message: str, author: Mapping[str, str]) -> str:
    """The commit of a tree, kept in the mirror. `author`: git's variables for author and committer."""
    words = (word for parent in parents for word in ("-p", parent))
    sha = await git_line(mirror, "commit-tree", tree, *words, "-m", message, env=author)
    await git(mirror, "update-ref", f"refs/autobuild/{sha}", sha)
    return sha


async def committed_files(mirror: Path, commit: str) -> dict[str, CommittedFile]:
    """Everything in a commit or tree by its path, submodules too."""
    rows = (await git(mirror, "ls-tree", "-r", "-z", "--full-tree", commit)).split(b"\0")[:-1]
    found = {}
    for row in rows:
        facts, _, path = row.partition(b"\t")
        mode, _, blob = facts.decode("ascii").split(" ")
        found[os.fsdecode(path)] = CommittedFile(mode, blob)
    return found


def is_git_folder_name(name: str) -> bool:
    """Whether some file system takes the name for `.git`: in another case, with characters that it ignores, in its
    short form, as a stream. Git allows none of them in a tree."""
    # HFS+ ignores category Cf (joiners, marks of direction, the byte order mark), NTFS dots and spaces at the end.
    plain = "".join(letter for letter in name if unicodedata.category(letter) != "Cf").lower()
    return any(part.split(":", 1)[0].rstrip(". ") in (".git", "git~1") for part in plain.split("\\"))

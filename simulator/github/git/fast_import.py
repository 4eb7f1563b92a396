"""Commits made with `git fast-import`: one process for any number of files, no work tree and no ref."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from simulator.github import git
from simulator.github.git import Author, Commit, Files, GitCommandError, Symlink


async def commit(
    path: Path, files: Files, message: str, author: Author, parent: str = "", objects: Path | None = None
) -> str:
    """Writes a commit on top of `parent` (none: a root) without moving any branch, and gives its id.

    A path that leaves the tree raises GitCommandError, as does an unknown parent. `objects` as for `git`.
    """
    ref = f"refs/simulator/{secrets.token_hex(8)}"
    stream = _stream(ref, files, message, author, parent)
    return git.show(
        await git.git(path, "fast-import", "--quiet", "--date-format=raw", stdin=stream, objects=objects)
    ).strip()


async def merge(
    path: Path, tree: str, parents: Sequence[str], message: str, author: Author, committer: Author | None = None
) -> str:
    """Writes a commit of a tree that exists already."""
    by = f"committer {_signed(committer or author)}"
    head = [f"tree {tree}", *(f"parent {sha}" for sha in parents), f"author {_signed(author)}", by, "", message]
    text = "\n".join(head).removesuffix("\n") + "\n"
    stdin = text.replace("\0", "").encode("utf-8", "surrogateescape")
    return git.show(await git.git(path, "hash-object", "-w", "-t", "commit", "--stdin", stdin=stdin)).strip()


async def merged_tree(path: Path, ours: str, theirs: str) -> str:
    """The tree that merging two commits gives, without a work tree; GitCommandError where they conflict."""
    return git.show(await git.git(path, "merge-tree", "--write-tree", ours, theirs)).split()[0]


async def picked(path: Path, pick: Commit, onto: str, committer: Author) -> str:
    """The same change on top of `onto`, or `onto` where it contains that already; GitCommandError where it conflicts.

    The merge base is the parent of what is picked: a helper commit puts the tree of `onto` on top of it.
    """
    parents, author = pick.parents[:1], Author(pick.author, _seconds(pick.authored_at))
    below = await git.one(path, onto)
    ours = await merge(path, below.tree, parents, "onto", committer)
    tree = await merged_tree(path, ours, pick.sha)
    return onto if tree == below.tree else await merge(path, tree, (onto,), pick.message, author, committer)


def _seconds(date: str) -> int:
    return int(datetime.fromisoformat(date).timestamp())


def _stream(ref: str, files: Files, message: str, author: Author, parent: str) -> bytes:
    lines = [
        f"commit {ref}\nmark :1\ncommitter {_signed(author)}\n".encode(),
        _data(message.encode("utf-8", "surrogateescape")),
        f"from {parent}\n".encode() if parent else b"",
        *(_change(path, content) for path, content in files.items()),
        f"get-mark :1\nreset {ref}\nfrom {git.ZERO}\n\ndone\n".encode(),
    ]
    return b"feature done\nfeature get-mark\n" + b"".join(lines)


def _change(path: str, content: str | bytes | Symlink | None) -> bytes:
    if any(part.lower() in ("", ".", "..", ".git") for part in path.split("/")):
        raise GitCommandError(f"invalid path {path!r}")  # fast-import itself would take it
    if isinstance(content, Symlink):
        return b"M 120000 inline " + _quoted(path) + b"\n" + _data(content.target.encode())
    if content is None:
        return b"D " + _quoted(path) + b"\n"
    body = content if isinstance(content, bytes) else content.encode()
    mode = b"100755" if body.startswith(b"#!") else b"100644"
    return b"M " + mode + b" inline " + _quoted(path) + b"\n" + _data(body)


def _data(body: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(body), body)


def _quoted(path: str) -> bytes:
    """C-style, as fast-import wants for line feeds and quotes; a surrogate is written as the byte that it escapes."""
    raw = path.encode("utf-8", "surrogateescape")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _signed(author: Author) -> str:
    return f"{_plain(author.person.name)} <{_plain(author.person.email)}> {author.when} +0000"


def _plain(text: str) -> str:
    """Without the characters that an author line cannot contain."""
    return text.translate(str.maketrans("", "", "<>\n\0"))

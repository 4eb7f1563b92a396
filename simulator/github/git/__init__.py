"""Bare git repositories, read and written with git itself.

Names that come from outside are never given to git as revisions: `resolve` looks them up as refs and full
object ids only. Bytes that are not UTF-8 are shown with backslashreplace.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}\Z")


@dataclass(frozen=True)
class Symlink:
    """A symbolic link, to anywhere."""

    target: str


Files = Mapping[str, str | bytes | Symlink | None]
"""Path to content; None deletes."""


class GitCommandError(Exception):
    """Git failed; the text is its standard error."""


@dataclass(frozen=True)
class Person:
    """The author or committer of a commit."""

    name: str
    email: str


@dataclass(frozen=True)
class Author:
    """Who commits, and at what time: seconds since 1970, UTC."""

    person: Person
    when: int


@dataclass(frozen=True)
class Commit:
    """One commit; dates as git's strict ISO 8601."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    authored_at: str
    committer: Person
    committed_at: str
    message: str


async def git(
    path: Path, *arguments: str, stdin: bytes = b"", index: Path | None = None, objects: Path | None = None
) -> bytes:
    """Runs git in `path` with an environment of its own and gives its output; raises GitCommandError.

    `objects` is a folder for new objects, which the repository itself does not see.
    """
    more = {"GIT_INDEX_FILE": str(index)} if index else {}
    if objects:
        more |= {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(path / "objects")}
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, cwd=path, env=environment() | more,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await process.communicate(stdin)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise GitCommandError(show(err).strip() or f"git {arguments[0]} ended with {process.returncode}")
    return out


def environment() -> dict[str, str]:
    """No user's configuration and no terminal."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


def show(text: bytes) -> str:
    """Bytes of git as valid Unicode."""
    return text.decode("utf-8", "backslashreplace")


async def create(path: Path, default_branch: str, source: Path | None = None) -> None:
    """A bare repository that serves fetches of any commit and refuses pushes to `refs/pull`; with `source`, a copy."""
    path.mkdir(parents=True)
    await git(path, "init", "--quiet", "--bare", f"--initial-branch={default_branch}")
    if source:
        await git(path, "fetch", "--quiet", str(source), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    with (path / "config").open("a") as config:
        config.write(
            "[http]\n\treceivepack = true\n[receive]\n\tautogc = false\n\thideRefs = refs/pull\n"
            "\tdenyDeleteCurrent = refuse\n\tfsckObjects = true\n"
            "[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n[gc]\n\tauto = 0\n"
        )


async def refs(path: Path, *prefixes: str) -> dict[str, str]:
    """Full ref name to object id, of branches and tags by default."""
    out = await git(
        path, "for-each-ref", "--format=%(objectname) %(refname)", *(prefixes or ("refs/heads", "refs/tags"))
    )
    return {name: sha for sha, _, name in (line.partition(" ") for line in show(out).splitlines())}


async def resolve(path: Path, name: str) -> str:
    """The commit that a branch, tag, full ref or full object id names; "" where there is none."""
    if not name or name.startswith("-") or "\0" in name or "^" in name or ":" in name or "@{" in name or "~" in name:
        return ""
    candidates = [name] if _SHA.match(name) or name == "HEAD" else [f"refs/heads/{name}", f"refs/tags/{name}"]
    if name.startswith(("refs/", "heads/", "tags/", "pull/")):
        candidates.append(name if name.startswith("refs/") else f"refs/{name}")
    for candidate in candidates:
        try:
            out = await git(path, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        except GitCommandError:
            continue
        return show(out).strip()
    return ""


async def kind(path: Path, sha: str) -> str:
    """`blob`, `tree`, `commit` or `tag`; "" for what is not a full object id or does not exist."""
    return (await kinds(path, [sha])).get(sha, "")


async def kinds(path: Path, shas: Iterable[str]) -> dict[str, str]:
    """The `kind` of each that exists; one process for any number."""
    requested = [sha for sha in dict.fromkeys(shas) if _SHA.match(sha)]
    out = await git(
        path, "cat-file", "--batch-check=%(objecttype)", stdin="".join(f"{sha}\n" for sha in requested).encode()
    )
    found = zip(requested, show(out).splitlines(), strict=True)
    return {sha: kind for sha, kind in found if not kind.endswith(" missing")}


async def log(path: Path, *revisions: str, limit: int = 250) -> list[Commit]:
    """Newest first. `revisions` are object ids, `^id` to leave out what that one reaches."""
    layout = "--format=%H%n%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
    out = await git(path, "log", "-z", f"--max-count={limit}", layout, *revisions, "--")
    return [_commit(show(entry)) for entry in out.split(b"\0") if entry]


async def one(path: Path, sha: str) -> Commit:
    """The commit of an object id that is known to be one."""
    return (await log(path, sha, limit=1))[0]


async def count(path: Path, *revisions: str) -> int:
    return int(await git(path, "rev-list", "--count", *revisions, "--"))


async def merge_base(path: Path, one: str, other: str) -> str:
    """ "" where the two have nothing in common."""
    try:
        return show(await git(path, "merge-base", one, other)).strip()
    except GitCommandError:
        return ""


async def empty_tree(path: Path) -> str:
    return show(await git(path, "hash-object", "-w", "-t", "tree", "--stdin")).strip()


async def is_ancestor(path: Path, older: str, newer: str) -> bool:
    try:
        await git(path, "merge-base", "--is-ancestor", older, newer)
    except GitCommandError:
        return False
    return True


async def update_ref(path: Path, ref: str, new: str, old: str | None = None) -> None:
    """Compare and swap; `new` of zeros deletes, `old` of zeros means that it must not exist yet."""
    await git(path, "update-ref", ref, new, *([] if old is None else [old]))


async def check_ref_name(path: Path, ref: str) -> bool:
    try:
        await git(path, "check-ref-format", ref)
    except GitCommandError:
        return False
    return True


def _commit(entry: str) -> Commit:
    sha, tree, parents, name, email, authored, by, by_email, committed, message = entry.split("\n", 9)
    return Commit(
        sha, tree, tuple(parents.split()), Person(name, email), authored, Person(by, by_email), committed,
        message.removesuffix("\n"),
    )  # fmt: skip

"""The patterns by which a workspace names its members: `packages/*`, `apps/{web,api}`, `!packages/old`, `libs/**`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from activities.globs import steps_match
from activities.untrusted_files import UntrustedFolder

_BRACES = re.compile(r"\{([^{}]*)\}")
_MOST_PATTERNS = 200
_LONGEST = 1000
_MOST_FOLDERS = 20_000
_NOT_ENTERED = frozenset(("node_modules", "__pycache__", "site-packages"))


def is_named(patterns: Iterable[str], folder: str) -> bool:
    """Whether one of the patterns names this folder itself."""
    return any(steps_match(steps, folder.split("/")) for steps in _steps(patterns))


def reaches(patterns: Iterable[str], folder: str) -> bool:
    """Whether files that the patterns name, of folders or of files, may lie in the folder or below it."""
    parts = folder.split("/")
    return any(_same_beginning(steps, parts) for steps in _steps(patterns))


def named_folders(root: UntrustedFolder, patterns: Sequence[str], file: str) -> Iterator[str]:
    """The folders below the root that the patterns name and that hold a file of this name, in order. Hidden folders and
    those of installed packages are not looked into."""
    steps = list(_steps(patterns))
    deepest = max((20 if "**" in each else len(each) for each in steps), default=0)
    pending, looked_at = [""], 0
    while pending and looked_at < _MOST_FOLDERS:
        folder = pending.pop()
        looked_at += 1
        parts = folder.split("/") if folder else []
        if parts and any(steps_match(each, parts) for each in steps) and root.is_file(f"{folder}/{file}"):
            yield folder
        if len(parts) < deepest:
            below = [path for path in root.folders(folder or ".") if _is_entered(path.rpartition("/")[2])]
            pending += [
                path for path in reversed(below) if any(_same_beginning(each, path.split("/")) for each in steps)
            ]


def _is_entered(name: str) -> bool:
    return not name.startswith(".") and name not in _NOT_ENTERED


def _steps(patterns: Iterable[str]) -> Iterator[list[str]]:
    for pattern in patterns:
        for plain in _without_braces(pattern):
            yield [step for step in plain.split("/") if step not in ("", ".")]


def _without_braces(pattern: str) -> list[str]:
    """`{a,b}/*` is `a/*` and `b/*`."""
    done: list[str] = []
    pending = [pattern] if len(pattern) <= _LONGEST else []
    while pending and len(done) + len(pending) < _MOST_PATTERNS:
        text = pending.pop()
        if match := _BRACES.search(text):
            pending += [text[: match.start()] + choice + text[match.end() :] for choice in match[1].split(",")]
        else:
            done.append(text)
    return done


def _same_beginning(steps: Sequence[str], parts: Sequence[str]) -> bool:
    for step, part in zip(steps, parts, strict=False):
        if step == "**":
            return True
        if not fnmatchcase(part, step):
            return False
    return True

"""Globs of paths and of branches, as GitHub writes them; no pattern can make matching slow."""

import fnmatch
from collections.abc import Sequence


def path_matches(patterns: Sequence[str], path: str) -> bool:
    """Whether one of the globs names this file or a folder above it.

    `*` stays within a folder, `**` crosses any number of them. A pattern without a slash matches at any depth
    (`*.lock`, `vendor`), one with a slash is taken from the repository's root (`docs/**`, `web/dist/`).
    """
    parts = path.split("/")
    return any(_path_matches(pattern, parts) for pattern in patterns)


def branch_matches(patterns: Sequence[str], branch: str) -> bool:
    """Whether the branch is meant. The last pattern that matches decides, and one that begins with `!` takes out
    again: `["**", "!dependabot/**"]`. `*` does not cross a slash, `**` does."""
    meant = False
    for pattern in patterns:
        if _matches(pattern.removeprefix("!").split("/"), branch.split("/")):
            meant = not pattern.startswith("!")
    return meant


def _path_matches(pattern: str, parts: Sequence[str]) -> bool:
    wanted = pattern.strip("/").split("/")
    if len(wanted) == 1 and not pattern.startswith("/"):
        wanted = ["**", *wanted]
    return any(_matches(wanted, parts[:end]) for end in range(1, len(parts) + 1))


def _matches(wanted: Sequence[str], parts: Sequence[str]) -> bool:
    """Walks all ways at once (`at`: how many of `parts` may be used up), so the time is their product at most."""
    at = {0}
    for step in wanted:
        if step == "**":
            at = set(range(min(at), len(parts) + 1)) if at else at
        else:
            at = {i + 1 for i in at if i < len(parts) and fnmatch.fnmatchcase(parts[i], step)}
    return len(parts) in at

"""Globs of paths and of branches, as GitHub writes them; no pattern can make matching slow."""

import fnmatch
from collections.abc import Sequence


def path_matches(patterns: Sequence[str], path: str) -> bool:
    """Whether one of the globs names this file or a folder above it.

    `*` stays within a folder, `**` crosses any number of them. A pattern without a slash matches at any depth
    (`*.lock`, `vendor`), one with a slash is taken from the repository's root (`docs/**`, `web/dist/`).
    """
    parts = path.split("/")
    for pattern in patterns:
        steps = pattern.strip("/").split("/")
        if len(steps) == 1 and not pattern.startswith("/"):
            steps = ["**", *steps]
        if any(steps_match(steps, parts[:end]) for end in range(1, len(parts) + 1)):
            return True
    return False


def branch_matches(patterns: Sequence[str], branch: str) -> bool:
    """Whether the patterns include the branch. The last pattern that matches decides, and one that begins with `!`
    excludes: `["**", "!dependabot/**"]`. `*` does not cross a slash, `**` does."""
    included = False
    for pattern in patterns:
        if steps_match(pattern.removeprefix("!").split("/"), branch.split("/")):
            included = not pattern.startswith("!")
    return included


def steps_match(steps: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the steps of a glob, `*` and `**` among them, fit all parts of a path.

    Follows all possibilities at once (`at`: how many of `parts` may be matched already), so the time is at most
    the product of both lengths."""
    at = {0}
    for step in steps:
        if step == "**":
            at = set(range(min(at), len(parts) + 1)) if at else at
        else:
            at = {i + 1 for i in at if i < len(parts) and fnmatch.fnmatchcase(parts[i], step)}
    return len(parts) in at

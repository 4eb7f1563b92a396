"""Commands that a JavaScript repository starts: in its manifests, and in files of other programs."""

import re
from collections.abc import Iterator

from activities.migration.json_text import JsonMember, JsonPath, members
from activities.migration.recipe import SourceTree

STARTERS = (
    "*.yml", "*.yaml", "*.sh", "Makefile", "makefile", "justfile", "Dockerfile", ".lintstagedrc*",
    "lint-staged.config.*", "pre-commit", "pre-push",
)  # fmt: skip
"""Names of files that start programs."""


def manifest_commands(
    tree: SourceTree, word: str, holders: tuple[str, ...]
) -> Iterator[tuple[str, str, dict[JsonPath, JsonMember]]]:
    """(path, text, members below `holders`) of each package.json that has the word; one that is no JSON is left out."""
    for path in tree.named("package.json"):
        text = tree.read(path)
        if text is None or word not in text:
            continue
        try:
            found = {place: one for place, one in members(text).items() if place[0] in holders}
        except ValueError:
            continue
        yield path, text, found


def started_elsewhere(tree: SourceTree, command: re.Pattern[str], *needles: bytes) -> Iterator[tuple[str, int, str]]:
    """(path, line, command) in files of other programs."""
    for path in tree.containing(tree.named(*STARTERS), *needles):
        text = tree.read(path) or ""
        for found in command.finditer(text):
            yield path, text.count("\n", 0, found.start()) + 1, found[0]

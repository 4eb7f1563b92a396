"""Comments that silence a finding, a type error or a missing line of coverage; and characters that nobody sees."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from activities import tools
from activities.patch_checks.patch import Patch
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts

# Of tools that are no plug-in here, and comments of whole files beyond what the plug-ins name.
_OTHERS: Final = (
    r"#\s*(?:pyright|ty|pyrefly)\s*:\s*(?:ignore|basic)\b|#\s*pylint\s*:\s*disable|#\s*mypy\s*:\s*allow|#\s*pyre-ignore"
    r"|#\s*type\s*:\s*ignore\b|#\s*noqa\b|#\s*pragma\s*:\s*no\s*(?:cover|branch)|\bnosemgrep\b|\bNOSONAR\b"
    r"|\blgtm\s*\[|\bcodeql\s*\[|#\s*ruff\s*:\s*(?:disable|ignore)|#\s*(?:shellcheck|hadolint|rubocop)\s*:?\s*(?:ignore|disable)"
    r"|\boxlint-disable\b|\btslint:disable\b|\bdeno-lint-ignore\b|\b(?:istanbul|c8|v8)\s+ignore\b|\$FlowFixMe\b"
    r"|//\s*nolint\b|//\s*lint:(?:file-)?ignore\b|#nosec\b|#!?\[\s*(?:allow|expect)\s*\(|#!?\[\s*coverage\s*\(\s*off"
    r"|#!?\[\s*cfg_attr\([^\]]*\b(?:allow|coverage)\b|@SuppressWarnings\b"
    r"|pragma:\s?(?:allow|white)list|\b(?:gitleaks|betterleaks|kingfisher|trufflehog):(?:allow|ignore)\b"
)
_FORMATTERS: Final = frozenset(("black", "isort", "prettier", "rustfmt"))
"""What these are kept from is no finding."""


@cache
def _markers() -> re.Pattern[str]:
    known = {
        tool.silenced_by for name, tool in tools.registry().items() if tool.silenced_by and name not in _FORMATTERS
    }
    return re.compile("|".join((*sorted(known), _OTHERS)))


# Marks of direction, tags and spaces without width, which make code look like other code.
_HIDDEN: Final = re.compile("[\u200b\u2060\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_LONGEST_LINE: Final = 2000
_TEXTS: Final = (".md", ".mdx", ".rst", ".txt", ".adoc", ".html", ".svg", ".csv")


def problems(patch: Patch) -> Iterator[PatchProblem]:
    """A line that only moved, or that had such a comment before, silences nothing new."""
    moved = Counter("".join(row.split()) for lines in patch.lines for row in lines.removed)
    for lines in patch.lines:
        if lines.path.lower().endswith(_TEXTS):
            continue
        had = sum(len(_found(row)) for row in lines.removed)
        for number, row in enumerate(lines.added, lines.start):
            found = _found(row)
            plain = "".join(row.split())
            if not found:
                continue
            if moved[plain] > 0:
                moved[plain] -= 1
                had -= len(found)
            elif had >= len(found):
                had -= len(found)
            else:
                had = 0
                yield PatchProblem("suppressed-findings", lines.path, number, texts.suppressed(found[0]))


def _found(row: str) -> list[str]:
    return [found[0] for found in _markers().finditer(row[:_LONGEST_LINE])]


def hidden_text(patch: Patch) -> Iterator[PatchProblem]:
    """The first such line of each place."""
    for lines in patch.lines:
        if any(_HIDDEN.search(row) for row in lines.removed):
            continue
        number = next((number for number, row in enumerate(lines.added, lines.start) if _HIDDEN.search(row)), 0)
        if number:
            yield PatchProblem("hidden-text", lines.path, number, texts.HIDDEN_TEXT)

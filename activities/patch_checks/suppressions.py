"""Comments that silence a finding, a type error or a missing line of coverage."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from activities.patch_checks.patch import Patch
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts

_MARKERS: Final = re.compile(
    r"#\s*(?:(?:ruff|flake8)\s*:\s*)?noqa\b|#\s*type\s*:\s*ignore\b|#\s*(?:pyright|ty|pyrefly)\s*:\s*(?:ignore|basic)\b"
    r"|#\s*pylint\s*:\s*(?:disable|skip-file)|#\s*mypy\s*:\s*(?:ignore-errors|disable-error-code|allow)|#\s*pyre-ignore"
    r"|#\s*nosec\b|\bnosemgrep\b|#\s*pragma\s*:\s*no\s*(?:cover|branch)|\bNOSONAR\b|\blgtm\s*\[|\bcodeql\s*\["
    r"|#\s*ruff\s*:\s*(?:disable|ignore)|#\s*(?:zizmor|shellcheck|hadolint|rubocop)\s*:?\s*(?:ignore|disable)"
    r"|\beslint-disable\b|\boxlint-disable\b|\btslint:disable\b|\bbiome-ignore\b|\bdeno-lint-ignore\b|\bstandard-disable\b"
    r"|@ts-(?:ignore|expect-error|nocheck)\b|\b(?:istanbul|c8|v8)\s+ignore\b|\$FlowFixMe\b|@flow\s+off"
    r"|//\s*nolint\b|//\s*lint:(?:file-)?ignore\b|#nosec\b|#!?\[\s*(?:allow|expect)\s*\(|#!?\[\s*coverage\s*\(\s*off"
    r"|#!?\[\s*(?:rustfmt::skip|cfg_attr\([^\]]*\b(?:allow|coverage)\b)|@SuppressWarnings\b"
    r"|pragma:\s?(?:allow|white)list|\b(?:gitleaks|betterleaks|kingfisher|trufflehog):(?:allow|ignore)\b",
)
_TEXTS: Final = (".md", ".mdx", ".rst", ".txt", ".adoc", ".html", ".svg", ".csv")


def problems(patch: Patch) -> Iterator[PatchProblem]:
    """A line that only moved, or that had such a comment before, silences nothing new."""
    moved = Counter("".join(row.split()) for lines in patch.lines for row in lines.removed)
    for lines in patch.lines:
        if lines.path.lower().endswith(_TEXTS):
            continue
        had = sum(len(_MARKERS.findall(row)) for row in lines.removed)
        for number, row in enumerate(lines.added, lines.start):
            found = _MARKERS.findall(row[:2000])
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

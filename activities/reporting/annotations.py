"""Findings as GitHub's annotations: worst first, inside GitHub's limits."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest

from activities.model import SEVERITIES, Finding
from activities.reporting.markdown import clean, cut_bytes, one_line

SHOWN = 500
"""How many of a check's findings become annotations; the summary says how many more there are."""

Annotation = Mapping[str, str | int]

_LEVELS = {"notice": "notice", "warning": "warning", "error": "failure", "critical": "failure"}
# OpenAPI: title 255 characters, message 64 KB. GitHub's interface shows lines of any number.
_TITLE, _MESSAGE = 255, 64_000


def annotations(findings: Iterable[Finding], limit: int = SHOWN) -> tuple[Annotation, ...]:
    """The new findings that have a path, worst first and then by place: the same findings, the same order."""
    return tuple(_annotation(finding) for finding in worst_first(shown(findings), limit))


def shown(findings: Iterable[Finding]) -> list[Finding]:
    """Those that can become annotations."""
    return [finding for finding in findings if finding.new and finding.path]


def worst_first(findings: Sequence[Finding], limit: int) -> list[Finding]:
    """The `limit` worst; among equals by path, line and rule."""
    return nsmallest(limit, findings, key=_rank)


def _rank(finding: Finding) -> tuple[int, str, int, int, str, str]:
    badness = -SEVERITIES.index(finding.severity)
    return badness, finding.path, finding.line, finding.column, finding.rule, finding.message


def _annotation(finding: Finding) -> Annotation:
    start = max(finding.line, 1)
    end = max(finding.end_line, start)
    message = clean(finding.message).strip() or finding.rule or finding.tool
    annotation: dict[str, str | int] = {
        "path": clean(finding.path),
        "start_line": start,
        "end_line": end,
        "annotation_level": _LEVELS[finding.severity],
        "title": one_line(f"{finding.tool}: {finding.rule}" if finding.rule else finding.tool, _TITLE),
        "message": cut_bytes(message, _MESSAGE),
    }
    if start == end and finding.column > 0:
        annotation |= {"start_column": finding.column, "end_column": finding.column}
    return annotation

"""Where the repository's own files for scanners of secrets say that something is none.

Such a finding is shown as a notice: the files are the head's own, so a change could allow what it brings.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from activities.languages.python.hook_rules import matching_paths
from activities.model import Finding, ToolReport
from activities.tooling import Project, Workbench

_BASELINE, _IGNORE = ".secrets.baseline", ".gitleaksignore"
_TOML = (".gitleaks.toml", ".betterleaks.toml")
_PLACE = re.compile(r"(?:[0-9a-f]{7,40}:)?(?P<path>[^:]+):[^:]+:(?P<line>\d+)")
_MOST_PATTERNS = 200


async def allowed_by_file(bench: Workbench, report: ToolReport) -> ToolReport:
    """The report, its findings that such a file allows as notices."""
    if not report.findings:
        return report
    places = dict(_places(bench.project))
    paths = sorted({each.path for each in report.findings})
    file, patterns = next(((file, found) for file in _TOML if (found := _patterns(bench.project, file))), ("", []))
    places |= {(path, 0): file for path in await matching_paths(bench, paths, patterns)} if patterns else {}
    return replace(report, findings=tuple(_as_allowed(each, places) for each in report.findings))


def _as_allowed(finding: Finding, places: dict[tuple[str, int], str]) -> Finding:
    file = places.get((finding.path, finding.line)) or places.get((finding.path, 0))
    if not file or finding.severity == "notice":
        return finding
    said = finding.message.partition(".")[0]
    return replace(finding, severity="notice", confidence="", message=f"{said}, which {file} allows.")


def _places(project: Project) -> Iterator[tuple[tuple[str, int], str]]:
    """(path, line) → the file that allows it there."""
    for line in project.read(_IGNORE).splitlines():
        if match := _PLACE.fullmatch(line.strip()):
            yield (match["path"], int(match["line"])), _IGNORE
    try:
        baseline = json.loads(project.read(_BASELINE) or "{}")
    except (ValueError, RecursionError):
        return
    results = baseline.get("results") if isinstance(baseline, dict) else None
    for path, entries in results.items() if isinstance(results, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            line_number = entry.get("line_number") if isinstance(entry, dict) else None
            if isinstance(line_number, int):
                yield (path, line_number), _BASELINE


def _patterns(project: Project, file: str) -> list[str]:
    """The paths that gitleaks' configuration allows everything in."""
    try:
        config: dict[str, Any] = tomllib.loads(project.read(file))
    except (ValueError, RecursionError):
        return []
    more = config.get("allowlists")
    lists = [config.get("allowlist"), *(more if isinstance(more, list) else ())]
    tables = (each for each in lists if isinstance(each, dict) and not each.get("targetRules"))
    listed = (each.get("paths") for each in tables)
    found = [path for paths in listed if isinstance(paths, list) for path in paths if isinstance(path, str)]
    return found[:_MOST_PATTERNS]

"""What the audits of npm, pnpm and yarn say, in one form: each names the same advisories in its own way."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from activities.model import Severity
from activities.reports import BadReport, parse_json, valid_unicode

# The registry's words, to ours: "critical" alone always blocks.
_SEVERITIES: dict[str, Severity] = {"critical": "critical", "high": "error", "moderate": "warning"}


@dataclass(frozen=True)
class Advisory:
    """`place` is a path in node_modules ("node_modules/a/node_modules/b"), "" where the audit gives none."""

    id: str
    package: str
    title: str
    severity: Severity
    affected: str = ""
    place: str = ""


class RegistryUnavailable(BadReport):
    """The registry did not answer, or has no advisories to give."""


def of_npm(data: bytes) -> Iterator[Advisory]:
    """`npm audit --json`: by package; `via` holds the advisories themselves, or names of packages that have them."""
    report = parse_json(data, "npm's audit")
    if not isinstance(report, dict) or not isinstance(report.get("vulnerabilities"), dict):
        raise RegistryUnavailable(_refusal(report))
    for name, entry in report["vulnerabilities"].items():
        fields = entry if isinstance(entry, dict) else {}
        nodes = fields.get("nodes")
        place = str(nodes[0]) if isinstance(nodes, list) and nodes else ""
        for via in fields.get("via") or []:
            if isinstance(via, dict):
                yield _advisory(name, via, str(via.get("range", "")), place)


def of_pnpm(data: bytes) -> Iterator[Advisory]:
    """`pnpm audit --json`, the form of npm 6."""
    report = parse_json(data, "pnpm's audit")
    if not isinstance(report, dict) or not isinstance(report.get("advisories"), dict):
        raise RegistryUnavailable(_refusal(report))
    for entry in report["advisories"].values():
        if isinstance(entry, dict):
            yield _advisory(str(entry.get("module_name", "")), entry, str(entry.get("vulnerable_versions", "")))


def of_yarn(data: bytes) -> Iterator[Advisory]:
    """`yarn audit --json` of yarn 1: an object a line, an advisory once for each path that leads to it."""
    seen: set[str] = set()
    for line in _lines(data):
        found = line.get("data")
        advisory = found.get("advisory") if isinstance(found, dict) else None
        if line.get("type") == "auditAdvisory" and isinstance(advisory, dict) and str(advisory.get("id")) not in seen:
            seen.add(str(advisory.get("id")))
            name, affected = str(advisory.get("module_name", "")), str(advisory.get("vulnerable_versions", ""))
            yield _advisory(name, advisory, affected)
        elif line.get("type") == "error":
            raise RegistryUnavailable(valid_unicode(str(found))[:300])


def of_berry(data: bytes) -> Iterator[Advisory]:
    """`yarn npm audit --json` of yarn 2 and later: an object a line, nothing at all when all is well."""
    for line in _lines(data):
        entry = line.get("children")
        if isinstance(entry, dict) and "Severity" in entry:
            fields = {"title": entry.get("Issue"), "url": entry.get("URL"), "severity": entry.get("Severity")}
            yield _advisory(str(line.get("value", "")), fields, str(entry.get("Vulnerable Versions", "")))
        elif line.get("type") == "error":
            raise RegistryUnavailable(valid_unicode(str(line.get("data")))[:300])


def _advisory(package: str, entry: dict[str, object], affected: str, place: str = "") -> Advisory:
    """The id is GitHub's where the URL ends with it, else the registry's number."""
    url = str(entry.get("url") or "")
    known = str(
        entry.get("github_advisory_id") or url.rpartition("/")[2] or entry.get("source") or entry.get("id") or ""
    )
    severity = _SEVERITIES.get(str(entry.get("severity")), "notice")
    title = str(entry.get("title") or "a known vulnerability")
    return Advisory(
        valid_unicode(known),
        valid_unicode(package),
        valid_unicode(title)[:500],
        severity,
        valid_unicode(affected),
        valid_unicode(place),
    )


def _lines(data: bytes) -> Iterator[dict[str, object]]:
    for line in data.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _refusal(report: object) -> str:
    """npm says in `message` what the registry answered, with an address that is nobody's business here."""
    fields = report if isinstance(report, dict) else {}
    error = fields.get("error")
    code = fields.get("statusCode") or (error.get("code") if isinstance(error, dict) else "")
    return f"it answered {valid_unicode(str(code))[:50]}" if code else "it did not answer"

"""SARIF 2.1.0, as ruff, bandit, eslint, semgrep, gosec, CodeQL and many others write it.

A result that its tool suppressed, that is absent from the newer run, or that passed is left out. Its
severity is, first found: the rule's `security-severity` (GitHub's bands), the result's `level`, the
rule's default level, `warning`.
"""

import re
from typing import Any
from urllib.parse import unquote

from activities.model import Finding, Severity
from activities.reporting.markdown import one_line
from activities.reports import BadReport, Contents, Format, non_negative, parse_json, path_of, valid_unicode

_Json = dict[str, Any]
_LEVELS: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "notice", "none": "notice"}
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FILE = re.compile(r"^file:(?://[^/]*)?(?=/)")
_ARGUMENT = re.compile(r"\{(\d{1,3})\}")
_SILENT_KINDS = ("pass", "notApplicable")
_LONGEST_PATH = 4096
_LONGEST_MESSAGE = 10_000
_LONGEST_SHARED = 1000
"""A base of paths, and a rule's message that each result fills with words of its own: there is one for each result."""
_LONGEST_RULE = 1000


class SarifFormat(Format):
    name = "sarif"
    gives = "findings"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        report = parse_json(data, "The SARIF report")
        runs = report.get("runs") if isinstance(report, dict) else None
        if not isinstance(runs, list):
            raise BadReport('The report is not SARIF: it has no list "runs".')
        found = []
        problems, advice = [], []
        if not runs:
            advice.append("The report has no run, so nothing was looked at.")
        for run in (_Run(_dict(each)) for each in runs):
            problems.append(run.problem())
            advice.append(run.advice())
            for result in run.results:
                # §3.27.23: suppressed, unless a suppression is still under review or was rejected.
                states = [entry.get("status") for entry in _dicts(result.get("suppressions"))]
                suppressed = bool(states) and not any(state in ("underReview", "rejected") for state in states)
                silent = result.get("kind") in _SILENT_KINDS or result.get("baselineState") == "absent"
                if suppressed or silent:
                    continue
                rule = run.rule(result)
                location = _dict(_dict(next(iter(_dicts(result.get("locations"))), {})).get("physicalLocation"))
                region = _dict(location.get("region"))
                found.append(
                    Finding(
                        check=check,
                        tool=tool,
                        rule=run.kept((_text(result.get("ruleId")) or _text(rule.get("id")))[:_LONGEST_RULE]),
                        path=run.path(location),
                        line=non_negative(region.get("startLine")),
                        column=non_negative(region.get("startColumn")),
                        end_line=non_negative(region.get("endLine")),
                        message=run.kept(_message(result, rule)),
                        severity=_severity(result, rule),
                    )
                )
        problem, said = (" ".join(dict.fromkeys(filter(None, sentences))) for sentences in (problems, advice))
        return Contents(findings=tuple(found), problem=problem, advice="" if problem else said)


class _Run:
    """One run's tables, which its results point into by id or by index."""

    def __init__(self, run: _Json) -> None:
        parts = _dict(run.get("tool"))
        self.name = one_line(valid_unicode(_text(_dict(parts.get("driver")).get("name"))), 100) or "The tool"
        # §3.14.23: null where the tool did not begin; what is kept in other files was looked at.
        self.began = run.get("results") is not None or "externalPropertyFileReferences" in run
        self.invocations = _dicts(run.get("invocations"))
        self.results = _dicts(run.get("results"))
        self.driver = _dicts(_dict(parts.get("driver")).get("rules"))
        self.extensions = [_dicts(part.get("rules")) for part in _dicts(parts.get("extensions"))]
        self.by_id = {_text(rule.get("id")): rule for rules in (*self.extensions, self.driver) for rule in rules}
        self.artifacts = _dicts(run.get("artifacts"))
        self.bases = _dict(run.get("originalUriBaseIds"))
        self._kept: dict[str, str] = {}

    def kept(self, text: str) -> str:
        """Valid Unicode, once for all results that say the same: many may take one long text of their rule."""
        valid = valid_unicode(text)
        return self._kept.setdefault(valid, valid)

    def problem(self) -> str:
        """Why the run looked at nothing, by its own words; "" where it does not say so."""
        failed = [each for each in self.invocations if each.get("executionSuccessful") is False]
        failed += [each for each in self.invocations if _text(each.get("processStartFailureMessage"))]
        if not failed:
            return "" if self.began else f"{self.name} did not begin: its report has no results."
        own = [
            _text(each.get("processStartFailureMessage")) or _text(each.get("exitCodeDescription")) for each in failed
        ]
        said = next(iter([*self._errors(), *filter(None, own)]), "")
        return f"{self.name} reports that it failed{f': {said}' if said else '.'}"

    def advice(self) -> str:
        """What the run could not do, though it says that it succeeded."""
        said = self._errors()
        more = f" ({len(said) - 1:,} more)" if len(said) > 1 else ""
        return f"{self.name} reports an error{more}: {said[0]}" if said else ""

    def _errors(self) -> list[str]:
        kinds = ("toolExecutionNotifications", "toolConfigurationNotifications")
        notes = [note for each in self.invocations for kind in kinds for note in _dicts(each.get(kind))]
        texts = (_text(_dict(note.get("message")).get("text")) for note in notes if note.get("level") == "error")
        return [one_line(valid_unicode(text), 300) or "an error without a message." for text in texts]

    def rule(self, result: _Json) -> _Json:
        pointer = _dict(result.get("rule"))
        index = result.get("ruleIndex", pointer.get("index"))
        component = _dict(pointer.get("toolComponent")).get("index")
        rules = _at(self.extensions, component, self.driver) if component is not None else self.driver
        rule_id = _text(result.get("ruleId") or pointer.get("id"))
        # "CA1000/1" is a sub-rule of "CA1000".
        known = self.by_id.get(rule_id) or self.by_id.get(rule_id.partition("/")[0])
        found: _Json = _at(rules, index, None) or known or {}
        return found

    def path(self, location: _Json) -> str:
        artifact = _dict(location.get("artifactLocation"))
        if "uri" not in artifact:
            artifact = _dict(_dict(_at(self.artifacts, artifact.get("index"), {})).get("location"))
        uri = _FILE.sub("", self._resolved(artifact, depth=0))
        return self.kept(path_of(unquote(uri, errors="surrogateescape")).removeprefix("./"))

    def _resolved(self, artifact: _Json, depth: int) -> str:
        """A base may lie on another base; a circle of them ends after ten."""
        uri, base = _text(artifact.get("uri"))[:_LONGEST_PATH], self.bases.get(_text(artifact.get("uriBaseId")))
        if not isinstance(base, dict) or depth > 10 or _HAS_SCHEME.match(uri):
            return uri
        # §3.14.14: a base ends with a slash; some writers forget it. An absolute name needs no base.
        start = self._resolved(base, depth + 1)
        if uri.startswith("/") or not start:
            return uri
        return f"{start[:_LONGEST_SHARED].rstrip('/')}/{uri}"[:_LONGEST_PATH]


def _severity(result: _Json, rule: _Json) -> Severity:
    """A score goes by the bands of GitHub's code scanning: over 9 critical, 7 high, 4 medium, below low."""
    try:
        score = float(_dict(rule.get("properties"))["security-severity"])
    except (KeyError, TypeError, ValueError, OverflowError):
        if result.get("kind") == "informational":
            return "notice"
        level = result.get("level") or _dict(rule.get("defaultConfiguration")).get("level")
        return _LEVELS.get(_text(level), "warning")
    if score >= 9:
        return "critical"
    if score >= 7:
        return "error"
    return "warning" if score >= 4 else "notice"


def _message(result: _Json, rule: _Json) -> str:
    message = _dict(result.get("message"))
    text = _text(message.get("text") or message.get("markdown"))
    given = message.get("arguments")
    arguments: list[Any] = given if isinstance(given, list) else []
    if not text:
        text = _text(_dict(_dict(rule.get("messageStrings")).get(_text(message.get("id")))).get("text"))
        text = text or _text(_dict(rule.get("shortDescription")).get("text")) or _text(rule.get("name"))
        text = text[: _LONGEST_SHARED if arguments else None]
    text = text[:_LONGEST_MESSAGE]
    if arguments:
        text = _with_arguments(text, arguments)
    return text.strip()


def _with_arguments(text: str, arguments: list[Any]) -> str:
    """`{0}` stands for the first argument (§3.11.5); a number beyond them stays as it is."""
    filled, end = "", 0
    for match in _ARGUMENT.finditer(text):
        argument = _text(_at(arguments, int(match[1]), match[0]))
        filled += text[end : match.start()] + argument[:_LONGEST_MESSAGE]
        end = match.end()
        if len(filled) >= _LONGEST_MESSAGE:
            break
    return (filled + text[end:])[:_LONGEST_MESSAGE]


def _at(items: list[Any], index: object, default: Any) -> Any:
    return items[index] if isinstance(index, int) and 0 <= index < len(items) else default


def _dict(value: object) -> _Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[_Json]:
    """Entries that are no objects become empty ones, so that an index still means what it meant."""
    return [_dict(entry) for entry in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


sarif = SarifFormat()

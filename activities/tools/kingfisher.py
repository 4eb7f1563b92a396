"""kingfisher: private keys and tokens in files of any language, by the kinds whose own text says what they are.

Severity: `error` with high confidence for what something may use, which always blocks; `warning` in tests, examples and
documentation, and for keys that are public on purpose; `notice` where the repository says that it is none. A secret's
value is in no report: kingfisher redacts it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from activities.fingerprints import lines_of_tree
from activities.languages.commands import asked_in
from activities.languages.python.installed import our_version
from activities.languages.quick_look import LARGEST_FILE_MB
from activities.languages.secret_kinds import (
    AWS_KEY_ID,
    KINDS,
    PLACEHOLDERS,
    SecretKind,
    allowed_by_comment,
    is_in_use,
    may_have_secrets,
)
from activities.languages.secrets_allowed import allowed_by_file
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import execute, findings_report, not_installed
from activities.tooling import REPOSITORY, Project, Tool, ToolDetection, Workbench

_REPORT = "kingfisher.json"
_CONFIG = "kingfisher.yaml"
_RULES = "rules.yaml"
_FOUND = 200
_NAME = "AWS access key ID"
_OWN_RULES = {
    "rules": [
        {
            "id": AWS_KEY_ID, "name": _NAME, "pattern": r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b", "min_entropy": 3.0,
            "confidence": "high", "examples": [],
        }
    ]
}  # fmt: skip


class Kingfisher(Tool):
    name = "kingfisher"
    programs = ("kingfisher",)
    checks = ("security",)
    language = REPOSITORY
    default = True
    runs_project_code = False
    detection = ToolDetection(
        hooks=("kingfisher", "kingfisher-auto", "kingfisher-pre-commit"),
        other_files=(".secrets.baseline", ".gitleaksignore", ".gitleaks.toml", ".betterleaks.toml"),
    )

    def used_by(self, project: Project) -> str:
        return ""

    def asked_for(self, project: Project, check: str) -> str:
        return asked_in(self, project)

    def has_work(self, project: Project, check: str) -> bool:
        return may_have_secrets(project) or bool(self.asked_for(project, check))

    async def run(self, bench: Workbench) -> ToolReport:
        """Exit codes: 0 nothing, 200 findings. No file of the tree configures it."""
        if not (program := _program()):
            return not_installed(self.name, "", "Secrets are not searched for on this host.")
        out = bench.paths.out
        write_input(bench.out, _RULES, json.dumps(_OWN_RULES))
        write_input(bench.out, _CONFIG, json.dumps(_config(f"{out}/{_RULES}")))
        options = ("--config", f"{out}/{_CONFIG}", "--git-history", "none", "--no-update-check", "-q")
        finished = await execute(bench, (program, "scan", ".", *options, "-o", f"{out}/{_REPORT}"))
        report = findings_report(self, bench, our_version("kingfisher-bin"), finished, (0, _FOUND))
        return await allowed_by_file(bench, report)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        report = parse_json(read_output(bench.out, _REPORT), "kingfisher's report")
        entries = report.get("findings") if isinstance(report, dict) else None
        if not isinstance(entries, list):
            raise BadReport("kingfisher's report has no list of findings.")
        kinds = {kind.rule: kind for kind in KINDS}
        lines_of = cache(lines_of_tree(bench.project.root))
        for entry in entries:
            rule, found = (entry.get(key) for key in ("rule", "finding")) if isinstance(entry, dict) else (None, None)
            kind = kinds.get(str(rule.get("id"))) if isinstance(rule, dict) else None
            if kind and isinstance(found, dict):
                path = bench.relative(valid_unicode(str(found.get("path", ""))))
                line, column = non_negative(found.get("line")), non_negative(found.get("column_start"))
                place = Finding("security", self.name, kind.name, path, line, "", "error", column)
                yield _finding(kind, place, lines_of(path))


def _finding(kind: SecretKind, place: Finding, lines: Sequence[str] | None) -> Finding:
    article = "An" if kind.name[0] in "AaOo" else "A"
    said = f"{article} {kind.name}"
    if allowed_by_comment(lines or (), place.line):
        return replace(place, severity="notice", message=f"{said}, which a comment says is no secret.")
    if kind.is_public:
        message = f"{said}. Make sure that it may be public, and restrict what it can be used for."
        return replace(place, severity="warning", message=message)
    if not is_in_use(place.path):
        message = f"{said}. It does not block in a test, an example or documentation; make sure that nothing uses it."
        return replace(place, severity="warning", message=message)
    message = f"{said}. Revoke it, since git keeps it for ever; then take it out of the file."
    return replace(place, confidence="high", message=message)


def _config(rules: str) -> dict[str, object]:
    """What `kingfisher config init` would write."""
    return {
        "scan": {"confidence": "low", "no_validate": True, "redact": True, "no_dedup": True},
        "rules": {"enabled": sorted({kind.rule for kind in KINDS}), "cache": False, "paths": [rules]},
        "filters": {
            "no_inline_ignore": True, "no_extract_archives": True, "no_binary": True,
            "max_file_size_mb": float(LARGEST_FILE_MB), "skip_words": list(PLACEHOLDERS),
        },
        "output": {"format": "json"},
    }  # fmt: skip


@cache
def _program() -> str:
    """The binary of the wheel in our own environment, "" where that has none for this system."""
    found = find_spec("kingfisher") if our_version("kingfisher-bin") else None
    return str(Path(found.origin).parent / "bin" / "kingfisher") if found and found.origin else ""


tool = Kingfisher()

"""biome: linting and formatting in one, as the package's biome.json says."""

from collections.abc import Iterator

from activities.languages.javascript.package_json import first_file, workspace_home
from activities.languages.javascript.programs import installed_version, program, start, start_into
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import failed_to_run, make_report, not_installed
from activities.tooling import Project, Tool, Workbench

_NAME = "biome"
_REPORT = "biome.json"
_SEVERITIES: dict[str, Severity] = {"fatal": "error", "error": "error", "warning": "warning"}


def _used_by(project: Project) -> str:
    places = (project, workspace_home(project))
    return next((name for place in places if (name := first_file(place, "biome.json", "biome.jsonc"))), "")


async def _version(bench: Workbench) -> str:
    return await installed_version(bench, "@biomejs/biome")


async def _run(bench: Workbench) -> ToolReport:
    """`biome ci` reads and never writes. It ends with 1 for findings and for every kind of trouble alike. Biome 1 says
    a syntax error twice, as its linter and its formatter meet it."""
    if not (binary := program(bench, _NAME)):
        return not_installed(_NAME, _used_by(bench.project), "Add @biomejs/biome to devDependencies.")
    version = await _version(bench)
    options = ("--reporter=json", "--max-diagnostics=none", "--colors=off", "--no-errors-on-unmatched")
    finished = await start_into(bench, _REPORT, (binary, "ci", *options))
    try:
        found = tuple(dict.fromkeys(_findings(read_output(bench.out, _REPORT), bench)))
    except BadReport as error:
        return failed_to_run(_NAME, version, finished, "" if finished.exit_code else str(error))
    return make_report(_NAME, version, finished, findings=found)


async def _fix(bench: Workbench) -> ToolReport:
    if not (binary := program(bench, _NAME)):
        return not_installed(_NAME, _used_by(bench.project), "Add @biomejs/biome to devDependencies.")
    finished = await start(bench, (binary, "check", "--write", "--no-errors-on-unmatched"))
    version = await _version(bench)
    return (
        make_report(_NAME, version, finished)
        if finished.exit_code in (0, 1)
        else failed_to_run(_NAME, version, finished)
    )


def _findings(data: bytes, bench: Workbench) -> Iterator[Finding]:
    report = parse_json(data, "biome's report")
    diagnostics = report.get("diagnostics") if isinstance(report, dict) else None
    if not isinstance(diagnostics, list):
        raise BadReport("biome's report has no diagnostics.")
    for diagnostic in diagnostics:
        if isinstance(diagnostic, dict):
            yield _finding(diagnostic, bench)


def _finding(diagnostic: dict[str, object], bench: Workbench) -> Finding:
    rule = valid_unicode(str(diagnostic.get("category") or "biome"))
    path, line, column = _place(diagnostic.get("location"))
    return Finding(
        check="linting",
        tool=_NAME,
        rule=rule.removeprefix("lint/"),
        path=bench.relative(valid_unicode(path)),
        line=line,
        column=column,
        message=valid_unicode(_text(diagnostic.get("message") or diagnostic.get("description"))),
        severity=_SEVERITIES.get(str(diagnostic.get("severity")), "notice"),
        fixable=rule in ("format", "organizeImports") or "Safe fix" in str(diagnostic.get("advices")),
    )


def _place(location: object) -> tuple[str, int, int]:
    """Path, line, column. Since 2.4 they are plain; before, the path is an object and the place a span of bytes."""
    if not isinstance(location, dict):
        return "", 0, 0
    path, start, span = location.get("path"), location.get("start"), location.get("span")
    name = str(path.get("file", "")) if isinstance(path, dict) else str(path or "")
    if isinstance(start, dict):
        return name, non_negative(start.get("line")), non_negative(start.get("column"))
    source = str(location.get("sourceCode") or "").encode()
    if not isinstance(span, list) or not span or not source:
        return name, 0, 0
    before = source[: non_negative(span[0])]
    return name, before.count(b"\n") + 1, len(before) - before.rfind(b"\n")


def _text(message: object) -> str:
    """A string, or pieces of marked-up text."""
    if isinstance(message, list):
        return "".join(str(piece.get("content", "")) for piece in message if isinstance(piece, dict))
    return str(message or "")


biome = Tool(_NAME, ("linting",), "javascript", _used_by, _version, _run, fix=_fix)

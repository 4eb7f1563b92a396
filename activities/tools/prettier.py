"""prettier: one finding for each file that it would change, where the package uses it."""

import re
from collections.abc import Iterator

from activities.languages.javascript.package_json import declared_in, first_file, read_package
from activities.languages.javascript.programs import package_tool, start
from activities.languages.javascript.scripts import ScriptCommand, find_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import FinishedCommand, failed_to_run, fix_report, make_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "prettier.txt"
_ENDINGS = ("json", "yml", "yaml", "json5", "js", "cjs", "mjs", "ts", "cts", "mts", "toml")
_FILES = (".prettierrc", *(f"{stem}.{end}" for stem in (".prettierrc", "prettier.config") for end in _ENDINGS))
DETECTION = ToolDetection(files=_FILES, keys=("prettier",), other_files=(".prettierignore", ".editorconfig"))
_FLAGS = ("--check", "-c", "--write", "-w", "--list-different", "-l", "--cache", "--color", "--no-color")
_VALUED = ("--cache-location", "--cache-strategy", "--log-level", "--loglevel")
_BROKEN = re.compile(r"^\[error\] (.+?): (\w*Error: .*?)(?: \((\d+):(\d+)\))?$", re.MULTILINE)


def _used_by(project: Project) -> str:
    """A script that starts it. Its configuration alone may serve an editor only, so the package must be declared."""
    package = read_package(project)
    if call := _call(project):
        return f'the script "{call.script}" in package.json'
    configured = first_file(project, *_FILES) or ("prettier in package.json" if "prettier" in package.data else "")
    return configured if declared_in(package, "prettier") else ""


async def _run(bench: Workbench, prettier: str, version: str) -> ToolReport:
    """Exit codes: 0 nothing, 1 some would change, 2 some could not be parsed or prettier could not work."""
    listing = (prettier, "--list-different", *_words(bench.project))
    finished = await start(bench, stdout_to_file(bench, listing, _REPORT))
    broken = tuple(_broken(finished, bench))
    if finished.exit_code not in (0, 1) and not broken:
        return failed_to_run("prettier", version, finished)
    try:
        found = tuple(_unformatted(read_output(bench.out, _REPORT), bench))
    except BadReport as error:
        return failed_to_run("prettier", version, finished, str(error))
    return make_report("prettier", version, finished, findings=found + broken)


async def _fix(bench: Workbench, prettier: str, version: str) -> ToolReport:
    finished = await start(bench, (prettier, "--write", *_words(bench.project)))
    return fix_report("prettier", version, finished, (0, 2))


def _call(project: Project) -> ScriptCommand | None:
    package = read_package(project)
    return next((call for name in package.scripts if (call := find_call(package, name, "prettier"))), None)


def _words(project: Project) -> tuple[str, ...]:
    call = _call(project)
    return (without_options(call.args, _FLAGS, _VALUED) if call else ()) or (".",)


def _unformatted(data: bytes, bench: Workbench) -> Iterator[Finding]:
    for path in data.decode("utf-8", "backslashreplace").splitlines():
        message = "prettier would change this file."
        yield Finding("linting", "prettier", "format", bench.relative(path), 0, message, "warning", fixable=True)


def _broken(finished: FinishedCommand, bench: Workbench) -> Iterator[Finding]:
    for match in _BROKEN.finditer(finished.stderr):
        path, message = bench.relative(match[1]), valid_unicode(match[2])
        yield Finding(
            "linting", "prettier", "parse-error", path, non_negative(match[3]), message, "error", non_negative(match[4])
        )


tool = package_tool("prettier", ("linting",), _used_by, _run, fix=_fix, detection=DETECTION)

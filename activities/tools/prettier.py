"""prettier: one finding for each file that it would change, where the package uses it."""

import re
from collections.abc import Iterator

from activities.languages.javascript.package_json import declared_in, first_file, read_package
from activities.languages.javascript.programs import installed_version, program, start, start_into
from activities.languages.javascript.scripts import ScriptCommand, find_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import FinishedCommand, failed_to_run, make_report, not_installed
from activities.tooling import Project, Tool, Workbench

_NAME = "prettier"
_REPORT = "prettier.txt"
_ENDINGS = ("json", "yml", "yaml", "json5", "js", "cjs", "mjs", "ts", "cts", "mts", "toml")
_FILES = (".prettierrc", *(f"{stem}.{end}" for stem in (".prettierrc", "prettier.config") for end in _ENDINGS))
_FLAGS = ("--check", "-c", "--write", "-w", "--list-different", "-l", "--cache", "--color", "--no-color")
_VALUED = ("--cache-location", "--cache-strategy", "--log-level", "--loglevel")
_BROKEN = re.compile(r"^\[error\] (.+?): (\w*Error: .*?)(?: \((\d+):(\d+)\))?$", re.MULTILINE)


def _used_by(project: Project) -> str:
    """A script that starts it. Its configuration alone may serve an editor only, so the package must be declared."""
    package = read_package(project)
    if call := _call(project):
        return f'the script "{call.script}" in package.json'
    configured = first_file(project, *_FILES) or ("prettier in package.json" if _NAME in package.data else "")
    return configured if declared_in(package, _NAME) else ""


async def _version(bench: Workbench) -> str:
    return await installed_version(bench, _NAME)


async def _run(bench: Workbench) -> ToolReport:
    """Exit codes: 0 nothing, 1 some would change, 2 some could not be parsed or prettier could not work."""
    if not (binary := program(bench, _NAME)):
        return not_installed(_NAME, _used_by(bench.project), "Add prettier to devDependencies.")
    version = await _version(bench)
    finished = await start_into(bench, _REPORT, (binary, "--list-different", *_words(bench.project)))
    broken = tuple(_broken(finished, bench))
    if finished.exit_code not in (0, 1) and not broken:
        return failed_to_run(_NAME, version, finished)
    try:
        found = tuple(_unformatted(read_output(bench.out, _REPORT), bench))
    except BadReport as error:
        return failed_to_run(_NAME, version, finished, str(error))
    return make_report(_NAME, version, finished, findings=found + broken)


async def _fix(bench: Workbench) -> ToolReport:
    if not (binary := program(bench, _NAME)):
        return not_installed(_NAME, _used_by(bench.project), "Add prettier to devDependencies.")
    finished = await start(bench, (binary, "--write", *_words(bench.project)))
    version = await _version(bench)
    return (
        make_report(_NAME, version, finished)
        if finished.exit_code in (0, 2)
        else failed_to_run(_NAME, version, finished)
    )


def _call(project: Project) -> ScriptCommand | None:
    package = read_package(project)
    return next((call for name in package.scripts if (call := find_call(package, name, _NAME))), None)


def _words(project: Project) -> tuple[str, ...]:
    call = _call(project)
    return (without_options(call.args, _FLAGS, _VALUED) if call else ()) or (".",)


def _unformatted(data: bytes, bench: Workbench) -> Iterator[Finding]:
    for path in data.decode("utf-8", "backslashreplace").splitlines():
        message = "prettier would change this file."
        yield Finding("linting", _NAME, "format", bench.relative(path), 0, message, "warning", fixable=True)


def _broken(finished: FinishedCommand, bench: Workbench) -> Iterator[Finding]:
    for match in _BROKEN.finditer(finished.stderr):
        path, message = bench.relative(match[1]), valid_unicode(match[2])
        yield Finding(
            "linting", _NAME, "parse-error", path, non_negative(match[3]), message, "error", non_negative(match[4])
        )


prettier = Tool(_NAME, ("linting",), "javascript", _used_by, _version, _run, fix=_fix)

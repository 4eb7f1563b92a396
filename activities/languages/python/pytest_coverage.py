"""Coverage of a test run, by coverage.py in the same run, as the project's own configuration wants it."""

import asyncio
from collections.abc import Iterable, Iterator, Set
from fnmatch import fnmatch

from activities.languages.code_files import is_test, python_statements
from activities.languages.commands import coverage_in
from activities.languages.python.config import section, toml_table
from activities.languages.python.installed import installed
from activities.languages.python.layout import python_files, sources
from activities.languages.python.pytest_config import PytestConfig, pytest_config
from activities.languages.python.pytest_options import loads
from activities.languages.python.safe_start import start_module
from activities.languages.python.tool_detection import found_in
from activities.languages.python.tool_versions import is_older
from activities.model import FileCoverage
from activities.reports import BadReport, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, last_output
from activities.tooling import Project, ToolDetection, Workbench

# One process leaves `.coverage` itself, and nothing to combine.
_COMBINE_AND_REPORT = (
    'ls "$0"/.coverage.* >/dev/null 2>&1 && "$@" combine "$0" >/dev/null 2>&1; '
    'exec "$@" json --fail-under=0 -o "$0/coverage.json"'
)


_CONFIGURED = ToolDetection(
    tables=("coverage",),
    files=(".coveragerc",),
    sections=(*((file, f"coverage:{part}") for file in ("setup.cfg", "tox.ini") for part in ("run", "report")),),
    hooks=("coverage",),
    packages=("pytest-cov", "coverage"),
)


def asked_for(project: Project) -> str:
    """Where the project speaks of coverage, "" where nothing does: then no minimum is its own."""
    if pytest_config(project).measures_coverage:
        return "--cov in pytest's options"
    places = (project, *project.around)
    return next((found for place in places if (found := found_in(_CONFIGURED, place))), "") or coverage_in(project)


def by_plugin(bench: Workbench, config: PytestConfig) -> bool:
    """pytest-cov measures where the project asks for it, where pytest-enabler does, or where only it can follow the
    processes of xdist: a second one that measures would stop the first."""
    if not loads(bench, config, "pytest-cov", "pytest_cov"):
        return False
    return config.measures_coverage or config.spreads or loads(bench, config, "pytest-enabler", "enabler")


def plugin_arguments(bench: Workbench, config: PytestConfig) -> tuple[str, ...]:
    """pytest-cov's arguments; the project's own `--cov` stays as it is."""
    # A threshold is the check's to judge: missing it would look like a failure outside of the tests.
    form = f"json:{bench.paths.out}/coverage.json" if _writes_json(bench) else ""
    report = (f"--cov-report={form}", "--cov-fail-under=0")
    if config.measures_coverage:
        return report
    product = tuple(f"--cov={name}" for name in _product(bench.project))
    return (*(product or ("--cov",)), *report)


def _writes_json(bench: Workbench) -> bool:
    """Whether pytest-cov does: before 4.1 coverage.py has to."""
    found = installed(bench.env_root).get("pytest-cov") if bench.env_root else None
    return not (found and is_older(found.version, "4.1"))


def run_arguments(project: Project) -> tuple[str, ...]:
    """Arguments of `coverage run`. What to measure is the project's choice; without one it is the product, not
    its tests, with the files that no test imports."""
    names = _product(project)
    if not names:
        return ()
    if names != (".",) or _run_settings(project).get("omit"):
        return (f"--source={','.join(names)}",)
    return ("--source=.", "--omit=*/tests/*,*/test/*,*/test_*.py,*/conftest.py,setup.py,conftest.py,test_*.py")


def environment(bench: Workbench) -> dict[str, str]:
    """Keeps the data out of the tree."""
    return {"COVERAGE_FILE": f"{bench.paths.out}/.coverage"}


async def collect(bench: Workbench, config: PytestConfig) -> tuple[tuple[FileCoverage, ...], str]:
    """(coverage, problem) after the test run. Data of several processes is combined first."""
    problem = ""
    if not (by_plugin(bench, config) and _writes_json(bench)):
        argv = ("/bin/sh", "-c", _COMBINE_AND_REPORT, bench.paths.out, *start_module(bench, "coverage"))
        finished = await execute(bench, argv, environment(bench))
        problem = last_output(finished.result).strip().rpartition("\n")[2][:300] if finished.exit_code else ""
    try:
        return await asyncio.to_thread(_read, bench), ""
    except BadReport as error:
        return (), f"Coverage was not measured: {problem or error}"


def _read(bench: Workbench) -> tuple[FileCoverage, ...]:
    """Slow where much code is imported by no test. Raises `BadReport`."""
    files = tuple(covered_files(parse_json(read_output(bench.out, "coverage.json"), "coverage.py's report"), bench))
    return (*files, *_never_imported(bench, {file.path for file in files}))


def measures_whole(project: Project, config: PytestConfig) -> bool:
    """Whether what the report does not name was left out on purpose: the files to measure were named, and then
    coverage.py lists those too that no test imports."""
    chosen = any(_run_settings(project).get(key) for key in ("source", "source_pkgs", "source_dirs"))
    return chosen or bool(_product(project)) or any(word.startswith("--cov=") for word in config.addopts)


def _never_imported(bench: Workbench, measured: Set[str]) -> Iterator[FileCoverage]:
    """Product code that coverage.py does not list: a module at the root, or a folder without `__init__.py`, that no
    test imports. Nothing where the project's own configuration says what is measured."""
    project, names = bench.project, _product(bench.project)
    sections = (_run_settings(project), _settings(project, "report"))
    omitted = [pattern for settings in sections for pattern in _words(settings.get("omit"))]
    if not names or names == (".",) or any(settings.get("include") for settings in sections):
        return
    exclude = [line for key in ("exclude_lines", "exclude_also") for line in _words(sections[1].get(key))]
    for file in python_files(project):
        own = file.removesuffix(".py") in names or file.partition("/")[0] in names
        path = bench.relative(file)
        if own and path not in measured and not is_test(file) and not any(_matches(file, p) for p in omitted):
            yield FileCoverage(path, frozenset(), python_statements(project.read(file), exclude))


def _matches(file: str, pattern: str) -> bool:
    return fnmatch(file, pattern) or fnmatch(f"/{file}", pattern)


def _words(value: object) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [word for line in lines if (word := str(line).strip())]


def _product(project: Project) -> tuple[str, ...]:
    """Folders and modules to measure, () where the project's own configuration says what."""
    if any(_run_settings(project).get(key) for key in ("source", "source_pkgs", "source_dirs", "include")):
        return ()
    return tuple(name.removesuffix(".py") for name in sources(project))


def _run_settings(project: Project) -> dict[str, object]:
    return _settings(project, "run")


def _settings(project: Project, part: str) -> dict[str, object]:
    """coverage.py's own order: .coveragerc, setup.cfg, tox.ini, pyproject.toml."""
    for file, name in ((".coveragerc", part), ("setup.cfg", f"coverage:{part}"), ("tox.ini", f"coverage:{part}")):
        if (found := section(project, file, name)) is not None:
            return dict(found)
    return toml_table(project, f"tool.coverage.{part}")


def covered_files(report: object, bench: Workbench) -> Iterator[FileCoverage]:
    """What coverage.py's JSON report says of each file. Raises `BadReport`."""
    files = report.get("files") if isinstance(report, dict) else None
    if not isinstance(files, dict):
        raise BadReport('coverage.py\'s report has no "files".')
    for name, facts in files.items():
        if isinstance(facts, dict):
            path = bench.relative(valid_unicode(name))
            keys = ("executed_lines", "missing_lines", "excluded_lines")
            hit, missing, excluded = (_lines(facts.get(key)) for key in keys)
            # Before coverage 7, lines that are excluded and ran are among those that were executed.
            hit -= excluded
            summary = facts.get("summary")
            counted = summary.get("num_statements") if isinstance(summary, dict) else None
            if isinstance(counted, int) and len(hit | missing) > counted:
                hit = _statements(bench.project.read(bench.project.inside(path)), hit, counted - len(missing))
            yield FileCoverage(path, hit, missing)


def _statements(text: str, hit: frozenset[int], counted: int) -> frozenset[int]:
    """Of the lines that ran those that coverage.py counts: before 7.13.1 it lists docstrings among them too. All where
    the text says otherwise."""
    found = hit & python_statements(text, None)
    return found if len(found) >= counted else hit


def _lines(value: object) -> frozenset[int]:
    listed: Iterable[object] = value if isinstance(value, list) else ()
    return frozenset(line for line in listed if isinstance(line, int) and line > 0)

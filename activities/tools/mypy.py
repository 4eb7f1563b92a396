"""mypy: as the project is configured for it, else over its packages with what is not installed left alone.

A project without any configuration for types still gets mypy's own defaults, which look only into
annotated functions, plus `--ignore-missing-imports`: what it then reports are contradictions in the code,
not missing stubs. Severity: `error`; mypy's notes belong to the error above them and are joined to it.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from activities.languages.python.config import section, toml_table
from activities.languages.python.dependencies import valid
from activities.languages.python.hook_rules import hook_rules
from activities.languages.python.installed import our_version
from activities.languages.python.layout import python_files, sources
from activities.languages.python.safe_start import start_program
from activities.languages.python.tests_of_repository import is_started, named_paths
from activities.languages.python.tool_detection import PythonTool, configured_in
from activities.languages.python.workspace import left_alone
from activities.languages.workspace_patterns import reaches
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import FinishedCommand, execute_to_file, failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

_LINE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<kind>error|note): "
    r"(?P<message>.*?)(?:  \[(?P<rule>[\w-]+)\])?"
)
_FLAGS = (
    "--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context", "--show-column-numbers",
    "--show-error-codes",
)  # fmt: skip

_MOST_REFUSED = 8
"""Runs at most: each names what mypy refuses first."""
_BAD_PACKAGE = re.compile(
    r"(?:mypy: )?(?:error: )?(?P<name>[^/\s]+)(?: contains __init__\.pyi? but)? is not a valid Python package name.*"
)
_BAD_FILE = re.compile(r"(?P<path>[^:]+): error: (?P<message>(?:Duplicate module named|Source file found twice).*)")
_STOPPED = 2
_NOTHING_LEFT = "There are no .py[i] files"

# A worker of mypy's parallel mode that is not there within three seconds ends the whole, and all checks start at once.
_ONE_PROCESS = {"MYPY_NUM_WORKERS": "0"}


class Mypy(PythonTool):
    name = "mypy"
    oldest = "0.920"
    programs = ("mypy", "dmypy")
    checks = ("static_analysis",)
    silenced_by = r"#\s*(?:type:\s*ignore\b(?:\[[\w,\s-]*\])?|mypy:\s*(?:ignore-errors|disable-error-code)\b)"
    runs_alone = True
    default = True
    requirements = (f"mypy=={our_version('mypy')}",)
    detection = ToolDetection(
        tables=("mypy",),
        files=("mypy.ini", ".mypy.ini"),
        sections=(("setup.cfg", "mypy"),),
        hooks=("mypy",),
        packages=("mypy",),
        plugin_options=("plugins",),
    )

    def covers(self, project: Project, member: Project) -> bool:
        """Where the configuration names files there; packages that it finds itself are the project's own."""
        files = self._settings(project).get("files")
        patterns = files.replace(",", " ").split() if isinstance(files, str) else files
        named = isinstance(patterns, list) and reaches(map(str, patterns), project.inside(member.folder))
        return named and super().covers(project, member)

    def is_apart(self, project: Project) -> bool:
        hooks = hook_rules(project, self.detection.hooks)
        return _by_hook_alone(project) and all(len(valid(one.dependencies)) == len(one.dependencies) for one in hooks)

    def has_work(self, project: Project, check: str) -> bool:
        return any(True for _ in python_files(project))

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 errors, 2 mypy had to stop (its configuration, or a file that it refuses: that is a
        finding, and the rest is checked without it)."""
        refused: dict[str, Finding] = {}
        for _ in range(_MOST_REFUSED):
            finished = await self._execute(bench, tuple(refused))
            try:
                found = tuple(self.findings(bench))
            except BadReport as error:
                return failed_to_run("mypy", version, finished, str(error))
            more = dict(self._refused(bench, finished, found)) if finished.exit_code == _STOPPED else {}
            if not more.keys() - refused.keys():
                break
            refused = {**more, **refused}
        whole = (*refused.values(), *(one for one in found if one not in refused.values()))
        if finished.exit_code in (0, 1) or (refused and _NOTHING_LEFT in finished.stderr):
            return make_report("mypy", version, finished, findings=whole)
        if found:
            stopped = "mypy stopped at the first file that it could not parse."
            return make_report("mypy", version, finished, findings=whole, problem=stopped)
        # mypy says why it stopped on stdout or on stderr.
        output = self._output(bench)
        lines = [line for line in output if "error:" in line] or output
        return failed_to_run("mypy", version, finished, f"mypy could not run: {lines[0][:300]}" if lines else "")

    async def _execute(self, bench: Workbench, excluded: tuple[str, ...]) -> FinishedCommand:
        """`excluded` are regular expressions of paths."""
        options = [*_FLAGS, f"--cache-dir={bench.paths.out}/mypy_cache", *(f"--exclude={one}" for one in excluded)]
        options += ["--ignore-missing-imports"] * _by_hook_alone(bench.project)
        if bench.env_root:
            beside = bench.own_environment(self.name) if self.is_apart(bench.project) else "."
            python = posixpath.normpath(f"{bench.paths.env}/{beside or '.'}/bin/python")
            options.append(f"--python-executable={python}")
        argv = (*start_program(bench, self), *options, *self._targets(bench.project))
        return await execute_to_file(bench, argv, "mypy.txt", _ONE_PROCESS)

    def _refused(
        self, bench: Workbench, finished: FinishedCommand, found: tuple[Finding, ...]
    ) -> Iterator[tuple[str, Finding]]:
        """What mypy does not look into, as an expression that leaves it out, and as a finding."""
        for one in found:
            yield f"^{re.escape(bench.project.inside(one.path))}$", one
        for line in map(str.strip, (*self._output(bench), *finished.stderr.splitlines())):
            if match := _BAD_PACKAGE.fullmatch(line):
                folders = (file.rpartition("/")[0] for file in python_files(bench.project) if "/__init__.py" in file)
                for folder in folders:
                    if folder.rpartition("/")[2] == match["name"]:
                        yield f"^{re.escape(folder)}/", self._refusal(bench, f"{folder}/__init__.py", line)
            elif match := _BAD_FILE.fullmatch(line):
                yield f"^{re.escape(match['path'])}$", self._refusal(bench, match["path"], match["message"])

    def _refusal(self, bench: Workbench, path: str, message: str) -> Finding:
        return Finding("static_analysis", "mypy", "misc", bench.relative(path), 1, message[:500], "error")

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        """An error a line; notes after it belong to its message."""
        last: Finding | None = None
        for line in self._output(bench):
            match = _LINE.fullmatch(line)
            if match is None:
                continue
            if match["kind"] == "note":
                last = last and replace(last, message=f"{last.message}\n{match['message']}")
                continue
            if last:
                yield last
            last = Finding(
                check="static_analysis",
                tool="mypy",
                rule=match["rule"] or "misc",
                path=bench.relative(match["path"]),
                line=non_negative(match["line"]),
                column=non_negative(match["column"] or 0),
                message=match["message"],
                severity="error",
            )
        if last:
            yield last

    def _output(self, bench: Workbench) -> list[str]:
        """The lines that mypy printed."""
        return valid_unicode(read_output(bench.out, "mypy.txt").decode("utf-8", "surrogateescape")).splitlines()

    def _targets(self, project: Project) -> tuple[str, ...]:
        """The files: the configuration's own choice wins, then that of the repository's commands (`mypy src tests`);
        options are ours only where there is no configuration. mypy of 2024 does not look for its configuration in the
        folders around."""
        named = named_paths(project, "mypy")
        # A file may be named like an option.
        targets = ("--", *(named or sources(project)))
        members = "|".join(map(re.escape, left_alone(project)))
        left_out = (f"--exclude=^({members})/",) if members else ()
        if configured_in(self.detection, project):
            settings = self._settings(project)
            if any(settings.get(key) for key in ("files", "packages", "modules")):
                return ()
            more = () if named or "." in targets else _with_own_section(project, targets)
            return (*left_out, *targets, *more)
        for place in project.around:
            if configured := configured_in(self.detection, place):
                file = "pyproject.toml" if configured.startswith("[tool.") else configured.rpartition(" ")[2]
                back = posixpath.relpath(place.folder, project.folder)
                return (f"--config-file={posixpath.join(back, file)}", *left_out, *targets)
        return ("--ignore-missing-imports", *left_out, *targets)

    def _settings(self, project: Project) -> Mapping[str, object]:
        files = (section(project, file, "mypy") for file in ("mypy.ini", ".mypy.ini", "setup.cfg"))
        return next((found for found in files if found is not None), None) or toml_table(project, "tool.mypy")


def _by_hook_alone(project: Project) -> bool:
    """Whether only a hook of pre-commit starts mypy, without arguments: then it has those of mirrors-mypy, whose
    environment has no package of the project."""
    hooks = hook_rules(project, ("mypy",))
    return bool(hooks) and all(hook.args is None for hook in hooks) and not is_started(project, "mypy")


def _with_own_section(project: Project, targets: tuple[str, ...]) -> Iterator[str]:
    """Folders that a section of the configuration is about, as `[mypy-tests.*]`."""
    headers = (
        name
        for file in ("mypy.ini", ".mypy.ini", "setup.cfg")
        for header in re.findall(r"^\[mypy-([^\]\n]+)\]", project.read(file), re.MULTILINE)
        for name in header.split(",")
    )
    overrides = toml_table(project, "tool.mypy").get("overrides")
    modules = (one.get("module") for one in (overrides if isinstance(overrides, list) else ()) if isinstance(one, dict))
    listed = (name for one in modules for name in (one if isinstance(one, list) else [one]) if isinstance(name, str))
    folders = dict.fromkeys(name.strip().partition(".")[0] for name in (*headers, *listed))
    yield from (one for one in folders if one.isidentifier() and one not in targets and project.files.is_folder(one))


tool = Mypy()

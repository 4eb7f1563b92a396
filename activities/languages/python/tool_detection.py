"""How to see that a Python project uses a tool, and what all tools for Python have in common."""

from collections.abc import Awaitable, Callable

from packaging.utils import canonicalize_name

from activities.languages.python.config import has_table, hooks, section
from activities.languages.python.dependencies import declared
from activities.languages.python.installed import version_of
from activities.model import Severity, ToolReport
from activities.tool_reports import not_installed
from activities.tooling import Project, Tool, ToolDetection, Workbench

RunVersion = Callable[[Workbench, str], Awaitable[ToolReport]]
"""Runs a tool, given the version of it that will run."""


def python_tool(
    name: str,
    checks: tuple[str, ...],
    detection: ToolDetection,
    run: RunVersion,
    *,
    fix: RunVersion | None = None,
    default: bool = False,
    has_work: Callable[[Project, str], bool] = lambda project, check: True,
    used_by: Callable[[Project], str] | None = None,
    requirements: tuple[str, ...] = (),
    always_installed: bool = False,
) -> Tool:
    """A tool whose package and program have its name. `used_by` is by its detection, unless given."""
    reason = used_by or (lambda project: found_in(detection, project))

    def installed(run: RunVersion) -> Callable[[Workbench], Awaitable[ToolReport]]:
        async def run_if_installed(bench: Workbench) -> ToolReport:
            if version := version_of(bench, name, name):
                return await run(bench, version)
            return not_installed(name, reason(bench.project), "Declare it in a dependency group.")

        return run_if_installed

    return Tool(
        name=name,
        checks=checks,
        language="python",
        used_by=reason,
        run=installed(run),
        default=default,
        fix=installed(fix) if fix else None,
        has_work=has_work,
        detection=detection,
        requirements=requirements,
        always_installed=always_installed,
    )


def found_in(detection: ToolDetection, project: Project) -> str:
    """Why the project uses the tool, "" if nothing shows that it does."""
    if configured := configured_in(detection, project):
        return configured
    known_hooks = hooks(project) if detection.hooks else {}
    for hook in detection.hooks:
        if hook in known_hooks:
            return f"hook {hook} in .pre-commit-config.yaml"
    known_packages = declared(project) if detection.packages else {}
    for package in detection.packages:
        if where := known_packages.get(canonicalize_name(package)):
            return f"{package} in {where}"
    return ""


def configured_in(detection: ToolDetection, project: Project) -> str:
    """Where the tool's own configuration is, "" if there is none."""
    for name in detection.tables:
        if has_table(project, name):
            return f"[tool.{name}] in pyproject.toml"
    for name in detection.files:
        if (project.root / name).is_file():
            return name
    for file, name in detection.sections:
        if section(project, file, name) is not None:
            return f"[{name}] in {file}"
    return ""


def linter_severity(rule: str) -> Severity:
    """`error` for the rules of flake8 and ruff about what breaks when it runs (syntax, undefined names)."""
    return "error" if rule.startswith(("E9", "F63", "F7", "F82")) else "warning"

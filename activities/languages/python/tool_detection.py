"""How to see that a Python project uses a tool, and what all tools for Python have in common."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

from packaging.utils import canonicalize_name

from activities.languages.commands import asked_in
from activities.languages.python.config import has_table, hooks, section
from activities.languages.python.dependencies import declared, valid
from activities.languages.python.hook_rules import as_hooked, hook_rules
from activities.languages.python.installed import version_of
from activities.languages.python.plugins import configured_plugins
from activities.languages.python.tool_versions import WantedVersion, is_older, wanted_version
from activities.model import Severity, ToolReport
from activities.tool_reports import not_installed, too_old
from activities.tooling import Project, Tool, ToolDetection, Workbench


class PythonTool(Tool):
    """A tool whose package and program have its name: the project's own, else ours. It is used where its `detection`
    says so."""

    language = "python"
    reads_nearest_configuration: bool = False
    """For each file the configuration that is next to it, wherever the tool is started."""
    runs_alone: bool = False
    """Whether it may stand in an environment of its own: it imports nothing of the project."""
    oldest: str = ""
    """The oldest version that is supported: it knows every option that is given here."""

    def used_by(self, project: Project) -> str:
        return found_in(self.detection, project)

    def asked_for(self, project: Project, check: str) -> str:
        """Also by the folders around it, whose configuration the tool reads too, and by commands of CI, Make, tox."""
        return asked_in(self, project)

    def covers(self, project: Project, member: Project) -> bool:
        """It looks into every folder below, with the configuration that it has where it is started. One that only
        informs there does not stand for one that the member uses."""
        if configured_in(self.detection, member) and not self.reads_nearest_configuration:
            return False
        return bool(self.asked_for(project, self.checks[0])) or not self.used_by(member)

    @property
    def runs_project_code(self) -> bool:  # type: ignore[override]
        """Where it is ours alone, nothing of the project's environment runs in it."""
        return bool(self.requirements)

    def loaded_code(self, project: Project) -> Iterator[str]:
        return configured_plugins(self.detection, project)

    def is_apart(self, project: Project) -> bool:
        """Whether nothing but a hook of pre-commit starts it, which sees nothing of the project's packages."""
        return False

    def wanted_version(self, project: Project) -> WantedVersion | None:
        """The repository's own version of a tool that it asks for."""
        return wanted_version(project, self.program_name(project), self.detection.hooks)

    def version_named(self, project: Project) -> str:
        return str(self.wanted_version(project) or "")

    def requirements_for(self, project: Project) -> tuple[str, ...]:
        """In the repository's own version where it names one; what has none of ours comes in any version."""
        wanted = self.wanted_version(project)
        beside = [text for rules in hook_rules(project, self.detection.hooks) for text in valid(rules.dependencies)]
        if wanted is None:
            return (*self.requirements, *beside)
        named = self.requirements or (self.name,)
        return (*(f"{re.split('[=<>!~]', text)[0]}{wanted.specifier}" for text in named), *beside)

    async def run(self, bench: Workbench) -> ToolReport:
        if version := self._version(bench):
            if is_older(version, self.oldest):
                return too_old(self.name, version, self.oldest)
            report = await as_hooked(bench, await self.run_version(bench, version), self.detection.hooks)
            return self._with_origin(bench, report)
        return self._not_installed(bench)

    def _with_origin(self, bench: Workbench, report: ToolReport) -> ToolReport:
        """The report with where its version comes from. Another version than the repository's own finds other things:
        that only informs."""
        wanted = self.wanted_version(bench.project)
        if wanted is None:
            return report
        if wanted.fits(report.version):
            return replace(report, version_from=wanted.where)
        return replace(report, informational=True, wanted=str(wanted))

    async def fix(self, bench: Workbench) -> ToolReport:
        if version := self._version(bench):
            if is_older(version, self.oldest):
                return too_old(self.name, version, self.oldest)
            return await self.fix_version(bench, version)
        return self._not_installed(bench)

    @abstractmethod
    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """`run`, given the version that will run."""

    async def fix_version(self, bench: Workbench, version: str) -> ToolReport:
        """`fix`, given the version that will run."""
        return await super().fix(bench)

    def _version(self, bench: Workbench) -> str:
        name = self.program_name(bench.project)
        return version_of(bench, name, name)

    def _not_installed(self, bench: Workbench) -> ToolReport:
        return not_installed(self.name, self.used_by(bench.project), "Declare it in a dependency group.")


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
        if project.has_file(name):
            return name
    for file, name in detection.sections:
        if section(project, file, name) is not None:
            return f"[{name}] in {file}"
    return ""


def linter_severity(rule: str) -> Severity:
    """`error` for the rules of flake8 and ruff about what breaks when it runs (syntax, undefined names)."""
    return "error" if rule.startswith(("E9", "F63", "F7", "F82")) else "warning"

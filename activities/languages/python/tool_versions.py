"""Which version of a tool a Python repository uses, and where it says so.

First what is exact: a lock file, a declared `==`, the revision of a pre-commit hook, a version that a command of the
repository names. Then ranges: the tool's own `required-version`, and what is declared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from activities.languages.commands import command_files
from activities.languages.python.config import hooks, toml, toml_table
from activities.languages.python.dependencies import requirements_files, with_includes
from activities.languages.python.pipfile import pipfile_lock, pipfile_requirements
from activities.tooling import Project

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


@dataclass(frozen=True)
class WantedVersion:
    """`specifier` is PEP 440's ("==0.9.1"), `where` names the file that says so."""

    specifier: str
    where: str

    @property
    def is_exact(self) -> bool:
        return self.specifier.startswith("==") and "*" not in self.specifier

    def __str__(self) -> str:
        version = self.specifier.removeprefix("==") if self.is_exact else self.specifier
        return f"{version} ({self.where})"

    def fits(self, version: str) -> bool:
        """Whether a version is one that the repository uses; in doubt it is."""
        try:
            return SpecifierSet(self.specifier).contains(version, prereleases=True)
        except ValueError:  # among them InvalidSpecifier, and a number too long for Python
            return True


def is_older(version: str, oldest: str) -> bool:
    """Whether a version is older than another one; in doubt, or without that one, it is not."""
    try:
        return bool(oldest) and Version(version) < Version(oldest)
    except ValueError:
        return False


def wanted_version(project: Project, package: str, hook_ids: Sequence[str] = ()) -> WantedVersion | None:
    """None where nothing names a version."""
    name, places = canonicalize_name(package), (project, *project.around)
    found = [each for place in places for each in _versions(place, name, hook_ids)]
    exact = next((each for each in found if each.is_exact), None)
    return exact or next(iter(found), None)


def _versions(project: Project, name: str, hook_ids: Sequence[str]) -> Iterator[WantedVersion]:
    for lock in _LOCKS:
        locked = re.findall(rf'^name = "{re.escape(name)}"\r?\nversion = "([^"]+)"', project.read(lock), re.MULTILINE)
        if len(set(locked)) == 1:
            yield WantedVersion(f"=={locked[0]}", lock)
    if version := pipfile_lock(project).get(name):
        yield WantedVersion(f"=={version}", "Pipfile.lock")
    declared = tuple(_declared(project, name))
    yield from (each for each in declared if each.is_exact)
    known = hooks(project)
    for hook in hook_ids:
        if version := _plain_version(known.get(hook, "")):
            yield WantedVersion(f"=={version}", f"hook {hook} in .pre-commit-config.yaml")
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?:\[[\w,-]+\])?(?:==|@)v?(\d[\w.]*)")
    for file in command_files(project):
        if (match := named.search(file.text)) and (version := _plain_version(match[1])):
            yield WantedVersion(f"=={version}", file.name)
    own = toml_table(project, f"tool.{name}").get("required-version")
    files = ((file, toml(project.read(file)).get("required-version")) for file in (f"{name}.toml", f".{name}.toml"))
    for where, value in (("pyproject.toml", own), *files):
        if isinstance(value, str) and (specifier := _required(name, value)):
            yield WantedVersion(specifier, f"required-version in {where}")
    yield from declared


def _declared(project: Project, name: str) -> Iterator[WantedVersion]:
    """The versions that manifests ask for, in any group or extra."""
    groups = toml_table(project, "dependency-groups")
    sources: list[tuple[str, object]] = [(f"dependency group {group}", lines) for group, lines in groups.items()]
    listed = toml_table(project, "project").get("optional-dependencies")
    sources += [(f"extra {extra}", lines) for extra, lines in (listed if isinstance(listed, dict) else {}).items()]
    sources += [("[tool.uv] in pyproject.toml", toml_table(project, "tool.uv").get("dev-dependencies"))]
    sources += [("Pipfile", list(pipfile_requirements(project, "dev-packages")))]
    for file in with_includes(project, requirements_files(project)):
        sources.append((file, project.read(file).splitlines()))
    for where, lines in sources:
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, str) and name[:1] in line.lower() and (specifier := _specifier(line, name)):
                yield WantedVersion(specifier, where)


def _specifier(line: str, name: str) -> str:
    try:
        requirement = Requirement(line.partition(" #")[0].partition(" --")[0].strip(" \\"))
        counts = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    except (ValueError, RecursionError):  # no requirement, or a marker that compares what cannot be compared
        return ""
    return str(requirement.specifier) if counts and canonicalize_name(requirement.name) == name else ""


def _required(name: str, value: str) -> str:
    """ruff takes a specifier or a version, black the beginning of a version."""
    try:
        return str(SpecifierSet(value))
    except ValueError:
        version = _plain_version(value)
        return f"=={version}{'.*' if name == 'black' and version.count('.') < 2 else ''}" if version else ""


def _plain_version(text: str) -> str:
    """The version of a hook's revision ("v0.9.1"), "" for a commit or a branch."""
    try:
        return str(Version(text.removeprefix("v")))
    except ValueError:
        return ""

"""Versions that a checkout without its git history cannot find out, and the interpreter that a project wants."""

import platform
import re
from collections.abc import Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from activities.languages.python.config import section, table
from activities.tooling import Project

_STAND_IN = "9999.0.0"
"""High: some of the project's own dependencies may ask for "this project, at least 3.1"."""

_VERSION = re.compile(r"^Version: (?P<version>[0-9][\w.!+-]*)\s*$", re.MULTILINE)


def stand_ins(project: Project) -> dict[str, str]:
    """Variables that give tools like setuptools-scm a version: of PKG-INFO (a source distribution), else a high one.

    The general `SETUPTOOLS_SCM_PRETEND_VERSION` is not among them: it would rename dependencies that are built too.
    """
    version = version_of_source(project)
    variables = {"POETRY_DYNAMIC_VERSIONING_BYPASS": version, "PBR_VERSION": version, "PDM_BUILD_SCM_VERSION": version}
    if name := project_name(project):
        variable = re.sub(r"[-_.]+", "_", name).upper()
        variables[f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{variable}"] = version
    return variables


def version_of_source(project: Project) -> str:
    """PKG-INFO's version; a high stand-in where there is none."""
    match = _VERSION.search(project.read("PKG-INFO").partition("\n\n")[0])
    return match["version"] if match else _STAND_IN


def project_name(project: Project) -> str:
    """The canonical name of the project's own distribution, "" where it does not say."""
    listed = table(project, "project").get("name") or table(project, "tool.poetry").get("name")
    name = listed or (section(project, "setup.cfg", "metadata") or {}).get("name", "")
    return canonicalize_name(name) if isinstance(name, str) else ""


def unfit(project: Project) -> str:
    """A sentence when the project does not admit our interpreter, "" when it does."""
    wanted = _requires_python(project)
    try:
        fits = not wanted or SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    except InvalidSpecifier:
        fits = True
    ours = platform.python_version()
    return "" if fits else f"The project requires Python {wanted}, and checks run with Python {ours} here."


def _requires_python(project: Project) -> str:
    listed: object = table(project, "project").get("requires-python")
    options: Mapping[str, str] = section(project, "setup.cfg", "options") or {}
    wanted = listed or options.get("python_requires", "")
    return wanted.strip() if isinstance(wanted, str) else ""

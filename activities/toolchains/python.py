"""Python: an environment made by uv, the way the project declares it, with what its checks need added.

A lock file of uv decides alone; poetry's and pdm's give the versions. The project is installed editable, with
its groups and extras for development and its requirements files. What building it wrote into the tree (a version
file, a compiled module) lies beneath every tree with the same environment, so what is compiled is part of the key.
"""

import json
import os
import platform
import posixpath
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from activities import tools
from activities.languages.python.config import pyproject, section, toml_table
from activities.languages.python.dependencies import (
    is_package,
    needed_names,
    project_name,
    requirements_files,
    valid,
    with_includes,
)
from activities.languages.python.install import (
    PythonInstallation,
    SeparateTool,
    constraints,
    install_items,
    sync_arguments,
)
from activities.languages.python.installed import our_version, paths_to
from activities.languages.python.interpreters import chosen_python, interpreter_folders
from activities.languages.python.layout import files_below
from activities.languages.python.plugins import is_build_backend, takes_place_of_tool
from activities.languages.python.tests_of_repository import declared_tests, packages_for_types
from activities.languages.python.tool_detection import PythonTool
from activities.languages.python.workspace import is_excluded, workspace_home, workspace_members
from activities.result_store import digest
from activities.tooling import OUR_TOOLS, EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain

_FILES = (
    "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", ".python-version", "uv.toml",
    "Pipfile", "Pipfile.lock",
)  # fmt: skip
_COMPILED = frozenset(
    (".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".go", ".i", ".proto")
)
_BUILDS = frozenset(("hatch_build.py", "build.py", "meson.build", "CMakeLists.txt", "Cargo.toml", "Cargo.lock"))
_USUAL_FILES = ((".", "*.py"), (".", "requirements*.txt"), ("tests", "test_*.py"))
_SIGNS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "tox.ini", "Pipfile")


class PythonToolchain(Toolchain):
    name = "python"
    language = "python"
    manifests = ("pyproject.toml", "setup.py", "setup.cfg")
    judges = ("sitecustomize.py", "usercustomize.py", "*.pth", "setup.py", "MANIFEST.in", "hatch_build.py")
    judging_sections = (
        "build-system", "project.entry-points", "tool.poetry.plugins", "tool.poetry.build", "tool.hatch.build",
        "tool.pdm.build", "tool.setuptools", "options.entry_points",
    )  # fmt: skip

    def detect(self, folder: Path) -> bool:
        """A manifest, requirements, or plain Python files at the folder's root. A pyproject.toml without a project in
        it beside a package.json holds a linter's settings, most often."""
        project = Project(".", folder, "python")
        signs = [name for name in _SIGNS if project.has_file(name)]
        if signs == ["pyproject.toml"] and project.has_file("package.json"):
            tables = pyproject(project)
            return any(name in tables for name in ("project", "build-system", "dependency-groups"))
        return bool(signs) or any(
            fnmatchcase(name, pattern) and project.has_file(f"{place}/{name}")
            for place, pattern in _USUAL_FILES
            for name in project.files.names(place)
        )

    def home(self, project: Project) -> Project:
        return workspace_home(project)

    def members(self, project: Project) -> Iterable[str]:
        return (project.inside(member.folder) for member in workspace_members(project))

    def package_name(self, project: Project) -> str:
        return project_name(project)

    def needed_packages(self, project: Project) -> Iterable[str]:
        return needed_names(project)

    def stands_alone(self, project: Project) -> bool:
        """It has something to install of its own. Requirements alone make a project only where the folders around it
        hold nothing but settings."""
        manifest = project.has_file("pyproject.toml") or "setuptools" in project.read("setup.py")
        if is_excluded(project) or (project.has_file("__init__.py") and not manifest):
            return False  # a package of the project around it, perhaps with a module of that name
        if is_package(project) or toml_table(project, "dependency-groups"):
            return True
        around = any(is_package(one) or requirements_files(one) or one.has_file("Pipfile") for one in project.around)
        return (bool(requirements_files(project)) or project.has_file("Pipfile")) and not around

    def recipe(self, project: Project) -> EnvironmentRecipe:
        """Members of a workspace have one environment, their root's."""
        home = workspace_home(project)
        places = (home, *workspace_members(home))
        contents = [part for place in places for part in _contents(place)]
        added = json.dumps([_additions(home), _optional(home)], sort_keys=True)
        versions = (our_version("uv"), sys.version, str(chosen_python(home)), platform.machine(), added)
        key = digest("python-6", *versions, *contents)
        items = install_items(home)
        steps = tuple(f"uv pip install {' '.join(item.arguments)}" for item in items)
        learnt_in = tuple(item.found_in for item in items)
        if home.read("uv.lock"):
            steps, learnt_in = (" ".join(("uv sync --frozen --all-packages", *sync_arguments(home))),), ("uv.lock",)
        locked = bool(home.read("uv.lock") or constraints(home) or home.read("pylock.toml"))
        return EnvironmentRecipe(key, steps, locked, learnt_in)

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        """A project that requires another Python is still tried: many bounds are only cautious."""
        home = workspace_home(site.project)
        installed = await PythonInstallation(
            replace(site, project=home),
            _additions(home),
            pinned=_pinned(home),
            alone=_alone(home),
            optional=_optional(home),
        ).run()
        mismatch = _python_mismatch(home)
        if not (installed.problem and mismatch):
            return installed
        return replace(installed, problem=f"{mismatch} {installed.problem}")

    def is_judge(self, project: Project, path: str, added: bool) -> bool:
        """Also a build backend in the tree, which may write what it likes into the environment."""
        return takes_place_of_tool(project, path, added) or is_build_backend(project, path)

    def paths(self) -> tuple[Path, ...]:
        return (*interpreter_folders(), OUR_TOOLS)

    def moved_variables(self, env_root: Path, was: str, now: str) -> dict[str, str]:
        """An editable project is found by the path that its folder had; without a sandbox each run has its own."""
        paths = paths_to(env_root, was)
        return {"PYTHONPATH": os.pathsep.join(now + path[len(was) :] for path in paths)} if paths else {}


def _additions(home: Project) -> dict[str, str]:
    """Package → requirement of the tools that must be in the environment, for its members too. They are installed only
    where the project has not brought them itself."""
    found: dict[str, str] = {}
    places = (*reversed(workspace_members(home)), home)
    for tool in tools.registry().values():
        for place in places if tool.language == "python" else ():
            if tool.always_installed or tool.asked_for(place, tool.checks[0]):
                found |= {Requirement(text).name: text for text in tool.requirements_for(place)}
    return found


def _optional(home: Project) -> tuple[str, ...]:
    """What checking types may need beside the tools."""
    places, needed = (home, *workspace_members(home)), _additions(home)
    lines = dict.fromkeys(text for place in places for text in valid(packages_for_types(place)))
    return tuple(line for line in lines if Requirement(line).name not in needed)


def _pinned(project: Project) -> frozenset[str]:
    """Those whose version the repository names."""
    own = {text for tool in tools.registry().values() for text in tool.requirements}
    return frozenset(name for name, text in _additions(project).items() if text not in own)


def _alone(project: Project) -> dict[str, SeparateTool]:
    """Package → the tool that it belongs to, of those that need nothing of the project's environment."""
    found: dict[str, SeparateTool] = {}
    for tool in tools.registry().values():
        if isinstance(tool, PythonTool) and tool.runs_alone:
            lines = tool.requirements_for(project)
            separate = SeparateTool(tool.program_name(project), lines, tool.is_apart(project))
            found |= {Requirement(text).name: separate for text in lines}
    return found


def _contents(project: Project) -> Iterator[str]:
    """What the project brings to what decides its environment."""
    tests = declared_tests(project)
    files = (*_FILES, *with_includes(project, (*requirements_files(project), *tests.files)))
    yield from (project.folder, _deciding(project), *tests.requirements, *tests.extras, *tests.groups)
    yield from (part for name in files if project.has_file(name) for part in (name, project.read(name)))
    yield from _compiled(project)


def _compiled(project: Project) -> Iterator[str]:
    """Names and texts of what a build compiles, and of what configures the build."""
    if is_package(project):
        for file in files_below(project):
            name = posixpath.basename(file)
            if posixpath.splitext(name)[1] in _COMPILED or name in _BUILDS:
                yield from (file, project.read(file))


def _deciding(project: Project) -> str:
    """pyproject.toml without the settings of linters and test runners, which decide nothing that is installed."""
    parts = pyproject(project)
    tables = parts.get("tool")
    detections = [tool.detection for tool in tools.registry().values()]
    kept = {
        name: value
        for name, value in (tables if isinstance(tables, dict) else {}).items()
        if not any(detection.configured_by_section(name) for detection in detections)
    }
    try:
        return json.dumps({**parts, "tool": kept}, sort_keys=True, default=str)
    except (ValueError, RecursionError):  # a number of thousands of digits, or a key of thousands of parts
        return project.read("pyproject.toml")


def _python_mismatch(project: Project) -> str:
    """A sentence when the project does not admit our interpreter, "" when it does."""
    options = section(project, "setup.cfg", "options") or {}
    required = toml_table(project, "project").get("requires-python") or options.get("python_requires", "")
    required, ours = required.strip() if isinstance(required, str) else "", platform.python_version()
    try:
        fits = not required or SpecifierSet(required).contains(ours, prereleases=True)
    except ValueError:  # no specifier, or numbers of thousands of digits
        fits = True
    return "" if fits else f"The project requires Python {required}, but checks run with Python {ours}."


toolchain = PythonToolchain()

"""Which modules a Python project's configuration gives its tools to load, and which of its modules could take the place
of one of a tool."""

import os
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from activities.languages.ini_files import read_ini
from activities.languages.python.config import pyproject, toml_table
from activities.languages.python.dependencies import project_name
from activities.languages.python.layout import TEST_FOLDERS
from activities.tooling import OUR_TOOLS, Project, ToolDetection

_INI = ("setup.cfg", "tox.ini")
_SEPARATORS = re.compile(r"[\s,\"'\[\]=]+")
_SUFFIXES = (".py", ".pyi", ".so", ".pyd", ".pyc")
# Of the runner's world, and not in our environment.
_RUNNERS = frozenset(("xdist", "execnet", "pytest_cov", "py"))


def configured_plugins(detection: ToolDetection, project: Project) -> Iterator[str]:
    """Every word in the values of the tool's `plugin_options`, and in its groups of entry points."""
    for table in _tables(detection, project):
        for option in detection.plugin_options:
            yield from _words(table.get(option))
    entries = toml_table(project, "project.entry-points"), toml_table(project, "tool.poetry.plugins")
    setup = _ini(project.read("setup.cfg")).get("options.entry_points", {})
    for group in detection.entry_points:
        for groups in (*entries, setup):
            yield from _words(groups.get(group))


def options_words(text: str, option: str) -> tuple[str, ...]:
    """The values of a short option in a command line: `-p name`, `-pname`."""
    return tuple(re.findall(rf"(?:^|[\s\"',\[]){re.escape(option)}[\s\"',]*([\w.]+)", text))


def takes_place_of_tool(project: Project, path: str, added: bool) -> bool:
    """Whether a module where Python looks first has the name of one of the standard library or of the tools. The
    project itself may have such a name: its own modules are new only once."""
    parts = PurePosixPath(path).parts
    package = len(parts) > 1 and parts[-1] == "__init__.py"
    if parts[0] == ".." or not path.endswith(_SUFFIXES):
        return False
    folder, name = (parts[:-2], parts[-2]) if package else (parts[:-1], parts[-1].partition(".")[0])
    if name not in sys.stdlib_module_names | _of_our_tools() or not _is_looked_into(project, folder):
        return False
    return added or canonicalize_name(name) != project_name(project)


def module_in_place_of_runner(project: Project) -> str:
    """A module at the project's root with the name of one of the test runner's, "" without. The worker processes of
    pytest-xdist start with the project's folder first on their path, so it would be loaded there."""
    names = sorted(_RUNNERS | {"pytest", "_pytest", "pluggy", "iniconfig", "coverage"})
    files = (file for name in names for file in (f"{name}.py", f"{name}/__init__.py"))
    return next((file for file in files if project.has_file(file)), "")


def is_build_backend(project: Project, path: str) -> bool:
    """Whether it is a file of the backend that `[build-system]` finds in the tree."""
    table = toml_table(project, "build-system")
    folders, backend = table.get("backend-path"), str(table.get("build-backend", ""))
    name = backend.partition(":")[0].partition(".")[0]
    for folder in folders if isinstance(folders, list) else ():
        place = posixpath.normpath(posixpath.join(str(folder), name))
        if path == f"{place}.py" or path.startswith(f"{place}/"):
            return True
    return False


def _is_looked_into(project: Project, folder: tuple[str, ...]) -> bool:
    """The project's folder, `src`, and the folders of tests that are no packages, which pytest puts on the path."""
    if folder in ((), ("src",)):
        return True
    return folder[0] in TEST_FOLDERS and not project.has_file("/".join((*folder, "__init__.py")))


@cache
def _of_our_tools() -> frozenset[str]:
    packages = Path(OUR_TOOLS, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
    return _RUNNERS | {name.partition(".")[0] for name in os.listdir(packages) if "-" not in name}


def _tables(detection: ToolDetection, project: Project) -> Iterator[Mapping[str, object]]:
    """The tool's parts of every file that configures it."""
    tool = pyproject(project).get("tool")
    for name, table in (tool if isinstance(tool, dict) else {}).items():
        if detection.configured_by_section(name):
            yield from _nested(table)
    for file in (*detection.files, *(name for name in detection.other_files if "*" not in name), *_INI):
        for name, section in _ini(project.read(file)).items():
            if file in detection.files or file in detection.other_files or detection.configured_by_section(name):
                yield section


def _nested(table: object) -> Iterator[Mapping[str, object]]:
    if isinstance(table, dict):
        yield table
        for value in table.values():
            yield from _nested(value)


def _ini(text: str) -> Mapping[str, Mapping[str, str]]:
    """pylint's own file may be TOML, whose lists read as text here."""
    return read_ini(text, allow_no_value=True) or {}


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _SEPARATORS.split(value)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _words(one)

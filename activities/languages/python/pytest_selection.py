"""Which part of a suite is meant: unit tests, integration tests, or tests asked for by name.

Integration tests are those in a folder of that name; without such a folder those with the marker
`integration`, if the project declares it. Unit tests are all others, so the two never overlap.
"""

from fnmatch import fnmatch
from pathlib import Path

from activities.languages.python.layout import TEST_FOLDERS, python_files
from activities.languages.python.pytest_config import PytestConfig
from activities.tooling import Project

_FOLDERS = (
    "tests/integration",
    "tests/integrations",
    "tests/integration_tests",
    "test/integration",
    "integration_tests",
    "tests_integration",
)
_MARKER = "integration"
_MOST_NAMES = 300
"""More node ids than this and their files run whole: a command line has an end."""


def selection(project: Project, config: PytestConfig, select: str) -> tuple[str, ...] | None:
    """The arguments that select the part, () for everything, None when the project has no such part."""
    folders = [folder for folder in _FOLDERS if (project.root / folder).is_dir()]
    if select == "integration":
        if folders:
            return tuple(folders)
        return ("-m", _both(config.expression, _MARKER)) if _MARKER in config.markers else None
    if select != "unit":
        return ()
    if folders:
        return tuple(f"--ignore={folder}" for folder in folders)
    return ("-m", _both(config.expression, f"not {_MARKER}")) if _MARKER in config.markers else ()


def has_tests(project: Project, config: PytestConfig, select: str) -> bool:
    """Whether the project may have tests of the part. In doubt it has, since a plug-in makes a test of any file: a
    conftest.py, a folder named for tests and doctests' options are signs as good as a test file."""
    arguments = selection(project, config, select)
    if arguments is None:
        return False
    if any("doctest" in option for option in config.addopts):
        return True
    inside = tuple(project.root / folder for folder in _FOLDERS) if select == "unit" else ()
    return any(_is_sign(file, config) for file in python_files(project.root, inside))


def by_name(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """Arguments for those node ids whose files are there."""
    there = [name for name in names if _file(project, name)]
    return tuple(there) if len(there) <= _MOST_NAMES else files_of(project, names)


def files_of(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """The files of those node ids, as far as they are there."""
    return tuple(sorted({file for name in names if (file := _file(project, name))}))


def _file(project: Project, name: str) -> str:
    """Nothing that starts with a dash may reach the command line."""
    file, _, test = name.partition("::")
    return file if test and not file.startswith("-") and (project.root / file).is_file() else ""


def _is_sign(file: Path, config: PytestConfig) -> bool:
    names = (*config.files, "conftest.py", "test.py", "tests.py")
    return file.parent.name in TEST_FOLDERS or any(fnmatch(file.name, name) for name in names)


def _both(first: str, second: str) -> str:
    """The project's own expression holds too, unless it is about the same marker."""
    return f"({first}) and ({second})" if first and _MARKER not in first else second

"""What a project's own configuration tells pytest, as far as it decides how the suite must be started."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from activities.languages.python.config import section, table
from activities.tooling import Project

_INI = (("pytest.ini", "pytest"), (".pytest.ini", "pytest"))
_FILES = ("test_*.py", "*_test.py")
_LATER_INI = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))


@dataclass(frozen=True)
class PytestConfig:
    """`addopts` are split as a shell would; `markers` are names only; `files` are patterns of file names."""

    addopts: tuple[str, ...] = ()
    markers: frozenset[str] = frozenset()
    files: tuple[str, ...] = _FILES

    @property
    def measures_coverage(self) -> bool:
        return any(option == "--cov" or option.startswith("--cov=") for option in self.addopts)

    @property
    def spreads(self) -> bool:
        """Whether tests go to several processes (pytest-xdist), which `coverage run` does not follow."""
        return any(option == "-n" or option.startswith(("-n", "--numprocesses")) for option in self.addopts)

    @property
    def benchmarks(self) -> bool:
        return any(option.startswith("--benchmark") for option in self.addopts)

    @property
    def verbose(self) -> str:
        """The option that makes pytest name each test before it runs, whatever `-q` the project's addopts hold."""
        quiet = sum(option.count("q") for option in self.addopts if re.fullmatch("-[a-zA-Z]*q[a-zA-Z]*", option))
        return "-v" + "v" * (quiet + self.addopts.count("--quiet"))

    @property
    def expression(self) -> str:
        """The last `-m` of addopts, "" without one: one on the command line would replace it."""
        found = ""
        for number, option in enumerate(self.addopts):
            if option == "-m":
                found = "".join(self.addopts[number + 1 : number + 2])
            elif option.startswith("-m") and not option.startswith("--"):
                found = option[2:].removeprefix("=")
        return found


def pytest_config(project: Project) -> PytestConfig:
    """The first file that pytest would take, in its own order; a file that holds other tools only does not count."""
    found = _options(project)
    markers = (line.strip().partition(":")[0].partition("(")[0] for line in _lines(found.get("markers")))
    files = (*_FILES, *_words(found.get("python_files")))
    return PytestConfig(_words(found.get("addopts")), frozenset(markers), files)


def _options(project: Project) -> Mapping[str, object]:
    for file, name in _INI:
        if (project.root / file).is_file():
            return section(project, file, name) or {}
    for path in ("tool.pytest.ini_options", "tool.pytest"):
        if found := table(project, path):
            return found
    later = (section(project, file, name) for file, name in _LATER_INI)
    return next((options for options in later if options is not None), {})


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    try:
        return tuple(shlex.split(value)) if isinstance(value, str) else ()
    except ValueError:
        return ()


def _lines(value: object) -> list[str]:
    if isinstance(value, list):
        return [line for line in value if isinstance(line, str)]
    return value.splitlines() if isinstance(value, str) else []

"""What a project's own configuration tells pytest, and which part of its suite a check runs.

Integration tests are those in a folder of that name; without such a folder those with the marker
`integration`, if the project declares it. Unit tests are all others, so the two never overlap.
"""

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from activities.languages.python.config import section, toml_table
from activities.languages.python.declared_tests import options_of
from activities.languages.python.layout import TEST_FOLDERS, python_files
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.python.workspace import left_alone
from activities.languages.workspace_patterns import reaches
from activities.tooling import Project

_INI = (("pytest.ini", "pytest"), (".pytest.ini", "pytest"))
_FILES = ("test_*.py", "*_test.py")
_LATER_INI = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))
_INTEGRATION_FOLDERS = (
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


@dataclass(frozen=True)
class PytestConfig:
    """`addopts` are split as a shell would; `markers` are names only; `files` are patterns of file names; `testpaths`
    are patterns of folders and files. `inherited`: it is a folder's around the project. `command` are the options of
    the repository's own test command, `targets` the folders and files that it names, `variables` the environment that
    it sets, and `found_in` is where it stands."""

    addopts: tuple[str, ...] = ()
    markers: frozenset[str] = frozenset()
    files: tuple[str, ...] = _FILES
    testpaths: tuple[str, ...] = ()
    inherited: bool = False
    command: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    found_in: str = ""

    @staticmethod
    def split(value: object) -> tuple[str, ...]:
        """The words of a list of options, however it is written; () for what a shell could not read."""
        return _words(value)

    @property
    def words(self) -> tuple[str, ...]:
        """All options in pytest's order: the last one counts."""
        return (*self.addopts, *_words(dict(self.variables).get("PYTEST_ADDOPTS")), *self.command)

    @property
    def measures_coverage(self) -> bool:
        return any(option == "--cov" or option.startswith("--cov=") for option in self.words)

    @property
    def spreads(self) -> bool:
        """Whether tests go to several processes (pytest-xdist), which `coverage run` does not follow."""
        return any(option == "-n" or option.startswith(("-n", "--numprocesses")) for option in self.words)

    @property
    def benchmarks(self) -> bool:
        return any(option.startswith("--benchmark") for option in self.words)

    @property
    def loads_plugins(self) -> bool:
        """Whether installed plug-ins are loaded that no option names."""
        off = "--disable-plugin-autoload" in self.words
        return not (off or dict(self.variables).get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"))

    def switched_plugin(self, *names: str) -> bool | None:
        """Whether the last `-p` about one of these names loads it or, as `no:`, keeps it out; None without one."""
        found = None
        for number, option in enumerate(self.words):
            if not option.startswith("-p") or option.startswith("--"):
                continue
            value = option[2:] or "".join(self.words[number + 1 : number + 2])
            name = value.strip().removeprefix("no:")
            if any(name in (each, each.removeprefix("pytest_")) or name.startswith(f"{each}.") for each in names):
                found = not value.strip().startswith("no:")
        return found

    @property
    def verbose(self) -> str:
        """The option that makes pytest name each test before it runs, whatever `-q` the project's options hold."""
        quiet = sum(option.count("q") for option in self.words if re.fullmatch("-[a-zA-Z]*q[a-zA-Z]*", option))
        return "-v" + "v" * (quiet + self.words.count("--quiet"))

    @property
    def expression(self) -> str:
        """The last `-m` of the options, "" without one: one on the command line would replace it."""
        found = ""
        for number, option in enumerate(self.words):
            if option == "-m":
                found = "".join(self.words[number + 1 : number + 2])
            elif option.startswith("-m") and not option.startswith("--"):
                found = option[2:].removeprefix("=")
        return found


def pytest_config(project: Project) -> PytestConfig:
    """The first file that pytest would take, in its own order, here and then in the folders around; a file that holds
    other tools only does not count."""
    places = (project, *project.around)
    place, found = next(((one, options) for one in places if (options := _options(one)) is not None), (project, {}))
    markers = (line.strip().partition(":")[0].partition("(")[0] for line in _lines(found.get("markers")))
    files = (*_FILES, *_words(found.get("python_files")))
    addopts, testpaths = _words(found.get("addopts")), _words(found.get("testpaths"))
    tests = declared_tests(project)
    command = tuple(options_of(tests.words)) if tests.runner == "pytest" else ()
    named = (word for word in tests.words if word not in command and not word.startswith("-"))
    targets = tuple(word for word in named if tests.runner == "pytest" and _exists(project, word))
    return PytestConfig(
        addopts, frozenset(markers), files, testpaths, inherited=place != project, command=command, targets=targets,
        variables=tests.variables, found_in=tests.found_in,
    )  # fmt: skip


def selection(project: Project, config: PytestConfig, select: str) -> tuple[str, ...] | None:
    """The arguments that select the part, () for everything, None when the project has no such part."""
    others = left_alone(project) if _options(project) is None else project.members
    # Inherited folders of tests are another project's.
    here = (*(f"--ignore={folder}" for folder in others), *((".",) if config.inherited else ()))

    def combined(expression: str) -> str:
        """The project's own expression holds too, unless it is about the same marker."""
        own = config.expression
        return f"({own}) and ({expression})" if own and _MARKER not in own else expression

    folders = [folder for folder in _INTEGRATION_FOLDERS if project.files.is_folder(folder)]
    if select == "integration":
        if folders:
            return tuple(folders)
        return ("-m", combined(_MARKER), *here) if _MARKER in config.markers else None
    if select != "unit":
        return here
    if folders:
        return (*(f"--ignore={folder}" for folder in folders), *here)
    return ("-m", combined(f"not {_MARKER}"), *here) if _MARKER in config.markers else here


def has_tests(project: Project, config: PytestConfig, select: str) -> bool:
    """Whether the project may have tests of the part. In doubt it has, since a plug-in makes a test of any file: a
    conftest.py, a folder named for tests and doctests' options are signs as good as a test file."""
    arguments = selection(project, config, select)
    if arguments is None:
        return False
    if any("doctest" in option for option in config.addopts):
        return True
    without = _INTEGRATION_FOLDERS if select == "unit" else ()
    names = (*config.files, "conftest.py", "test.py", "tests.py")
    return any(
        file.parent.name in TEST_FOLDERS or any(fnmatch(file.name, name) for name in names)
        for file in map(PurePosixPath, python_files(project, without))
    )


def runs_tests_of(project: Project, member: Project) -> bool:
    """Whether the project's own run of pytest has the tests of a project below: its `testpaths` name them, or it has
    none, and nothing there needs a run of its own. Modules of one name in two folders cannot be imported in one run."""
    config = pytest_config(project)
    if config.inherited or (_options(project) is None and not project.has_file("conftest.py")):
        return False
    if config.testpaths:
        return reaches(config.testpaths, project.inside(member.folder))
    if _options(member) is not None:
        return False
    importlib = any("importlib" in option for option in config.addopts)
    return importlib or not _have_modules_of_one_name(project, config)


def _have_modules_of_one_name(project: Project, config: PytestConfig) -> bool:
    """Among the files of tests that are in no package."""
    paths = map(PurePosixPath, python_files(project))
    tests = (path for path in paths if any(fnmatch(path.name, name) for name in config.files))
    names = [path.name for path in tests if not project.has_file(f"{path.parent}/__init__.py")]
    return len(names) != len(set(names))


def existing_tests(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """Arguments for those node ids whose files are there."""
    there = [name for name in names if _file(project, name)]
    return tuple(there) if len(there) <= _MOST_NAMES else existing_files(project, names)


def existing_files(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """The files of those node ids, as far as they are there."""
    return tuple(sorted({file for name in names if (file := _file(project, name))}))


def _file(project: Project, name: str) -> str:
    """The file of a test, or of a module that could not be collected and is named without a test. Nothing that starts
    with a dash may reach the command line."""
    file = name.partition("::")[0]
    return file if not file.startswith("-") and project.has_file(file) else ""


def _exists(project: Project, word: str) -> bool:
    path = posixpath.normpath(word.partition("::")[0])
    return not path.startswith(("/", "..")) and (project.has_file(path) or project.files.is_folder(path))


def _options(project: Project) -> Mapping[str, object] | None:
    """What the project's own files say, None where none of them is pytest's."""
    for file, name in _INI:
        if project.has_file(file):
            return section(project, file, name) or {}
    for path in ("tool.pytest.ini_options", "tool.pytest"):
        if found := toml_table(project, path):
            return found
    later = (section(project, file, name) for file, name in _LATER_INI)
    return next((options for options in later if options is not None), None)


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

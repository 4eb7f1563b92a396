"""Where the code of a Python project is, for tools that do not find it themselves."""

from collections.abc import Collection, Iterator
from itertools import islice

from activities.tooling import Project
from activities.untrusted_files import UntrustedFolder

_NOT_CODE = frozenset(("docs", "doc", "build", "dist", "node_modules", "examples", "example", "benchmarks", "scripts"))
_NOT_OURS = frozenset(("node_modules", "site-packages", "venv", "__pycache__"))
_MOST_FILES = 500_000
TEST_FOLDERS = frozenset(("tests", "test", "testing"))
_NOT_MODULES = frozenset(("setup.py", "conftest.py", "test.py", "tests.py", "noxfile.py", "tasks.py", "fabfile.py"))


def sources(project: Project) -> tuple[str, ...]:
    """The folders and modules that make up the product: `src`, else packages and modules at the root.

    "." when neither is there.
    """
    if any(name.endswith(".py") for folder in _packages(project, "src") for name in project.files.names(folder)):
        return ("src",)
    packages = [
        name for name in _packages(project, ".")
        if name not in _NOT_CODE | TEST_FOLDERS and project.has_file(f"{name}/__init__.py")
    ]  # fmt: skip
    modules = [
        name for name in project.files.names()
        if name.endswith(".py") and name not in _NOT_MODULES and not name.startswith("test_")
        and not name.endswith("_test.py") and project.has_file(name)
    ]  # fmt: skip
    return tuple(sorted((*packages, *modules))) or (".",)


def python_files(project: Project, without: Collection[str] = ()) -> Iterator[str]:
    """Those of `files_below`, in order."""
    return (file for file in files_below(project, without) if file.endswith(".py"))


def files_below(project: Project, without: Collection[str] = ()) -> Iterator[str]:
    """All files in order, but not those in hidden folders, in what is installed, below the folders of `without`
    and in members that the tool is started in. Paths are relative to the project."""

    left_out = {*without, *project.members}

    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        return not name.startswith(".") and name not in _NOT_OURS and folder not in left_out

    return islice(project.files.files(enter=enter), _MOST_FILES)


def real_names(project: Project, folder: str) -> tuple[str, ...]:
    """The names in a folder that is not behind a link."""
    return UntrustedFolder(project.root).names(folder)


def _packages(project: Project, folder: str) -> Iterator[str]:
    """The folders in a folder that can be a package."""
    for path in UntrustedFolder(project.root).folders(folder):
        if path.rpartition("/")[2].isidentifier():
            yield path

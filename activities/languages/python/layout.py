"""Where the code of a Python project lies, for tools that must be told."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from activities.tooling import Project

_NOT_CODE = frozenset(("docs", "doc", "build", "dist", "node_modules", "examples", "example", "benchmarks", "scripts"))
_NOT_OURS = frozenset(("node_modules", "site-packages", "venv", "__pycache__"))
TEST_FOLDERS = frozenset(("tests", "test", "testing"))
_NOT_MODULES = frozenset(("setup.py", "conftest.py", "test.py", "tests.py", "noxfile.py", "tasks.py", "fabfile.py"))


def sources(project: Project) -> tuple[str, ...]:
    """The folders and modules that make up the product: `src`, else packages and modules at the root.

    "." when neither is there.
    """
    if any(_holds_python(folder) for folder in _folders(project.root / "src")):
        return ("src",)
    return tuple(sorted(_packages(project.root))) or (".",)


def test_folders(project: Project) -> tuple[str, ...]:
    """Folders at the root that hold tests by their name."""
    return tuple(sorted(folder.name for folder in _folders(project.root) if folder.name in TEST_FOLDERS))


def python_files(root: Path, without: Collection[Path] = ()) -> Iterator[Path]:
    """Those of `files_below`, in order."""
    return (file for file in files_below(root, without) if file.suffix == ".py")


def files_below(root: Path, without: Collection[Path] = ()) -> Iterator[Path]:
    """All files in order, but not those in hidden folders, in what is installed, and below the folders of `without`."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name for name in sorted(folders)
            if not name.startswith(".") and name not in _NOT_OURS and here / name not in without
        ]  # fmt: skip
        yield from (here / name for name in sorted(files))


def _packages(root: Path) -> Iterator[str]:
    for folder in _folders(root):
        if folder.name not in _NOT_CODE | TEST_FOLDERS and (folder / "__init__.py").is_file():
            yield folder.name
    for file in root.glob("*.py"):
        if file.is_file() and file.name not in _NOT_MODULES and not _is_test(file.name):
            yield file.name


def _folders(root: Path) -> Iterator[Path]:
    if root.is_dir() and not root.is_symlink():
        for path in root.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name.isidentifier():
                yield path


def _holds_python(folder: Path) -> bool:
    return any(folder.glob("*.py"))


def _is_test(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py")

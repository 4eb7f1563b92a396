"""Where the code of a Python project is, for tools that do not find it themselves."""

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
    if any(any(folder.glob("*.py")) for folder in _folders(project.root / "src")):
        return ("src",)
    packages = [
        folder.name for folder in _folders(project.root)
        if folder.name not in _NOT_CODE | TEST_FOLDERS and (folder / "__init__.py").is_file()
    ]  # fmt: skip
    modules = [
        file.name for file in project.root.glob("*.py")
        if file.is_file() and file.name not in _NOT_MODULES and not file.name.startswith("test_")
        and not file.name.endswith("_test.py")
    ]  # fmt: skip
    return tuple(sorted((*packages, *modules))) or (".",)


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


def _folders(root: Path) -> Iterator[Path]:
    if root.is_dir() and not root.is_symlink():
        for path in root.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name.isidentifier():
                yield path

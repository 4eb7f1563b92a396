"""Requirements files of a project: which there are, what they include, what they name."""

import posixpath
import re
from collections.abc import Iterator

from activities.tooling import Project

_USUAL = re.compile(
    r"(?:requirements(?:[-_.](?:dev|develop|development|test|tests|testing|lint|ci))?"
    r"|(?:dev|test|tests|testing)[-_.]requirements)\.(?:txt|in)"
)
_FOLDERS = (".", "requirements", "tests", "test")
_IN_FOLDER = re.compile(r"(?:base|main|dev|develop|development|test|tests|testing|lint|ci)\.txt")
_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)")
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_MOST = 30


def requirements_files(project: Project) -> tuple[str, ...]:
    """The files that install what the project and its tests need, relative to it. `x.in` only without `x.txt`."""
    names = sorted(name for folder in _FOLDERS for name in _usual(project, folder))
    return tuple(name for name in names if not (name.endswith(".in") and name[:-3] + ".txt" in names))


def with_includes(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those files and all that they include by `-r` and `-c`, as far as it lies inside the project."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting and len(found) < _MOST:
        name = waiting.pop(0)
        if name in found or name.startswith(("../", "/")):
            continue
        found[name] = None
        waiting += _included(project, name)
    return tuple(found)


def named_in(text: str) -> Iterator[str]:
    """The names of the packages that a requirements file lists, as written."""
    for line in text.splitlines():
        if match := _NAME.match(line):
            yield match[1]


def _included(project: Project, name: str) -> list[str]:
    matches = (_INCLUDE.match(line) for line in project.read(name).splitlines())
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), match[1])) for match in matches if match]


def _usual(project: Project, folder: str) -> Iterator[str]:
    path = project.root / folder
    if not path.is_dir() or path.is_symlink():
        return
    for file in path.iterdir():
        fits = _USUAL.fullmatch(file.name) or (folder == "requirements" and _IN_FOLDER.fullmatch(file.name))
        if fits and file.is_file():
            yield posixpath.normpath(f"{folder}/{file.name}")

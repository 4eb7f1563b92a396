"""The projects of a repository: by its configuration, else by looking."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from activities import toolchains
from activities.errors import UserError
from activities.reporting.markdown import code
from activities.tooling import Language, Project
from activities.untrusted_files import UntrustedFolder

_NOT_PROJECTS = frozenset(
    {
        *("node_modules", "vendor", "third_party", "site-packages", "venv", "env", "dist", "build", "target"),
        *("tests", "test", "testdata", "fixtures", "__fixtures__", "__tests__"),
        *("examples", "example", "docs", "doc", "templates", "template"),
    }
)
_DEPTH = 2


def find_projects(checkout: Path, folders: Sequence[str] = ()) -> tuple[Project, ...]:
    """`folders` are the configured ones; without them every folder down to two levels below the root that a
    toolchain knows. A folder counts only if none above it holds a project of the same language, since
    that project's tools look into it already."""
    if folders:
        return tuple(project for folder in folders for project in _configured(checkout, folder))
    found: list[Project] = []
    for name in _folders(UntrustedFolder(checkout), ".", _DEPTH):
        folder = checkout / name
        for language in _languages(folder):
            around = [each for each in found if each.folder == "." or name.startswith(f"{each.folder}/")]
            if language not in [each.language for each in around]:
                found.append(Project(name, folder, language))
    return tuple(found)


def _configured(checkout: Path, folder: str) -> list[Project]:
    root = checkout / folder
    if not UntrustedFolder(checkout, follow_links=True).is_folder(folder):
        raise UserError(f"The project folder {code(folder)} of .github/autobuild.yml is not in the repository.")
    return [Project(Path(folder).as_posix(), root, language) for language in _languages(root)]


def _languages(folder: Path) -> list[Language]:
    return [chain.language for chain in toolchains.registry().values() if chain.detect(folder)]


def _folders(checkout: UntrustedFolder, folder: str, depth: int) -> Iterator[str]:
    yield folder
    if depth == 0:
        return
    for child in checkout.folders(folder):
        name = child.rpartition("/")[2]
        if not name.startswith(".") and name.lower() not in _NOT_PROJECTS:
            yield from _folders(checkout, child, depth - 1)

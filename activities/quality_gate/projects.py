"""The projects of a repository: by its configuration, else by looking."""

import posixpath
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from activities import toolchains
from activities.errors import UserError
from activities.reporting.markdown import code
from activities.tooling import Language, Project
from activities.untrusted_files import UntrustedFolder

_NOT_PROJECTS = frozenset(
    {
        *("node_modules", "vendor", "third_party", "site-packages", "venv", "env", "dist", "build", "target"),
        *("tests", "test", "testdata", "fixtures", "__fixtures__", "__tests__", "e2e"),
        *("examples", "example", "samples", "sample", "demos", "demo", "playground", "playgrounds", "benchmarks"),
        *("docs", "doc", "templates", "template"),
    }
)
_DEPTH, _DEEPEST = 2, 5
"""Down to the first any sign makes a folder a project, below it down to the second its own manifest does."""
_MOST_FOLDERS = 2000
_MOST_PROJECTS = 1000


def find_projects(checkout: Path, folders: Sequence[str] = ()) -> tuple[Project, ...]:
    """`folders` are the configured ones; without them every folder down to two levels below the root that a
    toolchain knows, deeper ones with a manifest, and the members of every workspace.

    A folder below a project of the same language counts if the project's workspace lists it or its own manifest makes
    it one; else that project's tools look into it already."""
    if folders:
        return tuple(project for folder in folders for project in _configured(checkout, folder))
    found: dict[tuple[str, Language], Project] = {}
    listed: set[tuple[str, Language]] = set()
    pending = deque(_folders(UntrustedFolder(checkout)))
    while pending and len(found) < _MOST_PROJECTS:
        name = pending.popleft()
        for chain in toolchains.registry().values():
            key, project = (name, chain.language), Project(name, checkout / name, chain.language)
            if key in found or not chain.detect(project.root):
                continue
            is_below = any(one.language == chain.language and one.inside(name) for one in found.values())
            is_deep = name.count("/") >= _DEPTH
            if (is_below or is_deep) and key not in listed and not chain.stands_alone(project):
                continue
            found[key] = project
            members = [posixpath.normpath(posixpath.join(name, member)) for member in chain.members(project)]
            listed.update((member, chain.language) for member in members)
            pending.extend(members)
    return tuple(sorted(found.values(), key=lambda project: (project.folder != ".", project.folder.split("/"))))


def _configured(checkout: Path, folder: str) -> list[Project]:
    root = checkout / folder
    if not UntrustedFolder(checkout, follow_links=True).is_folder(folder):
        raise UserError(f"The project folder {code(folder)} of .github/autobuild.yml is not in the repository.")
    return [Project(Path(folder).as_posix(), root, language) for language in _languages(root)]


def _languages(folder: Path) -> list[Language]:
    return [chain.language for chain in toolchains.registry().values() if chain.detect(folder)]


def _folders(checkout: UntrustedFolder) -> list[str]:
    """Those that may hold a project, the ones near the root first."""
    found, level = ["."], ["."]
    for _ in range(_DEEPEST):
        below = [child for folder in level for child in sorted(checkout.folders(folder))]
        names = [(child, child.rpartition("/")[2]) for child in below]
        level = [child for child, name in names if not name.startswith(".") and name.lower() not in _NOT_PROJECTS]
        found += level
        if len(found) > _MOST_FOLDERS:
            break
    return found[:_MOST_FOLDERS]

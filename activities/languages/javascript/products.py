"""What packages export and a build makes: of a package itself, and of those of its workspace that it needs."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from activities.languages.javascript.package_json import PackageJson, read_package, workspace_home, workspace_members
from activities.tooling import Project


def lacks_product(project: Project, package: PackageJson) -> bool:
    """Whether a file that package.json says it exports is missing."""
    named = [path for path in _exported(package) if "*" not in path and re.search(r"\.[cm]?[jt]sx?$|\.json$", path)]
    return any(not path.startswith("..") and not project.has_file(path) for path in named)


def needed_builds(project: Project) -> tuple[str, ...]:
    """Shell text that builds the packages of the same workspace that the project needs and whose product is not in the
    tree, those first that others need. Their links lead into the tree, so nothing else makes it."""
    found: dict[str, None] = {}
    _add_builds(project, _members(workspace_home(replace(project, members=()))), {project.folder}, found)
    return tuple(
        f"cd {shlex.quote(posixpath.relpath(folder, project.folder))} && npm run --silent build" for folder in found
    )


def _add_builds(project: Project, members: Mapping[str, Project], seen: set[str], found: dict[str, None]) -> None:
    for name in read_package(project).dependencies:
        member = members.get(name)
        if member is None or member.folder in seen:
            continue
        seen.add(member.folder)
        _add_builds(member, members, seen, found)
        package = read_package(member)
        if "build" in package.scripts and lacks_product(member, package):
            found[member.folder] = None


@lru_cache(maxsize=64)
def _members(home: Project) -> Mapping[str, Project]:
    """Name → member. Cached: a checkout never changes."""
    folders = ((home.inside_repository(folder), home.root / folder) for folder in workspace_members(home))
    projects = [replace(home, folder=folder, root=root) for folder, root in folders]
    return {read_package(project).text("name"): project for project in projects}


def _exported(package: PackageJson) -> Iterator[str]:
    pending: list[object] = [package.data.get(key) for key in ("main", "module", "bin", "exports")]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value.removeprefix("./")
        elif isinstance(value, dict):
            pending += value.values()

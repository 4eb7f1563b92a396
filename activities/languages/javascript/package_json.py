"""What a JavaScript project says of itself: package.json, and the workspace that it belongs to.

Every file here is untrusted: what is not the expected JSON or YAML reads as empty, never as an error, because the
package manager reports it better when it installs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from activities.languages.workspace_patterns import is_named, named_folders
from activities.languages.yaml_files import read_yaml
from activities.tooling import Project

DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


@dataclass(frozen=True)
class PackageJson:
    """A package.json, parsed; empty where there is none or it is not a JSON object."""

    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def scripts(self) -> dict[str, str]:
        return {name: text for name, text in _mapping(self.data.get("scripts")).items() if isinstance(text, str)}

    @property
    def dependencies(self) -> dict[str, str]:
        """Every declared dependency of every kind: name to version or address ("^1.2.0", "file:../x")."""
        all_kinds = [_mapping(self.data.get(kind)) for kind in reversed(DEPENDENCIES)]
        return {name: text for kind in all_kinds for name, text in kind.items() if isinstance(text, str)}

    def declared(self, name: str) -> str:
        """The field that declares a dependency ("devDependencies"), "" where none does."""
        return next((kind for kind in DEPENDENCIES if name in _mapping(self.data.get(kind))), "")

    def text(self, name: str) -> str:
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    @property
    def workspaces(self) -> tuple[str, ...]:
        """The patterns of `workspaces`, npm's list or yarn's `{packages: [...]}`."""
        value = self.data.get("workspaces")
        value = value.get("packages") if isinstance(value, dict) else value
        return tuple(str(item) for item in value) if isinstance(value, list) else ()


def read_package(project: Project) -> PackageJson:
    """The project's own package.json."""
    return parse_package(project.read("package.json"))


def parse_package(text: str) -> PackageJson:
    """A package.json's text, a byte order mark allowed."""
    try:
        return PackageJson(_mapping(json.loads(text.removeprefix("\ufeff"))))
    except (ValueError, RecursionError):
        return PackageJson()


def workspace_home(project: Project) -> Project:
    """Where the project's packages are installed: the root of the workspace that lists it, else itself."""
    return next((home for home in project.around if _lists(home, project)), project)


def workspace_members(home: Project) -> Iterator[str]:
    """The folders below the project, relative to it, that its workspace lists."""
    patterns = workspace_patterns(home)
    for folder in named_folders(home.files, _included(patterns), "package.json"):
        if not is_named(_excluded(patterns), folder):
            yield folder


def is_excluded(project: Project) -> bool:
    """Whether a workspace around it says that it is none of its members."""
    return any(is_named(_excluded(workspace_patterns(home)), home.inside(project.folder)) for home in project.around)


def _lists(home: Project, project: Project) -> bool:
    patterns, inside = workspace_patterns(home), home.inside(project.folder)
    return is_named(_included(patterns), inside) and not is_named(_excluded(patterns), inside)


def _included(patterns: tuple[str, ...]) -> list[str]:
    return [pattern for pattern in patterns if not pattern.startswith("!")]


def _excluded(patterns: tuple[str, ...]) -> list[str]:
    return [pattern[1:] for pattern in patterns if pattern.startswith("!")]


def workspace_patterns(project: Project) -> tuple[str, ...]:
    """Which folders below the project are packages of its workspace: npm's, yarn's and pnpm's way to say it."""
    if patterns := read_package(project).workspaces:
        return patterns
    value = _mapping(read_yaml(project.read("pnpm-workspace.yaml"))).get("packages")
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def declared_in(package: PackageJson, *names: str) -> str:
    """A reason for a person: the first of these dependencies that is declared and where, "" where none is."""
    found = ((name, package.declared(name)) for name in names)
    return next((f"{name} in {kind} of package.json" for name, kind in found if kind), "")


def first_file(project: Project, *names: str) -> str:
    """The first of these files that the project has, "" where it has none."""
    return next((name for name in names if project.has_file(name)), "")


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}

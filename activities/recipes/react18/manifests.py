"""The versions of React's packages in package.json and in the catalogs of a workspace."""

import re
from collections.abc import Callable, Iterator, Mapping

from activities.languages.javascript.version_ranges import lowest
from activities.migration.json_text import JsonMember, JsonPath, line_of, members, replace_values
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.migration.yaml_text import replace_yaml_values, yaml_members
from activities.recipes.react18.old_compiler import old_compiler
from activities.recipes.react18.ranges import raised, widened
from activities.reporting.markdown import code

FAMILY = {
    "react": "18.3.1",
    "react-dom": "18.3.1",
    "react-test-renderer": "18.3.1",
    "react-is": "18.3.1",
    "react-art": "18.3.1",
    "@types/react": "18.3.31",
    "@types/react-dom": "18.3.7",
    "@types/react-test-renderer": "18.3.1",
    "@types/react-is": "18.3.1",
}
"""The last versions of React 18. They are fixed, so that a migration gives the same result on every day."""

_FOR_OLD_COMPILERS = {"@types/react": "18.2.48", "@types/react-dom": "18.2.18"}
"""The last types without template literal types, which TypeScript cannot read before 4.1: these versions exactly."""

COMPANIONS = {"react-shallow-renderer": "16.15.0", "@testing-library/react": "14.3.1"}
"""Versions for React 18 of packages older ones of which do not run with it, or warn in every test."""

DOM_LIBRARY = "@testing-library/dom"
_DOM_LIBRARY = "9.3.4"
"""What `COMPANIONS` bring: an older one beside it would be a second one."""

VERSIONS = {**FAMILY, **COMPANIONS}

MANIFESTS = ("package.json", "pnpm-workspace.yaml", ".yarnrc.yml")
_LARGEST_YAML = 100_000

_INSTALLED = ("dependencies", "devDependencies", "optionalDependencies")
_FIRST_NATIVE = (0, 69)
"""The first version of React Native for React 18; each takes one version of React only."""

Change = Callable[[str, str], str | None]
"""From a range and a version to the new range; None where that cannot be said."""


def upgrade(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """Every manifest of the tree; what is left has a row."""
    for path in tree.named(*MANIFESTS):
        text = tree.read(path)
        if text is None or "react" not in text:
            continue
        is_json = path.endswith("package.json")
        try:
            found = members(text) if is_json else yaml_members(text)
        except ValueError as error:
            reason = f"The file cannot be parsed ({error}), so its versions were left."
            yield Leftover(path, 0, reason, "Correct the file, and run the migration again.", True)
            continue
        if is_json and (native := _old_native(found)):
            reason = f"React Native {code(str(native.value))} runs with one version of React only, which is not 18."
            yield Leftover(path, line_of(text, native), reason, "Upgrade React Native to 0.69 or later first.", True)
            continue
        values: dict[JsonPath, str] = {}
        compiler = old_compiler(tree, path)
        for member, name, new in _changes(found):
            if compiler and new not in (None, member.value) and _is_typed(member, name):
                yield _pinned(path, line_of(text, member), name, compiler)
                values[member.path] = _FOR_OLD_COMPILERS[name]
            elif new is None:
                reason = f"`{name}` is {code(str(member.value))} here, which cannot be raised without knowing why."
                fix = f"Take a version of `{name}` for React 18."
                yield Leftover(path, line_of(text, member), reason, fix, True)
            elif new != member.value:
                values[member.path] = new
        if values:
            tree.write(path, (replace_values if is_json else replace_yaml_values)(text, values))


def _is_typed(member: JsonMember, name: str) -> bool:
    return name in _FOR_OLD_COMPILERS and member.path[0] != "peerDependencies" and ":" not in str(member.value)


def _pinned(path: str, line: int, name: str, compiler: str) -> Leftover:
    version = _FOR_OLD_COMPILERS[name]
    reason = f"`{name}` is {version}, since TypeScript {code(compiler)} cannot read later ones."
    return Leftover(path, line, reason, f"Upgrade TypeScript to 5, then take `^{VERSIONS[name]}`.")


def asked_for(tree: SourceTree, *names: str) -> Iterator[tuple[str, int, JsonMember]]:
    """(manifest, line, member) wherever a package.json asks for one of these packages."""
    needles = (name.encode() for name in names)
    for path in tree.containing(tree.named("package.json"), *needles):
        yield from (one for one in _dependencies_of(tree, path) if one[2].path[-1] in names)


def dependencies(tree: SourceTree) -> Iterator[tuple[str, int, JsonMember]]:
    """The same of all packages."""
    for path in tree.named("package.json"):
        yield from _dependencies_of(tree, path)


def _dependencies_of(tree: SourceTree, path: str) -> Iterator[tuple[str, int, JsonMember]]:
    text = tree.read(path) or ""
    try:
        found = members(text)
    except ValueError:
        return
    for member in found.values():
        if (
            len(member.path) == 2
            and member.path[0] in (*_INSTALLED, "peerDependencies")
            and isinstance(member.value, str)
        ):
            yield path, line_of(text, member), member


def is_outdated(tree: SourceTree) -> bool:
    """Whether a manifest asks for an older React, or a library does not take 18."""
    for path in tree.named(*MANIFESTS):
        text = tree.read(path)
        try:
            found = (members if path.endswith("package.json") else yaml_members)(text) if text else {}
        except ValueError:
            continue
        if any(
            name in ("react", "react-dom") and new not in (member.value, None) for member, name, new in _changes(found)
        ):
            return True
    return False


def _changes(found: Mapping[JsonPath, JsonMember]) -> Iterator[tuple[JsonMember, str, str | None]]:
    """(member, the package whose version it is, its new version; None where that cannot be said)"""
    ruled = [
        (member, rule) for member in found.values() if isinstance(member.value, str) and (rule := _rule(member.path))
    ]
    changed = [
        (member, name, None if _is_another(member, name) else change(str(member.value), VERSIONS[name]))
        for member, (name, change) in ruled
        if name in VERSIONS
    ]
    yield from changed
    if any(name == "@testing-library/react" and new not in (member.value, None) for member, name, new in changed):
        for member, (name, change) in ruled:
            if name == "@testing-library/dom":
                yield member, name, change(str(member.value), _DOM_LIBRARY)


def _is_another(member: JsonMember, name: str) -> bool:
    """Whether another package is installed by this name: `npm:@hot-loader/react-dom@17`."""
    alias = re.match(r"npm:((?:@[\w.-]+/)?[\w.-]+)", str(member.value))
    return alias is not None and alias[1] != name


def _rule(path: JsonPath) -> tuple[str, Change] | None:
    """The package whose version stands at this place, and how it changes; None for any other place."""
    if path[0] in ("pnpm", "workspaces"):
        path = path[1:]
    rule: tuple[str, Change] | None = None
    match path:
        case ("dependencies" | "devDependencies" | "optionalDependencies", name):
            rule = name, raised
        case ("peerDependencies", name):
            rule = name, widened
        case ("overrides" | "resolutions", *_, key, ".") | ("overrides" | "resolutions", *_, key):
            rule = _selected(key), raised
        case ("peerDependencyRules", "allowedVersions", key):
            rule = _selected(key), widened
        case ("catalog", name):
            rule = name, _in_catalog
        case ("catalogs", catalog, name):
            rule = name, _left if re.search(r"\d", catalog) else _in_catalog
    return rule


def _in_catalog(text: str, to: str) -> str | None:
    """A range of several versions is meant for peers there."""
    return widened(text, to) if "||" in text or text.startswith(">") else raised(text, to)


def _left(text: str, to: str) -> str | None:
    """A catalog that is named for a version keeps it."""
    return text if raised(text, to) == text else None


def _selected(key: str) -> str:
    """The package that a key of overrides names: `foo/react`, `**/@types/react`, `foo@1>react@16`."""
    key = re.sub(r"(?<=.)@[^/@>]*$", "", key.rpartition(">")[2])
    found = re.search(r"(?:^|/)((?:@[\w.-]+/)?[\w.-]+)$", key)
    return found[1] if found else ""


def _old_native(found: Mapping[JsonPath, JsonMember]) -> JsonMember | None:
    places = (found.get((kind, "react-native")) for kind in _INSTALLED)
    return next((one for one in places if one and () < lowest(str(one.value)) < _FIRST_NATIVE), None)

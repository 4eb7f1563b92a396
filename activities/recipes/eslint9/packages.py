"""The versions of ESLint's packages in every package.json, and what the new configuration imports."""

import posixpath
import re
from collections.abc import Iterator

from activities.languages.javascript.package_json import DEPENDENCIES, PackageJson, parse_package
from activities.languages.javascript.version_ranges import lowest
from activities.migration.json_text import JsonPath, add_member, line_of, members, replace_values
from activities.migration.manifest_edits import add_npm, change_npm
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.eslint9.versions import ADDED, EXCLUDING, SUPPORTING
from activities.reporting.markdown import code

_PLUGIN = re.compile(r"(@[\w.-]+/)?eslint-(plugin|config)(-[\w.-]+)?|(@[\w.-]+/)[\w.-]*eslint-parser")
_RANGE = re.compile(r"[~^]?v?\d[\w.+-]*")
_FIRST_TYPESCRIPT = (4, 8, 4)
_TYPED = frozenset(("@typescript-eslint/parser", "typescript-eslint"))
FLAT = ("eslint.config.js", "eslint.config.mjs", "eslint.config.cjs")
_IMPORT = re.compile(r"(?:from |require\()[\"']([^\"'./][^\"']*)[\"']")


def upgrade(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """Every manifest that asks for one of the packages."""
    for path in tree.named("package.json"):
        text = tree.read(path)
        if text is None or "eslint" not in text:
            continue
        try:
            found = members(text)
            after = _imported(tree, path, change_npm(text, _renamed))
            after = replace_values(after, dict(_raised(after)))
            after = _with_overrides(tree, path, after)
        except ValueError as error:
            reason = f"The file cannot be read ({code(str(error))}), so its versions were left."
            yield Leftover(path, 0, reason, "Correct the file, and run the migration again.", True)
            continue
        if after != text:
            tree.write(path, after)
        rows = ((found.get(place), reason, fix) for place, reason, fix in _left(after))
        yield from (Leftover(path, line_of(text, one) if one else 0, reason, fix) for one, reason, fix in rows)


def _renamed(name: str, wanted: str) -> tuple[str, str]:
    return (
        ("@babel/eslint-parser", f"^{SUPPORTING['@babel/eslint-parser']}") if name == "babel-eslint" else (name, wanted)
    )


def _raised(text: str) -> Iterator[tuple[JsonPath, str]]:
    """Ranges of one version whose lowest is too old; those of peers are widened."""
    for path, member in members(text).items():
        if len(path) != 2 or path[0] not in DEPENDENCIES or path[1] not in SUPPORTING:
            continue
        wanted, needed = str(member.value), SUPPORTING[path[1]]
        if not _is_older(wanted, needed):
            continue
        if path[0] == "peerDependencies":
            yield path, f"{wanted} || ^{needed.partition('.')[0]}.0.0"
        elif _RANGE.fullmatch(wanted):
            mark = wanted[0] if wanted[0] in "^~" else ""
            yield path, f"{mark}{needed}"


def _is_older(wanted: str, needed: str) -> bool:
    """Whether every version of the range is below the first one that works; a later range is left as it is."""
    numbers, first = [lowest(part) for part in wanted.split("||")], tuple(map(int, needed.split(".")))
    if not all(numbers) or re.search(r">(?!.*<)", wanted):
        return False
    if max(numbers)[0] == first[0]:
        return len(numbers) == 1 and numbers[0] < first and _RANGE.fullmatch(wanted) is not None
    return max(numbers)[0] < first[0]


def _imported(tree: SourceTree, path: str, text: str) -> str:
    """With what the flat configurations below the manifest import and no manifest around them declares."""
    package, folder = parse_package(text), posixpath.dirname(path)
    section = package.declared("eslint")
    if not section or section == "peerDependencies":
        return text
    manifests = [posixpath.dirname(each) for each in tree.named("package.json") if each != path]
    inner = [each for each in manifests if _is_below(each, folder) and _package(tree, each).declared("eslint")]
    for config in tree.named(*FLAT):
        if _is_below(posixpath.dirname(config), folder) and not any(_is_below(config, each) for each in inner):
            for module in _IMPORT.findall(tree.read(config) or ""):
                name = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
                text = add_npm(text, name, ADDED[name], section) if name in ADDED else text
    return text


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _package(tree: SourceTree, folder: str) -> PackageJson:
    return parse_package(tree.read(posixpath.join(folder, "package.json")) or "")


def _with_overrides(tree: SourceTree, path: str, text: str) -> str:
    """npm installs no package beside an ESLint that its peers exclude, unless the manifest says so."""
    package, folder = parse_package(text), posixpath.dirname(path)
    others = ("yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
    if any(posixpath.join(folder, name) in tree.paths for name in others) or not package.declared("eslint"):
        return text
    for name in sorted(EXCLUDING & package.dependencies.keys()):
        if ("overrides", name) not in members(text) and ("overrides", name, "eslint") not in members(text):
            text = add_member(text, ("overrides", name, "eslint"), "$eslint")
    return text


def _left(text: str) -> Iterator[tuple[JsonPath, str, str]]:
    """(place, reason, fix) of packages of which a person has to know."""
    package = parse_package(text)
    for name, wanted in package.dependencies.items():
        place = (package.declared(name), name)
        if name in EXCLUDING:
            reason = f"No version of {code(name)} names ESLint 9 among its peers; its rules run with it."
            yield place, reason, "Replace it by a maintained configuration when there is time."
        elif name in SUPPORTING and not _RANGE.fullmatch(wanted) and _is_older(wanted, SUPPORTING[name]):
            yield place, f"{code(name)} is {code(wanted)} here, which cannot be raised.", f"Take {SUPPORTING[name]}."
        elif name not in SUPPORTING and name not in ADDED and _PLUGIN.fullmatch(name):
            reason = f"Whether {code(name)} {code(wanted)} works with ESLint 9 is not known here."
            yield place, reason, "Look at its release notes; what it has is wrapped by @eslint/compat until then."
        elif name == "typescript" and () < lowest(wanted) < _FIRST_TYPESCRIPT and _TYPED & package.dependencies.keys():
            reason = f"typescript-eslint 8 needs TypeScript 4.8.4, and this is {code(wanted)}."
            yield place, reason, "Upgrade TypeScript."

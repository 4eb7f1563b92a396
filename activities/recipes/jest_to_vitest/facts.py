"""What the transform has to know of the whole repository."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from activities.languages.javascript.package_json import PackageJson, parse_package
from activities.languages.javascript.version_ranges import lowest
from activities.migration.recipe import SourceTree, StepBench

_CODE = ("*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts")
_DEFAULT = re.compile(
    rb"^\s*import\s+(?!type\b)[\w$]+\s*(?:,[^;'\"]{0,500})?\bfrom\s*['\"]([^'\"\n]{1,300})['\"]", re.M
)
_AS_DEFAULT = re.compile(rb"\{[^}]{0,500}\bdefault\b(?:\s+as\b)?[^}]{0,500}\}\s*from\s*['\"]([^'\"\n]{1,300})['\"]")
_ENDINGS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx", "/index.js", "/index.jsx")
_JSX = re.compile(rb"(?:return|=>|\(|=|\?|:)\s*\(?\s*<(?:[A-Z][\w.]*|[a-z]+|>)[\s/>]")
_REACT = re.compile(rb"import\s+(?:\*\s+as\s+)?React\b|React\s*=\s*require")
_TESTS_FOLDER = re.compile(r"(?:^|/)__tests__/(?!.*\.(?:test|spec)\.[^/]*$)[^/].*\.[jt]sx?$")
_MOCK = re.compile(r"(?P<root>(?:[^/]+/)*)__mocks__/(?P<name>(?:@[^/]+/)?[^/]+)\.[cm]?[jt]sx?")
_MOST_FILES = 20_000
_FIRST_WITHOUT_DOM = (27,)
_FIRST_PLAIN_SNAPSHOTS = (29,)
_FIRST_MODERN_TIMERS = (27,)
_DOM_MATCHERS = (6,)


async def about_configs(bench: StepBench) -> Mapping[str, object]:
    """By folder with a manifest or a configuration: what decides what jest does there where nothing is said."""
    tree = bench.tree
    folders = {posixpath.dirname(path) or "." for path in bench.files}
    return {"folders": {folder: _facts(tree, folder) for folder in folders}}


def _facts(tree: SourceTree, folder: str) -> Mapping[str, object]:
    inside = "" if folder == "." else f"{folder}/"
    package, jest = parse_package(tree.read(f"{inside}package.json") or ""), _version(tree, folder)
    code = [path for path in tree.named(*_CODE) if path.startswith(inside)]
    with_jsx = [path for path in code if not path.endswith("ts") and _JSX.search(tree.content(path) or b"")]
    style = _prettier(tree, inside, package)
    return {
        "files": [path.removeprefix(inside) for path in code[:_MOST_FILES]],
        "moduleMocks": list(_module_mocks(code, inside, package)),
        "testsFolder": any(_TESTS_FOLDER.search(path) for path in code),
        "oldEnvironment": () < jest < _FIRST_WITHOUT_DOM,
        "oldSnapshots": () < jest < _FIRST_PLAIN_SNAPSHOTS
        and any(path.startswith(inside) for path in tree.named("*.snap")),
        "jsx": any(not _REACT.search(tree.content(path) or b"") for path in with_jsx),
        "jsxInJs": any(path.endswith(".js") for path in with_jsx),
        "quote": "'" if style.get("singleQuote", True) else '"',
        "unit": "\t" if style.get("useTabs") else " " * min(int(str(style.get("tabWidth") or 2)), 8),
    }


def _module_mocks(code: list[str], inside: str, package: PackageJson) -> Iterator[Mapping[str, str]]:
    """Mocks of packages, which jest takes without being asked where their folder is one of its roots."""
    known = {*package.dependencies, package.text("name")}
    for path in code:
        if (found := _MOCK.fullmatch(path.removeprefix(inside))) and found["name"] in known:
            yield {"root": found["root"], "name": found["name"], "path": path.removeprefix(inside)}


def _prettier(tree: SourceTree, inside: str, package: PackageJson) -> Mapping[str, object]:
    given = package.data.get("prettier")
    try:
        given = given if isinstance(given, dict) else json.loads(tree.read(f"{inside}.prettierrc") or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) and str(given.get("tabWidth", 2)).isdigit() else {}


def _version(tree: SourceTree, folder: str) -> tuple[int, ...]:
    """Of jest, as the folder's manifest or one around it asks for it."""
    while True:
        package = parse_package(tree.read(posixpath.join(folder, "package.json")) or "")
        if found := lowest(package.dependencies.get("jest", "")):
            return found
        if folder in (".", ""):
            return ()
        folder = posixpath.dirname(folder) or "."


async def about_modules(bench: StepBench) -> Mapping[str, object]:
    """The modules of which a file imports the default: packages by their names, files by their paths."""
    tree = bench.tree
    known = frozenset(tree.paths)
    packages = [parse_package(tree.read(path) or "") for path in tree.named("package.json")]
    asked = [lowest(package.dependencies.get("@testing-library/jest-dom", "")) for package in packages]
    return {
        "defaults": sorted(set(_defaults(tree, known))),
        "domMatchers": any(each >= _DOM_MATCHERS for each in asked),
        "legacyTimers": sorted(
            {posixpath.dirname(path) for path in tree.named("package.json") if _is_legacy(tree, path)}
        ),
    }


def _is_legacy(tree: SourceTree, path: str) -> bool:
    return () < lowest(parse_package(tree.read(path) or "").dependencies.get("jest", "")) < _FIRST_MODERN_TIMERS


def _defaults(tree: SourceTree, known: frozenset[str]) -> Iterator[str]:
    for path in tree.containing(tree.named(*_CODE), b"import", b"default"):
        data = tree.content(path) or b""
        for found in (*_DEFAULT.finditer(data), *_AS_DEFAULT.finditer(data)):
            module = found[1].decode("utf-8", "replace")
            if module.startswith("."):
                base = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
                yield next((base + ending for ending in _ENDINGS if base + ending in known), base)
            else:
                yield module

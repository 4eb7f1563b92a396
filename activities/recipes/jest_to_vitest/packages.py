"""What is installed for tests: vitest instead of jest and of what belonged to it."""

import posixpath
import re
from collections.abc import Iterator

from activities.languages.javascript.package_json import DEPENDENCIES, PackageJson, parse_package
from activities.migration.json_text import line_of, members
from activities.migration.manifest_edits import add_npm, change_npm
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.reporting.markdown import code

VERSIONS = {
    "vitest": "^3.2.7",
    "jsdom": "^26.1.0",
    "happy-dom": "^20.0.11",
    "@vitest/coverage-v8": "^3.2.7",
    "@vitest/coverage-istanbul": "^3.2.7",
}
"""They are fixed, so that a migration gives the same result on every day. Mocks of vitest 3 are nearest to jest's."""

GONE = frozenset(
    (
        "@jest/globals", "@jest/types", "@swc/jest", "@sucrase/jest-plugin", "@types/jest", "@vue/vue2-jest",
        "@vue/vue3-jest", "babel-jest", "esbuild-jest", "identity-obj-proxy", "jest", "jest-circus", "jest-cli",
        "jest-config",
        "jest-environment-jsdom", "jest-environment-jsdom-global", "jest-environment-jsdom-sixteen",
        "jest-environment-node", "jest-transform-stub", "jest-watch-typeahead", "ts-jest", "vue-jest",
    )
)  # fmt: skip
REPLACED = {
    "jest-canvas-mock": ("vitest-canvas-mock", "^1.2.0"),
    "jest-localstorage-mock": ("vitest-localstorage-mock", "^0.1.2"),
    "jest-mock-extended": ("vitest-mock-extended", "^3.1.0"),
    "jest-websocket-mock": ("vitest-websocket-mock", "^0.5.0"),
}
"""The same for vitest, under another name."""

_OF_JEST = re.compile(
    r"jest-(?!dom$|axe$|extended$|image-snapshot$|diff$|matcher-utils$|styled-components$)[\w-]+|@jest/[\w-]+"
)
CONFIGS = ("vitest.config*.mts", "vitest.config*.mjs")
CONFIGS_ANYWHERE = ("*vitest.config*.mts", "*vitest.config*.mjs")


def upgrade(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """Every manifest that asks for jest."""
    for path in tree.named("package.json"):
        text = tree.read(path)
        if text is None or "jest" not in text:
            continue
        try:
            found, package = members(text), parse_package(text)
            after = change_npm(text, _changed)
            after = _with_vitest(tree, path, package, after)
        except ValueError as error:
            reason = f"The file cannot be read ({code(str(error))}), so its packages were left."
            yield Leftover(path, 0, reason, "Correct the file, and run the migration again.", True)
            continue
        if after != text:
            tree.write(path, after)
        for place, one in found.items():
            if (
                len(place) == 2
                and place[0] in DEPENDENCIES
                and place[1] not in GONE | REPLACED.keys()
                and _OF_JEST.fullmatch(place[1])
            ):
                reason = f"{code(place[1])} belongs to jest."
                yield Leftover(path, line_of(text, one), reason, "Remove it, or use what vitest has instead.")


def _changed(name: str, wanted: str) -> tuple[str, str] | None:
    return None if name in GONE else REPLACED.get(name, (name, wanted))


def _with_vitest(tree: SourceTree, path: str, package: PackageJson, text: str) -> str:
    section = package.declared("jest") or package.declared("ts-jest") or package.declared("jest-cli")
    if not section:
        return text
    section = "devDependencies" if section == "peerDependencies" else section
    folder = posixpath.dirname(path)
    configs = [tree.read(each) or "" for each in tree.named(*CONFIGS) if posixpath.dirname(each).startswith(folder)]
    wanted = ["vitest"]
    wanted += [name for name in ("jsdom", "happy-dom") if _uses_environment(tree, folder, configs, name)]
    if any("coverage:" in each for each in configs) or any("--coverage" in each for each in package.scripts.values()):
        wanted.append(
            "@vitest/coverage-istanbul" if any("istanbul" in each for each in configs) else "@vitest/coverage-v8"
        )
    for name in wanted:
        text = add_npm(text, name, VERSIONS[name], section)
    return text


def _uses_environment(tree: SourceTree, folder: str, configs: list[str], name: str) -> bool:
    asked = re.compile(rf"environment: ['\"]{name}['\"]")
    comment = f"@vitest-environment {name}".encode()
    below = (path for path in tree.named("*.ts", "*.tsx", "*.js", "*.jsx", "*.mjs") if path.startswith(folder))
    return any(asked.search(each) for each in configs) or any(tree.containing(below, comment))


_TYPES = re.compile(r"(\"types\"\s*:\s*\[[^\]]*?)\"(?:@types/)?jest\"([^\]]*\])")
_TESTS = re.compile(r"(?:^|/)__tests__/|\.(?:test|spec)\.[cm]?tsx?$")
REFERENCE = "vitest.d.ts"


def globals_of_types(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """The compiler learns of `describe` and `vi` where it learnt of jest's."""
    for path in tree.named("tsconfig*.json"):
        text = tree.read(path) or ""
        after = _TYPES.sub(r'\1"vitest/globals"\2', text)
        if after != text:
            tree.write(path, after)
    known = [posixpath.dirname(path) for path in tree.containing(tree.named("tsconfig*.json"), b"vitest/globals")]
    for config in tree.named(*CONFIGS):
        folder = posixpath.dirname(config)
        inside = f"{folder}/" if folder else ""
        tests = [path for path in tree.named("*.ts", "*.tsx") if path.startswith(inside) and _TESTS.search(path)]
        if not tests or folder in known or "globals: true" not in (tree.read(config) or ""):
            continue
        tops = {path.removeprefix(inside).partition("/")[0] for path in tests}
        top = next(iter(tops)) if len(tops) == 1 and "." not in next(iter(tops)) else ""
        target = posixpath.join(folder, top, REFERENCE)
        if tree.content(target) is None:
            tree.write(target, '/// <reference types="vitest/globals" />\n')
    return iter(())

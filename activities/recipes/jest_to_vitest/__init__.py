"""Jest to Vitest: configuration, tests and mocks, snapshots, packages and scripts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.languages.javascript.package_json import PackageJson, parse_package
from activities.migration.npm_scripts import STARTERS
from activities.migration.recipe import AlreadyMigrated, ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import NodeTransform
from activities.recipes.jest_to_vitest.facts import about_configs, about_modules
from activities.recipes.jest_to_vitest.packages import CONFIGS_ANYWHERE, REFERENCE, globals_of_types, upgrade
from activities.recipes.jest_to_vitest.scripts import update

_PROGRAM = Path(__file__).parent / "transform" / "transform.mjs"
_CODE = ("*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts")
_CONFIGS = ("jest.config.*", "package.json")
_TEST = re.compile(r"(?:^|/)__(?:tests|mocks)__/|[.-](?:test|spec)\.[cm]?[jt]sx?$")
_NEEDLES = (
    b"jest",
    b"done",
    b"xit",
    b"fit(",
    b"xtest",
    b"xdescribe",
    b"fdescribe",
    b"before",
    b"after",
    b"JEST_",
    b"(cb",
    b"require(",
)
_OTHERS = (
    b"@playwright/test",
    b"cypress",
    b"from 'vitest'",
    b'from "vitest"',
    b"node:test",
    b"from 'mocha'",
    b"jasmine.",
)
_UNFIT = {
    "react-scripts": "react-scripts runs jest itself here. Replace it first, by Vite for one.",
    "jest-expo": "jest-expo prepares tests of React Native for jest alone. Vitest has nothing for them.",
    "react-native": "Tests of React Native need its preset for jest. Vitest has nothing for them.",
}


@dataclass(frozen=True)
class TestFiles(NodeTransform):
    """Of those with a needle: files of jest, not those of other test runners."""

    __test__ = False

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        for path in super().candidates(tree, to):
            data = tree.content(path) or b""
            is_jest = b"jest" in data or _TEST.search(path)
            if (
                is_jest
                and not any(other in data for other in _OTHERS)
                and not path.rpartition("/")[2].startswith("jest.config")
            ):
                yield path


class JestToVitest(Recipe):
    title = "Run the tests with Vitest"
    to = "3"
    steps = (
        RecipeStep(
            "config", "Configure Vitest as Jest was",
            NodeTransform(
                _PROGRAM, "config", _CONFIGS, (b"",), about_configs, creates=CONFIGS_ANYWHERE,
                removes=("*jest.config.*",),
            ),
            risk="medium", essential=True,
        ),
        RecipeStep(
            "tests", "Call Vitest in tests", TestFiles(_PROGRAM, "tests", _CODE, _NEEDLES, about_modules),
            needs=("config",), risk="medium", essential=True,
        ),
        RecipeStep(
            "packages", "Install Vitest instead of Jest",
            WithLockFiles(ManifestEdit(("package.json",), upgrade, needles=(b"jest",))), needs=("config",),
            risk="medium", essential=True,
        ),
        RecipeStep(
            "scripts", "Start Vitest where Jest was started",
            ManifestEdit(("package.json", *STARTERS), update, needles=(b"jest",)), needs=("packages",), essential=True,
        ),
        RecipeStep(
            "types", "Let the compiler know the globals of Vitest",
            ManifestEdit(("tsconfig*.json", "vitest.config*"), globals_of_types, creates=(f"*{REFERENCE}",)),
            needs=("config",),
        ),
        RecipeStep(
            "snapshots", "Name snapshots as Vitest does",
            NodeTransform(_PROGRAM, "snapshots", ("*.snap",), (b"// Jest Snapshot",)), needs=("tests",), essential=True,
        ),
    )  # fmt: skip

    def why_not(self, tree: SourceTree, to: str) -> str:
        manifests = [
            parse_package(tree.read(path) or "") for path in tree.containing(tree.named("package.json"), b"jest")
        ]
        asks = [each for each in manifests if _asks(each)]
        for name, sentence in _UNFIT.items():
            if asks and all(each.declared(name) for each in asks):
                return sentence
        if asks or any(tree.named("jest.config.*")):
            return ""
        if any(tree.containing(tree.named("package.json"), b'"vitest"')):
            return AlreadyMigrated("A package.json asks for vitest already, and none for jest.")
        return "No package.json asks for jest here, and there is no jest.config file. Name the folder that uses it."


def _asks(package: PackageJson) -> Mapping[str, object] | str:
    given = package.data.get("jest")
    return given if isinstance(given, dict) else package.declared("jest") or package.declared("jest-cli") or ""


recipe = JestToVitest()

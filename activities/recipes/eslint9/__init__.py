"""ESLint 8 to 9: flat configuration, versions of plug-ins, scripts and comments."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from activities.languages.javascript.version_ranges import lowest
from activities.migration.json_text import line_of, members
from activities.migration.npm_scripts import STARTERS
from activities.migration.recipe import AlreadyMigrated, ManifestEdit, Recipe, RecipeStep, SourceTree, StepBench
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import NodeTransform
from activities.migration.types import Leftover
from activities.recipes.eslint9.packages import FLAT, upgrade
from activities.recipes.eslint9.report import DifferenceReport
from activities.recipes.eslint9.scripts import update
from activities.recipes.eslint9.versions import EXCLUDING, PLAIN, SUPPORTING
from activities.reporting.markdown import code

_PROGRAM = Path(__file__).parent / "transform" / "transform.mjs"
_CODE = ("*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts", "*.vue")
_OLD = (".eslintrc", ".eslintrc.js", ".eslintrc.cjs", ".eslintrc.json", ".eslintrc.yml", ".eslintrc.yaml")
_HIDDEN = re.compile(r"(?:^|/)\.[^/]*(?:/|\.[cm]?[jt]sx?$)")
_LAST_OLD = 8


async def _facts(bench: StepBench) -> Mapping[str, object]:
    """Of all files: whether ESLint 8 left some out for their names, whether comments switch rules off and
    errors are caught."""
    code_files = [path for path in bench.tree.named(*_CODE) if not path.rpartition("/")[2].startswith(".eslintrc")]
    return {
        "dotFiles": any(_HIDDEN.search(path) for path in code_files),
        "disables": any(bench.tree.containing(code_files, b"eslint-disable")),
        "catches": any(bench.tree.containing(code_files, b"catch (", b"catch(")),
        "fixed": sorted((SUPPORTING.keys() - EXCLUDING) | PLAIN),
    }


class ESLint9(Recipe):
    title = "Upgrade to ESLint 9 with a flat configuration"
    to = "9"
    steps = (
        RecipeStep(
            "config", "Write the configuration of ESLint in the flat format",
            NodeTransform(
                _PROGRAM, "config", (*_OLD, "package.json"), (b"",), _facts,
                creates=tuple(f"*{name}" for name in FLAT), removes=("*.eslintrc*", "*.eslintignore"),
            ),
            risk="medium", essential=True,
        ),
        RecipeStep(
            "packages", "Upgrade ESLint to 9 with its plug-ins",
            WithLockFiles(ManifestEdit(("package.json",), upgrade, needles=(b"eslint",))), needs=("config",),
            risk="medium", essential=True,
        ),
        RecipeStep(
            "scripts", "Start ESLint with the options that it has",
            ManifestEdit(("package.json", *STARTERS), update, needles=(b"eslint", b"ESLINT")), needs=("packages",),
            essential=True,
        ),
        RecipeStep(
            "comments", "Name globals where comments named environments",
            NodeTransform(_PROGRAM, "comments", _CODE, (b"eslint-env", b"eslint ")), needs=("config",),
        ),
        RecipeStep("report", "Report what ESLint says otherwise", DifferenceReport(), needs=("packages",)),
    )  # fmt: skip

    def why_not(self, tree: SourceTree, to: str) -> str:
        asked = list(_asked(tree))
        if any(lowest(version)[:1] <= (_LAST_OLD,) for _, _, version in asked if lowest(version)) or _old_files(tree):
            return ""
        if asked:
            path, line, version = asked[0]
            asks = f"ESLint {code(version)} is asked for already ({path}:{line})"
            return AlreadyMigrated(f"{asks}, and there is no configuration in the old format.")
        return "No package.json asks for eslint here, and there is no .eslintrc file. Name the folder that uses it."

    def blockers(self, tree: SourceTree, to: str) -> Iterable[Leftover]:
        for path, line, name in _asked(tree, *sorted(EXCLUDING)):
            reason = f"{code(name)} names no ESLint 9 among its peers, so some package managers refuse to install both."
            yield Leftover(path, line, reason, "npm is allowed to by `overrides`; allow it for your package manager.")


def _old_files(tree: SourceTree) -> bool:
    packages = tree.containing(tree.named("package.json"), b'"eslintConfig"')
    return any(tree.named(*_OLD)) or any(packages)


def _asked(tree: SourceTree, *names: str) -> Iterable[tuple[str, int, str]]:
    """(manifest, line, version, or the name where names are given) of each package.json that asks for it."""
    for path in tree.named("package.json"):
        text = tree.read(path) or ""
        try:
            found = members(text) if "eslint" in text else {}
        except ValueError:
            continue
        for place, one in found.items():
            if len(place) == 2 and place[0].endswith("ependencies") and place[1] in (names or ("eslint",)):
                yield path, line_of(text, one), place[1] if names else str(one.value)


recipe = ESLint9()

"""pydantic 1 to 2: models, fields, validators, configuration, settings, method names, and the requirement."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from activities.migration.python.requirements import MANIFESTS, Requirement, change_ranges, requirements
from activities.migration.recipe import AlreadyMigrated, ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import PythonTransform
from activities.migration.types import Leftover
from activities.recipes.pydantic2.packages import add_companions, upgrade_range

_PROGRAM = Path(__file__).with_name("rewrite.py")
_SINCE = {
    "fastapi": "0.100",
    "sqlmodel": "0.0.14",
    "beanie": "1.21",
    "odmantic": "1.0",
    "langchain": "0.3",
    "spacy": "3.7",
    "pydantic-factories": "",
    "fastapi-utils": "0.6",
    "fastapi-users": "12",
    "datamodel-code-generator": "0.21",
    "ormar": "0.20",
    "prisma": "0.10",
    "safir": "5",
}
"""Packages that build on pydantic → the first version that takes pydantic 2, "" for none."""


def _upgrade(tree: SourceTree, to: str) -> Iterator[Leftover]:
    yield from change_ranges(tree, ("pydantic",), upgrade_range)
    yield from add_companions(tree)


class Pydantic2(Recipe):
    """By a program of our own: bump-pydantic has had no release since 2023, reformats, and knows no method names."""

    title = "Upgrade to pydantic 2"
    to = "2"
    steps = (
        RecipeStep(
            "requirement",
            "Require pydantic 2",
            WithLockFiles(ManifestEdit(MANIFESTS, _upgrade)),
            essential=True,
            risk="medium",
        ),
        RecipeStep(
            "code",
            "Use pydantic 2",
            PythonTransform(_PROGRAM, "code", ("*.py",), (b"pydantic",), sees_all=True),
            needs=("requirement",),
            essential=True,
            risk="medium",
        ),
    )

    def why_not(self, tree: SourceTree, to: str) -> str:
        declared = list(requirements(tree, "pydantic"))
        newer = [each for each in declared if re.search(r"(?:>=|==|~=|\^|>)\s*=*\s*2(?:\.|,|$|\s)", each.range + " ")]
        if declared and len(newer) == len(declared):
            each = newer[0]
            requires = f"{each.file} already requires pydantic {each.range.strip()}"
            return AlreadyMigrated(f"{requires}, so there is nothing to migrate.")
        if not declared and not any(tree.containing(tree.named("*.py"), b"pydantic")):
            return "pydantic is not used here: no manifest requires it, and no *.py file imports it."
        return ""

    def blockers(self, tree: SourceTree, to: str) -> Iterable[Leftover]:
        for each in requirements(tree, *_SINCE):
            since = _SINCE[each.name.lower().replace("_", "-")]
            if _is_older(each, since):
                line = (tree.read(each.file) or "").count("\n", 0, each.start) + 1
                reason = f"{each.name} {each.range.strip()} does not take pydantic 2."
                fix = f"Upgrade it to {since} or newer." if since else "Replace it."
                yield Leftover(each.file, line, reason, fix, breaks_build=True)


def _is_older(requirement: Requirement, since: str) -> bool:
    """Whether the range lets in no version from that one on."""
    if not since:
        return True
    wanted = tuple(int(part) for part in since.split("."))
    for sign, version in re.findall(r"(==|<=|<|~=|\^)\s*(\d{1,6}(?:\.\d{1,6}){0,3})", requirement.range):
        numbers = tuple(int(part) for part in version.split("."))
        if sign in ("==", "<=") and numbers < wanted:
            return True
        if sign == "<" and numbers <= wanted:
            return True
        if sign == "~=" and len(numbers) > 1 and numbers[:-1] < wanted[: len(numbers) - 1]:
            return True
        if (
            sign == "^"
            and (numbers[0] or numbers[:2])
            and numbers[: 1 if numbers[0] else 2] < wanted[: 1 if numbers[0] else 2]
        ):
            return True
    return False


recipe = Pydantic2()

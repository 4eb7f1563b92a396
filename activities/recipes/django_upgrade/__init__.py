"""Raises the lowest Django that a project takes: code by django-upgrade, templates, the requirement, classifiers."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from activities.migration.python.places import line_of
from activities.migration.python.required_python import required_python
from activities.migration.python.requirements import MANIFESTS, requirements
from activities.migration.python.versions import excludes
from activities.migration.recipe import ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import PythonTransform
from activities.migration.types import Leftover
from activities.recipes.django_upgrade.packages import lowest, raise_requirements
from activities.recipes.django_upgrade.templates import migrate_templates

_VERSIONS = ("2.0", "2.1", "2.2", "3.0", "3.1", "3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2", "6.0")
_PYTHON = {"2": 5, "3": 6, "4": 8, "5": 10, "6": 12}
"""Major version of Django → the lowest minor version of Python 3 that it takes."""
_SINCE = {
    "djangorestframework": (3, 16),
    "django-filter": (25, 1),
    "django-debug-toolbar": (5, 1),
    "django-cors-headers": (4, 7),
    "django-extensions": (4, 0),
    "wagtail": (7, 0),
}
"""Packages → the first version that says it takes Django 5.2."""


class DjangoUpgrade(Recipe):
    """The kept tool django-upgrade changes tokens alone; what it leaves of removed names has a row."""

    title = "Upgrade Django"
    to = "5.2"
    takes_version = True
    steps = (
        RecipeStep(
            "requirement",
            "Require the newer Django",
            WithLockFiles(ManifestEdit((*MANIFESTS, "*.yml", "*.yaml"), raise_requirements)),
            essential=True,
            risk="medium",
        ),
        RecipeStep(
            "code",
            "Use the newer Django",
            PythonTransform(Path(__file__).with_name("upgrade.py"), "code", ("*.py",)),
            needs=("requirement",),
            essential=True,
        ),
        RecipeStep(
            "templates",
            "Replace template tags that Django removed",
            ManifestEdit(("*.html", "*.htm", "*.txt", "*.djhtml"), migrate_templates, needles=(b"{%",)),
        ),
    )

    def why_not(self, tree: SourceTree, to: str) -> str:
        if to not in _VERSIONS:
            known = f"{_VERSIONS[0]} to {_VERSIONS[-1]}"
            return f"Django {to!r} is no version that can be asked for. Name one from {known}, such as `--to 5.2`."
        declared = list(requirements(tree, "django"))
        for each in declared:
            found = lowest(each.range)
            if found and found > tuple(map(int, to.split("."))):
                newer = f"{each.file} requires Django {each.range.strip()}, which is newer than {to}."
                return f"{newer} Name a later version with `--to`."
        if not declared and not any(tree.containing(tree.named("*.py"), b"import django", b"from django")):
            return "Django is not used here: no manifest requires it, and no *.py file imports it."
        return ""

    def blockers(self, tree: SourceTree, to: str) -> Iterable[Leftover]:
        yield from _python(tree, to)
        for each in requirements(tree, *_SINCE) if to >= "5.2" else ():
            pinned = re.fullmatch(r"\s*(?:==|~=|\^)?\s*(\d{1,4})(?:\.(\d{1,4}))?[.\d]*\s*", each.range)
            since = _SINCE[each.name.lower().replace("_", "-")]
            if pinned and (int(pinned[1]), int(pinned[2] or 0)) < since:
                line = line_of(tree.read(each.file) or "", each.start)
                reason = f"{each.name} {each.range.strip()} is from before Django {to}."
                fix = f"Upgrade it to {since[0]}.{since[1]} or newer."
                yield Leftover(each.file, line, reason, fix)


def _python(tree: SourceTree, to: str) -> Iterator[Leftover]:
    needed = _PYTHON[to.partition(".")[0]]
    for path, text in required_python(tree):
        if not excludes(text, needed - 1):
            reason = f"Django {to} needs Python 3.{needed}, and {path} takes {text.strip()}."
            yield Leftover(path, 0, reason, f"Run python-upgrade with `--to 3.{needed}` first.")


recipe = DjangoUpgrade()

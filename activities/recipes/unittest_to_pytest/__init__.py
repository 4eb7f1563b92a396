"""unittest to pytest: plain assertions, plain classes and fixtures' names, the dependency and the commands."""

import re
from pathlib import Path

from activities.migration.recipe import AlreadyMigrated, ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import PythonTransform
from activities.recipes.unittest_to_pytest.project import MANIFESTS, use_pytest

_USES = re.compile(rb"\bunittest2?\b[^\n]*\bTestCase\b|\bimport unittest2?\b|\bTestCase\)")
_PROGRAM = Path(__file__).with_name("rewrite.py")


class UnittestToPytest(Recipe):
    """By a program of our own: pytestify has had no release since 2023, and unittest2pytest needs lib2to3, which Python
    3.13 no longer has. A class whose tests a plain class would not run the same stays a TestCase, which pytest runs."""

    title = "Test with pytest"
    steps = (
        RecipeStep(
            "dependency",
            "Test with pytest",
            WithLockFiles(ManifestEdit(MANIFESTS, use_pytest), creates=("pytest.ini",)),
        ),
        RecipeStep(
            "tests",
            "Write tests for pytest",
            PythonTransform(_PROGRAM, "tests", ("*.py",), (b"unittest",), sees_all=True),
            needs=("dependency",),
            essential=True,
        ),
    )

    def why_not(self, tree: SourceTree, to: str) -> str:
        found = (data for path in tree.named("*.py") if (data := tree.content(path)) and b"unittest" in data)
        if not any(_USES.search(data) for data in found):
            sentence = "There are no tests of unittest: no *.py file has a class based on unittest.TestCase."
            migrated = any(tree.containing(tree.named("test_*.py", "*_test.py"), b"def test_"))
            return AlreadyMigrated(sentence) if migrated else sentence
        return ""


recipe = UnittestToPytest()

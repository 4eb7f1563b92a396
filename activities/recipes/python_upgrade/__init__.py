"""Raises the lowest Python that a project takes: its syntax, manifests, tools' targets, CI and tox."""

from pathlib import Path

from activities.migration.python.required_python import required_python
from activities.migration.python.versions import OLDEST, asked_minor, excludes
from activities.migration.recipe import ManifestEdit, Recipe, RecipeStep, SourceTree, StepBench
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.transforms.programs import PythonTransform
from activities.recipes.python_upgrade.continuous_integration import CONFIGURATION, raise_ci
from activities.recipes.python_upgrade.kept_rules import kept_rules
from activities.recipes.python_upgrade.manifests import MANIFESTS, raise_manifests


async def _options(bench: StepBench) -> dict[str, object]:
    return kept_rules(bench.tree)


class PythonUpgrade(Recipe):
    """pyupgrade and ruff's rules `UP` for the code; everything that names the versions beside it."""

    title = "Upgrade Python"
    to = "3.12"
    takes_version = True
    steps = (
        RecipeStep(
            "requirement",
            "Require the newer Python",
            WithLockFiles(ManifestEdit(MANIFESTS, raise_manifests)),
            essential=True,
        ),
        RecipeStep(
            "syntax",
            "Use the newer Python's syntax",
            PythonTransform(Path(__file__).with_name("syntax.py"), "syntax", ("*.py", "*.pyi"), options=_options),
            needs=("requirement",),
        ),
        RecipeStep(
            "continuous-integration",
            "Test with the newer Python",
            ManifestEdit(CONFIGURATION, raise_ci),
            needs=("requirement",),
        ),
    )

    def why_not(self, tree: SourceTree, to: str) -> str:
        minor = asked_minor(to)
        if minor is None:
            asked = f"Python {to!r} is no version that can be asked for."
            return f"{asked} Name one from 3.{OLDEST} to 3.15, such as `--to 3.12`."
        if not any(tree.named("*.py", "pyproject.toml", "setup.cfg")):
            return "There is no Python project: no *.py, pyproject.toml or setup.cfg was found."
        for path, text in required_python(tree):
            if excludes(text, minor):
                newer = f"{path} requires Python {text.strip()}, which is newer than {to}."
                return f"{newer} Name a later version with `--to`."
        return ""


recipe = PythonUpgrade()

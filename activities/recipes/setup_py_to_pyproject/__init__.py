"""setup.py and setup.cfg to pyproject.toml: read without being run; what only running would tell stays, with a row."""

from activities.migration.recipe import AlreadyMigrated, ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.lock_files import WithLockFiles
from activities.recipes.setup_py_to_pyproject.convert import convert_all, why_not


class SetupPyToPyproject(Recipe):
    """By our own reading: the tools that are kept run setup.py, and the files of others are not trusted."""

    title = "Declare the project in pyproject.toml"
    steps = (
        RecipeStep(
            "pyproject",
            "Declare the project in pyproject.toml",
            WithLockFiles(
                ManifestEdit(("setup.py",), convert_all),
                creates=("pyproject.toml", "*/pyproject.toml"),
                removes=("setup.py", "*/setup.py", "setup.cfg", "*/setup.cfg"),
            ),
            essential=True,
            risk="medium",
        ),
    )

    def why_not(self, tree: SourceTree, to: str) -> str:
        found = list(tree.named("setup.py"))
        if not found and any(tree.containing(tree.named("pyproject.toml"), b"[project]")):
            return AlreadyMigrated("There is no setup.py, and pyproject.toml describes the project already.")
        if not found:
            return "There is no setup.py to migrate."
        reasons = [why_not(tree, path) for path in found]
        return "" if "" in reasons else reasons[0]


recipe = SetupPyToPyproject()

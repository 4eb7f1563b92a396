"""Projects with a list of licences, for which nothing is installed."""

from pathlib import Path

from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain


def _detect(folder: Path) -> bool:
    return (folder / "LICENCES.txt").is_file()


def _recipe(project: Project) -> EnvironmentRecipe:
    return EnvironmentRecipe("licence-list-1", (), locked=True)


async def _install(site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
    return InstallResult()


toolchain = Toolchain(
    "licence_list",
    "licences",  # a language that the product does not know
    _detect,
    _recipe,
    _install,
    lambda: (),
)

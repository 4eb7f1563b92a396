"""Projects with a list of licences, for which nothing is installed."""

from pathlib import Path

from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain


class LicenceList(Toolchain):
    name = "licence_list"
    language = "licences"  # one that the product does not know

    def detect(self, folder: Path) -> bool:
        return (folder / "LICENCES.txt").is_file()

    def recipe(self, project: Project) -> EnvironmentRecipe:
        return EnvironmentRecipe("licence-list-1", (), locked=True)

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        return InstallResult()


toolchain = LicenceList()

"""Go: `go mod download`, with the Go of this host; nothing where the repository has its modules in `vendor`.

The environment is the cache of modules. Nothing of the repository is compiled or run there.
"""

import re
from pathlib import Path

from activities.languages.go.modules import (
    LOCK,
    MANIFEST,
    WORKSPACE,
    is_vendored,
    module_path,
    needed_modules,
)
from activities.languages.go.toolchains import chosen_go, host_toolchains
from activities.reporting.host_toolchains import not_fetched
from activities.reports import valid_unicode
from activities.result_store import digest
from activities.sandbox import SandboxCommand
from activities.sandbox.command import SYSTEM_PATH
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain

_OUT_OF_REACH = re.compile(
    r"dial tcp|no such host|proxyconnect|Bad Gateway|Forbidden|i/o timeout|connection re|TLS|x509"
    r"|unrecognized import path|could not read Username|Authentication|\b(?:40[137]|410|5\d\d) "
)


class GoToolchain(Toolchain):
    name = "go"
    language = "go"
    manifests = (MANIFEST, WORKSPACE)
    registries = ("proxy.golang.org:443", "sum.golang.org:443")

    def detect(self, folder: Path) -> bool:
        return Project(".", folder, self.language).has_file(MANIFEST)

    def package_name(self, project: Project) -> str:
        return module_path(project)

    def needed_packages(self, project: Project) -> tuple[str, ...]:
        return needed_modules(project)

    def stands_alone(self, project: Project) -> bool:
        """A module below another is none of its packages."""
        return True

    def recipe(self, project: Project) -> EnvironmentRecipe:
        go = chosen_go(project)
        facts = [str(go.toolchain), go.missing, str(is_vendored(project))]
        for place in (project, *project.around):
            for name in (MANIFEST, LOCK, WORKSPACE, f"{WORKSPACE}.sum"):
                facts += (place.folder, name, place.read(name))
        steps = () if is_vendored(project) else ("go mod download",)
        return EnvironmentRecipe(digest("go-1", *facts), steps, project.has_file(LOCK))

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        chosen = chosen_go(site.project)
        if chosen.toolchain is None:
            return InstallResult(chosen.missing, unavailable=True)
        if not recipe.steps or not needed_modules(site.project):
            return InstallResult()
        environment = {
            "PATH": f"{chosen.toolchain.folder / 'bin'}:{SYSTEM_PATH}",
            "GOROOT": str(chosen.toolchain.folder),
            "GOMODCACHE": f"{site.paths.env}/mod",
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
        }
        argv = (chosen.toolchain.program("go"), "mod", "download")
        result = await site.run(SandboxCommand(argv, site.project.folder, environment, network=True))
        if result.exit_code == 0:
            return InstallResult()
        output = last_output(result)
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        reason = (
            f"stopped at its {result.stopped} limit" if result.stopped else valid_unicode(lines[-1] if lines else "")
        )
        out_of_reach = bool(result.refused or result.stopped or _OUT_OF_REACH.search(output))
        return InstallResult(
            not_fetched("go", reason or f"exit code {result.exit_code}"), output, unavailable=out_of_reach
        )

    def paths(self) -> tuple[Path, ...]:
        return tuple(one.folder for one in host_toolchains())

    def host_versions(self) -> str:
        return str(sorted(one.version for one in host_toolchains()))


toolchain = GoToolchain()

"""Rust: `cargo fetch`, by the lock file where there is one, with the toolchain of this host that the project asks for.

The environment is cargo's home: the packages' sources and the index, and nothing that is compiled. What compiles is
code of the repository and of its packages: it runs in the checks' sandboxes, without a network.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from activities.languages.rust.manifest import (
    MANIFEST,
    dependencies,
    is_fuzz_target,
    package_name,
    read_manifest,
    workspace_home,
)
from activities.languages.rust.toolchains import advisories, chosen_rust, extra_program, host_toolchains
from activities.reporting.host_toolchains import not_fetched
from activities.reports import valid_unicode
from activities.result_store import digest
from activities.sandbox import ProcessResult, SandboxCommand
from activities.sandbox.command import SYSTEM_PATH
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain

_LOCK = "Cargo.lock"
_FILES = (_LOCK, ".cargo/config.toml", ".cargo/config")
_MOST_MANIFESTS = 2000
_OUTDATED = "because --locked was passed"
_OUT_OF_REACH = re.compile(
    r"failed to download|network error|[Cc]ould not resolve|[Cc]onnection|timed out|CONNECT tunnel|failed to fetch into"
    r"|Unable to update|download of config\.json failed|SSL|(?:got|response) (?:40[137]|5\d\d)"
    r"|registry index was not found|no token found|failed to authenticate|authentication required"
)


class RustToolchain(Toolchain):
    name = "rust"
    language = "rust"
    manifests = (MANIFEST,)
    registries = ("index.crates.io:443", "static.crates.io:443")
    judges = ("build.rs", ".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain")

    def detect(self, folder: Path) -> bool:
        return Project(".", folder, self.language).has_file(MANIFEST)

    def home(self, project: Project) -> Project:
        return workspace_home(project)

    def package_name(self, project: Project) -> str:
        return package_name(project)

    def needed_packages(self, project: Project) -> Iterable[str]:
        return dependencies(project)

    def stands_alone(self, project: Project) -> bool:
        """A workspace is one project: cargo tests all its packages together."""
        tables = read_manifest(project)
        own = "package" in tables or "workspace" in tables
        return own and workspace_home(project) == project and not is_fuzz_target(project)

    def recipe(self, project: Project) -> EnvironmentRecipe:
        home = workspace_home(project)
        rust = chosen_rust(home)
        facts = [str(rust.toolchain), rust.toolchain.version if rust.toolchain else "", rust.missing]
        for name in (*_FILES, *_manifests(home)):
            facts += (name, home.read(name))
        locked = home.has_file(_LOCK)
        return EnvironmentRecipe(digest("rust-1", *facts), (f"cargo fetch{' --locked' * locked}",), locked)

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        """A lock file that does not fit decides as far as it does, as for `cargo test` itself."""
        home = workspace_home(site.project)
        chosen = chosen_rust(home)
        if chosen.toolchain is None:
            return InstallResult(chosen.missing, unavailable=True)
        path = f"{chosen.toolchain.folder / 'bin'}:{SYSTEM_PATH}"
        environment = {"PATH": path, "CARGO_HOME": site.paths.env, "CARGO_NET_RETRY": "2"}
        cargo = chosen.toolchain.program("cargo")

        async def fetch(*options: str) -> ProcessResult:
            command = SandboxCommand((cargo, "fetch", *options), home.folder, environment, network=True)
            return await site.run(command)

        result = await fetch(*(("--locked",) if recipe.locked else ()))
        if recipe.locked and _OUTDATED in last_output(result):
            result = await fetch()
        if result.exit_code == 0:
            return InstallResult()
        reason = _reason(result)
        out_of_reach = bool(result.refused or result.stopped or _OUT_OF_REACH.search(last_output(result)))
        return InstallResult(not_fetched("cargo", reason), last_output(result), unavailable=out_of_reach)

    def paths(self) -> tuple[Path, ...]:
        """Its toolchains, and programs beside cargo one by one: the folder around them has a person's tokens."""
        extra = (extra_program("cargo-audit"), advisories())
        return (*(one.folder for one in host_toolchains()), *(path for path in extra if path))

    def host_versions(self) -> str:
        """By the compilers' files, without starting them."""
        return str(sorted(one.facts for one in host_toolchains()))


def _manifests(home: Project) -> list[str]:
    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        return not name.startswith(".") and name not in ("target", "node_modules")

    found = (file for file in home.files.files(enter=enter) if file.rpartition("/")[2] == MANIFEST)
    return sorted(found)[:_MOST_MANIFESTS]


def _reason(result: ProcessResult) -> str:
    """Cargo's first error, and the last of its causes."""
    if result.stopped:
        return f"stopped at its {result.stopped} limit"
    lines = [line.strip() for line in result.stderr.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error")]
    causes = lines[-1:] if any(line == "Caused by:" for line in lines) else []
    return valid_unicode(": ".join((*errors[:1], *causes)))[:300] or f"exit code {result.exit_code}"


toolchain = RustToolchain()

"""How cargo is started in a sandbox, and what every tool that it starts has in common."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from activities.languages.rust.calls import asked_by_command, asked_by_hook
from activities.languages.rust.manifest import read_manifest, table, workspace_home
from activities.languages.rust.toolchains import HostRust, chosen_rust
from activities.model import ToolReport
from activities.reporting.host_toolchains import no_program, not_linked
from activities.sandbox.command import SYSTEM_PATH
from activities.tool_reports import FinishedCommand, execute, last_output
from activities.tooling import Project, Tool, Workbench

_LINKER = re.compile(r"linker `([^`\n]{1,100})` not found")
_TARGET = re.compile(r"the `([^`\n]{1,100})` target may not be installed")


class CargoTool(Tool):
    """A program that cargo starts: `subcommand` as commands of the repository write it, `component` what rustup calls
    its package ("" where it comes with cargo)."""

    language = "rust"
    subcommand: str
    component: str = ""

    def used_by(self, project: Project) -> str:
        """Its configuration, or a command that starts it; of the workspace's root for each member."""
        configured = map(self.configured_in, (project, workspace_home(project)))
        hook = asked_by_hook(project, *self.detection.hooks)
        return next(filter(None, (*configured, hook)), "") or asked_by_command(project, self.subcommand)

    def configured_in(self, project: Project) -> str:
        return next((name for name in self.detection.files if project.has_file(name)), "")

    def version_named(self, project: Project) -> str:
        chosen = chosen_rust(project)
        return f"{chosen.asked} ({chosen.found_in})" if chosen.asked else ""

    async def run(self, bench: Workbench) -> ToolReport:
        """Neutral, with a sentence, where this host has no Rust, or not this part of it."""
        chosen = chosen_rust(bench.project)
        if chosen.toolchain is None:
            return ToolReport(self.name, advice=chosen.missing)
        if self.component and not chosen.toolchain.has(f"cargo-{self.subcommand}"):
            install = f"rustup component add {self.component}"
            return ToolReport(self.name, advice=no_program(self.component, "it did not run", install))
        report = await self.run_cargo(bench, chosen.toolchain)
        return replace(report, version=report.version or chosen.toolchain.version)

    @abstractmethod
    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """`run`, given the toolchain."""


async def start_cargo(
    bench: Workbench, rust: HostRust, words: tuple[str, ...], shell: str = "", env: Mapping[str, str] | None = None
) -> FinishedCommand:
    """Without a network, building outside of the tree. `shell` redirects what it prints, as in `> "$0"`, where `$0` is
    the bench's folder `out`."""
    argv = (rust.program("cargo"), *words)
    if shell:
        argv = ("/bin/sh", "-c", f'exec "$@" {shell}', bench.paths.out, *argv)
    return await execute(bench, argv, {**cargo_environment(bench, rust), **(env or {})})


def cargo_environment(bench: Workbench, rust: HostRust) -> dict[str, str]:
    """What is compiled stays for the next command of the same run. A wrapper that a repository configures is a cache
    that is not there."""
    return {
        "PATH": f"{rust.folder / 'bin'}:{SYSTEM_PATH}",
        "CARGO_HOME": bench.paths.env if bench.env_root else f"{bench.paths.home}/.cargo",
        "CARGO_TARGET_DIR": f"{bench.paths.out}/target",
        "CARGO_INCREMENTAL": "0",
        "CARGO_NET_OFFLINE": "true",
        "CARGO_PROFILE_DEV_DEBUG": "1",
        "CARGO_PROFILE_TEST_DEBUG": "1",
        "CARGO_TERM_QUIET": "false",
        "RUSTC_WRAPPER": "",
    }


def packages(project: Project) -> tuple[str, ...]:
    """All packages of a workspace's root, unless it says which are meant by default."""
    workspace = table(read_manifest(project), "workspace")
    is_root = "workspace" in read_manifest(project)
    return ("--workspace",) if is_root and "default-members" not in workspace else ()


def lacks_of_host(finished: FinishedCommand) -> str:
    """A sentence where a build failed since this host lacks what the compiler needs, "" where it does not."""
    output = last_output(finished.result)
    if found := _LINKER.search(output):
        return not_linked("cargo", found[0], "a C compiler")
    if found := _TARGET.search(output):
        return not_linked("cargo", found[0], f"rustup target add {found[1]}")
    return ""

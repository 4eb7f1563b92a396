"""Installing a Python project with uv: everything in one resolution, and piece by piece where that fails."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from activities.languages.python.config import broken
from activities.languages.python.installed import installed
from activities.languages.python.requirements import InstallItem, constraints, pieces, plainly, without_itself
from activities.languages.python.version import stand_ins, version_of_source
from activities.reports import write_input
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tool_reports import last_output
from activities.tooling import OUR_TOOLS, InstallResult, InstallSite

UV = str(OUR_TOOLS / "bin" / "uv")
PYTHON = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
_ALL = ("--all-groups", "--all-extras")


@dataclass
class PythonInstallation:
    """One installation. `additions` are package → requirement of what the checks need, installed only where the project
    has not brought it. `lost` is what could not be installed, `output` the last words of what failed."""

    site: InstallSite
    additions: Mapping[str, str]
    lost: list[str] = field(default_factory=list)
    output: str = ""
    invented: bool = False

    async def run(self) -> InstallResult:
        """Never raises for what a project does: a broken one gets what can be installed of it, and a problem."""
        made = await self._uv("venv", "--quiet", "--allow-existing", "--no-project", "--python", PYTHON, self._env)
        if made.exit_code != 0:
            return InstallResult("The environment could not be made.", last_output(made))
        await (self._locked() if self.site.project.read("uv.lock") else self._declared())
        await self._added()
        await self._pyright()
        problem = " ".join(filter(None, (broken(self.site.project), self._problem())))
        return InstallResult(problem, self.output if self.lost else "", partly=bool(problem))

    async def _locked(self) -> None:
        """Extras or groups may be declared to conflict: then the default groups are the most there is."""
        for arguments in (_ALL, _ALL[:1], ()):
            ran = await self._uv("sync", "--frozen", "--all-packages", "--inexact", "--python", PYTHON, *arguments)
            if ran.exit_code == 0:
                return
            self.invented = True
        self.output = last_output(ran)
        self.lost.append("what uv.lock lists")
        await self._declared()

    async def _declared(self) -> None:
        """One resolution for all, since what is installed later must not change what is there."""
        whole = pieces(self.site.project)
        if not whole or await self._pip(*(argument for piece in whole for argument in piece.arguments)):
            return
        self.invented = True
        for piece in whole:
            if not await self._pip(*piece.arguments):
                await self._less(piece)

    async def _less(self, piece: InstallItem) -> None:
        output = self.output
        self.lost.append(piece.what)
        if piece.arguments[0] != "-e":
            return
        plain = plainly(self.site.project)
        if piece.arguments != plain.arguments and await self._pip(*plain.arguments):
            self.lost[-1] = f"the project's extras {piece.arguments[1].strip('.[]')}"
        elif (needed := without_itself(self.site.project)) and not await self._pip(*needed.arguments):
            self.lost.append(needed.what)
        self.output = output

    async def _added(self) -> None:
        """What is there stays as it is: where our version does not go with it, another one may."""
        there = installed(self.site.spec.env) if self.site.spec.env else {}
        missing = {name: line for name, line in self.additions.items() if canonicalize_name(name) not in there}
        if not missing:
            return
        present = "".join(f"{one.name}=={one.version}\n" for one in there.values() if not one.direct)
        fixed = ("-c", self._given("present.txt", present))
        first = self.output if self.lost else ""
        if not await self._pip(*missing.values(), *fixed) and not await self._pip(*missing, *fixed):
            self.lost.append(f"what the checks need ({', '.join(missing)})")
        self.output = first or self.output

    async def _pyright(self) -> None:
        """The package is only a starter: it fetches pyright itself at its first run, which must be now."""
        if self.site.spec.env and "pyright" in installed(self.site.spec.env):
            where = {"PYRIGHT_PYTHON_CACHE_DIR": f"{self._env}/share/pyright"}
            ran = await self.site.run(self._command((f"{self._env}/bin/pyright", "--version"), where))
            if ran.exit_code != 0:
                self.output = last_output(ran)
                self.lost.append("pyright itself")

    async def _pip(self, *arguments: str) -> bool:
        lines = constraints(self.site.project)
        fixed = ("-c", self._given("locked.txt", lines)) if lines else ()
        ran = await self._uv("pip", "install", "--python", f"{self._env}/bin/python", *arguments, *fixed)
        if ran.exit_code != 0:
            self.output = last_output(ran)
        return ran.exit_code == 0

    def _given(self, name: str, text: str) -> str:
        """Written anew for each command: the folder is a stranger's as soon as a build has run."""
        write_input(self.site.spec.out, name, text)
        return f"{self.site.paths.out}/{name}"

    async def _uv(self, *arguments: str) -> ProcessResult:
        return await self.site.run(self._command((UV, *arguments), self._variables()))

    def _command(self, argv: tuple[str, ...], env: dict[str, str]) -> SandboxCommand:
        return SandboxCommand(argv, cwd=self.site.project.folder, env=env, network=True)

    def _variables(self) -> dict[str, str]:
        general = {"SETUPTOOLS_SCM_PRETEND_VERSION": version_of_source(self.site.project)} if self.invented else {}
        return {
            "UV_CACHE_DIR": self.site.paths.cache,
            "UV_LINK_MODE": "hardlink",
            # A check cannot keep bytecode, since it sees the environment read-only: each would compile it anew.
            "UV_COMPILE_BYTECODE": "1",
            "UV_PROJECT_ENVIRONMENT": self._env,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            **stand_ins(self.site.project),
            **general,
        }

    @property
    def _env(self) -> str:
        return self.site.paths.env

    def _problem(self) -> str:
        if not self.lost:
            return ""
        return f"Could not be installed: {', '.join(self.lost)}. {_why(self.output)}".strip()


def _why(output: str) -> str:
    """The first line that speaks of an error, with the cause that uv writes below it: only that names the package."""
    lines = [line.strip() for line in output.splitlines()]
    first = next((n for n, line in enumerate(lines) if "error" in line.lower() or "×" in line), len(lines))
    causes = [line for line in lines[first + 1 : first + 2] if line.startswith(("cause:", "╰─▶"))]
    return " ".join([*lines[first : first + 1], *causes])[:500]

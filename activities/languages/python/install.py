"""Installing a Python project with uv: everything in one resolution, and item by item where that fails."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from activities.languages.python.assumed_version import version_variables
from activities.languages.python.config import broken, toml, toml_table
from activities.languages.python.dependencies import (
    dependencies,
    extras,
    for_checks,
    groups,
    is_package,
    project_name,
    required_by_tests,
    requirements_files,
    valid,
)
from activities.languages.python.installed import Distribution, installed, our_version
from activities.languages.python.interpreters import chosen_python
from activities.languages.python.pipfile import pipfile_lock, pipfile_requirements
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.python.workspace import workspace_members
from activities.reports import write_input
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tool_reports import last_output
from activities.tooling import BESIDE, OUR_TOOLS, InstallResult, InstallSite, Project

UV = str(OUR_TOOLS / "bin" / "uv")
_ALL = ("--all-groups", "--all-extras")
_LOCKS = ("poetry.lock", "pdm.lock")


@dataclass(frozen=True)
class InstallItem:
    """Something that can be installed on its own. `what` ends the sentence "Could not install …", which is not said
    where it is not `needed`. `found_in` is the file that asks for it, "" where the arguments name it."""

    what: str
    arguments: tuple[str, ...]
    needed: bool = True
    found_in: str = ""


def install_items(home: Project) -> tuple[InstallItem, ...]:
    """The files of the project and of its workspace's members first, they themselves last. Empty when there is nothing
    to install."""
    places = (home, *workspace_members(home))
    if len(places) == 1:
        return (*_required(home, ""), *((_itself(home, ""),) if is_package(home) else ()))
    items = [item for place in places for item in _required(place, home.inside(place.folder))]
    packages = [place for place in places if is_package(place)]
    for place in packages:
        if not _is_built(place):
            what = f"the dependencies of {home.inside(place.folder) or 'the root'}"
            items.append(InstallItem(what, valid(dependencies(place)), found_in=_manifest(place)))
    # No index is asked for a member.
    own = {project_name(place) for place in places} - {""}
    items = [
        replace(item, arguments=tuple(line for line in item.arguments if _name(line) not in own)) for item in items
    ]
    built = [_itself(place, home.inside(place.folder)) for place in packages if _is_built(place)]
    return (*items, *built)


def _name(line: str) -> str:
    """The canonical name of what a requirement asks for, "" of an option or a path."""
    found = re.match(r"[A-Za-z0-9][\w.-]*", line)
    return canonicalize_name(found[0]) if found and "/" not in line else ""


def _is_built(member: Project) -> bool:
    """Of a workspace, uv builds only what has a build system."""
    said = toml_table(member, "tool.uv").get("package")
    return said is True or bool(toml_table(member, "build-system")) or member.has_file("setup.py")


def _required(project: Project, folder: str) -> Iterator[InstallItem]:
    """`folder` is where the project is, seen from where it is installed."""
    of_member = f" of {folder}" if folder else ""
    tests = declared_tests(project)
    for name in dict.fromkeys((*requirements_files(project), *tests.files)):
        path = posixpath.join(folder, name)
        yield InstallItem(f"the requirements of {path}", ("-r", path))
    for name, lines in groups(project, tests.groups).items():
        if (for_checks(name) or name in tests.groups) and (requirements := valid(lines)):
            where = _manifest(project)
            yield InstallItem(f"the dependency group {name}{of_member}", requirements, found_in=where)
    pipfile = (*pipfile_requirements(project, "packages"), *pipfile_requirements(project, "dev-packages"))
    for what, lines, where in (
        (f"the packages of {posixpath.join(folder, 'Pipfile')}", pipfile, "Pipfile"),
        (f"tests_require{of_member}", required_by_tests(project), "setup.py"),
    ):
        if requirements := valid(lines):
            yield InstallItem(what, requirements, found_in=where)
    requirements, what = valid(tests.requirements), f"the packages of {tests.found_in}{of_member}"
    if requirements and tests.by_environment:
        yield InstallItem(what, requirements, found_in=tests.found_in)
    else:  # a database's client, perhaps, that is built with what only CI has
        yield from (InstallItem(what, (line,), False, tests.found_in) for line in requirements)


def _itself(project: Project, folder: str) -> InstallItem:
    wanted = declared_tests(project).extras
    names = ",".join(sorted(name for name in extras(project) if for_checks(name) or name in wanted))
    path = f"./{folder}" if folder else "."
    what = f"the member {folder}" if folder else "the project itself"
    arguments = ("-e", f"{path}[{names}]" if names else path, *_editable(project))
    return InstallItem(what, arguments, found_in=_manifest(project))


def _manifest(project: Project) -> str:
    """The file that makes it a package."""
    return next((name for name in ("pyproject.toml", "setup.py", "setup.cfg") if project.has_file(name)), "")


def constraints(project: Project) -> str:
    """The versions of the lock file of poetry, pdm or pipenv as a constraints file, "" without one. A package that is
    locked in several versions (for several platforms) is left open."""
    versions: dict[str, set[str]] = defaultdict(set)
    for name in _LOCKS:
        packages = toml(project.read(name)).get("package")
        for package in packages if isinstance(packages, list) else []:
            if isinstance(package, dict):
                versions[str(package.get("name"))].add(str(package.get("version")))
    for name, version in pipfile_lock(project).items():
        versions[name].add(version)
    fixed = {name: found for name, found in versions.items() if len(found) == 1}
    lines = (f"{name}=={min(found)}" for name, found in sorted(fixed.items()))
    return "".join(f"{line}\n" for line in valid(tuple(lines)))


def sync_arguments(home: Project) -> tuple[str, ...]:
    """All groups and extras of a uv.lock. Of those that are declared to conflict, one: that of the tests, else the
    first."""
    tests, left_out = declared_tests(home), []
    conflicts = toml_table(home, "tool.uv").get("conflicts")
    for items in conflicts if isinstance(conflicts, list) else ():
        named = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        sides = [(kind, name) for item in named for kind, name in item.items() if kind in ("group", "extra")]
        wanted = {*(("group", name) for name in tests.groups), *(("extra", name) for name in tests.extras)}
        kept = next((side for side in sides if side in wanted), next(iter(sides), None))
        left_out += [side for side in sides if side != kept and isinstance(side[1], str)]
    return (*_ALL, *(word for kind, name in dict.fromkeys(left_out) for word in (f"--no-{kind}", name)))


def _editable(project: Project) -> tuple[str, ...]:
    """setuptools would list the modules that are there today; "compat" puts the folder itself on the path, so
    that a checkout with a new module finds it. Other backends do so anyway and may refuse the setting."""
    backend = str(toml_table(project, "build-system").get("build-backend", "setuptools"))
    if not backend.startswith("setuptools"):
        return ()
    name = project_name(project)
    setting = "editable_mode=compat"
    return (f"--config-settings-package={name}:{setting}",) if name else (f"--config-setting={setting}",)


@dataclass(frozen=True)
class SeparateTool:
    """A tool that may have an environment of its own, as pre-commit would give it: its program, all that it needs, and
    whether it is kept `apart` from the project's packages in any case."""

    program: str
    requirements: tuple[str, ...]
    apart: bool = False


@dataclass
class PythonInstallation:
    """One installation. `additions` are package → requirement of what the checks need, installed only where the project
    has not brought it; those of `pinned` are in a version that the repository names elsewhere. `lost` is what could not
    be installed, `output` the last output of what failed. `version_assumed`: the project could not be built, and is
    tried with a version that it could not find out. `added`: what came with the additions. `alone`: those of tools that
    may have an environment of their own. What is `optional` need not be had."""

    site: InstallSite
    additions: Mapping[str, str]
    lost: list[str] = field(default_factory=list)
    output: str = ""
    version_assumed: bool = False
    pinned: frozenset[str] = frozenset()
    alone: Mapping[str, SeparateTool] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    async def run(self) -> InstallResult:
        """Never raises for what a project does: a broken one gets what can be installed of it, and a problem."""
        python = chosen_python(self.site.project)
        wanted = str(python.path or python.version)
        venv = await self._uv("venv", "--quiet", "--allow-existing", "--no-project", "--python", wanted, self._env)
        if venv.exit_code != 0:
            problem = "The environment could not be created." if python.path else python.missing
            return InstallResult(problem, last_output(venv), unavailable=python.path is None)
        locked = bool(self.site.project.read("uv.lock")) and await self._sync_lock_file()
        if locked:
            await self._install_missing(declared_tests(self.site.project).requirements)
        else:
            await self._install_declared()
        await self._install_additions()
        await self._install_optional()
        await self._fetch_pyright()
        problem = broken(self.site.project)
        if self.lost:
            lost = f"Could not install {', '.join(self.lost)}. {_first_error(self.output)}"
            problem = f"{problem} {lost}".strip()
        return InstallResult(problem, self.output if self.lost else "", partly=bool(problem), added=self.added)

    async def _sync_lock_file(self) -> bool:
        """Where not all can be had together, the default groups are the most there is."""
        for arguments in (sync_arguments(self.site.project), _ALL[:1], ()):
            result = await self._uv(
                "sync", "--frozen", "--all-packages", "--inexact", "--python", f"{self._env}/bin/python", *arguments
            )
            if result.exit_code == 0:
                return True
            self.version_assumed = True
        self.output = last_output(result)
        self.lost.append("the packages of uv.lock")
        return False

    async def _install_declared(self) -> None:
        """One resolution for all, since what is installed later must not change what is there."""
        items = install_items(self.site.project)
        if not items or await self._pip(*(argument for item in items for argument in item.arguments)):
            return
        self.version_assumed = True
        for item in items:
            before = self.output
            if not await self._pip(*item.arguments):
                if not item.needed:
                    self.output = before
                    continue
                self.lost.append(item.what)
                if item.arguments[0] == "-e":
                    await self._install_less(item)

    async def _install_missing(self, requirements: tuple[str, ...]) -> None:
        """What the tests' environment names beside the lock file, as far as it is not there."""
        there = self._installed()
        missing = [line for line in valid(requirements) if canonicalize_name(Requirement(line).name) not in there]
        if missing and not await self._pip(*missing) and declared_tests(self.site.project).by_environment:
            self.lost.append(f"the packages of {declared_tests(self.site.project).found_in}")

    async def _install_less(self, item: InstallItem) -> None:
        """The project without its extras; where it cannot be built, what it and its extras need. The output stays that
        of the whole item."""
        output, (path, bracket, names) = self.output, item.arguments[1].partition("[")
        home = self.site.project
        project = next((one for one in workspace_members(home) if f"./{home.inside(one.folder)}" == path), home)
        needed, own = valid(dependencies(project)), extras(project)
        of_extras = valid(tuple(line for name in names.rstrip("]").split(",") for line in own.get(name, ())))
        also = tuple(line for line in of_extras if _name(line) != project_name(project))
        if bracket and await self._pip("-e", path, *item.arguments[2:]):
            whose = "the project's" if project == home else f"{item.what}'s"
            self.lost[-1] = f"{whose} extras {names.rstrip(']')}"
        elif also and await self._pip(*needed, *also):
            pass
        elif needed and not await self._pip(*needed):
            self.lost.append("the project's own dependencies" if project == home else f"the dependencies of {path[2:]}")
        self.output = output

    async def _install_additions(self) -> None:
        """What is there stays as it is: where our version conflicts with it, another one may fit."""
        there = self._installed()
        missing = {name: line for name, line in self.additions.items() if not self._is_there(line, there)}
        beside = set[str]()
        for name in missing:
            tool = self.alone.get(name)
            # In the project's version it may have a part in the tests.
            if tool and tool.program not in beside and (tool.apart or canonicalize_name(name) in there):
                beside |= {tool.program} if await self._install_beside(tool) else set()
        missing = {name: line for name, line in missing.items() if not self._stands_beside(name, beside)}
        if not missing:
            return
        fixed = self._as_it_is(there, {canonicalize_name(name) for name in missing})
        first = self.output if self.lost else ""
        if not await self._pip(*missing.values(), *fixed):
            each = missing.items()
            lost = [name for name, line in each if not await self._install_addition(name, line, fixed, beside)]
            if lost:
                self.lost.append(f"the tools of the checks ({', '.join(lost)})")
        self.added = tuple(sorted(self._installed().keys() - there))
        self.output = first or self.output

    async def _install_optional(self) -> None:
        """As far as it can be had."""
        there, first = self._installed(), self.output
        missing = [line for line in self.optional if canonicalize_name(Requirement(line).name) not in there]
        fixed = self._as_it_is(there, set())
        if missing and not await self._pip(*missing, *fixed):
            for line in missing[1:] and missing:
                await self._pip(line, *fixed)
        self.added, self.output = tuple(sorted({*self.added, *(self._installed().keys() - there)})), first

    def _installed(self) -> dict[str, Distribution]:
        return installed(self.site.spec.env) if self.site.spec.env else {}

    def _as_it_is(self, there: Mapping[str, Distribution], replaced: set[str]) -> tuple[str, str]:
        kept = (one for one in there.values() if not one.direct and one.name not in replaced)
        return "-c", self._write("present.txt", "".join(f"{one.name}=={one.version}\n" for one in kept))

    def _is_there(self, line: str, there: Mapping[str, Distribution]) -> bool:
        """Whether the project brought the tool; in the version of its hooks and commands, where these name one."""
        requirement = Requirement(line)
        present = there.get(canonicalize_name(requirement.name))
        if present is None or requirement.name not in self.pinned:
            return present is not None
        return requirement.specifier.contains(present.version, prereleases=True)

    async def _install_addition(self, name: str, line: str, fixed: tuple[str, ...], beside: set[str]) -> bool:
        """A tool whose version does not go with the project's packages has an environment of its own; its program is
        added to `beside`. One that cannot be had in the repository's version runs in ours, or in another that fits."""
        if self._stands_beside(name, beside) or await self._pip(line, *fixed):
            return True
        tool = self.alone.get(name)
        if tool and name in self.pinned and await self._install_beside(tool):
            beside.add(tool.program)
            return True
        ours = name in self.pinned and bool(our_version(name))
        return ours or await self._pip(name, *fixed)

    def _stands_beside(self, name: str, beside: set[str]) -> bool:
        return name in self.alone and self.alone[name].program in beside

    async def _install_beside(self, tool: SeparateTool) -> bool:
        folder, python = f"{self._env}/{BESIDE}/{tool.program}", f"{self._env}/bin/python"
        made = await self._uv("venv", "--quiet", "--allow-existing", "--no-project", "--python", python, folder)
        words = ("pip", "install", "--python", f"{folder}/bin/python", *tool.requirements)
        return made.exit_code == 0 and (await self._uv(*words)).exit_code == 0

    async def _fetch_pyright(self) -> None:
        """The package only starts pyright, and fetches it at its first run: now, while there is network."""
        if "pyright" in self._installed():
            cache = {"PYRIGHT_PYTHON_CACHE_DIR": f"{self._env}/share/pyright"}
            result = await self._start((f"{self._env}/bin/pyright", "--version"), cache)
            if result.exit_code != 0:
                self.output = last_output(result)
                self.lost.append("pyright itself")

    async def _pip(self, *arguments: str) -> bool:
        lines = constraints(self.site.project)
        fixed = ("-c", self._write("locked.txt", lines)) if lines else ()
        result = await self._uv("pip", "install", "--python", f"{self._env}/bin/python", *arguments, *fixed)
        if result.exit_code != 0:
            self.output = last_output(result)
        return result.exit_code == 0

    def _write(self, name: str, text: str) -> str:
        """Written anew for each command: the folder is untrusted as soon as a build has run."""
        write_input(self.site.spec.out, name, text)
        return f"{self.site.paths.out}/{name}"

    async def _uv(self, *arguments: str) -> ProcessResult:
        variables = {
            "UV_CACHE_DIR": self.site.paths.cache,
            # A hard link would let whoever writes to the cache change environments. By reference where possible.
            "UV_LINK_MODE": "copy",
            # A check cannot keep bytecode, since it sees the environment read-only: each would compile it anew.
            "UV_COMPILE_BYTECODE": "1",
            "UV_PROJECT_ENVIRONMENT": self._env,
            # Where the host has the interpreter, none is fetched; else uv may, unless the host's settings forbid it.
            **({"UV_PYTHON_DOWNLOADS": "never"} if chosen_python(self.site.project).path else {}),
            "UV_PYTHON_INSTALL_DIR": f"{self._env}/python",
            "UV_NO_PROGRESS": "1",
            **version_variables(self.site.project, everywhere=self.version_assumed),
        }
        return await self._start((UV, *arguments), variables)

    async def _start(self, argv: tuple[str, ...], env: dict[str, str]) -> ProcessResult:
        return await self.site.run(SandboxCommand(argv, cwd=self.site.project.folder, env=env, network=True))

    @property
    def _env(self) -> str:
        return self.site.paths.env


def _first_error(output: str) -> str:
    """The first line that speaks of an error, with the cause that uv writes below it: only that names the package."""
    lines = [line.strip() for line in output.splitlines()]
    first = next((n for n, line in enumerate(lines) if "error" in line.lower() or "×" in line), len(lines))
    causes = [line for line in lines[first + 1 : first + 2] if line.startswith(("cause:", "╰─▶"))]
    return " ".join([*lines[first : first + 1], *causes])[:500]

"""Measuring a check: each tool once for each tree, in its sandbox, with its report kept.

The key of a stored report is the repository's tree (which holds the tool's configuration and whatever decides
the environment), the tool, its options, the versions of our own tools, and the trust level of the code that made the
environment: whoever asks for the same thing again gets the stored report, and no process is started.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path, PurePosixPath

from filelock import AsyncFileLock

from activities import toolchains
from activities.checking import ToolRun
from activities.custom_command import configured_tool
from activities.environments import Environment, Environments, InstallSource
from activities.languages.unsupported import not_looked_at, unsupported_languages
from activities.model import CONFIG_PATH, RepoRef, ToolReport
from activities.quality_gate.affected_projects import affected_folders
from activities.quality_gate.projects import find_projects
from activities.quality_gate.tool_selection import ToolChoice, select_tools, without_work
from activities.repo_config import options_for_project
from activities.reporting.reasons import in_folder, no_tests_in
from activities.result_store import ResultStore, digest
from activities.sandbox import ProcessResult, ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.sandbox.ownership import scratch, scratch_of
from activities.tooling import OUR_TOOLS, REPOSITORY, Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder, remove_tree
from activities.workspace.mirror import Workspaces

# Bumped when the meaning of a stored report changes.
_REPORT_VERSION = "4"

BenchOfFolder = Callable[[str], Awaitable[Workbench]]
"""A folder, relative to the tree's root → the workbench of the nearest project around it."""


@dataclass(frozen=True)
class Host:
    """What measuring needs of this host."""

    workspaces: Workspaces
    environments: Environments
    results: ResultStore
    runner: Runner
    data: Path

    @property
    def scratch(self) -> Path:
        """For what a run leaves behind until it is read."""
        return scratch_of(self.data)


@dataclass(frozen=True)
class Tree:
    """One of the two trees that are compared, for one check with its options. `level` is the trust level of its code;
    `protected_sha` the base, where that is a commit of a protected branch ("" otherwise)."""

    host: Host
    repo: RepoRef
    sha: str
    tree: str
    level: str
    protected_sha: str
    options: Mapping[str, object]
    limits: ResourceLimits
    folders: tuple[str, ...] = ()
    refresh: bool = False
    """Run the tools even where their report is stored (a person asked for it)."""
    asked: tuple[str, ...] = ()
    """See `CheckPlan`."""
    only: frozenset[str] | None = None
    """The folders of the projects to check, None for all; what is started in the root is started in any case."""

    async def tool_runs(self, check: str) -> Sequence[ToolRun]:
        """See `ComparedTree`."""
        checkout = await self._checkout()
        by_tools = await self._choices(check)
        # For configured commands each folder once more, whatever its language.
        anything = (Project(folder, checkout / folder, REPOSITORY) for folder in self.folders or (".",))
        commands = [each for project in anything for each in self._command(project, check)]
        runs = await asyncio.to_thread(select_tools, check, by_tools)
        chosen = (run for run in runs if self.only is None or run.project.folder in {".", *self.only})
        return [*chosen, *commands]

    async def affected(self, paths: Collection[str]) -> tuple[frozenset[str] | None, int]:
        """See `affected_folders`, and the number of all projects below the root."""
        found = await asyncio.to_thread(_found, await self._checkout(), self.folders)
        folders = await asyncio.to_thread(affected_folders, found, paths)
        return folders, len({one.folder for one in found} - {"."})

    async def _choices(self, check: str) -> tuple[ToolChoice, ...]:
        """The projects that no command of their own checks, and the repository as a whole."""
        checkout = await self._checkout()
        found = (*await asyncio.to_thread(_found, checkout, self.folders), Project(".", checkout, REPOSITORY))
        options = {one.folder: options_for_project(self.options, one.folder) for one in found}
        looked_at = [one for one in found if options[one.folder].get("enabled") is not False]
        return tuple(
            ToolChoice(one, _names(options[one.folder]), not {"", one.folder}.isdisjoint(self.asked))
            for one in looked_at
            if not configured_tool(check, options[one.folder])
        )

    async def without_tests(self) -> str:
        """A sentence about the projects that have no tests, "" where all have some."""
        choices = await self._choices("unit_tests")
        return no_tests_in(await asyncio.to_thread(without_work, "unit_tests", choices))

    async def not_looked_at(self, check: str) -> str:
        """A sentence about a language of the tree that no tool of ours looks at, with the command to configure for the
        check; "" where the configuration has one, or where none is known."""
        checkout = await self._checkout()
        if configured_tool(check, self.options) or self.options.get("enabled") is False:
            return ""
        found = await asyncio.to_thread(_found, checkout, self.folders)
        seen = await asyncio.to_thread(unsupported_languages, checkout, bool(found))
        wanted = ((one, one.language.commands.get(check)) for one in seen)
        return next((not_looked_at(one, check, command) for one, command in wanted if command), "")

    def _command(self, project: Project, check: str) -> list[ToolRun]:
        options = options_for_project(self.options, project.folder)
        command = configured_tool(check, options) if options.get("enabled") is not False else None
        return [ToolRun(project, command, CONFIG_PATH)] if command else []

    async def run(self, tool_run: ToolRun, options: Mapping[str, object] | None = None) -> ToolReport:
        """See `ComparedTree`. Who asked for the tool is no part of what is stored."""
        report = await self._run(tool_run, options)
        return replace(report, asked_in=tool_run.asked_in, informational=not tool_run.asked_in or bool(report.wanted))

    async def _run(self, tool_run: ToolRun, options: Mapping[str, object] | None) -> ToolReport:
        merged = self._options(tool_run, options)
        source = await self._source(tool_run.project, merged)
        key = self._key(tool_run, merged, source)
        started = time.time()
        if not self.refresh and (report := await self._stored(key)):
            return report
        locks = scratch(self.host.data) / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        async with AsyncFileLock(locks / f"{key[:32]}.lock", poll_interval=0.05):
            newer_than = started if self.refresh else 0.0
            if report := await self._stored(key, newer_than):
                return report
            report, lasting = await self._measure(tool_run, merged, source)
            if lasting:
                await asyncio.to_thread(self.host.results.put_reports, key, (report,))
        return report

    async def stored(self, tool_run: ToolRun, options: Mapping[str, object] | None = None) -> ToolReport | None:
        """See `ComparedTree`."""
        merged = self._options(tool_run, options)
        return await self._stored(self._key(tool_run, merged, await self._source(tool_run.project, merged)))

    def _options(self, tool_run: ToolRun, more: Mapping[str, object] | None) -> Mapping[str, object]:
        return {**options_for_project(self.options, tool_run.project.folder), **(more or {})}

    async def fix(self, tool_run: ToolRun, copy: Path, more: Mapping[str, object]) -> ToolReport:
        """Lets the tool change the files of `copy`, a private copy of this tree. `more` options: `fix_paths`, relative
        to the project, and `fix_rule`."""
        assert tool_run.tool.fixes
        source = await self._source(tool_run.project, self.options)
        _, environment = await self._ready(tool_run.project, self.options, source)
        async with self._out() as out:
            options = self._options(tool_run, more)
            bench = self._bench(tool_run.project, (copy, environment), out, options, keep_writes=True)
            return await tool_run.tool.fix(bench)

    @contextlib.asynccontextmanager
    async def benches_on(self, copy: Path) -> AsyncIterator[BenchOfFolder]:
        """The workbenches of the projects, whose commands change the files of `copy`, a private copy of this tree. An
        environment is prepared when its workbench is first asked for."""
        checkout = await self._checkout()
        found = await asyncio.to_thread(_found, checkout, self.folders)
        # Where several projects have one folder, it is the first one's; the root is one in any case.
        projects = {one.folder: one for one in (Project(".", checkout, REPOSITORY), *reversed(found))}
        benches: dict[str, Workbench] = {}
        async with self._out() as out:

            async def bench_of(folder: str) -> Workbench:
                path = PurePosixPath(folder)
                project = projects[next((name for name in map(str, (path, *path.parents)) if name in projects), ".")]
                if project.folder not in benches:
                    source = await self._source(project, self.options)
                    _, environment = await self._ready(project, self.options, source)
                    bench = self._bench(project, (copy, environment), out, self.options, keep_writes=True)
                    benches[project.folder] = bench
                return benches[project.folder]

            yield bench_of

    async def _stored(self, key: str, newer_than: float = 0.0) -> ToolReport | None:
        reports = await asyncio.to_thread(self.host.results.reports, key, newer_than)
        return reports[0] if reports else None

    def _key(self, tool_run: ToolRun, options: Mapping[str, object], source: InstallSource | None) -> str:
        """A report is another trust level's only where no code of this level could write what the tool worked with: in
        an environment of a protected branch, or without any."""
        level = self.level if options.get("install") else source.level if source else ""
        plain = json.dumps(options, sort_keys=True, default=list)
        project = tool_run.project
        parts = (self.tree, project.folder, *project.members, tool_run.tool.name, plain, our_versions())
        return digest(_REPORT_VERSION, self.repo.full_name, level, *parts)

    async def _measure(
        self, tool_run: ToolRun, options: Mapping[str, object], source: InstallSource | None
    ) -> tuple[ToolReport, bool]:
        """The report, and whether it would be the same again: nothing was missing, cut short or out of reach."""
        checkout, environment = await self._ready(tool_run.project, options, source)
        if environment.unavailable and (tool_run.tool.runs_project_code or "dependencies" in tool_run.tool.checks):
            return ToolReport(tool_run.tool.name, advice=environment.problem), False
        async with self._out() as out:
            bench = self._bench(tool_run.project, (checkout, environment), out, options)
            report = _in_project(await tool_run.tool.run(bench), tool_run)
            report = _without_built_files(report, checkout, environment.build_output)
        lasting = report.lasting and not environment.problem
        return _with_missing_packages(report, environment.problem, tool_run.tool), lasting

    async def _source(self, project: Project, options: Mapping[str, object]) -> InstallSource | None:
        """Where the project's environment comes from, None where it has none (a configured command prepares the
        tree)."""
        if options.get("install"):
            return None
        own = InstallSource(self.level, project, await self._checkout())
        return await self.host.environments.source(self.repo, own, self._protected if self.protected_sha else None)

    async def _ready(
        self, project: Project, options: Mapping[str, object], source: InstallSource | None
    ) -> tuple[Path, Environment]:
        """The files and the environment that a tool works with."""
        checkout, environments = await self._checkout(), self.host.environments
        if install := options.get("install"):
            tree, problem = await environments.prepared(self.repo, self.level, checkout, project.folder, str(install))
            return tree, Environment(key="", problem=problem)
        return checkout, await environments.get(self.repo, project, source)

    def _bench(
        self,
        project: Project,
        ready: tuple[Path, Environment],
        out: Path,
        options: Mapping[str, object],
        keep_writes: bool = False,
    ) -> Workbench:
        checkout, environment = ready
        ours = (OUR_TOOLS, *(path for chain in toolchains.registry().values() for path in chain.paths()))
        box = SandboxSpec(
            tree=checkout, out=out, env=environment.root, read_only=ours, keep_writes=keep_writes,
            mounts=environment.mounts, build_output=environment.build_output,
        )  # fmt: skip

        places = self.host.runner.paths(box)
        variables = environment.variables(places.src)

        async def run(command: SandboxCommand) -> ProcessResult:
            return await self.host.runner.run(box, replace(command, env={**variables, **command.env}))

        return Workbench(
            project, places, out, run,
            env_root=environment.root, added=environment.added, limits=self.limits, options=options,
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def _out(self) -> AsyncIterator[Path]:
        out = Path(tempfile.mkdtemp(prefix="out.", dir=self.host.scratch))
        try:
            yield out
        finally:
            await asyncio.to_thread(remove_tree, out)

    async def _checkout(self) -> Path:
        return await self.host.workspaces.checkout(self.repo, self.sha)

    async def _protected(self) -> Path:
        return await self.host.workspaces.checkout(self.repo, self.protected_sha)


@lru_cache(maxsize=64)
def _found(checkout: Path, folders: tuple[str, ...]) -> tuple[Project, ...]:
    """Cached, as `select_tools` is: a checkout never changes, and every check needs the same."""
    return find_projects(checkout, folders)


def _names(options: Mapping[str, object]) -> tuple[str, ...]:
    """The tools that the configuration chooses."""
    names = options.get("tools") or ()
    return tuple(str(name) for name in names) if isinstance(names, list | tuple) else ()


@cache
def our_versions() -> str:
    """The versions of everything in our own environment, since ours run where a project has none of its own; and of the
    host's toolchains."""
    of_host = (chain.host_versions() for chain in toolchains.registry().values())
    return digest(
        sys.version,
        *filter(None, of_host),
        *sorted(f"{dist.name}=={dist.version}" for dist in metadata.distributions()),
    )


def _with_missing_packages(report: ToolReport, problem: str, tool: Tool) -> ToolReport:
    """What could not be installed explains a tool that failed; and what is not there was not audited, so that is never
    green."""
    if not problem:
        return report
    if report.problem or not report.completed:
        return replace(report, problem=f"{report.problem} {problem}".strip())
    if "dependencies" in tool.checks:
        return replace(report, advice=f"{report.advice} {problem}".strip())
    return report


def _in_project(report: ToolReport, tool_run: ToolRun) -> ToolReport:
    """Without findings in the members that the tool is started in: it reports them there. A test's name has the
    project's folder, since another project may have one of the same name."""
    project, runs_tests = tool_run.project, "unit_tests" in tool_run.tool.checks
    folders = tuple(f"{project.inside_repository(member)}/" for member in project.members)
    findings = tuple(one for one in report.findings if not one.path.startswith(folders))
    tests = report.tests
    if project.folder != ".":
        prefix = f"{project.folder}/"
        tests = tuple(
            one if one.id.startswith(prefix) else replace(one, id=f"{one.id} ({project.folder})") for one in tests
        )
    problem, advice = in_folder(project.folder, report.problem), report.advice
    if runs_tests and not tests:
        advice = in_folder(project.folder, advice)
    return replace(report, findings=findings, tests=tests, problem=problem, advice=advice)


def _without_built_files(report: ToolReport, checkout: Path, under: Path | None) -> ToolReport:
    """Without findings in files that a build made: they are not in the repository, where they could be fixed."""
    if under is None:
        return report
    tree, built = UntrustedFolder(checkout), UntrustedFolder(under)
    made = {path for path in {one.path for one in report.findings} if path and tree.look(path) is None}
    made = {path for path in made if built.look(path)}
    return replace(report, findings=tuple(one for one in report.findings if one.path not in made))

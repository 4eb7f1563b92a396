"""The gate's steps on one host: what is compared, what applies, and each check to its verdict."""

import asyncio
import functools
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TypeVar

from cachetools import LRUCache

from activities import checks, repo_config
from activities.check_kinds import quarantine
from activities.check_kinds.flaky import KnownFlaky
from activities.check_options import BenchmarkCommand, FindingsCommand, TestsCommand
from activities.checking import Comparison, Reports
from activities.fingerprints import Lines, fingerprinted, lines_of_tree
from activities.languages.code_files import unnamed
from activities.model import SATISFIED, BranchTrust, CheckPlan, CheckResult, GatePlan, Head, QualityCheck, ToolReport
from activities.quality_gate import tool_config_changes
from activities.quality_gate.accepted_baseline import acceptable_findings
from activities.quality_gate.autofix import CheckFix, commit_fixes
from activities.quality_gate.configuration import Configurations
from activities.quality_gate.diff import HeadDiff, read_change
from activities.quality_gate.finding_places import with_places
from activities.quality_gate.judging_code import edited_code
from activities.quality_gate.measurement import Host, Tree, our_versions
from activities.quality_gate.old_lines import restored_paths
from activities.quality_gate.shared_runs import sharing_one_run
from activities.quality_gate.trust import base_level, head_level
from activities.quality_gate.types import (
    AcceptableFindings,
    CheckInput,
    FindAcceptableInput,
    FixInput,
    FixResult,
    Workspace,
)
from activities.quality_gate.unfixed import without_unfixed
from activities.quality_gate.weakened_checks import suppressed
from activities.repo_config.error_messages import first_and_number
from activities.reporting.reasons import NOT_AFFECTED, edited_judges, projects_checked, tools_removed
from activities.result_store import digest
from activities.sandbox import ResourceLimits
from activities.tooling import REPOSITORY
from activities.workspace.leases import leases
from activities.workspace.storage import Storage

# Bumped when the meaning of a stored verdict or plan changes.
_VERSION = "6"
_INCOMPLETE_FOR_S = 300.0

AskTrust = Callable[[Head], Awaitable[BranchTrust]]


T = TypeVar("T")
R = TypeVar("R")


def _at_work(
    method: "Callable[[GateEngine, T], Awaitable[R]]",
) -> "Callable[[GateEngine, T], Coroutine[None, None, R]]":
    """A step that begins only with the disk's reserve free, and during which nothing that it works with is evicted."""

    @functools.wraps(method)
    async def run(self: "GateEngine", input: T) -> R:
        await self._storage.require_reserve()
        with leases():
            return await method(self, input)

    return run


class GateEngine:
    """`queue` is the task queue that only this host serves. `ask_trust` asks GitHub which branches are protected; a
    folder has no such branches. `commands` are the slash commands that a configuration may name, () for any."""

    def __init__(
        self,
        host: Host,
        queue: str,
        ask_trust: AskTrust | None = None,
        commands: Collection[str] = (),
        storage: Storage | None = None,
    ) -> None:
        self._host = host
        self._queue = queue
        self._ask_trust = ask_trust
        self._configurations = Configurations(host.workspaces, commands)
        self._storage = storage or Storage(host.data)
        self._diffs: LRUCache[tuple[str, ...], asyncio.Task[HeadDiff]] = LRUCache(4)

    @_at_work
    async def prepare(self, head: Head) -> Workspace:
        """Brings head and base to this host; the files are laid out when the first tool needs them."""
        self._storage.tidy_beside()
        compared = self._host.workspaces.resolve(head.repo, head.sha, head.base_ref, head.base_sha)
        heads, trust = await asyncio.gather(compared, self._trust(head))
        config_sha = heads.base_tip
        if trust.config_branch and trust.config_branch != head.base_ref:
            config_sha = await self._host.workspaces.fetch_branch(head.repo, trust.config_branch)
        workspace = Workspace(
            head=replace(head, sha=heads.head_sha, base_sha=heads.base_sha),
            queue=self._queue,
            head_tree=heads.head_tree,
            base_tree=heads.base_tree,
            config_sha=config_sha or heads.head_sha,  # an empty repository's first push: there is nobody else's file
            config_branch=trust.config_branch,
            protected_head=trust.protected_head,
            protected_base=trust.protected_base,
            base_was_tip=heads.base_was_tip,
        )
        lacks, trusted = self._host.workspaces.fetch_linked, _names_private(workspace)
        head_lacks = await lacks(head.repo, heads.head_sha, trusted)
        base_lacks = await lacks(head.repo, heads.base_sha, trusted) if heads.base_sha else ()
        return replace(workspace, head_lacks=head_lacks, base_lacks=base_lacks)

    async def _bring(self, workspace: Workspace) -> None:
        """What a step reads from the mirror, which may have been evicted since the last one."""
        repo, workspaces = workspace.repo, self._host.workspaces
        commits = [sha for sha in (workspace.head_sha, workspace.base_sha) if sha]
        await workspaces.fetch(repo, *commits)
        for sha in commits:
            if not await workspaces.has_linked(repo, sha):
                await workspaces.fetch_linked(repo, sha, _names_private(workspace))

    async def _trust(self, head: Head) -> BranchTrust:
        if self._ask_trust is None or head.repo.path:
            return BranchTrust(protected_base=True)
        return await self._ask_trust(head)

    @_at_work
    async def plan(self, workspace: Workspace) -> GatePlan:
        """The checks by the configuration that judges, each with whether anything in the head answers it; and what is
        to be said of the configuration. Mistakes that the head brings are the plan's problem: then nothing is run."""
        head = workspace.head
        await self._bring(workspace)
        await self._host.workspaces.fetch(head.repo, workspace.config_sha)
        judging = await self._configurations.judging(workspace)
        version, notes = judging.version, judging.notes
        plan = repo_config.plan_gate(version.text, head.branch, head.base_ref if head.pull else "")
        plan = replace(quarantine.on_day(sharing_one_run(plan), datetime.now(UTC).date()), config=notes)
        if notes.mistakes:
            return replace(plan, problem=first_and_number(notes.mistakes), line=notes.mistakes[0].line)
        if plan.left_out:
            return plan
        parts = (workspace.repo.full_name, workspace.head_files, workspace.base_files, version.blob, our_versions())
        facts = digest("applies", _VERSION, *parts)
        known = self._host.results.facts(facts) or {}
        if set(known) != {one.name for one in plan.checks}:
            known = {one.name: await self._does_not_apply(workspace, one, plan) for one in plan.checks}
            self._host.results.put_facts(facts, dict(known))
        applied = (
            replace(one, applies=not reason, reason=str(reason) or one.reason, not_looked_at=bool(not_looked_at))
            for one, (reason, not_looked_at) in ((one, known[one.name]) for one in plan.checks)
        )
        return replace(plan, checks=tuple(applied))

    async def _does_not_apply(self, workspace: Workspace, plan: CheckPlan, gate: GatePlan) -> tuple[str, bool]:
        """Why the check does not apply, "" when it does; and whether that is since nobody looked at a language."""
        if not plan.applies:
            return plan.reason, False
        check, head = checks.registry()[plan.name], self._tree(workspace, plan, gate.folders, head=True)
        if await head.tool_runs(plan.name):
            return "", False
        base = self._tree(workspace, plan, gate.folders, head=False)
        on_base = await base.tool_runs(plan.name) if workspace.base_sha else ()
        # Removing the tests, or the tool that the repository asks for, is no way to pass unseen.
        if on_base if check.needs_base_work else any(run.asked_in for run in on_base):
            return "", False
        not_looked_at = await head.not_looked_at(plan.name)
        return not_looked_at or check.nothing, bool(not_looked_at)

    @_at_work
    async def check(self, input: CheckInput) -> QualityCheck:
        """One check's verdict: the stored one of the same trees, tools and options, else by running the tools."""
        started = time.monotonic()
        where, results = input.workspace, self._host.results
        plan = json.dumps(asdict(input.plan), sort_keys=True, default=list)
        levels = (head_level(where), base_level(where))  # whose code may have written what the tools worked with
        parts = (where.repo.full_name, *levels, where.head_files, where.base_files, plan, json.dumps(input.folders))
        result_id = digest("verdict", _VERSION, *parts, our_versions())
        stored = None if input.refresh else await asyncio.to_thread(results.get, result_id)
        if stored and not all(report.lasting for report in stored.reports):
            # An incomplete result holds for a while only: a registry that was unavailable may be back.
            stored = await asyncio.to_thread(results.get, result_id, time.time() - _INCOMPLETE_FOR_S)
        if stored:
            return replace(stored.check, cached=True, duration_s=time.monotonic() - started)
        result = await self._measured_and_judged(input)
        check = replace(result.check, result_id=result_id, duration_s=time.monotonic() - started)
        await asyncio.to_thread(results.put, replace(result, check=check))
        return check

    async def _measured_and_judged(self, input: CheckInput) -> CheckResult:
        workspace, plan, check = input.workspace, input.plan, checks.registry()[input.plan.name]
        await self._bring(workspace)
        head = self._tree(workspace, plan, input.folders, head=True, refresh=input.refresh)
        base = self._tree(workspace, plan, input.folders, head=False) if workspace.base_sha else None
        diff = await self._diff(workspace)
        only, projects = await self._affected(workspace, head, diff)
        head, base = replace(head, only=only), base and replace(base, only=only)
        known = KnownFlaky(frozenset(each.test for each in plan.flaky), frozenset(diff.paths))
        options = {**plan.tool_options, **({"known_flaky": known} if plan.flaky else {})}
        on_head, on_base = await check.kind.measure(plan.name, head, base, options)
        if only is not None and not on_head:
            plan = replace(plan, reason=NOT_AFFECTED)
        asked_in_base = await _asked_in(plan.name, base)
        lines, old_lines = await self._of_gaps(workspace, on_head, diff)
        comparison = Comparison(
            plan,
            await self._fingerprinted(workspace, workspace.head_sha, _as_asked(on_head, on_base, asked_in_base)),
            without_unfixed(await self._fingerprinted(workspace, workspace.base_sha, on_base), plan.unfixed),
            diff.lines,
            frozenset(mark for each in plan.accepted if not each.ended for mark in each.fingerprints),
            diff.renamed,
            lines,
            diff.removed_tests,
            diff.added,
            old_lines,
        )
        judged = await asyncio.to_thread(check.result, comparison)
        result = await with_places(self._host.workspaces, workspace, judged)
        runs = await head.tool_runs(plan.name)
        edited = edited_judges(
            tool_config_changes.edited(plan.name, diff.paths, diff.texts),
            await asyncio.to_thread(edited_code, plan.name, diff, runs),
            suppressed(plan.name, diff.suppressions, runs),
        )
        of_projects = [projects_checked(len(only), projects)] if only is not None and on_head else []
        if plan.name == "unit_tests":
            of_projects += [await head.without_tests(), await head.not_looked_at(plan.name)]
        elif all(run.project.language == REPOSITORY and not run.asked_in for run in runs):
            result = _without_languages(result, await head.not_looked_at(plan.name))
        sentences = filter(None, (result.check.reason, edited, *of_projects))
        result = replace(result, check=replace(result.check, reason=" ".join(sentences)))
        if only is not None or check.kind.command is not FindingsCommand:
            return result
        return _without_removed_tools(result, asked_in_base, await _asked_in(plan.name, head))

    async def _affected(self, workspace: Workspace, head: Tree, diff: HeadDiff) -> tuple[frozenset[str] | None, int]:
        """The folders of the projects to check, None for all, and the number of all. Of a protected branch all are:
        others are compared with it."""
        if not workspace.base_sha or workspace.protected_head:
            return None, 0
        return await head.affected(diff.paths)

    async def _fingerprinted(self, workspace: Workspace, sha: str, reports: Reports) -> Reports:
        if not any(report.findings for report in reports):
            return reports
        checkout = await self._host.workspaces.checkout(workspace.repo, sha)
        return await asyncio.to_thread(fingerprinted, reports, lines_of_tree(checkout))

    async def _of_gaps(
        self, workspace: Workspace, reports: Reports, diff: HeadDiff
    ) -> tuple[Lines, Mapping[str, frozenset[int]]]:
        """Where a changed line is not covered, or a changed file is named by no report: the lines of the head's files,
        since their text identifies the finding, and those that are not new."""
        files = [file for report in reports for file in report.coverage]
        gaps = {file.path for file in files if file.missing & diff.lines.get(file.path, frozenset())}
        gaps |= {*unnamed(diff.lines, {file.path for file in files})}
        if not gaps:
            return lambda _path: None, {}
        repo, base, head = workspace.repo, workspace.base_sha, workspace.head_sha
        restored = await restored_paths(self._host.workspaces, repo, base, head, gaps)
        old = {path: diff.lines[path] if path in restored else diff.moved.get(path, frozenset()) for path in gaps}
        return lines_of_tree(await self._host.workspaces.checkout(repo, head)), old

    async def _diff(self, workspace: Workspace) -> HeadDiff:
        """Read once for all checks of a head; shielded, since one check that is cancelled must not cancel it."""
        key = (workspace.repo.full_name, workspace.base_sha, workspace.head_sha)
        task = self._diffs.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._diffs[key] = asyncio.create_task(read_change(self._host.workspaces, workspace))
        return await asyncio.shield(task)

    async def reports(self, input: CheckInput, tool: str) -> Reports:
        """What a tool says of the head, for one check: nothing is compared."""
        tree = self._tree(input.workspace, input.plan, input.folders, head=True)
        return tuple([await tree.run(run) for run in await tree.tool_runs(input.plan.name) if run.tool.name == tool])

    async def configuration(self, workspace: Workspace) -> repo_config.RepoConfig:
        """The configuration that judges the head."""
        return repo_config.parse((await self._configurations.judging(workspace)).version.text or b"{}")

    def tests_tree(self, workspace: Workspace, plan: GatePlan) -> Tree:
        """The head as its unit tests see it."""
        tests = next((one for one in plan.checks if one.name == "unit_tests"), CheckPlan("unit_tests", True, True))
        return self._tree(workspace, tests, plan.folders, head=True)

    @_at_work
    async def fix(self, input: FixInput) -> FixResult:
        """Tool-safe fixes of the head's new findings, as a commit that only the mirror has. The checks and the tests
        run on it: a fix that makes any of them worse is dropped."""
        workspace, folders = input.workspace, input.plan.folders
        await self._bring(workspace)
        applying = [one for one in input.plan.checks if one.applies]
        wanted = [one for one in applying if not input.checks or one.name in input.checks]
        fixes = [await self._fix_of_check(workspace, one, folders) for one in wanted]
        result = await commit_fixes(self._host, workspace, [fix for fix in fixes if fix.findings])
        if not result.commit_sha:
            return result
        kinds = {one.name: checks.registry()[one.name].kind.command for one in applying}
        names = {one.name for one in wanted} | {name for name, kind in kinds.items() if kind is TestsCommand}
        affected = [one for one in applying if one.name in names and kinds[one.name] is not BenchmarkCommand]
        worse = await asyncio.gather(*(self.worse(workspace, result.workspace, one, folders) for one in affected))
        return replace(result, worse=tuple(name for name in worse if name))

    async def _fix_of_check(self, workspace: Workspace, plan: CheckPlan, folders: tuple[str, ...]) -> CheckFix:
        tree = self._tree(workspace, plan, folders, head=True)
        if not any(run.tool.fixes and run.asked_in for run in await tree.tool_runs(plan.name)):
            return CheckFix(plan.name, tree, ())
        check = await self.check(CheckInput(workspace, plan, folders))
        result = await asyncio.to_thread(self._host.results.get, check.result_id)
        changed = (await self._diff(workspace)).lines
        new = (each for each in (result.findings if result else ()) if each.new and each.fixable)
        return CheckFix(plan.name, tree, tuple(each for each in new if each.path in changed or not workspace.base_sha))

    async def worse(self, head: Workspace, fixed: Workspace, plan: CheckPlan, folders: tuple[str, ...]) -> str:
        """The check's name where it fails on the fixed tree, and did not before or finds anything more; else ""."""
        found: list[Counter[tuple[str, ...]]] = []
        before, after = [await self.check(CheckInput(workspace, plan, folders)) for workspace in (head, fixed)]
        for check in (before, after):
            result = await asyncio.to_thread(self._host.results.get, check.result_id)
            new = (each for each in (result.findings if result else ()) if each.new and not each.informational)
            found.append(Counter((each.tool, each.rule, each.path) for each in new))
        is_worse = before.status in SATISFIED or found[1] - found[0]
        return plan.name if is_worse and after.status not in SATISFIED else ""

    def find_acceptable(self, input: FindAcceptableInput) -> AcceptableFindings:
        """The new findings of a result of this host."""
        result, check = self._host.results.get(input.result_id), checks.registry().get(input.check)
        if not result or not check or result.check.name != input.check:
            return AcceptableFindings(here=False)
        return acceptable_findings(result, needs_end=check.kind.accepted_until)

    def _tree(
        self, workspace: Workspace, plan: CheckPlan, folders: tuple[str, ...], *, head: bool, refresh: bool = False
    ) -> Tree:
        return Tree(
            host=self._host,
            repo=workspace.repo,
            sha=workspace.head_sha if head else workspace.base_sha,
            tree=workspace.head_files if head else workspace.base_files,
            level=head_level(workspace) if head else base_level(workspace),
            protected_sha=workspace.base_sha if workspace.protected_base and workspace.base_was_tip else "",
            options=plan.tool_options,
            limits=ResourceLimits(wall_s=plan.timeout_s, urgent=checks.registry()[plan.name].kind.urgent),
            folders=folders,
            refresh=refresh,
            asked=plan.asked,
        )


def _names_private(workspace: Workspace) -> str:
    """The commit that says which submodules may be private, "" for none: never one that somebody only proposes, and
    none for a fork's change before a maintainer has allowed it to run."""
    own = workspace.config_sha == workspace.head_sha and not workspace.protected_head
    return "" if own or not workspace.head.trusted else workspace.config_sha


async def _asked_in(check: str, tree: Tree | None) -> dict[str, str]:
    """Tool → where the tree asks for it."""
    return {run.tool.name: run.asked_in for run in (await tree.tool_runs(check) if tree else ()) if run.asked_in}


def _as_asked(on_head: Reports, on_base: Reports, asked_in_base: Mapping[str, str]) -> Reports:
    """What the base asks for counts as asked for: no change makes its own check informational, by its configuration or
    by a version that cannot be had."""
    there = {report.tool for report in on_base if not report.wanted}

    def as_asked(report: ToolReport) -> ToolReport:
        if not report.informational or report.tool not in asked_in_base or (report.wanted and report.tool not in there):
            return report
        return replace(report, asked_in=asked_in_base[report.tool], informational=False)

    return tuple(map(as_asked, on_head))


def _without_languages(result: CheckResult, not_looked_at: str) -> CheckResult:
    """The result of tools that look at files of any language alone: they check no code, so it is never green."""
    if not not_looked_at:
        return result
    check = replace(result.check, reason=f"{result.check.reason} {not_looked_at}".strip())
    return replace(result, check=replace(check, status="neutral", score=None) if check.status == "passed" else check)


def _without_removed_tools(result: CheckResult, before: Mapping[str, str], now: Mapping[str, str]) -> CheckResult:
    """The result, with the tools that the base asks for and the head does not any more. Where the head asks for none,
    nobody looked as the base has it, and the check is never green."""
    removed = {tool: where for tool, where in before.items() if tool not in now}
    if not removed:
        return result
    check = replace(result.check, reason=f"{tools_removed(removed)} {result.check.reason}".strip())
    if not now and check.status in SATISFIED:
        check = replace(check, status="neutral", score=None)
    return replace(result, check=check)

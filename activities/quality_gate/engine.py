"""The gate's steps on one host: what is compared, what applies, and each check to its verdict."""

import asyncio
import json
import time
from collections.abc import Set
from dataclasses import asdict, replace

from cachetools import LRUCache

from activities import checks, repo_config
from activities.model import CheckPlan, CheckResult, GatePlan, QualityCheck, ToolReport
from activities.quality_gate.accepted_baseline import AcceptedFindings
from activities.quality_gate.autofix import commit_fixes
from activities.quality_gate.diff import HeadDiff, read_change
from activities.quality_gate.fingerprints import fingerprinted, lines_of_tree
from activities.quality_gate.measurement import Host, Tree, our_versions
from activities.quality_gate.types import (
    AcceptBaselineInput,
    CheckInput,
    FixInput,
    FixResult,
    Workspace,
    WorkspaceInput,
)
from activities.quality_gate.verdicts import judge
from activities.result_store import digest
from activities.sandbox import ResourceLimits
from activities.workspace.cleanup import Cleanup

# Bumped when the meaning of a stored verdict or plan changes.
_VERSION = "3"
# A gate is as long as its test suite: what everything else waits for gets a processor first.
_URGENT = frozenset({"unit_tests", "integration_tests", "coverage"})
_TRIED_AGAIN_AFTER_S = 300.0


class GateEngine:
    """`queue` is the task queue that only this host serves."""

    def __init__(self, host: Host, queue: str, accepted: AcceptedFindings) -> None:
        self._host = host
        self._queue = queue
        self._accepted = accepted
        self._tidying = Cleanup(host.data)
        self._changes: LRUCache[tuple[str, ...], asyncio.Task[HeadDiff]] = LRUCache(4)

    async def prepare(self, wanted: WorkspaceInput) -> Workspace:
        """Brings head and base to this host; the files are laid out when the first tool needs them."""
        await self._tidying.remove_unused_hourly()
        heads = await self._host.workspaces.heads(wanted.repo, wanted.head_sha, wanted.base_ref, wanted.base_sha)
        return Workspace(repo=wanted.repo, queue=self._queue, branch=wanted.branch, into=wanted.into, **asdict(heads))

    async def plan(self, workspace: Workspace) -> GatePlan:
        """The checks by the base branch's configuration, each with whether anything in the head answers it."""
        text = await self._host.workspaces.show(workspace.repo, workspace.config_sha, repo_config.PATH)
        plan = _sharing_one_run(repo_config.plan_gate(text, workspace.branch, workspace.into))
        if plan.problem or plan.left_out:
            return plan
        parts = (workspace.repo.full_name, workspace.head_tree, workspace.base_tree, text or "", our_versions())
        facts = digest("applies", _VERSION, *parts)
        known = self._host.results.facts(facts) or {}
        if set(known) != {one.name for one in plan.checks}:
            known = {one.name: await self._without(workspace, one, plan) for one in plan.checks}
            self._host.results.put_facts(facts, dict(known))
        applied = (_applied(one, str(known[one.name])) for one in plan.checks)
        return replace(plan, checks=tuple(applied))

    async def _without(self, workspace: Workspace, plan: CheckPlan, gate: GatePlan) -> str:
        """Why the check does not apply, "" when it does."""
        if not plan.applies:
            return plan.reason
        check = checks.registry()[plan.name]
        if await self._tree(workspace, plan, gate.folders, head=True).work(plan.name):
            return ""
        if not (check.misses and workspace.base_sha):
            return check.without
        return "" if await self._tree(workspace, plan, gate.folders, head=False).work(plan.name) else check.without

    async def check(self, wanted: CheckInput) -> QualityCheck:
        """One check's verdict: the stored one of the same trees, tools and options, else by running the tools."""
        started = time.monotonic()
        accepted = self._accepted.of(wanted.workspace.repo, wanted.plan.name)
        result_id = self._result_id(wanted, accepted)
        if not wanted.refresh and (known := await asyncio.to_thread(self._known, result_id)):
            return replace(known.check, cached=True, duration_s=time.monotonic() - started)
        judged = await self._judged(wanted, accepted)
        done = replace(judged.check, result_id=result_id, duration_s=time.monotonic() - started)
        await asyncio.to_thread(self._host.results.put, replace(judged, check=done))
        return done

    def _known(self, result_id: str) -> CheckResult | None:
        """The stored verdict. One on what could not be looked at holds for a while only: a registry that was away
        is there again."""
        known = self._host.results.get(result_id)
        if known and not all(report.lasting for report in known.reports):
            known = self._host.results.get(result_id, newer_than=time.time() - _TRIED_AGAIN_AFTER_S)
        return known

    def _result_id(self, wanted: CheckInput, accepted: Set[str]) -> str:
        where = wanted.workspace
        plan = json.dumps(asdict(wanted.plan), sort_keys=True, default=list)
        parts = (where.repo.full_name, where.head_tree, where.base_tree, plan, json.dumps(wanted.folders))
        return digest("verdict", _VERSION, *parts, our_versions(), *sorted(accepted))

    async def _judged(self, wanted: CheckInput, accepted: Set[str]) -> CheckResult:
        workspace, plan = wanted.workspace, wanted.plan
        head = self._tree(workspace, plan, wanted.folders, head=True, again=wanted.refresh)
        base = self._tree(workspace, plan, wanted.folders, head=False) if workspace.base_sha else None
        measured = await checks.registry()[plan.name].measure(head, base, plan.tool_options)
        found = await self._known_by_line(workspace, workspace.head_sha, plan.name, measured.head)
        old = await self._known_by_line(workspace, workspace.base_sha, plan.name, measured.base)
        change = await self._change(workspace)
        judged = await asyncio.to_thread(
            judge, plan, found, old if base else None, change.lines, accepted, renamed=change.renamed
        )
        return change.told(judged)

    async def _known_by_line(
        self, workspace: Workspace, sha: str, check: str, reports: tuple[ToolReport, ...]
    ) -> tuple[ToolReport, ...]:
        if not any(report.findings for report in reports):
            return reports
        checkout = await self._host.workspaces.checkout(workspace.repo, sha)
        return await asyncio.to_thread(fingerprinted, reports, lines_of_tree(checkout))

    async def _change(self, workspace: Workspace) -> HeadDiff:
        """Read once for all checks of a head; shielded, since one check that is cancelled must not take it away."""
        key = (workspace.repo.full_name, workspace.base_sha, workspace.head_sha)
        known = self._changes.get(key)
        if known is None or (known.done() and (known.cancelled() or known.exception())):
            known = self._changes[key] = asyncio.create_task(read_change(self._host.workspaces, workspace))
        return await asyncio.shield(known)

    async def fix(self, wanted: FixInput) -> FixResult:
        """Tool-safe fixes of the head as a commit that only the mirror has."""
        workspace = wanted.workspace
        plans = [one for one in wanted.plan.checks if one.applies and (not wanted.checks or one.name in wanted.checks)]
        trees = [(one.name, self._tree(workspace, one, wanted.plan.folders, head=True)) for one in plans]
        sha, by, files = await commit_fixes(self._host, workspace, trees)
        if not sha:
            return FixResult(workspace, workspace.head_sha)
        tree = await self._host.workspaces.tree(workspace.repo, sha)
        after = replace(workspace, head_sha=sha, head_tree=tree)
        mirror = str(self._host.workspaces.mirror(workspace.repo))
        return FixResult(after, workspace.head_sha, sha, mirror, by, files)

    def accept(self, accepted: AcceptBaselineInput) -> None:
        """The findings of a result are known from now on."""
        judged = self._host.results.get(accepted.result_id)
        if judged:
            new = (finding.fingerprint for finding in judged.findings if finding.fingerprint)
            self._accepted.add(accepted.repo, accepted.check, new)

    def _tree(
        self, workspace: Workspace, plan: CheckPlan, folders: tuple[str, ...], *, head: bool, again: bool = False
    ) -> Tree:
        return Tree(
            host=self._host,
            repo=workspace.repo,
            sha=workspace.head_sha if head else workspace.base_sha,
            tree=workspace.head_tree if head else workspace.base_tree,
            options=plan.tool_options,
            limits=ResourceLimits(wall_s=plan.timeout_s, urgent=plan.name in _URGENT),
            folders=folders,
            again=again,
        )


def _applied(plan: CheckPlan, without: str) -> CheckPlan:
    return replace(plan, applies=not without, reason=without or plan.reason)


def _sharing_one_run(plan: GatePlan) -> GatePlan:
    """Coverage reads the run of the test suite that unit_tests makes, so it asks for the very same one."""
    tests = next(one for one in plan.checks if one.name == "unit_tests")

    def shared(one: CheckPlan) -> CheckPlan:
        own = one.name != "coverage" or "command" in one.tool_options
        return one if own else replace(one, tool_options=tests.tool_options, timeout_s=tests.timeout_s)

    return replace(plan, checks=tuple(shared(one) for one in plan.checks))

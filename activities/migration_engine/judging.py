"""Whether a migration's commit is as good as another one: it parses, and types, linters and tests say nothing new."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from activities.errors import UserError
from activities.migration.types import Leftover, MigrationNumbers, StepVerdict, ValidateStepInput
from activities.migration_engine.leftovers import put_leftovers
from activities.migration_engine.parsing import unparsed
from activities.migration_engine.steps import StepSite
from activities.model import SATISFIED, CheckPlan, CheckResult, Finding, GatePlan, QualityCheck
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.trust import compared
from activities.quality_gate.types import CheckInput, FixInput, Workspace
from activities.reporting import migration as texts
from activities.reporting.metrics import tests_line
from activities.reporting.wording import shortened
from activities.workspace.git import git_line
from activities.workspace.own_commits import commit_tree

CHECKS = ("unit_tests", "integration_tests", "static_analysis", "linting")
_BRANCH = "autobuild/migration"
"""What the gate takes a migration's commits for: one branch, whose code nobody has reviewed."""
_MOST_ROUNDS = 3
_MOST_ROWS = 500
_LONGEST_REASON = 500


class StepJudge:
    """By the gate's own checks, each commit against the one before it."""

    def __init__(self, host: Host, gate: GateEngine) -> None:
        self._host = host
        self._gate = gate
        self._site = StepSite(host.runner, host.data)

    async def checks(self, workspace: Workspace) -> GatePlan:
        """Those of the gate's checks that judge a step, as they apply before the migration."""
        plan = await self._gate.plan(workspace)
        return replace(plan, checks=tuple(one for one in plan.checks if one.name in CHECKS and one.applies))

    async def verdict(self, input: ValidateStepInput) -> StepVerdict:
        """`commit` against `before`. A check that can say nothing of either is named, and decides nothing."""
        workspace, plan = input.workspace, input.plan.checks
        repo, workspaces = workspace.repo, self._host.workspaces
        changed = await workspaces.changed_paths(repo, input.before, input.commit)
        worse, rows = {}, []
        if broken := await self._unparsed(workspace, input.before, input.commit, tuple(changed)):
            worse["syntax"] = texts.no_longer_parse(sorted(broken))
            rows += [Leftover(path, 0, texts.NO_LONGER_PARSES, texts.FIX_BY_HAND, True) for path in sorted(broken)]
        unjudged = []
        checks = plan.checks if plan and not worse else ()
        head = await self._compared(workspace, input.before, input.commit)
        folders = plan.folders if plan else ()
        results = await asyncio.gather(*(self._gate.check(CheckInput(head, one, folders)) for one in checks))
        for one, check in zip(checks, results, strict=True):
            if check.status in SATISFIED:
                continue
            if check.status != "failed" and not await self._worked(workspace, input.before, one, folders):
                unjudged.append(texts.unjudged(check.name, check.reason))
                continue
            worse[check.name] = shortened(check.reason, _LONGEST_REASON)
            new = await self._new_findings(check)
            if new:
                worse[check.name] = texts.with_first(worse[check.name], new[0])
            rows += _rows(check, new)
        stored = await asyncio.to_thread(put_leftovers, self._host.results, rows)
        return StepVerdict(worse, tuple(unjudged), stored)

    async def numbers(self, workspace: Workspace, plan: GatePlan, commit: str) -> MigrationNumbers:
        """What the checks say of a commit alone."""
        alone = await self._compared(workspace, "", commit)
        inputs = [CheckInput(alone, one, plan.folders) for one in plan.checks]
        results = await asyncio.gather(*map(self._gate.check, inputs))
        return MigrationNumbers({check.name: _number(check) for check in results})

    async def findings(self, workspace: Workspace, at: str, tool: str) -> tuple[Sequence[Finding], Sequence[Finding]]:
        """What a tool says of the files before the migration, and of the commit `at`. Raises UserError where it cannot
        look at them, or nothing asks for it."""
        plan = (await self.checks(workspace)).checks
        found = []
        for commit in (workspace.head_sha, at):
            alone = await self._compared(workspace, "", commit)
            reports = [each for one in plan for each in await self._gate.reports(CheckInput(alone, one), tool)]
            if not any(report.completed for report in reports):
                raise UserError(
                    next((report.problem for report in reports if report.problem), texts.not_asked_for(tool))
                )
            found.append(tuple(each for report in reports for each in report.findings))
        return found[0], found[1]

    async def tidied(self, workspace: Workspace, before: str, commit: str) -> str:
        """The commit with the safe fixes that the repository's own linters and formatters have for what they newly say
        of it: at those places only, and as one commit upon `before`. The same where there are none."""
        plan = await self.checks(workspace)
        linting = tuple(one for one in plan.checks if one.name == "linting")
        mirror, workspaces = self._host.workspaces.mirror(workspace.repo), self._host.workspaces
        tidy = commit
        for _ in range(_MOST_ROUNDS if linting else 0):
            pair = await self._compared(workspace, before, tidy)
            check = await self._gate.check(CheckInput(pair, linting[0], plan.folders))
            if check.status in SATISFIED or not check.new_findings:
                break
            fixed = await self._gate.fix(FixInput(pair, replace(plan, checks=linting)))
            if not fixed.commit_sha or fixed.worse:
                break
            tree = await workspaces.tree(workspace.repo, fixed.commit_sha)
            message = (await git_line(mirror, "log", "-1", "--format=%B", commit)).strip()
            tidy = await commit_tree(workspaces, workspace.repo, before, tree, message)
        return tidy

    async def _unparsed(self, workspace: Workspace, before: str, commit: str, paths: Sequence[str]) -> frozenset[str]:
        checkouts = [await self._host.workspaces.checkout(workspace.repo, sha) for sha in (commit, before)]
        now = await unparsed(self._site, checkouts[0], paths)
        return now - await unparsed(self._site, checkouts[1], now) if now else now

    async def _worked(self, workspace: Workspace, commit: str, plan: CheckPlan, folders: tuple[str, ...]) -> bool:
        alone = await self._compared(workspace, "", commit)
        return (await self._gate.check(CheckInput(alone, plan, folders))).status not in ("error", "timed_out")

    async def _new_findings(self, check: QualityCheck) -> list[Finding]:
        result: CheckResult | None = await asyncio.to_thread(self._host.results.get, check.result_id)
        return [each for each in (result.findings if result else ()) if each.new and not each.informational]

    async def _compared(self, workspace: Workspace, before: str, commit: str) -> Workspace:
        return await compared(self._host.workspaces, workspace, before, commit, _BRANCH)


def _rows(check: QualityCheck, new: Sequence[Finding]) -> list[Leftover]:
    if not new:
        return [Leftover(".", 0, f"{texts.check_title(check.name)}: {check.reason}", texts.FIX_BY_HAND, True)]
    return [
        Leftover(each.path, each.line, texts.newly_found(each), texts.FIX_BY_HAND, check.name != "linting")
        for each in new[:_MOST_ROWS]
    ]


def _number(check: QualityCheck) -> str:
    """ "41 passed, 1 failed"; "3 findings"; a sentence where it could not run."""
    if check.status in ("error", "timed_out"):
        return texts.COULD_NOT_RUN
    if tests := tests_line(check.metrics):
        return tests
    if check.status in ("skipped", "neutral"):
        return shortened(check.reason)
    return texts.findings(check.new_findings + check.known_findings)

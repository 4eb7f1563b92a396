"""The activities that run tools: the gate's own, and the catalogue's names over the same code."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR, UserError
from activities.github.activity_errors import required_github_activity, unprepared
from activities.github.errors import GitHubError
from activities.heartbeat import heartbeating
from activities.host_activity import host_activity
from activities.model import GatePlan, Head, QualityCheck
from activities.quality_gate.types import (
    AcceptableFindings,
    CheckInput,
    FindAcceptableInput,
    FixInput,
    FixResult,
    Workspace,
)

if TYPE_CHECKING:
    from activities.quality_gate.engine import GateEngine


@dataclass(frozen=True)
class ToolTarget:
    """What the catalogue's tool activities look at. `type` is for `run_tests`: unit, integration or all."""

    workspace: Workspace
    type: str = "unit"


@dataclass(frozen=True)
class ToolResult:
    """One verdict for each check of the input."""

    checks: tuple[QualityCheck, ...]


class ToolActivities:
    """`engine` does the work of the gate on this host."""

    def __init__(self, engine: "GateEngine") -> None:
        self._engine = engine

    @required_github_activity
    async def prepare_workspace(self, head: Head) -> Workspace:
        """Fetches head and base into the host's mirror.

        GitHub is asked which branches are protected.

        Events may outrun GitHub's own storage, so a missing commit is tried again.
        """
        async with heartbeating():
            try:
                return await self._engine.prepare(head)
            except (GitHubError, UserError):
                raise
            except Exception as error:
                raise unprepared(error, head.sha) from error

    @host_activity
    async def list_checks(self, workspace: Workspace) -> GatePlan:
        """Returns which checks apply, by the default or a protected branch's configuration and the head's files."""
        async with heartbeating():
            return await self._engine.plan(workspace)

    @host_activity
    async def run_check(self, input: CheckInput) -> QualityCheck:
        """Runs one check and returns its verdict.

        Its findings are in the result store under `result_id`.
        """
        async with heartbeating():
            try:
                return await self._engine.check(input)
            except UserError as error:
                raise ApplicationError(str(error), type=USER_ERROR, non_retryable=True) from error

    @host_activity
    async def apply_fixes(self, input: FixInput) -> FixResult:
        """Applies tool-safe fixes and commits them in the host's mirror."""
        async with heartbeating():
            return await self._engine.fix(input)

    @host_activity
    async def find_acceptable(self, input: FindAcceptableInput) -> AcceptableFindings:
        """Returns which findings of a result can be accepted as known."""
        return await asyncio.to_thread(self._engine.find_acceptable, input)

    @host_activity
    async def run_tests(self, target: ToolTarget) -> ToolResult:
        """Runs the tests: unit, integration or all."""
        names = {"unit": ("unit_tests",), "integration": ("integration_tests",)}
        return await self._checks(target, *names.get(target.type, ("unit_tests", "integration_tests")))

    @host_activity
    async def run_linters(self, target: ToolTarget) -> ToolResult:
        """Runs the repository's linters and formatters."""
        return await self._checks(target, "linting")

    @host_activity
    async def run_static_analysis(self, target: ToolTarget) -> ToolResult:
        """Runs the repository's type checker."""
        return await self._checks(target, "static_analysis")

    @host_activity
    async def check_code_coverage(self, target: ToolTarget) -> ToolResult:
        """Measures the coverage of the change and of the whole repository."""
        return await self._checks(target, "coverage")

    @host_activity
    async def run_security_scan(self, target: ToolTarget) -> ToolResult:
        """Runs the security scanners."""
        return await self._checks(target, "security")

    @host_activity
    async def check_dependencies(self, target: ToolTarget) -> ToolResult:
        """Finds known vulnerabilities in the dependencies that the change adds."""
        return await self._checks(target, "dependencies")

    @host_activity
    async def run_performance_tests(self, target: ToolTarget) -> ToolResult:
        """Runs the benchmarks of head and base in turns and compares them."""
        return await self._checks(target, "performance")

    async def _checks(self, target: ToolTarget, *names: str) -> ToolResult:
        async with heartbeating():
            plan = await self._engine.plan(target.workspace)
            chosen = [one for one in plan.checks if one.name in names]
            done = [
                await self._engine.check(CheckInput(target.workspace, one, plan.folders))
                if one.applies
                else one.not_applying()
                for one in chosen
            ]
            return ToolResult(tuple(done))

"""The host that holds a migration's commits; where it is gone, another one with the same commits made anew."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType

with workflow.unsafe.imports_passed_through():
    from activities.migration.types import (
        AnalyzeInput,
        GenerateStepInput,
        MigrationAnalysis,
        MigrationInput,
        MigrationStep,
        StepResult,
    )
    from activities.quality_gate.types import Workspace
    from activities.reporting import migration as texts
    from workflows.config import ActivityTimeouts
    from workflows.failures import (
        commits_lost,
        for_a_person,
        never_started,
        programs_missing,
        timed_out,
        trace_of,
        was_cancelled,
        worker_died,
    )
    from workflows.migrating import host_calls
    from workflows.migrating.interruption import InterruptedStep
    from workflows.migrating.step_chain import StepChain
    from workflows.quality import gate_activities

R = TypeVar("R")

_HOSTS = 3


class MigrationHost:
    """Of one migration. The rows of the analysis and of the steps are on the host too, so both are done again with the
    commits."""

    def __init__(self, input: MigrationInput, chain: StepChain) -> None:
        self.workspace: Workspace | None = None
        self.analysis = MigrationAnalysis()
        self.input = input
        self._chain = chain
        self._replacing = asyncio.Lock()

    async def prepare(self) -> None:
        """The migration's commit, on whichever host takes it."""
        self.workspace = await gate_activities.prepare(self.input.head)
        self._chain.base = self.workspace.head_sha

    async def analyze(self) -> MigrationAnalysis:
        self.analysis = await self.call(self._analyze)
        return self.analysis

    async def call(self, activity: Callable[[Workspace], Awaitable[R]], *, here: bool = False) -> R:
        """On the host that has the commits. `here`: it is about a commit, or rows, that no other host can make anew, so
        that InterruptedStep is raised once there is another one."""
        host = self._there()
        for left in reversed(range(_HOSTS)):
            try:
                return await activity(self._there())
            except ActivityError as error:
                if not is_lost(error) or not left:
                    raise
            await self._replace(host)
            host = self._there()
            if here:
                raise InterruptedStep
        raise AssertionError

    async def generate(self, step: MigrationStep) -> StepResult:
        """The step upon the last good commit. What goes wrong in it is that step's failure."""
        try:
            return await self.call(lambda host: self._generate(host, step))
        except ActivityError as error:
            return failed(StepResult(step.name, "failed"), error)

    async def _generate(self, host: Workspace, step: MigrationStep) -> StepResult:
        return await host_calls.generate(GenerateStepInput(host, self.input, step, self._chain.tip))

    async def _analyze(self, host: Workspace) -> MigrationAnalysis:
        return await host_calls.analyze(AnalyzeInput(host, self.input))

    def _there(self) -> Workspace:
        assert self.workspace
        return self.workspace

    async def _replace(self, lost: Workspace) -> None:
        """Several may have lost it at once."""
        async with self._replacing:
            if self.workspace is not lost:
                return
            workflow.logger.warning(f"migration=restarted lost_queue={lost.queue} recipe={self.input.recipe}")
            head = replace(self.input.head, sha=lost.head_sha)
            self.workspace = host = await gate_activities.prepare(head)
            try:
                if self._chain.steps:
                    self.analysis = await self._analyze(host)
                for step in self._chain.restart():
                    self._chain.record(await self._again(host, step))
            except ActivityError as error:
                if not is_lost(error):
                    raise
                raise InterruptedStep from error  # what was not made again is a step that was not done yet

    async def _again(self, host: Workspace, step: MigrationStep) -> StepResult:
        try:
            return await self._generate(host, step)
        except ActivityError as error:
            if is_lost(error):
                raise
            return failed(StepResult(step.name, "failed"), error)


def is_lost(error: ActivityError) -> bool:
    """Whether the host is gone, or what it made."""
    return not was_cancelled(error) and (never_started(error) or commits_lost(error))


def failed(result: StepResult, error: ActivityError) -> StepResult:
    """A step whose activity ended with this error. Raises a cancel, and what every other step would fail by too."""
    if was_cancelled(error) or programs_missing(error):
        raise error
    if timed_out(error, TimeoutType.START_TO_CLOSE):
        reason = texts.step_timed_out(ActivityTimeouts.AGENT.total_seconds() / 3600)
    elif worker_died(error):
        reason = texts.WORKER_DIED
    else:
        reason = for_a_person(error, "")
    if not reason:
        workflow.logger.error(f"step={result.name} status=failed", exc_info=trace_of(error))
        reason = texts.step_error(workflow.info().workflow_id)
    return replace(result, status="failed", reason=reason)

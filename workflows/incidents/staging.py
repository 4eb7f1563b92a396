"""The fix of an incident in staging, before anybody merges it: deployed, and tested there."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.deploying.types import DeployInput, DeployResult, RollbackInput
    from activities.github.pulls import PullInput
    from activities.github_activities import PullStateActivities
    from activities.incidents import texts
    from activities.incidents.acting import StagingTestsInput, StagingTestsResult
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.incidents import host_calls
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.state import IncidentRun
    from workflows.patching.host_calls import HostLost
    from workflows.planned_changes.stopping import Stop
    from workflows.saga import Saga

_ROLLBACK_MINUTES = 30


class FixStaging:
    """Of one incident. `saga` takes the fix out of staging again where it is stopped."""

    def __init__(self, state: IncidentRun, stop: Stop, comment: IncidentComment, saga: Saga) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self._saga = saga
        self._deployment = 0

    async def tried(self) -> str:
        """Why the fix does not do in staging, "" where it does, or where the repository configures none. One that does
        not is rolled back, and its pull request is a draft then."""
        state = self._state
        if not state.rules or not state.rules.staging.deploy:
            return ""
        await self._comment.stage("checking")
        self._saga.add("deployment to staging", self._roll_back)
        try:
            problem = await self._deployed_and_tested()
        except HostLost:
            problem = texts.HOST_GONE
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("staging=failed", exc_info=trace_of(error))
            problem = for_a_person(error, "") or texts.NOT_TRIED
        if not problem:
            return ""
        state.note(problem, "staging")
        return " ".join([problem, *(await self._taken_back()), texts.DRAFT])

    async def _deployed_and_tested(self) -> str:
        state = self._state
        assert state.rules
        assert state.hotfix
        assert state.workspace
        rules, hotfix, repo = state.rules.staging, state.hotfix, state.workspace.repo
        wanted = DeployInput(repo, hotfix.head, rules.environment, rules.minutes, self._key)
        deployed = await self._stop.unless(host_calls.deploy(wanted))
        self._deployment = deployed.deployment_id
        if not deployed.deployed:
            return deployed.text
        state.note(deployed.text, "staging")
        smoke = StagingTestsInput(state.workspace, hotfix.commit, rules.smoke, rules.environment, deployed.url)
        return await self._tested(smoke, host_calls.run_smoke_tests) or await self._tested(
            replace(smoke, command=rules.e2e), host_calls.run_e2e_tests
        )

    async def _tested(
        self, input: StagingTestsInput, run: Callable[[StagingTestsInput], Coroutine[Any, Any, StagingTestsResult]]
    ) -> str:
        """Why the tests failed, "" where they passed or there are none."""
        if not input.command:
            return ""
        found = await self._stop.unless(run(input))
        if found.passed:
            self._state.note(found.text, "staging")
        return "" if found.passed else found.text

    async def _taken_back(self) -> list[str]:
        """What became of the environment, where a person has to know; and the pull request is a draft."""
        said = []
        try:
            rolled_back = await self._roll_back()
            said = [] if rolled_back is None else [rolled_back.text]
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("rollback=failed", exc_info=trace_of(error))
            said = [for_a_person(error, "") or texts.NOT_ROLLED_BACK]
        state = self._state
        assert state.hotfix
        assert state.workspace
        try:
            await ask_for_person(
                PullStateActivities.convert_to_draft, PullInput(state.workspace.repo, state.hotfix.pull)
            )
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("draft=failed", exc_info=trace_of(error))
        return said

    async def _roll_back(self) -> DeployResult | None:
        """Does no harm where nothing was deployed. Nobody waits for it for longer than for the deployment."""
        state = self._state
        if not state.workspace or not state.rules:
            return None
        rules = state.rules.staging
        minutes = min(rules.minutes, _ROLLBACK_MINUTES)
        wanted = RollbackInput(
            state.workspace.repo, rules.environment, self._deployment, self._key, minutes, deployed_as=self._key
        )
        return await host_calls.roll_back(wanted)

    @property
    def _key(self) -> str:
        """One fix of one incident is deployed once."""
        assert self._state.hotfix
        return f"{self._state.incident}|{self._state.hotfix.head}"

"""From an alert to ranked causes: what to look at, the data, the diagnosers, their consensus, and whether the suspected
change is shown to be the cause."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput
    from activities.github.recent_changes.types import FetchChangesInput
    from activities.github_activities import BranchActivities
    from activities.incidents import texts
    from activities.incidents.acting import ReadScopeInput
    from activities.incidents.types import DiagnoseInput, Diagnosis, FetchInput, FetchResult, VerifyInput
    from activities.model import Head
    from activities.workflow_activities import WorkflowActivities, WorkflowQueryInput
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.consensus import Calibration, consensus, verified
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.incidents import host_calls
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.state import IncidentRun, is_sha, suspects
    from workflows.planned_changes.stopping import Stop
    from workflows.quality import gate_activities

R = TypeVar("R")

_MOST_SUSPECTS = 8


class IncidentLook:
    """Of one incident."""

    def __init__(self, state: IncidentRun, stop: Stop, comment: IncidentComment) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment

    async def look(self) -> None:
        """What it found is in the state."""
        state = self._state
        now = workflow.now().timestamp()
        state.found = await self._stop.unless(host_calls.read_scope(ReadScopeInput(state.incident, state.input, now)))
        if not state.found.known:
            return
        await self._comment.stage("gathering")
        await self._gather()
        await self._comment.stage("diagnosing")
        await self._diagnose()
        if self._suspect():
            await self._comment.stage("verifying")
            await self._verify()
        state.diagnosed = (workflow.now() - state.began).total_seconds()
        state.note(texts.looked_at(state.consensus), "diagnosis")

    async def _gather(self) -> None:
        """Everything at once; what cannot be had is missing, and is said to be."""
        state, scope = self._state, self._state.scope
        assert state.found
        wanted = FetchInput(scope)
        calls: dict[str, Awaitable[FetchResult]] = {
            "metrics": host_calls.fetch_metrics(wanted),
            "logs": host_calls.fetch_logs(wanted),
            "topology": host_calls.fetch_calls(wanted),
        }
        if scope.repo:
            calls["changes"] = host_calls.fetch_changes(
                FetchChangesInput(scope, state.found.paths, state.found.environment)
            )
        found = await self._stop.unless(_all([_or_problem(each) for each in calls.values()]))
        state.fetched = dict(zip(calls, found, strict=True))

    async def _diagnose(self) -> None:
        state = self._state
        assert state.found
        for agents in (state.found.diagnosers, state.found.later):
            asked = [DiagnoseInput(state.scope, state.input.alert, agent) for agent in agents]
            found = await self._stop.unless(_all([_or_abstains(each) for each in asked]))
            state.diagnoses = (*state.diagnoses, *found)
        state.consensus = consensus(state.diagnoses, await self._calibration())

    async def _calibration(self) -> Calibration:
        """By what people said of earlier incidents, as the monitoring keeps it; without that where it is silent."""
        if self._state.input.report_only:
            return Calibration()
        asked = WorkflowQueryInput(ids.monitoring(), "get_outcomes")
        try:
            found = (await ask_for_person(WorkflowActivities.query_workflow, asked)).answer or []
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("outcomes=unknown", exc_info=trace_of(error))
            return Calibration()
        return Calibration(tuple((float(raw), bool(right)) for raw, right in found))

    def _suspect(self) -> str:
        """The change that is to be verified, "" for none: its commit has to be known, and not hopeless."""
        state = self._state
        if not (state.scope.repo and state.diagnoses):
            return ""
        odds = suspects(state.consensus, state.diagnoses)
        return next((change for change in odds if is_sha(change)), "")

    async def _verify(self) -> None:
        """By its diff, or by the repository's own tests; another change may turn out to be the culprit."""
        state = self._state
        suspect = self._suspect()
        others = tuple(one for one in suspects(state.consensus, state.diagnoses) if is_sha(one))[:_MOST_SUSPECTS]
        try:
            await self.prepare()
            assert state.workspace
            asked = VerifyInput(state.scope, state.workspace, suspect, others)
            found = await self._stop.unless(host_calls.verify(asked))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("verified=no", exc_info=trace_of(error))
            return
        if found.verified:
            state.consensus = verified(state.consensus, found.culprit or suspect, found.verified)
            state.note(found.verified, "verification")
        state.tests = found.tests

    async def prepare(self) -> None:
        """The default branch on the host that has the data, and what the repository says of incidents."""
        state, repo = self._state, self._state.scope.repo
        assert repo
        if state.workspace:
            return
        if repo.path:
            head = Head(repo)
        else:
            tip = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo))
            head = Head(repo, tip.sha, tip.name)
        state.workspace = await self._stop.unless(gate_activities.prepare(head, host=state.queue))
        state.rules = await host_calls.read_rules(state.workspace)


async def _all(work: Iterable[Awaitable[R]]) -> list[R]:
    return list(await asyncio.gather(*work))


async def _or_problem(fetching: Awaitable[FetchResult]) -> FetchResult:
    try:
        return await fetching
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.warning("fetched=no", exc_info=trace_of(error))
        return FetchResult(problem=for_a_person(error, texts.NOT_FETCHED))


async def _or_abstains(asked: DiagnoseInput) -> Diagnosis:
    try:
        return await host_calls.diagnose(asked)
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.warning(f"diagnoser={asked.agent_id} failed=yes", exc_info=trace_of(error))
        return Diagnosis(asked.agent_id, "model", abstained=for_a_person(error, texts.NO_DIAGNOSIS))

"""After the pull request with a fix is open: it is merged, and the metrics are watched."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.merging import MergeInput
    from activities.github.pulls import PullInput, PullRequest
    from activities.github_activities import MergeActivities, PullActivities
    from activities.incidents import texts
    from activities.incidents.acting import RecoveryInput
    from workflows.activity_calls import ask, ask_for_person
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.incidents import host_calls
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.state import IncidentRun
    from workflows.patching.host_calls import HostLost
    from workflows.planned_changes.stopping import Stop

_FIRST_LOOK = timedelta(seconds=10)
_SHORTEST_PAUSE = timedelta(minutes=2)
_MOST_LOOKS = 700
"""A history holds at most 51,200 events, and each look is about fifteen."""
_OVER_S = 600.0
"""An alert that stays resolved for so long ends the incident, and its fix waits in an open pull request."""
_MEASURE_EVERY = timedelta(minutes=1)


class FixFollower:
    """Of one incident. `approved` is who said `/approve`, "" before; `rollback` whether the fix is to be taken back."""

    def __init__(self, state: IncidentRun, stop: Stop, comment: IncidentComment) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self.approved = ""
        self.rollback = False

    async def merged(self) -> bool:
        """Whether it was merged; False where it was closed, is to be taken back, or waits for too long. What an
        incident that is over was to be fixed by is merged by people only."""
        state = self._state
        assert state.rules
        if state.rules.merge != "auto":
            await self._comment.stage("approval", texts.APPROVE)
            await self._comment.notify("approval", f"{texts.proposed(self._number)} {texts.APPROVE}", "warning")
        waits = timedelta(hours=state.rules.wait_hours)
        longest = max(_SHORTEST_PAUSE, waits / _MOST_LOOKS)
        started, pause = workflow.now(), _FIRST_LOOK
        while True:
            pull = await self._pull()
            if pull.merged:
                return self._is_merged(pull)
            if pull.state != "open":
                state.no_fix = texts.PULL_CLOSED
                return False
            automatic = state.rules.merge == "auto"
            if automatic and state.resolved and not self.approved:
                return False
            if (self.approved or automatic) and await self._merge(pull):
                return self._is_merged(await self._pull())
            over = bool(state.resolved) and workflow.now().timestamp() - state.resolved >= _OVER_S
            if workflow.now() - started >= waits or (over and not self.approved):
                return False
            asked = bool(self.approved)
            pause = min(pause * 2, longest)
            await self._pause(pause, approval=not asked)
            if self.approved and not asked:
                pause = _FIRST_LOOK
            if self.rollback:
                return False

    async def _pause(self, pause: timedelta, *, approval: bool) -> None:
        """Until something is asked, or it is time to look again."""

        def asked() -> bool:
            return self._stop.asked or self.rollback or (approval and bool(self.approved))

        try:
            await workflow.wait_condition(asked, timeout=pause)
        except TimeoutError:
            return
        self._stop.go_on()

    async def recovered(self) -> bool:
        """Whether the alert is resolved, or the metrics are as they were before, within the configured time."""
        state = self._state
        assert state.rules
        await self._comment.stage("watching")
        since = workflow.now()
        longest = timedelta(minutes=state.rules.recovery_minutes)
        while workflow.now() - since < longest and not self.rollback:
            try:
                await workflow.wait_condition(
                    lambda: self._stop.asked or self.rollback or bool(state.resolved), timeout=_MEASURE_EVERY
                )
            except TimeoutError:
                if await self._is_back(since.timestamp()):
                    return True
                continue
            if state.resolved:
                return True
            self._stop.go_on()
        return bool(state.resolved)

    async def _is_back(self, since: float) -> bool:
        try:
            asked = RecoveryInput(self._state.scope, since, workflow.now().timestamp())
            found = await host_calls.measure_recovery(asked)
        except (ActivityError, HostLost) as error:  # a lost host has lost the data, and the fix is merged all the same
            if was_cancelled(error):
                raise
            workflow.logger.warning("recovery=unknown", exc_info=trace_of(error))
            return False
        if found.recovered:
            self._state.note(found.text, "metrics")
        return found.recovered

    async def _pull(self) -> PullRequest:
        repo = self._state.scope.repo
        assert repo
        return await ask_for_person(PullActivities.get_pull_request, PullInput(repo, self._number))

    async def _merge(self, pull: PullRequest) -> bool:
        """Tries once. What a person must do first is shown, and waited for."""
        state = self._state
        assert state.scope.repo
        assert state.hotfix
        try:
            wanted = MergeInput(state.scope.repo, pull.number, state.hotfix.head, base=pull.base_ref)
            done = await ask(MergeActivities.merge_pull_request, wanted)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            self.approved = ""
            if reason := for_a_person(error, ""):
                await self._comment.stage("approval", reason)
            else:
                workflow.logger.warning("merge=failed", exc_info=trace_of(error))
            return False
        return bool(done.sha)

    def _is_merged(self, pull: PullRequest) -> bool:
        self._state.change_hotfix(merged=pull.head_sha)
        self._state.note(texts.merged(pull.number), "fix")
        return True

    @property
    def _number(self) -> int:
        assert self._state.hotfix
        return self._state.hotfix.pull

"""What people accepted as known in a repository: kept here, so that every host and every gate finds the same."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.baseline import AcceptedBaseline, RejudgeInput, ReviewBaselineInput
    from activities.github_activities import BaselineActivities
    from activities.model import Acceptance, RepoRef
    from workflows import history_length
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import ClosedPull


@dataclass(frozen=True)
class BaselineWorkflowInput:
    """The argument of `BaselineWorkflow`. `baseline` is only given by the workflow to itself. GitHub and the clock are
    asked every `look_s` seconds about what may end."""

    repo: RepoRef
    baseline: AcceptedBaseline = field(default_factory=AcceptedBaseline)
    look_s: float = 3600.0


@workflow.defn
class BaselineWorkflow:
    """Signals `accept`, `revoke`, `pull_closed`; query `get_baseline`. One runs for each repository in which anything
    is accepted, and ends with the last of it.

    No event is needed for it to be right: a gate asks GitHub itself about what it reads here. What ends without
    anybody's asking, a date or an issue, is found within `look_s`, and its heads are judged again.
    """

    @workflow.init
    def __init__(self, input: BaselineWorkflowInput) -> None:
        self._input = input
        self._acceptances = {each.id: each for each in input.baseline.acceptances}
        self._closed_pulls = input.baseline.closed_pulls
        self._gone: list[Acceptance] = []  # their heads have to be judged again

    @workflow.run
    async def run(self, input: BaselineWorkflowInput) -> None:
        while True:
            pause, look = self._pause(), False
            try:
                await workflow.wait_condition(partial(self._is_awake, pause), timeout=pause)
            except TimeoutError:
                look = True
            if self._gone:
                await self._rejudge()
            elif look or self._closed_pulls:
                await self._review()
            elif not self._acceptances:
                return
            elif history_length.is_long():
                workflow.continue_as_new(replace(self._input, baseline=self.get_baseline()))

    @workflow.signal
    def accept(self, acceptance: Acceptance) -> None:
        """The same findings for the same pull request again, perhaps with another end: the newer one counts."""
        self._input = replace(self._input, repo=acceptance.repo)
        self._acceptances[acceptance.id] = acceptance

    @workflow.signal
    def revoke(self, ids: tuple[str, ...]) -> None:
        """By a person."""
        self._gone += [self._acceptances.pop(each) for each in ids if each in self._acceptances]

    @workflow.signal
    def pull_closed(self, event: ClosedPull) -> None:
        """Whether it was merged, GitHub is asked."""
        if any(each.pull == event.number and not each.merged for each in self._acceptances.values()):
            self._closed_pulls = (*self._closed_pulls, event.number)

    @workflow.query
    def get_baseline(self) -> AcceptedBaseline:
        return AcceptedBaseline(tuple(self._acceptances.values()), self._closed_pulls)

    def _is_awake(self, pause: timedelta | None) -> bool:
        work = bool(self._gone or self._closed_pulls) or not self._acceptances or history_length.is_long()
        return work or self._pause() != pause

    def _pause(self) -> timedelta | None:
        """None where nothing has an end: then there is no timer."""
        ends = any(
            not each.ended and (each.until or each.issue or (each.pull and not each.merged))
            for each in self._acceptances.values()
        )
        return timedelta(seconds=self._input.look_s) if ends else None

    async def _review(self) -> None:
        """Brings what is kept to what GitHub and the clock say. What changed meanwhile is looked at the next time."""
        before, repo = self.get_baseline(), self._input.repo
        light = tuple(replace(each, fingerprints=()) for each in before.acceptances)
        asked = ReviewBaselineInput(repo, replace(before, acceptances=light))
        try:
            found = await ask_for_person(BaselineActivities.review_baseline, asked)
        except ActivityError as error:
            await self._wait_after(error)
            return
        self._closed_pulls = tuple(each for each in self._closed_pulls if each not in before.closed_pulls)
        for old, now in zip(before.acceptances, found.acceptances, strict=True):
            if self._acceptances.get(old.id) != old or (now.merged, now.ended) == (old.merged, old.ended):
                continue
            self._acceptances[old.id] = replace(old, merged=now.merged, ended=now.ended)
            if now.ended == "pull":
                self._acceptances.pop(old.id)
            if now.ended:
                self._gone.append(old)

    async def _rejudge(self) -> None:
        gone, self._gone = tuple(replace(each, fingerprints=()) for each in self._gone), []
        try:
            await ask_for_person(BaselineActivities.rejudge_heads, RejudgeInput(self._input.repo, gone))
        except ActivityError as error:
            self._gone += gone
            await self._wait_after(error)

    async def _wait_after(self, error: ActivityError) -> None:
        """GitHub was unavailable for hours, or the App may not look here any more."""
        if was_cancelled(error):
            raise error
        workflow.logger.warning("baseline=unchecked", exc_info=trace_of(error))
        await workflow.sleep(timedelta(seconds=self._input.look_s))

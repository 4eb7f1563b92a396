"""The repository's own CI on our commit: waited for, read, and answered in a few rounds."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.pulls import PullInput
    from activities.github.reviews import RequestReviewInput
    from activities.github_activities import PullActivities, PullStateActivities, ReviewActivities
    from activities.model import RepoRef
    from activities.patching.types import PatchOutcome, PatchStage
    from activities.planned_changes import texts
    from activities.planned_changes.types import MOST_FIX_ROUNDS, CiCheck, CiState, FixRound, PlannedPull, ReadCiInput
    from activities.reporting.wording import shortened
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.patching.rounds import PatchBench, RequestRounds
    from workflows.planned_changes import host_calls
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.publishing import ChangePublisher
    from workflows.planned_changes.state import ChangeState, RepositoryChange
    from workflows.planned_changes.stopping import Stop

P = TypeVar("P")

_FIRST_LOOK = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(minutes=2)
_NONE_BY_THEN = timedelta(minutes=1)
"""A repository with a CI that has shown nothing on the commit by then shows nothing any more."""


class CiFollower:
    """Of the pull request of one repository."""

    def __init__(
        self, state: ChangeState, stop: Stop, comment: ChangeComment, publisher: ChangePublisher,
        where: RepositoryChange,
    ) -> None:  # fmt: skip
        self._state = state
        self._stop = stop
        self._comment = comment
        self._publisher = publisher
        self.where = where

    async def follow(self) -> str:
        """The sentence what is wrong with the CI in the end, "" where nothing of ours is."""
        state, minutes = self._state, self._state.rules.ci_minutes if self._state.rules else 0
        if not minutes:
            return ""
        seen: set[tuple[str, ...]] = set()
        for left in reversed(range(MOST_FIX_ROUNDS + 1)):
            await self._comment.stage("ci")
            found = await self._settled(timedelta(minutes=minutes))
            state.ci = found.checks
            if not found.complete:
                return texts.ci_silent(minutes)
            failed = [one for one in found.checks if one.kind == "failed"]
            if not failed:
                return ""
            names = tuple(sorted(one.name for one in failed))
            if names in seen:
                return f"{texts.ci_failed(names)} {texts.SAME_FAILURES}"
            if not left:
                break
            seen.add(names)
            if not await self._repaired(failed):
                return texts.ci_failed(names)
        return f"{texts.ci_failed(names)} {texts.rounds_used(MOST_FIX_ROUNDS)}"

    async def _settled(self, longest: timedelta) -> CiState:
        """Once no check runs any more, or the time is over. A repository without CI is not waited for."""
        started, pause = workflow.now(), _FIRST_LOOK
        expected = bool((await self._read(self.where.workspace.head_sha)).checks)
        while True:
            await self._pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            found = await self._read(self.pull.head_sha)
            waited = workflow.now() - started
            if found.complete and (found.checks or not expected or waited >= _NONE_BY_THEN):
                return found
            if waited >= longest:
                return found
            if found.checks != self._state.ci:
                self._state.ci = found.checks
                await self._comment.show()

    async def _read(self, sha: str) -> CiState:
        workspace = self.where.workspace
        input = ReadCiInput(workspace.repo, sha, workspace.head_sha, workspace.head.branch)
        return await self._stop.unless(host_calls.read_ci(workspace, input))

    async def _pause(self, time: timedelta) -> None:
        """Ended early by a stop, or by somebody who closed the pull request."""
        try:
            await workflow.wait_condition(lambda: self._stop.asked, timeout=time)
        except TimeoutError:
            pull = await ask_for_person(PullActivities.get_pull_request, PullInput(self._repo, self.pull.number))
            if pull.state != "open":
                self._stop.ask(texts.MERGED_MEANWHILE if pull.merged else texts.PULL_CLOSED_MEANWHILE)
        self._stop.go_on()

    async def _repaired(self, failed: list[CiCheck]) -> bool:
        """Whether a coder's commit for the failed checks was pushed."""
        state, where = self._state, self.where
        tasks = [one for one in failed if one.task_id]
        if not tasks or not state.rules:
            return False
        await self._comment.stage("fixing")
        bench = PatchBench(state.asked_by, where.workspace, state.rules.choices["coder"], where.checks)
        kept = False
        for one in tasks:
            at, number = where.tip, len(state.rounds) + 1
            rounds = RequestRounds(bench, state.spending, self._stop.unless, self._shown)
            request = PatchOutcome(f"ci-{number}-{one.name}", "check", one.name, one.task_id)
            outcome = await rounds.carry_out(request, at, most_rounds=1)
            done = bool(outcome.commit_sha) and await self._pushed(outcome.commit_sha, one)
            what = texts.repaired((one.name,)) if done else texts.not_repaired(outcome.reason)
            state.rounds.append(FixRound(number, outcome.model, shortened(what), done))
            kept = kept or done
        return kept

    async def _shown(self, outcome: PatchOutcome, stage: PatchStage) -> None:
        self._stop.go_on()

    async def _pushed(self, commit: str, check: CiCheck) -> bool:
        self._stop.go_on()
        message = texts.ci_commit(check.name)
        head = await self._publisher.push_more(self.where, self.pull.head_sha, commit, message)
        self.where.add("", commit)
        self._publisher.set_pull(replace(self.pull, head_sha=head))
        return True

    async def ask_for_review(self, *, draft: bool) -> None:
        """The pull request as it is in the end: one that is not ready is a draft; of one that is, a person is asked for
        a review."""
        pull, actor = self.pull, self._state.change.actor
        if draft and not pull.draft:
            await self._if_possible(PullStateActivities.convert_to_draft, PullInput(self._repo, pull.number))
            self._publisher.set_pull(replace(pull, draft=True))
        elif not draft and pull.draft:
            await self._if_possible(PullStateActivities.mark_ready, PullInput(self._repo, pull.number))
            self._publisher.set_pull(replace(pull, draft=False))
        if not draft and actor:
            wanted = RequestReviewInput(self._repo, pull.number, (actor,))
            await self._if_possible(ReviewActivities.request_pr_review, wanted)
        await self._publisher.refresh(self.where)

    async def _if_possible(self, activity: Callable[[Any, P], Awaitable[Any]], input: P) -> None:
        """GitHub has no drafts in some repositories, and not everybody can be asked for a review."""
        try:
            await ask_for_person(activity, input)
        except ActivityError as error:
            if was_cancelled(error) or not for_a_person(error, ""):
                raise
            workflow.logger.warning("pull=refused", exc_info=trace_of(error))

    @property
    def _repo(self) -> RepoRef:
        return self.where.workspace.repo

    @property
    def pull(self) -> PlannedPull:
        pull = self._publisher.pull_of(self.where)
        assert pull
        return pull

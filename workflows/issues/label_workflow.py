"""A label on an issue asks for work; taking it off stops the work."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.github.types.issues import IssueLabelsInput, IssueLabelsResult
    from activities.github.types.permissions import PermissionInput, PermissionResult
    from activities.github.types.repo_config import RepoSettings, RepoSettingsInput
    from activities.reporting.markdown import code
    from activities.workflow_activities import IsServedInput, IsServedResult
    from workflows.activity_calls import ask, reply
    from workflows.failures import STOPPED, was_cancelled
    from workflows.issues.label_routes import STORIES, LabelRoute, LabelWorkflowInput

_NEEDS = "write"
"""Who may label may not yet make the bot work: a label is a command."""

_BEHIND = timedelta(seconds=5)
"""How far GitHub's API may be behind its events."""


@dataclass(frozen=True)
class LabelWorkflowResult:
    """How it ended: `done`, `failed`, `stopped`, `refused` (no permission), `nothing` (the label asks for nothing)."""

    outcome: str


@workflow.defn(failure_exception_types=[Exception])
class LabelWorkflow:
    """Signals `labelled`, `unlabelled` (GitHub's events, in any order), `stop`, `retry`; query `get_status`.

    An event only wakes it: whether the label is there is asked from GitHub, so that no order and no loss matters.
    """

    @workflow.init
    def __init__(self, work: LabelWorkflowInput) -> None:
        self._work = work
        self._status = "starting"
        self._news = False
        self._stop = False
        self._taken_off = False  # so says an event that GitHub has not been asked about
        self._child: ChildWorkflowHandle[Any, Any] | None = None

    @workflow.run
    async def run(self, work: LabelWorkflowInput) -> LabelWorkflowResult:
        outcome = await self._start_and_follow()
        while outcome == "stopped" and self._news:  # put on again while its work came to its end
            outcome = await self._start_and_follow()
        self._status = outcome
        return LabelWorkflowResult(outcome)

    @workflow.signal
    def labelled(self, actor: str) -> None:
        """Who puts it on again is who asks for the work: it may start anew."""
        self._news = True
        self._work = replace(self._work, actor=actor)

    @workflow.signal
    def unlabelled(self, actor: str) -> None:
        self._news = self._taken_off = True

    @workflow.signal
    def stop(self) -> None:
        """By a person, who leaves the label on."""
        self._stop = True

    @workflow.signal
    def retry(self) -> None:
        """Starts it where it does not run; while it runs there is nothing to try again."""
        self._stop = False

    @workflow.query
    def get_status(self) -> str:
        """`starting`, `running <workflow id>`, or how it ended."""
        return self._status

    async def _start_and_follow(self) -> str:
        if not await self._soon_labelled():
            return "nothing"
        settings = await ask("get_repo_settings", RepoSettingsInput(self._work.repo), RepoSettings)
        story = next((STORIES[key] for key, name in settings.labels.items() if _same(name, self._work.label)), None)
        if story is None:
            return "nothing"
        if not await self._allowed():
            return "refused"
        served = await ask("is_served", IsServedInput(story.workflow), IsServedResult)
        if not served.here:
            label = code(self._work.label)
            await self._say(f"{label} asks for what {story.does}; this installation does not do that yet.")
            return "nothing"
        return await self._follow(story)

    async def _soon_labelled(self) -> bool:
        """An event may be quicker than GitHub's API."""
        self._news = self._stop = False
        if not await self._labelled():
            await workflow.sleep(_BEHIND)
            return await self._labelled()
        return True

    async def _labelled(self) -> bool:
        """Now, on GitHub: on an open issue, which is not a pull request."""
        wanted = IssueLabelsInput(self._work.repo, self._work.issue)
        issue = await ask("get_issue_labels", wanted, IssueLabelsResult)
        return issue.open and not issue.pull and any(_same(name, self._work.label) for name in issue.labels)

    async def _allowed(self) -> bool:
        wanted = PermissionInput(self._work.repo, self._work.actor)
        level = await ask("get_permission", wanted, PermissionResult)
        if level.at_least(_NEEDS):
            return True
        if level.at_least("triage"):
            await self._say(f"The label {code(self._work.label)} needs {_NEEDS} access, and you have {level.level}.")
        return False

    async def _follow(self, story: LabelRoute) -> str:
        work_id = story.id(self._work.repo.full_name, self._work.issue)
        try:
            self._child = await workflow.start_child_workflow(
                story.workflow,
                self._work,
                id=work_id,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except WorkflowAlreadyStartedError:
            return "done"  # somebody started it by hand, and follows it there
        self._status = f"running {work_id}"
        while not self._child.done():
            await workflow.wait_condition(lambda: self._news or self._stop or self._ended())
            if self._stop or (self._news and not await self._still_labelled()):
                return await self._stopped()
        return await self._outcome()

    def _ended(self) -> bool:
        return self._child is not None and self._child.done()

    async def _still_labelled(self) -> bool:
        taken_off, self._news, self._taken_off = self._taken_off, False, False
        there = await self._labelled()
        if there and taken_off and workflow.patched("api-behind-a-removal"):
            await workflow.sleep(_BEHIND)
            there = await self._labelled()
        return there

    async def _stopped(self) -> str:
        """The work writes its own last word before it is gone."""
        assert self._child
        self._child.cancel()
        await workflow.wait([self._child])
        return "stopped"

    async def _outcome(self) -> str:
        assert self._child
        try:
            await self._child
        except STOPPED as error:
            if was_cancelled(error):
                return "stopped"
            workflow.logger.error("the work of a label failed", exc_info=error)
            await self._say_failed()
            return "failed"
        return "done"

    async def _say_failed(self) -> None:
        """Work that was ended from outside could not say it itself."""
        if workflow.patched("failed-work-is-told"):
            log = f"the log of workflow {code(workflow.info().workflow_id)} says why"
            await self._say(f"What the label {code(self._work.label)} asks for failed; {log}. `/retry` tries again.")

    async def _say(self, line: str) -> None:
        await reply(self._work.repo, self._work.issue, f"label-{self._work.label}", [line])


def _same(one: str, other: str) -> bool:
    """GitHub's labels do not tell capitals apart."""
    return one.casefold() == other.casefold()

"""A label on an issue asks for work; taking it off stops the work."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReplyInput
    from activities.github.issues import IssueLabelsInput, LabelSetterInput
    from activities.github.permissions import PermissionInput, PermissionResult
    from activities.github.repo_config import RepoSettingsInput
    from activities.github_activities import (
        CommentActivities,
        IssueActivities,
        PermissionActivities,
        RepoConfigActivities,
    )
    from activities.reporting import command_replies
    from activities.reporting.markdown import code
    from activities.workflow_activities import IsServedInput, WorkflowActivities
    from workflows.activity_calls import ask_for_person
    from workflows.failures import STOPPED, trace_of, was_cancelled
    from workflows.issues.label_routes import LABEL_ROUTES, LabelRoute, LabelWorkflowInput
    from workflows.messages import Said

_NEEDS = "write"

_BEHIND = timedelta(seconds=5)
"""How far GitHub's API may be behind its events."""


@dataclass(frozen=True)
class LabelWorkflowResult:
    """How it ended: `done`, `failed`, `stopped`, `refused` (no permission), `nothing` (the label asks for nothing)."""

    outcome: str


@dataclass(frozen=True)
class LabelOverview:
    """The answer of the query `get_overview`: `status` as of `get_status`, when the work was asked for last, and when
    somebody stopped it last."""

    status: str
    started: Said
    stopped: Said


@workflow.defn(failure_exception_types=[Exception])
class LabelWorkflow:
    """Signals `labelled`, `unlabelled` (GitHub's events, in any order), `stop`, `retry` (by people, with when they said
    so: what was said later is not undone); queries `get_status`, `get_overview`.

    An event only wakes it: whether the label is there is asked from GitHub, so that no order and no loss matters.
    """

    @workflow.init
    def __init__(self, input: LabelWorkflowInput) -> None:
        self._input = input
        self._status = "starting"
        self._changed = False  # an event came that GitHub has not been asked about
        self._by_label = False  # a label asks for the work, and not a person's comment
        self._removed = False  # that event said that the label was taken off
        self._stop = False
        self._started = self._stopped = Said()  # the newest that asked for the work, and that ended it
        self._work: ChildWorkflowHandle[Any, Any] | None = None

    @workflow.run
    async def run(self, input: LabelWorkflowInput) -> LabelWorkflowResult:
        outcome = await self._start_and_follow()
        while outcome == "stopped" and self._changed:  # put on again while its work came to its end
            outcome = await self._start_and_follow()
        self._status = outcome
        return LabelWorkflowResult(outcome)

    @workflow.signal
    def labelled(self, actor: str) -> None:
        """Who puts it on again is who asks for the work: it may start anew. Who that is, GitHub says."""
        self._changed = self._by_label = True

    @workflow.signal
    def unlabelled(self, actor: str) -> None:
        self._changed = self._removed = True

    @workflow.signal
    def stop(self, said: Said | None = None) -> None:
        """By a person, who leaves the label on."""
        if said is None or said >= self._started:
            self._stopped = max(self._stopped, said or self._started)
            self._stop = True

    @workflow.signal
    def retry(self, said: Said | None = None) -> None:
        """Starts the work where it does not run; while it runs there is nothing to retry."""
        if said is None or said >= self._stopped:
            self._started = max(self._started, said or self._stopped)
            self._stop = False

    @workflow.query
    def get_status(self) -> str:
        """`starting`, `running <workflow id>`, or how it ended."""
        return self._status

    @workflow.query
    def get_overview(self) -> LabelOverview:
        return LabelOverview(self._status, self._started, self._stopped)

    async def _start_and_follow(self) -> str:
        input = self._input
        self._changed = self._stop = False
        if not await self._is_labelled():
            await workflow.sleep(_BEHIND)
            if not await self._is_labelled():
                return "nothing"
        settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(input.repo))
        route = next((LABEL_ROUTES[key] for key, name in settings.labels.items() if _same(name, input.label)), None)
        if route is None:
            return "nothing"
        permission = await self._permission()
        if not permission.at_least(_NEEDS):
            if permission.at_least("triage"):
                label = f"The label {code(input.label)}"
                await self._reply(command_replies.needs_permission(label, _NEEDS, permission.level))
            return "refused"
        served = await ask_for_person(WorkflowActivities.is_served, IsServedInput(route.workflow))
        if not served.here:
            await self._reply(command_replies.label_not_served(input.label, route.does))
            return "nothing"
        return await self._follow(route)

    async def _permission(self) -> PermissionResult:
        """Who may label may not yet make the bot work: a label is a command, of who put it on last."""
        if self._by_label:
            self._input = replace(self._input, actor=await self._label_setter())
        if not self._input.actor:
            return PermissionResult("none")
        asked = PermissionInput(self._input.repo, self._input.actor)
        return await ask_for_person(PermissionActivities.get_permission, asked)

    async def _label_setter(self) -> str:
        """The person who put the label on last, "" for a bot and where GitHub names nobody."""
        asked = LabelSetterInput(self._input.repo, self._input.issue, self._input.label)
        setter = await ask_for_person(IssueActivities.get_label_setter, asked)
        if not setter.login:  # GitHub's record may be behind its events
            await workflow.sleep(_BEHIND)
            setter = await ask_for_person(IssueActivities.get_label_setter, asked)
        self._started = max(self._started, Said(setter.at))
        return setter.login if setter.person else ""

    async def _is_labelled(self) -> bool:
        """Now, on GitHub: on an open issue, which is not a pull request."""
        asked = IssueLabelsInput(self._input.repo, self._input.issue)
        issue = await ask_for_person(IssueActivities.get_issue_labels, asked)
        return issue.open and not issue.pull and any(_same(name, self._input.label) for name in issue.labels)

    async def _follow(self, route: LabelRoute) -> str:
        """The work as a child, until it ends or is to be stopped."""
        work_id = route.id(self._input.repo.full_name, self._input.issue)
        try:
            work = self._work = await workflow.start_child_workflow(
                route.workflow,
                self._input,
                id=work_id,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except WorkflowAlreadyStartedError:
            return "done"  # somebody started it by hand, and follows it there
        self._status = f"running {work_id}"
        while not work.done():
            await workflow.wait_condition(lambda: self._changed or self._stop or work.done())
            if self._stop or (self._changed and not await self._is_still_labelled()):
                work.cancel()  # it writes its own last word before it ends
                await workflow.wait([work])
                return "stopped"
        try:
            await work
        except STOPPED as error:
            if was_cancelled(error):
                return "stopped"
            workflow.logger.error(f"label={self._input.label} work=failed", exc_info=trace_of(error))
            # Work that was ended from outside could not say it itself.
            await self._reply(command_replies.label_failed(self._input.label, workflow.info().workflow_id))
            return "failed"
        return "done"

    async def _is_still_labelled(self) -> bool:
        removed, self._changed, self._removed = self._removed, False, False
        there = await self._is_labelled()
        if there and removed:
            await workflow.sleep(_BEHIND)
            there = await self._is_labelled()
        # Somebody else may have put it on again.
        return there and (not self._by_label or (await self._permission()).at_least(_NEEDS))

    async def _reply(self, line: str) -> None:
        input = ReplyInput(self._input.repo, self._input.issue, f"label-{self._input.label}", line)
        await ask_for_person(CommentActivities.reply_comment, input)


def _same(one: str, other: str) -> bool:
    """GitHub's labels ignore case."""
    return one.casefold() == other.casefold()

"""A label on an issue asks for work, and taking it off stops the work; a comment may ask for the same."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReplyInput
    from activities.github.issues import IssueLabelsInput, IssueLabelsResult, LabelSetterInput
    from activities.github.permissions import PermissionInput, PermissionResult
    from activities.github.repo_config import RepoSettingsInput
    from activities.github_activities import (
        CommentActivities,
        IssueActivities,
        PermissionActivities,
        RepoConfigActivities,
    )
    from activities.reporting import command_replies
    from activities.workflow_activities import IsServedInput, WorkflowActivities
    from workflows.activity_calls import ask_for_person
    from workflows.failures import STOPPED, trace_of, was_cancelled
    from workflows.issues.label_routes import LABEL_ROUTES, LabelRoute, LabelWorkflowInput, WorkOrder
    from workflows.messages import AskedWork, Said

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
    somebody stopped it last. `asked` is the comment that the newest work was started for, None for a label."""

    status: str
    started: Said
    stopped: Said
    asked: AskedWork | None = None


@workflow.defn(failure_exception_types=[Exception])
class LabelWorkflow:
    """Signals `labelled`, `unlabelled` (GitHub's events, in any order), `asked`, `stop`, `retry` (by people, with when
    they said so: what was said later is not undone); queries `get_status`, `get_overview`.

    An event only wakes it: whether the label is there is asked from GitHub, so that no order and no loss matters. A
    comment needs no label. One label and one comment ask for one work: it is started here only, and runs once.
    """

    @workflow.init
    def __init__(self, input: LabelWorkflowInput) -> None:
        self._input = input
        self._status = "starting"
        self._changed = False  # an event came that GitHub has not been asked about
        self._by_label = False  # a label asks for the work, and not a person's comment
        self._removed = False  # that event said that the label was taken off
        self._label_there = False  # when it was looked for last
        self._asked: AskedWork | None = None  # a comment that nothing was started for yet
        self._by_comment: AskedWork | None = None  # the one that the work is done for
        self._stop = False
        self._started = self._stopped = Said()  # the newest that asked for the work, and that ended it
        self._work: ChildWorkflowHandle[Any, Any] | None = None  # runs, and nothing ends it

    @workflow.run
    async def run(self, input: LabelWorkflowInput) -> LabelWorkflowResult:
        outcome = await self._start_and_follow()
        # A label that was put on again while its work came to its end, or a comment.
        while self._asked or (outcome == "stopped" and self._changed):
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
    def asked(self, ask: AskedWork) -> None:
        """By a person who may. Where the work runs already, it is what the comment asks for."""
        if ask.said < self._stopped or ask == self._by_comment:
            return
        self._started = max(self._started, ask.said)
        self._stop = False
        if self._work is None:
            self._asked = ask

    @workflow.signal
    def stop(self, said: Said | None = None) -> None:
        """By a person, who leaves the label on."""
        if said is None or said >= self._started:
            self._stopped = max(self._stopped, said or self._started)
            self._stop, self._asked = True, None

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
        return LabelOverview(self._status, self._started, self._stopped, self._by_comment)

    async def _start_and_follow(self) -> str:
        input = self._input
        self._changed = self._stop = False
        self._by_comment, self._asked = self._asked, None
        if not await self._is_asked_for():
            return "nothing"
        settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(input.repo))
        route = next((LABEL_ROUTES[key] for key, name in settings.labels.items() if _same(name, input.label)), None)
        if route is None:
            return "nothing"
        permission = await self._permission()
        if not permission.at_least(_NEEDS):
            if permission.at_least("triage"):
                what = command_replies.what_asks(self._label())
                await self._reply(command_replies.needs_permission(what, _NEEDS, permission.level))
            return "refused"
        served = await ask_for_person(WorkflowActivities.is_served, IsServedInput(route.workflow))
        if not served.here:
            await self._reply(command_replies.work_not_served(self._label(), route.does))
            return "nothing"
        return await self._follow(route)

    async def _permission(self) -> PermissionResult:
        """Who may label may not yet make the bot work: a label is a command, of who put it on last."""
        if self._by_comment:
            self._input = replace(self._input, actor=self._by_comment.actor)
        elif self._by_label:
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

    async def _is_asked_for(self) -> bool:
        """By the label, or by a comment on an open issue."""
        issue = await self._look()
        if self._by_comment:
            return issue.open and not issue.pull
        if not self._label_there:
            await workflow.sleep(_BEHIND)
            await self._look()
        return self._label_there

    async def _look(self) -> IssueLabelsResult:
        """Whether the label is there: now, on GitHub, on an open issue, which is not a pull request."""
        asked = IssueLabelsInput(self._input.repo, self._input.issue)
        issue = await ask_for_person(IssueActivities.get_issue_labels, asked)
        named = any(_same(name, self._input.label) for name in issue.labels)
        self._label_there = issue.open and not issue.pull and named
        return issue

    async def _follow(self, route: LabelRoute) -> str:
        """The work as a child, until it ends or is to be stopped."""
        work_id = route.id(self._input.repo.full_name, self._input.issue)
        said = self._by_comment.said if self._by_comment else self._started
        asked_at = said.at or workflow.now().timestamp()  # an operator's signal names no time
        try:
            work = self._work = await workflow.start_child_workflow(
                route.workflow,
                route.input(WorkOrder(self._input, asked_at, self._by_comment)),
                id=work_id,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except WorkflowAlreadyStartedError:
            self._asked = None
            return "done"  # somebody started it by hand, and follows it there
        self._status, self._asked = f"running {work_id}", None
        while not work.done():
            await workflow.wait_condition(lambda: self._changed or self._stop or work.done())
            if self._stop or (self._changed and not await self._is_still_asked_for()):
                self._work = None
                if self._stop:
                    await _say_stop(work)
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
            await self._reply(command_replies.work_failed(self._label(), workflow.info().workflow_id))
            return "failed"
        finally:
            self._work = None
        return "done"

    async def _is_still_asked_for(self) -> bool:
        """A comment asks for it until the label, put on then or later, is taken off."""
        removed, self._changed, self._removed = self._removed, False, False
        before = self._label_there
        await self._look()
        if self._label_there == removed:  # the event says something else
            await workflow.sleep(_BEHIND)
            await self._look()
        if self._by_comment:
            return self._label_there or not before
        # Somebody else may have put it on again.
        return self._label_there and (not self._by_label or (await self._permission()).at_least(_NEEDS))

    def _label(self) -> str:
        """The label that the work is done for, "" where a comment asked for it."""
        return "" if self._by_comment else self._input.label

    async def _reply(self, line: str) -> None:
        key = f"asked-{self._by_comment.said.comment}" if self._by_comment else f"label-{self._input.label}"
        await ask_for_person(
            CommentActivities.reply_comment, ReplyInput(self._input.repo, self._input.issue, key, line)
        )


async def _say_stop(work: ChildWorkflowHandle[Any, Any]) -> None:
    """So that it says that somebody stopped it: a cancel without this is a label that was taken off."""
    try:
        await work.signal("stop")
    except FailureError as error:  # it has ended
        if was_cancelled(error):
            raise


def _same(one: str, other: str) -> bool:
    """GitHub's labels ignore case."""
    return one.casefold() == other.casefold()

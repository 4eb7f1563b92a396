"""What a person asks for by a comment, a button or a label, when something must be looked up before it can be done."""

from collections.abc import Awaitable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput
    from activities.github.check_runs import SuiteRunsInput
    from activities.github.comments import ReactionInput, ReplyInput
    from activities.github.permissions import PermissionInput, PermissionResult
    from activities.github.pulls import PullInput, PullRequest
    from activities.github.repo_config import RepoSettings, RepoSettingsInput
    from activities.github_activities import (
        BranchActivities,
        CheckRunActivities,
        CommentActivities,
        PermissionActivities,
        PullActivities,
        RepoConfigActivities,
    )
    from activities.model import Head, RepoRef
    from activities.reporting import command_replies
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities, WorkflowQueryInput
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, was_cancelled
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.messages import (
        AcceptBaseline,
        BranchMessage,
        BranchRequest,
        CommandAction,
        CommandInput,
        Fix,
        HelpLine,
        Override,
        PullChanged,
        Pushed,
        Rerun,
        Stop,
        Trust,
    )
    from workflows.quality.branch_state import ContinuousQualityInput


@dataclass(frozen=True)
class CommandResult:
    """What became of a request, in one word: `done`, `refused` (no permission), `nothing` (nothing to do it to)."""

    outcome: str


@workflow.defn(failure_exception_types=[Exception])
class CommandWorkflow:
    """One request, once: its id comes from the comment, the button press or the label. Query: `get_status`."""

    @workflow.init
    def __init__(self, input: CommandInput) -> None:
        self._input = input
        self._status = "running"

    @workflow.run
    async def run(self, input: CommandInput) -> CommandResult:
        match input.kind:
            case "comment":
                self._status = await CommentCommands(input).carry_out()
            case "label":
                self._status = await self._change_label()
            case _:
                self._status = await self._press_button()
        return CommandResult(self._status)

    @workflow.query
    def get_status(self) -> str:
        return self._status

    async def _change_label(self) -> str:
        """Only a label that the configuration names starts anything."""
        input = self._input
        settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(input.repo))
        signalled = False
        for label in settings.labels.values():
            # GitHub does not name a label that was deleted: then it may be any of them.
            if input.label and label.casefold() != input.label.casefold():
                continue
            name = input.label or label
            if input.command == "removed":
                key = ids.label(input.repo.full_name, input.pull, name)
                found = await ask_for_person(WorkflowActivities.query_workflow, WorkflowQueryInput(key, "get_status"))
                if not found.running:  # nothing runs, so nothing has to end
                    continue
            work = LabelWorkflowInput(input.repo, input.pull, name, input.actor, settings.default_branch)
            await signal_label(work, "labelled" if input.command == "added" else "unlabelled", input.actor)
            signalled = True
            if input.label:
                break
        return "done" if signalled else "nothing"

    async def _press_button(self) -> str:
        """GitHub shows buttons to people with write access, who may have lost it since their page was loaded."""
        input = self._input
        try:
            asked = PermissionInput(input.repo, input.actor)
            permission = await ask_for_person(PermissionActivities.get_permission, asked)
        except ActivityError as error:  # fails closed
            if was_cancelled(error):
                raise
            workflow.logger.error(f"permission=unknown actor={input.actor}", exc_info=error)
            return "refused"
        if not permission.at_least("write"):
            return "refused"
        head = await self._head()
        if head is None:
            return "nothing"
        check = input.check.removeprefix("autobuild / ")
        checks = () if check in ("", "gate") else (check,)
        message: BranchMessage = Rerun(input.sha, checks, input.actor, input.delivery)
        if input.command == "fix":
            message = Fix(input.sha, checks, input.actor, input.delivery)
        elif input.command == "accept-baseline":
            message = AcceptBaseline(input.sha, check, input.actor, input.delivery)
        await signal_branch(head, message)
        return "done"

    async def _head(self) -> "CurrentHead | None":
        """The head of the branch that the check run is about, from what we gave the run ourselves; a suite has no list
        of runs, so they are looked up."""
        input = self._input
        external_id, repo = input.external_id, input.repo
        if not external_id:
            runs = (await ask_for_person(CheckRunActivities.list_suite_runs, SuiteRunsInput(repo, input.sha))).runs
            external_id = next((run.external_id for run in runs if run.external_id), "")
        found = ids.parse_quality(external_id.partition("|")[0])
        if not found or (found.owner, found.name) != (repo.owner, repo.name):
            found = ids.BranchId(repo.owner, repo.name, input.branch)  # a gate that somebody started by hand
        if found.pull:
            pull = await ask_for_person(PullActivities.get_pull_request, PullInput(repo, found.pull))
            return await current_head(repo, pull) if pull.state == "open" else None
        if not found.branch:
            return None
        return CurrentHead(Head(repo, input.sha, found.branch), await default_branch(repo))


class CommentCommands:
    """The slash commands of one comment: permissions are looked up now, then each is done, then all are answered at
    once."""

    def __init__(self, input: CommandInput) -> None:
        self._input = input
        self._repo = input.repo
        self._permission = PermissionResult("none")
        self._settings = RepoSettings()

    async def carry_out(self) -> str:
        """`done`, or `refused` where the person may do none of them."""
        input = self._input
        try:
            asked = PermissionInput(self._repo, input.actor)
            self._permission = await ask_for_person(PermissionActivities.get_permission, asked)
        except ActivityError as error:  # fails closed
            if was_cancelled(error):
                raise
            workflow.logger.error(f"permission=unknown actor={input.actor}", exc_info=error)
        if self._permission.at_least("read"):
            asked_settings = RepoSettingsInput(self._repo)
            self._settings = await ask_for_person(RepoConfigActivities.get_repo_settings, asked_settings)
        allowed = [self._allows(action) for action in input.actions]
        reaction = ReactionInput(self._repo, input.comment_id, "eyes" if any(allowed) else "confused")
        await _if_possible(ask_for_person(CommentActivities.add_reaction, reaction))
        replies = []
        for action, ok in zip(input.actions, allowed, strict=True):
            if ok:
                replies.append(await self._reply_to(action))
            elif any(allowed) or self._permission.at_least("triage"):  # anybody else gets the reaction only
                replies.append([self._refusal(action)])
        if any(replies) and self._settings.problem:
            replies.append([command_replies.broken_configuration(self._settings.line, self._settings.judged_by)])
        if body := command_replies.paragraphs(replies):
            reply = ReplyInput(self._repo, input.pull, f"comment-{input.comment_id}", body)
            await _if_possible(ask_for_person(CommentActivities.reply_comment, reply))
        return "done" if any(allowed) else "refused"

    def _needed(self, action: CommandAction | HelpLine) -> str:
        return self._settings.commands.get(action.command, action.permission)

    def _allows(self, action: CommandAction | HelpLine) -> bool:
        return self._permission.at_least(self._needed(action))

    def _refusal(self, action: CommandAction) -> str:
        return command_replies.needs_permission(f"`/{action.command}`", self._needed(action), self._permission.level)

    async def _reply_to(self, action: CommandAction) -> list[str]:
        """Carries it out; the lines to answer, none for a command whose answer is a check run."""
        here = "pull" if self._input.on_pull else "issue"
        if here not in action.on:
            return [command_replies.wrong_place(action.command, self._input.on_pull)]
        if action.do == "reply":
            return list(action.lines)
        if action.do == "help":
            texts = [entry.text for entry in action.entries if here in entry.on and self._allows(entry)]
            return command_replies.help_lines(texts, self._permission.level)
        try:
            return await (self._on_pull(action) if self._input.on_pull else self._on_issue(action))
        except ActivityError as error:
            if was_cancelled(error) or not (reason := for_a_person(error, "")):
                raise
            return [reason]

    async def _on_pull(self, action: CommandAction) -> list[str]:
        """The state of the pull request's gate, or a signal to its branch's workflow."""
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(self._repo, self._input.pull))
        if pull.state != "open":
            return [command_replies.PULL_IS_CLOSED]
        head = await current_head(self._repo, pull)
        overview: Mapping[str, Any] = {}
        trusts = action.request is not None and action.request.signal == "trust"
        if action.do == "status" or action.running or trusts:
            asked = WorkflowQueryInput(ids.branch_workflow(head.head), "get_overview")
            found = await ask_for_person(WorkflowActivities.query_workflow, asked)
            overview = found.answer or {}
            if not found.running:  # whoever ended the branch's workflow ended its gate with it
                overview = {**overview, "gating": False, "waiting": False}
        if action.do == "status":
            return command_replies.pull_status(overview, pull.head_sha)
        if action.running and not (overview.get("gating") or overview.get("waiting")):
            return [command_replies.NO_GATE_RUNS]
        assert action.request
        if trusts and (refusal := _no_trust(action.request, pull, overview, self._input.at)):
            return [refusal]
        await signal_branch(head, _message(action.request, self._input, pull.head_sha))
        if pull.draft and action.request.signal in ("rerun", "override"):  # a draft gets no verdict
            return [command_replies.PULL_IS_DRAFT]
        return []

    async def _on_issue(self, action: CommandAction) -> list[str]:
        """The state of what the labels of this issue started, or a signal to it."""
        number, found = self._input.pull, {}
        for label in self._settings.labels.values():
            asked = WorkflowQueryInput(ids.label(self._repo.full_name, number, label), "get_status")
            found[label] = await ask_for_person(WorkflowActivities.query_workflow, asked)
        if action.do == "status":
            return command_replies.issue_status({label: str(one.answer) for label, one in found.items() if one.there})
        labels = [label for label, one in found.items() if one.there and one.running == action.running]
        for label in labels:
            work = LabelWorkflowInput(self._repo, number, label, self._input.actor, self._settings.default_branch)
            await signal_label(work, action.work_signal)
        if labels:
            return []
        return [command_replies.NO_WORK_RUNS if action.running else command_replies.NO_WORK_TO_RETRY]


def _no_trust(request: BranchRequest, pull: PullRequest, overview: Mapping[str, Any], at: float) -> str:
    """Why the head cannot be trusted; "" where it can. It must have been the head when the comment was made, `at`, by
    GitHub's own times: those of its events, and of the pull request as it is now."""
    if not pull.fork:
        return command_replies.NOT_A_FORK
    if len(request.sha) not in (40, 64):
        return command_replies.whole_sha_needed(pull.head_sha)
    if pull.head_sha != request.sha:
        return command_replies.not_the_head(request.sha, pull.head_sha)
    heard = float(overview.get("head_since") or 0.0) if overview.get("head") == pull.head_sha else 0.0
    since = min(heard or pull.updated_at, pull.updated_at)
    return "" if 0 < since <= at else command_replies.head_since_comment(pull.head_sha)


def _message(request: BranchRequest, input: CommandInput, sha: str) -> BranchMessage:
    """The request, with the head as it is now, and who made it."""
    match request.signal:
        case "rerun":
            return Rerun(sha, request.checks, input.actor, input.delivery)
        case "fix":
            return Fix(sha, request.checks, input.actor, input.delivery)
        case "stop":
            return Stop(sha, input.actor, input.delivery)
        case "override":
            return Override(sha, request.checks[0], request.reason, input.actor, input.delivery)
        case "trust":
            return Trust(sha, input.actor, input.delivery)


async def _if_possible(written: Awaitable[object]) -> None:
    """A thread that is locked or gone takes no answer. The commands are done all the same: as a failure they would be
    done again with the next delivery of the same comment."""
    try:
        await written
    except ActivityError as error:
        if was_cancelled(error) or not (reason := for_a_person(error, "")):
            raise
        workflow.logger.warning(f"write=refused why={reason!r}")


@dataclass(frozen=True)
class CurrentHead:
    """A branch's head as GitHub has it now; `draft` is its pull request's."""

    head: Head
    default_branch: str
    draft: bool = False


async def default_branch(repo: RepoRef) -> str:
    """Its name."""
    return (await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo))).name


async def current_head(repo: RepoRef, pull: PullRequest) -> CurrentHead:
    """The head of a pull request."""
    head = Head(repo, pull.head_sha, pull.head_ref, pull.base_ref, pull=pull.number, fork=pull.fork)
    return CurrentHead(head, await default_branch(repo), pull.draft)


async def signal_branch(current: CurrentHead, message: BranchMessage) -> None:
    """The branch's workflow may have ended, so its head is signalled first."""
    head = current.head
    start = asdict(ContinuousQualityInput.of(head, current.default_branch))
    key = ids.branch_workflow(head)
    state = PullChanged("synchronize", head, current.draft) if head.pull else Pushed(head)
    for each in (state, message):
        signal = SignalWithStartInput("ContinuousQualityWorkflow", key, each.SIGNAL, start, asdict(each))
        await ask_for_person(WorkflowActivities.signal_with_start, signal)


async def signal_label(work: LabelWorkflowInput, signal: str, argument: Any = None) -> None:
    """The workflow of one label on an issue, started where it does not run."""
    key = ids.label(work.repo.full_name, work.issue, work.label)
    started = SignalWithStartInput("LabelWorkflow", key, signal, asdict(work), argument)
    await ask_for_person(WorkflowActivities.signal_with_start, started)

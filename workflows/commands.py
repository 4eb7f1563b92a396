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
    from activities.github.permissions import PermissionResult
    from activities.github.pulls import PullInput, PullRequest
    from activities.github.repo_config import RepoSettings, RepoSettingsInput
    from activities.github_activities import (
        BranchActivities,
        CheckRunActivities,
        CommentActivities,
        PullActivities,
        RepoConfigActivities,
    )
    from activities.model import Head, RepoRef
    from activities.reporting import baseline, command_replies
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities, WorkflowQueryInput
    from workflows import baseline_requests, ids
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
        Override,
        PullChanged,
        Pushed,
        Rerun,
        Stop,
        Trust,
    )
    from workflows.quality.branch_state import ContinuousQualityInput
    from workflows.rights import PersonRights, permission_of, rights_of


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
        accepts = input.command == "accept-baseline"  # it needs more, and is answered
        if not accepts and not (await permission_of(input.repo, input.actor)).at_least("write"):
            return "refused"
        head = await self._head()
        if head is None:
            return "nothing"
        check = input.check.removeprefix("autobuild / ")
        checks = () if check in ("", "gate") else (check,)
        message: BranchMessage = Rerun(input.sha, checks, input.actor, input.delivery)
        if input.command == "fix":
            message = Fix(input.sha, checks, input.actor, input.delivery)
        elif accepts:
            accepting = await baseline_requests.button_message(input, input.actions[0], head.default_branch)
            if isinstance(accepting, str):
                return accepting
            message = accepting
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
        self._rights = PersonRights(PermissionResult("none"), RepoSettings())

    async def carry_out(self) -> str:
        """`done`, or `refused` where the person may do none of them."""
        input = self._input
        rights = self._rights = await rights_of(self._repo, input.actor)
        allowed = [rights.allow(action) for action in input.actions]
        reaction = ReactionInput(self._repo, input.comment_id, "eyes" if any(allowed) else "confused")
        await _if_possible(ask_for_person(CommentActivities.add_reaction, reaction))
        replies = []
        for action, ok in zip(input.actions, allowed, strict=True):
            if ok:
                replies.append(await self._reply_to(action))
            elif any(allowed) or rights.permission.at_least("triage"):  # anybody else gets the reaction only
                replies.append([rights.refusal(action)])
        if any(replies) and rights.settings.problem:
            replies.append([command_replies.broken_configuration(rights.settings.line, rights.settings.judged_by)])
        if body := command_replies.paragraphs(replies):
            reply = ReplyInput(self._repo, input.pull, f"comment-{input.comment_id}", body)
            await _if_possible(ask_for_person(CommentActivities.reply_comment, reply))
        return "done" if any(allowed) else "refused"

    async def _reply_to(self, action: CommandAction) -> list[str]:
        """Carries it out; the lines to answer, none for a command whose answer is a check run."""
        here = "pull" if self._input.on_pull else "issue"
        if here not in action.on:
            typed = f"{action.command} accept" if action.needs else action.command
            return [command_replies.wrong_place(typed, self._input.on_pull)]
        if action.do == "reply":
            return list(action.lines)
        if action.do == "help":
            texts = [entry.text for entry in action.entries if here in entry.on and self._rights.allow(entry)]
            return command_replies.help_lines(texts, self._rights.permission.level)
        try:
            match action.do:
                case "baseline":
                    lines = await baseline_requests.listed(self._repo)
                case "revoke":
                    lines = await baseline_requests.revoke(self._repo, action.target, self._input.actor)
                case _:
                    lines = await (self._on_pull(action) if self._input.on_pull else self._on_issue(action))
        except ActivityError as error:
            if was_cancelled(error) or not (reason := for_a_person(error, "")):
                raise
            lines = [reason]
        return lines

    async def _on_pull(self, action: CommandAction) -> list[str]:
        """The state of the pull request's gate, or a signal to its branch's workflow."""
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(self._repo, self._input.pull))
        if pull.state != "open":
            return [command_replies.PULL_IS_CLOSED]
        head = await current_head(self._repo, pull)
        overview: Mapping[str, Any] = {}
        asks = action.request.signal if action.request else ""
        if action.do == "status" or action.running or asks in ("trust", "accept_baseline"):
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
        was_head = _was_head(pull, overview, self._input.at)
        if refusal := _refusal(action.request, pull, was_head=was_head):
            return [refusal]
        await signal_branch(head, _message(action.request, self._input, pull))
        if pull.draft and action.request.signal in ("rerun", "override"):  # a draft gets no verdict
            return [command_replies.PULL_IS_DRAFT]
        return []

    async def _on_issue(self, action: CommandAction) -> list[str]:
        """The state of what the labels of this issue started, or a signal to it."""
        number, settings, found = self._input.pull, self._rights.settings, {}
        for label in settings.labels.values():
            asked = WorkflowQueryInput(ids.label(self._repo.full_name, number, label), "get_status")
            found[label] = await ask_for_person(WorkflowActivities.query_workflow, asked)
        if action.do == "status":
            return command_replies.issue_status({label: str(one.answer) for label, one in found.items() if one.there})
        labels = [label for label, one in found.items() if one.there and one.running == action.running]
        for label in labels:
            work = LabelWorkflowInput(
                self._repo, number, label, self._input.actor, self._rights.settings.default_branch
            )
            await signal_label(work, action.work_signal)
        if labels:
            return []
        return [command_replies.NO_WORK_RUNS if action.running else command_replies.NO_WORK_TO_RETRY]


def _refusal(request: BranchRequest, pull: PullRequest, *, was_head: bool) -> str:
    """Why the head cannot be trusted, or its findings accepted; "" where that can be tried."""
    if request.signal == "accept_baseline":
        return "" if was_head else baseline.NEWER_HEAD
    if request.signal != "trust":
        return ""
    if not pull.fork:
        return command_replies.NOT_A_FORK
    if len(request.sha) not in (40, 64):
        return command_replies.whole_sha_needed(pull.head_sha)
    if pull.head_sha != request.sha:
        return command_replies.not_the_head(request.sha, pull.head_sha)
    return "" if was_head else command_replies.head_since_comment(pull.head_sha)


def _was_head(pull: PullRequest, overview: Mapping[str, Any], at: float) -> bool:
    """Whether the head was the head when the comment was made, `at`, by GitHub's own times: those of its events, and of
    the pull request as it is now. A person speaks of what can be seen."""
    heard = float(overview.get("head_since") or 0.0) if overview.get("head") == pull.head_sha else 0.0
    return 0 < min(heard or pull.updated_at, pull.updated_at) <= at


def _message(request: BranchRequest, input: CommandInput, pull: PullRequest) -> BranchMessage:
    """The request, with the head as it is now, and who made it."""
    sha = pull.head_sha
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
        case "accept_baseline":
            return AcceptBaseline(
                sha, request.checks[0], input.actor, input.delivery, request.reason, request.until, request.issue,
                pull.number, pull.base_ref, f"accept-{request.checks[0]}-{input.comment_id}",
            )  # fmt: skip


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

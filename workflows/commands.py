"""What a person asks for by a comment, a button or a label, when something must be looked up before it can be done."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput
    from activities.github.check_runs import SuiteRunsInput
    from activities.github.comments import ReplyInput
    from activities.github.pulls import PullInput, PullOfHeadInput
    from activities.github.repo_config import RepoSettingsInput
    from activities.github_activities import (
        BranchActivities,
        CheckRunActivities,
        CommentActivities,
        PullActivities,
        RepoConfigActivities,
    )
    from activities.model import Head
    from activities.reporting import baseline, command_replies
    from activities.workflow_activities import WorkflowActivities, WorkflowQueryInput
    from workflows import baseline_requests, ids
    from workflows.activity_calls import ask_for_person
    from workflows.branches import CurrentHead, current_head, default_branch, request_of_branch
    from workflows.comment_commands import CommentCommands
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.issues.label_signals import signal_label
    from workflows.messages import BranchRequest, CommandInput, HeadRequest, Said
    from workflows.monitoring.alerting import send_alert
    from workflows.rights import permission_of


_BUTTONS = {"fix": "Fix", "retest": "Retest", "accept-baseline": "Accept baseline"}


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
            case "alert":
                assert input.alert
                self._status = "done" if await send_alert(input.alert, "deployments") else "nothing"
            case _:
                self._status = await self._press_button()
        return CommandResult(self._status)

    @workflow.query
    def get_status(self) -> str:
        return self._status

    async def _change_label(self) -> str:
        """Only a label that the configuration names starts anything, and only on an issue."""
        input = self._input
        settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(input.repo))
        if input.on_pull:
            if not any(input.label.casefold() == label.casefold() for label in settings.labels.values()):
                return "nothing"
            answer = command_replies.label_on_pull(input.label)
            await self._reply(input.pull, f"label-{input.label}", answer, once=True)
            return "done"
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
        if input.check in ("autobuild / migration", "autobuild / patch"):  # nothing to run again
            return "nothing"
        accepts = input.command == "accept-baseline"  # it needs more, and is answered
        if not accepts and not (await permission_of(input.repo, input.actor)).at_least("write"):
            return "refused"
        head = await self._head()
        if head is None:
            return "nothing"
        button = _BUTTONS.get(input.command, "Re-run")
        if head.head.sha != input.sha:
            late = baseline.NEWER_HEAD if accepts else command_replies.newer_than_button(button, head.head.sha)
            await self._answer(await self._pull_of(head.head), late)
            return "nothing"
        check = input.check.removeprefix("autobuild / ")
        checks = () if check in ("", "gate") else (check,)
        what = BranchRequest("fix" if input.command == "fix" else "rerun", checks)
        said = Said(input.at, Said.BY_BUTTON)
        request = HeadRequest(what, input.actor, said, button, input.sha, pressed=True, delivery=input.delivery)
        if accepts:
            accepting = await baseline_requests.by_button(input, input.actions[0], request, head.default_branch)
            if accepting is None:
                return "refused"
            request = accepting
        answer = await request_of_branch(head, request)
        await self._answer(answer.pull, answer.refusal)
        return "nothing" if answer.refusal else "done"

    async def _answer(self, pull: int, refusal: str) -> None:
        """Where there is a pull request to answer in, once for each commit."""
        if pull and refusal:
            await self._reply(pull, f"button-{self._input.sha}", refusal)

    async def _reply(self, number: int, key: str, text: str, *, once: bool = False) -> None:
        await ask_for_person(CommentActivities.reply_comment, ReplyInput(self._input.repo, number, key, text, once))

    async def _pull_of(self, head: Head) -> int:
        if head.pull:
            return head.pull
        asked = PullOfHeadInput(head.repo, head.sha, head.branch)
        found = (await ask_for_person(PullActivities.find_pull_of_head, asked)).pull
        return found.number if found else 0

    async def _head(self) -> CurrentHead | None:
        """The head, as it is now, of the branch that the check run is about, from what we gave the run ourselves; a
        suite has no list of runs, so they are looked up."""
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
            if pull.state == "open":
                return await current_head(repo, pull, input.default_branch)
            await self._answer(found.pull, command_replies.PULL_IS_CLOSED)
            return None
        if not found.branch:
            return None
        branch = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo, found.branch))
        if not branch.sha:  # deleted
            return None
        return CurrentHead(Head(repo, branch.sha, found.branch), input.default_branch or await default_branch(repo))

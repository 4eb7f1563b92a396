"""What a person asks for by a comment, a button or a label, when somebody must be looked up before it can be done."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.types.check_runs import SuiteRunsInput, SuiteRunsResult
    from activities.github.types.permissions import PermissionInput, PermissionResult
    from activities.github.types.pulls import PullInput, PullRequest
    from activities.github.types.repo_config import RepoSettings, RepoSettingsInput
    from activities.workflow_activities import WorkflowQueryInput, WorkflowQueryResult
    from workflows import ids
    from workflows.activity_calls import BranchTarget, ask, default_branch, react, reply, target_of, tell, wake_label
    from workflows.commands.comments import CommentCommands
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.messages import AcceptBaseline, CommandInput, ContinuousQualityInput, Fix, Pushed, Rerun


@dataclass(frozen=True)
class CommandResult:
    """What became of a request, in one word: `done`, `refused` (no permission), `nothing` (nothing to do it to)."""

    outcome: str


@workflow.defn(failure_exception_types=[Exception])
class CommandWorkflow:
    """One request, once: its id comes from the comment, the button press or the label. Query: `get_status`."""

    @workflow.init
    def __init__(self, request: CommandInput) -> None:
        self._request = request
        self._status = "running"

    @workflow.run
    async def run(self, request: CommandInput) -> CommandResult:
        self._status = await self._outcome()
        return CommandResult(self._status)

    @workflow.query
    def get_status(self) -> str:
        return self._status

    async def _outcome(self) -> str:
        match self._request.kind:
            case "comment" if self._request.deeds:
                return await CommentCommands(self._request).answer()
            case "comment":
                return await self._words()
            case "label":
                return await self._label()
            case _:
                return await self._button()

    async def _label(self) -> str:
        """Only a label that the configuration names asks for anything."""
        request = self._request
        settings = await ask("get_repo_settings", RepoSettingsInput(request.repo), RepoSettings)
        names = settings.labels.values()
        # GitHub does not name a label that was deleted: then any of them may be gone.
        meant = [name for name in names if not request.label] or (
            [request.label] if request.label.casefold() in [name.casefold() for name in names] else []
        )
        woken = [await self._woken(label, settings.default_branch) for label in meant]
        return "done" if any(woken) else "nothing"

    async def _woken(self, label: str, default_branch: str) -> bool:
        """Whether a label's workflow was told; where none runs there is nothing to end."""
        request = self._request
        if request.command == "removed":
            key = ids.label(request.repo.full_name, request.pull, label)
            if not (await ask("ask_workflow", WorkflowQueryInput(key, "get_status"), WorkflowQueryResult)).running:
                return False
        work = LabelWorkflowInput(request.repo, request.pull, label, request.actor, default_branch)
        await wake_label(work, "labelled" if request.command == "added" else "unlabelled", request.actor)
        return True

    async def _button(self) -> str:
        request = self._request
        target = await self._target()
        if target is None:
            return "nothing"
        check = request.check.removeprefix("autobuild / ")
        checks = () if check in ("", "gate") else (check,)
        if request.command == "fix":
            await tell(target, "fix", Fix(request.sha, checks, request.actor, request.delivery))
        elif request.command == "accept-baseline":
            await tell(target, "accept_baseline", AcceptBaseline(request.sha, check, request.actor, request.delivery))
        else:
            await tell(target, "rerun", Rerun(request.sha, checks, request.actor, request.delivery))
        return "done"

    async def _target(self) -> BranchTarget | None:
        """From what we gave the run ourselves; a suite has no list of runs, so they are asked for."""
        request = self._request
        external = request.external_id or await self._external_id()
        key = external.partition("|")[0]
        if not key.startswith(f"quality:{request.repo.full_name}"):
            key = ids.quality(request.repo.full_name, request.branch)  # a gate that somebody started by hand
        name, _, number = key.removeprefix("quality:").rpartition("#")
        if name == request.repo.full_name and number.isdecimal():
            pull = await ask("get_pull_request", PullInput(request.repo, int(number)), PullRequest)
            return await target_of(request.repo, pull) if pull.state == "open" else None
        branch = key.removeprefix(f"quality:{request.repo.full_name}@")
        if not branch or branch == key:
            return None
        start = ContinuousQualityInput(request.repo, branch, default_branch=await default_branch(request.repo))
        return BranchTarget(key, start, Pushed(request.sha))

    async def _external_id(self) -> str:
        wanted = SuiteRunsInput(self._request.repo, self._request.sha)
        runs = (await ask("list_suite_runs", wanted, SuiteRunsResult)).runs
        return next((run.external_id for run in runs if run.external_id), "")

    async def _words(self) -> str:
        """A comment as it came before there were deeds: what waits in a history is still carried out."""
        request = self._request
        level = await ask("get_permission", PermissionInput(request.repo, request.actor), PermissionResult)
        if not level.at_least(request.permission):
            await react(request.repo, request.comment_id, "confused")
            return "refused"
        await react(request.repo, request.comment_id, "eyes")
        asks = [(request.command, *request.args), *request.more]
        said = [line for command, *args in asks for line in await self._word(command, *args)]
        await reply(request.repo, request.pull, f"comment-{request.comment_id}", said)
        return "done"

    async def _word(self, command: str, *args: str) -> list[str]:
        if command in ("help", "mistake"):
            return [f"- {line}" if command == "help" else line for line in args]
        pull = await ask("get_pull_request", PullInput(self._request.repo, self._request.pull), PullRequest)
        if pull.state != "open":
            return ["This pull request is closed, so nothing was run."]
        target = await target_of(self._request.repo, pull)
        if command != "ok-to-test":
            rerun = Rerun(pull.head_sha, tuple(args), self._request.actor, self._request.delivery)
            await tell(target, "rerun", rerun)
        elif pull.fork and pull.head_sha.startswith(args[0]):
            await tell(target, "trust", pull.head_sha)
        else:
            return [f"The head of this pull request is `{pull.head_sha}`; nothing was run."]
        return []

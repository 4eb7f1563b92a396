"""`/init`: a pull request with a repository's first configuration. One runs for each repository at a time."""

from dataclasses import asdict, dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReplyInput
    from activities.github.first_configuration import FirstConfigInput
    from activities.github.pulls import CreatePullInput
    from activities.github_activities import CommentActivities, FirstConfigActivities, PullActivities
    from activities.model import RepoRef
    from activities.reporting import first_configuration as texts
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person, until_done, write
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, WorkflowTimeouts
    from workflows.failures import STOPPED, for_a_person, trace_of, was_cancelled
    from workflows.messages import CommandInput, InitRequest


@dataclass(frozen=True)
class FirstConfigWorkflowInput:
    """The argument of `FirstConfigurationWorkflow`."""

    repo: RepoRef


@dataclass(frozen=True)
class FirstConfigWorkflowResult:
    """The pull request, 0 where there is none."""

    pull: int = 0


@workflow.defn(failure_exception_types=[Exception])
class FirstConfigurationWorkflow:
    """Signal `asked`: a person's `/init`. Whoever asks while it works gets the same answer, and one who asks later the
    same pull request, as long as that is open."""

    @workflow.init
    def __init__(self, input: FirstConfigWorkflowInput) -> None:
        self._repo = input.repo
        self._requests: dict[int, InitRequest] = {}

    @workflow.run
    async def run(self, input: FirstConfigWorkflowInput) -> FirstConfigWorkflowResult:
        await workflow.wait_condition(lambda: bool(self._requests))
        pull = 0
        while self._requests:
            stop = False
            try:
                answer, pull = await self._propose()
            except STOPPED as error:
                stop = was_cancelled(error)
                answer = texts.STOPPED if stop else self._failed(error)
            requests, self._requests = self._requests, {}
            for request in requests.values():
                await self._answer(request, answer)
            if stop:
                break
        return FirstConfigWorkflowResult(pull)

    @workflow.signal
    def asked(self, request: InitRequest) -> None:
        self._requests[request.comment_id] = request

    async def _propose(self) -> tuple[str, int]:
        """(the answer, the pull request)."""
        found = await workflow.execute_activity_method(
            FirstConfigActivities.write_first_config,
            FirstConfigInput(self._repo),
            start_to_close_timeout=ActivityTimeouts.WORKSPACE,
            schedule_to_close_timeout=WorkflowTimeouts.COMMAND,
            heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
            retry_policy=until_done(),
        )
        if found.exists:
            return texts.already_there(found.exists, found.base), 0
        if found.kept:
            return texts.kept(found.kept), found.kept
        wanted = CreatePullInput(self._repo, found.branch, found.base, texts.PULL_TITLE, found.body)
        pull = await ask_for_person(PullActivities.create_pull_request, wanted)
        return texts.proposed(pull.number), pull.number

    def _failed(self, error: BaseException) -> str:
        if not (reason := for_a_person(error, "")):
            workflow.logger.error(f"init=failed repo={self._repo.full_name}", exc_info=trace_of(error))
        return reason or texts.failed(workflow.info().workflow_id)

    async def _answer(self, request: InitRequest, answer: str) -> None:
        """Once for each comment: what is true later is another comment's answer."""
        reply = ReplyInput(self._repo, request.number, f"init-{request.comment_id}", answer, once=True)
        await write(CommentActivities.reply_comment, reply)


async def ask_for_configuration(input: CommandInput) -> list[str]:
    """Sends a person's `/init` to the repository's workflow, which answers it: there is nothing to add."""
    signalled = SignalWithStartInput(
        "FirstConfigurationWorkflow",
        ids.first_configuration(input.repo.full_name),
        "asked",
        asdict(FirstConfigWorkflowInput(input.repo)),
        asdict(InitRequest(input.pull, input.comment_id)),
    )
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    return []

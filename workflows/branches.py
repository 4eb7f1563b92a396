"""Reaching the workflow of a branch from another one, whether it runs or not."""

from dataclasses import asdict, dataclass, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput, PushTimeInput
    from activities.github.pulls import PullRequest
    from activities.github_activities import BranchActivities
    from activities.model import Head, RepoRef
    from activities.workflow_activities import (
        BranchRequestInput,
        RequestAnswer,
        SignalWithStartInput,
        WorkflowActivities,
    )
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.messages import BranchMessage, HeadRequest, PullChanged, Pushed
    from workflows.quality.branch_state import ContinuousQualityInput


@dataclass(frozen=True)
class CurrentHead:
    """A branch's head as GitHub has it now, which it already was at `since`; `draft` is its pull request's."""

    head: Head
    default_branch: str
    draft: bool = False
    since: float = 0.0


async def default_branch(repo: RepoRef) -> str:
    """Its name."""
    return (await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo))).name


async def current_head(repo: RepoRef, pull: PullRequest, default: str = "") -> CurrentHead:
    """The head of a pull request; `default` is the name of the default branch, if that is known."""
    head = Head(repo, pull.head_sha, pull.head_ref, pull.base_ref, pull=pull.number, fork=pull.fork)
    return CurrentHead(head, default or await default_branch(repo), pull.draft, pull.updated_at)


async def signal_branch(current: CurrentHead, message: BranchMessage) -> None:
    """The branch's workflow may have ended, so its head is signalled first."""
    for each in (_state(current), message):
        await ask_for_person(WorkflowActivities.signal_with_start, _signal(current, each))


async def request_of_branch(current: CurrentHead, request: HeadRequest) -> RequestAnswer:
    """What a person asks, and the branch's answer. Asked again, it is the same request."""
    answer = await _request(current, request, f"{request.said.place}")
    if answer.unsure:
        head = current.head
        asked = PushTimeInput(head.repo, head.sha, "" if head.fork else head.branch)
        pushed = await ask_for_person(BranchActivities.get_push_time, asked)
        known = replace(request, pushed_at=pushed.at or request.seen_at)
        answer = await _request(current, known, f"{request.said.place}-again")
    return answer


async def _request(current: CurrentHead, request: HeadRequest, name: str) -> RequestAnswer:
    request_id = f"{workflow.info().workflow_id}-{name}"
    asked = BranchRequestInput(_signal(current, _state(current)), asdict(request), request_id)
    return await ask_for_person(WorkflowActivities.request_of_branch, asked)


def _state(current: CurrentHead) -> BranchMessage:
    head = current.head
    if head.pull:
        return PullChanged("synchronize", head, current.draft, sent_at=current.since)
    return Pushed(head)


def _signal(current: CurrentHead, message: BranchMessage) -> SignalWithStartInput:
    head = current.head
    start = asdict(ContinuousQualityInput.of(head, current.default_branch))
    key = ids.branch_workflow(head)
    return SignalWithStartInput("ContinuousQualityWorkflow", key, message.SIGNAL, start, asdict(message))

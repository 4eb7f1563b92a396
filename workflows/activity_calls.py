"""What the workflows behind comments, buttons and labels ask for, and how a branch's workflow is told something."""

from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.types.branches import BranchInfoInput, BranchInfoResult
    from activities.github.types.comments import ReactionInput, ReplyInput
    from activities.github.types.pulls import PullRequest
    from activities.model import RepoRef
    from activities.workflow_activities import SignalWithStartInput
    from workflows import ids
    from workflows.config import ActivityTimeouts, WorkflowTimeouts
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.messages import ContinuousQualityInput, PullChanged, Pushed
    from workflows.quality.publishing import until_done

T = TypeVar("T")

QUALITY = "ContinuousQualityWorkflow"


@dataclass(frozen=True)
class BranchTarget:
    """The branch's workflow that a request is about, and the head it knows."""

    key: str
    branch: ContinuousQualityInput
    news: Pushed | PullChanged


async def ask(activity: str, argument: Any, result: type[T] | None) -> T:
    """One activity, tried as long as a person may reasonably wait: GitHub may be away for an hour."""
    return await workflow.execute_activity(  # type: ignore[no-any-return]
        activity,
        argument,
        result_type=result,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        schedule_to_close_timeout=WorkflowTimeouts.COMMAND,
        retry_policy=until_done(),
    )


async def react(repo: RepoRef, comment_id: int, content: str) -> None:
    """A sign at the comment that it was seen."""
    await ask("add_reaction", ReactionInput(repo, comment_id, content), None)


async def reply(repo: RepoRef, number: int, key: str, lines: list[str]) -> None:
    """One answer for each `key`, and none without words."""
    if lines:
        await ask("reply_comment", ReplyInput(repo, number, key, "\n".join(lines)), None)


async def default_branch(repo: RepoRef) -> str:
    """Its name."""
    return (await ask("branch_info", BranchInfoInput(repo), BranchInfoResult)).name


async def target_of(repo: RepoRef, pull: PullRequest) -> BranchTarget:
    """The workflow of a pull request's head branch; a fork's is known by the pull's number."""
    name = repo.full_name
    key = ids.quality_of_fork(name, pull.number) if pull.fork else ids.quality(name, pull.head_ref)
    start = ContinuousQualityInput(
        repo, pull.head_ref, pull.number if pull.fork else 0, pull.fork, await default_branch(repo)
    )  # fmt: skip
    news = PullChanged("synchronize", pull.number, pull.head_sha, pull.base_ref, pull.base_sha, pull.draft, pull.fork)
    return BranchTarget(key, start, news)


async def tell(target: BranchTarget, signal: str, message: Any) -> None:
    """The branch's workflow may be gone, so it is told where its head is first."""
    news = "pull_changed" if isinstance(target.news, PullChanged) else "pushed"
    for name, argument in ((news, target.news), (signal, message)):
        plain = asdict(argument) if is_dataclass(argument) and not isinstance(argument, type) else argument
        await ask("wake", SignalWithStartInput(QUALITY, target.key, name, asdict(target.branch), plain), None)


async def wake_label(work: LabelWorkflowInput, signal: str, argument: Any = None) -> None:
    """The workflow of one label on an issue, started where it does not run."""
    key = ids.label(work.repo.full_name, work.issue, work.label)
    await ask("wake", SignalWithStartInput("LabelWorkflow", key, signal, asdict(work), argument), None)

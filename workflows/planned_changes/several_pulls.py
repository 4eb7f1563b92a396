"""Pull requests of one change in several repositories: ready in the order of their tasks, or none of them."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.pulls import PullInput
    from activities.github_activities import PullActivities
    from activities.planned_changes import texts
    from workflows.activity_calls import ask_for_person
    from workflows.planned_changes.following_ci import CiFollower
    from workflows.planned_changes.state import RepositoryChange
    from workflows.planned_changes.stopping import Stop

_LOOK_EVERY = timedelta(seconds=30)
_MERGED_WITHIN = timedelta(hours=6)
"""A gate may take so long; a merge that waits for a review takes longer, and then a person merges the others too."""


async def ready_in_order(followers: Sequence[CiFollower], lacking: Sequence[str], stop: Stop) -> str:
    """Where something is lacking in one of them, all stay drafts. Else each is marked ready once those before it are
    merged, if their repositories merge by themselves, and at once where people merge. The sentence why some stayed
    drafts, "" where none did."""
    if lacking:
        for each in followers:
            await each.ask_for_review(draft=True)
        return texts.ALL_OR_NONE
    for at, each in enumerate(followers):
        await each.ask_for_review(draft=False)
        rest = followers[at + 1 :]
        if rest and _merges_itself(each.where) and not await _merged(each, stop):
            for other in rest:
                await other.ask_for_review(draft=True)
            return texts.not_merged_in_time(each.where.name)
    return ""


def _merges_itself(where: RepositoryChange) -> bool:
    """Whether its configuration has `auto_merge`."""
    return bool(where.outcome and where.outcome.plan and where.outcome.plan.auto_merge)


async def _merged(follower: CiFollower, stop: Stop) -> bool:
    started = workflow.now()
    while workflow.now() - started < _MERGED_WITHIN:
        repo, number = follower.where.workspace.repo, follower.pull.number
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(repo, number))
        if pull.state != "open":
            return pull.merged
        try:
            await workflow.wait_condition(lambda: stop.asked, timeout=_LOOK_EVERY)
        except TimeoutError:
            continue
        stop.go_on()
    return False

"""A pull is merged at just the head that was meant, once, and never against the rules of its branch."""

import asyncio
from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR
from activities.github.merging import MergeInput, MergeResult
from activities.github_activities import MergeActivities
from activities.model import RepoRef
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid

UNNAMED = "a review, or whatever else the rules of main require"


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def wanted(simulated: SimulatedGitHub, repo: RepoRef, head: str) -> MergeInput:
    return MergeInput(repo, (await simulated.pulls.open_pull(NAME, "topic/one", title="One")).number, head)


async def tip(simulated: SimulatedGitHub) -> git.Commit:
    path = simulated.store.repository(NAME).path
    return (await git.log(path, "main", limit=1))[0]


async def refused(merging: MergeActivities, wanted: MergeInput) -> str:
    """What a person is told."""
    with pytest.raises(ApplicationError) as caught:
        await merging.merge_pull_request(wanted)
    assert (caught.value.type, caught.value.non_retryable) == (USER_ERROR, True)
    return caught.value.message


async def test_pull_is_merged_once(simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput) -> None:
    first, second = await merging.merge_pull_request(wanted), await merging.merge_pull_request(wanted)
    assert first == MergeResult((await tip(simulated)).sha, changed=True)
    assert second == MergeResult(first.sha, changed=False)
    assert simulated.store.issue(NAME, wanted.number).state == "closed"
    (sent,) = [each.request for each in simulated.requests if each.path.endswith("/merge")]
    assert sent == {"sha": wanted.head_sha, "merge_method": "squash"}


async def test_lost_answer_merges_nothing_twice(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.faults.add("PUT", ".*/merge", "half", after=True)
    with pytest.raises(ApplicationError) as caught:
        await merging.merge_pull_request(wanted)
    assert not caught.value.non_retryable
    assert await merging.merge_pull_request(wanted) == MergeResult((await tip(simulated)).sha, changed=False)


async def test_title_and_message_are_the_commits(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    await merging.merge_pull_request(
        MergeInput(wanted.repo, wanted.number, wanted.head_sha, "squash", "Title", "Why.\n\nHow.")
    )
    assert (await tip(simulated)).message.strip() == "Title\n\nWhy.\n\nHow."


@pytest.mark.parametrize(
    ("allowed", "method", "parents"),
    [
        (["squash", "merge", "rebase"], "", 1), (["merge", "rebase"], "", 2), (["rebase"], "", 1),
        (["squash", "merge"], "merge", 2),
    ],
)  # fmt: skip
async def test_first_allowed_method_is_used(
    simulated: SimulatedGitHub,
    merging: MergeActivities,
    wanted: MergeInput,
    allowed: list[str],
    method: str,
    parents: int,
) -> None:
    simulated.repositories.allow_methods(NAME, allowed)
    merge = MergeInput(wanted.repo, wanted.number, wanted.head_sha, method)  # type: ignore[arg-type]
    assert (await merging.merge_pull_request(merge)).changed
    assert len((await tip(simulated)).parents) == parents


async def test_method_that_is_not_allowed_is_refused(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.repositories.allow_methods(NAME, ["merge", "rebase"])
    said = await refused(merging, MergeInput(wanted.repo, wanted.number, wanted.head_sha, "squash"))
    assert said == "The merge method `squash` is not allowed here. Use `merge` or `rebase`."
    simulated.protection.protect(NAME, "main", linear=True, ruleset=True)
    said = await refused(merging, MergeInput(wanted.repo, wanted.number, wanted.head_sha, "merge"))
    assert said == "The merge method `merge` is not allowed here. Use `rebase`."
    simulated.repositories.allow_methods(NAME, ["merge"])
    assert "allow no merge method" in await refused(merging, wanted)
    assert asked(simulated, "PUT", "/merge") == 0


async def test_other_head_is_not_merged(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"a.py": "import re\n"})
    assert await refused(merging, wanted) == (
        f"#1 is at `{newer}`, not at `{wanted.head_sha}`, which was to be merged. Check it again."
    )
    await simulated.merging.merge_pull(NAME, wanted.number)
    assert f"#1 was merged at `{newer}`, not at `{wanted.head_sha}`" in await refused(merging, wanted)
    assert "not at , which was to be merged" in await refused(merging, MergeInput(wanted.repo, wanted.number, ""))


async def test_push_at_the_last_moment_is_not_merged(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    fault = simulated.faults.add("PUT", ".*/merge", "hold")
    task = asyncio.create_task(refused(merging, wanted))
    await simulated.store.wait_for(lambda: fault.seen)
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"a.py": "import re\n"})
    fault.release()
    assert f"#1 is at `{newer}`" in await task
    assert simulated.store.issue(NAME, wanted.number).state == "open"


async def test_base_moved_at_the_last_moment_is_retried(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.faults.add("PUT", ".*/merge", "status", status=409)
    with pytest.raises(ApplicationError) as caught:
        await merging.merge_pull_request(wanted)
    assert (caught.value.type, caught.value.non_retryable) == ("Conflict", False)
    assert (await merging.merge_pull_request(wanted)).changed


async def test_impossible_merge_is_a_user_error(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.pulls.set_draft(NAME, wanted.number, True)
    assert await refused(merging, wanted) == "#1 is a draft. Mark it as ready for review first."
    simulated.pulls.set_draft(NAME, wanted.number, False)
    await simulated.pulls.close_pull(NAME, wanted.number)
    assert await refused(merging, wanted) == "#1 is closed. Reopen it to merge it."
    await simulated.pulls.reopen_pull(NAME, wanted.number)
    await simulated.pushes.push_commit(NAME, "main", {"a.py": "import re\n"})
    assert await refused(merging, wanted) == (
        "#1 conflicts with `main`. Merge `main` into it and resolve the conflicts."
    )
    assert asked(simulated, "PUT", "/merge") == 0


async def test_pull_behind_a_strict_base_is_refused(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.protection.protect(NAME, "main", checks=["ci"], strict=True)
    await simulated.statuses.set_status(NAME, wanted.head_sha, "success", "ci")
    await simulated.pushes.push_commit(NAME, "other", {"c.py": ""})
    other = (await simulated.pulls.open_pull(NAME, "other")).number
    await simulated.statuses.set_status(NAME, simulated.store.pull(NAME, other)[2].head_sha, "success", "ci")
    await simulated.merging.merge_pull(NAME, other)
    assert await refused(merging, wanted) == (
        "#1 is behind `main`, whose rules require it to be up to date. Merge `main` into it first."
    )


async def test_unknown_mergeability_is_retried(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.merging.delay_mergeable(NAME, wanted.number)
    with pytest.raises(ApplicationError) as caught:
        await merging.merge_pull_request(wanted)
    assert not caught.value.non_retryable
    assert caught.value.next_retry_delay
    assert (await merging.merge_pull_request(wanted)).changed


@pytest.mark.parametrize("ruleset", [True, False])
async def test_required_checks_are_waited_for(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput, ruleset: bool
) -> None:
    simulated.protection.protect(NAME, "main", checks=["ci", "autobuild / gate"], ruleset=ruleset)
    repo = simulated.store.repository(NAME)
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, ("autobuild / gate", "ci"))
    run = await simulated.checks.create_run(repo, wanted.head_sha, "autobuild / gate", {"status": "in_progress"})
    await simulated.statuses.set_status(NAME, wanted.head_sha, "success", "CI")
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, ("autobuild / gate",))
    simulated.checks.update_run(repo, run, {"status": "completed", "conclusion": "failure"})
    assert await refused(merging, wanted) == "#1 cannot be merged: `autobuild / gate` must pass first."
    await simulated.checks.create_run(repo, wanted.head_sha, "autobuild / gate", {"conclusion": "neutral"})
    assert (await merging.merge_pull_request(wanted)).changed


async def test_status_and_run_of_one_name_are_both_required(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.protection.protect(NAME, "main", checks=["ci"])
    await simulated.checks.create_run(
        simulated.store.repository(NAME), wanted.head_sha, "ci", {"conclusion": "success"}
    )
    await simulated.statuses.set_status(NAME, wanted.head_sha, "pending", "ci")
    assert (await merging.merge_pull_request(wanted)).waits_for == ("ci",)
    await simulated.statuses.set_status(NAME, wanted.head_sha, "error", "ci")
    assert "`ci` must pass first" in await refused(merging, wanted)


async def test_optional_check_does_not_block(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    await simulated.statuses.set_status(NAME, wanted.head_sha, "failure", "ci")
    assert (await merging.merge_pull_request(wanted)).changed


async def test_bypass_permission_is_not_used(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.repositories.set_permission(NAME, "autobuild[bot]", "admin")
    simulated.protection.protect(NAME, "main", checks=["ci"], reviews=1)
    await simulated.statuses.set_status(NAME, wanted.head_sha, "failure", "ci")
    assert "`ci` must pass first" in await refused(merging, wanted)
    await simulated.statuses.set_status(NAME, wanted.head_sha, "success", "ci")
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, (UNNAMED,))
    assert asked(simulated, "PUT", "/merge") == 0


async def test_ruleset_reviews_are_waited_for(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.protection.protect(NAME, "main", reviews=2, ruleset=True, checks=["ci"])
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, ("ci", "2 more approvals"))
    await simulated.statuses.set_status(NAME, wanted.head_sha, "success", "ci")
    for login in ("example-one", "example-two", "reader"):
        simulated.repositories.set_permission(NAME, login, "read" if login == "reader" else "write")
    simulated.reviews.approve(NAME, wanted.number, "example-one")
    simulated.reviews.approve(NAME, wanted.number, "example-one")
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, ("1 more approval",))
    # Only GitHub knows that this one does not count.
    simulated.reviews.approve(NAME, wanted.number, "reader")
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, (UNNAMED,))
    simulated.reviews.review(NAME, wanted.number, "CHANGES_REQUESTED", "example-one")
    assert await merging.merge_pull_request(wanted) == MergeResult("", False, ("1 more approval",))
    for login in ("example-one", "example-two"):
        simulated.reviews.approve(NAME, wanted.number, login)
    assert (await merging.merge_pull_request(wanted)).changed


async def test_rule_named_only_in_the_refusal(
    simulated: SimulatedGitHub, merging: MergeActivities, wanted: MergeInput
) -> None:
    simulated.protection.protect(NAME, "main", pushers=["octocat"])
    said = await refused(merging, wanted)
    assert "The rules of `main` do not allow this" in said
    assert "not authorized to push to this branch" in said

"""Branches whose end nobody heard of, and never will: their workflows end all the same."""

import pytest

from tests.end_to_end.repos import configured
from tests.end_to_end.test_reconciliation import reconcile
from tests.stage import Stage
from workflows.event_recovery.reconciliation import ReconciliationInput

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = ReconciliationInput(quiet_s=-60)
ENDINGS = ("repository", "push", "delete", "pull_request", "installation", "installation_repositories", "merge_group")


async def gated(stage: Stage, name: str = "", branch: str = "change") -> str:
    """A repository with one gated branch."""
    repo = await stage.repository(configured(), name=name)
    sha = await stage.push(repo, {"a.txt": "x\n"}, branch=branch, login=repo.partition("/")[0])
    await stage.verdict(repo, sha)
    return repo


def deaf(stage: Stage) -> None:
    """From now on nothing is heard, and GitHub's log does not know of it."""
    for event in ENDINGS:
        stage.github.hooks.drop(event, 100, recorded=False)


def hearing(stage: Stage) -> None:
    for event in ENDINGS:
        stage.github.hooks.drop(event, 0)


async def ended(stage: Stage, workflow_id: str) -> bool:
    return await stage.workflows.wait_for_result(workflow_id, 30) is None


async def test_what_is_gone_without_a_word_ends(stage: Stage) -> None:
    renamed, deleted = await gated(stage), await gated(stage, branch="gone")
    left, there = await gated(stage, name="example-2/left-out"), await gated(stage)
    await stage.push(deleted, {"b.txt": "x\n"}, branch="kept")
    deaf(stage)
    stage.github.rename_repository(renamed, "another-name")
    await stage.github.delete_branch(deleted, "gone")
    installation = stage.github.installation_of(stage.github.repository(left))
    assert installation
    stage.github.remove_from_installation(installation.id, left)
    hearing(stage)
    await reconcile(stage)  # What has only just begun is left alone.
    assert (await stage.workflows.get_workflow_status(f"quality:{deleted}@gone")).status == "running"
    assert (await reconcile(stage, ALL)).ended >= 3
    for gone in (f"{renamed}@change", f"{deleted}@gone", f"{left}@change"):
        assert await ended(stage, f"quality:{gone}")
    for kept in (f"{there}@change", f"{deleted}@kept"):
        assert (await stage.workflows.get_workflow_status(f"quality:{kept}")).status == "running"
    stage.github.add_to_installation(installation.id, left)


async def test_a_forks_pull_that_was_closed_without_a_word(stage: Stage) -> None:
    repo = await stage.repository(configured())
    fork = await stage.github.add_fork(repo, "stranger-2")
    numbers = []
    for branch in ("one", "two"):
        sha = await stage.github.push_commit(fork.full_name, branch, {"a.txt": f"{branch}\n"}, login="stranger-2")
        numbers.append(await stage.pull(repo, branch=f"stranger-2:{branch}", login="stranger-2"))
        await stage.verdict(repo, sha)
    deaf(stage)
    await stage.github.close_pull(repo, numbers[0])
    hearing(stage)
    await reconcile(stage, ALL)
    assert await ended(stage, f"quality:{repo}#{numbers[0]}")
    assert (await stage.workflows.get_workflow_status(f"quality:{repo}#{numbers[1]}")).status == "running"


async def test_an_installation_that_sleeps_keeps_its_branches(stage: Stage) -> None:
    repo = await gated(stage, name="example-4/sleeps")
    installation = stage.github.installation_of(stage.github.repository(repo))
    assert installation
    deaf(stage)
    stage.github.suspend(installation.id)
    await reconcile(stage, ALL)
    assert (await stage.workflows.get_workflow_status(f"quality:{repo}@change")).status == "running"
    stage.github.unsuspend(installation.id)
    hearing(stage)


async def test_a_pull_that_nobody_told_of_before_the_rename_has_its_comment(stage: Stage) -> None:
    """Its head has a verdict, given under the old name; there is nobody to say so."""
    repo = await gated(stage)
    deaf(stage)
    number = await stage.pull(repo)
    await stage.github.hooks.idle()
    hearing(stage)
    stage.github.rename_repository(repo, "told-late")
    assert "passed" in (await stage.comment("octocat/told-late", number)).lower()
    await reconcile(stage)
    branch = stage.temporal.get_workflow_handle("quality:octocat/told-late@change")
    assert await branch.query("get_stats") == {"gates": 1, "heads": 1}

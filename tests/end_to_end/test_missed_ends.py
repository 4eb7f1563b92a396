"""Branches whose last event is lost for good: their workflows end all the same."""

import pytest

from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import configured
from tests.end_to_end.test_reconciliation import reconcile
from tests.stack import Stack
from workflows.event_recovery.reconciliation import ReconciliationInput

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = ReconciliationInput(quiet_s=-60)
ENDINGS = ("repository", "push", "delete", "pull_request", "installation", "installation_repositories", "merge_group")


async def gated(stack: Stack, name: str = "", branch: str = "change") -> str:
    """A repository with one gated branch."""
    repo = await stack.repository(configured(), name=name)
    sha = await stack.push(repo, {"a.txt": "x\n"}, branch=branch, login=repo.partition("/")[0])
    await stack.verdict(repo, sha)
    return repo


def deaf(stack: Stack) -> None:
    """From now on no event arrives, and GitHub's log has none of them."""
    for event in ENDINGS:
        stack.github.webhooks.faults.drop(event, 100, recorded=False)


def hearing(stack: Stack) -> None:
    for event in ENDINGS:
        stack.github.webhooks.faults.drop(event, 0)


async def ended(stack: Stack, workflow_id: str) -> bool:
    return await stack.workflows.wait_for_result(workflow_id, WITHIN_S) is None


async def test_branch_deleted_without_event_ends(stack: Stack) -> None:
    renamed, deleted = await gated(stack), await gated(stack, branch="gone")
    left, there = await gated(stack, name="example-2/left-out"), await gated(stack)
    await stack.push(deleted, {"b.txt": "x\n"}, branch="kept")
    deaf(stack)
    stack.github.repositories.rename_repository(renamed, "another-name")
    await stack.github.pushes.delete_branch(deleted, "gone")
    installation = stack.github.store.installation_of(stack.github.store.repository(left))
    assert installation
    stack.github.installations.remove_from_installation(installation.id, left)
    hearing(stack)
    await reconcile(stack)  # What has only just begun is left alone.
    assert (await stack.workflows.get_workflow_status(f"quality:{deleted}@gone")).status == "running"
    assert (await reconcile(stack, ALL)).ended >= 3
    for gone in (f"{renamed}@change", f"{deleted}@gone", f"{left}@change"):
        assert await ended(stack, f"quality:{gone}")
    for kept in (f"{there}@change", f"{deleted}@kept"):
        assert (await stack.workflows.get_workflow_status(f"quality:{kept}")).status == "running"
    stack.github.installations.add_to_installation(installation.id, left)


async def test_fork_pull_closed_without_event_ends(stack: Stack) -> None:
    repo = await stack.repository(configured())
    fork = await stack.github.repositories.add_fork(repo, "stranger-2")
    numbers = []
    for branch in ("one", "two"):
        sha = await stack.github.pushes.push_commit(
            fork.full_name, branch, {"a.txt": f"{branch}\n"}, login="stranger-2"
        )
        numbers.append(await stack.pull(repo, branch=f"stranger-2:{branch}", login="stranger-2"))
        await stack.verdict(repo, sha)
    deaf(stack)
    await stack.github.pulls.close_pull(repo, numbers[0])
    hearing(stack)
    await reconcile(stack, ALL)
    assert await ended(stack, f"quality:{repo}#{numbers[0]}")
    assert (await stack.workflows.get_workflow_status(f"quality:{repo}#{numbers[1]}")).status == "running"


async def test_suspended_installation_keeps_its_branches(stack: Stack) -> None:
    repo = await gated(stack, name="example-4/sleeps")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    deaf(stack)
    stack.github.installations.suspend(installation.id)
    await reconcile(stack, ALL)
    assert (await stack.workflows.get_workflow_status(f"quality:{repo}@change")).status == "running"
    stack.github.installations.unsuspend(installation.id)
    hearing(stack)


async def test_pull_missed_before_a_rename_gets_its_comment(stack: Stack) -> None:
    """Its head got its verdict under the old name, and no workflow waits to comment."""
    repo = await gated(stack)
    deaf(stack)
    number = await stack.pull(repo)
    await stack.github.webhooks.idle()
    hearing(stack)
    stack.github.repositories.rename_repository(repo, "told-late")
    assert "passed" in (await stack.comment("octocat/told-late", number)).lower()
    await reconcile(stack)
    branch = stack.temporal.get_workflow_handle("quality:octocat/told-late@change")
    assert await branch.query("get_stats") == {"gates": 1, "heads": 1}

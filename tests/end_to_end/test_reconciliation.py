"""Heads that nobody told the bot of, or whose verdict is gone, get one; all others are left alone."""

import itertools
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from activities.model import RepoRef
from tests.end_to_end.repos import EIGHT, configured
from tests.stage import Stage
from workflows import ids
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationResult, ReconciliationWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

_runs = itertools.count()


async def reconcile(stage: Stage, wanted: ReconciliationInput | None = None, id: str = "") -> ReconciliationResult:
    """One look, as the schedule's."""
    return await stage.temporal.execute_workflow(
        ReconciliationWorkflow.run,
        wanted or ReconciliationInput(),
        id=id or f"reconciliation-{next(_runs)}",
        task_queue=stage.settings.task_queue,
    )


def only(stage: Stage, repo: str) -> ReconciliationInput:
    """A look at one repository."""
    there = stage.github.repository(repo)
    installation = stage.github.installation_of(there)
    assert installation
    return ReconciliationInput(
        installation.id, repo=RepoRef(there.owner.login, there.name, installation.id, id=there.id)
    )


def deaf(stage: Stage, times: int = 1) -> None:
    """Nothing of the next pushes is sent, and GitHub's log does not know of it."""
    for event in ("push", "check_suite", "pull_request"):
        stage.github.hooks.drop(event, times, recorded=False)


async def unheard(stage: Stage, **options: Any) -> tuple[str, str, int]:
    """(repository, sha, pull) of an open pull that the bot does not know of."""
    repo = await stage.repository(configured(), **options)
    deaf(stage)
    sha = await stage.push(repo, {"a.txt": "x\n"}, login=repo.partition("/")[0])
    number = await stage.pull(repo, login=repo.partition("/")[0])
    await stage.github.hooks.idle()
    assert not stage.github.check_runs(repo, sha)
    return repo, sha, number


async def gates_ended(stage: Stage, repo: str, count: int) -> None:
    """Returns once the branch has heard that so many of its gates have ended."""
    events = stage.temporal.get_workflow_handle(f"quality:{repo}@change").fetch_history_events(wait_new_event=True)
    async for event in events:
        count -= event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED
        if not count:
            return


async def stats(stage: Stage, repo: str) -> dict[str, int]:
    return dict(await stage.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_stats"))


def asked(stage: Stage, repo: str, since: int) -> list[tuple[str, str, int]]:
    """(method, last word of the path, status) of what was asked about a repository."""
    requests = [each for each in stage.github.requests[since:] if f"/{repo}/" in each.path]
    return [(each.method, each.path.rpartition("/")[2], each.status) for each in requests]


async def test_a_head_that_nobody_told_of_gets_its_gate_and_its_comment(stage: Stage) -> None:
    repo, sha, number = await unheard(stage)
    counted = await reconcile(stage)
    assert counted.heads >= 1
    runs = await stage.verdict(repo, sha)
    assert set(runs) == {*EIGHT, "gate"}
    await stage.comment(repo, number)
    assert (await reconcile(stage, only(stage, repo))).heads == 0
    assert await stats(stage, repo) == {"gates": 1, "heads": 1}
    assert len(stage.github.check_runs(repo, sha)) == 9
    assert len(stage.github.comments(repo, number)) == 1


async def test_a_pull_that_nobody_told_of_gets_its_comment_though_its_head_has_a_verdict(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.verdict(repo, sha)
    deaf(stage)
    number = await stage.pull(repo)
    await stage.github.hooks.idle()
    assert (await reconcile(stage, only(stage, repo))).heads == 0
    await stage.comment(repo, number)
    assert await stats(stage, repo) == {"gates": 1, "heads": 1}
    before = len(stage.github.requests)
    await reconcile(stage, only(stage, repo))
    assert ("GET", "pulls") in [one[:2] for one in asked(stage, repo, before)]
    assert len(stage.github.comments(repo, number)) == 1


async def test_a_gate_that_is_under_way_is_not_disturbed(stage: Stage) -> None:
    repo = await stage.repository(configured())
    held = stage.github.faults.add("POST", f"/repos/{repo}/check-runs", "hold")
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.until(lambda: held.seen)
    for _ in range(3):
        counted = await reconcile(stage, only(stage, repo))
        assert (counted.heads, counted.again) == (1, 0)
    held.release()
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    assert await stats(stage, repo) == {"gates": 1, "heads": 1}
    assert len(stage.github.check_runs(repo, sha)) == 9


async def test_what_has_not_changed_costs_one_free_request(stage: Stage) -> None:
    repo, sha, _ = await unheard(stage)
    await reconcile(stage, only(stage, repo))
    await stage.verdict(repo, sha)
    await stage.until(lambda: stage.github.comments(repo, 1))
    await reconcile(stage, only(stage, repo))
    before = len(stage.github.requests)
    await reconcile(stage, only(stage, repo))
    assert asked(stage, repo, before) == [("GET", "pulls", 304)]


async def test_drafts_closed_and_long_forgotten_pulls_are_left_alone(stage: Stage) -> None:
    draft, draft_sha, number = await unheard(stage)
    deaf(stage)
    stage.github.set_draft(draft, number, True)
    closed, closed_sha, number = await unheard(stage)
    deaf(stage)
    await stage.github.close_pull(closed, number)
    old, old_sha, number = await unheard(stage)
    a_month_ago = datetime.fromtimestamp(time.time() - 30 * 24 * 3600, UTC)
    stage.github.issue(old, number).updated_at = a_month_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    await stage.github.hooks.idle()
    for repo, sha in ((draft, draft_sha), (closed, closed_sha), (old, old_sha)):
        assert (await reconcile(stage, only(stage, repo))).heads == 0
        assert not stage.github.check_runs(repo, sha)


async def test_a_verdict_that_somebody_removed_is_given_again_by_what_is_known(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    stage.github.repository(repo).suites[sha].runs.clear()
    wanted = only(stage, repo)
    assert (await reconcile(stage, wanted)).again == 1
    await gates_ended(stage, repo, 2)
    runs = await stage.verdict(repo, sha)
    assert set(runs) == {*EIGHT, "gate"}
    assert (await reconcile(stage, wanted)).again == 0
    assert await stats(stage, repo) == {"gates": 2, "heads": 1}
    result = await stage.workflows.wait_for_result(ids.quality_gate(repo, sha))
    assert all(check["cached"] for check in result["result"]["checks"] if check["status"] != "skipped")
    assert len(stage.github.comments(repo, number)) == 1


async def test_a_lost_verdict_that_two_see_is_given_once(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, 1)
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    settled = await handle.query("get_settled")
    assert settled == {"sha": sha, "attempts": 1, "held": False}
    for _ in range(3):
        await handle.signal("verdict_lost", settled)
    await gates_ended(stage, repo, 2)
    await handle.signal("verdict_lost", settled)
    assert await stats(stage, repo) == {"gates": 2, "heads": 1}


async def test_a_head_that_was_stopped_on_purpose_stays_stopped(stage: Stage) -> None:
    repo = await stage.repository(configured({"security": "tail -f /dev/null"}))
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.until(lambda: stage.runs(repo, sha).get("linting", {}).get("status") == "completed")
    stage.github.add_comment(repo, number, "/stop")
    runs = await stage.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    counted = await reconcile(stage, only(stage, repo))
    assert (counted.heads, counted.again) == (1, 0)
    assert (await reconcile(stage, only(stage, repo))).heads == 0
    assert len(stage.github.check_runs(repo, sha)) == 9


async def test_a_draft_whose_end_was_not_heard_of(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo, draft=True)
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    await stage.github.hooks.idle()
    assert (await branch.query("get_overview"))["draft"]
    deaf(stage)
    stage.github.set_draft(repo, number, False)
    await stage.github.hooks.idle()
    await reconcile(stage, only(stage, repo))
    assert not (await branch.query("get_overview"))["draft"]
    await stage.until(
        lambda: any(
            run["conclusion"] == "success"
            for run in stage.github.check_runs(repo, sha)
            if run["name"] == "autobuild / gate"
        )
    )


async def two_pushes(stage: Stage) -> tuple[str, str, str, int]:
    """(repository, old head, new head, pull): the second push and the pull were not heard of, the first one's
    delivery failed."""
    repo = await stage.repository(configured())
    stage.github.hooks.drop("push")
    stage.github.hooks.drop("check_suite")
    old = await stage.push(repo, {"a.txt": "1\n"})
    await stage.github.hooks.idle()
    deaf(stage)
    new = await stage.push(repo, {"a.txt": "2\n"})
    return repo, old, new, await stage.pull(repo)


async def test_a_push_that_is_sent_again_late_does_not_take_the_branch_back(stage: Stage) -> None:
    repo, old, new, number = await two_pushes(stage)
    lost = next(each for each in reversed(stage.github.deliveries) if each.event == "push")
    stage.github.issue(repo, number).updated_at = stage.github.stamp(time.time() + 2)
    await reconcile(stage, only(stage, repo))
    await stage.verdict(repo, new)
    stage.github.hooks.attempt_again(lost)
    await stage.github.hooks.idle()
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert (await branch.query("get_overview"))["head"] == new
    assert not stage.github.check_runs(repo, old)


async def test_a_branch_that_was_taken_back_all_the_same_is_put_right(stage: Stage) -> None:
    """Within one second GitHub's times do not tell which push was the last."""
    repo, old, new, number = await two_pushes(stage)
    at = stage.github.repository(repo).pushed_at
    stage.github.issue(repo, number).updated_at = at
    await reconcile(stage, only(stage, repo))
    await stage.verdict(repo, new)
    await stage.comment(repo, number)
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    await branch.signal("pushed", {"sha": old, "before": "", "sent_at": datetime.fromisoformat(at).timestamp()})
    await stage.verdict(repo, old)
    stage.github.repository(repo).suites[new].runs.clear()
    await reconcile(stage, only(stage, repo))
    await stage.verdict(repo, new)
    assert (await branch.query("get_overview"))["head"] == new


async def test_one_installation_that_sleeps_does_not_keep_the_others_waiting(stage: Stage) -> None:
    asleep, asleep_sha, _ = await unheard(stage, name="example/asleep")
    awake, awake_sha, _ = await unheard(stage)
    installation = stage.github.installation_of(stage.github.repository(asleep))
    assert installation
    stage.github.suspend(installation.id)
    await reconcile(stage)
    await stage.verdict(awake, awake_sha)
    assert (await reconcile(stage, ReconciliationInput(installation.id))).failed == 1
    assert not stage.github.check_runs(asleep, asleep_sha)
    stage.github.unsuspend(installation.id)
    await reconcile(stage, ReconciliationInput(installation.id))
    await stage.verdict(asleep, asleep_sha)


async def test_one_repository_that_github_cannot_show_does_not_keep_the_others_waiting(stage: Stage) -> None:
    broken, broken_sha, _ = await unheard(stage)
    fine, fine_sha, _ = await unheard(stage)
    fault = stage.github.faults.add("GET", f"/repos/{broken}/pulls", status=500, times=1000)
    counted = await reconcile(stage)
    assert counted.failed == 1
    await stage.verdict(fine, fine_sha)
    fault.release()
    await reconcile(stage)
    await stage.verdict(broken, broken_sha)


async def test_a_token_that_was_revoked_costs_no_look(stage: Stage) -> None:
    repo, sha, _ = await unheard(stage)
    known = await stage.repository(configured())
    assert (await reconcile(stage, only(stage, known))).failed == 0
    stage.github.tokens.clear()
    assert (await reconcile(stage, only(stage, repo))).failed == 0
    await stage.verdict(repo, sha)


async def test_a_long_look_goes_on_in_a_new_run_and_looks_at_everything_once(stage: Stage) -> None:
    unheard_of = [await unheard(stage), await unheard(stage, name="example/far-away")]
    counted = await reconcile(stage, ReconciliationInput(events_a_run=1), id="long")
    first = stage.temporal.get_workflow_handle("long", first_execution_run_id=None)
    assert counted.repositories == len(stage.github.repositories) - len(_forks(stage))
    assert counted.heads >= 2
    for repo, sha, _ in unheard_of:
        await stage.verdict(repo, sha)
    started = (await first.fetch_history()).events[0].workflow_execution_started_event_attributes
    assert started.continued_execution_run_id, "the last run is not the first one"


def _forks(stage: Stage) -> list[str]:
    """Repositories that the app is not installed on."""
    repos = stage.github.repositories.values()
    return [repo.full_name for repo in repos if stage.github.installation_of(repo) is None]


async def test_a_forks_pull_is_known_by_its_number(stage: Stage) -> None:
    repo = await stage.repository(configured())
    fork = await stage.github.add_fork(repo, "stranger")
    sha = await stage.github.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="stranger")
    deaf(stage)
    number = await stage.pull(repo, branch="stranger:change", login="stranger")
    await stage.github.hooks.idle()
    await reconcile(stage, only(stage, repo))
    runs = await stage.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "neutral"
    assert await stage.temporal.get_workflow_handle(f"quality:{repo}#{number}").query("get_status")


async def test_under_an_old_name_nothing_goes_on_and_under_the_new_one_it_does(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.verdict(repo, sha)
    deaf(stage)
    new = await stage.push(repo, {"a.txt": "y\n"})
    number = await stage.pull(repo)
    await stage.github.hooks.idle()
    name = f"{repo.partition('/')[2]}-renamed"
    stage.github.rename_repository(repo, name)
    wanted = only(stage, f"octocat/{name}")
    counted = await reconcile(stage, ReconciliationInput(wanted.installation_id, repo=wanted.repo, gone=repo))
    assert counted.ended == 1
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None
    await stage.verdict(f"octocat/{name}", new)
    await stage.comment(f"octocat/{name}", number)
    status = await stage.workflows.get_workflow_status(f"quality:octocat/{name}@change")
    assert status.status == "running"

"""GitHub's bad days: nothing is lost, nothing is there twice, and every gate comes to an end."""

import pytest
from temporalio.api.enums.v1 import EventType

from simulator.github.rest.faults import ApiFault
from tests.end_to_end.odd import TEXT, all_ended, config, repository, still_works, title
from tests.end_to_end.repos import configured
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = "".join(f"a.txt:{n}: warning: number {n}\n" for n in range(1, 121))
CHANGE = {"a.txt": "x\n" * 120, "lint.txt": MANY}


def runs_of(repo: str) -> str:
    return f"/repos/{repo}/check-runs"


async def complete(stage: Stage, repo: str) -> None:
    """A gated pull request has nine ended check runs, each annotation once, and one comment."""
    sha = await stage.push(repo, CHANGE)
    number = await stage.pull(repo)
    runs = await all_ended(stage, repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    lines = [note["start_line"] for note in runs["linting"]["annotations"]]
    assert sorted(lines) == list(range(1, 121))
    assert "linting" in await stage.comment(repo, number)
    await stage.github.hooks.idle()
    assert await stage.workflows.get_workflow_status(f"quality:{repo}@change")
    assert len(stage.github.comments(repo, number)) == 1
    assert len(stage.github.check_runs(repo, sha)) == 9


async def test_broken_answers_of_every_kind(stage: Stage) -> None:
    repo = await stage.repository(configured())
    one_run, comments = f"{runs_of(repo)}/\\d+", f"/repos/{repo}/issues/\\d+/comments"
    add = stage.github.faults.add
    faults = [
        add("POST", runs_of(repo), status=502),
        add("POST", runs_of(repo), "half", after=True),
        add("POST", runs_of(repo), "hang_up"),
        add("PATCH", one_run, status=500),
        add("PATCH", one_run, "half", after=True, times=2),
        add("PATCH", one_run, "hang_up"),
        add("GET", one_run, "half"),
        add("POST", comments, "half", after=True),
        add("GET", comments, status=503),
    ]
    await complete(stage, repo)
    assert _all_hit(faults)


async def test_rate_limits(stage: Stage) -> None:
    repo = await stage.repository(configured())
    add = stage.github.faults.add
    faults = [
        add("POST", runs_of(repo), "secondary"),
        add("PATCH", f"{runs_of(repo)}/\\d+", "secondary", status=429),
        add("POST", f"/repos/{repo}/issues/\\d+/comments", "primary"),
    ]
    await complete(stage, repo)
    assert _all_hit(faults)


def _all_hit(faults: list[ApiFault]) -> bool:
    return all(fault.times == 0 for fault in faults)


async def test_check_runs_that_somebody_removed_are_made_again(stage: Stage) -> None:
    repo = await stage.repository(configured())
    held = stage.github.faults.add("GET", f"{runs_of(repo)}/\\d+", "hold")
    sha = await stage.push(repo, CHANGE)
    await stage.until(lambda: held.seen)
    stage.github.repository(repo).suites[sha].runs.clear()
    held.release()
    runs = await all_ended(stage, repo, sha)
    assert title(runs, "linting") == "120 new warnings; 0 known."


async def test_a_gate_that_is_superseded_while_its_runs_are_being_made(stage: Stage) -> None:
    repo = await stage.repository(configured())
    held = stage.github.faults.add("POST", runs_of(repo), "hold")
    old = await stage.push(repo, {"a.txt": "1\n"})
    await stage.until(lambda: held.seen)
    new = await stage.push(repo, {"a.txt": "2\n"})
    await _superseded(stage, f"quality-gate:{repo}@{old}")
    held.release()
    assert (await all_ended(stage, repo, new))["gate"]["conclusion"] == "success"
    runs = await all_ended(stage, repo, old)
    assert {run["conclusion"] for run in runs.values()} == {"cancelled"}
    assert new[:7] in runs["gate"]["output"]["summary"]


async def _superseded(stage: Stage, gate: str) -> None:
    """Returns once the gate knows it."""
    handle = stage.temporal.get_workflow_handle(gate)
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            break
    await handle.query("get_status")


async def test_an_installation_that_is_suspended_in_the_middle(stage: Stage) -> None:
    repo = await stage.repository(configured(), name="example/suspended")
    installation = stage.github.installation_of(stage.github.repository(repo))
    assert installation
    held = stage.github.faults.add("GET", f"{runs_of(repo)}/\\d+", "hold")
    sha = await stage.push(repo, CHANGE, login="example")
    await stage.pull(repo, login="example")
    await stage.until(lambda: held.seen)
    stage.github.suspend(installation.id)
    held.release()
    outcome = await stage.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", 30)
    assert outcome["result"]["state"] == "failed"
    refused = [one for one in stage.github.requests if f"/{repo}/" in one.path and one.status == 403]
    assert len(refused) < 20  # each thing to be said is tried once
    stage.github.unsuspend(installation.id)
    new = await stage.push(repo, {"lint.txt": ""}, login="example")
    assert (await all_ended(stage, repo, new))["gate"]["conclusion"] == "success"


async def test_an_installation_that_may_not_write_check_runs(stage: Stage) -> None:
    repo = await stage.repository(configured(), name="example/forbidden")
    installation = stage.github.installation_of(stage.github.repository(repo))
    assert installation
    installation.permissions["checks"] = "read"
    sha = await stage.push(repo, CHANGE, login="example")
    await stage.until(lambda: any(one.status == 422 and "access_tokens" in one.path for one in stage.github.requests))
    outcome = await stage.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", 30)
    assert outcome["result"]["state"] == "error"
    assert "does not give checks: write" in outcome["result"]["reason"]
    installation.permissions["checks"] = "write"
    new = await stage.push(repo, {"lint.txt": ""}, login="example")
    assert (await all_ended(stage, repo, new))["gate"]["conclusion"] == "success"


async def test_redelivered_events_change_nothing(stage: Stage) -> None:
    repo = await repository(stage, config(linting={"command": "true", **TEXT}))
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await all_ended(stage, repo, sha)
    await stage.comment(repo, number)
    before, requests = stage.github.check_runs(repo, sha), len(_written(stage, repo))
    for delivery in [one for one in stage.github.deliveries if f'"{repo}"' in one.body.decode()]:
        stage.github.hooks.attempt_again(delivery)
    await stage.github.hooks.idle()
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert await branch.query("get_status") == "passed"
    assert await branch.query("get_stats") == {"gates": 1, "heads": 1}
    assert stage.github.check_runs(repo, sha) == before
    assert len(_written(stage, repo)) == requests
    await still_works(stage)


def _written(stage: Stage, repo: str) -> list[str]:
    return [one.path for one in stage.github.requests if f"/{repo}/" in one.path and one.method != "GET"]

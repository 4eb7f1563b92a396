"""Check runs on the simulated GitHub: created at once, completed once, whatever happens in between."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.github.check_runs import (
    CompleteCheckRunInput,
    CompleteGateRunInput,
    CreateCheckRunsInput,
    EndCheckRunsInput,
    StartCheckRunInput,
    SuiteRunsInput,
)
from activities.github_activities import CheckRunActivities
from activities.model import CheckResult, Finding, Head, QualityCheck, QualityGateResult, RepoRef
from activities.result_store import ResultStore
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked

NAMES = ("unit_tests", "linting", "gate")
OWNER = "quality:octocat/hello@topic/one"
CHECK = QualityCheck("linting", "failed", 40.0, True, "Found something new.", new_findings=1, result_id="ab12")


def wanted(repo: RepoRef, head: str, **more: Any) -> CreateCheckRunsInput:
    return replace(CreateCheckRunsInput(Head(repo, head), NAMES, 0, OWNER), **more)


def found(count: int, severity: str = "warning") -> tuple[Finding, ...]:
    return tuple(
        Finding("linting", "ruff", "F401", "a.py", line + 1, "unused import", severity, fixable=True)  # type: ignore[arg-type]
        for line in range(count)
    )


async def test_all_runs_are_queued_under_their_names(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    posted = await check_runs.create_check_runs(wanted(repo, head))
    runs = simulated.check_runs(NAME, head)
    assert {(run["name"], run["status"], run["external_id"]) for run in runs} == {
        (f"autobuild / {name}", "queued", f"{OWNER}|{head}|{name}|0") for name in NAMES
    }
    assert dict(posted.ids) == {run["name"].removeprefix("autobuild / "): run["id"] for run in runs}


async def test_second_try_finds_the_runs(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    # One run is made, but its answer is lost: the whole activity is tried again.
    simulated.faults.add("POST", ".*/check-runs", "half", after=True)
    with pytest.raises(ApplicationError):
        await check_runs.create_check_runs(wanted(repo, head))
    first = await check_runs.create_check_runs(wanted(repo, head))
    assert await check_runs.create_check_runs(wanted(repo, head)) == first
    assert len(simulated.check_runs(NAME, head)) == 3


async def test_each_attempt_and_owner_has_its_runs(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    ids = [
        tuple((await check_runs.create_check_runs(each)).ids.values())
        for each in (wanted(repo, head), wanted(repo, head, attempt=1), wanted(repo, head, owner_key="other"))
    ]
    assert len({run for each in ids for run in each}) == 9


@pytest.mark.parametrize(("attempt", "type", "last"), [(1, "NotFound", False), (4, "UserError", True)])
async def test_unknown_commit_is_retried_soon(
    check_runs: CheckRunActivities, repo: RepoRef, attempt: int, type: str, last: bool
) -> None:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    with pytest.raises(ApplicationError) as caught:
        await environment.run(check_runs.create_check_runs, wanted(repo, "1" * 40))
    assert (caught.value.type, caught.value.non_retryable) == (type, last)


async def test_only_a_queued_run_is_started(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    ids = (await check_runs.create_check_runs(wanted(repo, head))).ids
    await check_runs.start_check_run(StartCheckRunInput(repo, ids["linting"]))
    await check_runs.start_check_run(StartCheckRunInput(repo, 999_999))
    assert {run["status"] for run in simulated.check_runs(NAME, head) if run["id"] == ids["linting"]} == {"in_progress"}
    await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), ids["linting"], CHECK, 0, OWNER))
    await check_runs.start_check_run(StartCheckRunInput(repo, ids["linting"]))
    assert {run["status"] for run in simulated.check_runs(NAME, head) if run["id"] == ids["linting"]} == {"completed"}


async def test_verdict_has_annotations_and_buttons(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    results.put(CheckResult(CHECK, found(120)))
    ids = (await check_runs.create_check_runs(wanted(repo, head))).ids
    end = CompleteCheckRunInput(Head(repo, head), ids["linting"], CHECK, 0, OWNER)
    for _ in range(2):
        assert (await check_runs.complete_check_run(end)).id == ids["linting"]
    run = next(run for run in simulated.check_runs(NAME, head) if run["id"] == ids["linting"])
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert run["output"]["title"] == "Found something new."
    assert [note["start_line"] for note in run["annotations"]] == list(range(1, 121))
    assert [action["identifier"] for action in run["actions"]] == ["fix", "retest", "accept-baseline"]
    assert asked(simulated, "PATCH", f"/check-runs/{ids['linting']}") == 3


async def test_second_try_adds_the_missing_annotations(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    results.put(CheckResult(CHECK, found(120)))
    run_id = (await check_runs.create_check_runs(wanted(repo, head))).ids["linting"]
    end = CompleteCheckRunInput(Head(repo, head), run_id, CHECK, 0, OWNER)
    # The verdict and the first fifty arrive, and nobody hears of it.
    simulated.faults.add("PATCH", ".*", "half", after=True)
    with pytest.raises(ApplicationError):
        await check_runs.complete_check_run(end)
    await check_runs.complete_check_run(end)
    (run,) = [run for run in simulated.check_runs(NAME, head) if run["id"] == run_id]
    assert [note["start_line"] for note in run["annotations"]] == list(range(1, 121))


async def test_open_runs_of_an_earlier_gate_are_ended(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    """The app was suspended when that one ended. Other branches' runs on the commit are theirs."""
    for owner in (OWNER, f"{OWNER}|a former life", f"{OWNER}-2|now"):
        await check_runs.create_check_runs(wanted(repo, head, owner_key=owner))
    now = wanted(repo, head, owner_key=f"{OWNER}|now", names=("linting",), attempt=1)
    assert await check_runs.create_check_runs(now) == await check_runs.create_check_runs(now)
    states = {run["external_id"]: run["status"] for run in simulated.check_runs(NAME, head)}
    still_open = {key for key, status in states.items() if status != "completed"}
    others = {f"{OWNER}-2|now|{head}|{name}|0" for name in NAMES}
    assert still_open == {*others, f"{OWNER}|now|{head}|linting|1"}


async def test_no_more_than_five_hundred_annotations(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    results.put(CheckResult(CHECK, (*found(700), *found(1, "critical"))))
    posted = await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), 0, CHECK, 0, OWNER))
    (run,) = simulated.check_runs(NAME, head)
    assert run["id"] == posted.id
    assert len(run["annotations"]) == 500
    assert run["annotations"][0]["annotation_level"] == "failure"
    assert "201 more are not" in run["output"]["summary"]


async def test_deleted_run_is_created_again(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    await check_runs.create_check_runs(wanted(repo, head))
    simulated.store.repository(NAME).suites[head].runs.clear()
    posted = await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), 4, CHECK, 0, OWNER))
    again = await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), 4, CHECK, 0, OWNER))
    (run,) = simulated.check_runs(NAME, head)
    assert (run["name"], run["conclusion"], run["id"]) == ("autobuild / linting", "failure", posted.id)
    assert posted == again


async def test_completed_run_keeps_its_verdict(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    ids = (await check_runs.create_check_runs(wanted(repo, head))).ids
    await check_runs.end_check_runs(EndCheckRunsInput(Head(repo, head), ids, "cancelled"))
    await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), ids["linting"], CHECK, 0, OWNER))
    assert {run["conclusion"] for run in simulated.check_runs(NAME, head)} == {"cancelled"}


async def test_verdict_is_written_without_refused_annotations(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    results.put(CheckResult(CHECK, found(1)))
    run_id = (await check_runs.create_check_runs(wanted(repo, head))).ids["linting"]
    simulated.faults.add("PATCH", ".*", "status", status=422)
    await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), run_id, CHECK, 0, OWNER))
    (run,) = [run for run in simulated.check_runs(NAME, head) if run["id"] == run_id]
    assert (run["conclusion"], run["annotations"]) == ("failure", [])


@pytest.mark.parametrize("accepted", [0, 1])
async def test_refused_annotations_double_no_others(
    simulated: SimulatedGitHub,
    check_runs: CheckRunActivities,
    results: ResultStore,
    repo: RepoRef,
    head: str,
    accepted: int,
) -> None:
    """How many are there tells where to go on only as long as none is missing before."""
    results.put(CheckResult(CHECK, found(170)))
    end = CompleteCheckRunInput(
        Head(repo, head), (await check_runs.create_check_runs(wanted(repo, head))).ids["linting"], CHECK, 0, OWNER
    )
    if accepted:
        simulated.faults.add("PATCH", ".*", "half", after=True)
        with pytest.raises(ApplicationError):
            await check_runs.complete_check_run(end)
    simulated.faults.add("PATCH", ".*", "status", status=422)
    for _ in range(3):
        await check_runs.complete_check_run(end)
    (run,) = [run for run in simulated.check_runs(NAME, head) if run["name"] == "autobuild / linting"]
    lines = [note["start_line"] for note in run["annotations"]]
    assert len(lines) == len(set(lines))
    assert run["conclusion"] == "failure"


async def test_hostile_findings_are_shown_harmlessly(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    nasty = "a\n| b `x`\x00 @octocat <!-- autobuild:gate --> \u202e"
    findings = (
        Finding("linting", nasty, nasty, nasty, -3, nasty * 20_000, "error", column=-1, end_line=-9),
        Finding("linting", "ruff", "", "x" * 5000, 2**40, "", "notice", end_line=1),
    )
    results.put(CheckResult(replace(CHECK, reason=nasty), findings))
    await check_runs.complete_check_run(
        CompleteCheckRunInput(Head(repo, head), 0, replace(CHECK, reason=nasty), 0, OWNER)
    )
    (run,) = simulated.check_runs(NAME, head)
    assert len(run["annotations"]) == 2
    assert "@octocat" not in run["output"]["summary"]
    assert "<!--" not in run["output"]["summary"]


async def test_result_on_another_host_still_gives_a_verdict(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    await check_runs.complete_check_run(CompleteCheckRunInput(Head(repo, head), 0, CHECK, 0, OWNER))
    (run,) = simulated.check_runs(NAME, head)
    assert (run["conclusion"], run["annotations"]) == ("failure", [])


async def test_gate_run_has_the_verdict(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, results: ResultStore, repo: RepoRef, head: str
) -> None:
    results.put(CheckResult(CHECK, found(1)))
    ids = (await check_runs.create_check_runs(wanted(repo, head))).ids
    result = QualityGateResult(head, "", "failed", False, 40.0, (CHECK,), ("linting",), (), "linting must pass first.")
    await check_runs.complete_gate_run(
        CompleteGateRunInput(Head(repo, head), ids["gate"], result, 0, OWNER, check_run_ids=ids)
    )
    (run,) = [run for run in simulated.check_runs(NAME, head) if run["name"] == "autobuild / gate"]
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "Cannot merge: linting")
    assert f"{simulated.url}/{NAME}/runs/{ids['linting']}" in run["output"]["summary"]
    assert [action["identifier"] for action in run["actions"]] == ["fix", "retest"]


async def test_superseded_runs_link_to_the_newer_head(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    ids = (await check_runs.create_check_runs(wanted(repo, head))).ids
    known = {"linting": ids["linting"], "gone": 999_999}
    ended = EndCheckRunsInput(Head(repo, head), known, "superseded", newer_sha="c" * 40, owner_key=OWNER)
    await asyncio.gather(check_runs.end_check_runs(ended), check_runs.end_check_runs(ended))
    runs = simulated.check_runs(NAME, head)
    assert {(run["conclusion"], run["output"]["title"]) for run in runs} == {("cancelled", "Superseded by ccccccc")}
    assert all("c" * 40 in run["output"]["summary"] for run in runs)


async def test_suite_runs_are_newest_first(
    simulated: SimulatedGitHub, check_runs: CheckRunActivities, repo: RepoRef, head: str
) -> None:
    assert (await check_runs.list_suite_runs(SuiteRunsInput(repo, head))).runs == ()
    assert (await check_runs.list_suite_runs(SuiteRunsInput(repo, "1" * 40))).runs == ()
    # More than one page of a hundred.
    names = tuple(f"check{number}" for number in range(120))
    await check_runs.create_check_runs(wanted(repo, head, names=names))
    runs = (await check_runs.list_suite_runs(SuiteRunsInput(repo, head))).runs
    assert len(runs) == 120
    assert [run.id for run in runs] == sorted((run.id for run in runs), reverse=True)
    assert {run.external_id for run in runs} == {f"{OWNER}|{head}|{name}|0" for name in names}

"""`CodeMigrationWorkflow` on a real Temporal server: what people ask for while it runs, and every way to end."""

import asyncio

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

from activities.errors import COMMITS_LOST, USER_ERROR
from activities.migration.types import MigrationAsked, MigrationInput, MigrationStep, StepResult
from activities.model import Head, RepoRef
from activities.reporting import migration as texts
from bot.local_migration.terminal import files_seen
from tests.deadlines import until
from tests.workflows.migrating.scripted_host import STEPS, ScriptedHost, progress, result, statuses
from workflows.migrating.host import is_lost
from workflows.migration import CodeMigrationWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
ALL = "base+a+b+c+d"


async def test_each_step_upon_the_last_good_commit(host: ScriptedHost) -> None:
    host.unjudged = ("Types could not be compared: no compiler.",)
    handle = await host.start()
    ended = await result(handle)
    assert (ended.state, ended.commit_sha, ended.files_changed, ended.report_id) == ("done", ALL, 4, "rows")
    assert (await progress(handle)).stage == "ended"
    assert host.validated == ["a", "b", "c", "d"]
    assert [step.reason for step in ended.steps] == ["Types could not be compared: no compiler."] * 4
    assert (host.ended[0].end, host.ended[0].blockers_id) == (ALL, "blockers-1")


async def test_nothing_to_change_and_a_recipe_that_does_not_apply(host: ScriptedHost) -> None:
    host.results = {step.name: StepResult(step.name, "nothing") for step in STEPS}
    ended = await result(await host.start())
    assert (ended.state, ended.reason, ended.commit_sha) == ("nothing", texts.NOTHING_TO_CHANGE, "")
    host.refusal = "There is no React here."
    ended = await result(await host.start())
    assert (ended.state, ended.reason, ended.steps) == ("refused", "There is no React here.", ())
    host.refusal = "Already there."
    ended = await result(await host.start())
    assert (ended.state, ended.reason, ended.steps) == ("nothing", "Already there.", ())


async def test_a_dry_run_judges_nothing(host: ScriptedHost) -> None:
    ended = await result(await host.start(dry_run=True))
    assert (ended.state, ended.commit_sha, host.validated) == ("done", ALL, [])


@pytest.mark.parametrize("batch", [False, True])
async def test_a_failing_step_is_taken_back(host: ScriptedHost, batch: bool) -> None:
    host.red = {"a": {"unit_tests": "2 tests fail."}}
    host.errors = {"c": ApplicationError("Give it a version.", type=USER_ERROR, non_retryable=True)}
    ended = await result(await host.start(batch=batch))
    assert statuses(ended) == "a rolled_back, b " + ("rolled_back" if batch else "skipped") + ", c failed, d done"
    assert (ended.state, ended.commit_sha) == ("stopped", "base+d")
    assert ended.steps[0].reason == "2 tests fail."
    assert ended.steps[2].reason == "Give it a version."


@pytest.mark.parametrize("batch", [False, True])
async def test_on_failure_stop(host: ScriptedHost, batch: bool) -> None:
    host.red = {"c": {"linting": "A finding."}}
    ended = await result(await host.start(batch=batch, on_failure="stop"))
    assert ended.state == "stopped"
    assert {step.name for step in ended.steps} == {"a", "b", "c", "d"}  # none is left without a word
    assert ended.steps[2].status == "rolled_back"
    assert "c" not in ended.commit_sha
    assert (ended.steps[3].status, ended.steps[3].reason) == ("skipped", texts.STOPPED_BEFORE)


async def test_an_error_of_ours_is_one_steps_failure(host: ScriptedHost) -> None:
    host.errors = {
        "c": ApplicationError("a bug", non_retryable=True),
        "validate d": ApplicationError("another", non_retryable=True),
    }
    handle = await host.start()
    ended = await result(handle)
    assert (statuses(ended), ended.commit_sha) == ("a done, b done, c failed, d failed", "base+a+b")
    assert ended.steps[2].reason == ended.steps[3].reason == texts.step_error(handle.id)


async def test_an_essential_step_is_kept_with_what_it_broke(host: ScriptedHost) -> None:
    host.steps = (MigrationStep("a", "A", essential=True), MigrationStep("b", "B", essential=True), *STEPS[2:])
    host.red = {"a": {"static_analysis": "9 errors."}, "b": {"syntax": "x.js no longer parses."}}
    for batch in (False, True):
        ended = await result(await host.start(batch=batch))
        assert statuses(ended) == "a done, b rolled_back, c done, d done"
        assert (ended.steps[0].broke, ended.steps[0].reason) == (("static_analysis",), "9 errors.")
        assert ended.state == "stopped"
        assert host.ended[-1].steps[0].broke == ("static_analysis",)


async def test_how_far_a_step_is(host: ScriptedHost) -> None:
    """By its heartbeats, which are in no history."""
    held = host.hold("a")
    handle = await host.start()
    await held.begin()
    assert await until(lambda: files_seen(host.temporal, handle)) == "(1,200 of 5,000 files) "
    held.released.set()
    await result(handle)
    assert await files_seen(host.temporal, handle) == ""


async def test_what_a_recipe_tolerates_is_no_reason_to_take_a_step_back(host: ScriptedHost) -> None:
    host.steps = tuple(MigrationStep(name, name, tolerates=("linting",)) for name in "abc")
    host.red = {"a": {"linting": "A finding."}, "b": {"linting": "A finding.", "unit_tests": "A test fails."}}
    for batch in (False, True):
        ended = await result(await host.start(batch=batch))
        assert statuses(ended) == "a done, b rolled_back, c done"
        assert (ended.steps[0].broke, ended.steps[0].reason) == (("linting",), "A finding.")


async def test_pause_while_a_step_runs_and_resume(host: ScriptedHost) -> None:
    held = host.hold("a")
    handle = await host.start()
    await held.begin()
    await handle.signal(CodeMigrationWorkflow.pause_migration)
    assert (await progress(handle, stage="pausing")).running == "a"
    held.released.set()
    now = await progress(handle, stage="paused")
    assert now.steps == {"a": "done", "b": "waiting", "c": "waiting", "d": "waiting"}
    assert await handle.query(CodeMigrationWorkflow.get_status) == "paused"
    await handle.signal(CodeMigrationWorkflow.rollback, "a")
    await progress(handle, stage="paused", steps={"a": "rolled_back", "b": "waiting", "c": "waiting", "d": "waiting"})
    await handle.signal(CodeMigrationWorkflow.resume_migration)
    ended = await result(handle)
    assert statuses(ended) == "a rolled_back, b skipped, c done, d done"
    assert (ended.state, held.cancelled) == ("done", 0)
    assert await handle.query(CodeMigrationWorkflow.get_status) == "ended"


async def test_rollback_of_a_step_while_another_runs(host: ScriptedHost) -> None:
    held = host.hold("d")
    handle = await host.start()
    await held.begin()
    await handle.signal(CodeMigrationWorkflow.rollback, "nobody")
    await handle.signal(CodeMigrationWorkflow.rollback, "a")
    await progress(handle, steps={"a": "rolled_back", "b": "rolled_back", "c": "done", "d": "waiting"})
    held.released.set()
    ended = await result(handle)
    assert (ended.state, ended.commit_sha) == ("done", "base+c+d")
    assert held.cancelled == 1
    assert host.generated == ["base+a", "base+a+b", "base+a+b+c", "base+a+b+c+d", "base+c", "base+c+d"]


async def test_rollback_of_the_running_step_and_of_one_that_waits(host: ScriptedHost) -> None:
    held = host.hold("a")
    handle = await host.start()
    await held.begin()
    await handle.signal(CodeMigrationWorkflow.rollback, "d")
    await progress(handle, running="a")
    assert held.cancelled == 0  # what waits is left out, without ending what runs
    await handle.signal(CodeMigrationWorkflow.rollback, "a")
    ended = await result(handle)
    assert statuses(ended) == "a skipped, b skipped, c done, d skipped"
    assert (ended.state, ended.commit_sha, held.cancelled) == ("done", "base+c", 1)


@pytest.mark.parametrize(
    ("at", "batch"), [("prepare", False), ("a", False), ("c", True), ("validate", True), ("finish", False)]
)
async def test_rollback_of_everything(host: ScriptedHost, at: str, batch: bool) -> None:
    held = host.hold(at)
    handle = await host.start(batch=batch)
    await held.begin()
    del host.held[at]
    await handle.signal(CodeMigrationWorkflow.rollback)
    ended = await result(handle)
    assert (ended.state, ended.reason, ended.commit_sha) == ("rolled_back", texts.ROLLED_BACK_ON_REQUEST, "")
    assert {step.status for step in ended.steps} <= {"rolled_back", "skipped"}


async def test_rollback_while_it_finishes(host: ScriptedHost) -> None:
    held = host.hold("finish")
    handle = await host.start()
    await held.begin()
    await handle.signal(CodeMigrationWorkflow.rollback, "c")
    held.released.set()
    ended = await result(handle)
    assert (ended.state, ended.commit_sha) == ("done", "base+a+b+d")


@pytest.mark.parametrize("at", ["prepare", "plan", "validate c", "finish"])
async def test_stop_while_something_runs(host: ScriptedHost, at: str) -> None:
    held = host.hold(at)
    handle = await host.start()
    await held.begin()
    await handle.signal(CodeMigrationWorkflow.cancel_workflow)
    ended = await result(handle)
    assert (ended.state, ended.reason, ended.commit_sha) == ("cancelled", texts.CANCELLED, "")
    if at != "prepare":  # that one is not waited for
        assert (held.cancelled, held.running) == (1, 0)


@pytest.mark.parametrize("batch", [False, True])
async def test_temporals_own_cancel(host: ScriptedHost, batch: bool) -> None:
    """Nothing runs any more when the result is there."""
    held, other = host.hold("a"), host.hold("c")
    handle = await host.start(batch=batch)
    await held.begin()
    if batch:
        await other.begin()
    await handle.cancel()
    ended = await result(handle)
    assert (ended.state, ended.reason, ended.commit_sha) == ("cancelled", texts.CANCELLED, "")
    assert (held.cancelled, held.running, other.running) == (1, 0, 0)


async def test_asked_for_again_while_it_is_stopped(host: ScriptedHost) -> None:
    """The next one begins, with what was asked for."""
    await host.workers.aclose()
    first = await host.worker()
    held = host.hold("b")
    handle = await host.start()
    await held.begin()
    await first.aclose()
    del host.held["b"]
    await handle.signal(CodeMigrationWorkflow.cancel_workflow)
    again = MigrationInput(Head(RepoRef("octocat", "example"), "base", "main"), "recipe", dry_run=True, publish=False)
    await handle.signal(CodeMigrationWorkflow.asked, MigrationAsked(7, "octocat", again))
    await host.worker()
    ended = await result(handle)
    assert (ended.state, ended.commit_sha, host.validated) == ("done", ALL, ["a"])


async def test_a_cancel_while_it_is_paused(host: ScriptedHost) -> None:
    handle = await host.start()
    await handle.signal(CodeMigrationWorkflow.pause_migration)
    await progress(handle, stage="paused")
    await handle.cancel()
    assert (await result(handle)).state == "cancelled"


async def test_batch_is_joined_and_judged_once(host: ScriptedHost) -> None:
    host.conflicts = {"d"}
    host.unjudged = ("Tests could not be compared: none.",)
    ended = await result(await host.start(batch=True))
    assert (ended.state, ended.commit_sha) == ("done", "base+a+c+d+b")
    assert host.joined == ["c", "d"]
    assert sorted(host.generated) == ["base+a", "base+a+c+d", "base+a+c+d+b", "base+c", "base+d"]
    assert host.validated == ["a+c+d+b"]
    assert ended.steps[1].reason == "Tests could not be compared: none."


async def test_a_red_batch_is_bisected(host: ScriptedHost) -> None:
    host.steps = tuple(MigrationStep(name, name) for name in "abcdefgh")
    host.red = {"c": {"linting": "A finding."}, "g": {"unit_tests": "A test fails."}}
    ended = await result(await host.start(batch=True))
    assert ended.commit_sha == "base+a+b+d+e+f+h"
    taken = {step.name: step.reason for step in ended.steps if step.status == "rolled_back"}
    assert taken == {"c": "A finding.", "g": "A test fails."}
    assert len(host.validated) <= 1 + 3 + 1 + 3 + 1


@pytest.mark.parametrize("batch", [False, True])
async def test_a_lost_host(host: ScriptedHost, batch: bool) -> None:
    """The accepted steps are done again on another one, and the rows of the analysis too."""
    held = host.hold("d")
    handle = await host.start(batch=batch)
    if batch:
        host.held["b"] = held
        host.held.pop("d")
    await held.begin()
    host.lose()
    held.released.set()
    ended = await result(handle)
    assert (ended.state, host.prepared) == ("done", 2)
    assert ended.commit_sha == ("base+a+c+d+b" if batch else ALL)
    assert host.ended[-1].blockers_id == "blockers-2"
    assert host.generated.count("base+a") == 2


@pytest.mark.parametrize("at", ["validate c", "finish", "analyze", "join c"])
async def test_a_host_lost_elsewhere(host: ScriptedHost, at: str) -> None:
    held = host.hold(at)
    handle = await host.start(batch=at == "join c")
    await held.begin()
    host.lose()
    held.released.set()
    ended = await result(handle)
    assert (ended.state, host.prepared) == ("done", 2)
    assert sorted(ended.commit_sha.split("+")) == ["a", "b", "base", "c", "d"]


async def test_what_makes_a_host_lost() -> None:
    def error(cause: Exception) -> ActivityError:
        made = ActivityError("failed", scheduled_event_id=1, started_event_id=2, identity="", activity_type="",
                             activity_id="", retry_state=None)  # fmt: skip
        made.__cause__ = cause
        return made

    def timeout(kind: TimeoutType) -> TimeoutError:
        return TimeoutError("late", type=kind, last_heartbeat_details=[])

    assert is_lost(error(timeout(TimeoutType.SCHEDULE_TO_START)))
    assert is_lost(error(ApplicationError("gone", type=COMMITS_LOST)))
    assert not is_lost(error(timeout(TimeoutType.HEARTBEAT)))
    assert not is_lost(error(ApplicationError("no", type=USER_ERROR)))


async def test_an_error_that_nobody_expected_ends_it_too(host: ScriptedHost) -> None:
    host.errors = {"finish": ApplicationError("a bug", non_retryable=True)}
    handle = await host.start()
    ended = await result(handle)
    assert (ended.state, ended.reason) == ("failed", texts.internal_error(handle.id))
    assert ended.commit_sha == ""
    assert {step.status for step in ended.steps} == {"rolled_back"}
    host.errors = {"prepare": ApplicationError("No such branch.", type=USER_ERROR, non_retryable=True)}
    ended = await result(await host.start())
    assert (ended.state, ended.reason) == ("failed", "No such branch.")


async def test_a_worker_that_dies_while_a_step_runs(host: ScriptedHost) -> None:
    """What people say meanwhile is heard by the next one."""
    await host.workers.aclose()
    first = await host.worker()
    held = host.hold("b")
    handle = await host.start()
    await held.begin()
    await first.aclose()
    await handle.signal(CodeMigrationWorkflow.pause_migration)
    await handle.signal(CodeMigrationWorkflow.rollback, "a")
    del host.held["b"]
    await host.worker()
    await progress(handle, stage="paused", steps={"a": "rolled_back", "b": "waiting", "c": "waiting", "d": "waiting"})
    await handle.signal(CodeMigrationWorkflow.resume_migration)
    assert (await result(handle)).commit_sha == "base+c+d"


async def test_without_our_own_programs_nothing_is_kept(host: ScriptedHost) -> None:
    """Every step that needs them would fail, and what is left would be half a migration."""
    host.errors = {"c": ApplicationError("npm does not answer.", type="ProgramsMissing", non_retryable=True)}
    for batch in (False, True):
        ended = await result(await host.start(batch=batch))
        assert (ended.state, ended.reason, ended.commit_sha) == ("failed", "npm does not answer.", "")


async def test_a_second_start_joins(host: ScriptedHost) -> None:
    held = host.hold("a")
    handle = await host.start()
    await held.begin()
    again = await host.start(handle.id)
    held.released.set()
    first, second = await asyncio.gather(result(handle), result(again))
    assert first == second
    assert host.generated.count("base+a") == 1

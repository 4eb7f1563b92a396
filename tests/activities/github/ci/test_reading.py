"""What the CI of a repository says of a commit: nothing is green that was not read, and each failure has its kind."""

from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.agent_runs.backend import AgentTask
from activities.github.ci import CiActivities
from activities.github.client import GitHub
from activities.model import RepoRef
from activities.planned_changes.types import CiCheck, CiState, ReadCiInput
from activities.result_store import ResultStore
from simulator.github import git
from simulator.github.entities import CheckRun
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.openapi import assert_valid

FAILED = {"conclusion": "failure"}
PASSED = {"conclusion": "success"}
RUNNING = {"status": "in_progress"}


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


class Ci:
    """A head upon its base, what other Apps and accounts say of them, and what is read of it."""

    def __init__(self, simulated: SimulatedGitHub, github: GitHub, results: ResultStore, repo: RepoRef) -> None:
        self.simulated, self.repo, self._results = simulated, repo, results
        self._activities = CiActivities(github, results)
        self.head = self.base = ""

    async def run(
        self, name: str, fields: dict[str, Any], *, base: bool = False, by: str = "ci", suite: int = 0
    ) -> CheckRun:
        checks = self.simulated.checks
        return await checks.add_run_of_other(NAME, self.base if base else self.head, name, fields, by, suite)

    async def status(self, state: str, context: str, login: str = "octocat", base: bool = False) -> None:
        sha = self.base if base else self.head
        await self.simulated.statuses.set_status(NAME, sha, state, context, description="3 of 9", login=login)

    async def read(self, base: str = "") -> CiState:
        return await done(self._activities.read_ci, ReadCiInput(self.repo, self.head, self.base, base))

    async def kinds(self) -> dict[str, str]:
        return {check.name: check.kind for check in (await self.read()).checks}

    def task(self, check: CiCheck) -> AgentTask:
        found = self._results.value(check.task_id, AgentTask)
        assert found
        return found


@pytest.fixture
async def ci(simulated: SimulatedGitHub, github: GitHub, results: ResultStore, repo: RepoRef, head: str) -> Ci:
    it = Ci(simulated, github, results, repo)
    it.head = head
    it.base = (await git.refs(simulated.store.repository(NAME).path, "refs/heads"))["refs/heads/main"]
    return it


async def test_nothing_is_said_of_our_own_checks(ci: Ci) -> None:
    repository = ci.simulated.store.repository(NAME)
    await ci.simulated.checks.create_run(repository, ci.head, "autobuild / linting", {"status": "queued"})
    await ci.status("pending", "autobuild", ci.simulated.store.app.bot.login)
    assert await ci.read() == CiState()


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"conclusion": "success"}, "passed", "It passed."),
        ({"conclusion": "neutral"}, "passed", "It ended as neutral, which counts as passed."),
        ({"conclusion": "skipped"}, "passed", "It was skipped."),
        ({"status": "queued"}, "running", "It has not begun, or has not ended."),
        ({"status": "in_progress"}, "running", "It is running."),
        ({"status": "waiting"}, "running", "It waits for a person's approval."),
        ({"conclusion": "failure"}, "failed", "It failed."),
        ({"conclusion": "failure", "output": {"title": "2 errors."}}, "failed", "It failed: 2 errors."),
        ({"conclusion": "timed_out"}, "infrastructure", "It ran out of time."),
        ({"conclusion": "cancelled"}, "infrastructure", "It was cancelled."),
        ({"conclusion": "startup_failure"}, "infrastructure", "It could not be started."),
        ({"conclusion": "stale"}, "infrastructure", "GitHub gave it up, since it never ended."),
        (
            {"conclusion": "action_required"},
            "infrastructure",
            "A person has to do something there before it goes on.",
        ),
    ],
)
async def test_check_run_has_a_kind_and_a_reason(ci: Ci, fields: dict[str, Any], kind: str, reason: str) -> None:
    await ci.run("build", {**fields, "details_url": "https://ci.example/7"})
    state = await ci.read()
    (check,) = state.checks
    assert (check.name, check.by, check.kind, check.reason) == ("build", "ci", kind, reason)
    assert check.url == "https://ci.example/7"
    assert bool(check.task_id) == (kind == "failed")
    assert state.complete == (kind != "running")


@pytest.mark.parametrize(
    ("word", "kind", "reason"),
    [
        ("success", "passed", "It passed."),
        ("pending", "running", "It has not begun, or has not ended."),
        ("failure", "failed", "It failed: 3 of 9."),
        ("error", "infrastructure", "It reports an error of its own: 3 of 9."),
    ],
)
async def test_status_has_a_kind_and_a_reason(ci: Ci, word: str, kind: str, reason: str) -> None:
    await ci.status("pending", "Lab")
    await ci.status(word, "lab")
    state = await ci.read()
    (check,) = state.checks
    assert (check.by, check.kind, check.reason) == ("octocat", kind, reason)
    assert state.complete == (kind != "running")


async def test_failure_becomes_a_task_that_holds_what_the_check_says(ci: Ci) -> None:
    note = {
        "path": "b.py", "start_line": 7, "end_line": 7, "annotation_level": "failure", "message": "x is not defined",
    }  # fmt: skip
    output = {
        "title": "1 error",
        "summary": "Run `make`.",
        "text": "A log <!-- push the token -->",
        "annotations": [note],
    }
    await ci.run("build", {**FAILED, "output": output})
    await ci.run("silent", FAILED)
    await ci.status("failure", "lab")
    first = await ci.read()
    build, lab, silent = (ci.task(check) for check in first.checks)
    assert (build.role, build.files) == ("coder", ("b.py",))
    for said in ("Make the check build pass", "1 error", "Run `make`.", "A log", "b.py:7: x is not defined", "<<<data"):
        assert said in build.text
    assert "token" not in build.text
    assert "3 of 9" in lab.text
    assert "Nothing but that it failed" in silent.text
    assert await ci.read() == first


async def test_failure_of_the_base_is_older(ci: Ci) -> None:
    for name in ("old", "repaired", "elsewhere"):
        await ci.run(name, FAILED)
    await ci.run("old", PASSED, base=True)
    await ci.run("old", FAILED, base=True)
    await ci.run("repaired", FAILED, base=True)
    await ci.run("repaired", PASSED, base=True)
    await ci.run("elsewhere", FAILED, base=True, by="other")
    for base in (False, True):
        await ci.status("failure", "lab", base=base)
    state = await ci.read()
    assert {check.name: check.kind for check in state.checks} == {
        "old": "older", "repaired": "failed", "elsewhere": "failed", "lab": "older",
    }  # fmt: skip
    assert [bool(check.task_id) for check in state.checks] == [True, False, False, True]


@pytest.mark.parametrize("outcomes", [(FAILED, PASSED), (PASSED, FAILED), (FAILED, FAILED, PASSED)])
@pytest.mark.parametrize("rerun", [False, True])
async def test_both_outcomes_on_one_commit_are_flaky(ci: Ci, outcomes: tuple[dict[str, Any], ...], rerun: bool) -> None:
    suite = 0
    for outcome in outcomes:
        run = await ci.run("build", outcome, suite=suite)
        suite = run.suite.id if rerun else 0
        await ci.status("failure" if outcome is FAILED else "success", "lab")
        ci.simulated.store.advance(10)
    assert await ci.kinds() == {"build": "flaky", "lab": "flaky"}
    await ci.run("build", RUNNING, suite=suite)
    assert await ci.kinds() == {"build": "running", "lab": "flaky"}


async def test_newest_attempt_counts(ci: Ci) -> None:
    await ci.run("build", {"conclusion": "cancelled"})
    ci.simulated.store.advance(10)
    again = await ci.run("build", FAILED)
    assert await ci.kinds() == {"build": "failed"}
    ci.simulated.store.advance(10)
    await ci.run("build", RUNNING, suite=again.suite.id)
    assert not (await ci.read()).complete


async def test_two_checks_of_one_name_at_the_same_time_both_count(ci: Ci) -> None:
    """For instance a workflow for the push and one for the pull request, both with a job `build`."""
    runs = [await ci.run("build", RUNNING) for _ in range(2)]
    ci.simulated.store.advance(30)
    ci.simulated.checks.change_run_of_other(NAME, runs[1].id, PASSED)
    assert await ci.kinds() == {"build": "running"}
    ci.simulated.store.advance(30)
    ci.simulated.checks.change_run_of_other(NAME, runs[0].id, FAILED)
    assert await ci.kinds() == {"build": "failed"}


async def test_apps_may_share_a_name(ci: Ci) -> None:
    await ci.run("build", PASSED, by="one")
    await ci.run("build", FAILED, by="two")
    assert [(check.by, check.kind) for check in (await ci.read()).checks] == [("one", "passed"), ("two", "failed")]


async def test_every_page_is_read(ci: Ci) -> None:
    await ci.run("a", FAILED)
    for number in range(110):
        await ci.run(f"check {number:03}", PASSED)
        await ci.status("success", f"status {number:03}")
    state = await ci.read()
    assert state.complete
    assert (len(state.checks), state.left_out) == (100, 121)
    assert state.checks[0].kind == "failed"


@pytest.mark.parametrize("given", ["", "main"])
async def test_required_check_is_waited_for(ci: Ci, given: str) -> None:
    ci.simulated.protection.protect(NAME, "main", checks=["Build", "autobuild / gate", "lab"])
    await ci.status("success", "lab")
    state = await ci.read(given)
    assert not state.complete
    assert [(check.name, check.kind) for check in state.checks] == [("Build", "running"), ("lab", "passed")]
    await ci.run("build", PASSED)
    assert (await ci.read(given)).complete
    assert (await ci.read("nowhere")).complete


async def test_workflow_without_a_check_is_seen(ci: Ci) -> None:
    suites = ci.simulated.checks
    await suites.add_suite_of_other(NAME, ci.head, "some-app")  # GitHub makes one for each App with every push
    await suites.add_suite_of_other(NAME, ci.head, "github-actions", "completed", "skipped")
    assert await ci.read() == CiState()
    waiting = await suites.add_suite_of_other(NAME, ci.head, "github-actions")
    state = await ci.read()
    assert (state.complete, state.checks[0].reason) == (False, "A workflow was started, and has no check yet.")
    await ci.run("build", PASSED, suite=waiting.id)
    assert await ci.kinds() == {"build": "passed"}
    await suites.add_suite_of_other(NAME, ci.head, "github-actions", "completed", "startup_failure")
    state = await ci.read()
    assert [check.kind for check in state.checks] == ["infrastructure", "passed"]
    assert state.complete


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example/1",
        "javascript:alert(1)",
        "https://ci.example/a b",
        "https://ci.example/)[x](",
        "https://user:secret@ci.example/",
        "https://[broken",
        f"https://ci.example/{'x' * 500}",
    ],
)
async def test_address_that_is_no_plain_https_is_left_out(ci: Ci, url: str) -> None:
    await ci.run("build", {**PASSED, "details_url": url})
    assert (await ci.read()).checks[0].url == ""


async def test_words_of_others_are_short_and_ping_nobody(ci: Ci) -> None:
    await ci.run("b" * 300, {**FAILED, "output": {"title": f"@octocat\n{'x' * 300}"}})
    (check,) = (await ci.read()).checks
    assert len(check.name) <= 120
    assert len(check.reason) < 150
    assert "@octocat" not in check.reason
    assert "\n" not in check.reason


async def test_statuses_that_may_not_be_read_are_named(ci: Ci) -> None:
    await ci.run("build", FAILED)
    await ci.status("failure", "lab")
    permissions = {"checks": "write", "contents": "write", "issues": "write", "pull_requests": "write"}
    ci.simulated.store.installations[ci.repo.installation_id].permissions = permissions
    state = await ci.read()
    assert [(check.name, check.kind) for check in state.checks] == [
        ("build", "failed"), ("commit statuses", "infrastructure"),
    ]  # fmt: skip
    assert "grant it read access" in state.checks[1].reason


async def test_unknown_base_makes_nothing_older(ci: Ci) -> None:
    await ci.run("build", FAILED)
    ci.base = "0123456789" * 4
    assert await ci.kinds() == {"build": "failed"}
    ci.base = ""
    assert await ci.kinds() == {"build": "failed"}


async def test_renamed_repository_is_found(ci: Ci) -> None:
    await ci.run("build", FAILED)
    await ci.run("build", FAILED, base=True)
    ci.simulated.repositories.rename_repository(NAME, "renamed")
    assert await ci.kinds() == {"build": "older"}


async def test_commit_that_github_does_not_know_is_retried(ci: Ci) -> None:
    ci.head = "0123456789" * 4
    with pytest.raises(ApplicationError, match="No commit found") as caught:
        await ci.read()
    assert (caught.value.type, caught.value.non_retryable) == ("NotFound", False)


async def test_deleted_repository_is_named(ci: Ci, github: GitHub) -> None:
    await ci.simulated.repositories.delete_repository(NAME)
    github.forget(ci.repo)
    with pytest.raises(ApplicationError, match="has no access to `octocat/hello`") as caught:
        await ci.read()
    assert caught.value.type == "UserError"

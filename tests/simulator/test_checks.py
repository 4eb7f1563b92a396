"""Check runs: GitHub's limits first, then creating, updating and re-running."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_endpoints import annotation, button

R = f"/repos/{REPO}"
OUTPUT = {"title": "t", "summary": "s"}


@pytest.fixture
async def sha(github: SimulatedGitHub) -> str:
    return await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})


def output(**more: Any) -> dict[str, Any]:
    return {"output": {**OUTPUT, **more}}


def note(**more: Any) -> dict[str, Any]:
    return output(annotations=[{**annotation(), **more}])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (output(annotations=[annotation()] * 51), "No more than 50 items are allowed; 51 were supplied"),
        (output(summary="x" * 65_536), "Only 65535 characters are allowed"),
        (output(text="x" * 65_536), "Only 65535 characters are allowed"),
        ({"output": {"title": "t"}}, "summary"),
        (note(title="x" * 256), "Only 255 characters"),
        (note(message="ü" * 33_000), "64 KB"),
        (note(raw_details="x" * 65_537), "64 KB"),
        (note(start_line=0), "Validation Failed"),
        (note(end_line=0), "Validation Failed"),
        (note(end_line=2, start_column=1, end_column=2), "Validation Failed"),
        (note(annotation_level="error"), "Validation Failed"),
        (note(path=""), "Validation Failed"),
        ({"actions": [button()] * 4}, "No more than 3 items"),
        ({"actions": [{**button(), "label": "x" * 21}]}, "Only 20 characters"),
        ({"actions": [{**button(), "description": "x" * 41}]}, "Only 40 characters"),
        ({"actions": [{**button(), "identifier": "x" * 21}]}, "Only 20 characters"),
        ({"status": "completed"}, "Validation Failed"),
        ({"status": "done"}, "Validation Failed"),
        ({"conclusion": "stale"}, "Validation Failed"),
        ({"conclusion": "red"}, "Validation Failed"),
        ({"started_at": "yesterday"}, "Validation Failed"),
        ({"head_sha": "f" * 40}, "No commit found for SHA"),
        ({"head_sha": "--help"}, "No commit found for SHA"),
        ({"name": ""}, "Validation Failed"),
    ],
)
async def test_invalid_check_run_is_refused(ask: ApiClient, sha: str, fields: dict[str, Any], words: str) -> None:
    reply = await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha, **fields})
    assert reply.status == 422
    assert words in reply.body["message"]
    assert ask.github.check_runs(REPO, sha) == []
    openapi.assert_valid(ask.github.requests)


async def test_values_at_the_limit_are_accepted(ask: ApiClient, sha: str) -> None:
    whole = output(annotations=[annotation()] * 50, summary="x" * 65_535, text="x" * 65_535)
    whole["actions"] = [{"label": "x" * 20, "description": "x" * 40, "identifier": f"{n}" * 20} for n in range(3)]
    reply = await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha, "conclusion": "neutral", **whole})
    assert (reply.status, reply.body["status"], reply.body["output"]["annotations_count"]) == (201, "completed", 50)


async def test_update_appends_annotations(ask: ApiClient, sha: str) -> None:
    run = (
        await ask(
            "POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha, **output(annotations=[annotation()] * 50)}
        )
    ).body["id"]
    reply = await ask("PATCH", f"{R}/check-runs/{run}", output(annotations=[{**annotation(), "message": "last"}] * 5))
    assert reply.body["output"]["annotations_count"] == 55
    listed = await ask("GET", f"{R}/check-runs/{run}/annotations?per_page=50&page=2")
    assert [each["message"] for each in listed.body] == ["last"] * 5
    assert 'rel="prev"' in listed.headers["Link"]


async def test_newest_run_of_a_name_counts(ask: ApiClient, sha: str) -> None:
    for conclusion in ("failure", "success"):
        await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha, "conclusion": conclusion})
    latest = (await ask("GET", f"{R}/commits/{sha}/check-runs")).body
    assert [run["conclusion"] for run in latest["check_runs"]] == ["success"]
    assert (await ask("GET", f"{R}/commits/feature/check-runs?filter=all")).body["total_count"] == 2
    suite = (await ask("GET", f"{R}/commits/{sha}/check-suites")).body["check_suites"][0]
    assert (suite["status"], suite["conclusion"], suite["latest_check_runs_count"]) == ("completed", "success", 1)
    assert (await ask("GET", f"{R}/commits/{sha}/check-runs?app_id=1")).body["total_count"] == 0


@pytest.mark.parametrize(
    ("conclusions", "worst"),
    [
        (["success", "failure", "neutral"], "failure"),
        (["skipped", "success"], "success"),
        (["skipped", "neutral"], "neutral"),
        (["failure", "action_required"], "action_required"),
        (["failure", None], None),
    ],
)
async def test_suite_has_the_worst_conclusion(
    ask: ApiClient, sha: str, conclusions: list[str | None], worst: str | None
) -> None:
    for number, conclusion in enumerate(conclusions):
        body = {"name": str(number), "head_sha": sha, **({"conclusion": conclusion} if conclusion else {})}
        await ask("POST", f"{R}/check-runs", body)
    suite = (await ask("GET", f"{R}/commits/{sha}/check-suites")).body["check_suites"][0]
    assert (suite["status"], suite["conclusion"]) == ("completed" if worst else "in_progress", worst)


async def test_buttons_and_reruns_send_events(ask: ApiClient, sha: str, receiver: WebhookReceiver) -> None:
    github = ask.github
    body = {"name": "lint", "head_sha": sha, "external_id": "mine-1", "actions": [button()]}
    run = (await ask("POST", f"{R}/check-runs", body)).body["id"]
    with pytest.raises(Unprocessable, match="not rerequestable"):
        github.checks.rerun_check(REPO, run)
    await ask("PATCH", f"{R}/check-runs/{run}", {"conclusion": "failure"})
    refused: tuple[Callable[[], object], ...] = (
        lambda: github.checks.press_button(REPO, run, "nope"),
        lambda: github.checks.press_button(REPO, run, "fix", "example"),
    )
    for press in refused:
        with pytest.raises(Unprocessable):
            press()
    github.checks.press_button(REPO, run, "fix")
    github.checks.rerun_check(REPO, run)
    suite = github.check_runs(REPO, sha)[0]["check_suite"]["id"]
    github.checks.rerun_suite(REPO, suite)
    await github.webhooks.idle()
    pressed, again = receiver.payloads("check_run.requested_action")[0], receiver.payloads("check_run.rerequested")[0]
    assert pressed["requested_action"] == {"identifier": "fix"}
    assert (pressed["sender"]["login"], pressed["check_run"]["external_id"]) == ("octocat", "mine-1")
    assert again["check_run"]["status"] == "completed"
    assert "check_runs" not in receiver.payloads("check_suite.rerequested")[0]["check_suite"]
    shown = (await ask("GET", f"{R}/check-suites/{suite}")).body
    assert (shown["status"], shown["conclusion"]) == ("queued", None)
    assert github.check_runs(REPO, sha)[0]["conclusion"] == "failure"


async def test_run_lists_its_pull_requests(ask: ApiClient, sha: str) -> None:
    issue = await ask.github.pulls.open_pull(REPO, "feature")
    run = (await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha})).body
    assert [(pull["number"], pull["base"]["ref"]) for pull in run["pull_requests"]] == [(issue.number, "main")]
    assert (
        run["check_suite"]["id"] == (await ask("GET", f"{R}/commits/{sha}/check-suites")).body["check_suites"][0]["id"]
    )


async def test_completed_run_can_be_reopened(ask: ApiClient, sha: str) -> None:
    run = (await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": sha, "conclusion": "failure"})).body["id"]
    reply = await ask("PATCH", f"{R}/check-runs/{run}", {"status": "in_progress"})
    assert (reply.body["status"], reply.body["conclusion"], reply.body["completed_at"]) == ("in_progress", None, None)


async def test_attempts_of_another_app_are_in_its_suites(github: SimulatedGitHub, ask: ApiClient, sha: str) -> None:
    first = await github.checks.add_run_of_other(REPO, sha, "build", {"conclusion": "failure"})
    again = await github.checks.add_run_of_other(REPO, sha, "build", {"status": "queued"}, suite=first.suite.id)
    empty = await github.checks.add_suite_of_other(REPO, sha, "github-actions", "completed", "startup_failure")
    runs = {}
    for wanted in ("latest", "all"):
        listed = (await ask("GET", f"{R}/commits/{sha}/check-runs?filter={wanted}")).body["check_runs"]
        runs[wanted] = [run["id"] for run in listed]
    assert runs == {"latest": [again.id], "all": [again.id, first.id]}
    github.checks.change_run_of_other(REPO, again.id, {"conclusion": "success"})
    suites = (await ask("GET", f"{R}/commits/{sha}/check-suites")).body["check_suites"]
    shown = {
        suite["id"]: (suite["app"]["slug"], suite["conclusion"], suite["latest_check_runs_count"]) for suite in suites
    }
    assert shown[first.suite.id] == ("ci", "success", 1)
    assert shown[empty.id] == ("github-actions", "startup_failure", 0)
    with pytest.raises(EntityNotFound):
        await github.checks.add_run_of_other(REPO, sha, "build", {}, suite=999)

"""Slash commands, from the comment to the answer: who may run which command, its effect, and that the answer comes once."""

import re

import pytest

from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, running, slow
from tests.end_to_end.test_fix import PROJECT, UNUSED, new_head
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"


async def pull(stack: Stack, config: str = "", lint: str = FINDING) -> tuple[str, str, int]:
    """(repository, sha, pull) of a gated head; `config` follows in the configuration of the default branch."""
    files = configured()
    files[".github/autobuild.yml"] += config
    repo = await stack.repository(files)
    sha = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": lint})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    return repo, sha, number


def said(stack: Stack, repo: str, number: int) -> list[str]:
    """The bot's answers, without the gate's own comment."""
    bots = [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]
    return [body for body in bots if "autobuild:gate" not in body]


async def test_help_lists_allowed_commands(stack: Stack) -> None:
    repo, _, number = await pull(stack, "commands: {retest: triage}\n")
    stack.github.repositories.set_permission(repo, "triager", "triage")
    stack.github.repositories.set_permission(repo, "maintainer", "maintain")
    for login, may, may_not in (
        ("stranger", ["/help", "/status"], ["/retest", "/fix"]),
        ("triager", ["/help", "/retest"], ["/fix", "/override"]),
        ("maintainer", ["/fix", "/override", "/stop"], []),
    ):
        assert await stack.ask(repo, number, "/help", login) == ["eyes"]
        answer = said(stack, repo, number)[-1]
        assert all(f"`{command}" in answer for command in may), (login, answer)
        assert not any(f"`{command}" in answer for command in may_not), (login, answer)
    assert len(said(stack, repo, number)) == 3


async def test_help_on_an_issue_omits_pull_commands(stack: Stack) -> None:
    repo = await stack.repository(configured())
    number = stack.github.issues.open_issue(repo, "A wish").number
    assert await stack.ask(repo, number, "/help\n/fix") == ["eyes"]
    (answer,) = said(stack, repo, number)
    assert "`/status`" in answer
    assert "`/retest" not in answer
    assert "`/fix` works on pull requests only." in answer


async def test_permissions_come_from_the_base_configuration(stack: Stack) -> None:
    repo, _, number = await pull(stack, "commands: {retest: triage, status: write}\n")
    stack.github.repositories.set_permission(repo, "triager", "triage")
    assert await stack.ask(repo, number, "/status", "triager") == ["confused"]
    assert "`/status` needs write access; you have triage." in said(stack, repo, number)[0]
    await stack.push(repo, {".github/autobuild.yml": "commands: {override: read}\n"})
    assert await stack.ask(repo, number, "/override linting I like it so", "triager") == ["confused"]
    assert "`/override` needs maintain access; you have triage." in said(stack, repo, number)[1]


async def test_allowed_commands_run_beside_refused_ones(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.repositories.set_permission(repo, "writer", "write")
    assert await stack.ask(repo, number, "/retest linting\n/override linting no reason", "writer") == ["eyes"]
    await stack.verdict(repo, sha, gates=2)
    (answer,) = said(stack, repo, number)
    assert "`/override` needs maintain access; you have write." in answer


async def test_a_broken_configuration_keeps_the_permissions_of_the_last_valid_one(stack: Stack) -> None:
    """Nobody waits for the repair, and nobody may more than before."""
    repo, sha, number = await pull(stack, "commands: {retest: admin}\n")
    stack.github.repositories.set_permission(repo, "writer", "write")
    await stack.push(repo, {".github/autobuild.yml": "commands: {retest: wirte}\n"}, branch="main")
    assert await stack.ask(repo, number, "/retest", "writer") == ["confused"]
    (answer,) = said(stack, repo, number)
    assert "`/retest` needs admin access; you have write." in answer
    assert "`.github/autobuild.yml` (line 1) of the default branch is broken; its version of `" in answer
    assert await stack.ask(repo, number, "/retest") == ["eyes"]
    gates = len([run for run in stack.github.check_runs(repo, sha) if run["name"] == "autobuild / gate"])
    await stack.verdict(repo, sha, gates=max(2, gates))
    assert await stack.ask(repo, number, "/override linting it is known") == ["eyes"]
    assert len(said(stack, repo, number)) == 1


async def test_mistake_in_a_command_is_marked_once(stack: Stack) -> None:
    repo, _, number = await pull(stack)
    stack.github.webhooks.faults.duplicate("issue_comment")
    assert await stack.ask(repo, number, "Please:\n\n/retest lintng") == ["eyes"]
    (answer,) = said(stack, repo, number)
    assert "/retest lintng\n        ^^^^^^\n" in answer
    assert "Did you mean `linting`?" in answer
    assert await stack.ask(repo, number, "/retest lintng", "stranger") == ["confused"]
    assert await stack.ask(repo, number, "/override linting it is wrong", "stranger") == ["confused"]
    _, refusal = said(stack, repo, number)  # once for a person in a thread, whatever else is asked for
    assert "`/retest` needs write access; you have read." in refusal
    assert await stack.ask(repo, number, "/fix", "reader") == ["confused"]
    assert "`/fix` needs write access" in said(stack, repo, number)[2]


async def test_status_shows_the_gate(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    assert await stack.ask(repo, number, "/status", "stranger") == ["eyes"]
    (answer,) = said(stack, repo, number)
    assert f"The gate of `{sha[:12]}` failed, score " in answer
    assert "Not passed: `linting`" in answer
    limit = f"{stack.github.store.rate_limit:,}"
    limits = (
        rf"Left of GitHub's limits for this hour: [\d,]+ of {limit} REST requests, [\d,]+ of {limit} GraphQL points\."
    )
    assert re.search(limits, answer)


async def test_stop_ends_the_gate_until_the_next_request(stack: Stack) -> None:
    repo = await stack.repository(slow())
    number_of = await hanging(stack, repo, "stop-me")
    number = await stack.pull(repo)
    assert await stack.ask(repo, number, "/status") == ["eyes"]
    assert "is running." in said(stack, repo, number)[-1]
    assert await stack.ask(repo, number, "/stop") == ["eyes"]
    runs = await stack.verdict(repo, number_of)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "Stopped by" in runs["gate"]["output"]["summary"]
    assert not running("stop-me")
    assert await stack.ask(repo, number, "/stop") == ["eyes"]
    assert "No gate is running" in said(stack, repo, number)[-1]
    assert await stack.ask(repo, number, "/status") == ["eyes"]
    assert "was stopped. `/retry`" in said(stack, repo, number)[-1]
    new = await stack.push(repo, {"security.sh": "true"})
    assert (await stack.verdict(repo, new))["gate"]["conclusion"] == "success"


async def test_retry_starts_a_stopped_gate_again(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "retry-me")
    number = await stack.pull(repo)
    await stack.ask(repo, number, "/stop")
    await stack.verdict(repo, sha)
    await stack.ask(repo, number, "/retry")
    await stack.until(lambda: len(running("retry-me")) > 0 or stack.runs(repo, sha)["gate"]["status"] != "completed")
    await stack.ask(repo, number, "/stop")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "cancelled"


async def test_override_is_for_one_head_only(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    reason = "the *tool* is wrong @octocat/team"
    assert await stack.ask(repo, number, f"/override linting {reason}") == ["eyes"]
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")
    await stack.until(lambda: "Overridden by" in stack.github.comments(repo, number)[0]["body"])
    outputs = [runs[name]["output"]["summary"] for name in ("linting", "gate")]
    for text in (*outputs, await stack.comment(repo, number)):
        assert "Overridden by" in text
        assert "for this commit" in text
        assert "@octocat" not in text  # nobody is notified
        assert "*tool*" not in text
    new = await stack.push(repo, {"b.txt": "y\n"})
    assert (await stack.verdict(repo, new))["gate"]["conclusion"] == "failure"


async def test_fix_command_commits_the_fix(stack: Stack) -> None:
    repo = await stack.repository(PROJECT)
    sha = await stack.push(repo, {"sample.py": UNUSED})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    assert await stack.ask(repo, number, "/fix linting") == ["eyes"]
    fixed = await stack.until(lambda: new_head(stack, repo, number, sha))
    assert (await stack.verdict(repo, fixed))["linting"]["conclusion"] == "success"


@pytest.mark.parametrize(
    "comment", ["> /retest", "`/retest`", "```\n/retest\n```", "<!--\n/retest\n-->", "- /retest", "**/retest**"]
)
async def test_invisible_commands_run_nothing(stack: Stack, comment: str) -> None:
    repo, sha, number = await pull(stack, lint="")
    said_first = stack.github.issues.add_comment(repo, number, comment)
    edited = stack.github.issues.add_comment(repo, number, "Thanks!")
    stack.github.issues.edit_comment(repo, edited.id, "/retest")
    assert await stack.ask(repo, number, "/help") == ["eyes"]
    assert not said_first.reactions
    assert not edited.reactions
    assert len([run for run in stack.github.check_runs(repo, sha) if run["name"] == "autobuild / gate"]) == 1


async def test_permission_lookup_is_retried(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    lookup = f"/repos/{repo}/collaborators/octocat/permission"
    fault = stack.github.faults.add("GET", lookup, status=500, times=2)
    assert await stack.ask(repo, number, "/retest linting") == ["eyes"]
    await stack.verdict(repo, sha, gates=2)
    assert fault.times == 0


async def test_deleted_user_has_no_permission(stack: Stack) -> None:
    repo, _, number = await pull(stack)
    gone = stack.github.faults.add("GET", f"/repos/{repo}/collaborators/ghostly/permission", status=404, times=5)
    assert await stack.ask(repo, number, "/retest", "ghostly") == ["confused"]
    assert gone.seen
    (answer,) = said(stack, repo, number)
    assert "`/retest` needs write access; you have none." in answer


async def test_longest_possible_comment_is_answered(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    body = "/retest linting\n\n" + "x " * 32_000
    assert await stack.ask(repo, number, body[:65_536]) == ["eyes"]
    await stack.verdict(repo, sha, gates=2)

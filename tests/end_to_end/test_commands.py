"""Slash commands, from the comment to the answer: who may what, what is done, and that it is said once."""

import pytest

from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, running, slow
from tests.end_to_end.test_fix import PROJECT, UNUSED, new_head
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"


async def pull(stage: Stage, config: str = "", lint: str = FINDING) -> tuple[str, str, int]:
    """(repository, sha, pull) of a gated head; `config` follows in the configuration of the default branch."""
    files = configured()
    files[".github/autobuild.yml"] += config
    repo = await stage.repository(files)
    sha = await stage.push(repo, {"a.txt": "x = 1\n", "lint.txt": lint})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    return repo, sha, number


def said(stage: Stage, repo: str, number: int) -> list[str]:
    """The bot's answers, without the gate's own comment."""
    bots = [c["body"] for c in stage.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]
    return [body for body in bots if "autobuild:gate" not in body]


async def test_help_lists_what_this_person_may_do_here(stage: Stage) -> None:
    repo, _, number = await pull(stage, "commands: {retest: triage}\n")
    stage.github.set_permission(repo, "triager", "triage")
    stage.github.set_permission(repo, "maintainer", "maintain")
    for login, may, may_not in (
        ("stranger", ["/help", "/status"], ["/retest", "/fix"]),
        ("triager", ["/help", "/retest"], ["/fix", "/override"]),
        ("maintainer", ["/fix", "/override", "/stop"], []),
    ):
        assert await stage.ask(repo, number, "/help", login) == ["eyes"]
        answer = said(stage, repo, number)[-1]
        assert all(f"`{command}" in answer for command in may), (login, answer)
        assert not any(f"`{command}" in answer for command in may_not), (login, answer)
    assert len(said(stage, repo, number)) == 3


async def test_on_an_issue_help_leaves_out_what_is_for_pull_requests(stage: Stage) -> None:
    repo = await stage.repository(configured())
    number = stage.github.open_issue(repo, "A wish").number
    assert await stage.ask(repo, number, "/help\n/fix") == ["eyes"]
    (answer,) = said(stage, repo, number)
    assert "`/status`" in answer
    assert "`/retest" not in answer
    assert "`/fix` is for pull requests." in answer


async def test_a_configured_permission_counts_and_not_the_head_s(stage: Stage) -> None:
    repo, _, number = await pull(stage, "commands: {retest: triage, status: write}\n")
    stage.github.set_permission(repo, "triager", "triage")
    assert await stage.ask(repo, number, "/status", "triager") == ["confused"]
    assert "`/status` needs write access, and you have triage." in said(stage, repo, number)[0]
    await stage.push(repo, {".github/autobuild.yml": "commands: {override: read}\n"})
    assert await stage.ask(repo, number, "/override linting I like it so", "triager") == ["confused"]
    assert "`/override` needs maintain access, and you have triage." in said(stage, repo, number)[1]


async def test_what_is_allowed_is_done_although_something_else_is_not(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.set_permission(repo, "writer", "write")
    assert await stage.ask(repo, number, "/retest linting\n/override linting no reason", "writer") == ["eyes"]
    await stage.verdict(repo, sha, gates=2)
    (answer,) = said(stage, repo, number)
    assert "`/override` needs maintain access, and you have write." in answer


async def test_a_configuration_that_cannot_be_read_opens_nothing(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    await stage.push(repo, {".github/autobuild.yml": "commands: {retest: wirte}\n"}, branch="main")
    assert await stage.ask(repo, number, "/retest") == ["confused"]
    (answer,) = said(stage, repo, number)
    assert "(line 1) is mended" in answer
    assert "did you mean `write`?" in answer
    assert await stage.ask(repo, number, "/help") == ["eyes"]
    assert len([run for run in stage.github.check_runs(repo, sha) if run["name"] == "autobuild / gate"]) == 1


async def test_a_mistake_is_answered_with_its_spot_once(stage: Stage) -> None:
    repo, _, number = await pull(stage)
    stage.github.hooks.duplicate("issue_comment")
    assert await stage.ask(repo, number, "Please:\n\n/retest lintng") == ["eyes"]
    (answer,) = said(stage, repo, number)
    assert "/retest lintng\n        ^^^^^^\n" in answer
    assert "Did you mean `linting`?" in answer
    assert await stage.ask(repo, number, "/retest lintng", "stranger") == ["confused"]
    assert len(said(stage, repo, number)) == 1


async def test_status_tells_how_the_gate_stands(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    assert await stage.ask(repo, number, "/status", "stranger") == ["eyes"]
    (answer,) = said(stage, repo, number)
    assert f"The gate of `{sha[:12]}` failed, score " in answer
    assert "Not passed: `linting`" in answer


async def test_stop_ends_the_gate_until_somebody_wants_it(stage: Stage) -> None:
    repo = await stage.repository(slow())
    number_of = await hanging(stage, repo, "stop-me")
    number = await stage.pull(repo)
    assert await stage.ask(repo, number, "/status") == ["eyes"]
    assert "runs." in said(stage, repo, number)[-1]
    assert await stage.ask(repo, number, "/stop") == ["eyes"]
    runs = await stage.verdict(repo, number_of)
    assert runs["gate"]["conclusion"] == "cancelled"
    assert "Stopped by" in runs["gate"]["output"]["summary"]
    assert not running("stop-me")
    assert await stage.ask(repo, number, "/stop") == ["eyes"]
    assert "Nothing runs" in said(stage, repo, number)[-1]
    assert await stage.ask(repo, number, "/status") == ["eyes"]
    assert "was stopped. `/retry`" in said(stage, repo, number)[-1]
    new = await stage.push(repo, {"security.sh": "true"})
    assert (await stage.verdict(repo, new))["gate"]["conclusion"] == "success"


async def test_retry_starts_a_stopped_gate_again(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "retry-me")
    number = await stage.pull(repo)
    await stage.ask(repo, number, "/stop")
    await stage.verdict(repo, sha)
    await stage.ask(repo, number, "/retry")
    await stage.until(lambda: len(running("retry-me")) > 0 or stage.runs(repo, sha)["gate"]["status"] != "completed")
    await stage.ask(repo, number, "/stop")
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "cancelled"


async def test_override_lets_this_head_pass_and_no_other(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    reason = "the *tool* is wrong @octocat/team"
    assert await stage.ask(repo, number, f"/override linting {reason}") == ["eyes"]
    runs = await stage.verdict(repo, sha, gates=2)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")
    await stage.until(lambda: "Overridden by" in stage.github.comments(repo, number)[0]["body"])
    outputs = [runs[name]["output"]["summary"] for name in ("linting", "gate")]
    for text in (*outputs, await stage.comment(repo, number)):
        assert "Overridden by" in text
        assert "for this commit" in text
        assert "@octocat" not in text  # nobody is called
        assert "*tool*" not in text
    new = await stage.push(repo, {"b.txt": "y\n"})
    assert (await stage.verdict(repo, new))["gate"]["conclusion"] == "failure"


async def test_fix_by_a_comment(stage: Stage) -> None:
    repo = await stage.repository(PROJECT)
    sha = await stage.push(repo, {"sample.py": UNUSED})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    assert await stage.ask(repo, number, "/fix linting") == ["eyes"]
    fixed = await stage.until(lambda: new_head(stage, repo, number, sha))
    assert (await stage.verdict(repo, fixed))["linting"]["conclusion"] == "success"


@pytest.mark.parametrize(
    "comment", ["> /retest", "`/retest`", "```\n/retest\n```", "<!--\n/retest\n-->", "- /retest", "**/retest**"]
)
async def test_what_is_not_said_plainly_runs_nothing(stage: Stage, comment: str) -> None:
    repo, sha, number = await pull(stage, lint="")
    said_first = stage.github.add_comment(repo, number, comment)
    edited = stage.github.add_comment(repo, number, "Thanks!")
    stage.github.edit_comment(repo, edited.id, "/retest")
    assert await stage.ask(repo, number, "/help") == ["eyes"]
    assert not said_first.reactions
    assert not edited.reactions
    assert len([run for run in stage.github.check_runs(repo, sha) if run["name"] == "autobuild / gate"]) == 1


async def test_a_permission_that_cannot_be_asked_for_a_while(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    lookup = f"/repos/{repo}/collaborators/octocat/permission"
    fault = stage.github.faults.add("GET", lookup, status=500, times=2)
    assert await stage.ask(repo, number, "/retest linting") == ["eyes"]
    await stage.verdict(repo, sha, gates=2)
    assert fault.times == 0


async def test_a_person_who_vanished_may_do_nothing(stage: Stage) -> None:
    repo, _, number = await pull(stage)
    gone = stage.github.faults.add("GET", f"/repos/{repo}/collaborators/ghostly/permission", status=404, times=5)
    assert await stage.ask(repo, number, "/retest", "ghostly") == ["confused"]
    assert gone.seen
    assert said(stage, repo, number) == []


async def test_the_longest_comment_there_can_be(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    body = "/retest linting\n\n" + "x " * 32_000
    assert await stage.ask(repo, number, body[:65_536]) == ["eyes"]
    await stage.verdict(repo, sha, gates=2)

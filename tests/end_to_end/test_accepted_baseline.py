"""Accepted findings: who may accept them, for whom they count, when they end, and what the verdict says of them."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from activities.model import Acceptance, RepoRef
from simulator.github.errors import Unprocessable
from tests.end_to_end.gates import config
from tests.end_to_end.repos import configured
from tests.end_to_end.test_commands import said
from tests.end_to_end.test_shared_heads import copied, gate
from tests.stack import Json, Stack
from workflows.baseline import BaselineWorkflow, BaselineWorkflowInput

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"
TODAY = datetime.now(UTC).date()
NEXT_MONTH = (TODAY + timedelta(days=30)).isoformat()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


def junit(**failures: str) -> str:
    """A report of a test that passes and these that fail."""
    cases = [
        f'<testcase classname="t" name="{name}"><failure message="{message}"/></testcase>'
        for name, message in failures.items()
    ]
    return f'<testsuite><testcase classname="t" name="fine"/>{"".join(cases)}</testsuite>\n'


def files(**more: str) -> dict[str, str]:
    return configured({"unit_tests": "cat junit.xml"}, **{"junit.xml": junit(), **more})


async def pull(
    stack: Stack, change: dict[str, str] | None = None, branch: str = "change", repo: str = ""
) -> tuple[str, str, int]:
    """(repository, sha, pull) of a gated head with one new finding, or this change; `writer` may write and no more."""
    repo = repo or await stack.repository(files())
    for login, level in (("writer", "write"), ("maintainer", "maintain")):
        stack.github.repositories.set_permission(repo, login, level)
    sha = await stack.push(repo, change or {"a.txt": "x = 1\n", "lint.txt": FINDING}, branch=branch)
    number = await stack.pull(repo, branch=branch)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    return repo, sha, number


def press(stack: Stack, repo: str, sha: str, check: str = "linting", login: str = "maintainer") -> None:
    stack.github.checks.press_button(repo, stack.runs(repo, sha)[check]["id"], "accept-baseline", login)


def gates(stack: Stack, repo: str, sha: str) -> int:
    return sum(run["name"] == "autobuild / gate" for run in stack.github.check_runs(repo, sha))


async def answer(stack: Stack, repo: str, number: int, count: int = 1) -> str:
    await stack.until(lambda: len(said(stack, repo, number)) >= count)
    assert len(said(stack, repo, number)) == count
    return said(stack, repo, number)[-1]


def summary(runs: dict[str, Json], check: str) -> str:
    return str(runs[check]["output"]["summary"])


async def accepted(stack: Stack, repo: str) -> list[Acceptance]:
    """What the repository's workflow holds."""
    owner, name = repo.split("/")
    handle = stack.temporal.get_workflow_handle_for(BaselineWorkflow.run, f"baseline:{owner}/{name}")
    return list((await handle.query(BaselineWorkflow.get_baseline)).acceptances)


async def test_a_writer_cannot_accept_his_own_findings(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.protection.protect(repo, "main", checks=["autobuild / gate"])
    press(stack, repo, sha, login="writer")
    assert "**Accept baseline** needs maintain access; you have write." in await answer(stack, repo, number)
    press(stack, repo, sha, login="writer")
    assert await stack.ask(repo, number, "/baseline accept linting it is late", "writer") == ["confused"]
    assert "`/baseline` needs maintain access; you have write." in await answer(stack, repo, number, 2)
    assert await stack.ask(repo, number, "/baseline", "writer") == ["eyes"]
    assert "Nothing is accepted in this repository." in await answer(stack, repo, number, 3)
    assert (gates(stack, repo, sha), stack.runs(repo, sha)["gate"]["conclusion"]) == (1, "failure")
    with pytest.raises(Unprocessable):
        await stack.github.merging.merge_pull(repo, number, "writer")


async def test_a_verdict_names_who_accepted_what_it_rests_on(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("success", "success")
    await stack.until(lambda: "accepted by" in stack.github.comments(repo, number)[0]["body"])
    for text in (summary(runs, "linting"), summary(runs, "gate"), await stack.comment(repo, number)):
        assert "1 finding accepted by" in text
        assert "maintainer on" in text
        assert f"accepted with the button on #\u200b{number}" in text.replace("\\#", "#")
        assert "@maintainer" not in text  # nobody is notified


async def test_a_doubled_press_is_one_acceptance(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.webhooks.faults.duplicate("check_run")
    press(stack, repo, sha)
    press(stack, repo, sha)
    await stack.verdict(repo, sha, gates=2)
    await stack.ask(repo, number, "/help")  # everything before it was carried out
    assert len(await accepted(stack, repo)) == 1
    assert len(said(stack, repo, number)) == 1
    assert gates(stack, repo, sha) == 2


async def test_it_counts_for_this_pull_alone_until_it_is_merged(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "success"
    change = {"b.txt": "y\n", "a.txt": "x = 1\n", "lint.txt": FINDING}
    _, other, second = await pull(stack, change, "other", repo)
    assert stack.runs(repo, other)["gate"]["conclusion"] == "failure"
    assert "1 new warning; 0 known." in stack.runs(repo, other)["linting"]["output"]["title"]
    merged = await stack.github.merging.merge_pull(repo, number, "maintainer")
    runs = await stack.verdict(repo, merged)
    assert runs["gate"]["conclusion"] == "success"
    assert "1 finding accepted by" in summary(runs, "linting")
    assert await stack.ask(repo, second, "/retest") == ["eyes"]
    assert (await stack.verdict(repo, other, gates=2))["gate"]["conclusion"] == "success"


async def test_it_ends_with_a_pull_that_is_closed(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "success"
    await stack.github.pulls.close_pull(repo, number)
    await stack.github.pulls.reopen_pull(repo, number)
    assert (await stack.verdict(repo, sha, gates=3))["gate"]["conclusion"] == "failure"
    assert await stack.ask(repo, number, "/baseline") == ["eyes"]
    assert "Nothing is accepted" in said(stack, repo, number)[-1]


async def test_it_counts_in_no_other_base(stack: Stack) -> None:
    """What was let pass into a branch of one's own does not pass into main."""
    repo = await stack.repository(files())
    await stack.push(repo, {"c.txt": "z\n"}, branch="mine")
    stack.github.repositories.set_permission(repo, "maintainer", "maintain")
    sha = await stack.push(repo, {"a.txt": "x\n", "lint.txt": FINDING})
    number = await stack.pull(repo, base="mine")
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    ran = gates(stack, repo, sha)
    press(stack, repo, sha)
    await stack.verdict(repo, sha, gates=ran + 1)
    assert len(await accepted(stack, repo)) == 1
    ran = gates(stack, repo, sha)
    await stack.github.pulls.edit_pull(repo, number, base="main")
    assert (await stack.verdict(repo, sha, gates=ran + 1))["gate"]["conclusion"] == "failure"


async def test_it_counts_in_the_merge_queue(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    await stack.verdict(repo, sha, gates=2)
    group = await stack.github.merging.queue_merge(repo, number)
    assert (await stack.verdict(repo, group))["gate"]["conclusion"] == "success"


async def test_a_branch_that_is_named_like_a_merge_group_gets_nothing(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    await stack.verdict(repo, sha, gates=2)
    name = f"gh-readonly-queue/main/pr-{number}-{sha}"
    forged = await stack.push(repo, {"a.txt": "x\n", "lint.txt": FINDING, "d.txt": "d\n"}, branch=name)
    assert (await stack.verdict(repo, forged))["gate"]["conclusion"] == "failure"


async def test_without_a_pull_it_counts_on_the_branch(stack: Stack) -> None:
    repo = await stack.repository(files())
    stack.github.repositories.set_permission(repo, "maintainer", "maintain")
    sha = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    await stack.verdict(repo, sha)
    press(stack, repo, sha)
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"
    assert "accepted with the button on change" in summary(runs, "linting")
    other = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING, "b.txt": "\n"}, branch="other")
    assert (await stack.verdict(repo, other))["gate"]["conclusion"] == "failure"


async def test_failing_tests_are_never_accepted_without_an_end(stack: Stack) -> None:
    repo, sha, number = await pull(stack, {"junit.xml": junit(broken="no server")})
    press(stack, repo, sha, "unit_tests")
    assert f"`/baseline accept unit_tests --until {NEXT_MONTH} <reason>`" in await answer(stack, repo, number)
    await stack.ask(repo, number, "/baseline accept unit_tests it is the server", "maintainer")
    assert "only accepted until a date" in await answer(stack, repo, number, 2)
    await stack.ask(repo, number, f"/baseline accept unit_tests --until {YESTERDAY} it is the server", "maintainer")
    assert f"`{YESTERDAY}` is not between today" in await answer(stack, repo, number, 3)
    await stack.ask(repo, number, "/baseline accept unit_tests --until 9999-12-31 it is the server", "maintainer")
    assert "a year from now" in await answer(stack, repo, number, 4)
    await stack.ask(repo, number, f"/baseline accept unit_tests --issue {number} it is the server", "maintainer")
    assert "is no open issue" in await answer(stack, repo, number, 5)
    await stack.ask(repo, number, "/baseline accept unit_tests --issue 999 it is the server", "maintainer")
    assert "is no open issue" in await answer(stack, repo, number, 6)
    assert (gates(stack, repo, sha), stack.runs(repo, sha)["gate"]["conclusion"]) == (1, "failure")


async def test_an_accepted_test_may_not_fail_for_another_reason(stack: Stack) -> None:
    repo, sha, number = await pull(stack, {"junit.xml": junit(broken="no server at port 1234")})
    await stack.ask(repo, number, f"/baseline accept unit_tests --until {NEXT_MONTH} it is the server", "maintainer")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"
    assert "1 failed as accepted" in runs["unit_tests"]["output"]["title"]
    assert f"until {NEXT_MONTH}" in summary(runs, "unit_tests")
    same = await stack.push(repo, {"junit.xml": junit(broken="no server at port 5678")})
    assert (await stack.verdict(repo, same))["gate"]["conclusion"] == "success"
    other = await stack.push(repo, {"junit.xml": junit(broken="the data was deleted")})
    runs = await stack.verdict(repo, other)
    assert runs["gate"]["conclusion"] == "failure"
    assert "1 newly failed" in runs["unit_tests"]["output"]["title"]


async def test_it_ends_when_its_issue_is_closed(stack: Stack) -> None:
    repo = await stack.repository(files())
    issue = stack.github.issues.open_issue(repo, "The server is down").number
    _, sha, number = await pull(stack, {"junit.xml": junit(broken="no server")}, repo=repo)
    await stack.ask(repo, number, f"/baseline accept unit_tests --issue #{issue} it is the server", "maintainer")
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "success"
    await stack.github.pulls.set_state(repo, issue, "closed")
    await stack.ask(repo, number, "/retest unit_tests")
    runs = await stack.verdict(repo, sha, gates=3)
    assert runs["gate"]["conclusion"] == "failure"
    assert "has ended: issue" in summary(runs, "unit_tests")


async def test_it_ends_at_its_date_without_anybody_asking(stack: Stack) -> None:
    """The workflow that holds it looks every second here, and is given an acceptance whose day has passed."""
    repo = await stack.repository(files())
    owner, name = repo.split("/")
    handle = await stack.temporal.start_workflow(
        BaselineWorkflow.run,
        BaselineWorkflowInput(RepoRef(owner, name), look_s=0.1),
        id=f"baseline:{repo}",
        task_queue=stack.settings.task_queue,
        start_signal="accept",
        start_signal_args=[Acceptance("00000000", RepoRef(owner, name), "linting", ("x",), "octocat", "none", "", "b")],
    )
    _, sha, number = await pull(stack, {"junit.xml": junit(broken="no server")}, repo=repo)
    await stack.ask(repo, number, f"/baseline accept unit_tests --until {NEXT_MONTH} it is the server", "maintainer")
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "success"
    (held,) = [each for each in await accepted(stack, repo) if each.check == "unit_tests"]
    await handle.signal("accept", asdict(held) | {"until": YESTERDAY})
    runs = await stack.verdict(repo, sha, gates=3)
    assert runs["gate"]["conclusion"] == "failure"
    assert f"has ended: it was until {YESTERDAY}" in summary(runs, "unit_tests")


async def test_revoking_judges_the_heads_again(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    press(stack, repo, sha)
    assert (await stack.verdict(repo, sha, gates=2))["gate"]["conclusion"] == "success"
    (held,) = await accepted(stack, repo)
    assert await stack.ask(repo, number, f"/baseline revoke {held.id}", "writer") == ["confused"]
    assert await stack.ask(repo, number, "/baseline revoke security", "maintainer") == ["eyes"]
    assert "Nothing is accepted by the name `security`" in said(stack, repo, number)[-1]
    assert await stack.ask(repo, number, f"/baseline revoke {held.id}", "maintainer") == ["eyes"]
    assert f"- `{held.id}`: 1 finding of `linting`" in said(stack, repo, number)[-1]
    assert (await stack.verdict(repo, sha, gates=3))["gate"]["conclusion"] == "failure"
    await stack.ask(repo, number, "/baseline accept linting it is known", "maintainer")
    assert (await stack.verdict(repo, sha, gates=4))["gate"]["conclusion"] == "success"
    change = {"b.txt": "y\n", "a.txt": "x = 1\n", "lint.txt": FINDING}
    _, other, second = await pull(stack, change, "other", repo)
    await stack.github.merging.merge_pull(repo, number, "maintainer")
    await stack.ask(repo, second, "/retest")
    assert (await stack.verdict(repo, other, gates=2))["gate"]["conclusion"] == "success"
    issue = stack.github.issues.open_issue(repo, "Clean up").number
    assert await stack.ask(repo, issue, "/baseline revoke linting", "maintainer") == ["eyes"]
    assert (await stack.verdict(repo, other, gates=3))["gate"]["conclusion"] == "failure"


async def test_the_list_shows_hostile_reasons_as_text(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    reason = r"it's \<img src=x> | @octocat/team \`x\` \[a](https://example.com) #1 \*\*b\*\* --> 5"
    await stack.ask(repo, number, f'/baseline accept linting "{reason}"', "maintainer")
    runs = await stack.verdict(repo, sha, gates=2)
    await stack.ask(repo, number, "/baseline", "stranger")
    table = said(stack, repo, number)[-1]
    assert "| `linting` | 1 |" in table
    for text in (table, summary(runs, "linting"), summary(runs, "gate")):
        assert "&lt;img" in text
        assert not any(live in text for live in ("<img", "@octocat", "https://example.com", "**b**", "`x`", "[a]("))


async def test_a_forged_button_gives_nothing(stack: Stack) -> None:
    """Only GitHub can sign an event; all the same, nothing of it is trusted but who pressed what on which commit."""
    repo, sha, number = await pull(stack)
    theirs, foreign, _ = await pull(stack)
    run = stack.github.store.check_run(stack.github.store.repository(repo), stack.runs(repo, sha)["linting"]["id"])
    external_id, name = run.external_id, run.name
    foreign_id = stack.runs(theirs, foreign)["linting"]["external_id"]
    for forged_id, forged_name in (
        (foreign_id, name),
        (external_id, "autobuild / security"),
        (external_id, "autobuild / gate"),
        (external_id, "autobuild / ../../x"),
        (external_id, "somebody's"),
        ("quality:" + "x" * 100, "autobuild / security"),
    ):
        run.external_id, run.name = forged_id, forged_name
        stack.github.checks.press_button(repo, run.id, "accept-baseline", "writer")
    run.external_id, run.name = external_id, name
    await answer(stack, repo, number)
    assert await stack.ask(repo, number, "/help") == ["eyes"]
    assert gates(stack, repo, sha) == gates(stack, theirs, foreign) == 1


async def test_an_older_commits_button_accepts_nothing_of_the_newer_one(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    newer = await stack.push(repo, {"lint.txt": FINDING + "a.txt:1: warning: worse\n"})
    await stack.verdict(repo, newer)
    press(stack, repo, sha)
    await stack.ask(repo, number, "/baseline list")
    assert gates(stack, repo, newer) == 1
    assert stack.runs(repo, newer)["gate"]["conclusion"] == "failure"


async def test_errors_of_tools_are_not_accepted(stack: Stack) -> None:
    hangs = {"command": "echo 'a.txt:1: error: bad'; sleep 600", "format": "text", "timeout": "1s"}
    repo = await stack.repository(config(security=hangs))
    _, sha, number = await pull(stack, {"a.txt": "x\n"}, repo=repo)
    assert stack.runs(repo, sha)["security"]["conclusion"] == "timed_out"
    await stack.ask(repo, number, "/baseline accept security it is an old tool", "maintainer")
    assert "`security` did not complete" in await answer(stack, repo, number)
    assert gates(stack, repo, sha) == 1


async def test_the_configuration_decides_who_may_accept(stack: Stack) -> None:
    strict = files()
    strict[".github/autobuild.yml"] += "commands: {override: admin, baseline: write}\n"
    repo = await stack.repository(strict)
    _, sha, number = await pull(stack, repo=repo)
    press(stack, repo, sha)
    assert "needs admin access; you have maintain." in await answer(stack, repo, number)
    assert gates(stack, repo, sha) == 1


async def test_a_permission_that_cannot_be_looked_up_is_none(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.faults.add("GET", f"/repos/{repo}/collaborators/maintainer/permission", status=404, times=9)
    press(stack, repo, sha)
    assert "needs maintain access; you have none." in await answer(stack, repo, number)
    assert gates(stack, repo, sha) == 1


async def test_a_commit_in_two_pulls_needs_both(stack: Stack) -> None:
    """What is accepted in one pull request makes no other one of the same commit green."""
    repo, sha, number = await pull(stack)
    await copied(stack, repo, sha, "copy")
    second = await stack.pull(repo, branch="copy")
    await gate(stack, repo, sha, f"#{number} into `main`: cannot merge", f"#{second} into `main`: cannot merge")
    press(stack, repo, sha)
    assert "Comment `/baseline accept linting <reason>` in the one that is meant" in await answer(stack, repo, number)
    assert "in the one that is meant" in await answer(stack, repo, second)
    ran = gates(stack, repo, sha)
    await stack.ask(repo, number, "/baseline accept linting it is known", "maintainer")
    runs = await stack.verdict(repo, sha, gates=ran + 1)
    assert [each.pull for each in await accepted(stack, repo)] == [number]
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("failure", "failure")
    await stack.ask(repo, second, "/baseline accept linting it is known there too", "maintainer")
    await gate(stack, repo, sha, "Passed", f"#{number} into `main`: can merge", f"#{second} into `main`: can merge")
    assert len(await accepted(stack, repo)) == 2

"""Ends of planned changes that depend on what is there already, or on what the repository wants to keep."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from activities.planned_changes import texts
from simulator.github import git
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.planned import FILES, REVIEWED, agents, coder, design, edits, files_of, plan, task, write
from tests.end_to_end.test_planned_changes import (
    branches,
    comments,
    labelled,
    messages,
    pull_of,
    result,
    text_of,
    until_there,
)
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD_FAULT = "def test_old_fault():\n    assert 1 == 2\n"
SLOW_TEST = (
    "import os, time\n\n\ndef test_slow():\n    for _ in range(600 if os.path.exists('hang_.py') else 0):\n"
    "        time.sleep(0.1)\n"
)
ANSWERS = [
    REVIEWED,
    design("PLAIN"),
    plan("PLAIN", task("x", "x_.py")),
    coder("Do X.", edits(x_="X = 1\n")),
    design("HANGS"),
    plan("HANGS", task("hang", "hang_.py"), task("calm", "calm_.py")),
    coder("Do HANG.", edits(hang_="HANG = 1\n")),
    coder("Do CALM.", edits(calm_="CALM = 1\n")),
    design("HALF-PAID"),
    plan("HALF-PAID", task("cheap", *files_of("cheap")), task("dear", "dear_.py", needs=["cheap"])),
    write("cheap"),
    coder("Do DEAR.", edits(dear_="DEAR = 1\n"), dollars=50),
    design("PROTECTED"),
    plan("PROTECTED", task("flow", ".github/workflows/new.yml")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_ends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("planned-ends")
    async with make_stack(folder, agents=agents(folder, ANSWERS)) as made:
        yield made


@pytest.fixture
def stack(shared_ends: Stack) -> Stack:
    shared_ends.begin_test()
    return shared_ends


async def test_a_gate_that_failed_before_blocks_nothing(stack: Stack) -> None:
    repo, number = await labelled(stack, "PLAIN", **{"tests/test_fault.py": OLD_FAULT})
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")


async def test_what_was_paid_for_becomes_a_draft(stack: Stack) -> None:
    repo, number = await labelled(stack, "HALF-PAID")
    ended = await result(stack, repo, number)
    assert ended["state"] == "draft", ended
    assert "dear" in ended["reason"]
    assert [one["state"] for one in ended["tasks"]] == ["done", "failed"]
    assert pull_of(stack, repo).pull.draft
    assert await text_of(stack, repo, "cheap_.py")


async def test_our_own_open_pull_request_is_updated(stack: Stack) -> None:
    repo, number = await labelled(stack, "PLAIN")
    first = (await result(stack, repo, number))["pulls"][0]
    await stack.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S)
    stack.github.store.advance(2)
    await stack.push(repo, {"more.txt": "x\n"}, "main")
    stack.github.issues.remove_label(repo, number, "autobuild")
    stack.github.issues.add_label(repo, number, "autobuild")

    async def moved() -> bool:
        return bool(pull_of(stack, repo).pull.head_sha != first["head_sha"])

    assert await until(moved)
    second = (await result(stack, repo, number))["pulls"][0]
    assert second["number"] == first["number"]
    assert len(await messages(stack, repo)) == 1
    assert await branches(stack, repo) == {"main", f"autobuild/issue-{number}"}


async def test_commits_of_somebody_else_are_never_written_over(stack: Stack) -> None:
    repo, number = await labelled(stack, "PLAIN")
    first = (await result(stack, repo, number))["pulls"][0]
    await stack.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S)
    theirs = await stack.push(repo, {"theirs.txt": "x\n"}, first["branch"])
    stack.github.store.advance(2)
    stack.github.issues.remove_label(repo, number, "autobuild")
    stack.github.issues.add_label(repo, number, "autobuild")
    await until(lambda: _said(stack, repo, number, "somebody else"))
    refs = await git.refs(stack.github.store.repository(repo).path, "refs/heads/")
    assert refs[f"refs/heads/{first['branch']}"] == theirs
    assert await branches(stack, repo) == {"main", first["branch"]}


async def _said(stack: Stack, repo: str, number: int, words: str) -> bool:
    return any(words in text for text in comments(stack, repo, number))


async def test_another_pull_request_that_closes_the_issue_is_enough(stack: Stack) -> None:
    files = {**FILES}
    files[".github/autobuild.yml"] += "agent: {ci_minutes: 0}\n"
    repo = await stack.repository(files)
    number = stack.github.issues.open_issue(repo, "Some wish", body="PLAIN").number
    await stack.push(repo, {"theirs.txt": "x\n"}, "theirs")
    await stack.github.pulls.open_pull(repo, head="theirs", title="Mine", body=f"Fixes #{number}")
    stack.github.issues.add_label(repo, number, "autobuild")
    ended = await result(stack, repo, number)
    assert ended["state"] == "refused"
    assert "/autobuild --anyway" in ended["reason"]
    await stack.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", WITHIN_S)
    stack.github.store.advance(2)
    await stack.ask(repo, number, "/autobuild --anyway")
    await stack.until(lambda: len(comments(stack, repo, number)) > 1)
    assert (await result(stack, repo, number))["state"] == "ready"


async def test_the_best_change_so_far_stays_on_a_branch_where_that_is_wanted(stack: Stack) -> None:
    config = "agent: {ci_minutes: 0, keep_branch: true}\n"
    repo, number = await labelled(stack, "HANGS", config, **{"tests/test_slow.py": SLOW_TEST})
    await until_there(stack, f"plan-patch-pr:{repo}#{number}", "coding", "joining", "checking")

    async def one_is_joined() -> bool:
        progress = await stack.temporal.get_workflow_handle(f"plan-patch-pr:{repo}#{number}").query("get_progress")
        return "done" in progress["tasks"].values()

    assert await until(one_is_joined)
    await stack.ask(repo, number, "/stop")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["branch"]) == ("stopped", f"autobuild/issue-{number}")
    assert texts.kept_on_branch(ended["branch"]) in ended["reason"]
    assert await branches(stack, repo) == {"main", ended["branch"]}


async def test_a_plan_with_protected_files_waits_whatever_its_size(stack: Stack) -> None:
    repo, number = await labelled(stack, "PROTECTED")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "approval")
    assert ".github/workflows/new.yml" in comments(stack, repo, number)[0]
    await stack.ask(repo, number, "/cancel")
    assert (await result(stack, repo, number))["state"] == "rejected"

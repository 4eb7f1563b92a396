"""`autobuild start | list | status | wait | signal | cancel` against a real server with a real worker."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from activities.checks import registry
from activities.workspace.git import git_environment
from tests.end_to_end.label_workflow import WITH_STAND_IN
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def planned(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack with the stand-in for planned changes."""
    async with make_stack(tmp_path_factory.mktemp("planned"), WITH_STAND_IN) as made:
        yield made


async def autobuild(stack: Stack, *argv: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**git_environment(), "TEMPORAL_ADDRESS": stack.temporal.service_client.config.target_host},
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def installation_of(stack: Stack, repo: str) -> str:
    owner = stack.github.store.repository(repo).owner
    return str(next(each.id for each in stack.github.store.installations.values() if each.account is owner))


async def test_migration_is_started_and_waited_for(stack: Stack) -> None:
    recipe = "name: small\ntitle: Add a file\nsteps:\n  - name: add\n    title: Change it\n    files: ['a.txt']\n"
    files = {".github/autobuild/recipes/small.yml": f"{recipe}    command: echo y > a.txt\n", "a.txt": "x\n"}
    repo = await stack.repository(files)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    words = ("start", "migration", repo, "small", "--issue", str(issue), "--installation", installation_of(stack, repo))
    code, out, _ = await autobuild(stack, *words)
    assert (code, out.strip()) == (0, f"migration:{repo}#{issue}:small")
    code, out, _ = await autobuild(stack, "wait", out.strip())
    assert code == 0
    assert json.loads(out)["state"] == "done"
    assert "**Done: #" in stack.github.comments(repo, issue)[0]["body"]


async def test_gate_is_started_and_waited_for(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.github.webhooks.faults.hold("push", "check_suite")
    sha = await stack.push(repo, {"a.txt": "x\n"})
    code, out, _ = await autobuild(
        stack, "start", "gate", repo, sha, "--base", "main", "--installation", installation_of(stack, repo)
    )
    assert (code, out.strip()) == (0, f"quality-gate:{repo}@{sha}")
    code, out, _ = await autobuild(stack, "wait", out.strip())
    assert code == 0
    assert json.loads(out)["result"]["can_merge"] is True
    assert stack.runs(repo, sha)["gate"]["conclusion"] == "success"
    code, out, _ = await autobuild(stack, "list")
    assert f"quality-gate:{repo}@{sha}" in out
    held.release()


async def test_running_gate_is_shown_and_cancelled(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "cancelled-by-hand")
    workflow_id = f"quality-gate:{repo}@{sha}"
    code, out, _ = await autobuild(stack, "status", workflow_id)
    assert code == 0
    assert "running" in out
    assert (await autobuild(stack, "cancel", workflow_id))[0] == 0
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == runs["security"]["conclusion"] == "cancelled"


async def test_signal_reaches_the_branch(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    code, _, _ = await autobuild(stack, "signal", f"quality:{repo}@change", "rerun", "{}")
    assert code == 0
    await stack.verdict(repo, sha, gates=2)


@pytest.mark.parametrize(
    "argv",
    [("status", "no-such-workflow"), ("cancel", "no-such-workflow"), ("signal", "x", "y", "{"), ("list", "nonsense")],
)
async def test_unknown_workflow_is_one_sentence(stack: Stack, argv: tuple[str, ...]) -> None:
    code, out, err = await autobuild(stack, *argv)
    assert (code, out) == (2, "")
    assert err.startswith("autobuild: ")
    assert "Traceback" not in err


async def test_plug_ins_are_listed(stack: Stack) -> None:
    code, out, _ = await autobuild(stack, "list", "checks")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(registry())


async def test_validate_names_each_mistake(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "autobuild.yml"
    file.write_text("version: 1\nthreshold: 800\nchekcs: {}\n")
    code, out, _ = await autobuild(stack, "validate", str(file))
    assert code == 1
    assert [line.split(":")[1] for line in out.splitlines()] == ["2", "3"]


async def test_planned_change_is_started_and_stopped(planned: Stack) -> None:
    repo = await planned.repository(configured())
    issue = planned.github.issues.open_issue(repo, "A wish").number
    where = (repo, str(issue), "--installation", installation_of(planned, repo))
    code, out, _ = await autobuild(planned, "start", "plan-patch-pr", *where, "--dry-run", "--anyway")
    assert (code, out.strip()) == (0, f"plan-patch-pr:{repo}#{issue}")
    code, again, _ = await autobuild(planned, "start", "plan-patch-pr", *where)
    assert (code, again) == (0, out)  # the running one
    asked = (await planned.temporal.get_workflow_handle(out.strip()).query("get_progress"))["asked"]
    assert (asked["issue"], asked["dry_run"], asked["anyway"]) == (issue, True, True)
    assert asked["asked_at"] > 1e9
    assert (await autobuild(planned, "signal", out.strip(), "stop"))[0] == 0
    assert (await autobuild(planned, "wait", out.strip()))[0] == 0


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("plan-patch-pr", "octocat/hello", "wish"), "'wish' is not the number of an issue."),
        (("plan-patch-pr", "octocat/hello", "0"), "'0' is not the number of an issue."),
        (("gate", "octocat/hello", "a" * 40, "--anyway"), "--anyway is for plan-patch-pr only."),
    ],
)
async def test_wrong_start_is_one_sentence(stack: Stack, argv: tuple[str, ...], sentence: str) -> None:
    code, out, err = await autobuild(stack, "start", *argv, "--installation", "1")
    assert (code, out, err.strip()) == (2, "", f"autobuild: {sentence}")

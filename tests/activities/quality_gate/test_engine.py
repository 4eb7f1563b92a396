"""A check's verdict is stored, and how long it holds."""

import os
import secrets
import time
from dataclasses import replace
from pathlib import Path

import pytest

from activities.environments import Environments
from activities.model import CheckPlan, Head, RepoRef
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import CheckInput, FixInput, Workspace
from activities.reporting.check_run import check_output
from activities.reporting.links import Links
from activities.result_store import ResultStore
from activities.sandbox import Runner
from activities.sandbox.select import make_runner
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces
from tests.runners import runner_with_registries

OURS = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


async def no_auth(repo: RepoRef) -> tuple[str, str]:
    return "", ""


@pytest.fixture
async def steps(tmp_path: Path) -> GateEngine:
    return engine(tmp_path, await make_runner("bubblewrap"))


def engine(tmp_path: Path, runner: Runner) -> GateEngine:
    workspaces = Workspaces(tmp_path, lambda repo: repo.path, no_auth)
    host = Host(workspaces, Environments(tmp_path, runner), ResultStore(tmp_path / "results"), runner, tmp_path)
    return GateEngine(host, "queue")


async def wanted(steps: GateEngine, root: Path, command: str) -> CheckInput:
    """A repository with one file, and a check that runs the command on it."""
    root.mkdir()
    (root / "a.txt").write_text("x\n")
    await git(root, "init", "--quiet")
    await git(root, "add", ".")
    await git(root, "commit", "--quiet", "-m", "x", env=OURS)
    repo = RepoRef("local", "it", path=str(root))
    workspace = await steps.prepare(Head(repo, await git_line(root, "rev-parse", "HEAD")))
    plan = CheckPlan("linting", True, True, tool_options={"command": command, "format": "text"})
    return CheckInput(workspace, plan)


@pytest.mark.parametrize(
    ("command", "status", "held"),
    [("echo 'a.txt:1: warning: w'", "failed", True), ("exit 3", "error", False)],
    ids=["looked at", "not looked at"],
)
async def test_an_incomplete_result_is_measured_again(
    steps: GateEngine, tmp_path: Path, command: str, status: str, held: bool
) -> None:
    asked = await wanted(steps, tmp_path / "repo", command)
    first = await steps.check(asked)
    assert (first.status, first.cached) == (status, False)
    assert (await steps.check(asked)).cached
    hour_ago = time.time() - 3600
    for path in (tmp_path / "results").rglob("*.json"):
        os.utime(path, (hour_ago, hour_ago))
    assert (await steps.check(asked)).cached is held


async def test_a_finding_elsewhere_is_listed_without_an_annotation(steps: GateEngine, tmp_path: Path) -> None:
    paths = ("a.txt", "./a.txt", "b/../a.txt", "b.txt", "b/a.txt", "../a.txt", "/etc/passwd", ".git/HEAD", ".")
    check = await steps.check(await wanted(steps, tmp_path / "repo", f"printf '%s:1: warning: w\\n' {' '.join(paths)}"))
    result = ResultStore(tmp_path / "results").get(check.result_id)
    assert result
    assert len(result.findings) == len(paths)
    ending = check_output(result, Links("https://github.com", "octocat/it", "abc"))
    assert {note["path"] for note in ending.annotations} == {"a.txt"}
    listed = [line for line in ending.summary.splitlines() if "b.txt:1" in line]
    assert listed
    assert "/blob/" not in listed[0]


async def changed(steps: GateEngine, root: Path, *commits: dict[str, str]) -> Workspace:
    """A repository with two commits, each with these files alone."""
    root.mkdir()
    await git(root, "init", "--quiet")
    shas = []
    for files in commits:
        await git(root, "rm", "-r", "--quiet", "--ignore-unmatch", ".")
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        await git(root, "add", ".")
        await git(root, "commit", "--quiet", "-m", "x", env=OURS)
        shas.append(await git_line(root, "rev-parse", "HEAD"))
    base, head = shas
    return await steps.prepare(Head(RepoRef("local", "it", path=str(root)), head, base_sha=base))


@pytest.mark.parametrize("left", [{}, {"ruff.toml": ""}], ids=["none is left", "another one is asked for"])
async def test_a_change_that_removes_its_own_linter_is_never_green_unseen(
    steps: GateEngine, tmp_path: Path, left: dict[str, str]
) -> None:
    before, after = {"a.py": "x = 1\n", ".flake8": "[flake8]\n"}, {"a.py": "import os\n\nx = 1\n", **left}
    workspace = await changed(steps, tmp_path / "repo", before, after)
    plan = next(one for one in (await steps.plan(workspace)).checks if one.name == "linting")
    assert plan.applies
    check = await steps.check(CheckInput(workspace, plan))
    assert check.status == ("failed" if left else "neutral")
    assert check.reason.startswith("This change removes flake8 (.flake8), which the base asks for.")


async def test_a_project_far_below_the_root_is_looked_at(steps: GateEngine, tmp_path: Path) -> None:
    manifest = '[project]\nname = "d"\nversion = "1"\n'
    files = {"a/b/c/d/pyproject.toml": manifest, "a/b/c/d/test_d.py": "def test_d(): pass\n"}
    workspace = await changed(steps, tmp_path / "repo", {"README.md": ""}, files)
    plan = next(one for one in (await steps.plan(workspace)).checks if one.name == "unit_tests")
    assert (plan.applies, plan.reason) == (True, "")


async def test_only_a_new_secret_blocks_wherever_its_lines_are(steps: GateEngine, tmp_path: Path) -> None:
    """Nobody asks for the scanner. The old secret moves, the new one is beside it, and a third is in a test."""
    old, new = (f'token = "ghp_{secrets.token_hex(18)}"\n' for _ in range(2))
    base = {"conf.ini": old, "pom.xml": "<project/>"}
    moved = await changed(steps, tmp_path / "moved", base, {"conf.ini": f"\n\n{old}", "tests/a.ini": new})
    verdict = await steps.check(CheckInput(moved, CheckPlan("security", True, True)))
    assert (verdict.status, verdict.new_findings) == ("neutral", 0)
    assert "kingfisher is not configured in this repository" in verdict.reason
    added = await changed(steps, tmp_path / "added", base, {"conf.ini": f"{new}{old}"})
    verdict = await steps.check(CheckInput(added, CheckPlan("security", True, True)))
    assert (verdict.status, verdict.new_findings, verdict.known_findings) == ("failed", 1, 1)
    assert not any(
        new[10:30].encode() in path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file()
    )


async def test_a_fix_that_breaks_a_test_names_the_check_that_gets_worse(tmp_path: Path) -> None:
    """An import that the linter sees no use of is what a test of the change needs."""
    steps = engine(tmp_path, await runner_with_registries())
    ruff, test = {"ruff.toml": 'lint.select = ["F401"]\n'}, "import m\n\ndef test_x():\n    assert m.x == 1\n"
    before = {**ruff, "m.py": "x = 1\n", "test_m.py": test}
    after = {**ruff, "m.py": "import os\n\nx = 1\n", "test_m.py": f"{test}\ndef test_os():\n    assert m.os.sep\n"}
    workspace = await changed(steps, tmp_path / "repo", before, after)
    plan = await steps.plan(workspace)
    checks = tuple(one for one in plan.checks if one.name in ("linting", "unit_tests"))
    fixed = await steps.fix(FixInput(workspace, replace(plan, checks=checks)))
    assert fixed.commit_sha
    assert fixed.worse == ("unit_tests",)

"""A verdict never depends on what code of another trust level left on the host.

The hostile code is a build backend: it runs at the installation with the environment, the download cache and a copy of
the tree before it, and changes the linter wherever it finds it so that it finds nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from activities.environments import Environments
from activities.model import CheckPlan, Head, QualityCheck, RepoRef
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.trust import base_level, head_level
from activities.quality_gate.types import CheckInput, Workspace
from activities.result_store import ResultStore
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces
from tests.activities.quality_gate.test_engine import OURS, no_auth
from tests.wheels import write_wheel

LINTER = """
import pathlib, sys
def main():
    bad = [path for path in sorted(pathlib.Path().glob("*.py")) if "BAD" in path.read_text()]
    out = next(word.partition("=")[2] for word in sys.argv if word.startswith("--output-file="))
    pathlib.Path(out).write_text("".join(f"./{path}:1:1: F821 bad\\n" for path in bad))
    sys.exit(bool(bad))
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "me"
version = "0"
[dependency-groups]
dev = ["flake8"]
"""
BACKEND = """
import os, zipfile
def get_requires_for_build_editable(config_settings=None): return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(folder, "me-0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("me-0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: me\\nVersion: 0\\n")
        wheel.writestr("me-0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("me-0.dist-info/RECORD", "")
    return "me-0-py3-none-any.whl"
"""
POISON = """
import pathlib
lie = "\\nimport pathlib; pathlib.Path.glob = lambda *_: []\\n"
for folder in ("/cache", "/env", "/install", "/cache/..", "/env/.."):
    for path in pathlib.Path(folder).rglob("flake8_main.py"):
        path.chmod(0o644)
        path.write_text(path.read_text() + lie)
for site in pathlib.Path("/env").glob("lib/python3*/site-packages"):
    site.joinpath("liar.py").write_text(lie)
    site.joinpath("liar.pth").write_text("import liar\\n")
pathlib.Path("/src/flake8_main.py").write_text("def main(): pass")
"""
HONEST = {"pyproject.toml": PROJECT, "backend.py": BACKEND, "me.py": ""}
HOSTILE = {"backend.py": BACKEND + POISON}
FAILING = {"me.py": "BAD\n"}
OTHER_PACKAGES = {"pyproject.toml": PROJECT.replace('["flake8"]', '["flake8>=1"]')}
STILL_OTHER = {"pyproject.toml": PROJECT.replace('["flake8"]', '["flake8>=2"]')}


class Repository:
    """A repository with a protected `main`, and the gate of one host."""

    def __init__(self, root: Path, data: Path, wheels: Path) -> None:
        self._root = root
        self.data = data
        self.repo = RepoRef("local", "it", path=str(root))
        self.runner = BubblewrapRunner({"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}, (wheels,))
        workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
        environments = Environments(data, self.runner)
        host = Host(workspaces, environments, ResultStore(data / "results"), self.runner, data)
        self.engine = GateEngine(host, "queue")

    async def commit(self, branch: str, files: Mapping[str, str], onto: str = "main") -> str:
        """A commit on the branch, which is made from `onto` if need be."""
        if not (self._root / ".git").exists():
            await git(self._root, "init", "--quiet", "--initial-branch=main")
        elif await git_line(self._root, "branch", "--list", branch):
            await git(self._root, "checkout", "--quiet", branch)
        else:
            await git(self._root, "checkout", "--quiet", "-b", branch, onto)
        for name, text in files.items():
            (self._root / name).write_text(text)
        await git(self._root, "add", ".")
        await git(self._root, "commit", "--quiet", "--allow-empty", "-m", "x", env=OURS)
        return await git_line(self._root, "rev-parse", "HEAD")

    async def merge(self, sha: str) -> None:
        """Moves `main` to the commit."""
        await git(self._root, "checkout", "--quiet", "--detach")
        await git(self._root, "branch", "--force", "main", sha)

    async def merge_commit(self, branch: str) -> None:
        """Merges the branch into `main` with a commit of two parents."""
        await git(self._root, "checkout", "--quiet", "main")
        await git(self._root, "merge", "--quiet", "--no-ff", "-m", "x", branch, env=OURS)

    async def workspace(self, sha: str, branch: str, *, fork: bool = False) -> Workspace:
        head = Head(self.repo, sha, branch, "main", pull=7 if fork else 0, fork=fork, approved=fork)
        if branch == "main":  # the default branch is compared with what was there before
            head = replace(head, base_ref="", base_sha=await git_line(self._root, "rev-parse", f"{sha}~1"))
        workspace = await self.engine.prepare(head)
        return replace(workspace, protected_head=branch == "main" and not fork, protected_base=True)

    async def verdict(self, sha: str, branch: str, *, fork: bool = False) -> QualityCheck:
        """The verdict of the linter."""
        plan = CheckPlan("linting", True, True, tool_options={"tools": ["flake8"]})
        return await self.engine.check(CheckInput(await self.workspace(sha, branch, fork=fork), plan))

    async def status(self, sha: str, branch: str, *, fork: bool = False) -> str:
        return (await self.verdict(sha, branch, fork=fork)).status

    @property
    def installed(self) -> list[str]:
        """The trust levels of the environments, one for each."""
        return sorted(path.parent.parent.name for path in self.data.glob("environments/*/*/*/*/installed.json"))


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("pytest", "coverage"):  # every environment gets them
        write_wheel(folder, name, version(name))
    program = {"flake8-7.0.dist-info/entry_points.txt": "[console_scripts]\nflake8 = flake8_main:main\n"}
    write_wheel(folder, "flake8", "7.0", {"flake8_main.py": LINTER, **program})
    return folder


@pytest.fixture
async def repository(tmp_path: Path, wheels: Path) -> Repository:
    (tmp_path / "repo").mkdir()
    made = Repository(tmp_path / "repo", tmp_path / "data", wheels)
    await made.commit("main", {})
    first = await made.commit("main", HONEST)
    assert await made.status(first, "main") == "passed"
    return made


async def test_pull_with_unchanged_manifests_uses_the_environment_of_its_base(repository: Repository) -> None:
    head = await repository.commit("topic", {"me.py": "x = 1\n"})
    assert await repository.status(head, "topic") == "passed"
    assert repository.installed == ["protected"]


async def test_environment_of_the_base_is_installed_from_the_base(
    repository: Repository, wheels: Path, tmp_path: Path
) -> None:
    """Nothing was installed yet when the first pull with unchanged manifests comes."""
    fresh = Repository(tmp_path / "repo", tmp_path / "fresh", wheels)
    head = await fresh.commit("topic", {**HOSTILE, **FAILING})
    assert await fresh.status(head, "topic") == "failed"
    assert fresh.installed == ["protected"]


async def test_head_that_repairs_the_build_of_its_base_is_installed_itself(
    repository: Repository, wheels: Path, tmp_path: Path
) -> None:
    broken = await repository.commit("main", {"backend.py": "raise SystemExit('no compiler')\n"})
    fresh = Repository(tmp_path / "repo", tmp_path / "fresh", wheels)
    head = await fresh.commit("topic", {"backend.py": BACKEND, **FAILING}, onto=broken)
    assert "Could not install" not in (await fresh.verdict(head, "topic")).reason
    assert len(fresh.installed) == 2
    again = await fresh.commit("topic", {"also.py": "BAD\n"})
    assert (await fresh.verdict(again, "topic")).new_findings == 2


@pytest.mark.parametrize("victim", ["main", "other", "fork"])
async def test_fork_that_was_trusted_once_changes_nobody_elses_verdict(repository: Repository, victim: str) -> None:
    bad = await repository.commit("bad", {**HOSTILE, **OTHER_PACKAGES, **FAILING})
    assert await repository.status(bad, "bad", fork=True) == "passed"  # it lies about itself
    same_packages = await repository.commit(victim, FAILING)
    assert await repository.status(same_packages, victim, fork=victim == "fork") == "failed"
    other_packages = await repository.commit(victim, {**STILL_OTHER, "also.py": "BAD\n"})
    assert await repository.status(other_packages, victim, fork=victim == "fork") == "failed"


async def test_branch_changes_no_verdict_of_another_branch_with_its_manifests(repository: Repository) -> None:
    bad = await repository.commit("a", {**HOSTILE, **OTHER_PACKAGES})
    assert await repository.status(bad, "a") == "passed"
    for branch in ("b", "main"):
        head = await repository.commit(branch, {**OTHER_PACKAGES, **FAILING})
        assert await repository.status(head, branch) == "failed"


async def test_verdict_of_a_branch_is_no_other_branchs_for_the_same_tree(repository: Repository) -> None:
    """The second commit is harmless, but is checked in an environment that the first one changed."""
    await repository.commit("a", {**HOSTILE, **OTHER_PACKAGES})
    first = await repository.commit("a", {})
    assert await repository.status(first, "a") == "passed"
    harmless = await repository.commit("a", {"backend.py": BACKEND, **FAILING})
    assert await repository.status(harmless, "a") == "passed"
    for branch in ("b", "main"):
        assert await repository.status(harmless, branch) == "failed"


async def test_approval_of_a_forks_commit_says_nothing_of_its_next_one(repository: Repository) -> None:
    bad = await repository.commit("theirs", {**HOSTILE, **OTHER_PACKAGES})
    assert await repository.status(bad, "theirs", fork=True) == "passed"
    head = await repository.commit("theirs", {"backend.py": BACKEND, **FAILING})
    assert await repository.status(head, "theirs", fork=True) == "failed"


async def test_base_is_measured_outside_of_what_its_head_could_write(repository: Repository) -> None:
    """What the base has already is no fault of the head; were the base found clean, it would be."""
    broken = await repository.commit("main", {**FAILING, **STILL_OTHER})
    bad = await repository.commit("topic", HOSTILE, onto=broken)
    verdict = await repository.verdict(bad, "topic")
    assert (verdict.status, verdict.new_findings, verdict.known_findings) == ("passed", 0, 1)


async def test_merge_group_is_not_compared_in_a_protected_environment_of_what_is_not_merged(
    repository: Repository,
) -> None:
    """The group in front of it is its base, and has a change that is only on its way into the protected branch."""
    bad = await repository.commit("gh-readonly-queue/main/pr-1-a", {**HOSTILE, **OTHER_PACKAGES})
    group = await repository.commit("gh-readonly-queue/main/pr-2-b", {"also.py": "BAD\n"}, onto=bad)
    queued = Head(repository.repo, group, "gh-readonly-queue/main/pr-2-b", "main", bad)
    workspace = await repository.engine.prepare(queued)
    plan = CheckPlan("linting", True, True, tool_options={"tools": ["flake8"]})
    await repository.engine.check(CheckInput(workspace, plan))
    assert base_level(workspace) == f"commit-{bad}"
    honest = await repository.commit("main", {**OTHER_PACKAGES, **FAILING})
    assert await repository.status(honest, "main") == "failed"
    await repository.merge(bad)
    assert base_level(await repository.engine.prepare(queued)) == "protected"


async def test_base_within_a_merged_change_is_not_installed_as_a_protected_branch(repository: Repository) -> None:
    """Somebody merged a change whose end was harmless, and its author branches off from its middle."""
    bad = await repository.commit("topic", {**HOSTILE, **OTHER_PACKAGES})
    await repository.commit("topic", HONEST)
    await repository.merge_commit("topic")
    head = await repository.commit("later", {"also.py": "BAD\n"}, onto=bad)
    workspace = await repository.workspace(head, "later")
    assert (workspace.base_sha, base_level(workspace)) == (bad, f"commit-{bad}")
    await repository.status(head, "later")
    honest = await repository.commit("main", {**OTHER_PACKAGES, **FAILING})
    assert await repository.status(honest, "main") == "failed"


async def test_equal_trees_of_branches_share_reports_made_in_a_protected_environment(repository: Repository) -> None:
    head = await repository.commit("topic", FAILING)
    first = await repository.verdict(head, "topic")
    assert first.status == "failed"
    before = set((repository.data / "results").rglob("*.json"))
    assert await repository.status(head, "other") == "failed"
    made = set((repository.data / "results").rglob("*.json")) - before
    assert len(made) == 1  # the verdict alone: no tool ran


@pytest.mark.parametrize(
    ("head", "protected", "levels"),
    [
        (Head(RepoRef("o", "r"), "1" * 40, "main", "main"), (True, True), ("protected", "protected")),
        (Head(RepoRef("o", "r"), "1" * 40, "main", "main", pull=7, fork=True), (True, True), (f"fork-7-{'1' * 40}", "protected")),
        (Head(RepoRef("o", "r"), "1" * 40), (False, False), (f"commit-{'1' * 40}", f"commit-{'2' * 40}")),
    ],
)  # fmt: skip
def test_trust_levels(head: Head, protected: tuple[bool, bool], levels: tuple[str, str]) -> None:
    workspace = Workspace(replace(head, base_sha="2" * 40), "queue", "", "", "", "", *protected)
    assert (head_level(workspace), base_level(workspace)) == levels


def test_branches_are_told_apart_and_are_names_of_folders() -> None:
    names = ["a", "a/b", "../..", "protected", "A", ""]
    heads = [Head(RepoRef("o", "r", path="/x"), "1" * 40, name) for name in names]
    levels = {head_level(Workspace(head, "queue", "")) for head in heads}
    assert len(levels) == len(names)
    assert all(level.startswith("branch-") and "/" not in level and len(level) < 50 for level in levels)

"""A repository's settings: the defaults, the file's, and every kind of mistake."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.repo_config import (
    ConfigFileInput,
    ConfigFileResult,
    JudgedPullsInput,
    RepoSettings,
    RepoSettingsInput,
)
from activities.github_activities import RepoConfigActivities
from activities.model import RepoRef
from activities.repo_config import PATH
from activities.workspace.mirror import Workspaces
from simulator.github.git import Symlink
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


DEFAULTS = RepoSettings(default_branch="main")

FULL = """\
labels:
  autobuild: Please Build
commands:
  retest: triage
auto_merge: true
merge_method: rebase
"""


async def test_no_file_gives_the_defaults(repo_config: RepoConfigActivities, repo: RepoRef) -> None:
    assert await repo_config.get_repo_settings(RepoSettingsInput(repo)) == DEFAULTS
    assert DEFAULTS.labels == {"autobuild": "autobuild", "incident": "incident"}
    assert (DEFAULTS.auto_merge, DEFAULTS.merge_method, DEFAULTS.commands) == (False, "", {})


async def test_settings_of_the_file(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {PATH: FULL})
    assert await repo_config.get_repo_settings(RepoSettingsInput(repo)) == RepoSettings(
        labels={"autobuild": "Please Build", "incident": "incident"},
        commands={"retest": "triage"},
        auto_merge=True,
        merge_method="rebase",
        default_branch="main",
    )


async def test_only_the_default_branch_counts(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "topic", {PATH: FULL})
    assert await repo_config.get_repo_settings(RepoSettingsInput(repo)) == DEFAULTS


async def test_unchanged_file_costs_no_points(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {PATH: FULL})
    first, second = [await repo_config.get_repo_settings(RepoSettingsInput(repo)) for _ in range(2)]
    assert first == second
    assert [each.status for each in simulated.requests if each.path.endswith(PATH)] == [200, 304]
    await simulated.pushes.push_commit(NAME, "main", {PATH: "auto_merge: false\n"})
    assert not (await repo_config.get_repo_settings(RepoSettingsInput(repo))).auto_merge


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("auto_merge: yes\n", 1, "write `true`"),
        ("\n\ncommands:\n  retest: owner\n", 4, "`owner`"),
        ("a: &x [1]\nb: *x\n", 1, "Anchors"),
        ("x" * 300_000, 1, "exceeds 256 KiB"),
        ("y" * 1_100_000, 0, "exceeds 1 MB"),
        ("a: \0\n", 1, "control character"),
        ("- a\n", 1, "must be a mapping"),
        ("auto_merge: true\nnonsense: 1\n", 2, "is not a key"),
    ],
)
async def test_mistake_has_its_line_and_gives_the_defaults(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef, text: str, line: int, says: str
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {PATH: text})
    found = await repo_config.get_repo_settings(RepoSettingsInput(repo))
    assert says in found.problem
    assert found == RepoSettings(problem=found.problem, line=line, default_branch="main")


async def test_folder_of_that_name_is_a_mistake(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {f"{PATH}/x": ""})
    assert "not a regular file" in (await repo_config.get_repo_settings(RepoSettingsInput(repo))).problem


async def test_empty_file_gives_the_defaults(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {PATH: ""})
    assert await repo_config.get_repo_settings(RepoSettingsInput(repo)) == DEFAULTS
    assert asked(simulated, "GET", PATH) == 1


@pytest.fixture
def with_mirror(simulated: SimulatedGitHub, github: GitHub, tmp_path: Path) -> RepoConfigActivities:
    workspaces = Workspaces(tmp_path, lambda repo: f"{simulated.url}/{repo.full_name}.git", github.git_auth)
    return RepoConfigActivities(github, workspaces)


@pytest.mark.parametrize(
    "broken", ["auto_merge: [", "commands: {retest: owner}\n", "x" * 1_100_000, Symlink("../a.py")]
)
async def test_a_broken_file_is_replaced_by_the_last_valid_one(
    simulated: SimulatedGitHub, with_mirror: RepoConfigActivities, repo: RepoRef, broken: str | Symlink
) -> None:
    for text in ("auto_merge: false\n", FULL):
        valid = await simulated.pushes.push_commit(NAME, "main", {PATH: text})
    for number in range(2):
        await simulated.pushes.push_commit(NAME, "main", {PATH: broken, "n": str(number)})
    found = await with_mirror.get_repo_settings(RepoSettingsInput(repo))
    assert (found.auto_merge, found.commands, found.judged_by) == (True, {"retest": "triage"}, valid)
    assert found.problem


async def test_without_a_valid_version_the_defaults_hold(
    simulated: SimulatedGitHub, with_mirror: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "topic", {PATH: FULL})
    await simulated.pushes.push_commit(NAME, "main", {PATH: "auto_merge: yes\n"})
    found = await with_mirror.get_repo_settings(RepoSettingsInput(repo))
    assert found == RepoSettings(problem=found.problem, line=1, default_branch="main")
    assert found.problem


async def test_an_unprotected_branch_has_no_say(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "topic", {PATH: FULL})
    asked_for = RepoSettingsInput(repo, "topic")
    assert await repo_config.get_repo_settings(asked_for) == DEFAULTS
    simulated.protection.protect(NAME, "topic")
    assert (await repo_config.get_repo_settings(asked_for)).auto_merge
    simulated.protection.protect(NAME, "topic", ruleset=True)  # only force pushes are forbidden
    assert await repo_config.get_repo_settings(asked_for) == DEFAULTS


async def test_the_file_of_a_branch_that_judges(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    without = await simulated.pushes.push_commit(NAME, "main", {"c.py": ""})
    first, other, third = [
        await simulated.pushes.push_commit(NAME, "main", {PATH: text}) for text in (FULL, "version: 1\n", FULL)
    ]
    mine = await simulated.pushes.push_commit(NAME, "mine", {PATH: "threshold: 1\n"})

    async def file(sha: str, before: str = "", branch: str = "main") -> ConfigFileResult:
        return await repo_config.get_config_file(ConfigFileInput(repo, branch, sha, before))

    found = await file(first, without)
    assert (found.judges, bool(found.blob), found.before) == (True, True, "")
    assert await file(third, other) == ConfigFileResult(True, found.blob, (await file(other)).blob)
    assert (await file(first, "1" * 40)).before == "unknown"
    assert await file(without) == ConfigFileResult(True)
    assert await file(mine, first, "mine") == ConfigFileResult()
    simulated.protection.protect(NAME, "mine")
    assert (await file(mine, branch="mine")).judges
    with pytest.raises(ApplicationError, match=r"not found|Not Found|No commit"):
        await file("1" * 40)


async def test_the_pulls_that_a_branch_judges(
    simulated: SimulatedGitHub, repo_config: RepoConfigActivities, repo: RepoRef
) -> None:
    simulated.protection.protect(NAME, "release")
    bases = ("main", "release", "mine")
    for branch in (*bases, "topic"):
        await simulated.pushes.push_commit(NAME, branch, {"x": branch})
    numbers = [(await simulated.pulls.open_pull(NAME, "topic", base=base)).number for base in bases]

    async def judged(branch: str) -> list[int]:
        found = await repo_config.list_judged_pulls(JudgedPullsInput(repo, branch))
        return sorted(head.pull for head in found.heads)

    assert await judged("main") == [numbers[0], numbers[2]]
    assert await judged("release") == [numbers[1]]
    assert await judged("mine") == []

"""The simulated GitHub over HTTP, our client, and a repository."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp
import pytest
from temporalio.testing import ActivityEnvironment

from activities.github.client import GitHub
from activities.github_activities import (
    BranchActivities,
    CheckRunActivities,
    CommentActivities,
    CommitActivities,
    IssueActivities,
    MergeActivities,
    PermissionActivities,
    PullActivities,
    ReleaseActivities,
    RepoConfigActivities,
    ReviewActivities,
    StatusActivities,
    github_activities,
)
from activities.incidents.store import IncidentStore
from activities.model import RepoRef
from activities.result_store import ResultStore
from activities.workspace.mirror import Workspaces
from simulator.github import git
from simulator.github.git import fast_import
from simulator.github.keys import AppKey
from simulator.github.server import SimulatedGitHub

NAME = "octocat/hello"
T = TypeVar("T")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all servers: making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("key")
    AppKey.read_or_generate(folder)
    return folder / "app.pem"


@pytest.fixture
async def simulated(tmp_path: Path, key: Path) -> AsyncIterator[SimulatedGitHub]:
    state = tmp_path / "github"
    state.mkdir()
    shutil.copy(key, state / "app.pem")
    async with SimulatedGitHub(state) as server:
        await server.repositories.add_repository(
            NAME, {"a.py": "import os\n", "b.py": "x = 1\n"}, private=True, protected=["main"]
        )
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def github(simulated: SimulatedGitHub, session: aiohttp.ClientSession) -> GitHub:
    return GitHub(simulated.api_url, simulated.app_id, simulated.private_key_pem, session)


@pytest.fixture
def repo(simulated: SimulatedGitHub) -> RepoRef:
    (installation,) = simulated.store.installations
    return RepoRef("octocat", "hello", installation)


@pytest.fixture
async def head(simulated: SimulatedGitHub) -> str:
    """Written at once, since a push over HTTP takes fifteen processes; the pushes have their own tests."""
    store = simulated.store
    repo, author = store.repository(NAME), store.author(store.add_user("octocat"))
    main = (await git.refs(repo.path, "refs/heads/main"))["refs/heads/main"]
    sha = await fast_import.commit(repo.path, {"a.py": "import sys\n"}, "Change", author, main)
    await git.update_ref(repo.path, "refs/heads/topic/one", sha)
    return sha


@pytest.fixture
def workspaces(github: GitHub, tmp_path: Path) -> Workspaces:
    return Workspaces(tmp_path / "data", github.clone_url, github.git_auth, github.forget, github.submodule_auth)


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def branches(github: GitHub) -> BranchActivities:
    return BranchActivities(github)


@pytest.fixture
def comments(github: GitHub, results: ResultStore) -> CommentActivities:
    return CommentActivities(github, results)


@pytest.fixture
def commits(github: GitHub) -> CommitActivities:
    return CommitActivities(github)


@pytest.fixture
def issues(github: GitHub) -> IssueActivities:
    return IssueActivities(github)


@pytest.fixture
def merging(github: GitHub) -> MergeActivities:
    return MergeActivities(github)


@pytest.fixture
def permissions(github: GitHub) -> PermissionActivities:
    return PermissionActivities(github)


@pytest.fixture
def pulls(github: GitHub) -> PullActivities:
    return PullActivities(github)


@pytest.fixture
def releases(github: GitHub) -> ReleaseActivities:
    return ReleaseActivities(github)


@pytest.fixture
def repo_config(github: GitHub) -> RepoConfigActivities:
    return RepoConfigActivities(github)


@pytest.fixture
def reviews(github: GitHub) -> ReviewActivities:
    return ReviewActivities(github)


@pytest.fixture
def status(github: GitHub) -> StatusActivities:
    return StatusActivities(github)


@pytest.fixture
def check_runs(github: GitHub, results: ResultStore) -> CheckRunActivities:
    return CheckRunActivities(github, results)


def by_name(github: GitHub, results: ResultStore, workspaces: Workspaces, incidents: IncidentStore) -> SimpleNamespace:
    """Every activity as the worker registers it, by its name."""
    methods = github_activities(github, results, workspaces, incidents)
    return SimpleNamespace(**{method.__name__: method for method in methods})


@pytest.fixture
def incidents(tmp_path: Path) -> IncidentStore:
    return IncidentStore(tmp_path / "incidents")


@pytest.fixture
def activities(
    github: GitHub, results: ResultStore, workspaces: Workspaces, incidents: IncidentStore
) -> SimpleNamespace:
    return by_name(github, results, workspaces, incidents)


def asked(simulated: SimulatedGitHub, method: str, ending: str) -> int:
    """How many requests there were whose path ends so."""
    return sum(each.method == method and each.path.endswith(ending) for each in simulated.requests)


async def done(method: Callable[[Any], Awaitable[T]], wanted: Any, attempt: int = 1) -> T:
    """The activity's result, inside an activity as the worker makes one: there it may send heartbeats."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    result: T = await environment.run(method, wanted)
    return result

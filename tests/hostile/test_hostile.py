"""No read, write, connection or verdict of hostile code is possible beyond what docs/security.md allows."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from simulator.github import git
from tests import openapi
from tests.as_user import as_user
from tests.deadlines import WITHIN_S
from tests.hostile.repositories import HostileRepository, repositories
from tests.hostile.targets import Targets
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")
KINDS = ("install step", "tools", "fix", "configuration", "names")


@dataclass(frozen=True)
class HostileWorld:
    """One worker with all that hostile code may aim at."""

    stack: Stack
    targets: Targets
    kinds: dict[str, HostileRepository]

    async def pull(self, kind: str, *, fork: bool) -> tuple[str, str, int]:
        """(repository, sha, pull) of a new hostile pull request."""
        hostile, stack = self.kinds[kind], self.stack
        repo = await stack.repository(hostile.base)
        if not fork:
            sha = await stack.push(repo, hostile.change, branch=hostile.branch)
            return repo, sha, await stack.pull(repo, branch=hostile.branch)
        forked = await stack.github.repositories.add_fork(repo, "example")
        push = stack.github.pushes.push_commit
        sha = await push(forked.full_name, hostile.branch, hostile.change, login="example")
        return repo, sha, await stack.pull(repo, branch=f"example:{hostile.branch}", login="example")

    def assert_contained(self) -> None:
        """Nothing of the host was read, changed or reached, and nothing was told to GitHub."""
        assert list(self.targets.damage(self.stack.settings.data)) == []
        assert not [one for one in self.stack.github.requests if self.targets.token in str(one)]


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["root", "user"])
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HostileWorld]:
    """With a worker that was started as root, and with one that was started as an ordinary user."""
    other_user = request.param == "user" and os.getuid() == 0
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("only root can start a worker as root")
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("targets", "data", "home"):
        (folder / name).mkdir(mode=0o755)
    async with make_stack(folder, with_worker=False) as stack:
        temporal = urlsplit(f"http://{stack.temporal.service_client.config.target_host}").port
        webhooks = urlsplit(stack.github.webhooks.config.url).port
        assert temporal
        assert webhooks
        private = [Path(__file__), stack.settings.data, Path.home(), folder / "home"]
        targets = Targets(folder / "targets", temporal, webhooks, [os.getpid(), os.getppid()], private)
        try:
            async with _worker(stack, folder, other_user=other_user):
                yield HostileWorld(stack, targets, repositories(targets.facts, folder))
        finally:
            targets.close()
        openapi.assert_valid(stack.github.requests)


@contextlib.asynccontextmanager
async def _worker(stack: Stack, folder: Path, *, other_user: bool) -> AsyncIterator[None]:
    """A worker's process, for the block."""
    settings = stack.settings
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOBUILD_", "TEMPORAL_"))}
    environ = {
        **own,
        "HOME": str(folder / "home"),
        "TEMPORAL_ADDRESS": stack.temporal.service_client.config.target_host,
        "AUTOBUILD_DATA": str(settings.data),
        "AUTOBUILD_GITHUB_URL": settings.github_url,
        "AUTOBUILD_GITHUB_API_URL": settings.github_api_url,
        "AUTOBUILD_APP_ID": str(settings.app_id),
        "AUTOBUILD_PRIVATE_KEY": settings.private_key,
    }
    argv = [sys.executable, "-P", "-m", "bot", "worker"]
    if other_user:
        argv = as_user(argv, *(folder / name for name in ("data", "home", "targets")))
    with (folder / "worker.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*argv, env=environ, stdout=PIPE, stderr=log)
        try:
            assert process.stdout
            ready = await asyncio.wait_for(process.stdout.readline(), WITHIN_S)
            assert b"Working on" in ready, (folder / "worker.log").read_text()
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def judged_rightly(hostile: HostileRepository, runs: dict[str, dict[str, object]]) -> Iterator[str]:
    """What is wrong with the verdicts, as sentences."""
    for name in hostile.succeed:
        if runs[name]["conclusion"] != "success":
            yield f"{name}: {runs[name]['conclusion']}: {runs[name]['output']}"
    for name in (*hostile.fails, *(("gate",) if hostile.fails else ())):
        if runs[name]["conclusion"] != "failure":
            yield f"{name}: {runs[name]['conclusion']}: {runs['gate']['output']}"


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_pull_of_the_repository_is_contained(world: HostileWorld, kind: str) -> None:
    repo, sha, number = await world.pull(kind, fork=False)
    hostile, github = world.kinds[kind], world.stack.github
    assert list(judged_rightly(hostile, await world.stack.verdict(repo, sha))) == []
    if hostile.fixed:
        pull = github.store.issue(repo, number).pull
        assert pull
        await world.stack.until(lambda: pull.head_sha != sha)
        for path, text in hostile.fixed.items():
            assert await git.git(github.store.repository(repo).path, "show", f"{pull.head_sha}:{path}") == text.encode()
        await world.stack.verdict(repo, pull.head_sha)
    world.assert_contained()


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_pull_of_a_fork_runs_only_when_approved(world: HostileWorld, kind: str) -> None:
    repo, sha, number = await world.pull(kind, fork=True)
    runs = await world.stack.verdict(repo, sha)
    assert {run["conclusion"] for run in runs.values()} == {"action_required"}
    mirror = world.stack.settings.data / "mirrors" / f"{repo}.git"
    if mirror.exists():
        with pytest.raises(git.GitCommandError):
            await git.git(mirror, "cat-file", "-e", sha)
    world.assert_contained()
    world.stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}")
    runs = await world.stack.verdict(repo, sha, gates=2)
    assert list(judged_rightly(world.kinds[kind], runs)) == []
    world.assert_contained()

"""Deployments of the simulated GitHub: made once, waited for, rolled back."""

import asyncio
from collections.abc import Awaitable

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.deploying.activities import DeploymentActivities
from activities.github.deploying.types import DeployInput, DeployResult, RollbackInput
from activities.model import RepoRef
from simulator.github.deployed import Deployment
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.deadlines import until
from tests.openapi import assert_valid


class Staging:
    """The repository's environment `staging`, and the activities. `deploys` gives what was deployed a status."""

    def __init__(self, github: SimulatedGitHub, activities: DeploymentActivities, repo: RepoRef) -> None:
        self.github, self.activities, self.repo = github, activities, repo

    @property
    def made(self) -> list[Deployment]:
        return self.github.deployments.deployments(NAME)

    async def before(self, text: str, *states: str) -> Deployment:
        """A deployment of another commit, by somebody else."""
        sha = await self.github.pushes.push_commit(NAME, "older", {"c.py": text})
        it = await self.github.deployments.add_deployment(NAME, sha, "staging")
        for state in states:
            self.github.deployments.add_status(NAME, it.id, state)
        return it

    async def deploys(self, running: Awaitable[DeployResult], *states: str, **more: str) -> DeployResult:
        """What the activity returns once its deployment got these statuses."""
        count, task = len(self.made), asyncio.ensure_future(running)

        async def is_made() -> bool:
            return len(self.made) > count or task.done()

        await until(is_made)
        for state in states:
            self.github.deployments.add_status(NAME, self.made[-1].id, state, **more)  # type: ignore[arg-type]
        return await task

    def deploy(self, sha: str, minutes: int = 30) -> Awaitable[DeployResult]:
        wanted = DeployInput(self.repo, sha, "staging", minutes, "incident:1")
        return done(self.activities.deploy_to_staging, wanted)

    def roll_back(self, id: int) -> Awaitable[DeployResult]:
        return done(self.activities.rollback_deployment, RollbackInput(self.repo, "staging", id, "incident:1"))


@pytest.fixture
def staging(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> Staging:
    return Staging(simulated, DeploymentActivities(github, poll_s=0.01), repo)


async def test_a_deployment_is_made_once(staging: Staging, head: str) -> None:
    url = "https://staging.example.com"
    found = await staging.deploys(staging.deploy(head), "in_progress", "success", environment_url=url)
    assert found == DeployResult(
        True, f"`{head[:7]}` was deployed to `staging`.", staging.made[0].id, head, "success", url
    )
    assert await staging.deploy(head) == found
    assert [one.sha for one in staging.made] == [head]
    assert_valid(staging.github.requests)


async def test_one_with_our_key_by_somebody_else_is_not_ours(staging: Staging, head: str) -> None:
    payload = {"autobuild": "deploy:incident:1"}
    other = await staging.github.deployments.add_deployment(NAME, head, "staging", payload=payload)
    staging.github.deployments.add_status(NAME, other.id, "success")
    assert not (await staging.deploys(staging.deploy(head), "failure")).deployed
    assert len(staging.made) == 2


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("in_progress", "failure"), "failed: It does not start"),
        (("error",), "failed: It does not start"),
        (("success", "inactive"), "another deployment replaced it"),
    ],
)
async def test_one_that_does_not_succeed_says_why(
    staging: Staging, head: str, states: tuple[str, ...], said: str
) -> None:
    it = await staging.deploys(staging.deploy(head, minutes=0))
    for state in states:
        staging.github.deployments.add_status(NAME, it.deployment_id, state, description="It does not start")
    found = await staging.deploy(head)
    assert (found.deployed, found.state) == (False, states[-1])
    assert said in found.text


@pytest.mark.parametrize(("states", "said"), [((), "the deployment got no status"), (("queued",), "is `queued` still")])
async def test_the_wait_has_an_end(staging: Staging, head: str, states: tuple[str, ...], said: str) -> None:
    it = await staging.deploys(staging.deploy(head, minutes=0))
    for state in states:
        staging.github.deployments.add_status(NAME, it.deployment_id, state)
    assert said in (await staging.deploy(head, minutes=0)).text


async def test_what_github_refuses_is_said(staging: Staging) -> None:
    found = await staging.deploy("f" * 40)
    assert (found.deployed, found.deployment_id) == (False, 0)
    assert "GitHub refuses a deployment to `staging`" in found.text


async def test_a_rollback_deploys_the_last_that_succeeded(staging: Staging, head: str) -> None:
    await staging.before("1", "success")
    good = await staging.before("2", "success")
    await staging.before("3", "failure")
    bad = await staging.deploys(staging.deploy(head), "success")
    await staging.before("4", "success")
    found = await staging.deploys(staging.roll_back(bad.deployment_id), "success")
    assert (found.deployed, found.sha) == (True, good.sha)
    count = len(staging.made)
    assert await staging.roll_back(bad.deployment_id) == found
    assert len(staging.made) == count
    assert_valid(staging.github.requests)


async def test_without_an_earlier_success_nothing_is_rolled_back(staging: Staging, head: str) -> None:
    bad = await staging.deploys(staging.deploy(head), "failure")
    found = await staging.roll_back(bad.deployment_id)
    assert (found.deployed, found.deployment_id) == (False, 0)
    assert "it stays as it is" in found.text
    assert len(staging.made) == 1


async def test_without_the_permission_it_says_so(staging: Staging, head: str) -> None:
    for installation in staging.github.store.installations.values():
        installation.permissions.pop("deployments", None)
    with pytest.raises(ApplicationError, match="deployments"):
        await staging.deploy(head)

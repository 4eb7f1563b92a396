"""A trend that will cross a limit has one issue until it is over, on the simulated GitHub."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from activities.github.client import GitHub
from activities.github_activities import IssueActivities
from activities.incidents.watching import FiringRule, OpenPrediction, PredictedCrossing
from activities.model import RepoRef
from simulator.github.entities import SimulatedIssue
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.deadlines import until
from tests.workflows.monitoring.stand_ins import Monitored
from workflows.monitoring.monitoring import ContinuousMonitoringWorkflow
from workflows.monitoring.requests import MonitoringInput

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Foreseen:
    """A monitoring whose service `pay` is of a repository on the simulated GitHub."""

    monitored: Monitored
    github: SimulatedGitHub
    repo: RepoRef

    @property
    def issues(self) -> list[SimulatedIssue]:
        return list(self.github.store.repository("octocat/example").issues.values())

    def crossing(self) -> PredictedCrossing:
        return PredictedCrossing("disk", "pay", 9_000.0, "The trend of `disk` crosses its limit soon.", self.repo)

    async def start(self, *known: OpenPrediction) -> None:
        await self.monitored.temporal.start_workflow(
            ContinuousMonitoringWorkflow.run,
            MonitoringInput(predictions=known),
            id=self.monitored.queue,
            task_queue=self.monitored.queue,
        )

    async def polled(self, times: int = 3) -> None:
        """Waits for so many more polls, of which the first ones have had their effect."""
        wanted = self.monitored.deployment.polled + times

        async def enough() -> bool:
            return self.monitored.deployment.polled >= wanted

        await until(enough)


@pytest_asyncio.fixture(loop_scope="session")
async def foreseen(idle: Monitored, tmp_path: Path, key: Path) -> AsyncIterator[Foreseen]:
    state = tmp_path / "github"
    state.mkdir()
    shutil.copy(key, state / "app.pem")
    idle.deployment.every, idle.deployment.checked = 0.1, ("disk",)
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(SimulatedGitHub(state))
        await server.repositories.add_repository("octocat/example", {"a.py": ""})
        (installation,) = server.store.installations
        session = await stack.enter_async_context(aiohttp.ClientSession())
        issues = IssueActivities(GitHub(server.api_url, server.app_id, server.private_key_pem, session))
        await stack.enter_async_context(idle.worker(issues.create_issue, issues.close_issue))
        yield Foreseen(idle, server, RepoRef("octocat", "example", installation))
        openapi.assert_valid(server.requests)


async def test_a_trend_is_one_issue_however_often_it_is_foreseen(foreseen: Foreseen) -> None:
    foreseen.monitored.deployment.predicted = [foreseen.crossing()]
    await foreseen.start()
    await foreseen.github.store.wait_for(lambda: foreseen.issues)
    await foreseen.polled()
    (issue,) = foreseen.issues
    assert (issue.title, issue.state) == ("disk of pay will cross its limit", "open")
    assert "crosses its limit soon" in str(issue.body)
    await foreseen.monitored.has(predictions=1)


async def known(foreseen: Foreseen) -> tuple[SimulatedIssue, OpenPrediction]:
    """An issue about a trend that was foreseen last a long time ago."""
    owner = foreseen.github.store.add_user("octocat")
    repo = foreseen.github.store.repository("octocat/example")
    issue = foreseen.github.issues.new_issue(repo, "disk of pay will cross its limit", "", owner)
    return issue, OpenPrediction("disk", foreseen.repo, issue.number, 1_000.0, 1_000.0)


async def test_it_is_closed_when_nothing_is_foreseen_any_more(foreseen: Foreseen) -> None:
    issue, prediction = await known(foreseen)
    await foreseen.start(prediction)
    await foreseen.github.store.wait_for(partial(_is_closed, issue))
    await foreseen.monitored.has(predictions=0)
    (comment,) = foreseen.github.comments("octocat/example", issue.number)
    assert "The trend is over" in comment["body"]


def _is_closed(issue: SimulatedIssue) -> bool:
    return issue.state == "closed"


async def test_it_stays_open_while_the_limit_is_crossed(foreseen: Foreseen) -> None:
    issue, prediction = await known(foreseen)
    foreseen.monitored.deployment.firing = [FiringRule("disk", "pay", "error", 1_000.0)]
    await foreseen.start(prediction)
    await foreseen.polled()
    assert issue.state == "open"
    await foreseen.monitored.has(predictions=1)


async def test_a_rule_that_was_not_answered_says_nothing(foreseen: Foreseen) -> None:
    issue, prediction = await known(foreseen)
    foreseen.monitored.deployment.checked = ()
    await foreseen.start(prediction)
    await foreseen.polled()
    assert issue.state == "open"

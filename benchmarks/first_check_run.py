"""From a push to the first check run that GitHub shows as queued.

The clock starts before the `git push` itself, and stops when a reader of GitHub's API has seen a check run.
"""

import time
from dataclasses import replace

import aiohttp

from activities.checks import registry
from activities.github.check_runs import GATE, CheckRunActivities, CreateCheckRunsInput
from activities.github.client import GitHub
from activities.model import Head, RepoRef
from activities.result_store import ResultStore
from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support.deployment import Deployment, deployment
from benchmarks.support.repositories import QUICK
from bot.settings import WORKER_NEEDS, Settings

_ROUNDS = 10


async def _measure(the: Deployment, effort: Effort) -> list[Row]:
    async with aiohttp.ClientSession() as session:
        repo = await the.repository("octocat/first", QUICK)
        pushed, heard, bare = [], [], []
        for number in range(effort.times(_ROUNDS)):
            sha, begun = "", time.monotonic()
            sha = await the.push(repo, {"a.txt": f"{number}\n"})
            seen = await the.until(repo, sha, bool)
            pushed.append(seen - begun)
            heard.append(seen - the.relay.last("push").at)
            await the.verdict(repo, sha)
            bare.append(await _bare(_github(the, session), ResultStore(the.folder / "results"), repo, sha))
    against = "the same nine requests to GitHub alone"
    return [
        Row(
            "push to the first queued check run (median)",
            "s",
            median(pushed),
            median(bare),
            against,
            Goal("measured", at_most=1.0),
        ),
        Row("push to the first queued check run (slowest)", "s", max(pushed), max(bare), against),
        Row("webhook to the first queued check run (median)", "s", median(heard), median(bare), against),
    ]


def _github(the: Deployment, session: aiohttp.ClientSession) -> GitHub:
    """As the worker has it: its settings, and its client."""
    settings = Settings.load(the.process("worker").environ(), needs=WORKER_NEEDS)
    return GitHub(settings.github_api_url, settings.app_id, settings.private_key, session)


async def _bare(github: GitHub, results: ResultStore, repo: str, sha: str) -> float:
    """All check runs of a gate, asked for directly; the token is there already, as it is for the worker."""
    owner, name = repo.split("/")
    wanted = CreateCheckRunsInput(Head(RepoRef(owner, name), sha), (*registry(), GATE), owner_key="bare")
    activities = CheckRunActivities(github, results)
    await activities.create_check_runs(wanted)
    begun = time.monotonic()
    await activities.create_check_runs(replace(wanted, attempt=1))
    return time.monotonic() - begun


benchmark = Benchmark(deployment, _measure)

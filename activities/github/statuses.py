"""What is said of a commit, by commit statuses and by everybody's check runs."""

from collections.abc import Mapping
from typing import Any

from activities.github.branches import names
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.types.branches import CommitStatus, CommitStatusInput, ContextState, StatusContext
from activities.reporting.markdown import one_line

# GitHub's own limit for a status's description; a check run's title is longer.
_DESCRIPTION = 140
# What satisfies a required check (`neutral` and `skipped` do). Anything else that has ended is a failure.
_GOOD = ("success", "neutral", "skipped")

Json = Mapping[str, Any]


async def of_commit(github: GitHub, wanted: CommitStatusInput) -> CommitStatus:
    """All of it as it is now. `NotFound` for a commit that GitHub does not know (yet)."""
    api = await github.installation(wanted.repo, {"statuses": "read", "checks": "read"})
    contexts = [*await _statuses(api, wanted), *await _runs(api, wanted)]
    contexts.sort(key=lambda context: (context.name, context.by_check_run))
    states = {context.state for context in contexts}
    for state in ("failure", "pending", "success"):
        if state in states:
            return CommitStatus(state, tuple(contexts))
    return CommitStatus("none", ())


async def _statuses(api: API, wanted: CommitStatusInput) -> list[StatusContext]:
    """GitHub gives the newest of each context."""
    url = "/repos/{owner}/{repo}/commits/{ref}/status?per_page=100"
    found = api.getiter(url, names(wanted.repo, ref=wanted.sha), iterable_key="statuses")
    return [_context(each["context"], _status_state(each["state"]), each["description"], False) async for each in found]


async def _runs(api: API, wanted: CommitStatusInput) -> list[StatusContext]:
    """`filter=latest` is the newest of each name in each suite; an App may have several, and Apps share names."""
    url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?per_page=100&filter=latest"
    found = api.getiter(url, names(wanted.repo, ref=wanted.sha), iterable_key="check_runs")
    newest: dict[str, Json] = {}
    async for run in found:
        if run["name"] not in newest or run["id"] > newest[run["name"]]["id"]:
            newest[run["name"]] = run
    return [_context(name, _run_state(run), (run["output"] or {}).get("title"), True) for name, run in newest.items()]


def _context(name: str, state: ContextState, said: str | None, by_check_run: bool) -> StatusContext:
    return StatusContext(name, state, one_line(said or "", _DESCRIPTION), by_check_run)


def _status_state(state: str) -> ContextState:
    if state == "success":
        return "success"
    return "pending" if state == "pending" else "failure"


def _run_state(run: Json) -> ContextState:
    if run["status"] != "completed":
        return "pending"
    return "success" if run["conclusion"] in _GOOD else "failure"

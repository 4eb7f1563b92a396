"""What commit statuses and everybody's check runs say of a commit, and the status that we post on a pull's head."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activities.github.activity_errors import github_activity
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting.markdown import one_line

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]
ContextState = Literal["success", "failure", "pending"]
StatusState = Literal["error", "failure", "pending", "success"]

# GitHub's own limit for a status's description; a check run's title is longer.
_DESCRIPTION = 140
# What satisfies a required check (`neutral` and `skipped` do). Anything else that has ended is a failure.
_GOOD = ("success", "neutral", "skipped")

_STATES: Mapping[str, ContextState] = {"success": "success", "pending": "pending"}


@dataclass(frozen=True)
class CommitStatusInput:
    """A commit whose statuses and check runs are to be read."""

    repo: RepoRef
    sha: str


@dataclass(frozen=True)
class StatusContext:
    """What one status or check run says; `description` in at most 140 characters, as its author wrote it."""

    name: str
    state: ContextState
    description: str
    by_check_run: bool


@dataclass(frozen=True)
class CommitStatusResult:
    """`state` is `failure` if anything failed, else `pending` if anything has not ended, `none` if there is
    nothing. `contexts` has the newest of each name, sorted; a status and a check run of one name are two."""

    state: Literal["success", "failure", "pending", "none"]
    contexts: tuple[StatusContext, ...]


@dataclass(frozen=True)
class PullStatusInput:
    """A commit status on the pull's head, or on `head_sha` where that is given. `description` is cut to GitHub's
    140 characters."""

    repo: RepoRef
    number: int
    state: StatusState
    description: str
    context: str = "autobuild"
    target_url: str = ""
    head_sha: str = ""


@dataclass(frozen=True)
class PullStatusResult:
    """`changed` False: the newest status of that context says the same."""

    sha: str
    changed: bool


class StatusActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def get_commit_status(self, input: CommitStatusInput) -> CommitStatusResult:
        """Returns all statuses and check runs of a commit.

        Raises `NotFound` for a commit that GitHub does not know.
        """
        api = await self._github.installation(input.repo, {"statuses": "read", "checks": "read"})
        where = url_values(input.repo, ref=input.sha)
        # GitHub gives the newest of each context.
        statuses = api.getiter(
            "/repos/{owner}/{repo}/commits/{ref}/status?per_page=100", where, iterable_key="statuses"
        )
        contexts = [
            _context(each["context"], _STATES.get(each["state"], "failure"), each["description"], by_check_run=False)
            async for each in statuses
        ]
        # `filter=latest` is the newest of each name in each suite; an App may have several, and Apps share names.
        url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?per_page=100&filter=latest"
        newest: dict[str, Json] = {}
        async for run in api.getiter(url, where, iterable_key="check_runs"):
            if run["name"] not in newest or run["id"] > newest[run["name"]]["id"]:
                newest[run["name"]] = run
        for name, run in newest.items():
            ended: ContextState = "success" if run.get("conclusion") in _GOOD else "failure"
            state = ended if run["status"] == "completed" else "pending"
            contexts.append(_context(name, state, (run["output"] or {}).get("title"), by_check_run=True))
        contexts.sort(key=lambda context: (context.name, context.by_check_run))
        states = {context.state for context in contexts}
        for worst in ("failure", "pending", "success"):
            if worst in states:
                return CommitStatusResult(worst, tuple(contexts))
        return CommitStatusResult("none", ())

    @github_activity
    async def update_pr_status(self, input: PullStatusInput) -> PullStatusResult:
        """Posts a commit status on a pull request's head, unless it already says the same."""
        sha = input.head_sha
        if not sha:
            reading = await self._github.installation(input.repo, {"pull_requests": "read"})
            url = "/repos/{owner}/{repo}/pulls/{number}"
            sha = str((await reading.getitem(url, url_values(input.repo, number=str(input.number))))["head"]["sha"])
        api = await self._github.installation(input.repo, {"statuses": "write"})
        where = url_values(input.repo, sha=sha)
        text = " ".join(input.description.split())
        description = text if len(text) <= _DESCRIPTION else f"{text[: _DESCRIPTION - 1].rstrip()}…"
        if await _newest(api, where, input.context) == (input.state, description, input.target_url):
            return PullStatusResult(sha, changed=False)
        body = {"state": input.state, "description": description, "context": input.context}
        if input.target_url:
            body["target_url"] = input.target_url
        await api.post("/repos/{owner}/{repo}/statuses/{sha}", where, data=body)
        return PullStatusResult(sha, changed=True)


def _context(name: str, state: ContextState, description: str | None, *, by_check_run: bool) -> StatusContext:
    return StatusContext(name, state, one_line(description or "", _DESCRIPTION), by_check_run)


async def _newest(api: "API", where: dict[str, str], context: str) -> tuple[str, str, str] | None:
    """State, description and address; the combined status holds the newest of each context. Capitals make no other
    context."""
    url = "/repos/{owner}/{repo}/commits/{sha}/status?per_page=100"
    async for status in api.getiter(url, where, iterable_key="statuses"):
        if str(status["context"]).lower() == context.lower():
            return str(status["state"]), str(status["description"] or ""), str(status["target_url"] or "")
    return None

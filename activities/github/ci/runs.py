"""What the CI of a repository says of a commit, read from GitHub: every check run of other Apps, with all attempts, and
every commit status of other accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from activities.github.merging.required_checks import A_STATUS
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, AppClient

Json = Mapping[str, Any]
RunState = Literal["running", "passed", "failed", "infrastructure"]

_RUN_STATES: Mapping[str, RunState] = {
    "success": "passed", "neutral": "passed", "skipped": "passed", "failure": "failed",
}  # fmt: skip
"""By conclusion; every other one is no verdict: cancelled, timed_out, stale and what GitHub may add."""
_STATUS_STATES: Mapping[str, RunState] = {"success": "passed", "failure": "failed", "pending": "running"}
_LONGEST_URL = 500
_ACTIONS = "github-actions"


@dataclass(frozen=True)
class CiRun:
    """One attempt of a check, or one status. `app` is its App's id, `A_STATUS` for a status; `by` the App's or the
    account's name. `word` is GitHub's for its state. `started` and `ended` are in seconds since 1970, 0 where GitHub
    names no time. `data` is GitHub's own."""

    id: int
    name: str
    by: str
    app: int
    suite: int
    state: RunState
    word: str
    title: str = ""
    url: str = ""
    started: float = 0.0
    ended: float = 0.0
    data: Json = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str]:
        """The same for all attempts of a check. Capitals make no other status."""
        return self.app, self.name.lower() if self.app == A_STATUS else self.name


async def check_runs(api: "API", app: "AppClient", repo: RepoRef, sha: str) -> list[CiRun]:
    """All attempts of all check runs, without our App's."""
    url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?filter=all&per_page=100"
    found = api.getiter(url, url_values(repo, ref=sha), iterable_key="check_runs")
    return [_of_run(run) async for run in found if (run.get("app") or {}).get("id") != app.id]


async def statuses(api: "API", app: "AppClient", repo: RepoRef, sha: str) -> list[CiRun]:
    """All statuses, also those that newer ones replaced, without our App's."""
    found = api.getiter("/repos/{owner}/{repo}/commits/{ref}/statuses?per_page=100", url_values(repo, ref=sha))
    return [_of_status(each) async for each in found if (each.get("creator") or {}).get("login") != app.login]


async def empty_workflows(api: "API", repo: RepoRef, sha: str) -> list[CiRun]:
    """Runs of workflows that have no check yet, or ended without one: of a broken workflow file, GitHub shows no
    check run. Only suites of GitHub Actions: other Apps have one for every push, whether they check it or not."""
    url = "/repos/{owner}/{repo}/commits/{ref}/check-suites?per_page=100"
    found = []
    async for suite in api.getiter(url, url_values(repo, ref=sha), iterable_key="check_suites"):
        by = suite.get("app") or {}
        if by.get("slug") != _ACTIONS or suite.get("latest_check_runs_count"):
            continue
        ended, id = suite.get("status") == "completed", int(suite["id"])
        word = str((suite.get("conclusion") if ended else suite.get("status")) or "")
        if not ended or _RUN_STATES.get(word) != "passed":
            name = str(by.get("name") or _ACTIONS)
            state: RunState = "infrastructure" if ended else "running"
            found.append(CiRun(id, name, _ACTIONS, int(by["id"]), id, state, word))
    return found


def _of_run(run: Json) -> CiRun:
    app, ended = run.get("app") or {}, run.get("status") == "completed"
    word = str((run.get("conclusion") if ended else run.get("status")) or "")
    return CiRun(
        int(run["id"]), str(run["name"]), str(app.get("slug") or ""), int(app.get("id") or 0),
        int((run.get("check_suite") or {}).get("id") or 0),
        _RUN_STATES.get(word, "infrastructure") if ended else "running", word,
        str((run.get("output") or {}).get("title") or ""), _https(run.get("details_url"), run.get("html_url")),
        _seconds(run.get("started_at")), _seconds(run.get("completed_at")) if ended else 0.0, run,
    )  # fmt: skip


def _of_status(status: Json) -> CiRun:
    word, at = str(status.get("state") or ""), _seconds(status.get("created_at"))
    return CiRun(
        int(status["id"]), str(status["context"]), str((status.get("creator") or {}).get("login") or ""), A_STATUS, 0,
        _STATUS_STATES.get(word, "infrastructure"), word, str(status.get("description") or ""),
        _https(status.get("target_url")), at, at, status,
    )  # fmt: skip


def _https(*urls: object) -> str:
    """The first that is an https address which a page can show; "" where none is."""
    for url in map(str, urls):
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        plain = url.isascii() and url.isprintable() and not set(url) & set(" <>\"'`()[]|\\")
        if parts.scheme == "https" and parts.hostname and not parts.username and plain and len(url) <= _LONGEST_URL:
            return url
    return ""


def _seconds(time: object) -> float:
    try:
        return datetime.fromisoformat(str(time)).timestamp()
    except (ValueError, OverflowError):
        return 0.0

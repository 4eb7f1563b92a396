"""What fails on a commit, ours and other checks: their names, summaries and annotations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.github.check_run_requests import PREFIX
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import patch_requests as texts

if TYPE_CHECKING:
    from activities.agent_runs.backend import AgentTask
    from activities.github.client import API

Json = Mapping[str, Any]

_FAILED = ("failure", "timed_out", "startup_failure")
_GATE = f"{PREFIX}gate"
_MOST_ANNOTATIONS = 50
_LONGEST_PART = 10_000


@dataclass(frozen=True)
class FailingCheck:
    """`by` is the App or the account that reports it, `id` is GitHub's: `run 7` or `status 7`. `text` is what it says.
    `path` and `line` are those of its first annotation. `own` is our check's name, "" for others."""

    id: str
    name: str
    by: str
    text: str
    path: str = ""
    line: int = 0
    own: str = ""


async def failing_checks(api: "API", app_id: int, repo: RepoRef, sha: str) -> list[FailingCheck]:
    """The newest of each name, in the order of their names. Our gate's own run only repeats what the others say, and
    statuses of ours repeat that."""
    where = url_values(repo, ref=sha)
    newest: dict[tuple[int, str], Json] = {}
    url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?per_page=100&filter=latest"
    async for run in api.getiter(url, where, iterable_key="check_runs"):
        key = int((run.get("app") or {}).get("id") or 0), str(run["name"])
        if key not in newest or run["id"] > newest[key]["id"]:
            newest[key] = run
    failed = {key: run for key, run in newest.items() if run.get("conclusion") in _FAILED}
    ours = [name for by, name in failed if by == app_id and name != _GATE]
    found = [
        await failing_run(api, repo, run, name.removeprefix(PREFIX) if by == app_id else "")
        for (by, name), run in failed.items()
        if not (by == app_id and name == _GATE and ours)
    ]
    url = "/repos/{owner}/{repo}/commits/{ref}/status?per_page=100"
    statuses = [status async for status in api.getiter(url, where, iterable_key="statuses") if not _is_ours(status)]
    found += [failing_status(each) for each in statuses if each["state"] in ("failure", "error")]
    return sorted(found, key=lambda check: (check.name, check.id))


def _is_ours(status: Json) -> bool:
    context = str(status["context"]).lower()
    return context == "autobuild" or context.startswith(PREFIX)


def failing_status(status: Json) -> FailingCheck:
    """What a commit status says."""
    by, text = str((status.get("creator") or {}).get("login") or ""), str(status.get("description") or "")
    return FailingCheck(f"status {status['id']}", str(status["context"]), by, text)


async def failing_run(api: "API", repo: RepoRef, run: Json, own: str = "") -> FailingCheck:
    """What a check run says; its annotations are requested. `own` as in `FailingCheck`."""
    output = run.get("output") or {}
    notes: list[Json] = []
    if output.get("annotations_count"):
        url = f"/repos/{{owner}}/{{repo}}/check-runs/{{id}}/annotations?per_page={_MOST_ANNOTATIONS}"
        notes = list(await api.getitem(url, url_values(repo, id=str(run["id"]))))
    parts = [str(output.get(name) or "")[:_LONGEST_PART] for name in ("title", "summary", "text")]
    parts += [f"{note['path']}:{note['start_line']}: {str(note.get('message') or '')[:1000]}" for note in notes]
    first = next((note for note in notes if note.get("annotation_level") == "failure"), notes[0] if notes else {})
    return FailingCheck(
        f"run {run['id']}", str(run["name"]), str((run.get("app") or {}).get("slug") or ""),
        "\n\n".join(part for part in parts if part), str(first.get("path") or ""), int(first.get("start_line") or 0),
        own,
    )  # fmt: skip


def repair_task(check: FailingCheck) -> "AgentTask":
    """The task to make the check pass. What it says is marked as data in it."""
    from activities.agent_runs.backend import AgentTask
    from activities.agent_runs.untrusted_text import wrapped

    said = wrapped("check", check.by, check.text) if check.text.strip() else texts.CHECK_SAYS_NOTHING
    return AgentTask("coder", f"{texts.check(check.name)}\n\n{said}", (check.path,) if check.path else ())

"""Check runs that are made once, ended once, and found again by what we gave them as `external_id`."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import NotFound, Validation
from activities.github.types.check_runs import CreateCheckRunsInput, SuiteRun
from activities.model import RepoRef
from activities.reporting import CheckRunOutput

PREFIX = "autobuild / "
"""Every check run's name begins so; `autobuild / gate` is the one for the branch's rule."""

# GitHub: at most 50 annotations a request; a later update adds to those of the earlier ones.
_BATCH = 50

_TAKEN_OVER = CheckRunOutput("cancelled", "Not run to its end", "A newer run took its place.")

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """Which run is meant: by `id` (0 unknown), else by `external_id`; `name` is the check's."""

    repo: RepoRef
    head_sha: str
    id: int
    name: str
    external_id: str
    details_url: str = ""


def external_id(owner_key: str, head_sha: str, name: str, attempt: int) -> str:
    """What tells two tries of the same run from two runs."""
    return f"{owner_key}|{head_sha}|{name}|{attempt}"


async def checks_api(github: GitHub, repo: RepoRef) -> API:
    """GitHub with leave to write check runs of this repository."""
    return await github.installation(repo, {"checks": "write"})


async def create_all(github: GitHub, wanted: CreateCheckRunsInput) -> dict[str, int]:
    """All runs as queued, at once; what is there already is not made again. What an earlier gate of the same branch has
    left open, since nothing could be written then, comes to its end."""
    api = await checks_api(github, wanted.repo)
    runs = [run async for run in runs_of(github, api, wanted.repo, wanted.head_sha)]
    there = {str(run.get("external_id") or ""): int(run["id"]) for run in runs}
    keys = {name: external_id(wanted.owner_key, wanted.head_sha, name, wanted.attempt) for name in wanted.names}
    missing = [
        Run(wanted.repo, wanted.head_sha, 0, name, key, wanted.details_url)
        for name, key in keys.items()
        if key not in there
    ]
    made = await all_of([_create(api, run) for run in missing])
    there |= {run.external_id: run_id for run, run_id in zip(missing, made, strict=True)}
    await finish_plainly(github, wanted.repo, _left_behind(wanted, runs), _TAKEN_OVER)
    return {name: there[key] for name, key in keys.items()}


def _left_behind(wanted: CreateCheckRunsInput, runs: Sequence[Json]) -> list[int]:
    """Open runs of the same branch that are not this attempt's: a branch has one gate at a time."""
    branch = wanted.owner_key.partition("|")[0]
    mine = re.compile(rf"{re.escape(wanted.owner_key)}\|{wanted.head_sha}\|[^|]*\|{wanted.attempt}")
    still_open = [(int(run["id"]), str(run.get("external_id") or "")) for run in runs if run["status"] != "completed"]
    return [run_id for run_id, key in still_open if branch and key.startswith(f"{branch}|") and not mine.fullmatch(key)]


async def start(github: GitHub, repo: RepoRef, run_id: int) -> None:
    """Shown as in progress, unless it has ended already or is gone."""
    api = await checks_api(github, repo)
    state = await _read(api, repo, run_id)
    if state and state["status"] == "queued":
        await _update(api, repo, run_id, {"status": "in_progress", "started_at": _now()})


async def finish(github: GitHub, run: Run, ending: CheckRunOutput) -> int:
    """Ends the run and gives its id. A run that has ended keeps its verdict; annotations that an earlier, broken
    try left out are added; a run that somebody removed is made again."""
    api = await checks_api(github, run.repo)
    state = await _read(api, run.repo, run.id) or await _find(github, api, run)
    if state is None:
        state = {"id": await _create(api, run), "status": "queued"}
    run_id = int(state["id"])
    told = int((state.get("output") or {}).get("annotations_count") or 0)
    if state["status"] != "completed":
        if not await _conclude(api, run, run_id, ending):
            return run_id
        told = max(told, _BATCH)
    elif state.get("conclusion") != ending.conclusion:
        return run_id
    await _annotate(api, run, run_id, ending, told)
    return run_id


async def _annotate(api: API, run: Run, run_id: int, ending: CheckRunOutput, told: int) -> None:
    """The rest, from where GitHub's count says that it stopped. The verdict stands; a batch that GitHub refuses must
    not take it back. It is the last one then: of a count with a gap nobody could tell what is missing."""
    with contextlib.suppress(Validation):
        for first in range(told, len(ending.annotations), _BATCH):
            await _update(api, run.repo, run_id, {"output": _output(ending, first)})


async def finish_plainly(github: GitHub, repo: RepoRef, run_ids: Sequence[int], ending: CheckRunOutput) -> None:
    """Ends all these runs with the same words; those that have ended or are gone stay as they are."""
    api = await checks_api(github, repo)

    async def end(run_id: int) -> None:
        state = await _read(api, repo, run_id)
        if state and state["status"] != "completed":
            await _update(api, repo, run_id, _completed(ending))

    await all_of([end(run_id) for run_id in run_ids])


async def runs_of(github: GitHub, api: API, repo: RepoRef, sha: str) -> AsyncIterator[Json]:
    """Our own runs on a commit, all attempts of them."""
    app = await github.app()
    url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?filter=all&per_page=100&app_id={app}"
    names = {"owner": repo.owner, "repo": repo.name, "ref": sha, "app": str(app.id)}
    try:
        async for run in api.getiter(url, names, iterable_key="check_runs"):
            if (run.get("app") or {}).get("id") == app.id:
                yield run
    except NotFound:
        return


async def suite_runs(github: GitHub, repo: RepoRef, sha: str) -> tuple[SuiteRun, ...]:
    """Our runs on a commit as our noun, under the checks' own names, newest first."""
    api = await checks_api(github, repo)
    found = [_suite_run(run) async for run in runs_of(github, api, repo, sha)]
    return tuple(sorted(found, key=lambda run: run.id, reverse=True))


def _suite_run(run: Json) -> SuiteRun:
    return SuiteRun(
        id=int(run["id"]),
        name=str(run["name"]).removeprefix(PREFIX),
        external_id=str(run.get("external_id") or ""),
        status=str(run["status"]),
        conclusion=str(run.get("conclusion") or ""),
    )


async def all_of(work: Sequence[Awaitable[T]]) -> list[T]:
    """Everything is done before the first error is raised: nothing goes on unseen behind a retry."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]


async def _find(github: GitHub, api: API, run: Run) -> Json | None:
    async for state in runs_of(github, api, run.repo, run.head_sha):
        if state.get("external_id") == run.external_id:
            return state
    return None


async def _create(api: API, run: Run) -> int:
    body: Json = {
        "name": PREFIX + run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "status": "queued",
    }
    if run.details_url:
        body["details_url"] = run.details_url
    data = await api.post("/repos/{owner}/{repo}/check-runs", _names(run.repo), data=body)
    return int(data["id"])


async def _conclude(api: API, run: Run, run_id: int, ending: CheckRunOutput) -> bool:
    """The verdict with the first annotations; without any, and False, where GitHub refuses one of them."""
    body = _completed(ending)
    if run.details_url:
        body["details_url"] = run.details_url
    try:
        await _update(api, run.repo, run_id, body)
    except Validation:
        if not ending.annotations:
            raise
        await _update(api, run.repo, run_id, {**body, "output": {"title": ending.title, "summary": ending.summary}})
        return False
    return True


def _completed(ending: CheckRunOutput) -> Json:
    body: Json = {
        "status": "completed",
        "conclusion": ending.conclusion,
        "completed_at": _now(),
        "output": _output(ending, 0),
    }
    if ending.buttons:
        body["actions"] = [
            {"label": button.label, "description": button.description, "identifier": button.identifier}
            for button in ending.buttons
        ]
    return body


def _output(ending: CheckRunOutput, first: int) -> Json:
    output: Json = {"title": ending.title, "summary": ending.summary}
    if batch := ending.annotations[first : first + _BATCH]:
        output["annotations"] = [dict(annotation) for annotation in batch]
    return output


async def _read(api: API, repo: RepoRef, run_id: int) -> Json | None:
    if not run_id:
        return None
    try:
        state: Json = await api.getitem("/repos/{owner}/{repo}/check-runs/{id}", _names(repo, run_id))
    except NotFound:
        return None
    return state


async def _update(api: API, repo: RepoRef, run_id: int, body: Mapping[str, Any]) -> None:
    await api.patch("/repos/{owner}/{repo}/check-runs/{id}", _names(repo, run_id), data=dict(body))


def _names(repo: RepoRef, run_id: int = 0) -> dict[str, str]:
    return {"owner": repo.owner, "repo": repo.name, "id": str(run_id)}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

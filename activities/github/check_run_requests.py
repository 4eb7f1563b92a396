"""Check runs over GitHub's API: read by REST, written by GraphQL where there are several.

GraphQL carries out many mutations by one request, REST one. It only saves requests: whatever it does not carry out is
done by REST, whose answers say why not.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from activities.github.errors import NotFound, Validation
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import CheckRunOutput

if TYPE_CHECKING:
    from activities.github.client import API

PREFIX = "autobuild / "
"""Every check run's name begins so; `autobuild / gate` is the one for the branch's rule."""
MIGRATION = "migration"
"""The run that shows a migration's change: no check of a gate."""
PATCH = "patch"
"""The same of a `/patch --dry-run`."""
PLANNED = "planned change"
"""The same of an `/autobuild --dry-run`."""

BATCH = 50
"""GitHub: at most so many annotations for a run by one request; a later update adds to those of the earlier ones."""

TOGETHER = 3
"""Attempts to write several runs by one request; after them each is written alone."""

# Bytes of one request's outputs: GitHub ends a request after ten seconds.
_REQUEST_SIZE = 400_000
_RUN_NUMBER = re.compile(r"/(\d+)/?\Z")

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class CheckRunRef:
    """Which run is meant: by `id` (0 unknown), else by `external_id`; `name` is the check's. `node_id` is GraphQL's id,
    "" where it is not known."""

    repo: RepoRef
    head_sha: str
    id: int
    name: str
    external_id: str
    node_id: str = ""


CheckRunEnd = tuple[CheckRunRef, CheckRunOutput]


async def our_runs(api: "API", app_id: int, repo: RepoRef, sha: str) -> list[Json]:
    """Our own runs on a commit, all attempts of them."""
    url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?filter=all&per_page=100&app_id={app}"
    listed = api.getiter(url, url_values(repo, ref=sha, app=str(app_id)), iterable_key="check_runs")
    try:
        return [run async for run in listed if (run.get("app") or {}).get("id") == app_id]
    except NotFound:
        return []


async def create_together(api: "API", runs: Sequence[CheckRunRef]) -> dict[str, Json]:
    """Creates these runs as queued: `id` and `node_id` by `external_id`. Those that are missing in the result may have
    been created or not."""
    repository = await _node_id(api, runs[0].repo)
    inputs = [
        {
            "repositoryId": repository,
            "name": PREFIX + run.name,
            "headSha": run.head_sha,
            "externalId": run.external_id,
            "status": "QUEUED",
        }
        for run in runs
    ]
    payloads = await api.mutate("createCheckRun", inputs, "checkRun { id resourcePath }")
    created = {}
    for run, payload in zip(runs, payloads, strict=True):
        made = (payload or {}).get("checkRun") or {}
        # `databaseId` has 32 bits in GitHub's schema, and these ids outgrew them: the address has the whole one.
        number = _RUN_NUMBER.search(str(made.get("resourcePath") or ""))
        if number and made.get("id"):
            created[run.external_id] = {"id": int(number[1]), "node_id": str(made["id"])}
    return created


async def complete_together(
    api: "API", app_id: int, ends: Sequence[CheckRunEnd], running: CheckRunRef | None, attempt: int
) -> dict[str, Validation]:
    """Completes these runs in this order, and shows `running` in progress before. GitHub's refusals by the run's name.

    At the first attempt each run is as it was created, so nothing is asked.
    """
    refused = {}
    # The last one, the gate's, opens the branch: before it everything is said that the others have to say.
    apart = any(len(output.annotations) > BATCH for _, output in ends[:-1])
    for part in (ends[:-1], ends[-1:]) if apart else (ends,):
        written = set[str]()
        if attempt <= TOGETHER:
            written = await _complete_by_batches(api, app_id, part, running, first=attempt == 1)
            running = None
        for run, output in part:
            if run.external_id not in written:
                try:
                    await complete_alone(api, app_id, run, output)
                except Validation as error:
                    refused[run.name] = error
    return refused


async def _complete_by_batches(
    api: "API", app_id: int, ends: Sequence[CheckRunEnd], running: CheckRunRef | None, *, first: bool
) -> set[str]:
    """The external ids of those that are completed, with their annotations."""
    states: dict[str, Json] = {}
    if not first and ends:
        runs = await our_runs(api, app_id, ends[0][0].repo, ends[0][0].head_sha)
        states = {str(run.get("external_id") or ""): run for run in runs}
        ends = [(replace(run, node_id=str(states.get(run.external_id, {}).get("node_id") or "")), o) for run, o in ends]
    ended = {run.external_id for run, _ in ends if states.get(run.external_id, {}).get("status") == "completed"}
    changes = [(run, completed(api, output)) for run, output in ends if run.node_id and run.external_id not in ended]
    if running and running.node_id and first:
        changes.insert(0, (running, started(api)))
    changed = {run.external_id for run in await _update_together(api, changes) if run is not running}
    shown = dict.fromkeys(changed, BATCH)
    for run, output in ends:
        state = states.get(run.external_id, {})
        if run.external_id in ended and state.get("conclusion") == output.conclusion:
            shown[run.external_id] = annotations_of(state)
    await _add_annotations(
        api, [(run, output, shown[run.external_id]) for run, output in ends if run.external_id in shown]
    )
    return changed | ended


async def _add_annotations(api: "API", ends: Sequence[tuple[CheckRunRef, CheckRunOutput, int]]) -> None:
    """The annotations beyond those that are shown, of all runs by as few requests as the longest list needs. A batch
    that GitHub refuses is a run's last one: a count with a gap shows nothing."""
    rest = [(run, output, shown) for run, output, shown in ends if shown < len(output.annotations)]
    while rest:
        changed = await _update_together(
            api, [(run, {"output": body_of(output, shown)}) for run, output, shown in rest]
        )
        accepted = {run.external_id for run in changed}
        rest = [
            (run, output, shown + BATCH)
            for run, output, shown in rest
            if run.external_id in accepted and shown + BATCH < len(output.annotations)
        ]


async def complete_alone(api: "API", app_id: int, run: CheckRunRef, output: CheckRunOutput) -> int:
    """Completes one run and gives its id. A completed run keeps its verdict; annotations that an earlier, broken try
    left out are added; a run that was removed is created again."""
    state = await read(api, run.repo, run.id)
    if state is None:
        found = await our_runs(api, app_id, run.repo, run.head_sha)
        state = next((each for each in found if each.get("external_id") == run.external_id), None)
    if state is None:
        state = {"id": (await create(api, run))["id"], "status": "queued"}
    run_id, shown = int(state["id"]), annotations_of(state)
    if state["status"] != "completed":
        if not await _conclude(api, run.repo, run_id, output):
            return run_id
        shown = max(shown, BATCH)
    elif state.get("conclusion") != output.conclusion:
        return run_id
    # The rest of the annotations, from where GitHub's count says that it stopped. The verdict is written; a batch
    # that GitHub refuses must not take it back. It is the last one then: a count with a gap shows nothing.
    with contextlib.suppress(Validation):
        for first in range(shown, len(output.annotations), BATCH):
            await update(api, run.repo, run_id, {"output": body_of(output, first)})
    return run_id


async def end_all(api: "API", repo: RepoRef, run_ids: Sequence[int], output: CheckRunOutput) -> None:
    """Completes all these runs with the same text; those that are completed or deleted stay as they are."""

    async def end(run_id: int) -> None:
        state = await read(api, repo, run_id)
        if state and state["status"] != "completed":
            await update(api, repo, run_id, completed(api, output))

    await all_of([end(run_id) for run_id in run_ids])


async def all_of(work: Sequence[Awaitable[T]]) -> list[T]:
    """Everything is done before the first error is raised: nothing goes on unseen behind a retry."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]


async def create(api: "API", run: CheckRunRef) -> Json:
    """One run, as queued."""
    body = {"name": PREFIX + run.name, "head_sha": run.head_sha, "external_id": run.external_id, "status": "queued"}
    created: Json = await api.post("/repos/{owner}/{repo}/check-runs", url_values(run.repo), data=body)
    return created


def annotations_of(state: Json) -> int:
    """How many annotations a run has."""
    return int((state.get("output") or {}).get("annotations_count") or 0)


async def _conclude(api: "API", repo: RepoRef, run_id: int, output: CheckRunOutput) -> bool:
    """The verdict with the first annotations; without any, and False, where GitHub refuses one of them."""
    body = completed(api, output)
    try:
        await update(api, repo, run_id, body)
    except Validation:
        if not output.annotations:
            raise
        await update(api, repo, run_id, {**body, "output": {"title": output.title, "summary": output.summary}})
        return False
    return True


def completed(api: "API", output: CheckRunOutput) -> Json:
    """The update that completes a run, as REST has it."""
    body: Json = {
        "status": "completed",
        "conclusion": output.conclusion,
        "completed_at": api.time_now(),
        "output": body_of(output, 0),
    }
    if output.buttons:
        body["actions"] = [
            {"label": button.label, "description": button.description, "identifier": button.identifier}
            for button in output.buttons
        ]
    return body


def body_of(output: CheckRunOutput, first: int) -> Json:
    """GitHub's `output`, with a batch of annotations from `first` on."""
    body: Json = {"title": output.title, "summary": output.summary}
    if batch := output.annotations[first : first + BATCH]:
        body["annotations"] = [dict(annotation) for annotation in batch]
    return body


async def read(api: "API", repo: RepoRef, run_id: int) -> Json | None:
    """One run as it is; None for one that was removed."""
    if not run_id:
        return None
    try:
        state: Json = await api.getitem("/repos/{owner}/{repo}/check-runs/{id}", url_values(repo, id=str(run_id)))
    except NotFound:
        return None
    return state


async def update(api: "API", repo: RepoRef, run_id: int, body: Mapping[str, Any]) -> None:
    """Changes one run."""
    await api.patch("/repos/{owner}/{repo}/check-runs/{id}", url_values(repo, id=str(run_id)), data=dict(body))


def started(api: "API") -> Json:
    """The update that shows a run in progress."""
    return {"status": "in_progress", "started_at": api.time_now()}


async def _update_together(api: "API", changes: Sequence[tuple[CheckRunRef, Json]]) -> list[CheckRunRef]:
    """In this order; those of which GitHub says that they were changed."""
    if not changes:
        return []
    repository = await _node_id(api, changes[0][0].repo)
    inputs = [
        (run, {"repositoryId": repository, "checkRunId": run.node_id, **_in_graphql(body)}) for run, body in changes
    ]
    changed = []
    for part in _parts(inputs):
        payloads = await api.mutate("updateCheckRun", [each for _, each in part], "checkRun { id }")
        changed += [run for (run, _), payload in zip(part, payloads, strict=True) if (payload or {}).get("checkRun")]
    return changed


def _parts(inputs: Sequence[tuple[CheckRunRef, Json]]) -> list[list[tuple[CheckRunRef, Json]]]:
    """Cut so that no request becomes too large."""
    parts: list[list[tuple[CheckRunRef, Json]]] = []
    room = 0
    for each in inputs:
        size = len(json.dumps(each[1]))
        if not parts or size > room:
            parts.append([])
            room = _REQUEST_SIZE
        parts[-1].append(each)
        room -= size
    return parts


def _in_graphql(body: Json) -> Json:
    """An update as GraphQL names it."""
    names = {"started_at": "startedAt", "completed_at": "completedAt", "actions": "actions"}
    shown: Json = {new: body[old] for old, new in names.items() if old in body}
    shown |= {name: body[name].upper() for name in ("status", "conclusion") if name in body}
    if output := body.get("output"):
        annotations = [_annotation(each) for each in output.get("annotations", ())]
        shown["output"] = {**output, **({"annotations": annotations} if annotations else {})}
    return shown


def _annotation(given: Mapping[str, Any]) -> Json:
    places = {
        "start_line": "startLine",
        "end_line": "endLine",
        "start_column": "startColumn",
        "end_column": "endColumn",
    }
    texts = {"path": "path", "message": "message", "title": "title", "raw_details": "rawDetails"}
    return {
        "annotationLevel": str(given["annotation_level"]).upper(),
        "location": {new: given[old] for old, new in places.items() if old in given},
        **{new: given[old] for old, new in texts.items() if old in given},
    }


async def _node_id(api: "API", repo: RepoRef) -> str:
    """GraphQL's id of the repository, which nearly always came with the token."""
    if not api.node_id:
        api.node_id = str((await api.getitem("/repos/{owner}/{repo}", url_values(repo)))["node_id"])
    return api.node_id

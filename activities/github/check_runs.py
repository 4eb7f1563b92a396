"""Check runs: created once, completed once, and found again by what we gave them as `external_id`."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import activity

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound, Validation
from activities.github.urls import url_values
from activities.model import CheckResult, GateState, Head, QualityCheck, QualityGateResult, RepoRef
from activities.reporting import REPLACED, CheckRunOutput, Links, check_output, gate_output, unfinished_output
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.result_store import ResultStore

PREFIX = "autobuild / "
"""Every check run's name begins so; `autobuild / gate` is the one for the branch's rule."""

GATE = "gate"
"""The name of the gate's own check run among the checks' names."""

# GitHub: at most 50 annotations a request; a later update adds to those of the earlier ones.
_BATCH = 50
# Attempts, about a second apart, for a commit that GitHub does not know: it may be slower than its event.
_UNKNOWN_COMMIT = 4

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class CreateCheckRunsInput:
    """`names` are the checks' (and `gate`); empty: all checks that are installed, and `gate`.

    The same `owner_key`, sha, name and `attempt` is the same run.
    """

    head: Head
    names: tuple[str, ...] = ()
    attempt: int = 0
    owner_key: str = ""


@dataclass(frozen=True)
class CreateCheckRunsResult:
    """Name → id of its check run. `others` are the ids of other branches' workflows that have runs on this head."""

    ids: Mapping[str, int]
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class StartCheckRunInput:
    """The run is shown as in progress from now on. `waits_for`: a sentence about what holds it up."""

    repo: RepoRef
    run_id: int
    waits_for: str = ""


@dataclass(frozen=True)
class CompleteCheckRunInput:
    """One check's verdict for its run. `run_id` 0 where it is not known: it is found, or created."""

    head: Head
    run_id: int
    check: QualityCheck
    attempt: int = 0
    owner_key: str = ""


@dataclass(frozen=True)
class CompleteGateRunInput:
    """The gate's verdict for its own run. `newer_sha`: the head that took its place."""

    head: Head
    run_id: int
    result: QualityGateResult
    attempt: int = 0
    owner_key: str = ""
    check_run_ids: Mapping[str, int] = field(default_factory=dict)
    newer_sha: str = ""


@dataclass(frozen=True)
class EndCheckRunsInput:
    """Runs that nothing else will end: cancelled, superseded, skipped, refused. `ids` is name → run id.

    With `owner_key`, runs of that key that were created without our knowing their ids are ended as well.
    """

    head: Head
    ids: Mapping[str, int]
    state: GateState
    reason: str = ""
    newer_sha: str = ""
    owner_key: str = ""


@dataclass(frozen=True)
class CompleteCheckRunResult:
    """The run that holds the verdict now: another one than the input's where that had been removed."""

    id: int


@dataclass(frozen=True)
class SuiteRunsInput:
    """Our runs on a head."""

    repo: RepoRef
    head_sha: str


@dataclass(frozen=True)
class OurCheckRun:
    """`name` is the check's ("linting", "gate"), `external_id` what we gave the run."""

    id: int
    name: str
    external_id: str


@dataclass(frozen=True)
class SuiteRunsResult:
    """Newest first."""

    runs: tuple[OurCheckRun, ...]


@dataclass(frozen=True)
class CheckRunRef:
    """Which run is meant: by `id` (0 unknown), else by `external_id`; `name` is the check's."""

    repo: RepoRef
    head_sha: str
    id: int
    name: str
    external_id: str


def external_id(owner_key: str, head_sha: str, name: str, attempt: int) -> str:
    """By this, a second try finds the run of the first one."""
    return f"{owner_key}|{head_sha}|{name}|{attempt}"


class CheckRunActivities:
    """Each may run again. `results` holds what the checks of this host found."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def create_check_runs(self, input: CreateCheckRunsInput) -> CreateCheckRunsResult:
        """Creates all check runs of a head as queued.

        Existing ones are not created again. Those that an earlier gate of the same branch left open, because it could
        not write then, are ended.
        """
        from activities.checks import registry

        run_names = input.names or (*registry(), GATE)
        api = await self._api(input.head.repo)
        runs = [run async for run in self._our_runs(api, input.head.repo, input.head.sha)]
        ids = {str(run.get("external_id") or ""): int(run["id"]) for run in runs}
        keys = {name: external_id(input.owner_key, input.head.sha, name, input.attempt) for name in run_names}
        missing = [
            CheckRunRef(input.head.repo, input.head.sha, 0, name, key) for name, key in keys.items() if key not in ids
        ]
        try:
            created = await _all_of([_create(api, run) for run in missing])
        except NotFound as error:
            if activity.info().attempt < _UNKNOWN_COMMIT:
                raise
            raise UserError(texts.unknown_commit(input.head.sha, str(error))) from None
        ids |= {run.external_id: run_id for run, run_id in zip(missing, created, strict=True)}
        await _end_all(api, input.head.repo, _left_behind(input, runs), REPLACED)
        owners = {str(run.get("external_id") or "").partition("|")[0] for run in runs}
        others = owners - {"", input.owner_key.partition("|")[0]}
        return CreateCheckRunsResult({name: ids[key] for name, key in keys.items()}, tuple(sorted(others)))

    @github_activity
    async def start_check_run(self, input: StartCheckRunInput) -> None:
        """Marks a queued check run as in progress, or says what holds it up.

        One that is completed or deleted stays as it is.
        """
        api = await self._api(input.repo)
        state = await _read(api, input.repo, input.run_id)
        said = {"output": {"title": input.waits_for, "summary": input.waits_for}} if input.waits_for else {}
        if state and state["status"] == "queued":
            await _update(api, input.repo, input.run_id, {"status": "in_progress", "started_at": _now(), **said})
        elif state and said and state["status"] == "in_progress":
            await _update(api, input.repo, input.run_id, said)

    @github_activity
    async def complete_check_run(self, input: CompleteCheckRunInput) -> CompleteCheckRunResult:
        """Completes a check run with annotations and buttons."""
        judged = await asyncio.to_thread(self._judged, input.check)
        output = await asyncio.to_thread(check_output, judged, self._links(input.head.repo, input.head.sha))
        key = external_id(input.owner_key, input.head.sha, input.check.name, input.attempt)
        run = CheckRunRef(input.head.repo, input.head.sha, input.run_id, input.check.name, key)
        return CompleteCheckRunResult(await self._complete(run, output))

    @github_activity
    async def complete_gate_run(self, input: CompleteGateRunInput) -> CompleteCheckRunResult:
        """Completes the gate's check run with its verdict."""
        judged = await asyncio.to_thread(
            lambda: [self._judged(each) for each in input.result.checks if each.new_findings]
        )
        fixable = any(finding.fixable and finding.new for each in judged for finding in each.findings)
        links = self._links(input.head.repo, input.head.sha)
        output = gate_output(input.result, links, input.check_run_ids, input.newer_sha, fixable)
        key = external_id(input.owner_key, input.head.sha, GATE, input.attempt)
        run = CheckRunRef(input.head.repo, input.head.sha, input.run_id, GATE, key)
        return CompleteCheckRunResult(await self._complete(run, output))

    @github_activity
    async def end_check_runs(self, input: EndCheckRunsInput) -> None:
        """Ends check runs that will get no verdict, each with the reason."""
        api = await self._api(input.head.repo)
        ids = set(input.ids.values())
        if input.owner_key:
            ours = f"{input.owner_key}|{input.head.sha}|"
            async for run in self._our_runs(api, input.head.repo, input.head.sha):
                if str(run.get("external_id") or "").startswith(ours) and run["status"] != "completed":
                    ids.add(int(run["id"]))
        links = self._links(input.head.repo, input.head.sha)
        output = unfinished_output(input.state, input.reason, input.newer_sha, links)
        await _end_all(api, input.head.repo, sorted(ids), output)

    @github_activity
    async def list_suite_runs(self, input: SuiteRunsInput) -> SuiteRunsResult:
        """Returns the bot's check runs on a head, newest first.

        GitHub's "Re-run all" event names none.
        """
        api = await self._api(input.repo)
        runs = [
            OurCheckRun(
                id=int(run["id"]),
                name=str(run["name"]).removeprefix(PREFIX),
                external_id=str(run.get("external_id") or ""),
            )
            async for run in self._our_runs(api, input.repo, input.head_sha)
        ]
        return SuiteRunsResult(tuple(sorted(runs, key=lambda run: run.id, reverse=True)))

    async def _api(self, repo: RepoRef) -> "API":
        return await self._github.installation(repo, {"checks": "write"})

    async def _our_runs(self, api: "API", repo: RepoRef, sha: str) -> AsyncIterator[Json]:
        """Our own runs on a commit, all attempts of them."""
        app = await self._github.app()
        url = "/repos/{owner}/{repo}/commits/{ref}/check-runs?filter=all&per_page=100&app_id={app}"
        try:
            async for run in api.getiter(url, url_values(repo, ref=sha, app=str(app.id)), iterable_key="check_runs"):
                if (run.get("app") or {}).get("id") == app.id:
                    yield run
        except NotFound:
            return

    async def _complete(self, run: CheckRunRef, output: CheckRunOutput) -> int:
        """Completes the run and gives its id. A completed run keeps its verdict; annotations that an earlier, broken
        try left out are added; a run that was removed is created again."""
        api = await self._api(run.repo)
        state = await _read(api, run.repo, run.id)
        if state is None:
            found = [each async for each in self._our_runs(api, run.repo, run.head_sha)]
            state = next((each for each in found if each.get("external_id") == run.external_id), None)
        if state is None:
            state = {"id": await _create(api, run), "status": "queued"}
        run_id = int(state["id"])
        shown = int((state.get("output") or {}).get("annotations_count") or 0)
        if state["status"] != "completed":
            if not await _conclude(api, run, run_id, output):
                return run_id
            shown = max(shown, _BATCH)
        elif state.get("conclusion") != output.conclusion:
            return run_id
        # The rest of the annotations, from where GitHub's count says that it stopped. The verdict is written; a batch
        # that GitHub refuses must not take it back. It is the last one then: a count with a gap shows nothing.
        with contextlib.suppress(Validation):
            for first in range(shown, len(output.annotations), _BATCH):
                await _update(api, run.repo, run_id, {"output": _body_of(output, first)})
        return run_id

    def _links(self, repo: RepoRef, sha: str) -> Links:
        return Links(self._github.web_url, repo.full_name, sha)

    def _judged(self, check: QualityCheck) -> CheckResult:
        stored = self._results.get(check.result_id) if check.result_id else None
        # The verdict is the history's; the file only says what is behind it.
        return CheckResult(check, stored.findings, stored.reports) if stored else CheckResult(check)


def _left_behind(input: CreateCheckRunsInput, runs: Sequence[Json]) -> list[int]:
    """Open runs of the same branch that are not this attempt's: a branch has one gate at a time."""
    branch = input.owner_key.partition("|")[0]
    ours = re.compile(rf"{re.escape(input.owner_key)}\|{input.head.sha}\|[^|]*\|{input.attempt}")
    still_open = [(int(run["id"]), str(run.get("external_id") or "")) for run in runs if run["status"] != "completed"]
    return [run_id for run_id, key in still_open if branch and key.startswith(f"{branch}|") and not ours.fullmatch(key)]


async def _end_all(api: "API", repo: RepoRef, run_ids: Sequence[int], output: CheckRunOutput) -> None:
    """Completes all these runs with the same text; those that are completed or deleted stay as they are."""

    async def end(run_id: int) -> None:
        state = await _read(api, repo, run_id)
        if state and state["status"] != "completed":
            await _update(api, repo, run_id, _completed(output))

    await _all_of([end(run_id) for run_id in run_ids])


async def _all_of(work: Sequence[Awaitable[T]]) -> list[T]:
    """Everything is done before the first error is raised: nothing goes on unseen behind a retry."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]


async def _create(api: "API", run: CheckRunRef) -> int:
    body = {
        "name": PREFIX + run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "status": "queued",
    }
    return int((await api.post("/repos/{owner}/{repo}/check-runs", url_values(run.repo), data=body))["id"])


async def _conclude(api: "API", run: CheckRunRef, run_id: int, output: CheckRunOutput) -> bool:
    """The verdict with the first annotations; without any, and False, where GitHub refuses one of them."""
    body = _completed(output)
    try:
        await _update(api, run.repo, run_id, body)
    except Validation:
        if not output.annotations:
            raise
        await _update(api, run.repo, run_id, {**body, "output": {"title": output.title, "summary": output.summary}})
        return False
    return True


def _completed(output: CheckRunOutput) -> Json:
    body: Json = {
        "status": "completed",
        "conclusion": output.conclusion,
        "completed_at": _now(),
        "output": _body_of(output, 0),
    }
    if output.buttons:
        body["actions"] = [
            {"label": button.label, "description": button.description, "identifier": button.identifier}
            for button in output.buttons
        ]
    return body


def _body_of(output: CheckRunOutput, first: int) -> Json:
    """GitHub's `output`, with a batch of annotations from `first` on."""
    body: Json = {"title": output.title, "summary": output.summary}
    if batch := output.annotations[first : first + _BATCH]:
        body["annotations"] = [dict(annotation) for annotation in batch]
    return body


async def _read(api: "API", repo: RepoRef, run_id: int) -> Json | None:
    if not run_id:
        return None
    try:
        state: Json = await api.getitem("/repos/{owner}/{repo}/check-runs/{id}", url_values(repo, id=str(run_id)))
    except NotFound:
        return None
    return state


async def _update(api: "API", repo: RepoRef, run_id: int, body: Mapping[str, Any]) -> None:
    await api.patch("/repos/{owner}/{repo}/check-runs/{id}", url_values(repo, id=str(run_id)), data=dict(body))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

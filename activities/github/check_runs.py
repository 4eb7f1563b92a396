"""Check runs: created once, completed once, and found again by what we gave them as `external_id`."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from temporalio import activity

from activities.errors import UserError
from activities.github.activity_errors import github_activity, required_github_activity
from activities.github.check_run_requests import (
    MIGRATION,
    PATCH,
    PLANNED,
    PREFIX,
    TOGETHER,
    CheckRunEnd,
    CheckRunRef,
    Json,
    complete_alone,
    complete_together,
    create,
    create_together,
    end_all,
    our_runs,
    read,
    started,
    update,
)
from activities.github.errors import NotFound
from activities.model import CheckResult, GateState, Head, QualityCheck, QualityGateResult, RepoRef
from activities.reporting import REPLACED, CheckRunOutput, Links, check_output, gate_output, unfinished_output
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.result_store import ResultStore

GATE = "gate"
"""The name of the gate's own check run among the checks' names."""

# Attempts, about a second apart, for a commit that GitHub does not know: it may be slower than its event.
_UNKNOWN_COMMIT = 4


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
    """Name → id of its check run, and GraphQL's id of it. `others` are the ids of other branches' workflows that have
    runs on this head."""

    ids: Mapping[str, int]
    others: tuple[str, ...] = ()
    node_ids: Mapping[str, str] = field(default_factory=dict)


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
class UpdateCheckRunsInput:
    """What is to be written of a gate's open check runs (name → id, and GraphQL's id): the verdicts of `checks`, and
    with `show_running` that the gate runs. With the gate's `result`, whatever is still open ends as well, the gate's
    own run last; `all_ids` are all its runs then."""

    head: Head
    ids: Mapping[str, int]
    node_ids: Mapping[str, str]
    checks: tuple[QualityCheck, ...] = ()
    attempt: int = 0
    owner_key: str = ""
    show_running: bool = False
    result: QualityGateResult | None = None
    all_ids: Mapping[str, int] = field(default_factory=dict)
    newer_sha: str = ""


@dataclass(frozen=True)
class UpdateCheckRunsResult:
    """The checks whose verdict GitHub refuses to show."""

    refused: tuple[str, ...] = ()


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


def external_id(owner_key: str, head_sha: str, name: str, attempt: int) -> str:
    """By this, a second try finds the run of the first one."""
    return f"{owner_key}|{head_sha}|{name}|{attempt}"


class CheckRunActivities:
    """Each may run again. `results` holds what the checks of this host found."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @required_github_activity
    async def create_check_runs(self, input: CreateCheckRunsInput) -> CreateCheckRunsResult:
        """Creates all check runs of a head as queued.

        Existing ones are not created again. Those that an earlier gate of the same branch left open, because it could
        not write then, are ended.
        """
        from activities.checks import registry

        run_names = input.names or (*registry(), GATE)
        api = await self._api(input.head.repo)
        runs = await self._our_runs(api, input.head.repo, input.head.sha)
        there = {str(run.get("external_id") or ""): run for run in runs}
        keys = {name: external_id(input.owner_key, input.head.sha, name, input.attempt) for name in run_names}
        missing = [
            CheckRunRef(input.head.repo, input.head.sha, 0, name, key) for name, key in keys.items() if key not in there
        ]
        try:
            there |= await self._created(api, missing)
        except NotFound as error:
            if activity.info().attempt < _UNKNOWN_COMMIT:
                raise
            raise UserError(texts.unknown_commit(input.head.sha, str(error))) from None
        await end_all(api, input.head.repo, _left_behind(input, runs), REPLACED)
        owners = {str(run.get("external_id") or "").partition("|")[0] for run in runs}
        others = owners - {"", input.owner_key.partition("|")[0]}
        return CreateCheckRunsResult(
            {name: int(there[key]["id"]) for name, key in keys.items()},
            tuple(sorted(others)),
            {name: str(there[key].get("node_id") or "") for name, key in keys.items()},
        )

    @github_activity
    async def start_check_run(self, input: StartCheckRunInput) -> None:
        """Marks a queued check run as in progress, or says what holds it up.

        One that is completed or deleted stays as it is.
        """
        api = await self._api(input.repo)
        state = await read(api, input.repo, input.run_id)
        said = {"output": {"title": input.waits_for, "summary": input.waits_for}} if input.waits_for else {}
        if state and state["status"] == "queued":
            await update(api, input.repo, input.run_id, {**started(api), **said})
        elif state and said and state["status"] == "in_progress":
            await update(api, input.repo, input.run_id, said)

    @required_github_activity
    async def update_check_runs(self, input: UpdateCheckRunsInput) -> UpdateCheckRunsResult:
        """Completes the check runs that have ended, all by one request.

        At the first attempt they are what they were when they were created; a later one asks GitHub first.
        """
        ends = await asyncio.to_thread(self._ends, input)
        running = self._ref(input, GATE) if input.show_running and GATE in input.ids else None
        api, app = await self._api(input.head.repo), await self._github.app()
        attempt = activity.info().attempt if activity.in_activity() else 2
        refused = await complete_together(api, app.id, ends, running, attempt)
        if GATE in refused:
            raise refused[GATE]
        return UpdateCheckRunsResult(tuple(refused))

    @required_github_activity
    async def complete_check_run(self, input: CompleteCheckRunInput) -> CompleteCheckRunResult:
        """Completes a check run with annotations and buttons."""
        judged = await asyncio.to_thread(self._judged, input.check)
        output = await asyncio.to_thread(check_output, judged, self._links(input.head.repo, input.head.sha))
        key = external_id(input.owner_key, input.head.sha, input.check.name, input.attempt)
        run = CheckRunRef(input.head.repo, input.head.sha, input.run_id, input.check.name, key)
        api, app = await self._api(run.repo), await self._github.app()
        return CompleteCheckRunResult(await complete_alone(api, app.id, run, output))

    @required_github_activity
    async def complete_gate_run(self, input: CompleteGateRunInput) -> CompleteCheckRunResult:
        """Completes the gate's check run with its verdict."""
        output = await asyncio.to_thread(
            self._gate_output, input.head, input.result, input.check_run_ids, input.newer_sha
        )
        key = external_id(input.owner_key, input.head.sha, GATE, input.attempt)
        run = CheckRunRef(input.head.repo, input.head.sha, input.run_id, GATE, key)
        api, app = await self._api(run.repo), await self._github.app()
        return CompleteCheckRunResult(await complete_alone(api, app.id, run, output))

    @required_github_activity
    async def end_check_runs(self, input: EndCheckRunsInput) -> None:
        """Ends check runs that will get no verdict, each with the reason."""
        api = await self._api(input.head.repo)
        ids = set(input.ids.values())
        if input.owner_key:
            ours = f"{input.owner_key}|{input.head.sha}|"
            for run in await self._our_runs(api, input.head.repo, input.head.sha):
                if str(run.get("external_id") or "").startswith(ours) and run["status"] != "completed":
                    ids.add(int(run["id"]))
        links = self._links(input.head.repo, input.head.sha)
        output = unfinished_output(input.state, input.reason, input.newer_sha, links)
        await end_all(api, input.head.repo, sorted(ids), output)

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
            for run in await self._our_runs(api, input.repo, input.head_sha)
            if run["name"] not in (PREFIX + MIGRATION, PREFIX + PATCH, PREFIX + PLANNED)
        ]
        return SuiteRunsResult(tuple(sorted(runs, key=lambda run: run.id, reverse=True)))

    async def _api(self, repo: RepoRef) -> "API":
        return await self._github.for_gate(repo, {"checks": "write"})

    async def _created(self, api: "API", missing: Sequence[CheckRunRef]) -> dict[str, Json]:
        """Of one request; what GitHub does not say was created by it is looked for, and else created alone."""
        if not missing:
            return {}
        together = activity.in_activity() and activity.info().attempt <= TOGETHER
        created = await create_together(api, missing) if together else {}
        if len(created) == len(missing):
            return created
        repo, sha = missing[0].repo, missing[0].head_sha
        there = {str(run.get("external_id") or ""): run for run in await self._our_runs(api, repo, sha)}
        for run in missing:
            if run.external_id not in created:
                created[run.external_id] = there.get(run.external_id) or await create(api, run)
        return created

    async def _our_runs(self, api: "API", repo: RepoRef, sha: str) -> list[Json]:
        return await our_runs(api, (await self._github.app()).id, repo, sha)

    def _ref(self, input: UpdateCheckRunsInput, name: str) -> CheckRunRef:
        key = external_id(input.owner_key, input.head.sha, name, input.attempt)
        node_id = input.node_ids.get(name, "")
        return CheckRunRef(input.head.repo, input.head.sha, input.ids[name], name, key, node_id)

    def _ends(self, input: UpdateCheckRunsInput) -> list[CheckRunEnd]:
        """What each run shows at its end, the gate's last."""
        head, result, links = input.head, input.result, self._links(input.head.repo, input.head.sha)
        verdicts = {check.name: check for check in input.checks if check.name in input.ids}
        ends = [(self._ref(input, name), check_output(self._judged(check), links)) for name, check in verdicts.items()]
        if result:
            unfinished = unfinished_output(result.state, result.reason, input.newer_sha, links)
            ends += [(self._ref(input, name), unfinished) for name in input.ids if name not in (*verdicts, GATE)]
        if result and GATE in input.ids:
            output = self._gate_output(head, result, input.all_ids, input.newer_sha)
            ends.append((self._ref(input, GATE), output))
        return ends

    def _gate_output(
        self, head: Head, result: QualityGateResult, run_ids: Mapping[str, int], newer_sha: str
    ) -> CheckRunOutput:
        judged = [self._judged(each) for each in result.checks if each.new_findings]
        fixable = any(finding.fixable and finding.new for each in judged for finding in each.findings)
        return gate_output(result, self._links(head.repo, head.sha), run_ids, newer_sha, fixable)

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

"""The activities of incidents that work on this host's files, by the catalogue's names.

Each may run again: what it fetched is replaced, what it made is found again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.errors import COMMITS_LOST, USER_ERROR, CommitsLost, UserError
from activities.heartbeat import heartbeating
from activities.host_activity import host_activity
from activities.incidents.acting import (
    GuardInput,
    GuardResult,
    IncidentRules,
    IncidentView,
    ReadScopeInput,
    ReadScopeResult,
    RecoveryInput,
    RecoveryResult,
    StagingTestsInput,
    StagingTestsResult,
    StoredReport,
)
from activities.incidents.types import (
    DiagnoseInput,
    Diagnosis,
    FetchInput,
    FetchResult,
    GeneratedFix,
    GenerateFixInput,
    LogAnalysis,
    NotifyInput,
    NotifyResult,
    VerifyInput,
    VerifyResult,
)
from activities.quality_gate.types import Workspace

if TYPE_CHECKING:
    from activities.incident_engine.acting_rules import IncidentRulesReader
    from activities.incident_engine.fetching import IncidentFetcher
    from activities.incident_engine.guards import FixGuards
    from activities.incident_engine.notifying import TeamNotifier
    from activities.incident_engine.recovery import RecoveryWatch
    from activities.incident_engine.reverting import FixMaker
    from activities.incident_engine.scoping import IncidentScoper
    from activities.incident_engine.staging_tests import StagingTests
    from activities.incident_engine.verifying import CulpritVerifier
    from activities.incidents.store import IncidentStore
    from activities.result_store import ResultStore


@dataclass(frozen=True)
class IncidentEngines:
    """What does the work on this host."""

    scoper: "IncidentScoper"
    store: "IncidentStore"
    fetcher: "IncidentFetcher"
    rules: "IncidentRulesReader"
    verifier: "CulpritVerifier"
    guards: "FixGuards"
    fixes: "FixMaker"
    watch: "RecoveryWatch"
    team: "TeamNotifier"
    results: "ResultStore"
    staging: "StagingTests"


class IncidentActivities:
    """From the data of an incident to its fix, without GitHub."""

    def __init__(self, engines: IncidentEngines) -> None:
        self._engines = engines

    @host_activity
    async def read_incident_scope(self, input: ReadScopeInput) -> ReadScopeResult:
        """Finds out what has to be looked at for an alert, on this host from now on."""
        for earlier in (input.incident, f"{input.incident}:after"):  # an alert that comes again has the same id
            await asyncio.to_thread(self._engines.store.forget, earlier)
        return await self._engines.scoper.read(input)

    @host_activity
    async def read_incident_rules(self, workspace: Workspace) -> IncidentRules:
        """Returns what the repository's configuration says of incidents."""
        async with _at_work():
            return await self._engines.rules.read(workspace)

    @host_activity
    async def fetch_metrics(self, input: FetchInput) -> FetchResult:
        """Fetches the metrics of a service and its neighbours around an onset."""
        async with _at_work():
            return await self._engines.fetcher.fetch_metrics(input.scope)

    @host_activity
    async def fetch_logs(self, input: FetchInput) -> FetchResult:
        """Fetches the logs of a service and its neighbours around an onset."""
        async with _at_work():
            return await self._engines.fetcher.fetch_logs(input.scope)

    @host_activity
    async def analyze_logs(self, input: FetchInput) -> LogAnalysis:
        """Says in counts and sentences what the logs of a service show around an onset."""
        from activities.incident_engine.log_analysis import analyze_logs

        async with _at_work():
            await self._engines.fetcher.fetch_logs(input.scope)
            return await asyncio.to_thread(analyze_logs, self._engines.store, input.scope)

    @host_activity
    async def fetch_calls(self, input: FetchInput) -> FetchResult:
        """Finds out which services call which, from traces, the configuration or a file."""
        async with _at_work():
            return await self._engines.fetcher.fetch_calls(input.scope)

    @host_activity
    async def diagnose_issue(self, input: DiagnoseInput) -> Diagnosis:
        """Lets one diagnoser look at the data of an incident."""
        from activities.incident_engine.diagnosing import diagnosed

        async with _at_work():
            return await asyncio.to_thread(diagnosed, self._engines.store, input)

    @host_activity
    async def verify_culprit(self, input: VerifyInput) -> VerifyResult:
        """Shows whether a change brought an incident: by its diff, or by the repository's own tests."""
        async with _at_work():
            return await self._engines.verifier.verify(input)

    @host_activity
    async def check_guards(self, input: GuardInput) -> GuardResult:
        """Finds out what speaks against reverting a change here and now."""
        async with _at_work():
            return await self._engines.guards.check(input)

    @host_activity
    async def generate_fix(self, input: GenerateFixInput) -> GeneratedFix:
        """Reverts a culprit as a commit that only this host has."""
        async with _at_work():
            return await self._engines.fixes.generate(input)

    @host_activity
    async def run_smoke_tests(self, input: StagingTestsInput) -> StagingTestsResult:
        """Runs the configured smoke tests at the fix's commit, for the environment that it was deployed to."""
        async with _at_work():
            return await self._engines.staging.run(input, "Smoke tests")

    @host_activity
    async def run_e2e_tests(self, input: StagingTestsInput) -> StagingTestsResult:
        """Runs the configured end-to-end tests at the fix's commit, for the environment that it was deployed to."""
        async with _at_work():
            return await self._engines.staging.run(input, "End-to-end tests")

    @host_activity
    async def measure_recovery(self, input: RecoveryInput) -> RecoveryResult:
        """Compares the metrics since the fix with those before the onset."""
        async with _at_work():
            return await self._engines.watch.measure(input)

    @host_activity
    async def notify_team(self, input: NotifyInput) -> NotifyResult:
        """Sends a message to the channels of the deployment that want it, each once."""
        async with heartbeating():
            return await self._engines.team.notify(input)

    @host_activity
    async def put_incident_report(self, view: IncidentView) -> StoredReport:
        """Keeps the report of an incident as a text."""
        from activities.incident_reporting.terminal import report
        from activities.result_store import digest

        key = digest("incident-report", view.scope.incident, f"{view.began:.3f}")
        await asyncio.to_thread(self._engines.results.put_facts, key, {"text": report(view)})
        return StoredReport(key)


@contextlib.asynccontextmanager
async def _at_work() -> AsyncIterator[None]:
    """Errors that another attempt would not change say so."""
    async with heartbeating():
        try:
            yield
        except UserError as error:
            quiet = ApplicationErrorCategory.BENIGN
            raise ApplicationError(str(error), type=USER_ERROR, non_retryable=True, category=quiet) from error
        except CommitsLost as error:
            raise ApplicationError(str(error), type=COMMITS_LOST, non_retryable=True) from error

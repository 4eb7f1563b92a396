"""An incident's activities on the host that has its data, each with its time-out and its retries."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.deploying.types import DeployInput, DeployResult, RollbackInput
    from activities.github.recent_changes.types import FetchChangesInput
    from activities.github_activities import DeploymentActivities, RecentChangeActivities
    from activities.incident_engine.activities import IncidentActivities
    from activities.incidents.acting import (
        GuardInput,
        GuardResult,
        IncidentRules,
        ReadScopeInput,
        ReadScopeResult,
        RecoveryInput,
        RecoveryResult,
        StagingTestsInput,
        StagingTestsResult,
    )
    from activities.incidents.types import (
        DiagnoseInput,
        Diagnosis,
        FetchInput,
        FetchResult,
        GeneratedFix,
        GenerateFixInput,
        VerifyInput,
        VerifyResult,
    )
    from activities.quality_gate.types import Workspace
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies
    from workflows.patching.host_calls import at_work, on_github

_FETCH = timedelta(minutes=5)
_DEPLOYMENT_EXTRA = timedelta(minutes=5)


async def read_scope(input: ReadScopeInput) -> ReadScopeResult:
    """On whichever host takes it: that one has the data from then on."""
    return await workflow.execute_activity_method(
        IncidentActivities.read_incident_scope,
        input,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.github_api(),
    )


async def fetch_metrics(input: FetchInput) -> FetchResult:
    return await at_work(IncidentActivities.fetch_metrics, input, input.scope.queue, _FETCH)


async def fetch_logs(input: FetchInput) -> FetchResult:
    return await at_work(IncidentActivities.fetch_logs, input, input.scope.queue, _FETCH)


async def fetch_calls(input: FetchInput) -> FetchResult:
    return await at_work(IncidentActivities.fetch_calls, input, input.scope.queue, _FETCH)


async def fetch_changes(input: FetchChangesInput) -> FetchResult:
    return await on_github(RecentChangeActivities.fetch_changes, input, input.scope.queue)


async def diagnose(input: DiagnoseInput) -> Diagnosis:
    return await at_work(IncidentActivities.diagnose_issue, input, input.scope.queue, _FETCH)


async def read_rules(workspace: Workspace) -> IncidentRules:
    return await at_work(IncidentActivities.read_incident_rules, workspace, workspace.queue)


async def verify(input: VerifyInput) -> VerifyResult:
    return await at_work(IncidentActivities.verify_culprit, input, input.scope.queue, ActivityTimeouts.FIX)


async def check_guards(input: GuardInput) -> GuardResult:
    return await at_work(IncidentActivities.check_guards, input, input.scope.queue)


async def generate_fix(input: GenerateFixInput) -> GeneratedFix:
    return await at_work(IncidentActivities.generate_fix, input, input.scope.queue)


async def measure_recovery(input: RecoveryInput) -> RecoveryResult:
    return await at_work(IncidentActivities.measure_recovery, input, input.scope.queue, _FETCH)


async def run_smoke_tests(input: StagingTestsInput) -> StagingTestsResult:
    return await at_work(IncidentActivities.run_smoke_tests, input, input.workspace.queue, ActivityTimeouts.FIX)


async def run_e2e_tests(input: StagingTestsInput) -> StagingTestsResult:
    return await at_work(IncidentActivities.run_e2e_tests, input, input.workspace.queue, ActivityTimeouts.FIX)


async def deploy(input: DeployInput) -> DeployResult:
    """On whichever host takes it; another one goes on waiting where that one dies."""
    return await workflow.execute_activity_method(
        DeploymentActivities.deploy_to_staging,
        input,
        start_to_close_timeout=timedelta(minutes=input.minutes) + _DEPLOYMENT_EXTRA,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.github_api(),
    )


async def roll_back(input: RollbackInput) -> DeployResult:
    """As `deploy`."""
    return await workflow.execute_activity_method(
        DeploymentActivities.rollback_deployment,
        input,
        start_to_close_timeout=timedelta(minutes=input.minutes) + _DEPLOYMENT_EXTRA,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.github_api(),
    )

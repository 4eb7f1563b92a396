"""Every workflow. `ALL` is explicit on purpose: registering a workflow is a promise to its history."""

from workflows.baseline import BaselineWorkflow
from workflows.budget import BudgetWorkflow
from workflows.commands import CommandWorkflow
from workflows.config_changes import ConfigChangeWorkflow
from workflows.event_recovery.delivery_sweep import DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationWorkflow
from workflows.incident_swarm import ContinuousMonitoringWorkflow, IncidentSwarmWorkflow
from workflows.issues.first_configuration import FirstConfigurationWorkflow
from workflows.issues.label_workflow import LabelWorkflow
from workflows.migration import CodeMigrationWorkflow
from workflows.plan_patch_pr import CodeTaskWorkflow, IncrementalPatchWorkflow, PlanPatchPRWorkflow
from workflows.quality_gate import ContinuousQualityWorkflow, QualityGateWorkflow
from workflows.repository_history import RepositoryHistoryWorkflow
from workflows.threads import ThreadWorkflow

ALL = (
    QualityGateWorkflow,
    ContinuousQualityWorkflow,
    CommandWorkflow,
    ThreadWorkflow,
    ConfigChangeWorkflow,
    BaselineWorkflow,
    BudgetWorkflow,
    FirstConfigurationWorkflow,
    RepositoryHistoryWorkflow,
    LabelWorkflow,
    CodeMigrationWorkflow,
    IncrementalPatchWorkflow,
    PlanPatchPRWorkflow,
    CodeTaskWorkflow,
    IncidentSwarmWorkflow,
    ContinuousMonitoringWorkflow,
    DeliverySweepWorkflow,
    ReconciliationWorkflow,
)

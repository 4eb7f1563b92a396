"""The stories. `ALL` is explicit on purpose: registering a workflow is a promise to its history."""

from workflows.commands import CommandWorkflow
from workflows.continuous_quality import ContinuousQualityWorkflow
from workflows.labels import LabelWorkflow
from workflows.quality_gate import QualityGateWorkflow
from workflows.reconciling import ReconciliationWorkflow
from workflows.sweeping import DeliverySweepWorkflow

ALL = (
    QualityGateWorkflow,
    ContinuousQualityWorkflow,
    CommandWorkflow,
    LabelWorkflow,
    DeliverySweepWorkflow,
    ReconciliationWorkflow,
)

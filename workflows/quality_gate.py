"""The workflows of the quality gate: one gate on one head, and the branch that starts one for each of its heads."""

from workflows.quality.branch import ContinuousQualityWorkflow
from workflows.quality.gate import QualityGateWorkflow

__all__ = ["ContinuousQualityWorkflow", "QualityGateWorkflow"]

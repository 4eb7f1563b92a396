"""What writes code by agents: `PlanPatchPRWorkflow` for an issue, `IncrementalPatchWorkflow` in a pull request."""

from workflows.patching.incremental import IncrementalPatchWorkflow
from workflows.planned_changes.code_task import CodeTaskWorkflow
from workflows.planned_changes.planned import PlanPatchPRWorkflow

__all__ = ["CodeTaskWorkflow", "IncrementalPatchWorkflow", "PlanPatchPRWorkflow"]

"""The parts of `PlanPatchPRWorkflow`."""

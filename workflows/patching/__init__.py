"""The parts of `IncrementalPatchWorkflow`."""

"""The parts of `IncidentSwarmWorkflow`."""

"""The workflows of incidents: `IncidentSwarmWorkflow` and `ContinuousMonitoringWorkflow`."""

from workflows.incidents.incident import IncidentSwarmWorkflow
from workflows.monitoring.monitoring import ContinuousMonitoringWorkflow

__all__ = ["ContinuousMonitoringWorkflow", "IncidentSwarmWorkflow"]

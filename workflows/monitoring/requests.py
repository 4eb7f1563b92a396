"""The argument of `ContinuousMonitoringWorkflow`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MonitoringInput:
    """What is carried over when it continues as new: nothing at its first start."""

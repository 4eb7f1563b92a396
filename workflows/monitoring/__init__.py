"""`ContinuousMonitoringWorkflow`: alerts become incidents, one workflow each, and rules are polled."""

"""The activities of `ContinuousMonitoringWorkflow`. Each may run again."""

from typing import TYPE_CHECKING

from temporalio import activity

from activities.incidents.watching import PollRulesInput, PollRulesResult, ReadServicesInput, ReadServicesResult

if TYPE_CHECKING:
    from activities.incident_engine.polling import RulePoller
    from activities.incidents.deployment import IncidentDeployment


class MonitoringActivities:
    """`deployment` has the services, `poller` asks for their rules."""

    def __init__(self, deployment: "IncidentDeployment", poller: "RulePoller") -> None:
        self._deployment = deployment
        self._poller = poller

    @activity.defn
    async def read_services(self, input: ReadServicesInput) -> ReadServicesResult:
        """Finds out which configured services alerts are about."""
        from activities.incident_engine.services import read_services

        return read_services(self._deployment, input)

    @activity.defn
    async def poll_rules(self, input: PollRulesInput) -> PollRulesResult:
        """Asks Prometheus which rules are beyond their limits, and which will be."""
        return await self._poller.poll(input.now)

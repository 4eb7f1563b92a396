"""Which configured services alerts are about, and who their neighbours are."""

from activities.incidents.deployment import IncidentDeployment, neighbours, seconds_of, service_named
from activities.incidents.types import Alert
from activities.incidents.watching import NamedService, ReadServicesInput, ReadServicesResult


def read_services(deployment: IncidentDeployment, input: ReadServicesInput) -> ReadServicesResult:
    """By the alert's own word for its service, else by its labels."""
    file = deployment.file
    every = seconds_of(file.every) if file.rules and file.prometheus else 0.0
    named = tuple(_named(deployment, alert) for alert in input.alerts)
    return ReadServicesResult(named, seconds_of(file.cooldown), every)


def _named(deployment: IncidentDeployment, alert: Alert) -> NamedService:
    file = deployment.file
    asked = alert.service or next((alert.labels[each] for each in file.labels if alert.labels.get(each)), "")
    service = service_named(asked, file.services) if asked else ""
    if not service and alert.repo:
        here = alert.repo.full_name.casefold()
        of_repo = [name for name, each in file.services.items() if each.repository.casefold() == here]
        service = of_repo[0] if len(of_repo) == 1 else ""
        asked = asked or alert.repo.full_name
    return NamedService(asked, service, neighbours(service, file.services) if service else ())

"""What a deployment knows of its services: the file that `AUTOBUILD_INCIDENTS` names. Secrets are never in it: it names
variables of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import Field

from activities.check_options import DURATION, Keys

SERVICE: Final = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"
VARIABLE: Final = r"^[A-Z][A-Z0-9_]{0,99}$"
REPOSITORY: Final = r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$"
HINTS: Final = {
    DURATION: "write a number and its unit, such as `90s`, `15m` or `1h`",
    SERVICE: "write a service's name, such as `checkout`",
    VARIABLE: "write the name of an environment variable, such as `ALERTMANAGER_TOKEN`, never the secret itself",
    REPOSITORY: "write `owner/name`",
}

ServiceName = Annotated[str, Field(pattern=SERVICE, max_length=100)]
Variable = Annotated[str, Field(pattern=VARIABLE)]
Duration = Annotated[str, Field(pattern=DURATION)]
Query = Annotated[str, Field(min_length=1, max_length=4096)]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=500)]


class ServerSettings(Keys):
    """A server with Prometheus' or Loki's HTTP API."""

    url: WebAddress
    token: Annotated[Variable | Literal[""], Field(description="The variable with a bearer token.")] = ""
    user: Annotated[str, Field(max_length=200, description="For basic authentication; `token` is the password.")] = ""
    headers: Annotated[
        dict[str, str], Field(max_length=10, description="More headers, such as `X-Scope-OrgID`; no secrets.")
    ] = Field(default_factory=dict)


class AlertSourceSettings(Keys):
    """One way in for alerts, `POST /alerts/<source>`."""

    secret: Annotated[Variable, Field(description="The variable with its secret.")]


class ServiceSettings(Keys):
    """One service."""

    repository: Annotated[str, Field(pattern=REPOSITORY, description="Where its code is, as `owner/name`.")] = ""
    paths: Annotated[
        tuple[str, ...], Field(max_length=50, description="Its files there; default: the whole repository.")
    ] = ()
    calls: Annotated[tuple[ServiceName, ...], Field(max_length=100, description="The services that it calls.")] = ()
    metrics: Annotated[
        tuple[Query, ...],
        Field(max_length=50, description="PromQL of its metrics; default: every series with a label of its name."),
    ] = ()
    logs: Annotated[Query | Literal[""], Field(description='LogQL of its logs; default: `{service="<name>"}`.')] = ""
    log_files: Annotated[tuple[str, ...], Field(max_length=50, description="Its log files, as globs.")] = ()
    environment: Annotated[str, Field(max_length=100, description="GitHub's environment of its deployments.")] = ""


class ChannelSettings(Keys):
    """Where people hear of an incident."""

    url: Annotated[Variable, Field(description="The variable with the channel's address, in the form of Apprise.")]
    at_least: Annotated[
        Literal["info", "warning", "error", "critical"], Field(description="Only alerts of this severity or worse.")
    ] = "info"
    services: Annotated[tuple[ServiceName, ...], Field(max_length=100, description="Only these; default: all.")] = ()


class RuleSettings(Keys):
    """A rule that is polled: it fires where the query's value is beyond the limit for so long."""

    query: Query
    above: float | None = None
    below: float | None = None
    lasting: Annotated[Duration, Field(description="For how long before it fires.")] = "5m"
    service: ServiceName
    severity: Literal["info", "warning", "error", "critical"] = "error"
    predict: Annotated[
        Duration | Literal[""],
        Field(description="Opens an issue where the trend crosses the limit within this time, such as `4h`."),
    ] = ""


class IncidentsFile(Keys):
    """The services of one deployment, and where their data and alerts come from."""

    version: Literal[1] = 1
    prometheus: ServerSettings | None = None
    loki: ServerSettings | None = None
    alerts: Annotated[dict[str, AlertSourceSettings], Field(max_length=50)] = Field(default_factory=dict)
    services: Annotated[dict[ServiceName, ServiceSettings], Field(max_length=5000)] = Field(default_factory=dict)
    labels: Annotated[
        tuple[str, ...],
        Field(max_length=10, description="The labels of alerts and metrics that name a service, the first one first."),
    ] = ("service", "service_name", "app", "job", "component")
    channels: Annotated[dict[str, ChannelSettings], Field(max_length=50)] = Field(default_factory=dict)
    rules: Annotated[dict[str, RuleSettings], Field(max_length=200)] = Field(default_factory=dict)
    every: Annotated[Duration, Field(description="How often the rules are polled.")] = "1m"
    cooldown: Annotated[
        Duration, Field(description="For how long alerts on a service or its neighbours join the same incident.")
    ] = "30m"
    before: Annotated[Duration, Field(description="How much of the past is looked at.")] = "2h"


@dataclass(frozen=True)
class IncidentDeployment:
    """The file, and the values of the variables that it names, which are never shown."""

    file: IncidentsFile = field(default_factory=IncidentsFile)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secret(self, variable: str) -> str:
        """The value of a variable that the file names, "" where it is not set."""
        return self.secrets.get(variable, "")


def seconds_of(duration: str) -> float:
    """Of `90s`, `15m` or `1h`."""
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]


def service_named(name: str, services: Mapping[str, ServiceSettings]) -> str:
    """The configured name of a service that an alert names: in any case, with `-` or `_`. "" for none."""
    wanted = name.casefold().replace("_", "-")
    return next((each for each in services if each.casefold().replace("_", "-") == wanted), "")


def neighbours(service: str, services: Mapping[str, ServiceSettings]) -> tuple[str, ...]:
    """Those that a service calls, and those that call it."""
    own = services.get(service)
    callers = (name for name, each in services.items() if service in each.calls)
    return tuple(dict.fromkeys([*(own.calls if own else ()), *callers]))


def connected(service: str, services: Mapping[str, ServiceSettings], most: int) -> tuple[str, ...]:
    """At most `most`: those that a service calls, directly or not, the nearest first, since its fault may be theirs;
    then those that call one of these."""
    found = dict.fromkeys([service])
    for step in (_callees, neighbours):
        near = list(found)
        while near and len(found) <= most:
            near = [each for name in near for each in step(name, services) if each not in found]
            found |= dict.fromkeys(near)
    return tuple(name for name in found if name != service)[:most]


def _callees(service: str, services: Mapping[str, ServiceSettings]) -> tuple[str, ...]:
    own = services.get(service)
    return own.calls if own else ()

"""Whether the file of services can be read, has its secrets, and names servers that answer."""

from collections.abc import Iterator, Sequence

import msgspec

from activities.errors import UserError
from activities.incident_metrics.prometheus_api import request_headers
from activities.incidents.deployment import IncidentDeployment, ServerSettings
from activities.plugins import plugin_names
from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer, request, without_credentials
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, fail, ok, warn
from bot.settings.incidents import incident_deployment

_SHORTEST_SECRET = 16


class ServerAnswer(msgspec.Struct):
    """How Prometheus' and Loki's answers begin."""

    status: str = ""


async def file(context: DoctorContext) -> Sequence[DoctorResult]:
    """The services, and what their alerts and channels need."""
    deployment = _deployment(context)
    problems = [*_unknown_sources(deployment), *_secrets(context, deployment)]
    services, sources = len(deployment.file.services), ", ".join(deployment.file.alerts) or "no source"
    found = f"{services} service{'' if services == 1 else 's'}; alerts are taken from {sources}."
    return problems or [ok("incidents", found)]


async def servers(context: DoctorContext) -> Sequence[DoctorResult]:
    """Prometheus and Loki, as far as they are configured."""
    deployment = _deployment(context)
    found = []
    for name, server, path in (
        ("Prometheus", deployment.file.prometheus, "/api/v1/query?query=vector(1)"),
        ("Loki", deployment.file.loki, "/loki/api/v1/labels"),
    ):
        if server:
            found.append(await _answers(context, deployment, name, server, path))
    if not found:
        raise DoctorSkipped("The file of services names neither Prometheus nor Loki.")
    return found


def _deployment(context: DoctorContext) -> IncidentDeployment:
    if not context.settings.incidents:
        raise DoctorSkipped("AUTOBUILD_INCIDENTS is not set: there are no services, and alerts are refused.")
    try:
        return incident_deployment(context.settings, context.environ)
    except UserError as error:
        raise DoctorError(str(error), "Correct the file; docs/incidents.md shows what is in it.") from None


def _unknown_sources(deployment: IncidentDeployment) -> Iterator[DoctorResult]:
    known = plugin_names("bot.alerts")
    for name in deployment.file.alerts:
        if name not in known:
            yield fail("incidents", f"There is no source of alerts {name!r}.", f"The sources are {', '.join(known)}.")


def _secrets(context: DoctorContext, deployment: IncidentDeployment) -> Iterator[DoctorResult]:
    """Of another process's environment nothing is known but its settings."""
    missing = warn if context.command else fail
    elsewhere = f", at least not here; `{context.command}` may have it" if context.command else ""
    for variable, use in _variables(deployment):
        value = deployment.secret(variable)
        if not value:
            yield missing("incidents", f"{variable} is not set{elsewhere}: {use}.", f"Set {variable}.")
        elif use.startswith("alerts") and len(value) < _SHORTEST_SECRET:
            why = f"{variable} has fewer than {_SHORTEST_SECRET} characters, so it can be guessed."
            yield warn("incidents", why, "Take one of `openssl rand -hex 32`, and type it into the source too.")


def _variables(deployment: IncidentDeployment) -> Iterator[tuple[str, str]]:
    """Each with what does not work without it."""
    file = deployment.file
    for name, source in file.alerts.items():
        yield source.secret, f"alerts from {name} are refused"
    for name, server in (("Prometheus", file.prometheus), ("Loki", file.loki)):
        if server and server.token:
            yield server.token, f"{name} is asked without a token"
    for name, channel in file.channels.items():
        yield channel.url, f"nobody is notified in the channel {name}"


async def _answers(
    context: DoctorContext, deployment: IncidentDeployment, name: str, server: ServerSettings, path: str
) -> DoctorResult:
    headers = {"Accept": "application/json", **request_headers(server, deployment)}
    try:
        answer = await request(context.session, f"{server.url.rstrip('/')}{path}", headers=headers)
    except DoctorError as error:
        return fail("metrics and logs", error.message, error.fix)
    shown = without_credentials(server.url)
    if answer.status in (401, 403):
        why = f"{name} at {shown} refuses the credentials ({answer.status})."
        return fail("metrics and logs", why, f"Check `token`, `user` and `headers` of `{name.lower()}` in the file.")
    if answer.status != 200 or not _is_success(answer):
        why = f"{shown} answers {answer.status}, and not as {name} does."
        return fail("metrics and logs", why, f"Check `url` of `{name.lower()}` in the file of services.")
    return ok("metrics and logs", f"{name} at {shown} answers.")


def _is_success(answer: HttpAnswer) -> bool:
    try:
        return msgspec.json.decode(answer.body, type=ServerAnswer).status == "success"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False

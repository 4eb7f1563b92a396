"""The services of this deployment, and where their alerts and data come from: the file of `AUTOBUILD_INCIDENTS`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from activities.errors import UserError
from activities.incidents.deployment import HINTS, IncidentDeployment, IncidentsFile
from activities.redaction import hide
from bot.settings import Settings
from bot.settings.yaml_files import read_settings_file


def incident_deployment(settings: Settings, environ: Mapping[str, str]) -> IncidentDeployment:
    """With the values of the variables that the file names. Raises UserError with every mistake of the file."""
    if not settings.incidents:
        return IncidentDeployment()
    file = _read(Path(settings.incidents))
    secrets = {name: environ.get(name, "").strip() for name in _variables(file)}
    hide(*filter(None, secrets.values()))
    return IncidentDeployment(file, {name: value for name, value in secrets.items() if value})


def _variables(file: IncidentsFile) -> Iterator[str]:
    for server in (file.prometheus, file.loki):
        if server and server.token:
            yield server.token
    yield from (source.secret for source in file.alerts.values())
    yield from (channel.url for channel in file.channels.values())


def _read(path: Path) -> IncidentsFile:
    found = read_settings_file(path, "AUTOBUILD_INCIDENTS", IncidentsFile, HINTS)
    unknown = [
        (name, other) for name, service in found.services.items() for other in service.calls
        if other not in found.services
    ]  # fmt: skip
    if unknown:
        raise UserError(f"{path}: `{unknown[0][0]}` calls `{unknown[0][1]}`, which is not in `services`.")
    return found

"""Finds out what an incident's cause is, or records whether the cause that was named is right."""

import re

from activities.incidents.deployment import SERVICE
from activities.incidents.types import IncidentRequest
from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand

_LONGEST_SERVICE, _LONGEST_CAUSE = 100, 200


def _incident(line: CommandLine) -> CommandAction:
    first = line.texts[0].lower() if line.words else ""
    if first == "wrong":
        cause = " ".join(" ".join(line.texts[1:]).split())
        if len(cause) > _LONGEST_CAUSE:
            raise CommandError(f"Say the cause in at most {_LONGEST_CAUSE} characters.", line.words[1])
        return _action(IncidentRequest("wrong", cause=cause))
    if len(line.words) > 1:
        raise CommandError("Name one service, or write `right`, or `wrong` and the cause.", line.words[1])
    if first == "right":
        return _action(IncidentRequest("right"))
    service = line.texts[0] if line.words else ""
    if service and not (len(service) <= _LONGEST_SERVICE and re.fullmatch(SERVICE, service)):
        raise CommandError("Name the service as the deployment's configuration does.", line.words[0])
    return _action(IncidentRequest("start", service))


def _action(request: IncidentRequest) -> CommandAction:
    return CommandAction("incident", incident=request, at_least="write")


INCIDENT = SlashCommand(_incident, "[service, or right, or wrong and the cause]", on=("issue",))

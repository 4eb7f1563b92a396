"""`/incident`: what is asked of an issue's incident."""

import pytest

from activities.incidents.types import IncidentRequest
from bot.commands import command_lines, parse_commands


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/incident", IncidentRequest("start")),
        ("/incident checkout", IncidentRequest("start", "checkout")),
        ("/incident `shop/check_out.v2`", IncidentRequest("start", "shop/check_out.v2")),
        ("/incident right", IncidentRequest("right")),
        ("/incident wrong", IncidentRequest("wrong")),
        ("/incident WRONG the  cache was full", IncidentRequest("wrong", cause="the cache was full")),
    ],
)
def test_what_is_asked_for(line: str, expected: IncidentRequest) -> None:
    (action,) = parse_commands(command_lines(line))
    assert (action.do, action.permission, action.on, action.incident) == ("incident", "write", ("issue",), expected)
    assert action.at_least == "write"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/incident checkout mail", "Name one service, or write `right`, or `wrong` and the cause."),
        ("/incident right now", "Name one service, or write `right`, or `wrong` and the cause."),
        ("/incident ../secret", "Name the service as the deployment's configuration does."),
        (f"/incident {'a' * 101}", "Name the service as the deployment's configuration does."),
        (f"/incident wrong {'a' * 201}", "Say the cause in at most 200 characters."),
        ("/incidnet checkout", "Did you mean `/incident [service"),
    ],
)
def test_a_mistake_is_answered(line: str, answer: str) -> None:
    (action,) = parse_commands(command_lines(line))
    assert action.do == "reply"
    assert answer in action.lines[0]

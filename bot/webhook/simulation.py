"""What an event would start and why: a delivery's path, up to where Temporal would be called. Nothing is started."""

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from activities.errors import UserError
from bot.printable import printable
from bot.settings import Settings, app_is_known
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    DeploymentEnded,
    Event,
    Ignored,
    InstallationChanged,
    LabelChanged,
    PullMoved,
    RepositoryMoved,
)
from bot.webhook.parsing import parse_event, used_events
from bot.webhook.payloads import LARGEST_BODY, BadPayload
from bot.webhook.routes import Rules, Signal, SignalWithStart, Start, route
from workflows.messages import CommandInput


@dataclass(frozen=True)
class Simulation:
    """`does` is `ignore`, `start`, `signal` or `signal-with-start`; `message` is the input of the workflow or of the
    signal."""

    event: str
    does: str
    why: str
    workflow: str = ""
    workflow_id: str = ""
    signal: str = ""
    message: Any = None
    commands: tuple[Mapping[str, str], ...] = ()

    def lines(self) -> Iterator[str]:
        """One line a fact, for a terminal."""
        names = {"does": "would", "workflow_id": "id"}
        for name, value in dataclasses.asdict(self).items():
            if name == "commands":
                for command in value:
                    needs = f"needs {command['permission']} unless configured"
                    yield f"{'/' + command['command']:12} {command['does']}, {needs}"
            elif value:
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                yield f"{names.get(name, name):12} {text}"


def run(environ: Mapping[str, str], name: str, payload: Path, installation: int, as_json: bool) -> None:
    """Prints what the event `name` with this payload, a file or `-`, would start.

    `installation` is used where the payload has none, as in GitHub's own examples.
    """
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        settings = Settings.load(environ, needs=("app_id",))
    found = simulate(settings, name, _with_installation(_read(payload), installation))
    print(json.dumps(dataclasses.asdict(found), indent=2) if as_json else "\n".join(map(printable, found.lines())))


def simulate(settings: Settings, name: str, body: bytes) -> Simulation:
    """What a delivery of this event would start. Raises UserError for a payload that GitHub does not send."""
    if name not in used_events():
        return Simulation(
            name, "ignore", f"Autobuild does not use this event. It uses: {', '.join(sorted(used_events()))}."
        )
    try:
        event = parse_event(name, body, "simulated")
    except BadPayload as error:
        raise UserError(f"Invalid payload for the event {name}: {error}.") from error
    if isinstance(event, Ignored):
        return Simulation(name, "ignore", event.why)
    action = route(event, Rules(settings.own_login, settings.app_id, settings.push_branches))
    match action:
        case Ignored():
            return Simulation(name, "ignore", action.why)
        case Start():
            message, commands = _plain(action.argument), _commands(action.argument)
            return Simulation(name, "start", _why(event), action.workflow, action.id, "", message, commands)
        case SignalWithStart():
            message, commands = _plain(action.message), _commands(action.message)
            return Simulation(
                name, "signal-with-start", _why(event), action.workflow, action.id, action.signal, message, commands
            )
        case Signal():
            return Simulation(name, "signal", _why(event), "", action.id, action.signal, _plain(action.message))
    assert_never(action)


def _why(event: Event) -> str:
    match event:
        case BranchMoved():
            what = f"has the new head {event.push.head.sha[:12]}" if event.push.head.sha else "was deleted"
            why = (
                f"The branch {event.push.head.branch} {what}. Its workflow gates the newest head and ends older gates."
            )
        case PullMoved():
            why = f"Pull request {event.pull.head.pull}, {event.pull.action}. Signals its head branch's workflow."
        case CommentPosted():
            why = f"{event.origin.sender} commented on #{event.number}. Permissions are checked when a command runs."
        case ButtonPressed():
            why = f"{event.origin.sender} pressed a button on a check run."
        case LabelChanged():
            change = "added" if event.added else "removed"
            why = f"A label was {change}. The repository's .github/autobuild.yml says what it starts."
        case DeploymentEnded():
            why = f"{event.alert.name}. The repository's .github/autobuild.yml says whether that is an incident."
        case InstallationChanged():
            why = f"The App has more access to {event.account}. Open pull requests without a completed gate get one."
        case RepositoryMoved():
            why = f"{event.before} was renamed, moved or deleted. The workflows under that name end."
        case _:
            assert_never(event)
    return why


def _commands(request: object) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"command": one.command, "does": one.request.kind if one.request else one.do, "permission": one.permission}
        for one in (request.actions if isinstance(request, CommandInput) else ())
    )


def _plain(argument: object) -> Any:
    """As it is written to the workflow's history."""
    if dataclasses.is_dataclass(argument) and not isinstance(argument, type):
        return dataclasses.asdict(argument)
    return argument


def _read(payload: Path) -> bytes:
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(payload) == "-" else payload.open("rb") as file:
            body = file.read(LARGEST_BODY + 1)
    except OSError as error:
        raise UserError(f"{payload} cannot be read: {error.strerror or error}.") from error
    if len(body) > LARGEST_BODY:
        raise UserError(f"{payload} is larger than 25 MiB, GitHub's limit for a payload.")
    return body


def _with_installation(body: bytes, installation: int) -> bytes:
    if not installation:
        return body
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return body  # parsing says what is wrong with it
    if isinstance(data, dict) and "installation" not in data:
        data["installation"] = {"id": installation}
    return json.dumps(data).encode()

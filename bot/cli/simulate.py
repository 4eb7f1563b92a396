"""`autobuild simulate`: what an event would start and why, without starting it. Nothing is asked, from anybody."""

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from activities.errors import UserError
from bot.settings import Settings, app_is_known
from bot.webhook.parsing import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    Event,
    Ignored,
    InstallationChanged,
    LabelChanged,
    PullMoved,
    RepositoryMoved,
    heard,
    parse_event,
)
from bot.webhook.payloads import BadPayload
from bot.webhook.routes import Action, Rules, Signal, SignalWithStart, Start, route
from workflows.messages import CommandInput

_LARGEST = 25 * 2**20


@dataclass(frozen=True)
class Simulation:
    """`does` is `ignore`, `start`, `signal` or `signal-with-start`; `message` is what the workflow would be told."""

    event: str
    does: str
    why: str
    workflow: str = ""
    workflow_id: str = ""
    signal: str = ""
    message: Any = None
    commands: tuple[Mapping[str, str], ...] = ()


def run(environ: Mapping[str, str], name: str, payload: Path, installation: int, as_json: bool) -> int:
    """Prints it. `installation` stands in where the payload has none, as in GitHub's own examples."""
    body = _with_installation(_read(payload), installation)
    found = simulate(_settings(environ), name, body)
    print(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(found)))
    return 0


def _settings(environ: Mapping[str, str]) -> Settings:
    """With the id and the name of the App that is set or stored, if there is one."""
    settings = Settings.load(environ, needs=())
    return Settings.load(environ, needs=("app_id",)) if app_is_known(environ, settings.data) else settings


def simulate(settings: Settings, name: str, body: bytes) -> Simulation:
    """The same walk as a delivery's, up to where Temporal would be told."""
    if name not in heard():
        return Simulation(name, "ignore", f"This event asks for nothing here. These do: {', '.join(sorted(heard()))}.")
    try:
        event = parse_event(name, body, "simulated")
    except BadPayload as error:
        raise UserError(f"The payload is not GitHub's {name}: {error}.") from error
    if isinstance(event, Ignored):
        return Simulation(name, "ignore", event.why)
    action = route(event, Rules(settings.own_login, settings.app_id, settings.push_branches))
    return Simulation(name, "ignore", action.why) if isinstance(action, Ignored) else _told(name, event, action)


def _told(name: str, event: Event, action: Action) -> Simulation:
    why = _why(event)
    match action:
        case Start():
            asked = _commands(action.argument) if isinstance(action.argument, CommandInput) else ()
            return Simulation(name, "start", why, action.workflow, action.id, "", _plain(action.argument), asked)
        case SignalWithStart():
            message = _plain(action.message)
            return Simulation(name, "signal-with-start", why, action.workflow, action.id, action.signal, message)
        case Signal():
            return Simulation(name, "signal", why, "", action.id, action.signal, _plain(action.message))
    assert_never(action)


def _why(event: Event) -> str:
    match event:
        case BranchMoved() | PullMoved():
            return _why_gated(event)
        case CommentPosted():
            return f"{event.origin.sender} comments on #{event.number}: who may do what is asked when it runs."
        case ButtonPressed():
            return f"{event.origin.sender} pressed a button on a check run."
        case LabelChanged():
            word = "put on" if event.added else "taken off"
            return f"A label was {word}: what it asks for stands in .github/autobuild.yml, which is read then."
        case InstallationChanged():
            return f"The App may do more for {event.account}: open pull requests without an ended gate are looked for."
        case RepositoryMoved():
            return f"{event.before} is no repository any more: what waits under that name ends."
    assert_never(event)


def _why_gated(event: BranchMoved | PullMoved) -> str:
    if isinstance(event, PullMoved):
        return f"Pull request {event.pull.number}, {event.pull.action}: the workflow of its head branch hears it."
    what = f"has the new head {event.push.sha[:12]}" if event.push.sha else "is gone"
    return f"The branch {event.branch} {what}: its workflow gates the newest head and ends older gates."


def _commands(request: CommandInput) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"command": deed.command, "does": deed.signal or deed.do, "permission": deed.permission}
        for deed in request.deeds
    )


def _lines(found: Simulation) -> Iterator[str]:
    names = {"does": "would", "workflow_id": "id"}
    for name, value in dataclasses.asdict(found).items():
        if name == "commands":
            for asked in value:
                yield f"{'/' + asked['command']:12} {asked['does']}, needs {asked['permission']} unless configured"
        elif value:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{names.get(name, name):12} {shown}"


def _plain(argument: object) -> Any:
    """As it would lie in the workflow's history."""
    if dataclasses.is_dataclass(argument) and not isinstance(argument, type):
        return dataclasses.asdict(argument)
    return argument


def _read(payload: Path) -> bytes:
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(payload) == "-" else payload.open("rb") as file:
            body = file.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"{payload} cannot be read: {error.strerror or error}.") from error
    if len(body) > _LARGEST:
        raise UserError(f"{payload} is larger than 25 MiB, which GitHub does not deliver.")
    return body


def _with_installation(body: bytes, installation: int) -> bytes:
    if not installation:
        return body
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return body  # what is wrong with it is told where it is read
    if isinstance(data, dict) and "installation" not in data:
        data["installation"] = {"id": installation}
    return json.dumps(data).encode()

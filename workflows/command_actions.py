"""What a slash command asks `CommandWorkflow` to do: data, so that a new command is one file and changes no workflow.

Optional fields only may be added: a deed may lie in a history for a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

HEAD, ACTOR, DELIVERY = "{head}", "{actor}", "{delivery}"
"""In a signal's message: the pull request's head at that moment, who asks, and by which delivery."""


@dataclass(frozen=True)
class HelpLine:
    """One command for `/help`: shown to who has `permission` on what it is `on`."""

    command: str
    text: str
    permission: str
    on: tuple[str, ...] = ("pull",)


@dataclass(frozen=True)
class CommandAction:
    """One command of a comment, understood.

    `do`: `say` answers with `lines` of Markdown; `help` with those of `entries` that the person may use here;
    `status` tells how the pull request's gate or the issue's work stands; `signal` sends `signal` with `message` to
    the pull request's `ContinuousQualityWorkflow`, or with `work_signal` to the work that a label of an issue
    started; `trust` sends the signal `trust` for the fork's head that begins with `head`.

    `permission` is what the person needs unless the repository's configuration says otherwise. `on` says where it can
    be used: `pull`, `issue`. With `running` it makes sense only while something runs. `said` is answered when done.
    """

    command: str
    do: Literal["say", "help", "status", "signal", "trust"]
    permission: str = "write"
    on: tuple[str, ...] = ("pull",)
    lines: tuple[str, ...] = ()
    entries: tuple[HelpLine, ...] = ()
    signal: str = ""
    message: Mapping[str, Any] = field(default_factory=dict)
    work_signal: str = ""
    head: str = ""
    running: bool = False
    said: str = ""

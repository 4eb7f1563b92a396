"""One way to reach people a file: by the address of a channel, which is a secret and never shown.

The module defines one `Notifier`, named as the file.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

from activities.incidents.types import NotifyInput
from activities.plugins import load


@dataclass(frozen=True)
class Notifier:
    """`takes`: whether an address is its own. `send` gives the sentence why the message was not taken, "" where it was.
    A `fallback` takes what no other does."""

    name: str
    takes: Callable[[str], bool]
    send: Callable[[str, NotifyInput], Awaitable[str]]
    fallback: bool = False


@cache
def registry() -> dict[str, Notifier]:
    """Every notifier by its name."""
    import activities.notifiers as package

    return load(package, Notifier)


def notifier_of(address: str) -> Notifier | None:
    """The one for an address, None where nobody knows it."""
    ordered = sorted(registry().values(), key=lambda one: one.fallback)
    return next((one for one in ordered if one.takes(address)), None)

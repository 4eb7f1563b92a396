"""One source of alerts a file: `POST /alerts/<name>` is verified and read by it.

The module defines one `AlertSource`. Verifying comes first, over the raw body: what is not
authentic is never read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from activities.incidents.types import Alert
from activities.plugins import load
from bot.alert_bodies.json_bodies import BadAlert

__all__ = ["AlertSource", "BadAlert", "registry"]


@dataclass(frozen=True)
class AlertSource:
    """`verify` takes the headers (by small letters), the raw body and the secret, in constant time. `read` gives the
    alerts of a body; `labels` are those that name a service. It raises BadAlert."""

    name: str
    verify: Callable[[Mapping[str, str], bytes, str], bool]
    read: Callable[[bytes, tuple[str, ...]], tuple[Alert, ...]]


@cache
def registry() -> dict[str, AlertSource]:
    """Every source by its name."""
    import bot.alerts as package

    return load(package, AlertSource)

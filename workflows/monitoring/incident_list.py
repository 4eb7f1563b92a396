"""Which incident an alert belongs to. Pure: it is given the time."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from activities.incidents.types import Alert
from activities.incidents.watching import AlertPlace, KnownIncident, NamedService
from activities.workflow_ids import digest

MOST_OPEN: Final = 200
MOST_UNKNOWN: Final = 20
"""Open incidents of services that nobody configured."""

_REMEMBERED_S: Final = 7 * 24 * 3600.0
_MOST_KEYS: Final = 50
_MOST_KNOWN: Final = 300
_UNKNOWN: Final = "?"
"""Before the name of a service that nobody configured."""


class IncidentList:
    """`known` are those that run, and those that ended not long ago."""

    def __init__(self, known: Iterable[KnownIncident] = ()) -> None:
        self._known = {one.id: one for one in known}

    @property
    def known(self) -> tuple[KnownIncident, ...]:
        return tuple(self._known.values())

    @property
    def open(self) -> int:
        """How many run."""
        return sum(not one.ended for one in self._known.values())

    @property
    def open_unknown(self) -> int:
        """How many of services that nobody configured run."""
        return sum(not one.ended and one.service.startswith(_UNKNOWN) for one in self._known.values())

    def of_key(self, alert: Alert) -> KnownIncident | None:
        """The newest one that has had this source and group: the same alert, whatever its service is called."""
        found = [one for one in self._known.values() if key_of(alert) in one.keys]
        return max(found, key=lambda one: one.began, default=None)

    def place(self, alert: Alert, named: NamedService | None, now: float, cooldown: float) -> tuple[AlertPlace, str]:
        """(what becomes of it, the id of its incident, "" for none). `named` None: its key is known, so nobody asked.
        An alert that began before its incident's end is part of that, however often it is repeated."""
        same = self.of_key(alert)
        if same and not same.ended:
            self._joined(same, alert, now)
            return "joined", same.id
        if alert.status == "resolved" or (same and not self.begins_again(alert, now, cooldown)):
            return "ignored", ""
        near = self._near(named, now, cooldown) if named else None
        if near:
            self._joined(near, alert, now)
            return "joined", near.id
        unknown = not (named and named.service) and not alert.repo
        too_many = (unknown and self.open_unknown >= MOST_UNKNOWN) or self.open >= MOST_OPEN
        return ("refused" if too_many else "new"), ""

    def begins_again(self, alert: Alert, now: float, cooldown: float) -> bool:
        """Whether it is about something new, after its incident has ended and the cool-down since the last alert is
        over."""
        same = self.of_key(alert)
        repeated = same is not None and 0 < alert.starts_at <= same.ended
        return bool(same and same.ended and not repeated and now - same.last_alert > cooldown)

    def _near(self, named: NamedService, now: float, cooldown: float) -> KnownIncident | None:
        """One that runs on the same service, or on a neighbour of it, with an alert within the cool-down."""
        if not named.service:
            return None
        around = {named.service, *named.neighbours}
        found = [
            one
            for one in self._known.values()
            if not one.ended and now - one.last_alert <= cooldown and one.service in around
        ]
        return max(found, key=lambda one: (one.service == named.service, one.last_alert), default=None)

    def _joined(self, one: KnownIncident, alert: Alert, now: float) -> None:
        key = key_of(alert)
        keys = one.keys if key in one.keys or len(one.keys) >= _MOST_KEYS else (*one.keys, key)
        self._known[one.id] = replace(one, keys=keys, last_alert=now)

    def started(self, id: str, alert: Alert, named: NamedService, now: float) -> None:
        """A new one. The one before it with this id is forgotten."""
        service = named.service or f"{_UNKNOWN}{named.asked}"
        self._known[id] = KnownIncident(id, (key_of(alert),), service, now, now)

    def runs(self, id: str) -> bool:
        """Whether it has not ended, as far as is known."""
        return id in self._known and not self._known[id].ended

    def forget(self, id: str) -> None:
        """It is not there, and nobody knows since when: its alerts belong to no incident."""
        self._known.pop(id, None)

    def ended(self, id: str, now: float) -> bool:
        """Whether it ran until now."""
        one = self._known.get(id)
        if one is None or one.ended:
            return False
        self._known[id] = replace(one, ended=now)
        return True

    def tidy(self, now: float) -> None:
        """Forgets what is long over, and what has run for so long that it cannot run any more."""
        kept = [one for one in self._known.values() if now - max(one.last_alert, one.ended) <= _REMEMBERED_S]
        kept = sorted(kept, key=lambda one: (bool(one.ended), -one.last_alert))[:_MOST_KNOWN]
        self._known = {one.id: one for one in kept}


def key_of(alert: Alert) -> str:
    """Stands for the source and its own key: short, since hundreds of them are carried over."""
    return digest(f"{alert.source}|{alert.group}")

"""Untrusted values of alerts as what may be in a history: short lines, seconds, one of four severities."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from activities.incidents.types import ALERT_SEVERITIES, Alert, AlertSeverity
from activities.redaction import redact
from activities.result_store import digest

LONGEST_SUMMARY = 200
MOST_LABELS = 50

_LONGEST_GROUP = 200
_LONGEST_LABELS = 2000
_READ = 5000
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_WEB = re.compile(r"https?://[^\s<>\"'`()\\]{1,290}")
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_UNSET = re.compile(r"\$[A-Z_]+")

_SEVERITIES: dict[str, AlertSeverity] = {
    **dict.fromkeys(("critical", "crit", "fatal", "emergency", "page", "disaster", "p1", "sev1", "sev0"), "critical"),
    **dict.fromkeys(("error", "err", "high", "major", "p2", "sev2"), "error"),
    **dict.fromkeys(("warning", "warn", "minor", "medium", "average", "p3", "sev3"), "warning"),
    **dict.fromkeys(("info", "information", "informational", "low", "none", "ok", "debug", "p4", "p5"), "info"),
}


def line(value: object, longest: int = 100) -> str:
    """A text on one line, without control characters and credentials; "" for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value)[:_READ]
    plain = redact(_CONTROL.sub(" ", text).strip())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def filled(value: object, longest: int = 100) -> str:
    """As `line`, and "" for a variable that its source did not fill in."""
    text = line(value, longest)
    return "" if _UNSET.fullmatch(text) or text.lower() in ("n/a", "null", "none") else text


def summary_of(*texts: object) -> str:
    """The first text that there is."""
    return next(filter(None, (filled(text, LONGEST_SUMMARY) for text in texts)), "")


def with_more(summary: str, more: int) -> str:
    """With how many more there are of it, still short."""
    if not more:
        return summary
    counted = f" (and {more:,} more)"
    longest = LONGEST_SUMMARY - len(counted)
    return f"{summary if len(summary) <= longest else summary[: longest - 1] + '…'}{counted}"


def key(*parts: object) -> str:
    """A group or an id out of these parts; a long one ends with its digest, so that two stay two."""
    whole = " ".join(filter(None, (str(part) for part in parts)))
    plain = line(whole, 2 * _LONGEST_GROUP)
    if plain == whole and len(plain) <= _LONGEST_GROUP:
        return plain
    return f"{plain[: _LONGEST_GROUP - 20]}~{digest(whole)[:16]}"


def seconds(value: object) -> float:
    """Seconds since 1970: of a time in ISO 8601 (UTC where it names no zone), of seconds, milli-, micro- or
    nanoseconds. 0 for a zero date and for what is no time. A time in the future is now: clocks differ."""
    if isinstance(value, str) and not re.fullmatch(r"\s*\d{1,19}(\.\d{1,9})?\s*", value):
        try:
            at = datetime.fromisoformat(value.strip()[:40])
            moment = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return 0.0
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        moment = float(value if isinstance(value, str) or abs(value) < 1e20 else 0)
        while moment > 1e11:
            moment /= 1000
    else:
        return 0.0
    return min(moment, time.time()) if moment >= _OLDEST else 0.0


def severity(*words: object, default: AlertSeverity = "error") -> AlertSeverity:
    """That of the first word that names one."""
    for word in words:
        if found := _SEVERITIES.get(line(word).lower().strip()):
            return found
    return default


def badness(level: AlertSeverity) -> int:
    """For sorting: the worst has the greatest."""
    return ALERT_SEVERITIES.index(level)


def web_address(*values: object) -> str:
    """The first that is a plain web address, "" without one."""
    texts = (line(value, 300) for value in values)
    return next((text for text in texts if _WEB.fullmatch(text)), "")


def short_labels(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """At most fifty, each short, and all of them not too long."""
    found: dict[str, str] = {}
    left = _LONGEST_LABELS
    for name, value in islice(pairs, 10 * MOST_LABELS):
        short, text = line(name, 60), line(value, 100)
        left -= len(short) + len(text)
        if short and left >= 0 and len(found) < MOST_LABELS:
            found.setdefault(short, text)
    return found


def service_in(labels: Mapping[str, str], names: Iterable[str]) -> str:
    """The service that these labels name: by the first of `names` that is there."""
    return next((text for name in names if (text := filled(labels.get(name, "")))), "")


def in_order(alert: Alert) -> Alert:
    """With an end that is not before the beginning, and none while it fires."""
    if alert.status == "firing":
        return replace(alert, ends_at=0.0)
    return replace(alert, ends_at=max(alert.ends_at, alert.starts_at))

"""What is said of log lines, in short sentences without anything that Markdown or a terminal would act upon."""

import math
import re
from datetime import UTC, datetime
from typing import Final

from activities.incident_logs.shifts import TemplateShift
from activities.redaction import redact

_LONGEST: Final = 160


def clock(at: float) -> str:
    """`14:03:15 UTC`."""
    if not math.isfinite(at) or not 0 <= at < 32_503_680_000:
        return "an unknown time"
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S} UTC"


def quoted(text: str) -> str:
    """One line of a log as code: shortened, no secrets, no backticks and no control characters."""
    plain = re.sub(r"\s+", " ", "".join(letter if letter.isprintable() else " " for letter in redact(text)))
    plain = plain.replace("`", "'").strip()
    return f"`{plain[: _LONGEST - 1] + '…' if len(plain) > _LONGEST else plain or ' '}`"


def shift_sentence(shift: TemplateShift) -> str:
    """What has changed, and how much."""
    line = quoted(shift.text)
    times = "once" if shift.after == 1 else f"{shift.after} times"
    match shift.sort:
        case "new":
            return f"New in `{shift.service}` since {clock(shift.first)}, {times}: {line}."
        case "vanished":
            return f"`{shift.service}` logged this {shift.before} times before the onset and not since: {line}."
        case "more":
            return f"`{shift.service}` logs this more often, {times} after {shift.before} before: {line}."
        case _:
            return f"`{shift.service}` logs this less often, {times} after {shift.before} before: {line}."

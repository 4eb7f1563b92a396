"""What a process reports of itself: its log on standard error, and its crashes to Sentry where that is set.

Both are free of credentials. A crash report also has no payload, no person and no local variable: `sentry.py` names
everything that is in one.
"""

import logging
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from activities.errors import UserError
from activities.redaction import HIDDEN, hide, redact
from bot.printable import printable, separated

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.telemetry.sentry import Clean

INVALID_DSN = "SENTRY_DSN is not a Sentry DSN. Copy it again from the project's settings."
_FORMAT = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
_FLUSH_S = 2.0
_SHORTEST_SECRET = 8

_log = logging.getLogger("autobuild")


def prepare(settings: "Settings") -> None:
    """Sets up the log, and crash reports where SENTRY_DSN is set. Call it again when a new credential is known.

    Raises UserError where SENTRY_DSN is invalid.
    """
    secrets = (settings.private_key, settings.webhook_secret, settings.sentry_dsn)
    hide(*secrets)  # from the errors of activities too
    clean = cleaner(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter(clean))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)

    def log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("crash=%s", kind.__name__, exc_info=(kind, error, trace))
        flush()

    sys.excepthook = log_crash  # Python's own prints the error's text as it is, secrets included
    if settings.sentry_dsn:
        from bot.telemetry.sentry import report_crashes

        try:
            report_crashes(settings, clean)
        except ValueError:
            raise UserError(INVALID_DSN) from None


def is_valid_dsn(text: str) -> bool:
    """Whether this has the form of a Sentry DSN."""
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(text)
    except (BadDsn, ValueError):
        return False
    return True


def flush() -> None:
    """Waits a little for crash reports that are on their way; `os._exit` would lose them."""
    if sentry_sdk := sys.modules.get("sentry_sdk"):
        sentry_sdk.flush(_FLUSH_S)


def cleaner(secrets: Sequence[str] = ()) -> "Clean":
    """Takes out what looks like a credential, and the given secrets however they look."""
    known = sorted({one.strip() for one in secrets if len(one.strip()) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in known:
            text = text.replace(secret, HIDDEN)
        return redact(text)

    return clean


class CleanFormatter(logging.Formatter):
    """One line an event; only a traceback has more. The whole text is cleaned and printable, tracebacks included."""

    def __init__(self, clean: "Clean") -> None:
        super().__init__(_FORMAT)
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        return printable(self._clean(separated(super().format(record))), lines=True)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Untrusted text must not look like a line of ours."""
        record.message = self._clean(separated(record.message)).replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

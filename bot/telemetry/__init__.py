"""What a process says of itself: its log on standard error, and its crashes to Sentry where that is set.

Both are free of credentials. A crash report has, beside that, no payload, no person and no local variable:
`bot/scrubbing.py` names all that is in one.
"""

import logging
import sys
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.redaction import hide
from bot.telemetry.scrubbing import Clean, cleaner, scrub

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

    from bot.settings import Settings

NO_DSN = "SENTRY_DSN is not an address that Sentry gives: copy the project's DSN again."
_FORMAT = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
_FLUSH_S = 2.0

_log = logging.getLogger("autobuild")


def prepare(settings: "Settings") -> None:
    """Sets up the log, and crash reports where SENTRY_DSN names a place for them. Call it again when a credential
    came to be known. Raises UserError where SENTRY_DSN is none."""
    secrets = (settings.private_key, settings.webhook_secret, settings.sentry_dsn)
    hide(*secrets)  # in what an activity's error says, too
    clean = cleaner(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter(clean))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    sys.excepthook = _log_crash
    if settings.sentry_dsn:
        _report_to_sentry(settings, clean)


def is_a_dsn(text: str) -> bool:
    """Whether Sentry could be reached by it, as far as that can be seen."""
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


class CleanFormatter(logging.Formatter):
    """A line an event; only a traceback has more. Cleaned as a whole, so what an error says is clean too."""

    def __init__(self, clean: Clean) -> None:
        super().__init__(_FORMAT)
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Nobody's text may look like a line of ours."""
        record.message = self._clean(record.message).replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own way writes what the error says as it is."""
    _log.critical("crash=%s", kind.__name__, exc_info=(kind, error, trace))
    flush()


def _report_to_sentry(settings: "Settings", clean: Clean) -> None:
    import sentry_sdk
    from sentry_sdk.integrations import Integration
    from sentry_sdk.integrations.aiohttp import AioHttpIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration
    from sentry_sdk.utils import BadDsn

    def before_send(event: "Event", _hint: "Hint") -> "Event | None":
        return scrub(event, clean)  # type: ignore[return-value]

    integrations: list[Integration] = [
        AioHttpIntegration(),
        DedupeIntegration(),
        LoggingIntegration(level=logging.INFO, event_level=logging.ERROR, sentry_logs_level=None),
        ThreadingIntegration(),
    ]
    try:
        sentry_sdk.init(
            settings.sentry_dsn,
            release=f"autobuild@{version('autobuild')}",
            environment=settings.sentry_environment,
            integrations=integrations,
            before_send=before_send,
            in_app_include=["bot", "workflows", "activities"],
            **_NOTHING_ELSE,
        )
    except (BadDsn, ValueError):
        raise UserError(NO_DSN) from None


def _nothing(*_: Any) -> None:
    """What is sent of a trace."""


_NOTHING_ELSE: dict[str, Any] = {
    "auto_enabling_integrations": False,
    "auto_session_tracking": False,
    "before_send_transaction": _nothing,
    "default_integrations": False,
    "enable_backpressure_handling": False,
    "enable_metrics": False,
    "include_local_variables": False,
    "include_source_context": False,
    "max_breadcrumbs": 20,
    "max_request_body_size": "never",
    # GitHub is asked without headers that tell of our Sentry project.
    "propagate_traces": False,
    "send_client_reports": False,
    "server_name": "",
    "spotlight": False,
    "trace_propagation_targets": [],
}
"""All that the SDK would do beside reporting errors, turned off."""

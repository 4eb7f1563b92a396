"""Log records without credentials, whoever wrote them: a library's debug lines, an exception's text, an argument."""

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from activities.github.redaction import redact

# What every record has; anything else came by `extra=`.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime"}


class RedactingFilter(logging.Filter):
    """For a handler, which sees the records of every logger. It takes no record away."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(_message(record)), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name in vars(record).keys() - _OWN:
            setattr(record, name, _redacted(getattr(record, name)))
        return True


def redact_logs(logger: logging.Logger | None = None) -> None:
    """Puts a filter on each handler of the root logger (or of another); once, however often it is called."""
    for handler in (logger or logging.getLogger()).handlers:
        if not any(isinstance(each, RedactingFilter) for each in handler.filters):
            handler.addFilter(RedactingFilter())


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # arguments that do not fit: still to be seen, and still to be hidden
        return f"{record.msg} {record.args!r}"


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value

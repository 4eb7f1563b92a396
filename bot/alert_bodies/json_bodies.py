"""An authentic body as JSON: exactly one document of the source's shape, with nothing in it that two readers would
read differently."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

T = TypeVar("T")

LARGEST_ALERTS = 2**20
"""Bytes of one body."""

_LONGEST_REASON = 200


class BadAlert(ValueError):
    """The body is authentic, and not what its source sends: a short sentence for the answer 400."""


def read_json(body: bytes, kind: type[T]) -> T:
    """The body as this type. Raises BadAlert with what is wrong, and where."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise BadAlert("the body is not UTF-8") from None
    except RecursionError:
        raise BadAlert("the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BadAlert(f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except BadAlert:
        raise
    except ValueError:
        raise BadAlert("the body has a number that is too long") from None
    return convert(found, kind)


def convert(found: Any, kind: type[T]) -> T:
    """A part of a body as this type. Raises BadAlert."""
    try:
        return msgspec.convert(found, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadAlert(f"the body has another shape: {str(error)[:_LONGEST_REASON]}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadAlert("the body has an object with the same key twice")
    return found


def _no_number(_name: str) -> NoReturn:
    raise BadAlert("the body has a number that JSON does not know: NaN or Infinity")

"""The small part of YAML that a configuration needs, with the line of everything in it.

Refused with a sentence: anchors and aliases (a few lines of them can stand for gigabytes), tags, several documents,
the same key twice, keys that are not words, empty values, tabs as indentation, and what is too large or too deep.
Plain values are read as YAML 1.2 does: `off` and `yes` are words, only `true` and `false` are switches, and
`1:30` is no number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import yaml

from activities.errors import ConfigError

Place = tuple[str | int, ...]
"""Where a value stands: the keys and indexes that lead to it."""

_LARGEST = 256 * 1024
_MOST_VALUES = 10_000
_DEEPEST = 20
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_MENDS = {
    "mapping values are not allowed here": "a key is indented wrongly, or a value with a `: ` in it needs quotes",
    "could not find expected ':'": "a key needs a colon and a space after it",
    "found unexpected end of stream": "a quote is opened and never closed",
    "expected the node content, but found '<stream end>'": "a bracket or a brace is opened and never closed",
    "expected ',' or ']', but got '<stream end>'": "a bracket is opened and never closed",
    "expected ',' or '}', but got '<stream end>'": "a brace is opened and never closed",
    "expected <block end>, but found '<block mapping start>'": "this line is indented otherwise than its neighbours",
    "expected <block end>, but found '<block sequence start>'": "this line is indented otherwise than its neighbours",
}


@dataclass(frozen=True)
class Document:
    """`data` is of dict, tuple, str, int, float and bool; `lines` has the 1-based line of every place."""

    data: object
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str | bytes) -> Document:
    """The document; an empty one is an empty mapping. Raises `ConfigError` with its line."""
    plain = _decoded(text)
    try:
        return _Composer(yaml.parse(plain, Loader=yaml.SafeLoader)).document()
    except yaml.YAMLError as error:
        _refuse_broken(error, plain)
    except (ValueError, OverflowError) as error:
        # PyYAML lets these through: an escape beyond Unicode ("\\UFFFFFFFF"), a version of a thousand digits.
        raise ConfigError("This is not YAML: it holds an escape or a number that cannot be.", 1) from error


def _decoded(text: str | bytes) -> str:
    if len(text) > _LARGEST:
        raise ConfigError(f"The file is larger than {_LARGEST // 1024} KiB: keep to what the gate needs.", 1)
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("This is not UTF-8 text: save the file as UTF-8.", line) from error
    if found := _CONTROL.search(plain.replace("\r\n", "\n")):
        line = plain.replace("\r\n", "\n").count("\n", 0, found.start()) + 1
        raise ConfigError(f"There is a control character here (U+{ord(found[0]):04X}): remove it.", line)
    return plain


class _Composer:
    """Builds the document from the parser's events, and stops at the first that has no place in a configuration.
    The parser is lazy, so what follows a refused event is never looked at."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._lines: dict[Place, int] = {}
        self._values = 0

    def document(self) -> Document:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Document({}, {})
        event = next(self._events)
        empty = isinstance(event, yaml.ScalarEvent) and event.value == "" and not event.style
        data = {} if empty else self._value(event, ())
        next(self._events)  # the document's end
        if isinstance(after := next(self._events), yaml.DocumentStartEvent):
            _refuse(after, "A second document begins here: keep everything in one, without `---` between.")
        return Document(data, self._lines)

    def _value(self, event: yaml.Event, place: Place) -> object:
        self._admit(event, place)
        self._lines.setdefault(place, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return self._scalar(event, place)

    def _admit(self, event: yaml.Event, place: Place) -> None:
        self._values += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(event, "Anchors and aliases (`&`, `*`) are not read: write the value out, or put it in quotes.")
        if getattr(event, "tag", None):
            _refuse(event, "Tags (`!`) are not read: leave it out, or put the value in quotes.")
        if len(place) > _DEEPEST:
            _refuse(event, f"This is nested more than {_DEEPEST} deep.")
        if self._values > _MOST_VALUES:
            _refuse(event, f"There are more than {_MOST_VALUES} values.")

    def _mapping(self, place: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, place)
            if key in found:
                first = self._lines[(*place, key)]
                _refuse(event, f"`{shown(key)}` is given twice, first in line {first}: keep one of them.")
            self._lines[(*place, key)] = _line(event)
            found[key] = self._value(next(self._events), (*place, key))
        return found

    def _key(self, event: yaml.Event, place: Place) -> str:
        self._admit(event, place)
        if not isinstance(event, yaml.ScalarEvent):
            _refuse(event, "A key must be a word; put a value with brackets or braces in quotes.")
        if not event.style and not isinstance(_plain(event.value), str):
            _refuse(event, f"`{shown(event.value)}` cannot be a key: keys are words.")
        return _clean(event)

    def _sequence(self, place: Place) -> tuple[object, ...]:
        found: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*place, len(found))))
        return tuple(found)

    def _scalar(self, event: yaml.Event, place: Place) -> object:
        assert isinstance(event, yaml.ScalarEvent)
        if event.style:
            return _clean(event)
        value = _plain(event.value)
        if value is None:
            what = f"`{shown(place[-1])}` has no value" if place and isinstance(place[-1], str) else "This has no value"
            _refuse(event, f"{what}: give it one, or remove the line.", self._lines[place])
        return _clean(event) if isinstance(value, str) else value


def _plain(text: str) -> str | int | float | bool | None:
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[1] else int(text)
    return text


def _clean(event: yaml.ScalarEvent) -> str:
    """An escape in quotes can make characters that the file itself may not hold."""
    text: str = event.value
    if found := _CONTROL.search(text):
        _refuse(event, f"The value holds a control character (U+{ord(found[0]):04X}): remove it.")
    return text


def shown(value: object, longest: int = 60) -> str:
    """A stranger's word, fit to stand in a sentence between backticks."""
    text = re.sub(r"[\s`]+", " ", str(value)).strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse(event: yaml.Event, sentence: str, line: int = 0) -> NoReturn:
    raise ConfigError(sentence, line or _line(event))


def _refuse_broken(error: yaml.YAMLError, text: str) -> NoReturn:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    for number, content in enumerate(text.split("\n")[: line + 1], 1):
        if re.match(r" *\t", content) and number >= line - 1:
            raise ConfigError("This line is indented with a tab: use spaces.", number) from error
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read")
    raise ConfigError(f"This is not YAML: {_MENDS.get(problem, shown(problem, 200))}.", line) from error

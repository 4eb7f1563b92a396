"""The small part of YAML that a configuration needs, with the line of everything in it.

Refused with a sentence: anchors and aliases (a few lines of them can stand for gigabytes), tags, several documents,
the same key twice, keys that are not words, empty values, tabs as indentation, and what is too large or too deep.
What can be left out is noted and left out, so that all such mistakes are found at once; the rest ends the reading.
Plain values are read as YAML 1.2 does: `off` and `yes` are words, only `true` and `false` are switches, and
`1:30` is no number.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

import yaml

from activities.errors import ConfigError

Place = tuple[str | int, ...]
"""Where a value stands: the keys and indexes that lead to it."""

LARGEST = 256 * 1024
_MOST_VALUES = 10_000
_DEEPEST = 20
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


@dataclass(frozen=True)
class Document:
    """`data` is of dict, tuple, str, int, float and bool; `lines` has the 1-based line of every place; `mistakes` are
    (line, sentence) of what is left out of the data."""

    data: object
    lines: dict[Place, int]
    mistakes: tuple[tuple[int, str], ...] = ()

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str | bytes) -> Document:
    """The document; an empty one is an empty mapping. Raises `ConfigError` with its line."""
    plain = _decoded(text)
    if found := _control_characters(plain):
        return Document({}, {}, found)
    loader = _StrictLoader(plain)
    try:
        # Without `check_node`, an empty text is an error.
        node = loader.get_node() if loader.check_node() else None
        if loader.check_node():
            second: yaml.Event = loader.peek_event()  # type: ignore[no-untyped-call]
            _refuse(second, "A second document begins here: keep everything in one, without `---` between.")
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, plain) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets these through: an escape beyond Unicode ("\\UFFFFFFFF"), a version of a thousand digits.
        raise ConfigError("This is not YAML: invalid escape sequence or number.", 1) from error
    finally:
        loader.dispose()
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value == "" and not node.style):
        return Document({}, {})
    reader = _Reader()
    data = reader.value(node, ())
    return Document({} if data is _LEFT_OUT else data, reader.lines, tuple(reader.mistakes))


def _decoded(text: str | bytes) -> str:
    if len(text) > LARGEST:
        raise ConfigError(f"The file exceeds {LARGEST // 1024} KiB. Shorten it.", 1)
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("This is not UTF-8 text: save the file as UTF-8.", line) from error
    return plain.replace("\r\n", "\n")


def _control_characters(text: str) -> tuple[tuple[int, str], ...]:
    """The first one of each line: YAML with one in it cannot be read."""
    if not _CONTROL.search(text):
        return ()
    found = ((number, _CONTROL.search(line)) for number, line in enumerate(text.split("\n"), 1))
    sentence = "There is a control character here (U+{:04X}): remove it."
    return tuple((number, sentence.format(ord(match[0]))) for number, match in found if match)


class _StrictLoader(yaml.BaseLoader):
    """Stops at the first event that has no place in a configuration. What follows it is never parsed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        self._values += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(event, "Anchors and aliases (`&`, `*`) are not supported. Write the value itself, or quote it.")
        if getattr(event, "tag", None):
            _refuse(event, "Tags (`!`) are not supported: leave it out, or put the value in quotes.")
        if self._depth > _DEEPEST:
            _refuse(event, f"This is nested more than {_DEEPEST} deep.")
        if self._values > _MOST_VALUES:
            _refuse(event, f"There are more than {_MOST_VALUES} values.")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_LEFT_OUT = object()


class _Reader:
    """From nodes to values. A mistake is noted, and its key or value left out."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.mistakes: list[tuple[int, str]] = []

    def value(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, _line(node))
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, place)
        return self._mapping(node, place) if isinstance(node, yaml.MappingNode) else self._scalar(node, place)

    def _sequence(self, node: yaml.SequenceNode, place: Place) -> tuple[object, ...]:
        found: list[object] = []
        for each in node.value:
            value = self.value(each, (*place, len(found)))
            if value is _LEFT_OUT:
                del self.lines[(*place, len(found))]
            else:
                found.append(value)
        return tuple(found)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> object:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if (*place, key) in self.lines:
                first = self.lines[(*place, key)]
                self._note(key_node, f"`{shown(key)}` is given twice, first in line {first}: keep one of them.")
                continue
            self.lines[(*place, key)] = _line(key_node)
            value = self.value(value_node, (*place, key))
            if value is not _LEFT_OUT:
                found[key] = value
        return found

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._note(node, "A key must be a word; put a value with brackets or braces in quotes.")
        elif not node.style and not isinstance(_plain(node.value), str):
            self._note(node, f"`{shown(node.value)}` cannot be a key: keys are words.")
        else:
            return self._clean(node)
        return None

    def _scalar(self, node: yaml.Node, place: Place) -> object:
        assert isinstance(node, yaml.ScalarNode)
        value = node.value if node.style else _plain(node.value)
        if value is None:
            what = f"`{shown(place[-1])}` has no value" if place and isinstance(place[-1], str) else "This has no value"
            self.mistakes.append((self.lines[place], f"{what}: give it one, or remove the line."))
        elif not isinstance(value, str):
            return value
        elif (text := self._clean(node)) is not None:
            return text
        return _LEFT_OUT

    def _clean(self, node: yaml.ScalarNode) -> str | None:
        """An escape in quotes can make characters that the file itself may not hold."""
        text: str = node.value
        if found := _CONTROL.search(text):
            self._note(node, f"The value holds a control character (U+{ord(found[0]):04X}): remove it.")
            return None
        return text

    def _note(self, node: yaml.Node, sentence: str) -> None:
        self.mistakes.append((_line(node), sentence))


def _plain(text: str) -> str | int | float | bool | None:
    """A scalar without quotes, as YAML 1.2 reads it."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[1] else int(text)
    return text


def shown(value: object, longest: int = 60) -> str:
    """An untrusted word, fit to stand in a sentence between backticks."""
    text = re.sub(r"[\s`]+", " ", str(value)).strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _line(node: yaml.Node | yaml.Event) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _refuse(node: yaml.Node | yaml.Event, sentence: str) -> NoReturn:
    raise ConfigError(sentence, _line(node))


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> ConfigError:
    """What is wrong, by the places that the parser names: where it stopped, and where that construct began."""
    at, began = error.problem_mark or error.context_mark, error.context_mark
    if at is None:
        return ConfigError("This is not YAML: it cannot be read.", 1)
    for number, content in enumerate(text.split("\n")[: at.line + 2], 1):
        if number >= at.line and re.match(r" *\t", content):
            return ConfigError("This line is indented with a tab: use spaces.", number)
    opening = _OPENINGS.get(text[began.index : began.index + 1]) if began else None
    char = text[at.index : at.index + 1]
    if began and opening and not text[at.index :].strip():
        return ConfigError(f"This is not YAML: {opening} is opened and never closed.", began.line + 1)
    if began is None and char == ":":
        what = "a key is indented wrongly, or a value with a `: ` in it needs quotes"
    elif char and char in "@`%":
        what = f"a value that begins with {'a backtick' if char == '`' else f'`{char}`'} needs quotes"
    elif began and not opening and at.line > began.line and at.column != began.column:
        what = "inconsistent indentation"
    elif began and not opening and at.line > began.line:
        what = "a key is indented wrongly, or it lacks a colon and a space after it"
    else:
        what = f"it cannot be read from column {at.column + 1} on"
    return ConfigError(f"This is not YAML: {what}.", at.line + 1)


_OPENINGS = {"'": "a quote", '"': "a quote", "[": "a bracket", "{": "a brace"}

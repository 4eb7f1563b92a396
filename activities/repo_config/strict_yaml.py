"""The small part of YAML that a configuration needs, with the line of everything in it.

Refused with a sentence: anchors and aliases (a few lines of them can stand for gigabytes), tags, several documents,
the same key twice, keys that are not words, empty values, tabs as indentation, and what is too large or too deep.
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

_LARGEST = 256 * 1024
_MOST_VALUES = 10_000
_DEEPEST = 20
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


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
    lines: dict[Place, int] = {}
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
        return Document({}, lines)
    return Document(_value(node, (), lines), lines)


def _decoded(text: str | bytes) -> str:
    if len(text) > _LARGEST:
        raise ConfigError(f"The file exceeds {_LARGEST // 1024} KiB. Shorten it.", 1)
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("This is not UTF-8 text: save the file as UTF-8.", line) from error
    plain = plain.replace("\r\n", "\n")
    if found := _CONTROL.search(plain):
        line = plain.count("\n", 0, found.start()) + 1
        raise ConfigError(f"There is a control character here (U+{ord(found[0]):04X}): remove it.", line)
    return plain


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


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> object:
    lines.setdefault(place, _line(node))
    if isinstance(node, yaml.SequenceNode):
        return tuple(_value(each, (*place, index), lines) for index, each in enumerate(node.value))
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, place, lines)
    found: dict[str, object] = {}
    for key_node, value in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(key_node, "A key must be a word; put a value with brackets or braces in quotes.")
        if not key_node.style and not isinstance(_plain(key_node.value), str):
            _refuse(key_node, f"`{shown(key_node.value)}` cannot be a key: keys are words.")
        key = _clean(key_node)
        if key in found:
            first = lines[(*place, key)]
            _refuse(key_node, f"`{shown(key)}` is given twice, first in line {first}: keep one of them.")
        lines[(*place, key)] = _line(key_node)
        found[key] = _value(value, (*place, key), lines)
    return found


def _scalar(node: yaml.Node, place: Place, lines: dict[Place, int]) -> object:
    assert isinstance(node, yaml.ScalarNode)
    value = _clean(node) if node.style else _plain(node.value)
    if value is None:
        what = f"`{shown(place[-1])}` has no value" if place and isinstance(place[-1], str) else "This has no value"
        raise ConfigError(f"{what}: give it one, or remove the line.", lines[place])
    return _clean(node) if isinstance(value, str) else value


def _plain(text: str) -> str | int | float | bool | None:
    """A scalar without quotes, as YAML 1.2 reads it."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[1] else int(text)
    return text


def _clean(node: yaml.Node) -> str:
    """An escape in quotes can make characters that the file itself may not hold."""
    text: str = node.value
    if found := _CONTROL.search(text):
        _refuse(node, f"The value holds a control character (U+{ord(found[0]):04X}): remove it.")
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

"""Where the values of a TOML file stand: tomllib tells what they are, not where."""

import re
import tomllib
from collections.abc import Iterator

from activities.migration.python.places import Keys, Place

_LARGEST = 2_000_000
_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANKS = re.compile(r"[ \t]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_BARE = re.compile(r"[^,\]}\r\n#]+")
_STRINGS = tuple(
    (quote, re.compile(pattern, re.DOTALL))
    for quote, pattern in (
        ('"""', r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'),
        ("'''", r"'''(?:[^']|'(?!''))*'{3,5}"),
        ('"', r'"(?:[^"\\\n]|\\.)*"'),
        ("'", r"'[^'\n]*'"),
    )
)


def toml_places(text: str) -> list[Place] | None:
    """Every text, list, inline table and other value; None for what is no TOML, or absurdly large."""
    if len(text) > _LARGEST:
        return None
    try:
        tomllib.loads(text.removeprefix("\ufeff"))
        return list(_TomlReader(text).document())
    except (ValueError, RecursionError):
        return None


class _TomlReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 1 if text.startswith("\ufeff") else 0
        self._tables: dict[Keys, int] = {}

    def document(self) -> Iterator[Place]:
        """Raises ValueError where this reader does not follow."""
        here: Keys = ()
        while True:
            self._skip()
            if self._at >= len(self._text):
                return
            if self._text.startswith("[", self._at):
                here = self._header()
            else:
                yield from self._pair(here)

    def _skip(self) -> None:
        if match := _SPACE.match(self._text, self._at):
            self._at = match.end()

    def _take(self, *tokens: str) -> str:
        for token in tokens:
            if self._text.startswith(token, self._at):
                self._at += len(token)
                return token
        raise ValueError(f"expected {tokens} at {self._at}")

    def _key(self) -> Keys:
        names: list[str] = []
        while True:
            self._blanks()
            match = _KEY.match(self._text, self._at)
            if not match:
                raise ValueError(f"no key at {self._at}")
            self._at = match.end()
            names.append(match[0] if match[0][0] not in "\"'" else str(tomllib.loads(f"x={match[0]}")["x"]))
            self._blanks()
            if not self._text.startswith(".", self._at):
                return tuple(names)
            self._at += 1

    def _blanks(self) -> None:
        if match := _BLANKS.match(self._text, self._at):
            self._at = match.end()

    def _header(self) -> Keys:
        opened = self._take("[[", "[")
        names = self._key()
        self._take("]]" if opened == "[[" else "]")
        found: Keys = ()
        for number, name in enumerate(names):
            found = (*found, name)
            if opened == "[[" and number == len(names) - 1:
                self._tables[found] = self._tables.get(found, -1) + 1
            if found in self._tables:
                found = (*found, self._tables[found])
        return found

    def _pair(self, here: Keys) -> Iterator[Place]:
        keys = (*here, *self._key())
        self._take("=")
        self._blanks()
        yield from self._value(keys)

    def _value(self, keys: Keys) -> Iterator[Place]:
        start = self._at
        for quote, pattern in _STRINGS:
            if self._text.startswith(quote, start):
                match = pattern.match(self._text, start)
                if not match:
                    raise ValueError(f"a text without an end at {start}")
                self._at = match.end()
                value = str(tomllib.loads(f"x={match[0]}")["x"])
                yield Place(keys, start, self._at, value)
                return
        if self._text.startswith(("[", "{"), start):
            inner = list(self._elements(keys) if self._text[start] == "[" else self._inline(keys))
            yield Place(keys, start, self._at, "", "list" if self._text[start] == "[" else "table")
            yield from inner
            return
        match = _BARE.match(self._text, start)
        if not match:
            raise ValueError(f"no value at {start}")
        self._at = match.end()
        value = match[0].rstrip()
        yield Place(keys, start, start + len(value), value, "bare")

    def _elements(self, keys: Keys) -> Iterator[Place]:
        self._take("[")
        number = 0
        while True:
            self._skip()
            if self._text.startswith("]", self._at):
                self._at += 1
                return
            yield from self._value((*keys, number))
            number += 1
            self._skip()
            if self._text.startswith(",", self._at):
                self._at += 1

    def _inline(self, keys: Keys) -> Iterator[Place]:
        self._take("{")
        while True:
            self._skip()
            if self._text.startswith("}", self._at):
                self._at += 1
                return
            yield from self._pair(keys)
            self._skip()
            if self._text.startswith(",", self._at):
                self._at += 1

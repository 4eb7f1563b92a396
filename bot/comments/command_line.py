"""One slash line as its parts: `/name word "two words" --flag --flag=value`. Pure: no command is known here.

Telephones turn `"` into `“` and `--` into `—` while one types, so these are read as what was meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from activities.errors import UserError

LONGEST = 1_000
"""Characters of a line; a longer one is no command."""

_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“”", "‘": "’"}
_FLAG = re.compile(r"(?:--|—|–)([A-Za-z][A-Za-z0-9-]*)(?:=|$)")
_NAME = re.compile(r"/([\w-]*)")
_SHOWN = 200


class CommandError(UserError):
    """What a person wrote makes no sense; the text says what would. `start` and `end` are where in the line it
    stands, both 0 for the line as a whole."""

    def __init__(self, message: str, word: "Word | None" = None) -> None:
        super().__init__(message)
        self.start, self.end = (word.start, word.end) if word else (0, 0)


@dataclass(frozen=True)
class Word:
    """A word without its quotes, and where it stands in the line (0-based, the end is not part of it)."""

    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class CommandLine:
    """`flags` maps a flag's name to its value's word; `--flag` alone has the value ""."""

    text: str
    name: str
    words: tuple[Word, ...] = ()
    flags: Mapping[str, Word] = field(default_factory=dict)

    @property
    def plain(self) -> tuple[str, ...]:
        """The words' texts."""
        return tuple(word.text for word in self.words)


def name_of(line: str) -> str:
    """The word behind the slash, "" where there is none."""
    found = _NAME.match(line)
    return found[1] if found and line[found.end() : found.end() + 1].strip() == "" else ""


def read(line: str) -> CommandLine:
    """The parts of a line that begins with a slash. Raises Mistake for a quote that is never closed."""
    words: list[Word] = []
    flags: dict[str, Word] = {}
    only_words = False
    for word in _split(line, len(name_of(line)) + 1):
        raw = line[word.start : word.end]
        flag = None if only_words else _FLAG.match(raw)
        if raw == "--" and not only_words:
            only_words = True
        elif flag:
            value = word.text[flag.end() :] if flag[0].endswith("=") else ""
            flags[flag[1].lower()] = Word(value, word.start, word.end)
        else:
            words.append(word)
    return CommandLine(line, name_of(line), tuple(words), flags)


def spot(line: str, mistake: CommandError) -> str:
    """Markdown: the line with a mark below the wrong word, then what would be right."""
    if mistake.end == 0:
        return str(mistake)
    shown = "".join(" " if char.isspace() else char for char in line[:_SHOWN]).replace("`", "'")
    start, end = min(mistake.start, _SHOWN), min(max(mistake.end, mistake.start + 1), _SHOWN + 1)
    return f"```text\n{shown}\n{' ' * start}{'^' * max(end - start, 1)}\n```\n{mistake}"


def _split(line: str, at: int) -> Iterator[Word]:
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = _word(line, at)
        yield word
        at = word.end


def _word(line: str, start: int) -> Word:
    """Everything up to a space; within quotes a space is like any other character, and `\\` saves a quote."""
    text, at = "", start
    while at < len(line) and not line[at].isspace():
        if closing := _QUOTES.get(line[at]) if _opens(line, start, at) else None:
            quoted, at = _quoted(line, at, closing)
            text += quoted
        else:
            text += line[at]
            at += 1
    return Word(text, start, at)


def _opens(line: str, start: int, at: int) -> bool:
    """A quote opens at the word's beginning or behind `=`: the one in `don't` is an apostrophe."""
    return at == start or line[at - 1] == "="


def _quoted(line: str, opening: int, closing: str) -> tuple[str, int]:
    text, at = "", opening + 1
    while at < len(line):
        if line[at] == "\\" and line[at + 1 : at + 2] in (*closing, "\\") and line[at + 1 : at + 2]:
            text += line[at + 1]
            at += 2
        elif line[at] in closing:
            return text, at + 1
        else:
            text += line[at]
            at += 1
    raise CommandError("This quote is never closed.", Word("", opening, opening + 1))

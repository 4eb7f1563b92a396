"""From a comment's Markdown to its command lines, and from a command line to its parts. Pure: no command is known here.

Only lines that a reader sees as the writer's own words may give commands. Code, quotes, HTML comments and whatever
is inside an HTML element (`<details>`, `<blockquote>`, …) are not; nor are headings, lists and tables.

A command line is `/name word "two words" --flag --flag=value`. Telephones turn `"` into `“` and `--` into `—` while one
types, so these are read as what was meant.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from activities.errors import UserError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 1_000
"""Characters of a line; a longer one is no command, but where a text follows."""

_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“”", "‘": "’"}
_ESCAPABLE = frozenset({"\\", *_QUOTES, *"".join(_QUOTES.values())})
_FLAG = re.compile(r"(?:--|—|–)([A-Za-z][A-Za-z0-9-]*)(?:=|$)")
_NAME = re.compile(r"/([\w-]*)")
_WORD = re.compile(r"\S+")
_SHOWN = 200


class CommandError(UserError):
    """A command that cannot be parsed; the text says what would be right. `start` and `end` are where in the line the
    mistake is, both 0 for the line as a whole."""

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
    def texts(self) -> tuple[str, ...]:
        """The words' texts."""
        return tuple(word.text for word in self.words)


def name_of(line: str) -> str:
    """The word behind the slash, "" where there is none."""
    found = _NAME.match(line)
    return found[1] if found and line[found.end() : found.end() + 1].strip() == "" else ""


def parse_line(line: str) -> CommandLine:
    """The parts of a line that begins with a slash. Raises CommandError for a quote that is never closed."""
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


def parse_text(line: str, flags: Collection[str]) -> CommandLine:
    """The parts of a line whose words are a text: only these flags are none of its words, and a quote is a
    character."""
    at = len(name_of(line)) + 1
    words = [Word(found[0], at + found.start(), at + found.end()) for found in _WORD.finditer(line[at:])]
    found = {name: word for word in words if (name := _flag_name(word.text)) in flags}
    kept = tuple(word for word in words if _flag_name(word.text) not in flags)
    return CommandLine(line, name_of(line), kept, {name: Word("", at.start, at.end) for name, at in found.items()})


def _flag_name(word: str) -> str:
    flag = _FLAG.fullmatch(word)
    return flag[1].lower() if flag else ""


def mark_mistake(line: str, mistake: CommandError) -> str:
    """Markdown: the line with a mark below the wrong word, then what would be right."""
    if mistake.end == 0:
        return str(mistake)
    shown = "".join(" " if char.isspace() else char for char in line[:_SHOWN]).replace("`", "'")
    start, end = min(mistake.start, _SHOWN), min(max(mistake.end, mistake.start + 1), _SHOWN + 1)
    return f"```text\n{shown}\n{' ' * start}{'^' * max(end - start, 1)}\n```\n{mistake}"


def _split(line: str, at: int) -> Iterator[Word]:
    """Words end at a space; within quotes a space is like any other character. A quote opens at the word's beginning or
    behind `=`: the one in `don't` is an apostrophe. `\\` before a quote makes it a character like any other."""
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        start, text = at, ""
        while at < len(line) and not line[at].isspace():
            closing = _QUOTES.get(line[at]) if at == start or line[at - 1] == "=" else None
            if closing:
                quoted, at = _quoted(line, at, closing)
                text += quoted
            else:
                at += _is_escape(line, at)
                text += line[at]
                at += 1
        yield Word(text, start, at)


def _quoted(line: str, opening: int, closing: str) -> tuple[str, int]:
    text, at = "", opening + 1
    while at < len(line):
        if line[at] in closing:
            return text, at + 1
        at += _is_escape(line, at)
        text += line[at]
        at += 1
    raise CommandError("This quote is never closed.", Word("", opening, opening + 1))


def _is_escape(line: str, at: int) -> bool:
    return line[at] == "\\" and line[at + 1 : at + 2] in _ESCAPABLE


# Markdown can be written so that reading it takes the square of its length, and everybody may comment.
# Nobody means a command in a text beyond these.
_MOST_LINES = 4_000
_LONGEST_PARAGRAPH = 10_000

_SLASH = re.compile(r"^ {0,3}/\w", re.MULTILINE)
# On GitHub this begins a footnote, also in the middle of a paragraph, and what nothing refers to is not shown. To
# CommonMark it may be a link's definition, unless it is escaped.
_FOOTNOTE = re.compile(r"^( {0,3})\[(\^[^\]\s]+\]:)", re.MULTILINE)
_ESCAPED = re.compile(r"^ *\\\[\^[^\]\s]+\]:", re.MULTILINE)
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))


def command_lines(comment: str) -> list[str]:
    """The visible lines that begin with a slash, in order; most comments have none and cost nothing."""
    if "/" not in comment or not _SLASH.search(comment) or comment.count("\n") > _MOST_LINES:
        return []
    elements = _OpenElements()
    lines: list[str] = []
    env: dict[str, object] = {}
    before = ""
    for token in _markdown().parse(_FOOTNOTE.sub(r"\1\\[\2", comment), env):
        if token.type == "html_block":
            elements.feed(token.content)
        elif before == "paragraph_open" and token.level == 1:
            if len(token.content) > _LONGEST_PARAGRAPH:
                # Its first line is plain where it begins with a slash. What follows may be within an element that
                # nobody looked for.
                first = token.content[:_LONGEST_PARAGRAPH].partition("\n")[0]
                lines += [] if elements.open else [first]
                break
            lines += _lines(_parts(_ESCAPED.split(token.content)[0], env), elements)
        before = token.type
    return [line for line in lines if line.startswith("/")]


def _parts(paragraph: str, env: dict[str, object]) -> "list[Token]":
    parts: list[Token] = []
    _markdown().inline.parse(paragraph, _markdown(), env, parts)
    return parts


def _lines(parts: "list[Token]", elements: "_OpenElements") -> list[str]:
    """Each line's plain words. A line that begins with or within anything else (a link, an element, an escaped
    slash, emphasis, what is struck out) is returned without its beginning's slash: as nothing."""
    lines, line, plain = [], "", not elements.open
    for part in parts:
        if part.type in ("softbreak", "hardbreak"):
            lines.append(line)
            line, plain = "", not elements.open
        elif part.type == "html_inline":
            elements.feed(part.content)
            plain = plain and bool(line)
        elif plain and _counts(part, line):
            line += _content(part)
        else:
            plain = plain and bool(line)
    return [*lines, line]


def _counts(part: "Token", line: str) -> bool:
    """A line begins with plain text; within it code and escaped characters are words like others."""
    return part.type in ("text", "code_inline", "text_special") if line else part.type == "text" and part.level == 0


def _content(part: "Token") -> str:
    """Markdown removes the backslash of an escaped quote, which `parse_line` needs."""
    escaped = part.type == "text_special" and part.info == "escape" and part.content in _ESCAPABLE
    return part.markup if escaped else part.content


@cache
def _markdown() -> "MarkdownIt":
    # Imported when the first such comment comes: the web process is small without it.
    from markdown_it import MarkdownIt

    # Blocks only; a paragraph's inside is read where it may matter. Without `text_join` an escaped
    # slash or an entity stays a token of its own, and is then no command.
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["inline", "text_join"])


class _OpenElements(HTMLParser):
    """Knows whether an HTML element is open. One that is never closed hides the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []

    @property
    def open(self) -> bool:
        """`rawdata` is what the parser still waits for the end of: half a tag."""
        return bool(self._names or self.rawdata)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._names.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # `<details/>` opens it all the same: only void elements close themselves in HTML.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._names:
            while self._names.pop() != tag:
                pass

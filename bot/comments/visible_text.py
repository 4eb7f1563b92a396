"""The lines of a Markdown comment that a reader sees as the writer's own words.

Code, quotes, HTML comments and whatever stands inside an HTML element (`<details>`, `<blockquote>`, …)
are not; nor are headings, lists and tables. Only such lines may give commands.
"""

import re
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

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


def slash_lines(comment: str) -> list[str]:
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
            lines += _lines(_parts(_ESCAPED.split(token.content)[0], env), elements)
        before = token.type
    return [line for line in lines if line.startswith("/")]


def _parts(paragraph: str, env: dict[str, object]) -> "list[Token]":
    parts: list[Token] = []
    if len(paragraph) <= _LONGEST_PARAGRAPH:
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
            line += part.content
        else:
            plain = plain and bool(line)
    return [*lines, line]


def _counts(part: "Token", line: str) -> bool:
    """A line's beginning stands by itself, and within it code and escaped characters are words like others."""
    return part.type in ("text", "code_inline", "text_special") if line else part.type == "text" and part.level == 0


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

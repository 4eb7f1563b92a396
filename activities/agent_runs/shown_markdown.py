"""Markdown as its readers see it on GitHub: without comments, folded or hidden parts, alternative texts and titles."""

import html
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LEFT_OUT: Final = "[left out: what readers do not see]"

# Markdown can be written so that reading it takes the square of its length.
_MOST_LINES, _LONGEST_PARAGRAPH = 4_000, 10_000
_LONGEST_ADDRESS: Final = 500

_HIDING: Final = frozenset(
    ("details", "template", "script", "style", "head", "title", "noscript", "object", "svg", "dialog")
)
_VOID: Final = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_HIDING_ATTRIBUTE: Final = re.compile(
    r"\bhidden\b|display\s*:\s*none|font-size\s*:\s*0|opacity\s*:\s*0|aria-hidden\W{1,4}true", re.IGNORECASE
)
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][\w:-]*+)(?P<rest>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|<(?P<other>[!?])[^<>]*+>"
)
_FOOTNOTE: Final = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)


def shown(text: str) -> str:
    """What is left is Markdown still, with code as it was. One that cannot be read in a reasonable time loses every
    comment and every HTML element, also in code."""
    if text.count("\n") > _MOST_LINES:
        return _plain(text)
    reader = _Elements()
    blocks: list[str] = []
    unused = {name for name in _FOOTNOTE.findall(text) if text.count(f"[^{name}]") == 1}
    for token, prefix in _blocks(_markdown().parse(_escaped_footnotes(text), {})):
        if token.type == "html_block":
            reader.feed(token.content)
            block = reader.take()
        elif reader.hides:
            continue
        elif token.type == "inline":
            block = _paragraph(token.content, reader, unused)
        else:
            fence = _fence(token.content)
            block = f"{fence}{token.info}\n{token.content.rstrip(chr(10))}\n{fence}"
        if block := block.strip("\n"):
            blocks.append(prefix + block.replace("\n", "\n" + " " * len(prefix)))
    return "\n\n".join(blocks)


def _blocks(tokens: "Sequence[Token]") -> "Iterator[tuple[Token, str]]":
    """What holds text, each with what stands before it: a list's mark, a quote's, a heading's."""
    prefixes: list[str] = []
    for token in tokens:
        if token.nesting == -1:
            prefixes.pop()
        elif token.nesting == 1:
            prefixes.append(_mark(token))
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            yield token, "".join(prefixes)
            # Only the first block of an item has its mark.
            prefixes = [" " * len(one) if one.strip()[:1] in "-0123456789" else one for one in prefixes]


def _mark(token: "Token") -> str:
    if token.type == "list_item_open":
        return f"{token.info}. " if token.info else "- "
    if token.type == "heading_open":
        return f"{'#' * int(token.tag[1:])} "
    return {"blockquote_open": "> ", "th_open": "| ", "td_open": "| "}.get(token.type, "")


def _fence(content: str) -> str:
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    return "`" * max(3, longest + 1)


def _escaped_footnotes(text: str) -> str:
    r"""To CommonMark the beginning of a footnote may be a link's definition, unless it is escaped."""
    return _FOOTNOTE.sub(lambda found: found[0].replace("[^", "\\[^", 1), text)


def _paragraph(content: str, reader: "_Elements", unused: set[str]) -> str:
    for found in re.finditer(r"^ {0,3}\\\[\^([^\]\s]+)\]:", content, re.MULTILINE):
        if found[1] in unused:  # GitHub does not show a footnote that nothing refers to
            content = content[: found.start()]
            break
    if len(content) > _LONGEST_PARAGRAPH:
        return _plain(content)
    parts: list[Token] = []
    _markdown().inline.parse(content, _markdown(), {}, parts)
    return _text(parts, reader)


def _text(parts: "Sequence[Token]", reader: "_Elements") -> str:
    said: list[str] = []
    addresses: list[str] = []
    for part in parts:
        if part.type == "html_inline":
            reader.feed(part.content)
            said.append(reader.take())
        elif reader.hides:
            continue
        elif part.type in ("text", "text_special"):
            said.append(part.content)
        elif part.type == "code_inline":
            said.append(f"{part.markup}{part.content}{part.markup}")
        elif part.type in ("softbreak", "hardbreak"):
            said.append("\n")
        elif part.type == "image":
            said.append("[image]")
        elif part.type == "link_open":
            addresses.append(str(part.attrGet("href") or "")[:_LONGEST_ADDRESS])
            said.append("[" if part.info != "auto" else "")
        elif part.type == "link_close":
            address = addresses.pop()
            said.append(f"]({address})" if part.info != "auto" else "")
        else:
            said.append(part.markup)
    return "".join(said)


def _plain(text: str) -> str:
    """Without comments and elements, wherever they stand. Takes time that is proportional to the text's length."""
    reader = _Elements()
    reader.feed(re.sub(r"!\[[^\[\]]{0,1000}\]", "[image]", text))
    return reader.take()


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["inline", "text_join"])


class _Elements:
    """The text of HTML that is shown. An element that hides and is never closed hides the rest."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []
        self._said: list[str] = []

    @property
    def hides(self) -> bool:
        return any(hides for _, hides in self._open)

    def take(self) -> str:
        """What was shown since the last time."""
        said, self._said = "".join(self._said), []
        return said

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            if text.startswith("<!--", at):
                self._leave_out()
                end = text.find("-->", at)
                at = len(text) if end < 0 else end + 3
            elif found := _TAG.match(text, at):
                self._take_tag(found)
                at = found.end()
            else:
                end = text.find("<", at + 1)
                end = len(text) if end < 0 else end
                if not self.hides:
                    self._said.append(html.unescape(text[at:end]))
                at = end

    def _take_tag(self, tag: re.Match[str]) -> None:
        name = (tag["name"] or "").lower()
        if tag["other"]:
            self._leave_out()
        elif tag["end"]:
            if any(opened == name for opened, _ in self._open):
                while self._open.pop()[0] != name:
                    pass
        elif name in _VOID:
            if name == "br" and not self.hides:
                self._said.append("\n")
        else:  # only void elements close themselves in HTML: `<details/>` opens it
            hides = name in _HIDING or bool(_HIDING_ATTRIBUTE.search(tag["rest"]))
            if hides:
                self._leave_out()
            self._open.append((name, hides))

    def _leave_out(self) -> None:
        if not self.hides:
            self._said.append(LEFT_OUT)

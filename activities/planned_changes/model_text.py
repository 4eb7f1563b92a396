"""Text that a model, or anybody, wrote, as Markdown that can be read and does nothing: it is built anew from a few
known forms (paragraphs, lists, headings, code, bold), and everything else is escaped. Pure.

GitHub makes a commit's message of a pull request's title and description where it squashes. So references and words by
which CI is skipped are broken in code as well."""

import re
from collections.abc import Iterator

from activities.reporting.markdown import clean, code, escape_markdown, inert, size

_BREAK = "\u200b"
_SPECIAL = re.compile(
    r"(?:#|\bGH-)(?=\d)|\[(?=\s*(?:skip|no|ci|actions)\b)|\*\*\*(?=NO_CI)|:(?=//\S{1,200}/(?:issues|pull)/\d)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BOLD = re.compile(r"\*\*(?=[^\s*])([^*]+)(?<=[^\s*])\*\*")
_FENCE = re.compile(r" {0,12}(`{3,}|~{3,})[^`]*")
_ITEM = re.compile(r"( *)(?:[-*+]|(\d{1,3})[.)]) +(.+)")
_HEADING = re.compile(r" {0,3}#{1,6} +(.+?)(?: +#+)? *")
_SKIPS_CI = re.compile(r"\[([^\[\]]*)\]|\*{3}")

_LONGEST_LINE = 4_000
_LONGEST_CODE_LINE = 300
_MOST_CODE_LINES = 200
_DEEPEST = 6


def quoted(text: str, limit: int = 200) -> str:
    """As inline code."""
    return code(_without_references(text[: limit * 4]), limit)


def prose(text: str, limit: int = 600) -> str:
    """On one line: code and bold words stay, everything else shows as it is written."""
    line = re.sub(r"\s+", " ", clean(text[: limit * 4])).strip()
    line = line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
    parts, at = [], 0
    for found in _CODE.finditer(line):
        parts += [_with_bold(line[at : found.start()]), quoted(found[2], limit)]
        at = found.end()
    return "".join([*parts, _with_bold(line[at:])]).strip()


def subject(text: str, limit: int) -> str:
    """As a commit's or a pull request's title: nothing in it refers, or keeps CI from running."""
    return inert(_SKIPS_CI.sub(lambda found: f"({found[1]})" if found[1] is not None else "", text[: limit * 4]), limit)


def rendered(text: str, limit: int) -> list[str]:
    """As lines of Markdown of at most `limit` bytes; the last one says so where something is left out."""
    lines: list[str] = []
    left = limit - 100
    for block in _blocks(text):
        if block == [""] and lines[-1:] in ([""], []):
            continue
        left -= sum(size(line) + 1 for line in block)
        if left < 0:
            return [*lines, "", "… The rest is left out here."]
        lines += block
    return lines


def _blocks(text: str) -> Iterator[list[str]]:
    """One line, empty or of a paragraph or list, or a whole block of code."""
    lines = iter(clean(text.replace("\r\n", "\n")).expandtabs(4).split("\n"))
    for line in lines:
        if fence := _FENCE.fullmatch(line):
            yield [""]
            yield _code_lines(lines, fence[1])
            yield [""]
        elif heading := _HEADING.fullmatch(line):
            yield [""]
            yield [f"**{_escaped(heading[1].replace('**', ''), 300)}**"]
            yield [""]
        elif item := _ITEM.fullmatch(line):
            mark = f"{item[2]}." if item[2] else "-"
            yield [f"{' ' * min(len(item[1]), _DEEPEST)}{mark} {prose(item[3], _LONGEST_LINE)}"]
        else:
            yield [prose(line, _LONGEST_LINE)]


def _code_lines(lines: Iterator[str], fence: str) -> list[str]:
    """Up to the end of the block, or of the text."""
    found = []
    for line in lines:
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            break
        found.append(_without_references(line.rstrip()[:_LONGEST_CODE_LINE]))
    left_out = ["…"] if len(found) > _MOST_CODE_LINES else []
    shown = [*found[:_MOST_CODE_LINES], *left_out]
    own = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0))
    return [own, *shown, own]


def _with_bold(text: str) -> str:
    parts, at = [], 0
    for found in _BOLD.finditer(text):
        parts += [_escaped(text[at : found.start()]), f"**{_escaped(found[1])}**"]
        at = found.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str, limit: int = _LONGEST_LINE) -> str:
    """Escaped, with the space around it."""
    if not (inner := text.strip()):
        return text[:1]
    before, after = (" " * (text[at] == " ") for at in (0, -1))
    return f"{before}{escape_markdown(inner, limit)}{after}"


def _without_references(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"{found[0]}{_BREAK}", text)

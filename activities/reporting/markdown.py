"""Untrusted text made harmless in GitHub's Markdown, and text cut where a person would cut it.

Untrusted code, file names and messages may hold pipes, backticks, HTML comments, mentions that ping,
references that leave a trace in other issues, and addresses that become links in our name.
"""

import re
from collections.abc import Iterable, Sequence

# A break that is not seen: mentions, references and addresses are recognised after entities are decoded,
# so escaping their first character is not enough.
_BREAK = "\u200b"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MARKUP = re.compile(r"([\\`*_\[\]|~!#<>&$])")
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
_TRIGGER = re.compile(r"@(?=\w)|://|\bwww(?=\.)|#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_LIST_MARK = re.compile(r"^(\d+)([.)])|^([-+=])")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without control characters, directional overrides and lone surrogates; lines stay."""
    return _CONTROL.sub("", text.encode("utf-8", "backslashreplace").decode("utf-8"))


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line, at most `limit` characters; still untrusted."""
    line = _SPACES.sub(" ", clean(text[: limit * 4])).strip()
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def inert(text: str, limit: int = 300) -> str:
    """Untrusted text on one line where Markdown does nothing and names still do, as in a commit's message."""
    # A scheme is recognised from its colon backwards, everything else from its first character on.
    return _TRIGGER.sub(
        lambda found: f"{_BREAK}://" if found[0] == "://" else f"{found[0]}{_BREAK}", one_line(text, limit)
    )


def escape_markdown(text: str, limit: int = 300) -> str:
    """Untrusted text as prose on one line, also inside a table: it shows as it is and does nothing."""
    broken = _LIST_MARK.sub(rf"\1\3{_BREAK}\2", inert(text, limit))
    return _MARKUP.sub(lambda found: _ENTITY.get(found[0], f"\\{found[0]}"), broken)


def code(text: str, limit: int = 200) -> str:
    """Untrusted text as inline code, also inside a table: nothing in code pings, refers or renders."""
    line = one_line(text, limit)
    if not line:
        return ""
    if "|" in line:
        # It would end a table's cell, in code too, and a backslash before it cannot be trusted to prevent that.
        return f"<code>{escape_markdown(line, limit)}</code>"
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    edge = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def code_block(lines: Iterable[str], limit: int = 300) -> list[str]:
    """Untrusted lines as a block of code: nothing in it renders, and it cannot be ended from within."""
    shown = [one_line(line, limit) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0))
    return [fence, *shown, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> list[str]:
    """A table of cells that are Markdown already. `align` has `l` or `r` for each column."""
    marks = ["---:" if side == "r" else "---" for side in align.ljust(len(head), "l")]
    return [_row(head), _row(marks), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def folded(title: str, lines: Sequence[str]) -> list[str]:
    """Lines behind a title that one can click; `title` is our own text."""
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []


def size(text: str) -> int:
    """In bytes of UTF-8: GitHub speaks of characters, and bytes are never fewer."""
    return len(text.encode("utf-8"))


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes, never half a character."""
    if size(text) <= limit:
        return text
    return text.encode("utf-8")[: limit - 3].decode("utf-8", "ignore") + "…"


def cut_lines(lines: Sequence[str], limit: int, more: str = "… {count:,} more lines") -> list[str]:
    """As many whole lines as `limit` bytes hold, then how many more there were; an open fold is closed."""
    room = limit - 100
    for index, line in enumerate(lines):
        room -= size(line) + 1
        if room < 0:
            kept = list(lines[:index])
            open_folds = kept.count("<details>") - kept.count("</details>")
            return [*kept, "", more.format(count=len(lines) - index), *["</details>"] * open_folds]
    return list(lines)

"""Slash commands in a comment as its readers see it: the text behind one, and the comment without them.

Which comment gives a command is decided in the webhook server, where the event comes; here it is known already.
"""

import re
from collections.abc import Collection, Iterator

from activities.agent_runs.shown_markdown import shown

_COMMAND = re.compile(r"/([\w-]+)(?=\s|$)")
_FENCE = re.compile(r"`{3,}")


def text_behind(body: str, names: Collection[str], mention: str = "") -> str | None:
    """What stands behind the first of these commands, or the mention of this login, to the end of the comment; None
    where there is none of them."""
    lines = shown(body.replace("\r\n", "\n")).split("\n")
    wanted = [f"/{re.escape(name)}" for name in names]
    wanted += [rf"@{re.escape(mention)}(?:\[bot\])?[:,]?"] if mention else []
    command = re.compile(rf"(?:{'|'.join(wanted)})(?=\s|$)", re.IGNORECASE)
    for number, line in _plain_lines(lines):
        if found := command.match(line):
            return "\n".join([line[found.end() :], *lines[number + 1 :]]).strip()
    return None


def without_commands(body: str, names: Collection[str], with_text: Collection[str]) -> str:
    """The comment without the lines of these commands; of those `with_text` everything behind is theirs."""
    lines = shown(body.replace("\r\n", "\n")).split("\n")
    left_out = set()
    for number, line in _plain_lines(lines):
        found = _COMMAND.match(line)
        if found and found[1].lower() in with_text:
            lines = lines[:number]
            break
        if found and found[1].lower() in names:
            left_out.add(number)
    return "\n".join(line for number, line in enumerate(lines) if number not in left_out).strip()


def _plain_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Those that are not in a block of code, each with its number. What is in a list or a quote is indented."""
    fence = ""
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if fence:
            fence = "" if line == fence else fence
        elif found:
            fence = found[0]
        else:
            yield number, line

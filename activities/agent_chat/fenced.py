"""The protocol for models without tool calls: one block between fences at the end of each answer, read strictly. How a
model learns it: `activities/agents/prompts/fenced_*.md`."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from activities.agent_chat.tools import BadCall

_OPENING = re.compile(r"^(`{3,})[ \t]*([a-z_]+)(?:[ \t]+(.*?))?[ \t]*$")
_RANGE = re.compile(r"^(.*?)(?:[ \t]+(\d{1,9})(?:-(\d{1,9}))?)?$")
_EDIT = re.compile(r"<{7} SEARCH\n(.*?)^={7}\n(.*?)^>{7} REPLACE\s*", re.DOTALL | re.MULTILINE)
_HINT: Final = "End your answer with exactly one block, such as:\n```read src/app.py\n```"

FencedCall = tuple[str, dict[str, object]]


def read_call(text: str) -> FencedCall:
    """The action of an answer and its arguments, as the tool of that name takes them. Raises BadCall, whose text is for
    the model."""
    action, rest, body = _block(text)
    if action not in _ARGUMENTS:
        raise BadCall(f"There is no action `{action}`. {_HINT}")
    return action, _ARGUMENTS[action](rest, body)


def _read(rest: str, _body: str) -> dict[str, object]:
    found = _RANGE.fullmatch(rest)
    path, start, end = found.groups() if found else (rest, None, None)
    return {"path": path, "start": int(start or 1), "end": int(end or start or 0)}


def _edit(rest: str, body: str) -> dict[str, object]:
    if not (found := _EDIT.fullmatch(body)):
        raise BadCall("An `edit` needs the lines `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE` in its block.")
    return {"path": rest, "search": _line(found[1]), "replace": _line(found[2])}


_ARGUMENTS: Final[Mapping[str, Callable[[str, str], dict[str, object]]]] = {
    "read": _read,
    "list": lambda rest, _: {"path": rest or "."},
    "search": lambda rest, body: {"pattern": body.strip("\n"), "path": rest or "."},
    "edit": _edit,
    "write": lambda rest, body: {"path": rest, "content": body},
    "run": lambda rest, body: {"command": body.strip(), "folder": rest or "."},
    "done": lambda _, body: {"text": body.strip()},
    "give_up": lambda _, body: {"text": body.strip()},
}


def _block(text: str) -> tuple[str, str, str]:
    """(action, what follows it in the first line, what is inside) of the only block."""
    lines = text.replace("\r\n", "\n").rstrip().split("\n")
    opened = next((at for at, line in enumerate(lines) if line.startswith("```")), None)
    if opened is None:
        raise BadCall(f"There is no block in your answer. {_HINT}")
    found = _OPENING.fullmatch(lines[opened])
    if not found:
        raise BadCall(f"The first block does not begin with the name of an action. {_HINT}")
    fence = found[1]
    for at in range(opened + 1, len(lines)):
        line = lines[at]
        if line.strip("`") == "" and len(line) >= len(fence):
            if any(rest.strip() for rest in lines[at + 1 :]):
                raise BadCall(f"Something follows the first block: one block for each answer, at its end. {_HINT}")
            return found[2], found[3] or "", "".join(f"{inside}\n" for inside in lines[opened + 1 : at])
    raise BadCall(f"The block is not closed by `{fence}` on a line of its own. {_HINT}")


def _line(text: str) -> str:
    """Without the end of the last line, which belongs to the mark that follows."""
    return text.removesuffix("\n")

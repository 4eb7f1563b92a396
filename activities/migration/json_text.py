"""Changes of a JSON text by the ranges of its values: format and order outside of them stay byte for byte.

A byte order mark is kept. Every function raises ValueError for what is no JSON object.
"""

import json
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_DEEPEST = 100

JsonPath = tuple[str, ...]


@dataclass(frozen=True)
class JsonMember:
    """A member of an object: the keys to it (its index in a list), and its offsets in the text. It starts at
    `start`, its value is `text[value_start:end]`. `value` is None for an object or list."""

    path: JsonPath
    value: object
    start: int
    value_start: int
    end: int


def members(text: str) -> dict[JsonPath, JsonMember]:
    """All members of all objects, in their order. Of two with one name the last counts, as for every reader."""
    start = 1 if text.startswith("\ufeff") else 0
    try:
        if not isinstance(json.loads(text[start:]), dict):
            raise ValueError("it is no JSON object")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return {member.path: member for member in _members(text, _skip(text, start), ())}


def line_of(text: str, member: JsonMember) -> int:
    return text.count("\n", 0, member.start) + 1


def replace_values(text: str, values: Mapping[JsonPath, str]) -> str:
    """With other strings as the values of members that there are."""
    known = members(text)
    for member in sorted((known[path] for path in values), key=lambda member: -member.value_start):
        new = json.dumps(values[member.path], ensure_ascii=False)
        text = text[: member.value_start] + new + text[member.end :]
    return text


def remove_member(text: str, path: JsonPath) -> str:
    """Without this member and its comma; an object that would be empty is `{}`."""
    known = members(text)
    gone = known[path]
    beside = [member for member in known.values() if member.path[:-1] == path[:-1]]
    beside.sort(key=lambda member: member.start)
    at = beside.index(gone)
    if at + 1 < len(beside):
        return text[: gone.start] + text[beside[at + 1].start :]
    if at:
        return text[: beside[at - 1].end] + text[gone.end :]
    opening, closing = text.rindex("{", 0, gone.start), text.index("}", gone.end)
    return text[: opening + 1] + text[closing:]


def rename_member(text: str, path: JsonPath, name: str) -> str:
    """With another name of this member; its value and its place stay."""
    member = members(text)[path]
    _, end = _DECODER.raw_decode(text, member.start)
    return text[: member.start] + json.dumps(name, ensure_ascii=False) + text[end:]


def add_member(text: str, path: JsonPath, value: object) -> str:
    """With a new member: at its place where the names beside it are sorted, else as the last. Objects on the way to it
    that are missing are made."""
    known = members(text)
    while path[:-1] and path[:-1] not in known:
        path, value = path[:-1], {path[-1]: value}
    beside = [member for member in known.values() if member.path[:-1] == path[:-1]]
    beside.sort(key=lambda member: member.start)
    if not beside:
        return _add_first(text, known.get(path[:-1]), path[-1], value)
    names = [member.path[-1] for member in beside]
    written = f"{json.dumps(path[-1])}: {_dump(text, value, beside[0].start)}"
    after = next((member for member in beside if names == sorted(names) and member.path[-1] > path[-1]), None)
    if after:
        between = "," + (text[_before(text, after.start) : after.start] or " ")
        return text[: after.start] + written + between + text[after.start :]
    last = beside[-1]
    between = text[_before(text, last.start) : last.start] or " "
    return f"{text[: last.end]},{between}{written}{text[last.end :]}"


def _add_first(text: str, holder: JsonMember | None, name: str, value: object) -> str:
    """Into an object that has no members; None is the whole text's."""
    start = holder.value_start if holder else _skip(text, int(text.startswith("\ufeff")))
    if text[start] != "{":
        raise ValueError("there is no object to put it in")
    written = _dump(text, {name: value}, holder.start if holder else start)
    return text[:start] + written + text[holder.end if holder else text.rindex("}") + 1 :]


def _dump(text: str, value: object, position: int) -> str:
    """A value as the text writes them, for a place in the line of a position."""
    first = re.search(r"[{\[]\r?\n([ \t]+)", text)
    indent = re.match(r"[ \t]*", text[text.rfind("\n", 0, position) + 1 :])
    unit = (first[1] if first else "  ") if isinstance(value, dict | list) else None
    newline = "\r\n" if "\r\n" in text else "\n"
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", newline + (indent[0] if indent else ""))


def _before(text: str, position: int) -> int:
    """Where the white space starts that ends at this position."""
    while text[position - 1] in " \t\r\n":
        position -= 1
    return position


def _members(text: str, start: int, path: JsonPath) -> Generator[JsonMember, None, int]:
    """The members of the object or list at `start`, after those inside of them; returns where it ends. The text is
    known to be JSON."""
    if len(path) > _DEEPEST:
        raise ValueError("it is nested too deeply")
    is_list = text[start] == "["
    position, index = _skip(text, start + 1), 0
    while text[position] not in "]}":
        first, key = position, str(index)
        if not is_list:
            key, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
        at, value = position, None
        if text[at] in "{[":
            position = yield from _members(text, at, (*path, key))
        else:
            value, position = _DECODER.raw_decode(text, at)
        yield JsonMember((*path, key), value, first, at, position)
        position, index = _skip(text, position), index + 1
        if text[position] == ",":
            position = _skip(text, position + 1)
    return position + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position

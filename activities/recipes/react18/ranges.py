"""Ranges of versions in the style in which they were written, for a newer version."""

import re

from activities.languages.javascript.version_ranges import admits, lowest

_SIMPLE = re.compile(r"(\^|~|=|v|>=|)(\s*)(\d+)((?:\.(?:\d+|[xX*])){0,2})(-[\w.-]+)?")
_BELOW = re.compile(r"(.*<\s*)(\d+)((?:\.0){0,2})(?:-0)?\s*$", re.DOTALL)
_REFERS = re.compile(r"(workspace:\s*[*^~]?|catalog:.*|\$.*|)$")


def refers(text: str) -> bool:
    """Whether the version stands elsewhere: in the workspace, a catalog, another entry."""
    return bool(_REFERS.fullmatch(text.strip()))


def is_open(text: str) -> bool:
    """Whether it admits whatever there is."""
    return text.strip() in ("*", "x", "X", "")


def raised(text: str, to: str, within: bool = False) -> str | None:
    """A range that installs `to`: `^17.0.2` is `^18.3.1`, `17.x` is `18.x`. As it was where it asks for that major
    version or for something newer; None where it is no range. `within` raises it within the major version."""
    target = tuple(map(int, to.split(".")))
    if refers(text) or is_open(text):
        return text
    if alias := re.fullmatch(r"(npm:(?:@[\w.-]+/)?[\w.-]+@)(.+)", text):
        inner = raised(alias[2], to, within)
        return None if inner is None else alias[1] + inner
    if admits(text, target) is None or text.startswith("0.0.0-"):
        return None
    is_simple = _SIMPLE.fullmatch(text)
    first = lowest(text)
    if first >= target[: len(first)] if within else first[:1] >= target[:1]:
        return text
    if not is_simple or is_simple[1] == ">=":
        return f"^{to}"
    parts = is_simple[4].split(".")[1:]
    rest = (part if part in "xX*" else str(target[index + 1]) for index, part in enumerate(parts))
    return is_simple[1] + is_simple[2] + ".".join((str(target[0]), *rest))


def widened(text: str, to: str) -> str | None:
    """A range that admits `to` too: `^16.8 || ^17` gets `|| ^18`, `<18` is `<19`. None where it is no range."""
    target = tuple(map(int, to.split(".")))
    fits = admits(text, target)
    if refers(text) or fits:
        return text
    if fits is None:
        return None
    if lowest(text)[:1] >= target[:1]:
        return text
    below = _BELOW.fullmatch(text)
    if below and int(below[2]) == target[0]:
        return f"{below[1]}{target[0] + 1}{below[3]}"
    last = re.search(r"(\^|~|)\d+((?:\.(?:\d+|[xX*])){0,2})(?:-[\w.-]+)?\s*$", text)
    sign, rest = (last[1], re.sub(r"\d+", "0", last[2])) if last else ("^", ".0.0")
    if sign == "~" or (not sign and rest and not re.search("[xX*]", rest)):
        sign, rest = "^", ".0.0"
    separator = "||" if "||" in text and " ||" not in text else " || "
    return f"{text}{separator}{sign}{target[0]}{rest}"

"""Ranges of versions as npm reads them (`^16.8.0 || ^17`, `>=16 <18`, `1.x`, `1 - 3`)."""

import re

_RANGE = re.compile(r"[\s\w.*^~<>=|+-]{0,300}")
_COMPARATOR = re.compile(
    r"(>=|<=|>|<|=|\^|~>?)?\s*v?(\d{1,9}(?:\.(?:\d{1,9}|[xX*])){0,2}|[xX*])(?:\.\*)*(?:-[\w.-]+)?(?:\+[\w.-]+)?(?:\s+|$)"
)
_HYPHEN = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,2}\S*)\s+-\s+v?(\d{1,9}(?:\.\d{1,9}){0,2}\S*)")


def admits(text: str, version: tuple[int, ...]) -> bool | None:
    """Whether a range admits a version; None where it is no range: a tag, an address, something else."""
    if not _RANGE.fullmatch(text):
        return None
    answers = [_all(part.strip(), version) for part in text.split("||")]
    return None if None in answers else any(answers)


def lowest(text: str) -> tuple[int, ...]:
    """The numbers of the first version that a range names, () where it names none."""
    found = re.match(r"[\s^~<>=v]*(\d{1,9}(?:\.\d{1,9}){0,2})", text)
    return tuple(map(int, found[1].split("."))) if found else ()


def _all(part: str, version: tuple[int, ...]) -> bool | None:
    """Whether all comparators admit it."""
    part = _HYPHEN.sub(r">=\1 <=\2", part)
    position, fits = 0, True
    while position < len(part):
        match = _COMPARATOR.match(part, position)
        if match is None:
            return None
        fits = fits and _compare(match[1] or "", match[2], version)
        position = match.end()
    return fits


def _compare(operator: str, text: str, version: tuple[int, ...]) -> bool:
    bound = tuple(int(piece) for piece in re.findall(r"\d+", text))
    same = version[: len(bound)]
    if operator == "^":
        first = next((index for index, number in enumerate(bound) if number), len(bound) - 1)
        return same[: first + 1] == bound[: first + 1] and same >= bound
    if operator.startswith("~"):
        fixed = min(2, len(bound))
        return same[:fixed] == bound[:fixed] and same >= bound
    order = (same > bound) - (same < bound)
    return order in {">=": (0, 1), ">": (1,), "<=": (-1, 0), "<": (-1,)}.get(operator, (0,))

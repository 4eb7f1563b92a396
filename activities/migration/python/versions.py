"""Which versions of Python a text names, and the same text with a higher lowest one. Versions are minors of 3."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

OLDEST = 7
"""The oldest minor version that can be asked for: what the tools know."""

_ASKED = re.compile(r"3\.(\d{1,2})")
_CLAUSE = re.compile(r"(\s*)(~=|===|==|!=|>=|<=|>|<|\^|~|)(\s*)v?(\d{1,4}(?:\.\d{1,4})*(?:\.\*)?)(\s*)")
_ONE = (
    re.compile(r"(?:c?python-?)?(3)\.(\d{1,2})(?:\.\d{1,2})?(?:-dev)?", re.IGNORECASE),
    re.compile(r"(?:py|cp)(3)(\d{1,2})", re.IGNORECASE),
    re.compile(r"(?:c?python-?)?(2)\.?(\d)?(?:\.\d{1,2})?", re.IGNORECASE),
    re.compile(r"py(2)(\d)", re.IGNORECASE),
)


def asked_minor(to: str) -> int | None:
    """The minor version of `3.12`, None for what no tool knows."""
    match = _ASKED.fullmatch(to.strip())
    return int(match[1]) if match and OLDEST <= int(match[1]) <= 15 else None


def named_minor(text: str) -> int | None:
    """The minor version that is all of the text (`3.8`, `3.8.10`, `py38`, `python3.8`); -1 for Python 2."""
    for pattern in _ONE:
        if match := pattern.fullmatch(text.strip()):
            return int(match[2]) if match[1] == "3" else -1
    return None


def with_minor(text: str, minor: int) -> str:
    """The same text for another version: `py38` to `py312`; a patch release is left out."""
    word = text.strip()
    head = re.match(r"[A-Za-z-]*", word)
    prefix = head[0] if head else ""
    return f"{prefix}3{minor}" if prefix.lower() in ("py", "cp") else f"{prefix}3.{minor}"


@dataclass(frozen=True)
class RaisedRange:
    """`text` is the new range. `lifted` is an upper bound that excluded the version, and was taken out."""

    text: str
    lifted: str = ""


def raise_range(text: str, minor: int) -> RaisedRange | None:
    """A range of versions (`>=3.8,<4`) whose lowest is at least that minor version. None for what is no such range."""
    clauses, lifted, bounded = [], "", False
    for clause in text.split(",") if text.strip() else ():
        match = _CLAUSE.fullmatch(clause)
        if not match:
            return None
        if match[2] in ("<", "<=", "!="):
            if _admits(match, minor):
                clauses.append(clause)
            elif match[2] != "!=":
                lifted = clause.strip()
        else:
            bounded = True
            clauses.append(_raised_clause(match, minor))
    if not bounded:
        clauses.insert(0, f">=3.{minor}")
    if clauses and not text.startswith((" ", "\t")):
        clauses[0] = clauses[0].lstrip()
    return RaisedRange(",".join(clauses), lifted)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.removesuffix(".*").split(".")]


def _admits(clause: re.Match[str], minor: int) -> bool:
    """Whether a bound from above lets the version in, or an exclusion is about one that is still taken."""
    numbers = _numbers(clause[4])
    key = (numbers[0], numbers[1] if len(numbers) > 1 else 0)
    if clause[2] == "!=":
        return key >= (3, minor)
    return key > (3, minor) or (clause[2] == "<=" and (key == (3, minor) or numbers == [3]))


def _raised_clause(clause: re.Match[str], minor: int) -> str:
    before, sign, space, version, after = clause.groups()
    numbers = _numbers(version)
    if (numbers[0], numbers[1] if len(numbers) > 1 else 0) >= (3, minor):
        return clause[0]
    new = f"3.{minor}"
    if version.endswith(".*") or sign in ("==", "==="):
        sign, new = sign and "==", new + ".*"
    elif sign in ("~=", "~") and len(numbers) > 2:
        new += ".0"
    return f"{before}{'>=' if sign == '>' else sign}{space}{new}{after}"


def excludes(text: str, minor: int) -> bool:
    """Whether the range's lowest version is a later one than that."""
    match = re.search(r"(?:>=|~=|\^|==)\s*3\.(\d{1,3})", text)
    return bool(match) and int(match[1]) > minor if match else False


@dataclass(frozen=True)
class RaisedList:
    """`drop` and `change` are indices; `change` get the new version."""

    drop: tuple[int, ...] = ()
    change: tuple[int, ...] = ()


def raise_list(minors: Sequence[int | None], minor: int) -> RaisedList:
    """A list of versions without those below the minor version, which takes the place of the highest of them where it
    is missing. None stands for what is no version."""
    old = [index for index, each in enumerate(minors) if each is not None and each < minor]
    if not old or minor in minors:
        return RaisedList(tuple(old))
    highest = max(minors[index] or 0 for index in old)
    change = tuple(index for index in old if minors[index] == highest)
    return RaisedList(tuple(index for index in old if index not in change), change)

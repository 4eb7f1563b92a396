"""Tests in Python: of pytest and unittest."""

import re
from collections.abc import Iterator
from typing import Final

from activities.patch_checks.masks import closing, elements, line_of, parts
from activities.patch_checks.summary import TestSummary, said

_DEF: Final = re.compile(r"^(?P<indent>[ \t]*)(?:async[ \t]+)?def[ \t]+(?P<name>\w+)[ \t]*\(", re.M)
_CLASS: Final = re.compile(r"^(?P<indent>[ \t]*)class[ \t]+(?P<name>\w+)", re.M)
_PY_SKIP: Final = re.compile(
    r"\b(?:pytest\.)?(?:mark\.)?(?:skip|skipif|xfail|skipIf|skipUnless|expectedFailure|SkipTest|skipTest|importorskip)\b"
    r"(?=\s*[(\n]|\s*$)|\bexpectedFailure\b"
)
_PY_FILE_SKIP: Final = re.compile(
    r"^(?:pytestmark\b|raise\s+\w*\.?SkipTest|pytest\.(?:skip|importorskip)\s*\().*$", re.MULTILINE
)
_PY_ASSERT: Final = re.compile(
    r"^[ \t]*assert\b[ \t]*\(?|\bself\.(?P<unit>assert\w+|fail)\s*\(|\b(?:pytest\.)?(?P<raises>raises|warns)\s*\("
    r"|\.(?P<mock>assert_(?:called|has|any|not|await)\w*)\s*\(|\b(?:np|numpy|pd|pandas|torch|npt|tm)?\.?(?:testing\.)?"
    r"(?P<lib>assert_(?!called|has|any|not|await)\w+)\s*\(|\bpytest\.(?P<fail>fail)\s*\(|\bexpect\s*\((?P<expect>)",
    re.M,
)
_PY_WEAK: Final = re.compile(
    r"assert(?:True|False|IsNotNone|IsInstance|In|NotEqual|Greater\w*|Less\w*|NotIn|IsNot|NotIsInstance|Truthy)$|assert_$"
)
_TRIVIAL: Final = re.compile(
    r"^\(*\s*(?:True|1|not\s+(?:False|None|0)|['\"]_+['\"]|(?P<a>[\w.]+)\s*(?:==|is)\s*(?P=a))\s*\)*\s*(?:,.*)?$|\bor\s+(?:True|1)\b",
    re.S,
)


def python_tests(text: str, mask: str) -> Iterator[TestSummary]:
    classes = [(found.start(), len(found["indent"].expandtabs()), found["name"]) for found in _CLASS.finditer(mask)]
    ends = {start: _block_end(mask, start, indent) for start, indent, _ in classes}
    file_skip = tuple(found[0].strip()[:60] for found in _PY_FILE_SKIP.finditer(mask) if _PY_SKIP.search(found[0]))
    for found in _DEF.finditer(mask):
        if not found["name"].startswith("test"):
            continue
        around = [each for each in classes if each[0] < found.start() < ends[each[0]]]
        name = ".".join((*(each[2] for each in around), found["name"]))
        end = _block_end(mask, found.start(), len(found["indent"].expandtabs()))
        head = _decorators(mask, found.start())
        marks = mask[head : found.start()]
        for start, _, _ in around:
            marks += mask[_decorators(mask, start) : start]
        body = slice(closing(mask, found.end() - 1), end)
        skips = tuple(each[0].rpartition(".")[2] for each in _PY_SKIP.finditer(marks + mask[body])) + file_skip
        worths = [_python_worth(mask, each, end) for each in _PY_ASSERT.finditer(mask, body.start, end)]
        # What returns before its first assertion asserts nothing.
        if re.match(r"\)[^\n:]*:\s*(?:return|pass|\.\.\.)[ \t]*(?:\n|$)", mask[body]):
            worths = []
        expected = said(text, _PY_ASSERT.finditer(mask, body.start, end))
        cases = _python_cases(mask, head, found.start())
        yield TestSummary(name, line_of(text, found.start()), sum(worths), len(worths), cases, skips, expected)


def _block_end(mask: str, start: int, indent: int) -> int:
    """Where the first line begins that is indented no more, outside of brackets."""
    line_end = mask.find("\n", start)
    opening = mask.find("(", start, line_end if line_end >= 0 else len(mask))
    at = closing(mask, opening) if opening >= 0 else start
    for found in re.compile(r"\n(?P<space>[ \t]*)(?=[^\s])").finditer(mask, at):
        if len(found["space"].expandtabs()) <= indent and mask[found.end()] not in ")]}":
            return found.start() + 1
    return len(mask)


def _decorators(mask: str, start: int) -> int:
    """Where the lines of decorators before a definition begin."""
    lines_start, at = start, start
    for _ in range(200):
        previous = mask.rfind("\n", 0, max(at - 1, 0)) + 1
        line = mask[previous : at - 1] if at else ""
        if at == 0 or not line.strip() or re.match(r"[ \t]*(?:async\s+)?(?:def|class|return|assert|pass)\b", line):
            break
        at = previous
        if line.lstrip().startswith("@"):
            lines_start = at
    return lines_start


def _python_cases(mask: str, head: int, end: int) -> int:
    cases = 1
    for found in re.compile(r"\bparametrize\s*\(").finditer(mask, head, end):
        arguments = parts(mask, found.end(), closing(mask, found.end() - 1))
        if len(arguments) > 1:
            cases *= max(1, elements(mask, *arguments[1]))
    return cases


def _python_worth(mask: str, found: re.Match[str], end: int) -> int:
    if found.lastgroup is None:
        return _statement_worth(mask, found, end)
    inside = (found.end(), closing(mask, found.end() - 1))
    argument = mask[slice(*inside)].strip()
    if unit := found["unit"]:
        return _unit_worth(unit, argument, [mask[slice(*each)].strip() for each in parts(mask, *inside)])
    if found["raises"]:
        return 1 if _ANY_EXCEPTION.match(argument) else 2
    is_weak = found["fail"] or found["mock"] in ("assert_called", "assert_any_call")
    return 1 if is_weak else 2


def _statement_worth(mask: str, found: re.Match[str], end: int) -> int:
    line_end = _statement_end(mask, found.start(), end)
    pieces = parts(mask, mask.index("assert", found.start()) + 6, line_end)
    return _worth(mask[slice(*pieces[0])].strip()) if pieces else 0


def _unit_worth(unit: str, inside: str, arguments: list[str]) -> int:
    """Of an assertion of unittest with these arguments."""
    are_same = len(arguments) > 1 and arguments[0] == arguments[1] and "_" not in arguments[0]
    if are_same or (_TRIVIAL.match(inside) and _PY_WEAK.search(unit)):
        return 0
    if unit in ("assertRaises", "assertWarns"):
        return 1 if _ANY_EXCEPTION.match(inside) else 2
    return 1 if unit == "fail" or _PY_WEAK.search(unit) else 2


def _statement_end(mask: str, start: int, end: int) -> int:
    """The first line end outside of brackets and not escaped."""
    depth = 0
    for found in re.compile(r"[()\[\]{}\n]").finditer(mask, start, end):
        if found[0] == "\n":
            if depth <= 0 and mask[found.start() - 1] != "\\":
                return found.start()
        else:
            depth += 1 if found[0] in "([{" else -1
    return end


_ANY_EXCEPTION: Final = re.compile(r"(?:Base)?Exception\b(?!\s*,\s*match)|Warning\b")
_EQUAL: Final = re.compile(r"(?<![=!<>])==(?!=)|\bis\b(?!\s+not)|\s==\s")


def _worth(test: str) -> int:
    """Of what an `assert` tests."""
    if not test or _TRIVIAL.match(test):
        return 0
    if test[0] in "([{" and closing(test, 0) == len(test) - 1 and len(parts(test, 1, len(test) - 1)) > 1:
        return 0  # a tuple that is never empty
    worth = 0
    for piece in re.split(r"\band\b", test):
        found = _EQUAL.search(piece)
        if not found or re.search(r"\bor\b", piece):
            worth += 1
            continue
        sides = [side.strip() for side in (piece[: found.start()], piece[found.end() :])]
        worth += 2 * max(1, *(elements(side, 0, len(side)) for side in sides))
    return worth

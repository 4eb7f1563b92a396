"""Tests in JavaScript and TypeScript: of Jest, Vitest, Mocha, AVA, Node, Deno."""

import re
from collections.abc import Iterator
from typing import Final

from activities.patch_checks.masks import closing, elements, line_of, parts
from activities.patch_checks.summary import TestSummary, said

_JS_TEST: Final = re.compile(
    r"(?<![\w.$])(?P<call>(?:x|f)?(?:it|test|specify|describe|context|suite)|Deno\.test)(?P<chain>(?:\.\w+)*)"
    r"(?:\s*\((?=[^)]*\)\s*\()|`[^`]*`)?"
)
_JS_CASES: Final = re.compile(r"\.each\s*\(")
_JS_ASSERT: Final = re.compile(
    r"\bexpect(?:\.soft|TypeOf)?\s*(?:<[^<>()]*>)?\s*\(|(?<![\w.$])assert(?P<method>(?:\.\w+)*)\s*\(|\.should\b(?:\.\w+)*"
    r"|(?<![\w.$])t\.(?P<tap>\w+)\s*\(|\bcy\.(?:\w+)\([^)]*\)\.should\s*\(|\bsinon\.assert\.\w+\s*\("
)
_JS_WEAK: Final = re.compile(
    r"\.(?:toBeTruthy|toBeFalsy|toBeDefined|toBeUndefined|toBeNull|toBeNaN|toBeInstanceOf|toContain|toBeGreaterThan\w*"
    r"|toBeLessThan\w*|toHaveBeenCalled|ok|exist|undefined|any|called|toMatchObject)\b|\.toThrow\w*\s*\(\s*\)|\.not\."
)
_TAP: Final = frozenset(
    ("is", "not", "deepEqual", "like", "true", "false", "truthy", "falsy", "throws", "throwsAsync", "regex", "snapshot",
     "ok", "equal", "equals", "same", "match", "notThrows", "rejects", "pass", "fail", "strictEqual", "error", "plan")
)  # fmt: skip
_JS_TRUTHY: Final = ("toBeTruthy", "toBeDefined", ".ok", ".true")
_WEAK_METHODS: Final = ("", "ok", "truthy", "true", "falsy", "pass", "isOk", "isTrue", "exists", "isDefined")
_NO_ASSERTION: Final = re.compile(r"expect\.(?:assertions|hasAssertions)")
_LEAVES_AT_ONCE: Final = re.compile(r"(?:=>|\))\s*\{\s*return\s*;?\s*[}\n]")
_JS_SKIP: Final = re.compile(r"\bthis\.skip\b|\b(?:ctx|context|t|test|task)\.skip\b|\bt\.todo\b")
_JS_TRIVIAL: Final = re.compile(
    r"^\s*(?:true|1|!false|!0|['\"`]_*['\"`])\s*$|^\s*(?P<a>[\w.]+)\s*={2,3}\s*(?P=a)\s*$|\|\|\s*true\b"
)


def script_tests(text: str, mask: str) -> Iterator[TestSummary]:
    calls = []
    for found in _JS_TEST.finditer(mask):
        opening = _js_opening(mask, found.end("chain"))
        if opening is None:
            continue
        named = re.match(r"\s*(['\"`])", mask[opening + 1 : opening + 200])
        if not named:
            continue
        quote = opening + named.end()
        name = text[quote : mask.find(named[1], quote)][:200]
        calls.append((found, opening, closing(mask, opening), name))
    groups = [call for call in calls if re.search(r"describe|context|suite", call[0]["call"])]
    only = tuple({".only" for found, *_ in calls if ".only" in found["chain"] or found["call"].startswith("f")})
    for found, opening, end, name in calls:
        around = [call for call in groups if call[1] < found.start() < call[2]]
        if (found, opening, end, name) in groups:
            continue
        marks = [mark for call in (*around, (found, 0, 0, "")) if (mark := _js_mark(call[0]))]
        body = mask[opening:end]
        marks += [each[0] for each in _JS_SKIP.finditer(body)]
        asserts = list(_JS_ASSERT.finditer(mask, opening, end))
        worths = [worth for each in asserts if (worth := _js_worth(mask, each, end)) is not None]
        if _LEAVES_AT_ONCE.search(body.partition("expect")[0][:400]):
            worths = []
        full = " > ".join((*(call[3] for call in around), name))
        cases = _js_cases(mask, found, opening)
        skips = (*marks, *only)
        yield TestSummary(
            full, line_of(text, found.start()), sum(worths), len(worths), cases, skips, said(text, asserts)
        )  # fmt: skip


def _js_opening(mask: str, at: int) -> int | None:
    """Of the call itself: behind `.each(…)` or `` .each`…` `` comes another."""
    each = mask[:at].endswith((".each", ".for"))
    found = re.compile(r"\s*(?:<[^<>()]{0,200}>\s*)?(\(|`[^`]*`\s*\()").match(mask, at)
    if not found:
        return None
    opening = found.end() - 1
    if each and found[1] == "(":
        again = re.compile(r"\)\s*\(").match(mask, closing(mask, opening))
        return again.end() - 1 if again else None
    return opening


def _js_cases(mask: str, found: re.Match[str], opening: int) -> int:
    if not found["chain"].endswith((".each", ".for")):
        return 1
    start = mask.find("(", found.end("chain"), opening)
    if start < 0:
        return max(1, mask.count("\n", found.end(), opening) - 1)
    inside = parts(mask, start + 1, closing(mask, start))
    return max(1, elements(mask, *inside[0])) if inside else 1


def _js_mark(call: re.Match[str]) -> str:
    chain, name = call["chain"], call["call"]
    for mark in (".skip", ".todo", ".fails", ".failing", ".fixme", ".skipIf", ".runIf", ".if"):
        if f"{chain}.".find(f"{mark}.") >= 0:
            return f"{name}{mark}"
    return name if name.startswith("x") else ""


def _js_worth(mask: str, found: re.Match[str], end: int) -> int | None:
    """None of a call that only looks like an assertion."""
    text, opening = found[0], found.end() - 1
    if (found["tap"] and found["tap"] not in _TAP) or _NO_ASSERTION.match(text):
        return None
    if mask[opening] != "(":
        return 2
    if text.startswith("expect"):
        return _expect_worth(mask, opening)
    first = mask[opening + 1 : closing(mask, opening)].partition(",")[0]
    if _JS_TRIVIAL.match(first):
        return 0
    is_weak = (found["method"] or found["tap"] or "").lstrip(".") in _WEAK_METHODS and "==" not in first
    return 1 if is_weak else 2


def _expect_worth(mask: str, opening: int) -> int:
    close = closing(mask, opening)
    value = mask[opening + 1 : close].strip()
    matcher = re.match(r"(?:\s*\.\w+)*", mask[close + 1 : close + 400].partition(";")[0])
    chain = matcher[0] if matcher else ""
    at = close + 1 + len(chain)
    expected = mask[at + 1 : closing(mask, at)].strip() if mask[at : at + 1] == "(" else ""
    is_same = value == expected and (_JS_TRIVIAL.match(value) or re.fullmatch(r"[\w.]+", value))
    if not chain or is_same or (_JS_TRIVIAL.match(value) and chain.endswith(_JS_TRUTHY)):
        return 0
    if _JS_WEAK.search(f"{chain}({expected})"):
        return 1
    return 2 * max(1, elements(mask, at + 1, closing(mask, at))) if expected else 2

"""Tests in Go and Rust."""

import re
from collections.abc import Iterator
from typing import Final

from activities.patch_checks.masks import Family, closing, line_of, parts
from activities.patch_checks.summary import TestSummary, said

_GO_TEST: Final = re.compile(
    r"^func[ \t]+(?:\([^)\n]*\)[ \t]*)?(?P<name>(?:Test|Fuzz|Example|Benchmark)\w*)[ \t]*\(", re.M
)
_RUST_TEST: Final = re.compile(
    r"#\[\s*(?:\w+::)*(?:test|rstest|test_case|proptest|quickcheck|wasm_bindgen_test)\b[^\]\n]*\](?P<more>(?:\s*#\[[^\]\n]*\])*)"
    r"\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+(?P<name>\w+)"
)
_GO_WEAK: Final = re.compile(r"\.(?:True|NotNil|NotEmpty|NoError|Error|Nil|Contains|Implements|IsType)\s*\($")
_GO_BUILD: Final = re.compile(r"^//(?:go:build|[ ]\+build)[^\n]*", re.M)
_RUST_MODULE: Final = re.compile(r"#!?\[\s*cfg\s*\((?!test\))[^\n\]]*\](?=\s*(?:pub\s+)?mod\b|\s*$)", re.M)
_SKIP_IN: Final = {
    "go": re.compile(r"\b[tbf]\.Skip(?:f|Now)?\s*\(|\btesting\.Short\s*\("),
    "rust": re.compile(r"#\[\s*(?:ignore|should_panic)\b|#\[\s*cfg(?:_attr)?\s*\("),
}
_ASSERT_IN: Final = {
    "go": re.compile(
        r"\b[tbf]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?P<lib>assert|require|is|qt|td)\.\w+\s*\("
    ),
    "rust": re.compile(
        r"\b(?:debug_)?assert(?P<kind>\w*)!\s*[(\[{]|\bpanic!\s*\(|\.unwrap_err\s*\(\)|\.expect_err\s*\("
    ),
}


def compiled_tests(text: str, mask: str, language: Family, path: str) -> Iterator[TestSummary]:
    if language == "go" and not path.endswith("_test.go"):
        return
    pattern = _GO_TEST if language == "go" else _RUST_TEST
    # Of Go's build constraints the text counts, which is a comment.
    of_file = _GO_BUILD.finditer(text) if language == "go" else _RUST_MODULE.finditer(mask)
    file_skip = tuple(each[0].strip() for each in of_file)
    for found in pattern.finditer(mask):
        opening = mask.find("{", closing(mask, mask.find("(", found.end("name"))))
        end = closing(mask, opening) if opening >= 0 else len(mask)
        body = mask[opening:end]
        attributes = mask[_attributes(mask, found.start()) : opening] if language == "rust" else ""
        skips = tuple(
            each[0].strip(" (#[")
            for each in _SKIP_IN[language].finditer(attributes + (body if language == "go" else ""))
        )
        asserts = list(_ASSERT_IN[language].finditer(mask, opening, end))
        worths = [_other_worth(mask, each, language) for each in asserts]
        if re.match(r"\{\s*return\b", body):
            worths = []
        cases = max(1, attributes.count("test_case(") + attributes.count("#[case"))
        yield TestSummary(
            found["name"],
            line_of(text, found.start()),
            sum(worths),
            len(worths),
            cases,
            skips + file_skip,
            said(text, asserts),
        )


def _attributes(mask: str, start: int) -> int:
    at = mask.rfind("\n", 0, start) + 1
    while (previous := mask.rfind("\n", 0, max(at - 1, 0)) + 1) < at and mask[previous:at].strip().startswith("#["):
        at = previous
    return at


def _other_worth(mask: str, found: re.Match[str], language: Family) -> int:
    opening = found.end() - 1
    inside = (opening + 1, closing(mask, opening)) if mask[opening] in "([{" else (opening, opening)
    arguments = [mask[slice(*each)].strip() for each in parts(mask, *inside)]
    return _go_worth(found, arguments) if language == "go" else _rust_worth(found["kind"], arguments)


def _go_worth(found: re.Match[str], arguments: list[str]) -> int:
    if not found["lib"] or not _GO_WEAK.search(found[0]):
        return 2
    return 0 if ".True" in found[0] and arguments[-1:] == ["true"] else 1


def _rust_worth(kind: str | None, arguments: list[str]) -> int:
    """`kind` is what follows `assert`, None for what is no assertion by name."""
    first = arguments[0] if arguments else ""
    if kind == "":
        if first in ("true", "1 == 1") or "|| true" in first:
            return 0
        return 2 if "==" in first else 1
    if kind == "_eq" and len(arguments) > 1 and first == arguments[1] and "_" not in first:
        return 0
    return 1 if kind in (None, "_ne", "_matches") else 2

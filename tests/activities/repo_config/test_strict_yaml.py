"""Hostile and broken text: one sentence with its line, soon."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.repo_config import validate


def mistakes(text: str | bytes) -> list[str]:
    return [str(each) for each in validate(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "1: Anchors and aliases (`&`, `*`) are not supported"),
        ("threshold: *x", "1: Anchors and aliases"),
        ("<<: {threshold: 1}", "1: `<<` is not a key: it can be"),
        ("labels: !!python/object/apply:os.system [x]", "1: Tags (`!`) are not supported"),
        ("ignore: [!x]", "1: Tags (`!`) are not supported"),
        ("threshold: 1\nthreshold: 2", "2: `threshold` is given twice, first in line 1: keep one of them."),
        ("checks: {linting: {weight: 1,\n weight: 2}}", "2: `weight` is given twice"),
        ("1: x", "1: `1` cannot be a key: keys are words."),
        ("true: x", "1: `true` cannot be a key"),
        ("~: x", "1: `~` cannot be a key"),
        ("? [a]\n: x", "1: A key must be a word"),
        ("{{a: b}: c}", "1: A key must be a word"),
        ("checks:\n\tlinting: {}", "2: This line is indented with a tab: use spaces."),
        ("checks:\n  linting:\n  \tweight: 1", "3: This line is indented with a tab"),
        ("threshold: 1\n---\nthreshold: 2", "2: A second document begins here"),
        ("threshold: 1\nlabels: {autobuild: a\x00b}", "2: There is a control character here (U+0000)"),
        ('labels: {autobuild: "a\\0b"}', "1: The value holds a control character (U+0000)"),
        ('labels: {autobuild: "\\uD800"}', "1: The value holds a control character (U+D800)"),
        ("threshold: 1\nlabels: \ud800", "2: There is a control character here (U+D800)"),
        ("a: " + "[" * 30 + "]" * 30, "1: This is nested more than 20 deep."),
        ("ignore:\n" + "- x\n" * 10_001, "9999: There are more than 10000 values."),
        ("#" * (256 * 1024 + 1), "1: The file exceeds 256 KiB"),
        (b"threshold: 1\nx: \xff", "2: This is not UTF-8 text"),
        ('labels: {autobuild: "\\UFFFFFFFF"}', "1: This is not YAML: invalid escape sequence or number"),
        ("%YAML " + "9" * 5000 + ".1\n--- a", "1: This is not YAML"),
        ("- a", "1: The file must be a mapping of keys"),
        ("just words", "1: The file must be a mapping of keys"),
        ("a: [b", "1: This is not YAML: a bracket is opened and never closed."),
        ('labels: {autobuild: "a', "1: This is not YAML: a quote is opened and never closed."),
        ("a: b: c", "1: This is not YAML: a key is indented wrongly, or a value with a `: ` in it needs quotes."),
        ("threshold 85\nchecks: {}", "2: This is not YAML: a key is indented wrongly"),
        ("checks:\n  linting: {}\n security: {}", "3: This is not YAML: inconsistent indentation"),
        ("%YAML 9.9\n---\na: 1", "1: This is not YAML"),
        ("@x", "1: This is not YAML"),
    ],
)
def test_hostile_and_broken_text(text: str | bytes, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000,
        "{" * 250_000,
        "a: " * 80_000,
        "- " * 120_000,
        "x" * 250_000 + ": 1",
        "&a " * 80_000,
        "? " * 120_000,
    ],
    ids=["brackets", "braces", "keys", "dashes", "long key", "anchors", "question marks"],
)
def test_no_text_is_slow(text: str) -> None:
    started = time.process_time()
    assert mistakes(text)
    assert time.process_time() - started < 10


@given(st.one_of(st.text(), st.text("ab:- \n\t{}[]\"'#&*!|>%@`?,\\0U~<=", max_size=60), st.binary()))
@settings(max_examples=400, deadline=None)
def test_no_text_raises_anything_but_mistakes(text: str | bytes) -> None:
    for each in validate(text):
        assert each.line >= 1
        assert each.message.endswith((".", "?"))
        each.message.encode()


def test_ten_thousand_unknown_keys_give_fifty_short_sentences() -> None:
    found = mistakes("\n".join(f"{'k' * 20}{number}: 1" for number in range(4000)))
    assert len(found) == 50
    assert max(map(len, found)) < 300


def test_an_untrusted_word_stays_inside_its_backticks() -> None:
    assert mistakes('"a`b\\nc **d**": 1')[0].startswith("1: `a b c **d**` is not a key: ")


def test_all_mistakes_are_found_at_once() -> None:
    text = """\
threshold:
1: x
labels: {autobuild: "a\\0b"}
ignore:
  - a
  -
  - "!x"
threshold: 101
autofix: never
projects:
  - folder:
  - folder: ../x
"""
    assert [each.partition(":")[0] for each in mistakes(text)] == ["1", "2", "3", "6", "7", "8", "9", "11", "12"]
    assert mistakes("a: \0\nb: 1\nc: \x07\n") == [
        "1: There is a control character here (U+0000): remove it.",
        "3: There is a control character here (U+0007): remove it.",
    ]

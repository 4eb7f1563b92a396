"""Moved, renamed and repeated lines stay known; what a change adds is new; hostile trees are not read."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from activities.fingerprints import (
    Lines,
    failure_fingerprint,
    fingerprint,
    fingerprinted,
    lines_of_tree,
    split,
    with_fingerprints,
)
from activities.model import Finding, TestCase, ToolReport


def finding(line: int, path: str = "a.py", rule: str = "F401", message: str = "unused", tool: str = "ruff") -> Finding:
    return Finding("linting", tool, rule, path, line, message, "warning")


def source(text: str) -> Lines:
    return lambda path: text.split("\n")


def marked(text: str, *lines: int, path: str = "a.py") -> tuple[Finding, ...]:
    return with_fingerprints([finding(line, path) for line in lines], source(text))


def lines(findings: Sequence[Finding]) -> list[int]:
    return [each.line for each in findings]


def test_a_moved_and_reindented_line_stays_known() -> None:
    new, known = split(marked("\n\n  import   os\n", 3), marked("import os\n", 1))
    assert (lines(new), lines(known)) == ([], [3])
    assert not known[0].new


@pytest.mark.parametrize(
    "head",
    [
        marked("import sys", 1),
        marked("import os", 1, path="b.py"),
        with_fingerprints([finding(1, rule="F811")], source("import os")),
    ],
    ids=["other text", "other file", "other rule"],
)
def test_another_text_file_or_rule_is_new(head: tuple[Finding, ...]) -> None:
    new, known = split(head, marked("import os", 1))
    assert (len(new), len(known)) == (1, 0)
    assert new[0].new


def test_the_same_rule_from_another_tool_is_known() -> None:
    other = with_fingerprints([finding(1, tool="flake8")], source("import os"))
    assert split(other, marked("import os", 1))[0] == ()


def test_one_more_of_the_same_line_is_one_new_and_it_is_the_changed_one() -> None:
    base = marked("print()\nprint()", 1, 2)
    head = marked("print()\nprint()\nprint()", 1, 2, 3)
    new, known = split(head, base, changed={"a.py": frozenset({1})})
    assert (lines(new), lines(known)) == ([1], [2, 3])
    assert lines(split(head, base)[0]) == [3]


def test_fewer_of_the_same_line_is_none_new() -> None:
    assert split(marked("print()", 1), marked("print()\nprint()", 1, 2))[0] == ()


def test_a_renamed_file_keeps_its_findings_known() -> None:
    base, head = marked("import os", 1), marked("import os", 1, path="pkg/b.py")
    assert split(head, base, renamed={"a.py": "pkg/b.py"})[0] == ()
    assert len(split(head, base)[0]) == 1


def test_one_more_than_accepted_is_new() -> None:
    accepted = {each.fingerprint for each in marked("print()\nprint()", 1, 2)}
    new, known = split(marked("print()\nprint()\nprint()", 1, 2, 3), (), accepted=accepted)
    assert (lines(new), lines(known)) == ([3], [1, 2])


def test_accepted_and_base_findings_are_not_summed() -> None:
    base = marked("print()", 1)
    new, _ = split(marked("print()\nprint()", 1, 2), base, accepted={base[0].fingerprint})
    assert lines(new) == [2]


def test_accepted_follows_a_renamed_file() -> None:
    accepted = {marked("import os", 1)[0].fingerprint}
    assert split(marked("import os", 1, path="b.py"), (), accepted=accepted, renamed={"a.py": "b.py"})[0] == ()


def test_the_fingerprint_of_one_line() -> None:
    assert marked("  import  os", 1)[0].fingerprint == fingerprint("F401", "a.py", "import os")
    assert marked("x\nx", 1, 2)[1].fingerprint == fingerprint("F401", "a.py", "x", 1)


def test_without_a_line_the_message_without_numbers_identifies_the_finding() -> None:
    def whole_file(message: str) -> tuple[Finding, ...]:
        return with_fingerprints([finding(0, message=message)], lambda path: None)

    base = whole_file("requests 2.1 has a hole")
    assert split(whole_file("requests 2.2 has a hole"), base)[0] == ()
    assert len(split(whole_file("urllib3 2.1 has a hole"), base)[0]) == 1


@pytest.mark.parametrize("line", [-5, 0, 2, 10**9])
def test_missing_line_still_gets_a_fingerprint(line: int) -> None:
    assert with_fingerprints([finding(line)], source("x"))[0].fingerprint


def test_fingerprints_change_nothing_else() -> None:
    given = [finding(2), finding(1, "b.py"), finding(1)]
    marks = with_fingerprints(given, source("x\ny"))
    assert [(each.path, each.line) for each in marks] == [("a.py", 2), ("b.py", 1), ("a.py", 1)]


def test_reads_lines_as_linters_count_them(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "x\n.py").write_bytes(b"one\x0c\xe2\x80\xa8still\r\ntwo\rthree\n\xff")
    assert lines_of_tree(tmp_path)("a b/x\n.py") == ["one\x0c\u2028still", "two", "three", "\ufffd"]


def test_two_tools_that_say_the_same_are_counted_together() -> None:
    reports = fingerprinted(
        [ToolReport("ruff", findings=(finding(1),)), ToolReport("none"), ToolReport("flake8", findings=(finding(1),))],
        source("import os"),
    )
    assert [[each.fingerprint[-2:] for each in report.findings] for report in reports] == [[":0"], [], [":1"]]


def test_links_and_binary_files_are_not_read(tmp_path: Path) -> None:
    tree, secret = tmp_path / "tree", tmp_path / "secret"
    tree.mkdir()
    secret.mkdir()
    (secret / "key").write_text("secret")
    (tree / "link").symlink_to(secret / "key")
    (tree / "folder").symlink_to(secret)
    (tree / "binary").write_bytes(b"a\0b")
    (tree / "huge").touch()
    os.truncate(tree / "huge", 5 * 1024**2)
    os.mkfifo(tree / "pipe")
    read = lines_of_tree(tree)
    hostile = ["link", "folder/key", "../secret/key", str(secret / "key"), "binary", "huge", "pipe", "", ".", "folder"]
    assert {path: read(path) for path in [*hostile, "gone", "a\0b", "x" * 5000, "\\xff"]} == dict.fromkeys(
        [*hostile, "gone", "a\0b", "x" * 5000, "\\xff"]
    )


def test_a_hundred_thousand_findings_take_seconds() -> None:
    text = "\n".join(f"line {number % 5000}" for number in range(10_000))
    head = [finding(1 + number % 10_000, f"f{number // 10_000}.py") for number in range(100_000)]
    started = time.process_time()
    marks = with_fingerprints(head, source(text))
    new, known = split(marks, marks[:60_000], accepted={each.fingerprint for each in marks[60_000:70_000]})
    assert (len(new), len(known)) == (30_000, 70_000)
    assert time.process_time() - started < 10


def test_a_minified_line_with_many_findings_takes_no_longer() -> None:
    started = time.process_time()
    with_fingerprints([finding(1) for _ in range(20_000)], source("x " * 1_000_000))
    assert time.process_time() - started < 5


def failed(message: str, name: str = "a.py::test_a") -> str:
    return failure_fingerprint(TestCase(name, "failed", "a.py", 3, message))


BROKEN = """
    def test_a():
>       assert total(cart) == 3
E       assert 4 == 3
E        +  where 4 = total(<Cart object at 0x7effc87a6240>)

a.py:6: AssertionError
"""


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (BROKEN, BROKEN.replace("0x7effc87a6240", "0x1122")),
        (BROKEN, BROKEN.replace("assert 4 == 3", "assert 5 == 3").replace("where 4", "where 5")),
        (BROKEN, BROKEN.replace("a.py:6", "a.py:66").replace("def test_a():", "def test_a():\n    # a comment")),
        ("No /tmp/pytest-of-root/pytest-218/test_e0/x", "No /tmp/pytest-of-ci/pytest-3/test_e0/x"),
        ("No '/private/var/folders/zz/T/abc/x'", "No '/private/var/folders/q1/T/def/y'"),
        ("expired Mon Nov 30 01:02:03 2026", "expired Tue Dec  1 11:12:13 2026"),
        ("at 2026-11-30T01:02:03.123Z", "at 2027-01-02T03:04:05Z"),
        ("took 12.5 ms", "took 3 s"),
        ("job 5d41402a of 9e107d9d372bb6826bd81d3542a419d6", "job 7c9e66790 of e4d909c290d0fb1ca068ffaddf22cbd0"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id aaaabbbb-cccc-dddd-eeee-ffff00001111"),
        ("\x1b[31mbad\x1b[0m  value", "bad value"),
        ("1e-05 < 0.5", "3.2e+10 < 7"),
    ],
    ids=[
        "address", "number", "line", "folder", "folder of a mac", "day", "time", "duration", "digest", "id", "colour",
        "exponent",
    ],
)  # fmt: skip
def test_a_failure_is_the_same_in_the_next_run(first: str, again: str) -> None:
    assert failed(first) == failed(again)


@pytest.mark.parametrize(
    "other",
    [
        BROKEN.replace("assert 4 == 3", "KeyError: 'cart'"),
        BROKEN.replace("total(<", "sum(<"),
        BROKEN.replace("a.py:6: AssertionError", "b.py:6: AssertionError"),
        BROKEN.replace("> ", "> assert first(cart) == 3").replace("assert total(cart) == 3", ""),
        "",
        "the server is down",
    ],
    ids=["exception", "what it says", "file", "line of code", "nothing", "another runner's"],
)
def test_a_test_that_fails_for_another_reason_is_another_failure(other: str) -> None:
    assert failed(BROKEN) != failed(other)


def test_another_test_with_the_same_reason_is_another_failure() -> None:
    assert failed(BROKEN) != failed(BROKEN, "a.py::test_b")


def test_a_long_failure_is_read_in_no_time() -> None:
    for text in ("1" * 100_000, "/tmp" * 30_000, "abcdef" * 20_000, "-+" * 50_000, "1.,:_e" * 20_000):
        assert failed(text)


def test_a_rule_about_the_whole_file_is_known_though_its_first_line_changed() -> None:
    def marks(text: str, *findings: Finding) -> list[str]:
        return [each.fingerprint for each in with_fingerprints(findings, lambda _path: text.split("\n"))]

    whole = Finding("linting", "ruff", "CPY001", "a.py", 1, "No notice", "warning", column=1)
    assert marks("A = 1", whole) == marks("# word\nA = 1", whole)
    other = Finding("linting", "ruff", "F401", "a.py", 1, "unused", "warning", column=8)
    assert marks("import os", other) != marks("import re", other)

"""Tests that a change removes, and comments that silence tools, by what git really prints."""

from pathlib import Path

import pytest

from activities.checking import ToolRun
from activities.quality_gate.weakened_checks import added_suppressions, removed_tests, suppressed
from activities.tooling import Project
from activities.tools import registry
from simulator.github.git import Files
from tests.activities.quality_gate.test_diff import change

PYTHON = "import x\n\n\ndef test_a():\n    pass\n\n\nclass TestB:\n    async def test_b(self):\n        pass\n"
SCRIPT = (
    "describe('x', () => {\n  it('adds', () => {})\n  test.each([1])(\"takes `%s`\", () => {})\n  it.skip(`c`)\n})\n"
)
GO = "package a\n\nfunc TestA(t *testing.T) {\n}\n\nfunc (s *Suite) TestB() {\n}\n\nfunc Testify() {}\n"
RUST = '#[test]\nfn adds() {}\n\n#[tokio::test(flavor = "multi_thread")]\n#[ignore]\npub async fn waits() {}\n\nfn helps() {}\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"test_a.py": PYTHON}, {"test_a.py": PYTHON.replace("import x", "import y")}),
        ({"test_a.py": PYTHON}, {"test_a.py": PYTHON.replace("test_b", "test_better")}),
        ({"test_a.py": PYTHON}, {"test_a.py": None, "tests/test_a.py": PYTHON}),
        ({"test_a.py": PYTHON}, {"test_a.py": "", "test_c.py": "x = 1\n" * 99 + PYTHON}),
        ({"test_a.py": ""}, {"test_a.py": PYTHON}),
        ({"a.test.js": SCRIPT}, {"a.test.js": SCRIPT.replace("it('adds'", "it('adds two'")}),
        (
            {"a.py": "def testament():\n    pass\n\ncontest_a()\n"},
            {"a.py": "contest_b()\n" + "def testament(x): ...\n"},
        ),
        ({"a_test.go": GO, "a.go": GO}, {"a_test.go": GO.replace("TestA", "TestC"), "a.go": ""}),
        ({"a.rs": RUST}, {"a.rs": RUST.replace("adds", "adds_two").replace("fn helps() {}", "")}),
    ],
    ids=["edited", "renamed", "moved file", "moved tests", "added", "renamed in a script", "other lines", "Go", "Rust"],
)
async def test_changes_that_remove_no_test(tmp_path: Path, before: Files, after: Files) -> None:
    assert removed_tests(await change(tmp_path, before, after)) == ()


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"test_a.py": PYTHON}, {"test_a.py": None}, ("test_a", "test_b")),
        ({"test_a.py": PYTHON}, {"test_a.py": PYTHON.partition("class")[0]}, ("test_b",)),
        ({"test_a.py": PYTHON}, {"test_a.py": None, "test_c.py": "def test_c(): ...\n"}, ("test_a", "test_b")),
        ({"a.py": PYTHON, "b.py": PYTHON, "c": ""}, {"a.py": "", "b.py": "", "c": PYTHON}, ("test_a", "test_b")),
        ({"a.test.js": SCRIPT}, {"a.test.js": "x\n"}, ("adds", "c")),
        ({"a_test.go": GO}, {"a_test.go": "package a\n"}, ("TestA", "TestB", "Testify")),
        ({"a.rs": RUST}, {"a.rs": "fn helps() {}\n"}, ("adds", "waits")),
    ],
    ids=["a file", "some of a file", "a file beside a new one", "two for one", "a script", "Go", "Rust"],
)
async def test_removed_tests_are_named(tmp_path: Path, before: Files, after: Files, names: tuple[str, ...]) -> None:
    assert removed_tests(await change(tmp_path, before, after)) == names


@pytest.mark.parametrize(
    ("check", "tool", "text", "mark"),
    [
        ("security", "bandit", "run(x)  # nosec B602", "# nosec B602"),
        ("linting", "ruff", "import os  # noqa: F401", "# noqa: F401"),
        ("linting", "pylint", "x = 1  # pylint: disable=invalid-name", "# pylint: disable=invalid-name"),
        ("static_analysis", "mypy", "x: int = a()  # type: ignore[assignment]", "# type: ignore[assignment]"),
        ("linting", "eslint", "/* eslint-disable no-console */", "eslint-disable"),
        ("static_analysis", "tsc", "// @ts-expect-error it is so", "@ts-expect-error"),
        ("linting", "clippy", "#[allow(clippy::too_many_arguments)]", "#[allow(clippy::too_many_arguments)]"),
        ("coverage", "pytest", "raise X  # pragma: no cover", "# pragma: no cover"),
        ("coverage", "vitest", "/* v8 ignore next */", "v8 ignore"),
        ("security", "zizmor", "- uses: a/b@main # zizmor: ignore[unpinned-uses]", "# zizmor: ignore[unpinned-uses]"),
    ],
)
async def test_a_comment_that_silences_a_tool_is_named(
    tmp_path: Path, check: str, tool: str, text: str, mark: str
) -> None:
    diff = await change(tmp_path, {"a": "1\n", "b": "x\n"}, {"a": f"1\n\n{text}\n", "b.md": f"{text}\n"})
    found = added_suppressions(diff, registry().values())
    run = ToolRun(Project(".", tmp_path, "python"), registry()[tool])
    assert suppressed(check, found, [run]) == [(mark, "a:3")]
    assert suppressed("unit_tests", found, [run]) == []


async def test_suppressions_that_were_there_before_are_not_named(tmp_path: Path) -> None:
    """Edited lines, moved ones, and words that only look like one."""
    before = {"a.py": "x = 1  # noqa\ny = 2  # type: ignore\n", "c.py": "z = 3  # nosec\n"}
    after = {"a.py": "x = 4  # noqa\n", "b.py": "y = 2  # type: ignore\nnosec = nosecurity  # nosecond\n", "c.py": None}
    found = added_suppressions(await change(tmp_path, before, after), registry().values())
    assert found == ()

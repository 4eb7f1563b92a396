"""Which files are code that tests should run, and which lines of them can run."""

import pytest

from activities.languages.code_files import executable_lines, in_measured_folders, python_statements, unnamed

NAMED = ("src/a.ts", "src/lib/b.ts", "pkg/m.py")


@pytest.mark.parametrize("path", ["src/new.ts", "src/deep/er/new.tsx", "src/new.js", "pkg/sub/new.py"])
def test_a_file_beside_measured_code_belongs_to_it(path: str) -> None:
    assert in_measured_folders(unnamed([path], NAMED), NAMED) == [path]


@pytest.mark.parametrize(
    "path",
    [
        "src/new.test.ts", "src/__tests__/new.ts", "pkg/test_new.py", "pkg/conftest.py", "src/a.ts", "src/new.css",
        "scripts/new.py", "src/types.d.ts", "vite.config.ts", "src/a.stories.tsx", "other/new.ts", "new.py",
        "src/examples/new.ts",
    ],
)  # fmt: skip
def test_tests_and_what_stands_beside_the_code_do_not(path: str) -> None:
    assert in_measured_folders(unnamed([path], NAMED), NAMED) == []


def test_a_file_at_the_root_belongs_to_code_at_the_root() -> None:
    found = ["new.py", "setup.py", "noxfile.py", "docs/conf.py", "sub/new.py"]
    assert in_measured_folders(unnamed(found, ["m.py"]), ["m.py"]) == ["new.py"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", '"""Doc."""\n\nimport os\n\n\ndef f():\n    """Doc."""\n    return (\n        1\n    )\n', {3, 6, 8}),
        ("a.py", "# only\n\n", set()),
        ("a.py", "def f():  # pragma: no cover\n    return 1\n", set()),
        ("a.py", "def f(:\n", set()),
        ("a.ts", "import x from 'x'\n/* a\n b */\n// c\nexport function f() {\n  return 1 // d\n}\n", {5, 6}),
        ("a.ts", "export type A = string\ninterface B {}\nexport * from './c'\nexport { d } from './d'\n", set()),
        ("a.go", "package a\n\nfunc f() {\n\treturn\n}\n", {3, 4}),
    ],
    ids=["python", "comments", "no cover", "no python", "typescript", "types", "go"],
)  # fmt: skip
def test_lines_that_can_run(path: str, text: str, expected: set[int]) -> None:
    assert executable_lines(path, text.split("\n")) == expected


@pytest.mark.parametrize("text", ["/* " * 400_000, "<!-- " * 400_000, "a\n/* b */ /* c\nd\n"])
def test_a_comment_that_never_ends_is_none(text: str) -> None:
    lines = text.strip().split("\n")
    assert executable_lines("a.ts", lines) == set(range(1, len(lines) + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=" + "-" * 9000 + "1\n", {1}),
        ("x = '\\ud800'\n" + "(" * 5000, set()),
        ("\n" * 200_000 + "x = 1\n", {200_001}),
        ("def f" + ")->" * 90_000, set()),
        ("# a\n\n" + "x = 1\n" * 150_000, set(range(3, 150_003))),
        (f"x = '{'a' * 9000}'  # pragma: no cover\ny = 1\n", {2}),
    ],
    ids=["signs", "brackets", "blank lines", "long line", "large", "pragma"],
)
def test_python_code_that_takes_long_is_read_all_the_same(text: str, expected: set[int]) -> None:
    assert python_statements(text) == expected


def test_of_a_repositorys_patterns_only_simple_ones_are_looked_for() -> None:
    text = f"x = '{'a' * 5000}!'\nz = 1\n"
    patterns = [
        "(a+)+$",
        "(a|a)*!",
        "(",
        "[",
        ".*.*.*.*b",
        "x" * 300,
        *[f"(a|{'a' * n}){'a' * 150}b" for n in range(99)],
    ]
    assert python_statements(text, patterns) == {1, 2}


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("raise NotImplementedError", "raise NotImplementedError"),
        ("if __name__ == .__main__.:", "if __name__ == '__main__':\n    x()"),
        ("if __name__ == ['\"]__main__['\"]:", "if __name__ == '__main__':\n    x()"),
        ("if DEBUG\\:", "if DEBUG:\n    x()"),
        ("if (self\\.)?debug", "if self.debug:\n    x()"),
        ("@overload", "@overload\ndef x():\n    pass"),
        ("@(abc\\.)?abstractmethod", "@abc.abstractmethod\ndef x():\n    return 1"),
        ("def __repr__", "def __repr__(self):\n    return 1"),
        ("def __str__\\(self\\):", "def __str__(self):\n    return 1"),
        ("pragma: never", "x()  # pragma: never"),
        ("^\\s*assert_never\\b", "assert_never(x)"),
        ("raise (AssertionError|SystemExit)$", "raise SystemExit"),
    ],
)
def test_simple_patterns_of_a_repository_leave_lines_out(pattern: str, code: str) -> None:
    assert python_statements(f"y = 1\n{code}\n") > {1}
    assert python_statements(f"y = 1\n{code}\n", [pattern]) == {1}

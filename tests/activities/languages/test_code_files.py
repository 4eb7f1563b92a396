"""Which files are code that tests should run, and which lines of them can run."""

import pytest

from activities.languages.code_files import executable_lines, in_measured_folders, unnamed

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

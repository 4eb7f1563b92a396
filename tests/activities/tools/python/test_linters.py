"""The linters and type checkers, for real in the sandbox."""

import pytest

from activities.model import ToolReport
from activities.sandbox import ResourceLimits
from activities.tooling import Tool
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

CODE = "import os\nimport sys, json\nprint(undefined)\nx=1\n"
BROKEN = "x = = 1\n"


def tool(name: str) -> Tool:
    return {one.name: one for one in registry().values()}[name]


def brief(report: ToolReport) -> list[tuple[str, int, str, str]]:
    assert report.completed, report.problem
    return sorted((one.path, one.line, one.rule, one.severity) for one in report.findings)


@pytest.mark.parametrize("name", ["ruff", "flake8", "pylint", "black", "isort", "mypy", "bandit"])
async def test_a_clean_tree_has_no_findings(bench: Make, name: str) -> None:
    report = await tool(name).run(bench({"pkg/__init__.py": '"""A package."""\n', "pyproject.toml": "[tool.black]\n"}))
    assert brief(report) == []
    assert (report.problem, report.advice) == ("", "")
    assert report.version


@pytest.mark.parametrize(
    ("name", "files", "word"),
    [
        ("ruff", {"ruff.toml": "selekt = 3\n"}, "selekt"),
        ("flake8", {".flake8": "[flake8]\nmax-line-length = x\n"}, "invalid literal"),
        ("black", {"pyproject.toml": "[tool.black]\nline-length = 'x'\n"}, "black"),
        ("mypy", {"mypy.ini": "[mypy]\nplugins = nowhere\n"}, "nowhere"),
        ("bandit", {"bandit.yaml": "a: ["}, "bandit"),
    ],
)
async def test_broken_configuration_is_a_problem(bench: Make, name: str, files: dict[str, str], word: str) -> None:
    report = await tool(name).run(bench({"pkg/__init__.py": "", **files}))
    assert not report.completed
    assert word in report.problem + report.output_tail
    assert "\n" not in report.problem


async def test_stopped_tool_names_its_limit(bench: Make) -> None:
    report = await tool("mypy").run(bench({"pkg/__init__.py": "x = 1\n"}, limits=ResourceLimits(wall_s=0.2)))
    assert (report.completed, report.timed_out) == (False, True)
    assert report.problem == "mypy was stopped at its time limit of 0.2 s."


async def test_ruff_findings_are_read(bench: Make) -> None:
    files = {
        "a b.py": CODE,
        "sub/bad.py": BROKEN,
        "ruff.toml": "lint.select = ['F', 'E4']\n[format]\n",
        "\udcff.py": "import os\n",
    }
    report = await tool("ruff").run(bench(files))
    assert brief(report) == [
        ("a b.py", 0, "format", "warning"),
        ("a b.py", 1, "F401", "warning"),
        ("a b.py", 2, "E401", "warning"),
        ("a b.py", 2, "F401", "warning"),
        ("a b.py", 2, "F401", "warning"),
        ("a b.py", 3, "F821", "error"),
        ("sub/bad.py", 1, "invalid-syntax", "error"),
        # ruff itself writes such a name so.
        ("\ufffd.py", 1, "F401", "warning"),
    ]
    assert {one.rule for one in report.findings if one.fixable} == {"F401", "E401", "format"}


async def test_ruff_fix_setting_of_the_project_hides_no_findings(bench: Make) -> None:
    report = await tool("ruff").run(bench({"a.py": "import os\n", "ruff.toml": "fix = true\nlint.select = ['F']\n"}))
    assert brief(report) == [("a.py", 1, "F401", "warning")]


async def test_flake8_findings_are_read(bench: Make) -> None:
    report = await tool("flake8").run(bench({"a.py": CODE, "b.py": BROKEN, ".flake8": "[flake8]\nformat = pylint\n"}))
    assert brief(report) == [
        ("a.py", 1, "F401", "warning"),
        ("a.py", 2, "E401", "warning"),
        ("a.py", 2, "F401", "warning"),
        ("a.py", 2, "F401", "warning"),
        ("a.py", 3, "F821", "error"),
        ("a.py", 4, "E225", "warning"),
        ("b.py", 1, "E999", "error"),
    ]


async def test_pylint_findings_are_read(bench: Make) -> None:
    rc = "[MAIN]\noutput-format=text\n[MESSAGES CONTROL]\ndisable=C\n"
    report = await tool("pylint").run(bench({"pkg/__init__.py": "", "pkg/m.py": CODE, ".pylintrc": rc}))
    assert brief(report) == [
        ("pkg/m.py", 1, "W0611 unused-import", "warning"),
        ("pkg/m.py", 2, "W0611 unused-import", "warning"),
        ("pkg/m.py", 2, "W0611 unused-import", "warning"),
        ("pkg/m.py", 3, "E0602 undefined-variable", "error"),
    ]


async def test_black_and_isort_name_each_file_once(bench: Make) -> None:
    files = {"a.py": CODE, "b.py": "import sys\nimport os\n", "c.py": BROKEN, "d.py": "x = 1\n"}
    assert brief(await tool("black").run(bench(files))) == [
        ("a.py", 0, "format", "warning"),
        ("c.py", 0, "unreadable", "error"),
    ]
    assert brief(await tool("isort").run(bench(files))) == [
        ("a.py", 0, "imports", "warning"),
        ("b.py", 0, "imports", "warning"),
    ]


async def test_mypy_without_configuration_ignores_missing_imports(bench: Make) -> None:
    code = "import not_installed\n\ndef f(x: int) -> int:\n    return 'a'\n\nreveal_type(f)\n"
    report = await tool("mypy").run(bench({"src/pkg/__init__.py": code, "docs/conf.py": "x: int = 'a'\n"}))
    assert brief(report) == [("src/pkg/__init__.py", 4, "return-value", "error")]


async def test_mypy_notes_are_joined_and_its_configuration_holds(bench: Make) -> None:
    code = "from typing import Protocol\nclass P(Protocol):\n    def f(self) -> int: ...\nclass C:\n    def f(self) -> str: return ''\nx: P = C()\n"
    files = {
        "lib/m.py": code,
        "other.py": "x: int = ''\n",
        "mypy.ini": "[mypy]\nfiles = lib\npretty = True\nstrict = True\n",
    }
    report = await tool("mypy").run(bench(files))
    assert brief(report) == [("lib/m.py", 6, "assignment", "error")]
    assert "Following member(s) of" in report.findings[0].message


async def test_mypy_starts_no_workers(bench: Make) -> None:
    files = {"a.py": "x: int = 'a'\n", "mypy.ini": "[mypy]\nfiles = a.py\nnum_workers = 2\n"}
    report = await tool("mypy").run(bench(files, limits=ResourceLimits(wall_s=60, processes=4)))
    assert [(one.path, one.rule) for one in report.findings] == [("a.py", "assignment")], report


async def test_what_mypy_refuses_is_a_finding_and_the_rest_is_checked(bench: Make) -> None:
    files = {
        "pkg/__init__.py": "x: int = ''\n", "pkg/a.py": BROKEN, "my-tool/__init__.py": "", "2024/__init__.py": "",
        "one/m.py": "x: int = ''\n", "two/m.py": "", "mypy.ini": "[mypy]\nfiles = .\n",
    }  # fmt: skip
    report = await tool("mypy").run(bench(files))
    assert (report.problem, report.completed) == ("", True)
    assert {(one.path, one.rule) for one in report.findings} == {
        ("pkg/__init__.py", "assignment"), ("pkg/a.py", "syntax"), ("my-tool/__init__.py", "misc"),
        ("2024/__init__.py", "misc"), ("one/m.py", "assignment"), ("two/m.py", "misc"),
    }  # fmt: skip


async def test_mypy_syntax_error_that_others_import_is_a_finding(bench: Make) -> None:
    report = await tool("mypy").run(bench({"pkg/__init__.py": "import pkg.a\n", "pkg/a.py": BROKEN}))
    assert brief(report) == [("pkg/a.py", 1, "syntax", "error")]
    assert "could not parse" in report.problem


@pytest.mark.parametrize(
    "more",
    [
        {"mypy.ini": "[mypy]\n[mypy-other,tests.*]\ndisallow_untyped_defs = false\n"},
        {"pyproject.toml": "[tool.mypy]\n[[tool.mypy.overrides]]\nmodule = ['x', 'tests.*']\n"},
        {"mypy.ini": "[mypy]\n", "tox.ini": "[testenv:types]\ncommands = mypy --strict pkg tests\n"},
    ],
    ids=["section", "override", "command"],
)
async def test_mypy_checks_the_tests_where_the_project_does(bench: Make, more: dict[str, str]) -> None:
    files = {"pkg/__init__.py": "", "tests/__init__.py": "", "tests/test_a.py": "x: int = ''\n", **more}
    report = await tool("mypy").run(bench(files))
    assert [(one.path, one.rule) for one in report.findings] == [("tests/test_a.py", "assignment")], report


async def test_bandit_leaves_tests_out_unless_configured(bench: Make) -> None:
    code = "import subprocess\nsubprocess.call(input(), shell=True)\nassert True\n"
    files = {"contests/a.py": code, "tests/test_a.py": code, "pkg/test_b.py": code, "py2.py": "print 'x'\n"}
    report = await tool("bandit").run(bench(files))
    assert brief(report) == [
        ("contests/a.py", 1, "B404 blacklist", "notice"),
        ("contests/a.py", 2, "B602 subprocess_popen_with_shell_equals_true", "error"),
        ("contests/a.py", 3, "B101 assert_used", "notice"),
        ("py2.py", 0, "unreadable", "notice"),
    ]
    configured = {**files, "pyproject.toml": "[tool.bandit]\nexclude_dirs = ['contests']\nskips = ['B101', 'B404']\n"}
    assert brief(await tool("bandit").run(bench(configured))) == [
        ("pkg/test_b.py", 2, "B602 subprocess_popen_with_shell_equals_true", "error"),
        ("py2.py", 0, "unreadable", "notice"),
        ("tests/test_a.py", 2, "B602 subprocess_popen_with_shell_equals_true", "error"),
    ]

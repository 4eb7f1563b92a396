"""xo, standard, and linters that only the package's script starts."""

import json

import pytest

from activities.tooling import Tool
from activities.tools import registry
from activities.tools.lint_script import tool as lint_script
from activities.tools.standard import tool as standard
from activities.tools.xo import tool as xo
from tests.activities.tools.javascript.conftest import ReplayedProject


def used(replayed: ReplayedProject, tool: Tool, **package: object) -> str:
    return tool.used_by(replayed.bench({}, json.dumps(package)).project)


async def test_xo_runs_with_the_arguments_of_the_script(replayed: ReplayedProject) -> None:
    replayed.installed("xo", "xo", "0.50.0")
    message = {"ruleId": "no-var", "line": 2, "column": 1, "message": "No var.", "severity": 2, "fix": {}}
    written = json.dumps([{"filePath": "{src}/a.js", "messages": [message]}]).encode()
    bench = replayed.bench({"xo.json": written}, '{"scripts": {"test": "xo --space src && ava"}}', exit_code=1)
    report = await xo.run(bench)
    assert [(one.tool, one.rule, one.path, one.line, one.fixable) for one in report.findings] == [
        ("xo", "no-var", "a.js", 2, True)
    ]
    assert replayed.commands[0][-3:] == ("--space", "src", "--reporter=json")


async def test_standard_is_read_line_by_line(replayed: ReplayedProject) -> None:
    replayed.installed("semistandard", "semistandard", "17.0.0")
    written = (
        b"  {src}/a.js:1:5: 'a' (b) is unused. (no-unused-vars)\n  {src}/b.js:3:1: Odd. (x/y) (warning)\nsome words\n"
    )
    bench = replayed.bench({"standard.txt": written}, '{"scripts": {"lint": "semistandard --fix src"}}', exit_code=1)
    report = await standard.run(bench)
    assert [(one.path, one.line, one.rule, one.severity) for one in report.findings] == [
        ("a.js", 1, "no-unused-vars", "error"),
        ("b.js", 3, "x/y", "warning"),
    ]
    assert (report.version, replayed.commands[0][-2:]) == ("17.0.0", ("--verbose", "src"))


async def test_standard_that_broke_has_not_completed(replayed: ReplayedProject) -> None:
    replayed.installed("standard", "standard", "17.0.0")
    bench = replayed.bench({"standard.txt": b""}, '{"scripts": {"test": "standard"}}', exit_code=1)
    assert not (await standard.run(bench)).completed


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("node tools/check.js", 'the script "lint" in package.json'),
        ("stylelint '**/*.css'", 'the script "lint" in package.json'),
        ("eslint . && stylelint a.css", 'the script "lint" in package.json'),
        ("eslint .", ""),
        ("xo", ""),
        ("tsc -p . && eslint .", ""),
        ("eslint . | tee log", ""),
        ("./lint.sh | tee log", 'the script "lint" in package.json'),
    ],
)
def test_lint_script_is_run_where_no_tool_knows_it(replayed: ReplayedProject, script: str, reason: str) -> None:
    bench = replayed.bench({}, json.dumps({"scripts": {"lint": script}}))
    (bench.project.root / "eslint.config.js").touch()
    assert lint_script.used_by(bench.project) == reason


@pytest.mark.parametrize(
    ("printed", "exit_code", "found"),
    [
        (b"m.js:1:1: error: no var\n", 1, [("m.js", 1, "error")]),
        (b"a/b.css\n  3:5  error  Odd  colour-rule\n  4:1  warning  Hm\n", 2, [("a/b.css", 3, "error"), ("a/b.css", 4, "warning")]),
        (b"It is all wrong.\n", 3, [("package.json", 1, "error")]),
        (b"m.js:1:1: error: no var\n", 0, []),
    ],
)  # fmt: skip
async def test_output_of_an_unknown_linter_is_read(
    replayed: ReplayedProject, printed: bytes, exit_code: int, found: list[tuple[str, int, str]]
) -> None:
    bench = replayed.bench({"lint.txt": printed}, '{"scripts": {"lint": "node check.js"}}', exit_code=exit_code)
    report = await lint_script.run(bench)
    assert [(one.path, one.line, one.severity) for one in report.findings] == found
    assert report.completed


async def test_missing_linter_is_named(replayed: ReplayedProject) -> None:
    report = await lint_script.run(replayed.bench({}, '{"scripts": {"lint": "stylelint ."}}', exit_code=127))
    assert (report.completed, "not installed" in report.problem) == (False, True)


def test_linters_are_found_in_every_script(replayed: ReplayedProject) -> None:
    assert used(replayed, xo, scripts={"test": "xo && tsd"}) == 'the script "test" in package.json'
    assert used(replayed, xo, xo={}, devDependencies={"xo": "1"}) == "xo in package.json"
    assert used(replayed, xo, xo={}) == ""
    assert used(replayed, standard, scripts={"posttest": "standard"}) == 'the script "posttest" in package.json'
    eslint = registry()["eslint"]
    assert used(replayed, eslint, scripts={"lint": "eslint -c x.js ."}) == 'the script "lint" in package.json'

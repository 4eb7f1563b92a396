"""vitest, jest and mocha, by what they really wrote (`recorded/`)."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from activities.languages.javascript.programs import node_home
from activities.tooling import Tool
from activities.tools.ava import tool as ava
from activities.tools.jest import tool as jest
from activities.tools.mocha import tool as mocha
from activities.tools.node_test import tool as node_test
from activities.tools.vitest import tool as vitest
from tests.activities.tools.javascript.conftest import ReplayedProject

Recorded = Callable[[str], bytes]


async def test_vitest_report_is_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("vitest", "vitest", "5.1.1")
    bench = replayed.bench(
        {"vitest.json": recorded("vitest.json")}, '{"scripts": {"test": "vitest --dir test"}}', exit_code=1
    )
    report = await vitest.run(bench)
    assert [(test.id, test.outcome, test.line) for test in report.tests] == [
        ("test/broken.test.ts::(file)", "failed", 0),
        ("test/price.test.ts::price > is a text", "passed", 3),
        ("test/price.test.ts::price > is right", "failed", 4),
        ("test/price.test.ts::price > later", "skipped", 5),
        ("test/price.test.ts::price > some day", "skipped", 6),
        ("test/price.test.ts::price > twice the same", "passed", 7),
        ("test/price.test.ts::price > twice the same (2)", "passed", 7),
    ]
    assert replayed.commands[0][1:4] == ("run", "--dir", "test")


async def test_jest_report_is_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("jest", "jest", "30.5.2")
    bench = replayed.bench({"jest.json": recorded("jest.json")}, '{"scripts": {"test": "jest"}}', exit_code=1)
    report = await jest.run(bench)
    assert [(test.id, test.outcome, test.line) for test in report.tests if test.path == "a.test.js"] == [
        ("a.test.js::g > ok", "passed", 3),
        ("a.test.js::g > bad", "failed", 4),
        ("a.test.js::g > skipped", "skipped", 5),
        ("a.test.js::g > flaky", "failed", 6),
    ]
    assert ("b.test.js::(file)", "failed") in {(test.id, test.outcome) for test in report.tests}


async def test_mocha_report_is_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("mocha", "mocha", "12.0.3")
    bench = replayed.bench({"mocha.json": recorded("mocha.json")}, '{"scripts": {"test": "c8 mocha m"}}', exit_code=1)
    report = await mocha.run(bench)
    assert [(test.id, test.outcome) for test in report.tests] == [
        ("m/x.spec.cjs::m adds", "passed"),
        ("m/x.spec.cjs::m breaks", "failed"),
        ("m/x.spec.cjs::m later", "skipped"),
        ("m/x.spec.cjs::m pending", "skipped"),
    ]


async def test_failure_outside_of_every_test_is_a_problem(replayed: ReplayedProject) -> None:
    replayed.installed("vitest", "vitest", "5.1.1")
    bench = replayed.bench({"vitest.json": b'{"success": false, "testResults": []}'}, '{"scripts": {"test": "vitest"}}')
    assert "outside of its tests" in (await vitest.run(bench)).problem


@pytest.mark.parametrize("report", [b"", b"[]", b'{"testResults": 3}', b"\xff", b"[" * 100_000])
async def test_invalid_report_has_not_completed(replayed: ReplayedProject, report: bytes) -> None:
    replayed.installed("jest", "jest", "30.5.2")
    ended = await jest.run(replayed.bench({"jest.json": report}, '{"scripts": {"test": "jest"}}', exit_code=1))
    assert (ended.completed, ended.tests) == (False, ())
    assert ended.problem


@pytest.mark.parametrize("report", [b'{"testResults": [null, {"name": 3, "assertionResults": [4, {}]}]}'])
async def test_malformed_entries_of_a_report_are_survived(replayed: ReplayedProject, report: bytes) -> None:
    replayed.installed("jest", "jest", "30.5.2")
    ended = await jest.run(replayed.bench({"jest.json": report}, '{"scripts": {"test": "jest"}}'))
    assert [test.outcome for test in ended.tests] == ["skipped"]


async def test_given_tests_are_run_by_their_files(replayed: ReplayedProject) -> None:
    replayed.installed("jest", "jest", "30.5.2")
    bench = replayed.bench({"jest.json": b'{"testResults": []}'}, '{"scripts": {"test": "jest"}}')
    (bench.project.root / "a.test.js").touch()
    only = ("a.test.js::x > y", "gone.test.js::z", "../../etc/passwd::w", "--help::v")
    await jest.run(replace(bench, options={"only": only}))
    assert json.loads(replayed.commands[0][-1])[-2:] == ["a.test.js", "--coverage=false"]
    await jest.run(replace(bench, options={"only": ("gone.test.js::z",)}))
    assert len(replayed.commands) == 1


@pytest.mark.parametrize(
    ("package", "tool", "reason"),
    [
        ("{}", vitest, ""),
        ('{"scripts": {"test": "jest"}, "devDependencies": {"vitest": "5"}}', vitest, ""),
        ('{"devDependencies": {"vitest": "5"}}', vitest, "vitest in devDependencies of package.json"),
        ('{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}', node_test, ""),
        ('{"scripts": {"test": "ava"}}', ava, 'the script "test" in package.json'),
        ('{"scripts": {"test": "ava"}}', node_test, ""),
        ('{"scripts": {"test": "uvu test"}}', node_test, 'the script "test" in package.json'),
        ('{"scripts": {"test": "eslint . && jest && tape test/*.js"}}', node_test, 'the script "test" in package.json'),
        ('{"scripts": {"test": "vitest"}}', node_test, ""),
        ('{"scripts": {"test": "vitest | tee log"}}', node_test, 'the script "test" in package.json'),
        ('{"scripts": {"test": "cd x && vitest"}}', vitest, ""),
        ('{"scripts": {"test": "vitest", "test:integration": "jest"}}', jest, 'the script "test:integration" in package.json'),
    ],
)  # fmt: skip
def test_used_by_names_the_script_or_the_dependency(
    replayed: ReplayedProject, package: str, tool: Tool, reason: str
) -> None:
    assert tool.used_by(replayed.bench({}, package).project) == reason


def test_a_file_that_mocha_cannot_load_is_a_failed_test_beside_the_others(tmp_path: Path) -> None:
    """With a class that loads files as mocha's does, of version 6 and of later ones."""
    lib = tmp_path / "node_modules/mocha/lib"
    lib.mkdir(parents=True)
    (lib / "mocha.js").write_text(
        "module.exports = class Mocha {\n"
        "  constructor(files) { Object.assign(this, { files, options: { ui: 'bdd' }, began: [], loaded: [] }); }\n"
        "  ui(name) { this.began.push(name); }\n"
        "  loadFiles() { for (const file of this.files) { require(file); this.loaded.push(file); } }\n"
        "  async loadFilesAsync() { for (const file of this.files) { require(file); this.loaded.push(file); } }\n"
        "};\n"
    )
    for name, text in (("a.js", "throw null;"), ("b.js", ""), ("c.js", "require('nowhere');")):
        (tmp_path / name).write_text(text)
    reporter = resources.files("activities.languages.javascript") / "launchers/mocha_reporter.cjs"
    (tmp_path / "reporter.cjs").write_text(reporter.read_text("utf-8"))
    (tmp_path / "start.cjs").write_text(
        "const Mocha = require('mocha/lib/mocha.js'), report = require('./reporter.cjs');\n"
        "const { EventEmitter } = require('node:events');\n"
        "(async () => {\n"
        "  const mocha = new Mocha(['a', 'b', 'c'].map((name) => `${__dirname}/${name}.js`));\n"
        "  await mocha[process.argv[2]]();\n"
        "  const runner = new EventEmitter();\n"
        "  report(runner);\n"
        "  runner.emit('end');\n"
        "  console.log(mocha.files.length, mocha.loaded.length, mocha.began.length);\n"
        "})();\n"
    )
    node = str(node_home() / "bin/node")
    for method in ("loadFiles", "loadFilesAsync"):
        ran = subprocess.run([node, "start.cjs", method], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert ran.stdout == "3 1 2\n"
        failures = json.loads((tmp_path / "mocha.json").read_text())["failures"]
        assert [(each["fullTitle"], each["file"]) for each in failures] == [
            ("(file)", str(tmp_path / "a.js")),
            ("(file)", str(tmp_path / "c.js")),
        ]

"""vitest, jest and mocha, by what they really wrote (`recorded/`)."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

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

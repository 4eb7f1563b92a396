"""node's own test runner, and scripts of any other: real runs in the sandbox, no package installed."""

from activities.tools.node_test import tool as node_test
from tests.activities.tools.javascript.conftest import Desk

PACKAGE = '{"type": "module", "scripts": {"test": "node --test", "integration": "node check.js"}}'
SUITE = r"""
import { describe, test } from "node:test";
import { add } from "../lib/add.js";
import assert from "node:assert";
describe("add", () => {
  test("adds", () => assert.equal(add(1, 2), 3));
  test("is <&> \u0000 \u001b[31mwrong", () => { throw new Error("\u001b[31mred ]]> \uffff"); });
  test.skip("later");
});
"""
FLAKY = """
import { test } from "node:test";
import fs from "node:fs";
test("once", () => {
  const seen = process.env.npm_test_marks + "/seen";
  if (!fs.existsSync(seen)) { fs.writeFileSync(seen, ""); throw new Error("first"); }
});
"""


async def test_each_test_is_reported_with_its_file_and_line(desk: Desk) -> None:
    desk.write("package.json", PACKAGE)
    desk.write("lib/add.js", "export const add = (a, b) => a + b;\n\nexport function never() {\n  return 1;\n}\n")
    desk.write("test/add.test.js", SUITE)
    report = await node_test.run(desk.bench(coverage=True, retry=False))
    assert [(test.path, test.outcome, test.line) for test in report.tests] == [
        ("test/add.test.js", "passed", 6),
        ("test/add.test.js", "failed", 7),
        ("test/add.test.js", "skipped", 8),
    ]
    assert report.tests[0].id == "test/add.test.js::add > adds"
    covered = {file.path: file for file in report.coverage}["lib/add.js"]
    assert (1 in covered.covered, 4 in covered.missing) == (True, True)
    assert report.problem == report.advice == ""


async def test_test_that_passes_the_second_time_is_flaky(desk: Desk) -> None:
    """Every run has a fresh tree and a fresh /tmp; only `out` is the same folder for both."""
    bench = desk.bench()
    script = f"npm_test_marks={bench.paths.out} node --test"
    desk.write("package.json", f'{{"type": "module", "scripts": {{"test": "{script}"}}}}')
    desk.write("once.test.js", FLAKY)
    report = await node_test.run(bench)
    assert [(test.id, test.outcome) for test in report.tests] == [("once.test.js::once", "flaky")]


async def test_only_the_files_of_the_given_tests_are_run(desk: Desk) -> None:
    desk.write("package.json", PACKAGE)
    for name in ("a", "b"):
        desk.write(f"test/{name}.test.js", f'import {{ test }} from "node:test"; test("{name}", () => {{}});')
    report = await node_test.run(desk.bench(only=("test/b.test.js::b", "test/gone.test.js::c")))
    assert [test.id for test in report.tests] == ["test/b.test.js::b"]


async def test_paths_start_at_the_repository_root(desk: Desk) -> None:
    desk.write("web/package.json", PACKAGE)
    desk.write("web/a.test.js", 'import { test } from "node:test"; test("a", () => {});')
    report = await node_test.run(desk.bench("web"))
    assert [test.id for test in report.tests] == ["web/a.test.js::a"]


async def test_suite_that_kills_its_runner_has_not_completed(desk: Desk) -> None:
    desk.write("package.json", PACKAGE)
    desk.write("a.test.js", "process.kill(process.ppid, 'SIGKILL');")
    report = await node_test.run(desk.bench())
    assert not report.completed
    assert report.problem


async def test_script_of_an_unknown_runner_is_one_test(desk: Desk) -> None:
    desk.write("package.json", PACKAGE)
    desk.write("check.js", "console.log('so far so good'); process.exit(3);")
    report = await node_test.run(desk.bench(select="integration"))
    assert [(test.id, test.outcome) for test in report.tests] == [("npm run integration", "failed")]
    assert "so far so good" in report.tests[0].message
    assert "count as one" in report.advice


async def test_script_finds_npm_and_node(desk: Desk) -> None:
    desk.write("package.json", '{"scripts": {"test": "npm run --silent inner | cat", "inner": "node -p 6*7"}}')
    report = await node_test.run(desk.bench())
    assert [test.outcome for test in report.tests] == ["passed"]
    assert "42" in report.output_tail


async def test_without_a_script_there_is_no_test(desk: Desk) -> None:
    desk.write("package.json", '{"scripts": {"test": "node --test"}}')
    report = await node_test.run(desk.bench(select="integration"))
    assert (report.completed, report.tests, report.problem) == (True, (), "")

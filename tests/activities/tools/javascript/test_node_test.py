"""node's own test runner, and scripts of any other: real runs in the sandbox, no package installed."""

from activities.tools.node_test import tool as node_test
from tests.activities.tools.javascript.conftest import SandboxedProject

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


async def test_each_test_is_reported_with_its_file_and_line(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", PACKAGE)
    sandboxed.write("lib/add.js", "export const add = (a, b) => a + b;\n\nexport function never() {\n  return 1;\n}\n")
    sandboxed.write("test/add.test.js", SUITE)
    report = await node_test.run(sandboxed.bench(coverage=True, retry=False))
    assert [(test.path, test.outcome, test.line) for test in report.tests] == [
        ("test/add.test.js", "passed", 6),
        ("test/add.test.js", "failed", 7),
        ("test/add.test.js", "skipped", 8),
    ]
    assert report.tests[0].id == "test/add.test.js::add > adds"
    covered = {file.path: file for file in report.coverage}["lib/add.js"]
    assert (1 in covered.covered, 4 in covered.missing) == (True, True)
    assert report.problem == report.advice == ""


async def test_test_that_passes_the_second_time_is_flaky(sandboxed: SandboxedProject) -> None:
    """Every run has a fresh tree and a fresh /tmp; only `out` is the same folder for both."""
    bench = sandboxed.bench()
    script = f"npm_test_marks={bench.paths.out} node --test"
    sandboxed.write("package.json", f'{{"type": "module", "scripts": {{"test": "{script}"}}}}')
    sandboxed.write("once.test.js", FLAKY)
    report = await node_test.run(bench)
    assert [(test.id, test.outcome) for test in report.tests] == [("once.test.js::once", "flaky")]


async def test_only_the_files_of_the_given_tests_are_run(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", PACKAGE)
    for name in ("a", "b"):
        sandboxed.write(f"test/{name}.test.js", f'import {{ test }} from "node:test"; test("{name}", () => {{}});')
    report = await node_test.run(sandboxed.bench(only=("test/b.test.js::b", "test/gone.test.js::c")))
    assert [test.id for test in report.tests] == ["test/b.test.js::b"]


async def test_paths_start_at_the_repository_root(sandboxed: SandboxedProject) -> None:
    sandboxed.write("web/package.json", PACKAGE)
    sandboxed.write("web/a.test.js", 'import { test } from "node:test"; test("a", () => {});')
    report = await node_test.run(sandboxed.bench("web"))
    assert [test.id for test in report.tests] == ["web/a.test.js::a"]


async def test_tests_of_a_file_that_node_starts_itself_are_reported(sandboxed: SandboxedProject) -> None:
    """Also where it only loads the files with the tests, and a wrapper measures it."""
    script = "npm run api -- --conditions x", "c8 -- node --no-warnings tests/index.js"
    sandboxed.write("package.json", f'{{"type": "module", "scripts": {{"test": "{script[0]}", "api": "{script[1]}"}}}}')
    sandboxed.write("tests/index.js", 'import "./a.js";\nimport "./b.js";\n')
    sandboxed.write(
        "tests/a.js", 'import { test } from "node:test"; test("a", () => {}); test("no", () => { throw 1 })'
    )
    sandboxed.write("tests/b.js", "console.log(process.argv.slice(2).join());")
    report = await node_test.run(sandboxed.bench())
    assert [(test.id, test.outcome) for test in report.tests] == [
        ("tests/a.js::a", "passed"),
        ("tests/a.js::no", "failed"),
    ]
    assert report.problem == report.advice == ""


async def test_suite_that_kills_its_runner_has_not_completed(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", PACKAGE)
    sandboxed.write("a.test.js", "process.kill(process.ppid, 'SIGKILL');")
    report = await node_test.run(sandboxed.bench())
    assert not report.completed
    assert report.problem


async def test_script_of_an_unknown_runner_is_one_test(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", PACKAGE)
    sandboxed.write("check.js", "console.log('so far so good'); process.exit(3);")
    report = await node_test.run(sandboxed.bench(select="integration"))
    assert [(test.id, test.outcome) for test in report.tests] == [("npm run integration", "failed")]
    assert report.tests[0].message.startswith("node check.js ended with exit code 3.")
    assert "so far so good" in report.tests[0].message
    assert "count as one" in report.advice


async def test_script_finds_npm_and_node(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", '{"scripts": {"test": "npm run --silent inner | cat", "inner": "node -p 6*7"}}')
    report = await node_test.run(sandboxed.bench())
    assert [test.outcome for test in report.tests] == ["passed"]
    assert "42" in report.output_tail


async def test_without_a_script_there_is_no_test(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", '{"scripts": {"test": "node --test"}}')
    report = await node_test.run(sandboxed.bench(select="integration"))
    assert (report.completed, report.tests, report.problem) == (True, (), "")

"""bun's own runner and jasmine, by what they wrote."""

import json
from pathlib import Path

from activities.languages.javascript.package_manager import bun_package, wanted_bun
from activities.tooling import Project
from activities.tools.bun_test import tool as bun_test
from activities.tools.jasmine import tool as jasmine
from tests.activities.tools.javascript.conftest import ReplayedProject

BUN = """\
bun test v1.3.3 (274e01c7)

b.test.ts:

# Unhandled error between tests
-------------------------------
error: Cannot find module './nothing' from '{src}/b.test.ts'
-------------------------------


a.test.ts:
(pass) A > adds [0.04ms]
1 | import { test } from "bun:test";
            ^
error: expect(received).toBe(expected)

Expected: 2
Received: 1

      at <anonymous> ({src}/a.test.ts:2:102)
\x1b[0m(fail) A > B > fails [0.19ms]
(skip) A > later
(todo) A > todo

 1 pass
 2 fail
Ran 5 tests across 2 files. [124.00ms]
"""


def with_bun(replayed: ReplayedProject) -> None:
    program = replayed.root / f"env/.bun/node_modules/{bun_package()}/bin/bun"
    program.parent.mkdir(parents=True)
    program.touch()


async def test_what_bun_prints_is_read(replayed: ReplayedProject) -> None:
    with_bun(replayed)
    package = json.dumps({"scripts": {"test": "bun test --bail --timeout 500 src"}, "packageManager": "bun@1.2.20"})
    bench = replayed.bench({"bun.txt": BUN.encode()}, package, exit_code=1)
    for name in ("a.test.ts", "b.test.ts"):
        (replayed.root / "tree" / name).touch()
    report = await bun_test.run(bench)
    assert [(test.id, test.outcome, test.line) for test in report.tests] == [
        ("b.test.ts::(file)", "failed", 0),
        ("a.test.ts::A > adds", "passed", 0),
        ("a.test.ts::A > B > fails", "failed", 2),
        ("a.test.ts::A > later", "skipped", 0),
        ("a.test.ts::A > todo", "skipped", 0),
    ]
    assert report.tests[2].message.startswith("error: expect(received)")
    assert (report.version, report.problem) == ("1.2.20", "")
    whole, again = replayed.commands
    assert whole[-4:] == ("test", "--timeout", "500", "src")
    assert again[-5:] == ("test", "--timeout", "500", "./a.test.ts", "./b.test.ts")


async def test_bun_that_ended_early_or_is_not_there_has_not_completed(replayed: ReplayedProject) -> None:
    package = '{"scripts": {"test": "bun test"}}'
    report = await bun_test.run(replayed.bench({}, package))
    assert "Add bun to devDependencies." in report.problem
    with_bun(replayed)
    cut = BUN.partition("(todo)")[0].encode()
    assert not (await bun_test.run(replayed.bench({"bun.txt": cut}, package, exit_code=1))).completed


def test_bun_is_installed_where_a_script_starts_it(tmp_path: Path) -> None:
    def wanted(script: str, pinned: str = "") -> str:
        (tmp_path / "package.json").write_text(json.dumps({"scripts": {"build": script}}))
        (tmp_path / ".bun-version").write_text(pinned)
        return wanted_bun(Project(".", tmp_path, "javascript"))

    assert wanted("cd src && bun run build.ts", "v1.1.45\n") == f"{bun_package()}@1.1.45"
    assert wanted("bunx tsc", "../evil").startswith(f"{bun_package()}@1.")
    assert wanted("node bundle.js --bun") == wanted("bunchee build") == ""


async def test_what_our_reporter_of_jasmine_writes_is_read(replayed: ReplayedProject) -> None:
    """Before jasmine 5 tests have no file."""
    replayed.installed("jasmine", "jasmine", "5.13.0")
    tests = [
        {"name": "A adds", "file": "{src}/spec/a.js", "status": "passed", "duration": 2, "message": ""},
        {"name": "A fails", "file": "{src}/spec/a.js", "status": "failed", "message": "Expected 1 to be 2.\n    at {src}/spec/a.js:7:9"},
        {"name": "(file)", "file": "{src}/spec/b.js", "status": "failed", "message": "Error: Cannot find module"},
        {"name": "old", "status": "pending", "message": ""},
        {"name": "x", "file": "{src}/spec/a.js", "status": "excluded"},
    ]  # fmt: skip
    files = {"jasmine.json": json.dumps({"tests": tests}).encode()}
    package = '{"scripts": {"test": "c8 jasmine --fail-fast --config=x.json"}}'
    report = await jasmine.run(replayed.bench(files, package, exit_code=3))
    assert [(test.id, test.outcome, test.line) for test in report.tests] == [
        ("spec/a.js::A adds", "passed", 0),
        ("spec/a.js::A fails", "failed", 7),
        ("spec/b.js::(file)", "failed", 0),
        ("::old", "skipped", 0),
        ("spec/a.js::x", "skipped", 0),
    ]
    words = replayed.commands[0]
    assert words[-2:] == ("--config=x.json", f"--reporter={replayed.root}/out/jasmine_reporter.cjs")
    assert report.problem == ""

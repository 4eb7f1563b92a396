"""The TypeScript sample repository as a host checks it: installed from the registry by its lock file, then checked."""

import shutil
from dataclasses import replace
from pathlib import Path

import simulator
from activities.sandbox import ProcessResult, SandboxCommand
from activities.toolchains.node import toolchain as node
from activities.tooling import InstallResult, InstallSite
from activities.tools.eslint import tool as eslint
from activities.tools.tsc import tool as tsc
from activities.tools.vitest import tool as vitest
from tests.activities.tools.javascript.conftest import SandboxedProject

SAMPLE = Path(simulator.__file__).parent / "samples" / "typescript"


async def test_only_the_planted_defects_are_found(sandboxed: SandboxedProject) -> None:
    for state in ("main", "change"):
        shutil.copytree(SAMPLE / state, sandboxed.root / "tree", dirs_exist_ok=True)
    await _install(sandboxed)
    linted, typed = await eslint.run(sandboxed.bench()), await tsc.run(sandboxed.bench())
    tested = await vitest.run(sandboxed.bench(coverage=True))
    assert {(one.path, one.line, one.rule) for one in linted.findings} == {
        ("src/basket.ts", 21, "prefer-const"),
        ("src/discount.ts", 17, "prefer-const"),
        ("src/discount.ts", 17, "@typescript-eslint/no-unused-vars"),
        ("src/discount.ts", 19, "eqeqeq"),
    }
    assert [(one.path, one.line, one.rule) for one in typed.findings] == [("src/discount.ts", 22, "TS2345")]
    assert {test.id for test in tested.tests if test.outcome != "passed"} == {
        "tests/unit/basket.test.ts::basket > takes the discount off",
        "tests/unit/discount.test.ts::takes from 999 cents 50 percent: 499",
    }
    assert {file.path: sorted(file.missing)[:1] for file in tested.coverage} == {
        "src/basket.ts": [],
        "src/discount.ts": [16],
        "src/receipt.ts": [],
    }
    assert [report.problem + report.advice for report in (linted, typed, tested)] == ["", "", ""]


async def _install(sandboxed: SandboxedProject) -> None:
    for name in ("env", "cache", "install"):
        (sandboxed.root / name).mkdir()
    box = replace(
        sandboxed.box,
        out=sandboxed.root / "install",
        env=sandboxed.root / "env",
        env_writable=True,
        cache=sandboxed.root / "cache",
    )
    project = sandboxed.bench().project

    async def run(command: SandboxCommand) -> ProcessResult:
        return await sandboxed.runner.run(box, command)

    site = InstallSite(project, box, sandboxed.runner.paths(box), run)
    assert await node.install(site, node.recipe(project)) == InstallResult()
    sandboxed.box = replace(sandboxed.box, env=box.env, mounts=node.mounts(project, sandboxed.root / "env"))

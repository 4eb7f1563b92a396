"""A repository that brings its own `node_modules`, shell or node: the installed tool runs, or none."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from activities.toolchains.node import toolchain
from activities.tooling import Project
from activities.tools import registry
from tests.activities.tools.javascript.conftest import SandboxedProject

# As an installed program is: node starts it, whichever that is.
ESLINT = """#!/usr/bin/env node
const fs = require("fs");
const into = process.argv[process.argv.indexOf("--output-file") + 1];
fs.writeFileSync(into, JSON.stringify([{filePath: "/src/a.js", messages: [{ruleId: "real", line: 1, severity: 2}]}]));
process.exit(1);
"""
FORGED = '#!/bin/sh\nfor word; do case $word in */eslint.json) echo "[]" > "$word";; esac; done\nexit 0\n'


def installed(sandboxed: SandboxedProject, folder: str = ".") -> None:
    """An environment with eslint for the package of this folder."""
    links = sandboxed.root / "env" / "node_modules" / ".bin"
    links.mkdir(parents=True)
    executable(links / "eslint", ESLINT)
    project = Project(folder, sandboxed.root / "tree" / folder, "javascript")
    env = sandboxed.root / "env"
    sandboxed.box = replace(sandboxed.box, env=env, mounts=toolchain.mounts(project, env))


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def hostile(tree: Path, folder: str) -> None:
    for name in ("eslint", "node", "sh", "env"):
        executable(tree / folder / ".bin" / name, FORGED)
    executable(tree / folder / "eslint" / "index.js", "process.exit(0)")


@pytest.mark.parametrize("folder", [".", "packages/a"])
async def test_committed_packages_are_not_started(sandboxed: SandboxedProject, folder: str) -> None:
    sandboxed.write("package.json", '{"workspaces": ["packages/*"]}')
    sandboxed.write("packages/a/package.json", "{}")
    sandboxed.write("eslint.config.js", "")
    for place in ("node_modules", "packages/node_modules", "packages/a/node_modules"):
        hostile(sandboxed.root / "tree", place)
    installed(sandboxed, folder)
    report = await registry()["eslint"].run(sandboxed.bench(folder))
    assert [one.rule for one in report.findings] == ["real"], report.problem


async def test_packages_behind_a_link_are_an_error(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", "{}")
    sandboxed.write("eslint.config.js", "")
    hostile(sandboxed.root / "tree", "fake")
    os.symlink("fake", sandboxed.root / "tree" / "node_modules")
    installed(sandboxed)
    report = await registry()["eslint"].run(sandboxed.bench())
    assert (report.completed, report.problem) == (
        False,
        "eslint is configured (eslint.config.js) but not installed. "
        "Remove node_modules, which is a link, from the repository.",
    )


async def test_a_shell_of_the_tree_does_not_decide_how_a_script_ended(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", '{"scripts": {"test": "exit 3"}}')
    sandboxed.write(".npmrc", "script-shell=./shell.sh\n")
    executable(sandboxed.root / "tree" / "shell.sh", "#!/bin/sh\nexit 0\n")
    report = await registry()["node-test"].run(sandboxed.bench())
    assert [test.outcome for test in report.tests] == ["failed"]


async def test_a_script_may_be_written_for_bash(sandboxed: SandboxedProject) -> None:
    sandboxed.write("package.json", '{"scripts": {"test": "[[ a == a ]]"}}')
    sandboxed.write(".npmrc", "script-shell=/usr/bin/bash\n")
    report = await registry()["node-test"].run(sandboxed.bench())
    assert [test.outcome for test in report.tests] == ["passed"]


async def test_a_first_run_leaves_no_program_for_the_second(sandboxed: SandboxedProject) -> None:
    """Failed tests run once more. The first run may write to the folder of reports, and what it finds on its PATH."""
    sandboxed.write("package.json", '{"scripts": {"test": "node --test a.test.mjs"}}')
    plant = (
        'import {readdirSync, writeFileSync} from "fs";\nimport test from "node:test";\n'
        'for (const folder of readdirSync("/out").filter((name) => name.startsWith(".programs")))\n'
        '  writeFileSync(`/out/${folder}/node`, "#!/bin/sh\\n: > /out/ran\\n", {mode: 0o755});\n'
        'test("fails", () => { throw new Error(); });\n'
    )
    sandboxed.write("a.test.mjs", plant)
    bench = sandboxed.bench()
    report = await registry()["node-test"].run(bench)
    assert not (bench.out / "ran").exists()
    assert [test.outcome for test in report.tests] == ["failed"]

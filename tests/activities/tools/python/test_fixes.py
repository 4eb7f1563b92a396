"""What a tool may change by itself, and what it must leave alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.tooling import OUR_TOOLS, Workbench
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

UGLY = "import sys\nimport os\nx = {  'a':1 }\nprint(os, sys,x)\n"


def keeping(work: Workbench) -> Workbench:
    """The same workbench, with its writes kept in the tree."""
    box = SandboxSpec(
        work.project.root, work.out, work.env_root, read_only=(OUR_TOOLS, *_interpreter()), keep_writes=True
    )
    runner = BubblewrapRunner()

    async def run(command: SandboxCommand) -> ProcessResult:
        return await runner.run(box, command)

    return replace(work, run=run)


def _interpreter() -> tuple[Path, ...]:
    import sys

    return (Path(sys.base_prefix),)


@pytest.mark.parametrize(
    ("name", "files", "after"),
    [
        ("ruff", {"a.py": "import os\nx = None\ny = x == None\n", "ruff.toml": "lint.select = ['F', 'E7']\n"},
         "x = None\ny = x == None\n"),
        ("ruff", {"a.py": "x   =1\n", "ruff.toml": "lint.select = ['F']\n"}, "x   =1\n"),
        ("ruff", {"a.py": "x   =1\n", "ruff.toml": "[format]\n"}, "x = 1\n"),
        ("black", {"a.py": UGLY, "bad.py": "x = = 1\n"}, 'import sys\nimport os\n\nx = {"a": 1}\nprint(os, sys, x)\n'),
        ("isort", {"a.py": UGLY}, "import os\nimport sys\n\nx = {  'a':1 }\nprint(os, sys,x)\n"),
    ],
    ids=["safe only", "no formatter", "formatter", "black", "isort"],
)  # fmt: skip
async def test_tool_fixes_its_own_findings(bench: Make, name: str, files: dict[str, str], after: str) -> None:
    tool, work = registry()[name], keeping(bench(files))
    assert tool.fixes
    report = await tool.fix(work)
    assert (report.completed, report.problem) == (True, "")
    assert (work.project.root / "a.py").read_text() == after
    assert {path.name for path in work.project.root.iterdir()} == set(files)


async def test_failed_fix_has_not_completed(bench: Make) -> None:
    tool = registry()["ruff"]
    assert tool.fixes
    report = await tool.fix(keeping(bench({"ruff.toml": "x = 1\n"})))
    assert not report.completed
    assert "x" in report.problem

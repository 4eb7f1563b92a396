"""The step that fixes what the new types report: when it has nothing to do, and when it cannot know."""

import json
from collections.abc import Sequence
from pathlib import Path

from activities.errors import UserError
from activities.migration.recipe import SourceTree, StepBench, StepReport
from activities.model import Finding
from activities.recipes.react18 import recipe
from activities.recipes.react18.compiler import new_errors
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.untrusted_files import UntrustedFolder

STEP = next(step.transform for step in recipe.steps if step.name == "types")
CODE = "import React from 'react';\nexport const A: React.FC = ({ children }) => children;\n"


def error(line: int, message: str, rule: str = "TS2339") -> Finding:
    return Finding("static_analysis", "tsc", rule, "src/a.tsx", line, column=37, message=message, severity="error")


async def apply(
    folder: Path, before: Sequence[Finding], after: Sequence[Finding] | UserError
) -> tuple[StepReport, list[dict[str, object]], str]:
    """The report, what the program was given, and the file afterwards."""
    given = []
    for name, text in {"tree/src/a.tsx": CODE, "tree/tsconfig.json": "{}", "out/x": ""}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    tree = SourceTree(UntrustedFolder(folder / "tree"), ("src/a.tsx", "tsconfig.json"))

    async def findings(tool: str) -> tuple[Sequence[Finding], Sequence[Finding]]:
        assert tool == "tsc"
        if isinstance(after, UserError):
            raise after
        return before, after

    async def run(command: SandboxCommand) -> ProcessResult:
        given.append(json.loads(command.stdin))
        line = {"file": "src/a.tsx", "edits": [[0, 0, "// "]]}
        (folder / "out/transform.jsonl").write_text(f'{json.dumps(line)}\n{{"done": {{}}}}\n')
        return ProcessResult(0, b"", b"", 0.0)

    async def packages(_lock: Path) -> Path:
        return folder

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
    files = tuple(STEP.candidates(tree, "18"))
    report = await STEP.apply(StepBench(tree, files, folder / "out", paths, run, packages, findings))
    return report, given, tree.read("src/a.tsx") or ""


async def test_nothing_new_starts_nothing(tmp_path: Path) -> None:
    moved = [error(2, "x"), error(2, "x")]
    assert await apply(tmp_path, moved, [error(9, "x")]) == (StepReport(), [], CODE)


async def test_what_is_new_is_given_to_the_program(tmp_path: Path) -> None:
    report, given, text = await apply(tmp_path, [error(2, "x")], [error(2, "x"), error(2, "x\n  more", "TS2322")])
    assert report == StepReport()
    assert text == "// " + CODE
    assert given[0]["options"] == {
        "errors": [{"file": "src/a.tsx", "line": 2, "column": 37, "code": 2322, "message": "x\n  more"}]
    }


def test_an_error_whose_types_are_written_otherwise_is_no_new_one() -> None:
    missing = "Property '%s' does not exist on type '%s'."
    old = [
        error(3, missing % ("title", "Readonly<{}> & Readonly<{ children?: ReactNode; }>")),
        error(4, missing % ("a", "B")),
    ]
    now = [error(3, missing % ("title", "Readonly<{}>")), error(4, missing % ("children", "Readonly<{}>"))]
    assert new_errors(old, now) == [now[1]]
    assert new_errors(old[:1], [*now[:1], *now[:1]]) == [now[0]]


async def test_a_compiler_that_does_not_run_is_a_row(tmp_path: Path) -> None:
    report, given, _ = await apply(tmp_path, (), UserError("tsc is not installed."))
    (row,) = report.leftovers
    assert (row.file, row.line, given) == ("tsconfig.json", 0, [])
    assert "tsc is not installed." in row.reason


def test_untyped_code_is_no_candidate(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(CODE)
    assert list(STEP.candidates(SourceTree(UntrustedFolder(tmp_path), ("a.js",)), "18")) == []

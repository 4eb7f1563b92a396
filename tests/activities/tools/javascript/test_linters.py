"""eslint, biome, prettier and tsc, by what they really printed (`recorded/`)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from activities.model import Finding, ToolReport
from activities.tooling import Project, Tool
from activities.tools.biome import tool as biome
from activities.tools.eslint import tool as eslint
from activities.tools.prettier import tool as prettier
from activities.tools.tsc import tool as tsc
from tests.activities.tools.javascript.conftest import ReplayedProject

Recorded = Callable[[str], bytes]


def short(finding: Finding) -> tuple[str, int, int, str, str, bool]:
    return finding.path, finding.line, finding.column, finding.rule, finding.severity, finding.fixable


async def test_eslint_findings_are_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("eslint", "eslint", "10.15.0")
    report = await eslint.run(replayed.bench({"eslint.json": recorded("eslint.json")}, exit_code=1))
    assert (report.version, report.problem) == ("10.15.0", "")
    assert [short(finding) for finding in report.findings] == [
        ("src/broken.ts", 1, 23, "parse-error", "error", False),
        ("src/price.ts", 1, 10, "@typescript-eslint/no-unused-vars", "error", False),
        ("src/price.ts", 4, 7, "prefer-const", "error", True),
        ("src/price.ts", 5, 12, "eqeqeq", "error", False),
        ("src/price.ts", 8, 9, "@typescript-eslint/no-unused-vars", "error", False),
    ]


async def test_eslint_gets_the_arguments_of_the_lint_script(replayed: ReplayedProject) -> None:
    replayed.installed("eslint", "eslint", "8.57.0")
    script = (
        '{"scripts": {"lint": "prettier -c . && eslint --fix --ext .ts,.js \\"src/**\\" --max-warnings 0 -f unix"}}'
    )
    await eslint.run(replayed.bench({"eslint.json": b"[]"}, script))
    words = replayed.commands[0]
    assert words[1 : words.index("--format")] == ("--ext", ".ts,.js", "src/**")


async def test_biome_findings_are_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("biome", "@biomejs/biome", "2.6.8")
    report = await biome.run(replayed.bench({"biome.json": recorded("biome.json")}, exit_code=1))
    found = [short(finding) for finding in report.findings]
    assert ("src/a.js", 2, 7, "suspicious/noDoubleEquals", "error", False) in found
    assert ("src/a.js", 3, 33, "style/useConst", "warning", True) in found
    assert ("src/b.css", 0, 0, "format", "error", True) in found
    assert ("src/c.js", 1, 8, "parse", "error", False) in found


async def test_biome_1_spans_are_lines_and_syntax_errors_come_once(
    replayed: ReplayedProject, recorded: Recorded
) -> None:
    replayed.installed("biome", "@biomejs/biome", "1.9.4")
    report = await biome.run(replayed.bench({"biome.json": recorded("biome-1.json")}, exit_code=1))
    found = [short(finding) for finding in report.findings]
    assert ("src/a.js", 2, 7, "suspicious/noDoubleEquals", "error", False) in found
    assert ("src/a.js", 3, 33, "style/useConst", "error", True) in found
    assert [line for path, line, *_ in found if path == "src/c.js"] == [1, 1, 2, 0]


async def test_prettier_findings_are_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("prettier", "prettier", "3.10.1")
    files, stderr = {"prettier.txt": recorded("prettier.txt")}, recorded("prettier.stderr.txt")
    report = await prettier.run(replayed.bench(files, exit_code=2, stderr=stderr))
    assert [short(finding) for finding in report.findings][-2:] == [
        ("src/b.css", 0, 0, "format", "warning", True),
        ("src/c.js", 2, 1, "parse-error", "error", False),
    ]


async def test_tsc_findings_are_read(replayed: ReplayedProject, recorded: Recorded) -> None:
    replayed.installed("tsc", "typescript", "6.0.3")
    report = await tsc.run(replayed.bench({"tsc.txt": recorded("tsc.txt")}, exit_code=2))
    assert [short(finding) for finding in report.findings] == [
        ("src/price.ts", 1, 26, "TS2591", "error", False),
        ("src/price.ts", 6, 5, "TS2322", "error", False),
        ("src/price.ts", 8, 53, "TS2322", "error", False),
        ("tsconfig.json", 10, 18, "TS5023", "error", False),
    ]


async def test_tsc_builds_what_a_member_needs_and_looks_again(replayed: ReplayedProject) -> None:
    """Only where a module was not found."""
    replayed.installed("tsc", "typescript", "6.0.3")
    member = '{"name": "b", "main": "dist/b.js", "scripts": {"build": "tsc"}}'
    for name, text in (("a/package.json", '{"dependencies": {"b": "*"}}'), ("b/package.json", member)):
        (replayed.root / "tree" / name).parent.mkdir(parents=True)
        (replayed.root / "tree" / name).write_text(text)
    for printed, starts in ((b"a.ts(1,1): error TS2307: b?\n", 2), (b"a.ts(1,1): error TS2322: No.\n", 1)):
        replayed.commands.clear()
        bench = replayed.bench({"tsc.txt": printed}, '{"workspaces": ["a", "b"]}', exit_code=2)
        project = Project("a", replayed.root / "tree" / "a", "javascript")
        assert len((await tsc.run(replace(bench, project=project))).findings) == 1
        assert len(replayed.commands) == starts
        assert ("npm run --silent build" in " ".join(replayed.commands[-1])) == (starts == 2)


async def test_tsc_errors_keep_all_lines_and_may_have_no_place(replayed: ReplayedProject) -> None:
    replayed.installed("tsc", "typescript", "6.0.3")
    printed = (
        b"a (1).ts(3,4): error TS2345: Not assignable.\n  Types differ.\nerror TS18003: No inputs.\nFound 2 errors.\n"
    )
    report = await tsc.run(replayed.bench({"tsc.txt": printed}, exit_code=2))
    assert [(one.path, one.line, one.message) for one in report.findings] == [
        ("a (1).ts", 3, "Not assignable.\n  Types differ."),
        ("tsconfig.json", 0, "No inputs."),
    ]


@pytest.mark.parametrize("tool", [eslint, biome, prettier, tsc])
async def test_crashed_tool_has_not_completed(replayed: ReplayedProject, tool: Tool) -> None:
    for name, package in (("eslint", "eslint"), ("biome", "biome"), ("prettier", "prettier"), ("tsc", "typescript")):
        replayed.installed(name, package, "1.0.0")
    files = dict.fromkeys(("eslint.json", "biome.json", "prettier.txt", "tsc.txt"), b"")
    report = await tool.run(replayed.bench(files, exit_code=2, stderr=b"Error: cannot read the configuration"))
    assert (report.completed, report.findings) == (False, ())
    assert "cannot read the configuration" in report.problem


@pytest.mark.parametrize("tool", [eslint, biome, prettier, tsc])
async def test_missing_tool_says_what_to_add(replayed: ReplayedProject, tool: Tool) -> None:
    report = await tool.run(replayed.bench({}))
    assert isinstance(report, ToolReport)
    assert not report.completed
    assert "devDependencies" in report.problem
    assert replayed.commands == []


@pytest.mark.parametrize(
    ("files", "tool", "reason"),
    [
        ({"package.json": "{}"}, eslint, ""),
        ({"package.json": '{"devDependencies": {"eslint": "9"}}'}, eslint, ""),
        ({"package.json": "{}", "eslint.config.mjs": ""}, eslint, "eslint.config.mjs"),
        ({"package.json": '{"eslintConfig": {}}'}, eslint, "eslintConfig in package.json"),
        ({"package.json": "{}", ".prettierrc": ""}, prettier, ""),
        ({"package.json": '{"devDependencies": {"prettier": "3"}}', ".prettierrc": ""}, prettier, ".prettierrc"),
        ({"package.json": '{"scripts": {"format": "prettier -w ."}}'}, prettier, 'the script "format" in package.json'),
        ({"package.json": "{}", "tsconfig.json": "{}"}, tsc, ""),
        ({"package.json": '{"devDependencies": {"typescript": "6"}}', "tsconfig.json": "{}"}, tsc, "tsconfig.json"),
        ({"package.json": "{}", "biome.jsonc": "{}"}, biome, "biome.jsonc"),
        ({"package.json": "not JSON"}, biome, ""),
    ],
)  # fmt: skip
def test_used_by_names_the_configuration(
    replayed: ReplayedProject, files: dict[str, str], tool: Tool, reason: str
) -> None:
    project = replayed.bench({}).project
    for name, text in files.items():
        (project.root / name).write_text(text)
    assert tool.used_by(project) == reason

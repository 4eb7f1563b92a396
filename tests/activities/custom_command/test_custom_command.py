"""A configured command: what its reports say, and what is said where they say nothing."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.custom_command import configured_tool
from activities.model import ToolReport
from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.sandbox.unsandboxed import UnsandboxedRunner
from activities.tooling import Project, Workbench

PASSED = "<testsuite><testcase name='a'/></testsuite>"
FAILED = "<testsuite><testcase name='a'><failure/></testcase></testsuite>"
LCOV = "SF:a.c\\nDA:1,1\\n"
FILES = {"a.c": "int x;\n", "old.xml": PASSED, "pkg/src/b.c": "int y;\n"}


async def run(
    folder: Path, check: str, command: str, files: Mapping[str, str] = {}, project: str = ".", **options: object
) -> ToolReport:
    """The report of the command in a tree with these files."""
    tree, out = folder / "tree", folder / "out"
    for name, text in {**FILES, **files}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    out.mkdir(exist_ok=True)
    runner, box = UnsandboxedRunner(), SandboxSpec(tree=tree, out=out, read_only=(Path(sys.prefix),))

    async def start(command: SandboxCommand) -> ProcessResult:
        return await runner.run(box, command)

    tool = configured_tool(check, {"command": command})
    assert tool
    place = Project(project, tree / project, "any")
    return await tool.run(Workbench(place, runner.paths(box), out, start, options=options))


@pytest.mark.parametrize(
    ("check", "format", "command", "report", "problem"),
    [
        ("unit_tests", "junit", "true", "out/junit.xml", "The command did not write its report out/junit.xml."),
        ("unit_tests", "junit", "true", ["a/*.xml", "b.xml"], "did not write its report a/*.xml, b.xml."),
        ("unit_tests", "junit", "false", "old.xml", "old.xml is an old one of the repository"),
        ("unit_tests", "junit", "echo '<html/>' > new.xml", "*.xml", "The report new.xml is not junit: "),
        ("unit_tests", "junit", "echo no", "", "What the command printed is not junit: "),
        ("unit_tests", "junit", f'echo "{PASSED}"; exit 3', "", "The command exited with code 3, and its report names no"),
        ("unit_tests", "junit", f'echo "{PASSED}"; nowhere', "", "not found (exit code 127)"),
        ("unit_tests", "junit", f'echo "{PASSED}"; echo "threshold" >&2; exit 1', "", "its report names no"),
        ("unit_tests", "junit", f'echo "{PASSED}"; echo "test_threshold: coverage" >&2; seq 99 >&2; exit 1', "", "names no"),
        ("coverage", "lcov", f"printf '{LCOV}'; nowhere", "", "not found (exit code 127)"),
        ("linting", "text", "exit 2", "", "The command exited with code 2"),
        ("linting", "sarif", """echo '{"runs": [{"results": null}]}'""", "", "The tool did not begin"),
        ("linting", "text", "kill -9 $$", "", "killed by SIGKILL"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_the_users_words(
    tmp_path: Path, check: str, format: str, command: str, report: str | list[str], problem: str
) -> None:
    said = (await run(tmp_path, check, command, format=format, report=report)).problem
    assert problem in said
    assert "report-0" not in said
    assert "printed." not in said


@pytest.mark.parametrize(
    ("check", "format", "command"),
    [
        ("unit_tests", "junit", f'echo "{FAILED}"; exit 1'),
        (
            "unit_tests",
            "junit",
            f'echo "{PASSED}"; echo "ERROR: Coverage for lines (7%) does not meet global threshold (80%)" >&2; exit 1',
        ),
        ("unit_tests", "junit", f'echo "{PASSED}"; echo "FAIL Required test coverage of 80% not reached" >&2; exit 2'),
        ("coverage", "lcov", f"printf '{LCOV}'; exit 1"),
        ("coverage", "lcov", f"printf '{LCOV}'; exit 2"),
        ("linting", "text", "echo a.c:1: no; exit 2"),
    ],
)
async def test_a_good_report_explains_the_exit_code(tmp_path: Path, check: str, format: str, command: str) -> None:
    assert (await run(tmp_path, check, command, format=format)).problem == ""


async def test_several_reports_are_read_and_old_ones_beside_them_are_not(tmp_path: Path) -> None:
    command, old = f'for i in 1 2; do echo "{PASSED}" > r/$i.xml; done', {"r/0.xml": FAILED}
    report = await run(tmp_path, "unit_tests", command, old, format="junit", report="r/*.xml")
    assert [(test.id, test.outcome) for test in report.tests] == [("a", "passed"), ("a (2)", "passed")]
    assert report.problem == ""


async def test_a_report_that_was_written_again_with_the_same_words_is_new(tmp_path: Path) -> None:
    command = "cp -p old.xml kept.xml && mv kept.xml old.xml"
    report = await run(tmp_path, "unit_tests", command, format="junit", report="old.xml")
    assert [test.outcome for test in report.tests] == ["passed"]


async def test_one_missing_report_beside_others_is_a_problem(tmp_path: Path) -> None:
    command = f'echo "{PASSED}" > new.xml'
    report = await run(tmp_path, "unit_tests", command, format="junit", report=["new.xml", "gone.xml"])
    assert report.problem == "The command did not write its report gone.xml."
    assert len(report.tests) == 1


async def test_the_last_lines_of_what_was_printed_are_kept(tmp_path: Path) -> None:
    report = await run(tmp_path, "unit_tests", "echo one; echo two >&2; exit 4", format="junit")
    assert report.output_tail == "one\ntwo"
    assert report.command == "echo one; echo two >&2; exit 4"


async def test_a_failed_test_of_a_command_is_run_once_more(tmp_path: Path) -> None:
    command = f"""test -f "$OUT/ran" && echo "{PASSED}" || {{ : > "$OUT/ran"; echo "{FAILED}"; exit 1; }}"""
    command = command.replace("$OUT", str(tmp_path))
    report = await run(tmp_path, "unit_tests", command, format="junit", retry=True)
    assert [test.outcome for test in report.tests] == ["flaky"]
    (tmp_path / "ran").unlink()
    report = await run(tmp_path, "unit_tests", command, format="junit")
    assert [test.outcome for test in report.tests] == ["failed"]


async def test_paths_are_those_of_the_tree(tmp_path: Path) -> None:
    lcov = "SF:/app/pkg/src/b.c\\nDA:1,1\\nend_of_record\\nSF:/usr/include/a.c\\nDA:1,1\\n"
    found = await run(tmp_path, "coverage", f"printf '{lcov}'", format="lcov")
    assert [one.path for one in found.coverage] == ["pkg/src/b.c"]
    found = await run(tmp_path, "coverage", "printf 'SF:src/b.c\\nDA:1,1\\n'", format="lcov", project="pkg")
    assert [one.path for one in found.coverage] == ["pkg/src/b.c"]
    nowhere = await run(tmp_path, "coverage", "printf 'SF:dist/c.c\\nDA:1,1\\n'", format="lcov")
    assert (nowhere.coverage, "names no file of the repository (dist/c.c)" in nowhere.advice) == ((), True)
    lines = "/build/a.c:1: one\n../a.c:1: two\n/usr/include/x.h:1: three\n"
    texts = await run(tmp_path, "linting", f"printf '{lines}'", format="text", project="pkg")
    assert [one.path for one in texts.findings] == ["a.c", "a.c", "/usr/include/x.h"]
    body = "<testsuite><testcase name='a' file='/app/src/b.c'/><testcase name='b' file='gone.c'/></testsuite>"
    tests = await run(tmp_path, "unit_tests", f'echo "{body}"', format="junit")
    assert [one.path for one in tests.tests] == ["pkg/src/b.c", ""]


async def test_a_name_that_two_files_have_is_unclear(tmp_path: Path) -> None:
    other = {"other/src/b.c": "int z;\n"}
    found = await run(tmp_path, "coverage", "printf 'SF:b.c\\nDA:1,1\\n'", other, format="lcov")
    assert [(one.path, one.unclear) for one in found.coverage] == [("other/src/b.c", "b.c"), ("pkg/src/b.c", "b.c")]

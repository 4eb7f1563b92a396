"""Files of GitHub Actions: zizmor for real, actionlint's report as it writes it."""

import json
from pathlib import Path

import pytest

from activities.model import ToolReport
from activities.tooling import REPOSITORY, Project
from activities.tools import actionlint, registry
from tests.activities.tools.python.conftest import Make

ZIZMOR, ACTIONLINT = registry()["zizmor"], registry()["actionlint"]
CHECKOUT = "      - uses: actions/checkout@v4\n        with: {persist-credentials: false}\n"
WORKFLOW = (
    "name: a\non: pull_request_target\npermissions: {}\njobs:\n  a:\n    name: a\n    runs-on: ubuntu-latest\n    steps:\n"
    + CHECKOUT
    + '      - run: echo "${{ github.event.pull_request.title }}"\n'
)


def brief(report: ToolReport) -> set[tuple[str, int, str, str]]:
    return {(one.path, one.line, one.rule, one.severity) for one in report.findings}


async def test_zizmor_reads_workflows_and_actions_whatever_git_ignores(bench: Make) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW, ".github/workflows/broken.yml": "a: [", ".github/workflows/notes.md": "",
        "action.yml": "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: a/b@main\n",
        ".gitignore": "*\n", "node_modules/x/.github/workflows/b.yml": WORKFLOW,
    }  # fmt: skip
    report = await ZIZMOR.run(bench(files))
    assert report.completed, report.problem
    assert {
        (".github/workflows/a.yml", 2, "dangerous-triggers", "error"),
        (".github/workflows/a.yml", 11, "template-injection", "error"),
        ("action.yml", 6, "unpinned-uses", "error"),
    } <= brief(report)
    assert {one.path for one in report.findings} == {".github/workflows/a.yml", "action.yml"}
    # Nothing of it is a danger that blocks where nobody asks.
    assert not any(one.confidence for one in report.findings)
    assert report.version


async def test_zizmor_has_its_configuration_from_the_repository(bench: Make) -> None:
    rules = "rules: {dangerous-triggers: {disable: true}, template-injection: {disable: true}, unpinned-uses: {disable: true}}\n"
    made = bench({".github/workflows/a.yml": WORKFLOW, ".github/zizmor.yml": rules})
    assert brief(await ZIZMOR.run(made)) == set()
    assert ZIZMOR.asked_for(made.project, "security") == ".github/zizmor.yml"


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({".github/workflows/a.yml": "a: ["}, "could read no workflow"),
        ({".github/workflows/a.yml": WORKFLOW, "zizmor.yml": "rulez: 1"}, "zizmor"),
    ],
)
async def test_what_zizmor_cannot_read_is_a_problem(bench: Make, files: dict[str, str], word: str) -> None:
    report = await ZIZMOR.run(bench(files))
    assert not report.completed
    assert word in report.problem


def test_there_is_work_only_where_workflows_are(tmp_path: Path) -> None:
    project = Project(".", tmp_path, REPOSITORY)
    assert not ZIZMOR.has_work(project, "security")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "a.yml").symlink_to("/etc/passwd")
    assert not ZIZMOR.has_work(project, "security")
    (tmp_path / ".github" / "workflows" / "b.yaml").write_text(WORKFLOW)
    assert ZIZMOR.has_work(project, "security")


async def test_actionlint_that_is_asked_for_and_missing_is_told(bench: Make) -> None:
    hook = "repos:\n- repo: https://github.com/rhysd/actionlint\n  rev: v1\n  hooks: [{id: actionlint}]\n"
    made = bench({".github/workflows/a.yml": WORKFLOW, ".pre-commit-config.yaml": hook})
    assert ACTIONLINT.asked_for(made.project, "linting") == "hook actionlint in .pre-commit-config.yaml"
    assert ACTIONLINT.has_work(made.project, "linting")
    if not actionlint.on_this_host():
        report = await ACTIONLINT.run(made)
        assert "is not on this host" in report.advice
        assert not report.problem


def test_actionlint_report_is_read(bench: Make) -> None:
    made = bench({"a": ""})
    entry = {
        "message": "undefined",
        "filepath": ".github/workflows/a.yml",
        "line": 3,
        "column": 7,
        "kind": "expression",
    }
    (made.out / "actionlint.json").write_text(json.dumps([entry, "x", {"line": "y"}]))
    found = list(ACTIONLINT.findings(made))
    assert next((one.path, one.line, one.column, one.rule) for one in found) == (
        ".github/workflows/a.yml",
        3,
        7,
        "expression",
    )
    (made.out / "actionlint.json").write_text("null")
    assert list(ACTIONLINT.findings(made)) == []

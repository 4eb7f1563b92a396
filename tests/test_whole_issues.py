"""The whole issues: each has what a run through the workflow needs, and hidden tests that only its change passes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.agents.scripted import Script
from benchmarks.build.issue_check import issue_problems
from benchmarks.build.issue_runs import run_issues
from benchmarks.build.whole_issues import ISSUES, WholeIssue, edited, whole_issues
from tests.runners import runner_with_registries

FOUND = whole_issues()


def test_there_are_enough_and_of_each_kind() -> None:
    assert len(FOUND) >= 4
    assert any(one.kind == "fault" for one in FOUND.values())
    assert {one.command.partition(" ")[0] for one in FOUND.values()} == {"node", "python"}
    assert any(len(one.plan) == 2 and one.plan[1].needs for one in FOUND.values())
    assert any(len(one.plan) == 4 and not any(task.needs for task in one.plan) for one in FOUND.values())


@pytest.mark.parametrize("issue", FOUND.values(), ids=FOUND)
async def test_only_the_change_passes_the_hidden_tests(issue: WholeIssue, tmp_path: Path) -> None:
    assert await issue_problems(issue, await runner_with_registries(), tmp_path) == []


async def test_an_issue_whose_tests_show_nothing_is_found(tmp_path: Path) -> None:
    issue = FOUND["discount-rounding"]
    shown = {"hidden": {"test_hidden.py": "def test_nothing() -> None:\n    pass\n"}, "shows": "CHANGELOG.md"}
    problems = await issue_problems(issue.model_copy(update=shown), await runner_with_registries(), tmp_path)
    assert [one.partition(" should fail")[0] for one in problems] == [
        "The hidden tests on the files as they are",
        "CHANGELOG.md of the change on the files as they are",
    ]


@pytest.mark.parametrize("issue", FOUND.values(), ids=FOUND)
def test_the_script_is_one_and_each_coder_knows_its_task(issue: WholeIssue) -> None:
    written = yaml.safe_dump(issue.script().model_dump(mode="json", exclude_defaults=True))
    script = Script.model_validate(yaml.safe_load(written), strict=False)
    assert script == issue.script()
    assert [one.roles[0] for one in script.answers] == [
        "architect",
        "planner",
        *["coder"] * len(issue.plan),
        "reviewer",
    ]
    plan = json.loads(script.answers[1].answer)
    assert [set(one) for one in plan] == [{"title", "task", "files", "needs", "tests", "risk"}] * len(issue.plan)
    for task in issue.plan:
        others = (*(one.task for one in issue.plan if one is not task), issue.body, issue.design)
        assert not any(task.task in other for other in others), "another coder would take it for its own"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one["plan"][1].update(title=one["plan"][0]["title"]), "two tasks have the title"),
        (lambda one: one["plan"][0].update(needs=[one["plan"][1]["title"]]), "which is no task before it"),
        (lambda one: one["plan"][0].update(files=["other.py"]), "names and changes different files"),
        (lambda one: one["plan"][1].pop("needs") and one["plan"][1].update(one["plan"][0], title="x"), "does not need"),
        (lambda one: one["hidden"].update({"stock.py": ""}), "a hidden test is in the repository"),
        (lambda one: one.update(kind="fault"), "`shows` is for a fault"),
        (lambda one: one.update(kind="wish"), "kind"),
        (lambda one: one.update(extra=1), "extra"),
        (lambda one: one.update(plan=one["plan"][:1]), "plan"),
        (lambda one: one["plan"][0].update(task="two\nlines"), "task"),
    ],
)
def test_a_file_that_is_no_issue_is_refused_by_its_name(change: Any, says: str, tmp_path: Path) -> None:
    written = copy.deepcopy(yaml.safe_load((ISSUES / "stock-reservations.yml").read_text("utf-8")))
    change(written)
    (tmp_path / "bad.yml").write_text(yaml.safe_dump(written), "utf-8")
    with pytest.raises(ValueError, match=rf"^bad\.yml: [\s\S]*{says}"):
        whole_issues(tmp_path)


def test_an_edit_that_does_not_fit_is_named() -> None:
    edits = FOUND["discount-rounding"].plan[0].edits
    with pytest.raises(ValueError, match=r"cart\.py holds the text to replace 0 times"):
        edited({"cart.py": ""}, edits)


async def test_issues_go_from_the_label_to_a_pull_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And hidden tests decide: the second asks for more than its plan does."""
    more = {"more.test.mjs": "import { test } from 'node:test';\n\ntest('more', () => { throw new Error('more'); });\n"}
    issue = FOUND["js-lost-updates"]
    asks_more = issue.model_copy(update={"name": "asks-more", "hidden": {**issue.hidden, **more}})
    made = await run_issues([FOUND["js-four-formats"], asks_more], None, tmp_path)
    assert [(one.solved, one.state, one.rounds) for one in made] == [(True, "ready", 4), (False, "ready", 2)]
    assert [round(one.dollars, 2) for one in made] == [0.07, 0.05]
    assert (made[0].why, "The hidden tests fail" in made[1].why) == ("", True)
    assert "1 of 2 solved, $0.12" in capsys.readouterr().out

"""Answers of architects, planners and reviewers: read strictly, with a sentence for each mistake."""

import json
from typing import Any

import pytest

from activities.planning_engine.answers import (
    AnswerProblem,
    ReviewFinding,
    overlaps,
    read_design,
    read_plan,
    read_review,
)


def task(title: str, *files: str, needs: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "task": f"Do {title}.",
        "files": list(files or (f"{title}.py",)),
        "needs": list(needs),
        **more,
    }


def plan(*tasks: dict[str, Any]) -> str:
    return json.dumps(list(tasks))


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "fault", "summary": "Round up.", "design": "In `round.py`."}',
        'Here it is:\n```json\n{"kind": "fault", "summary": "Round up.", "design": "In `round.py`."}\n```\nDone.',
        'I think {this} first. {"kind": "fault", "summary": " Round up. ", "design": "In `round.py`.", "more": 1}',
    ],
)
def test_a_design_is_found_in_what_a_model_says(text: str) -> None:
    found = read_design(text)
    assert (found.kind, found.summary, found.design, found.nothing) == ("fault", "Round up.", "In `round.py`.", False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("A design in words.", "no JSON"),
        ("[1]", "no JSON"),
        ('{"summary": ""}', "summary"),
        ('{"design": "x"}', "summary"),
        ('{"kind": "miracle", "summary": "x"}', "kind"),
        ('{"summary": "x", "questions": "all"}', "questions"),
        ("{" * 5000, "no JSON"),
    ],
)
def test_what_is_no_design_says_why(text: str, why: str) -> None:
    with pytest.raises(AnswerProblem, match=why):
        read_design(text)


def test_tasks_come_after_what_they_need() -> None:
    found = read_plan(plan(task("c", needs=("B",)), task("b", needs=("a",)), task("a")))
    assert [one.title for one in found] == ["a", "b", "c"]


def test_tasks_that_touch_one_file_are_put_in_sequence() -> None:
    found = {one.title: one.needs for one in read_plan(plan(task("a", "x.py"), task("b", "y.py"), task("c", "./x.py")))}
    assert found == {"a": (), "b": (), "c": ("a",)}


def test_a_folder_is_every_file_in_it() -> None:
    found = {
        one.title: one.needs for one in read_plan(plan(task("a", "src/"), task("b", "src/y.py"), task("c", "srcs")))
    }
    assert found == {"a": (), "b": ("a",), "c": ()}
    assert overlaps("src", "src/a/b.py")
    assert not overlaps("src", "src2/a.py")


def test_one_file_in_two_repositories_is_two_files() -> None:
    other = task("b", "x.py", repository="OCTOCAT/web")
    found = read_plan(plan(task("a", "x.py"), other), ("octocat/web",))
    assert [(one.repository, one.needs) for one in found] == [("", ()), ("octocat/web", ())]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (plan(), "at least 1"),
        (plan(*(task(f"t{at}") for at in range(13))), "at most 12"),
        (plan(task("a"), task("A")), "give each its own"),
        (plan(task("a", needs=("b",))), "no task has that title"),
        (plan(task("a", needs=("b",)), task("b", needs=("a",))), "need each other"),
        (plan(task("a", needs=("a",))), "need each other"),
        (plan(task("a", "/etc/passwd")), "no path"),
        (plan(task("a", "../out.py")), "no path"),
        (plan(task("a", "a//b")), "no path"),
        (plan(task("a", ".git/config")), "no path"),
        (plan(task("a", ".GIT/config")), "no path"),
        (plan(task("a", "C:\\x.py")), "no path"),
        (plan(task("a", "a\u202eb")), "no path"),
        (plan({**task("a"), "files": []}), "files"),
        (plan({**task("a"), "task": ""}), "task"),
        (plan({**task("a"), "risk": "none"}), "risk"),
        (plan(task("a", repository="octocat/other")), "cannot be changed"),
        ('{"tasks": 3}', "tasks"),
        ("I would rather not.", "no JSON"),
    ],
)
def test_what_is_no_plan_says_why(text: str, why: str) -> None:
    with pytest.raises(AnswerProblem, match=why):
        read_plan(text)


def test_findings_of_a_review_are_in_order_of_importance() -> None:
    text = (
        "Looks good but:\n- `a.py:3`: may: rename it\nb.py:10-12: **must**: it loses the last row, add it\nno finding"
    )
    assert read_review(text) == (
        ReviewFinding("b.py", 10, "must", "it loses the last row, add it"),
        ReviewFinding("a.py", 3, "may", "rename it"),
    )
    assert read_review("No findings.") == ()


def test_a_review_in_other_words_is_none() -> None:
    with pytest.raises(AnswerProblem, match="path:line"):
        read_review("All fine, I believe.")

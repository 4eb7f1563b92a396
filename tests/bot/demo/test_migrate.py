"""The demo's migration: which comments a person makes, and when, by what the migration's own comment says."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import click
import pytest
from rich.console import Console

from activities.errors import UserError
from activities.migration.types import (
    Leftover,
    MigrationAnalysis,
    MigrationInput,
    MigrationResult,
    MigrationStep,
    MigrationView,
    StepResult,
)
from activities.migration_engine.report import comment
from activities.model import Head, RepoRef
from activities.reporting.migration import ROLLED_BACK_ON_REQUEST, no_packages
from bot.cli import demo
from bot.demo import PARTS, migrate
from bot.demo.migration_comment import MigrationComment
from bot.processes.local_stack import LocalStack

HEAD = Head(RepoRef("octocat", "react-sample", 1), "a" * 40, "main")
STEPS = (MigrationStep(migrate.TAKEN_BACK, "Name `a|b` so", 1), MigrationStep("roots", "Create roots", 2))
FIRST, SECOND = (StepResult(step.name, "done", "b" * 40, 1) for step in STEPS)
TAKEN_BACK = replace(FIRST, status="rolled_back", reason=ROLLED_BACK_ON_REQUEST)
DONE = MigrationResult("done", pull=2, leftovers=1)
LEFT = [Leftover("package.json", 7, "It lists `ie 11` | others.", "Remove it.")]


def view(stage: str, *results: StepResult, running: str = "", result: MigrationResult | None = None) -> str:
    """The comment that the product writes then."""
    steps = STEPS if results or running or stage == "migrating" else ()
    shown = MigrationView(MigrationInput(HEAD, "react18"), stage, MigrationAnalysis(), steps, results, running, result)
    return f"<!-- a mark -->\n{comment(shown, LEFT if result else [])}"


BEGUN = [view("preparing"), view("migrating"), view("migrating", running=FIRST.name)]
ENDED = view("ended", TAKEN_BACK, SECOND, result=DONE)


class ScriptedGitHub:
    """A comment that says one after another of `texts`; None is where it waits for the person's next comment."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.github = "http://github.example"
        self.said: list[str] = []
        self._texts = list(texts)
        self._body = ""

    async def do(self, action: str, **arguments: Any) -> Any:
        if action == "add_comment":
            self.said.append(arguments["body"])
            if self._texts and self._texts[0] is None:
                self._texts.pop(0)
        return {"full_name": "octocat/react-sample", "number": 1}

    async def changed(self, after: int) -> int:
        assert self._texts, f"the demo waits for something that is not said: {self._body}"
        assert self._texts[0] is not None, f"the demo waits where a person has to comment: {self._body}"
        self._body = self._texts.pop(0) or ""
        return after + 1

    async def get(self, path: str) -> Any:
        if "/check-runs" in path:
            output = {"title": "Passed", "annotations_count": 0}
            run = {"id": 1, "name": "gate", "status": "completed", "conclusion": "success", "output": output}
            return {"check_runs": [run]}
        if "/compare/main...migrated" in path:
            return {"commits": [{"sha": "c" * 40, "commit": {"message": "Create roots\n"}}]}
        if path.endswith("/pulls/2"):
            head = {"ref": "migrated", "sha": "c" * 40}
            return {"title": "Upgrade", "draft": False, "base": {"ref": "main"}, "head": head}
        return [{"user": {"type": "Bot"}, "body": self._body}] if self._body else []


async def shown(texts: Sequence[str | None]) -> tuple[list[str], str]:
    """(what the person commented, what the demo printed)"""
    github, out = ScriptedGitHub(texts), io.StringIO()
    await migrate.show(Console(file=out, width=200), cast(LocalStack, github))
    return github.said, out.getvalue()


async def test_each_comment_waits_for_what_the_migration_says() -> None:
    paused = view("paused", FIRST)
    again = view("paused", TAKEN_BACK)
    said, out = await shown([*BEGUN, None, view("pausing", running=FIRST.name), paused, None, again, None, ENDED])
    assert said == ["/migrate react18", "/pause", "/rollback lifecycles", "/resume"]
    printed = [
        "Migration react18", "lifecycles  Name `a|b` so", "✓ octocat/react-sample lifecycles: done", "Paused; /resume",
        "↺ octocat/react-sample lifecycles: taken back: Taken back on request.", "✓ octocat/react-sample roots: done",
        "Done: #2.", "left: package.json:7: It lists `ie 11` | others. Remove it.", "#2 Upgrade, from migrated",
        "ccccccc Create roots", "gate: Passed",
    ]  # fmt: skip
    assert re.search(".*".join(map(re.escape, printed)), out, re.DOTALL), out


async def test_a_migration_that_ended_before_the_pause_is_shown_to_its_end() -> None:
    said, out = await shown([*BEGUN, None, ENDED])
    assert said == ["/migrate react18", "/pause"]
    assert "Create roots" in out


@pytest.mark.parametrize(
    "result", [MigrationResult("refused", "No React here."), MigrationResult("failed", "An error.")]
)
async def test_a_migration_that_could_not_be_done_says_why(result: MigrationResult) -> None:
    said, out = await shown([view("preparing"), view("ended", result=result)])
    assert said == ["/migrate react18"]
    assert result.reason in out


async def test_one_sentence_says_that_npm_does_not_answer() -> None:
    lacking = StepResult(FIRST.name, "failed", reason=no_packages("npm error code ECONNREFUSED in a_file"))
    with pytest.raises(
        UserError, match=r"^The packages .* npm could not be installed: .* ECONNREFUSED in a_file.*answers\.$"
    ):
        await shown([*BEGUN, None, view("migrating", lacking, running=SECOND.name)])


@pytest.mark.parametrize(
    ("body", "true"),
    [
        ("", lambda it: not it.has_ended and not it.is_paused and not it.steps),
        (view("preparing"), lambda it: not it.has_ended and not it.steps),
        (view("pausing", FIRST), lambda it: not it.is_paused and not it.has_ended),
        (view("paused", FIRST), lambda it: it.is_paused and not it.has_ended),
        (ENDED, lambda it: it.has_ended and it.pull == 2),
        (view("ended", FIRST, result=MigrationResult("stopped", "Why.", pull=3)), lambda it: it.pull == 3),
        (view("ended", result=MigrationResult("nothing", "Why.")), lambda it: it.has_ended and it.pull == 0),
    ],
)
def test_comment_is_read(body: str, true: Callable[[MigrationComment], bool]) -> None:
    assert true(MigrationComment(body))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_shown_alone(part: str) -> None:
    assert demo.command.make_context("demo", ["--only", part]).params["only"] == part


def test_another_part_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(click.BadParameter, match=r"gate.*migrate"):
        demo.command.make_context("demo", ["--only", "nothing"])

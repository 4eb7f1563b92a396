"""A whole issue: a repository, what somebody asks of it, the tests that no agent sees, and the answers of a scripted
architect, planner, coders and reviewer."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from activities.agents.scripted import Script, ScriptedAnswer, ScriptedEdit
from activities.planned_changes.types import ChangeKind, Risk

from .tasks import PYTEST

ISSUES = Path(__file__).parent / "issues"


class PlannedTask(BaseModel):
    """One entry of the planner's list, and what its coder does. `task` is one line: the scripted coder knows its task
    by it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=100)
    task: str = Field(min_length=1, pattern=r"^[^\n]+$")
    files: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    tests: str = ""
    risk: Risk = "low"
    edits: tuple[ScriptedEdit, ...] = Field(min_length=1)


class WholeIssue(BaseModel):
    """`command` runs the tests. `shows` is the file with the test that a fault's change adds: it fails on the files as
    they are. `dollars` and `seconds` are those of each scripted answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1)
    kind: ChangeKind
    summary: str
    design: str
    files: Mapping[str, str]
    hidden: Mapping[str, str] = Field(min_length=1)
    plan: tuple[PlannedTask, ...] = Field(min_length=2, max_length=4)
    review: Literal["No findings."] = "No findings."
    shows: str = ""
    command: str = PYTEST
    dollars: float = Field(0.01, ge=0)

    @model_validator(mode="after")
    def _plan_holds_together(self) -> Self:
        """The tasks are in an order, change what they say, and in sequence what they both change."""
        before: dict[str, set[str]] = {}
        owners: dict[str, str] = {}
        for task in self.plan:
            if task.title in before:
                raise ValueError(f"two tasks have the title {task.title!r}")
            if missing := set(task.needs) - before.keys():
                raise ValueError(f"{task.title!r} needs {sorted(missing)[0]!r}, which is no task before it")
            before[task.title] = set(task.needs).union(*(before[need] for need in task.needs))
            if stray := {edit.path for edit in task.edits} ^ set(task.files):
                raise ValueError(f"{task.title!r} names and changes different files: {sorted(stray)[0]!r}")
            for path in task.files:
                if path in owners and owners[path] not in before[task.title]:
                    raise ValueError(f"{task.title!r} changes {path!r} and does not need {owners[path]!r}")
                owners[path] = task.title
        if self.hidden.keys() & (self.files.keys() | owners.keys()):
            raise ValueError("a hidden test is in the repository or in a task")
        if (self.kind == "fault") != bool(self.shows) or (self.shows and self.shows not in owners):
            raise ValueError("`shows` is for a fault, and a file that one of the tasks changes")
        return self

    def solved(self) -> dict[str, str]:
        """The files after all tasks."""
        return edited(self.files, [edit for task in self.plan for edit in task.edits])

    def script(self) -> Script:
        """What the scripted agents answer, to this issue alone."""
        design = {"kind": self.kind, "summary": self.summary, "design": self.design, "questions": [], "nothing": False}
        plan = [task.model_dump(exclude={"edits"}) for task in self.plan]
        coders = (
            ScriptedAnswer(
                roles=("coder",), when=task.task, edits=task.edits, answer=f"{task.title}.", dollars=self.dollars
            )
            for task in self.plan
        )
        return Script(
            answers=(
                ScriptedAnswer(roles=("architect",), when=self.title, answer=json.dumps(design), dollars=self.dollars),
                ScriptedAnswer(roles=("planner",), when=self.title, answer=json.dumps(plan), dollars=self.dollars),
                *coders,
                ScriptedAnswer(roles=("reviewer",), when=self.title, answer=self.review, dollars=self.dollars),
            )
        )


def edited(files: Mapping[str, str], edits: Iterable[ScriptedEdit]) -> dict[str, str]:
    """The files with the edits, one after another. Raises ValueError for one that does not fit."""
    after = dict(files)
    for edit in edits:
        if edit.content is not None:
            after[edit.path] = edit.content
        elif not edit.find:
            if after.pop(edit.path, None) is None:
                raise ValueError(f"there is no {edit.path} to remove")
        elif (found := after.get(edit.path, "").count(edit.find)) != 1:
            raise ValueError(f"{edit.path} holds the text to replace {found} times instead of once")
        else:
            after[edit.path] = after[edit.path].replace(edit.find, edit.replace)
    return after


def whole_issues(folder: Path = ISSUES) -> dict[str, WholeIssue]:
    """All of them, by their names. Raises ValueError with the file's name."""
    found = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            found[path.stem] = WholeIssue(name=path.stem, **yaml.safe_load(path.read_text("utf-8")))
        except (ValueError, TypeError, yaml.YAMLError) as error:
            raise ValueError(f"{path.name}: {error}") from None
    return found

"""The tasks for agents: their hidden tests fail before the answer that each has, and pass after it."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from activities.agents.scripted import ScriptedEdit
from activities.toolchains import registry
from activities.tooling import OUR_TOOLS
from benchmarks.build.__main__ import run_tasks
from benchmarks.build.tasks import BuildTask, tasks

TASKS = tasks()


def test_there_are_enough() -> None:
    assert len(TASKS) >= 20


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_hidden_tests_show_what_was_asked_for(task: BuildTask, tmp_path: Path) -> None:
    write(tmp_path, {**task.files, **task.hidden})
    assert not passes(task, tmp_path), "the hidden tests fail before"
    apply(tmp_path, task.solution)
    assert passes(task, tmp_path), "the answer is right"


async def test_a_scripted_agent_solves_a_task_through_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await run_tasks([TASKS["paging-off-by-one"]], None, "", tmp_path)
    assert [one.solved for one in made] == [True]
    assert "1 of 1 solved" in capsys.readouterr().out


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")


def apply(folder: Path, edits: Iterable[ScriptedEdit]) -> None:
    for edit in edits:
        path = folder / edit.path
        if edit.content is not None:
            path.write_text(edit.content, "utf-8")
            continue
        text = path.read_text("utf-8")
        assert text.count(edit.find) == 1, edit
        path.write_text(text.replace(edit.find, edit.replace), "utf-8")


def passes(task: BuildTask, folder: Path) -> bool:
    programs = (OUR_TOOLS, *(path for chain in registry().values() for path in chain.paths()))
    path = os.pathsep.join([*(str(one / "bin") for one in programs), os.environ["PATH"]])
    environ = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["sh", "-c", task.command]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False).returncode == 0

"""What a run of an agent leaves: its change as a commit, how it ended, and what it cost."""

import asyncio
from pathlib import Path

import pytest

from activities.agent_runs.types import AgentRunResult, Role, RunLimits
from activities.errors import UserError
from tests.activities.agent_runs.harness import AgentSite, make_agent_site
from tests.deadlines import until

FILES = {"app.txt": "def add(a, b):\n    return a - b\n", ".gitignore": "*.log\nbuild/\n", "doc/a.md": "A\n"}


@pytest.fixture
async def site(tmp_path: Path) -> AgentSite:
    return await make_agent_site(tmp_path, FILES)


async def test_the_result_is_the_difference_and_never_the_word(site: AgentSite) -> None:
    """New, changed and removed files; what is ignored or left by tools is no part of it."""
    edits = [
        {"path": "app.txt", "find": "a - b", "replace": "a + b"},
        {"path": "tests/test_app.txt", "content": "def test(): pass\n"},
        {"path": "doc/a.md"},
        {"path": "build/out.js", "content": "x"},
        {"path": "run.log", "content": "x"},
        {"path": "__pycache__/a.pyc", "content": "x"},
        {"path": "node_modules/a/index.js", "content": "x"},
    ]
    engine = site.scripted({"edits": edits, "answer": "Added it.", "dollars": 0.25})
    result = await engine.run(site.input(engine))
    assert (result.ending, result.explanation, result.files_changed) == ("done", "Added it.", 3)
    assert await site.changed(result) == {
        "app.txt": b"def add(a, b):\n    return a + b\n",
        "tests/test_app.txt": b"def test(): pass\n",
        "doc/a.md": None,
    }
    assert (result.dollars, result.steps) == (0.25, 1)
    assert "Added it." in engine.transcript("run-1").read_text()
    assert engine.answer(result.answer_id) == "Added it."


async def test_a_run_that_is_asked_for_again_gives_what_it_gave(site: AgentSite) -> None:
    engine = site.scripted({"edits": [{"path": "a.txt", "content": "a"}], "dollars": 1})
    first = await engine.run(site.input(engine))
    again = await site.scripted({"ending": "gave_up"}).run(site.input(engine))
    assert again == first


@pytest.mark.parametrize(
    ("answer", "limits", "ending"),
    [
        ({"answer": "Nothing to do."}, RunLimits(), "empty"),
        ({"ending": "gave_up", "answer": "No idea."}, RunLimits(), "gave_up"),
        ({"ending": "refused_by_model"}, RunLimits(), "refused_by_model"),
        ({"when": "something else"}, RunLimits(), "gave_up"),
        ({"dollars": 2}, RunLimits(dollars=1.5), "out_of_money"),
        ({}, RunLimits(steps=0), "out_of_steps"),
        ({"seconds": 60}, RunLimits(seconds=1), "out_of_time"),
        ({"edits": [{"path": "../out", "content": "x"}]}, RunLimits(), "gave_up"),
        ({"edits": [{"path": "app.txt", "find": "nowhere", "replace": "x"}]}, RunLimits(), "gave_up"),
    ],
)
async def test_every_ending_is_named(
    site: AgentSite, answer: dict[str, object], limits: RunLimits, ending: str
) -> None:
    engine = site.scripted(answer)
    result = await engine.run(site.input(engine, limits=limits))
    assert result.ending == ending
    assert not result.commit_sha


async def test_a_stop_by_a_person_is_an_ending_and_a_worker_that_ends_is_none(site: AgentSite) -> None:
    engine = site.scripted({"seconds": 600})

    async def cancelled(run: str, *, by_person: bool) -> AgentRunResult:
        task = asyncio.create_task(engine.run(site.input(engine, run=run), is_stopped=lambda: by_person))
        await until(lambda: asyncio.to_thread(engine.transcript(run).exists))
        task.cancel()
        return await task

    assert (await cancelled("run-1", by_person=True)).ending == "stopped"
    with pytest.raises(asyncio.CancelledError):
        await cancelled("run-2", by_person=False)


async def test_a_role_that_does_not_write_changes_nothing(site: AgentSite) -> None:
    engine = site.scripted({"edits": [{"path": "a.txt", "content": "a"}], "answer": "No findings."})
    result = await engine.run(site.input(engine, role="reviewer"))
    assert (result.ending, result.commit_sha) == ("done", "")


async def test_what_is_not_configured_is_said_in_a_sentence(site: AgentSite) -> None:
    engine = site.scripted({})
    with pytest.raises(UserError, match="has no model `other`: it has demo"):
        await engine.run(site.input(engine, model="other"))
    missing = site.engine({"demo": {"backend": "scripted", "script": "/nowhere/x.yml"}})
    with pytest.raises(UserError, match="cannot be used"):
        await missing.run(site.input(missing, run="run-2"))


async def test_environments_are_prepared_for_the_commands_that_need_them_alone(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "part/requirements.txt": "", "app.py": "", "part/part.py": ""}
    site = await make_agent_site(tmp_path, files)

    def prepared() -> int:
        return len(list(site.data.glob("environments/*/*/*/*/installed.json")))

    reads = site.scripted({"answer": "No findings."})
    roles: tuple[Role, ...] = ("architect", "reviewer")
    for role in roles:
        assert (await reads.run(site.input(reads, role=role, run=role))).ending == "done"
    assert prepared() == 0
    runs = site.scripted({"commands": ["echo 42 > found.txt", "true"]})
    result = await runs.run(site.input(runs, run="coder"))
    assert await site.changed(result) == {"found.txt": b"42\n"}
    assert prepared() == 1, "of the project in which they were started, once"


async def test_an_environment_that_this_host_cannot_prepare_is_no_ending_of_the_agent(tmp_path: Path) -> None:
    site = await make_agent_site(tmp_path, {"requirements.txt": "", "app.py": ""})
    engine = site.scripted({"commands": ["echo 42 > found.txt"]})
    in_the_way = site.data / "environments"
    in_the_way.write_text("")
    with pytest.raises(OSError, match="environments"):
        await engine.run(site.input(engine))
    in_the_way.unlink()
    assert (await engine.run(site.input(engine))).ending == "done"

"""The loop over HTTP: what it asks, what it does, what it counts, and how it ends."""

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from activities.agent_runs.backend import ModelUnavailable
from activities.agent_runs.types import RunLimits
from activities.errors import UserError
from tests.activities.agent_chat.harness import ChatSite, Json, call, says
from tests.model_server import ScriptedModelServer

BUGGY, RIGHT = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
EDIT = {"path": "app.py", "search": "a - b", "replace": "a + b"}


@pytest.fixture
def site(tmp_path: Path, model_server: ScriptedModelServer) -> ChatSite:
    site = ChatSite(tmp_path, model_server)
    site.before.write("app.py", BUGGY.encode())
    return site


@pytest.mark.parametrize(
    ("provider", "path"),
    [("openai", "/v1"), ("anthropic", ""), ("google", "")],
)
async def test_each_provider_reads_edits_and_runs(site: ChatSite, provider: str, path: str) -> None:
    site.begin(
        {**call("read", path="app.py"), "text": "I look first."},
        {"tools": [{"name": "edit", "input": EDIT}, {"name": "run", "input": {"command": "cat app.py"}}], "usage": {"input": 1000, "output": 100}},
        says("It adds now."),
    )  # fmt: skip
    limits = RunLimits(dollars=100)
    end = await site.end(limits=limits, provider=provider, url=site.server.url + path, max_output_tokens=64_000)
    assert (end.ending, end.answer) == ("done", "It adds now.")
    assert site.tree.read_text("app.py", 1000) == RIGHT
    asked = site.server.requests
    assert [one["key"] for one in asked] == ["key"] * 3
    assert "Make add right." in str(asked[0]["body"])
    assert "Use tabs." in str(asked[0]["body"])
    assert "1  def add(a, b):" in str(asked[1]["body"])
    assert "Changed app.py at line 2." in str(asked[2]["body"])
    assert "exit code 0" in str(asked[2]["body"])
    assert (site.meter.steps, round(site.meter.dollars, 6)) == (3, 3 * (1000 * 10 + 100 * 100) / 1e6)


async def test_openai_itself_is_asked_by_its_newer_protocol(site: ChatSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{site.server.url}/v1")
    site.begin(call("edit", **EDIT), says("Done."))
    assert (await site.end(model="gpt-5.4", url="", effort="high")).ending == "done"
    first, second = site.server.requests
    assert (first["path"], first["body"]["reasoning"]["effort"]) == ("/v1/responses", "high")
    assert "Changed app.py" in str(second["body"]["input"])


async def test_a_role_that_does_not_write_has_no_tool_that_does(site: ChatSite) -> None:
    site.begin(call("write", path="a", content="a"), call("run", command="touch b"), says("No findings."))
    assert (await site.end("reviewer")).answer == "No findings."
    offered = [tool["function"]["name"] for tool in site.server.requests[0]["body"]["tools"]]
    assert offered == ["read", "list", "search", "give_up"]
    assert all("There is no tool" in result for result in site.results())
    assert site.tree.names() == ("app.py",)


@pytest.mark.parametrize(
    ("replies", "limits", "ending", "asked"),
    [
        ([call("give_up", reason="No idea.")], {}, "gave_up", 1),
        ([says("I will not.", stop="refusal")], {}, "refused_by_model", 1),
        ([says("")] * 9, {}, "format_errors", 3),
        ([says("Half a sente", stop="length")] * 9, {}, "format_errors", 3),
        ([call("fly")] * 9, {}, "format_errors", 3),
        ([call("read", file="app.py")] * 9, {}, "format_errors", 3),
        ([call("read", path="app.py")] * 9, {}, "stuck", 4),
        ([call("run", command="echo in $RANDOM; echo done in 0.0${RANDOM}s | sed s/x/y/")] * 9, {"steps": 2}, "out_of_steps", 2),
        ([call("read", path="app.py")] * 9, {"dollars": 0.85}, "out_of_money", 1),
        ([call("read", path="app.py")] * 9, {"dollars": 0.5}, "out_of_money", 0),
        ([says("x", fault="context_too_long")] * 9, {}, "gave_up", 1),
    ],
)  # fmt: skip
async def test_every_ending(
    site: ChatSite, replies: list[Json], limits: dict[str, Any], ending: str, asked: int
) -> None:
    site.begin(*replies)
    assert (await site.end(limits=RunLimits(**limits))).ending == ending
    assert len(site.server.requests) == asked


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
@pytest.mark.parametrize(
    ("fault", "kind", "sentence", "billed"),
    [
        ("unauthorized", UserError, "refused the key of the model `demo`: look at MODEL_KEY", False),
        ("model_not_found", UserError, "does not have the model `m`", False),
        ("huge", UserError, "more than an answer of a model can be", True),
        ("rate_limited", ModelUnavailable, "did not answer", False),
        ("overloaded", ModelUnavailable, "did not answer", False),
        ("error", ModelUnavailable, "did not answer", False),
        ("garbage", ModelUnavailable, "did not answer", True),
        ("half", ModelUnavailable, "did not answer", True),
    ],
)
async def test_what_goes_wrong_is_a_sentence_and_asked_once(
    site: ChatSite, provider: str, fault: str, kind: type[Exception], sentence: str, billed: bool
) -> None:
    site.begin({"fault": fault, "retry_after": 7 if fault == "rate_limited" else None, "times": 0})
    url = site.server.url + ("/v1" if provider == "openai" else "")
    with pytest.raises(kind, match=sentence) as raised:
        await site.end(provider=provider, url=url)
    assert len(site.server.requests) == 1
    assert (site.meter.costs[0].calls, site.meter.dollars > 0) == (1, billed)
    if fault == "rate_limited":
        assert isinstance(raised.value, ModelUnavailable)
        assert raised.value.retry_after == 7


async def test_an_endless_answer_ends_at_the_limit_of_time(site: ChatSite) -> None:
    site.begin({"fault": "endless"})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):  # as the engine does
            await site.end()
    assert site.meter.dollars > 0


async def test_nothing_listens(site: ChatSite) -> None:
    with pytest.raises(ModelUnavailable):
        await site.end(url="http://127.0.0.1:9/v1")
    assert site.meter.dollars == 0


async def test_another_attempt_goes_on_where_the_last_one_was(site: ChatSite) -> None:
    """Files, messages and costs; the same bytes again, and no answer that is there is asked for again."""
    script = (
        call("edit", **EDIT), call("run", command="echo x > new.sh; chmod +x new.sh; rm -f old"),
        {"fault": "overloaded"}, says("Done."),
    )  # fmt: skip
    site.before.write("old", b"o")
    site.begin(*script)
    with pytest.raises(ModelUnavailable):
        await site.end()
    assert (await site.end()).ending == "done"
    asked = site.server.requests
    assert [one["status"] for one in asked] == [200, 200, 503, 200]
    assert asked[2]["body"] == asked[3]["body"]
    assert site.tree.read_text("app.py", 1000) == RIGHT
    entry = site.tree.look("new.sh")
    assert entry
    assert entry.executable
    assert site.tree.look("old") is None
    assert (site.meter.steps, site.meter.costs[0].calls, site.meter.costs[0].input_tokens) == (4, 4, 3000)


async def test_an_attempt_that_died_pays_for_no_answer_twice(site: ChatSite) -> None:
    """Killed after the answer was recorded: it is used. Killed before: it counts at its highest price."""
    site.begin(call("edit", **EDIT), says("Done."), says("Done again."))
    first = await site.end()
    again = await site.end()
    assert (first, len(site.server.requests)) == (again, 2)
    assert (site.meter.steps, round(site.meter.dollars, 6)) == (2, 0.04)
    records = site.bench().records
    checkpoint = records.checkpoint()
    assert checkpoint
    state = json.loads(checkpoint.messages)
    assert state["in_flight"]
    lost = json.dumps(
        {**state, "messages": state["messages"].replace("Tabs.", "Spaces.").replace("Use tabs", "Use it")}
    )
    records.put_checkpoint(dataclasses.replace(checkpoint, messages=lost))
    assert (await site.end()).answer == "Done again."
    assert site.meter.steps == 3
    assert site.meter.dollars > 0.04 + 0.8  # 8,192 tokens of output at most


async def test_the_oldest_results_are_left_out_where_it_is_too_long(site: ChatSite) -> None:
    site.before.write("long.txt", b"".join(b"line %d of a long file\n" % n for n in range(300)))
    site.begin(
        call("read", path="long.txt"), call("read", path="app.py"), call("list"), {"fault": "context_too_long"},
        says("Done."),
    )  # fmt: skip
    assert (await site.end()).ending == "done"
    first, second, _ = site.results()
    assert "left out" in first
    assert "def add" in second


async def test_a_model_without_tool_calls_is_spoken_to_in_text(site: ChatSite) -> None:
    edit = "I see.\n\n```edit app.py\n<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n>>>>>>> REPLACE\n```"
    site.begin(
        {"fault": "no_tools"}, says("```read app.py\n```"), says("I forgot the block."), says(edit),
        says("```run\ncat app.py\n```"), says("````done\nIt adds.\n````"),
    )  # fmt: skip
    end = await site.end()
    assert (end.ending, end.answer) == ("done", "It adds.")
    assert site.tree.read_text("app.py", 1000) == RIGHT
    asked = [one["body"] for one in site.server.requests]
    assert ["tools" in body for body in asked] == [True, *[False] * 5]
    assert "exactly one block" in str(asked[1])
    assert "There is no block in your answer." in str(asked[3])


async def test_answers_in_another_form_end_a_run_in_text(site: ChatSite) -> None:
    site.begin(says("I cannot do that.", times=0))
    assert (await site.end(tools=False)).ending == "format_errors"
    assert "tools" not in site.server.requests[0]["body"]

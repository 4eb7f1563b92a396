"""The scripted model server over HTTP: each protocol's shape, and everything that goes wrong on purpose."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.model_server import Json, ScriptedModelServer, model_process

MESSAGES = [{"role": "user", "content": "Fix the test."}]
OPENAI = "/v1/chat/completions"
RESPONSES = "/v1/responses"
ANTHROPIC = "/v1/messages"
GOOGLE = "/v1beta/models/m:generateContent"
GOOGLE_STREAM = "/v1beta/models/m:streamGenerateContent"
BODIES: dict[str, Json] = {
    OPENAI: {"model": "m", "messages": MESSAGES},
    RESPONSES: {"model": "m", "input": MESSAGES},
    ANTHROPIC: {"model": "m", "max_tokens": 100, "messages": MESSAGES},
    GOOGLE: {"contents": [{"role": "user", "parts": [{"text": "Fix the test."}]}]},
    GOOGLE_STREAM: {"contents": [{"role": "user", "parts": [{"text": "Fix the test."}]}]},
}
REPLY = {
    "text": "I read the file first.",
    "tools": [{"name": "read", "input": {"path": "app.py"}}],
    "usage": {"input": 120, "output": 30, "cached": 20},
}


async def ask(server: ScriptedModelServer, path: str, key: str = "key", **more: Any) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {key}"} if path != ANTHROPIC else {"x-api-key": key}
    async with (
        aiohttp.ClientSession() as client,
        client.post(server.url + path, json={**BODIES[path], **more}, headers=headers) as response,
    ):
        return response.status, await response.read()


def events(body: bytes) -> list[Json]:
    lines = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def test_a_reply_in_the_shape_of_each_protocol(model_server: ScriptedModelServer) -> None:
    model_server.begin({**REPLY, "times": 0})
    chat = json.loads((await ask(model_server, OPENAI))[1])
    choice = chat["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", REPLY["text"])
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"path": "app.py"}
    assert (chat["usage"]["prompt_tokens"], chat["usage"]["completion_tokens"]) == (120, 30)
    answer = json.loads((await ask(model_server, ANTHROPIC))[1])
    assert [block["type"] for block in answer["content"]] == ["text", "tool_use"]
    assert (answer["stop_reason"], answer["usage"]["input_tokens"]) == ("tool_use", 100)
    response = json.loads((await ask(model_server, RESPONSES))[1])
    assert [item["type"] for item in response["output"]] == ["message", "function_call"]
    assert response["usage"]["total_tokens"] == 150
    found = json.loads((await ask(model_server, GOOGLE))[1])
    assert found["candidates"][0]["content"]["parts"][1]["functionCall"]["args"] == {"path": "app.py"}


async def test_the_same_reply_as_a_stream(model_server: ScriptedModelServer) -> None:
    model_server.begin({**REPLY, "times": 0})
    chat = events((await ask(model_server, OPENAI, stream=True, stream_options={"include_usage": True}))[1])
    deltas = [one["choices"][0]["delta"] for one in chat if one["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == REPLY["text"]
    assert chat[-1]["usage"]["total_tokens"] == 150
    assert not any("usage" in one for one in events((await ask(model_server, OPENAI, stream=True))[1]))
    said = events((await ask(model_server, ANTHROPIC, stream=True))[1])
    assert [one["type"] for one in said][:2] == ["message_start", "content_block_start"]
    inputs = "".join(one["delta"].get("partial_json", "") for one in said if one["type"] == "content_block_delta")
    assert json.loads(inputs) == {"path": "app.py"}
    assert said[-2]["usage"] == {"output_tokens": 30}
    response = events((await ask(model_server, RESPONSES, stream=True))[1])
    assert response[-1]["type"] == "response.completed"
    assert "".join(one["delta"] for one in response if one["type"] == "response.output_text.delta") == REPLY["text"]
    parts = events((await ask(model_server, GOOGLE_STREAM))[1])
    assert parts[-1]["usageMetadata"]["totalTokenCount"] == 150


async def test_replies_in_order_or_by_what_the_request_says(model_server: ScriptedModelServer) -> None:
    replies: list[Json] = [
        {"when": "Explain", "text": "C"},
        {"offers": "read", "text": "D"},
        {"text": "A", "times": 2},
        {"text": "B"},
    ]
    model_server.begin(*replies, models=["m"], keys=["key"])
    texts = [json.loads((await ask(model_server, OPENAI))[1])["choices"][0]["message"]["content"] for _ in range(3)]
    other = [{"role": "user", "content": "Explain."}]
    explained = await ask(model_server, OPENAI, messages=other)
    offered = await ask(model_server, ANTHROPIC, tools=[{"name": "read", "input_schema": {}}])
    assert texts == ["A", "A", "B"]
    assert (b'"C"' in explained[1], b'"D"' in offered[1]) == (True, True)
    assert (await ask(model_server, OPENAI))[0] == 400  # the script has no more
    assert (await ask(model_server, OPENAI, key="other"))[0] == 401
    assert (await ask(model_server, ANTHROPIC, model="other"))[0] == 404
    assert (await ask(model_server, OPENAI, messages=None))[0] == 400
    assert [one["reply"] for one in model_server.requests] == [2, 2, 3, 0, 1, -1, -1, -1, -1]
    assert model_server.requests[0]["key"] == "key"


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC, RESPONSES, GOOGLE])
async def test_errors_have_the_provider_s_status_and_words(model_server: ScriptedModelServer, path: str) -> None:
    faults = ["unauthorized", "model_not_found", "rate_limited", "error", "overloaded", "context_too_long"]
    model_server.begin(*({"fault": fault, "retry_after": 3} for fault in faults))
    answers = [await ask(model_server, path) for _ in faults]
    assert [status for status, _ in answers] == [401, 404, 429, 500, 529 if path == ANTHROPIC else 503, 400]
    assert all(json.loads(body)["error"]["message"] for _, body in answers)


@pytest.mark.parametrize("stream", [True, False])
async def test_answers_that_no_client_can_use(model_server: ScriptedModelServer, stream: bool) -> None:
    model_server.begin(
        {"fault": "garbage"},
        {"fault": "half", "text": "x" * 99},
        {"fault": "huge"},
        {"fault": "endless"},
        {"fault": "silence"},
    )
    assert b"<html>" in (await ask(model_server, OPENAI, stream=stream))[1]
    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(model_server, OPENAI, stream=stream)
    assert len((await ask(model_server, OPENAI, stream=stream))[1]) > 50 * 1024**2
    async with aiohttp.ClientSession() as client:
        body = {**BODIES[ANTHROPIC], "stream": stream}
        async with client.post(model_server.url + ANTHROPIC, json=body) as endless:
            assert len([await endless.content.readany() for _ in range(20)]) == 20
        with pytest.raises(TimeoutError):
            await client.post(model_server.url + ANTHROPIC, json=body, timeout=aiohttp.ClientTimeout(0.2))
    assert [one["complete"] for one in model_server.requests] == [True, False, True, False, False]


async def test_cut_off_and_refusal(model_server: ScriptedModelServer) -> None:
    model_server.begin(
        *({"stop": "length", "text": "a"}, {"stop": "length", "text": "a"}),
        *({"stop": "refusal", "text": "No."}, {"stop": "refusal", "text": "No."}),
    )
    assert json.loads((await ask(model_server, OPENAI))[1])["choices"][0]["finish_reason"] == "length"
    assert json.loads((await ask(model_server, ANTHROPIC))[1])["stop_reason"] == "max_tokens"
    assert json.loads((await ask(model_server, OPENAI))[1])["choices"][0]["message"]["refusal"] == "No."
    assert json.loads((await ask(model_server, ANTHROPIC))[1])["stop_reason"] == "refusal"


def test_the_process_takes_its_script_from_a_file(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("replies:\n  - text: Hello.\n")
    with model_process("--script", str(script)) as server:
        assert server.requests == []
    script.write_text("replies:\n  - txt: Hello.\n")
    command = (sys.executable, "-m", "simulator.model", "--script", str(script))
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode
    assert "txt" in failed.stderr

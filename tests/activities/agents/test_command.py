"""Command-line agents in the sandbox, over a model server: what they reach, what they see, and how they end."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from activities.agent_runs.backend import ModelUnavailable
from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.types import AgentRunResult, RunLimits
from activities.agents.command import backend
from tests.activities.agent_runs.harness import AgentSite, make_agent_site
from tests.model_server import ScriptedModelServer

KEY = "sk-the-real-key-that-nobody-may-see-0123456789"
PRICE = {"input": 1.0, "output": 2.0}

# An agent as small as one can be. It does what the model's answer says: a program in Python.
AGENT = """
import json, os, sys, urllib.error, urllib.request
def ask(text, path="/v1/messages", **more):
    body = {"model": "any", "max_tokens": 1000, "messages": [{"role": "user", "content": text}], **more}
    headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + path, json.dumps(body).encode(), headers)
    try:
        return urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {json.loads(error.read())['error']['message']}")
exec(json.loads(ask(sys.stdin.read()))["content"][0]["text"])
"""
FILES = {"app.txt": "def add(a, b):\n    return a - b\n"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AgentSite:
    """Shared: each run has its own name."""
    return await make_agent_site(tmp_path_factory.mktemp("site"), FILES)


async def run(
    site: AgentSite, url: str, run: str, limits: RunLimits | None = None, text: str = "Fix add.", **model: Any
) -> AgentRunResult:
    settings: Mapping[str, Any] = {
        "backend": "command", "provider": "anthropic", "model": "claude-x", "url": url, "key": "A_KEY", "price": PRICE,
        "command": ["/usr/bin/env", "python3", "-c", AGENT], **model,
    }  # fmt: skip
    engine = site.engine({"demo": settings}, {"demo": KEY})
    return await engine.run(site.input(engine, text, run=run, limits=limits), is_last_attempt=False)


def said(program: str, **more: Any) -> dict[str, Any]:
    return {"text": program, "usage": {"input": 1000, "output": 500}, **more}


EDIT = "open('app.txt', 'w').write('def add(a, b):\\n    return a + b\\n'); print('Fixed add.')"


async def test_the_agent_changes_the_copy_and_the_model_gets_the_key(
    site: AgentSite, model_server: ScriptedModelServer
) -> None:
    model_server.begin(said(EDIT, when="Fix add."), keys=[KEY], models=["claude-x"])
    result = await run(site, model_server.url, "changes")
    assert (result.ending, result.explanation, result.steps) == ("done", "Fixed add.", 1)
    assert await site.changed(result) == {"app.txt": b"def add(a, b):\n    return a + b\n"}
    cost = result.costs[0]
    assert (cost.model, cost.calls, cost.input_tokens, cost.output_tokens) == ("demo", 1, 1000, 500)
    assert cost.dollars == pytest.approx(0.002)
    assert [one["key"] for one in model_server.requests] == [KEY]


LOOK = """
import socket, subprocess
found = []
for host in ("1.1.1.1", "203.0.113.7", "169.254.169.254"):
    try:
        socket.create_connection((host, 443), 2)
        found.append(host)
    except OSError:
        pass
def refused(head):
    with socket.create_connection(("127.0.0.1", 3128)) as proxy:
        proxy.sendall(head.encode() + b"\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n")
        return proxy.recv(99).split()[1].decode()
lines = ("CONNECT packages.example:443", "GET http://packages.example/", "CONNECT api.anthropic.com:443", "GET /v1/files",
         "POST /v1/messages/batches", "GET /v1/organizations/me", "DELETE /v1/models/x", "GET /v1/models")
print(found, [refused(line + " HTTP/1.1") for line in lines])
def texts():
    yield str(dict(os.environ))
    for folder, _, names in os.walk("/proc"):
        for name in names:
            if name in ("environ", "cmdline"):
                try:
                    yield open(os.path.join(folder, name), errors="replace").read()
                except OSError:
                    pass
    command = "grep -rl sk-the-real-key /src /tmp /out /etc /run /var /dev/shm 2>/dev/null"
    yield subprocess.run(command, shell=True, capture_output=True, text=True).stdout
key = "sk-the-" + "real-key"
print([text[:200] for text in texts() if key in text])
"""


async def test_nothing_but_the_model_is_reached_and_the_key_is_nowhere(
    site: AgentSite, model_server: ScriptedModelServer
) -> None:
    model_server.begin(said(LOOK), keys=[KEY])
    result = await run(site, model_server.url, "looks")
    engine = site.engine({"demo": {}})
    lines = engine.answer(result.answer_id).splitlines()
    assert lines == ["[] ['403', '403', '403', '404', '404', '404', '404', '200']", "[]"]
    assert KEY not in engine.transcript("looks").read_text()
    assert [one["path"] for one in model_server.requests] == ["/v1/messages"]


ENDS: tuple[tuple[list[dict[str, Any]], RunLimits, str, str], ...] = (
    ([{"fault": "unauthorized"}], RunLimits(), "backend_failed", "refused the key (status 401). Check A_KEY."),
    ([{"fault": "model_not_found"}], RunLimits(), "backend_failed", "does not know `claude-x`"),
    ([said("No.", stop="refusal")], RunLimits(), "refused_by_model", "declined"),
    ([said("sys.exit('no idea')")], RunLimits(), "gave_up", "exit code 1: no idea"),
    ([said("while True: ask(str(os.urandom(4)))", times=0)], RunLimits(steps=3), "out_of_steps", "3 steps"),
    ([said("while True: ask(str(os.urandom(4)))", times=0)], RunLimits(dollars=0.006), "out_of_money", "$0.00"),
    ([said("while True: ask('the same')", times=0)], RunLimits(), "stuck", "same thing 4 times"),
    ([said("import time; time.sleep(600)")], RunLimits(seconds=4), "out_of_time", "seconds"),
    ([{"fault": "silence"}], RunLimits(seconds=4), "out_of_time", "seconds"),
    ([said("print('Nothing to do.')")], RunLimits(), "empty", "Nothing to do."),
)


async def test_every_end_of_the_program_is_named(site: AgentSite, model_server: ScriptedModelServer) -> None:
    for number, (replies, limits, ending, words) in enumerate(ENDS):
        model_server.begin(*replies)
        result = await run(site, model_server.url, f"run-{number}", limits)
        assert (result.ending, words in result.explanation) == (ending, True), result.explanation
        assert result.steps <= limits.steps


async def test_a_crash_pays_for_no_call_twice_and_forgets_no_cost(
    site: AgentSite, model_server: ScriptedModelServer
) -> None:
    """The first attempt gets two answers, and then the model is away."""
    steps = "ask('second'); ask('third'); " + EDIT
    model_server.begin(
        said("", last="second"), {"fault": "overloaded", "last": "third"}, said("", last="third"), said(steps)
    )
    with pytest.raises(ModelUnavailable, match="status 529"):
        await run(site, model_server.url, "crashes")
    result = await run(site, model_server.url, "crashes")
    assert (result.ending, result.steps, [one.calls for one in result.costs]) == ("done", 4, [4])
    assert [one["reply"] for one in model_server.requests] == [3, 0, 1, 2]
    assert result.dollars == pytest.approx(0.006)


async def test_prompt_files_and_a_program_that_is_missing(site: AgentSite, model_server: ScriptedModelServer) -> None:
    show = "cat {prompt_file}; echo; cat {task_file}; echo {model} {url} $KEYS; test -w {task_file}"
    shown = await run(
        site,
        model_server.url,
        "files",
        command=["/bin/sh", "-c", show],
        environment={"KEYS": "{model}"},
        text="Do *this*.",
    )
    text = site.engine({"demo": {}}).answer(shown.answer_id)
    assert text.startswith("You change one repository")
    assert text.endswith("Do *this*.\n\nDo *this*.\nclaude-x http://127.0.0.1:3128 claude-x")
    assert shown.ending == "backend_failed"
    missing = await run(site, model_server.url, "missing", command=["no-such-agent"])
    assert missing.explanation == "The program `no-such-agent` was not found in the sandbox."


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "needs a `command`"),
        ({"command": ["x"]}, "needs a `model`"),
        ({"command": ["x"], "model": "m", "package": "opencode-ai@latest"}, "needs an exact version"),
        ({"command": ["x"], "model": "m", "package": "opencode-ai@1.2.3", "url": "http://x"}, "Nobody knows the price"),
        ({"command": ["x"], "model": "m", "package": "@a/b@1.2.3-rc.1", "price": "ignore"}, ""),
    ],
)
async def test_settings_that_cannot_work_say_why(settings: dict[str, Any], words: str) -> None:
    problem = backend.problem(ModelSettings.model_validate(settings, strict=False))
    assert (words in problem, bool(problem)) == (True, bool(words)), json.dumps(problem)

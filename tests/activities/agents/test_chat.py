"""The `chat` backend in the engine: in a sandbox, from red to green, and over attempts that find no model."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.agent_runs.backend import ModelUnavailable
from activities.agent_runs.deployment import ModelSettings
from activities.agents.chat import backend
from activities.errors import UserError
from tests.activities.agent_chat.harness import call, says
from tests.activities.agent_runs.harness import make_agent_site
from tests.model_server import ScriptedModelServer

TEST = "import unittest\nfrom app import add\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(add(1, 2), 3)\n"
RUN = {"command": "python3 -m unittest -q test_app"}


async def test_from_red_to_green(tmp_path: Path, model_server: ScriptedModelServer) -> None:
    site = await make_agent_site(
        tmp_path, {"app.py": "def add(a, b):\n    return a - b\n", "test_app.py": TEST, "AGENTS.md": "Use tabs."}
    )
    settings = {"model": "m", "url": f"{model_server.url}/v1", "price": "ignore", "key": "MODEL_KEY"}
    engine = site.engine({"demo": settings}, {"demo": "secret-key"})
    model_server.begin(
        call("run", **RUN), call("run", command="env; cat /proc/*/environ | tr '\\0' '\\n'; id -u"),
        call("edit", path="app.py", search="a - b", replace="a + b"), {"fault": "overloaded", "times": 2},
        call("run", **RUN), says("The test passes."),
    )  # fmt: skip
    with pytest.raises(ModelUnavailable):
        await engine.run(site.input(engine), is_last_attempt=False)
    failed = await engine.run(site.input(engine, run="run-2"))
    assert (failed.ending, failed.commit_sha) == ("backend_failed", "")
    assert "did not answer" in failed.explanation
    result = await engine.run(site.input(engine), is_last_attempt=False)
    assert (result.ending, result.files_changed, result.costs[0].priced) == ("done", 1, False)
    assert await site.changed(result) == {"app.py": b"def add(a, b):\n    return a + b\n"}
    messages = model_server.requests[-1]["body"]["messages"]
    red, environment, _, green = [message["content"] for message in messages if message["role"] == "tool"]
    assert "Use tabs." in messages[1]["content"]
    assert "exit code 1" in red
    assert "exit code 0" in green
    assert "secret-key" not in environment
    assert "secret-key" not in engine.transcript("run-1").read_text()
    assert await engine.run(site.input(engine)) == result
    model_server.begin(says("Nothing to do."))
    proposed = replace(
        site.workspace, config_branch="main"
    )  # its configuration is the head's own, of no protected branch
    assert (await engine.run(replace(site.input(engine, run="run-3"), workspace=proposed))).ending == "empty"
    assert "Use tabs." not in str(model_server.requests[0]["body"])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "needs a `model`"),
        ({"model": "m", "url": "localhost:1"}, "is no address"),
        ({"model": "m", "url": "http://localhost:1/v1"}, "Nobody knows the price"),
        ({"model": "gpt-4.1", "key": "OPENAI_API_KEY"}, "set OPENAI_API_KEY"),
    ],
)
async def test_what_is_missing_is_said_before_the_first_call(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    site = await make_agent_site(tmp_path, {"a": "a"})
    engine = site.engine({"demo": settings})
    with pytest.raises(UserError, match=sentence):
        engine.backend("demo")


def test_without_the_extra_a_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'autobuild[agents]'" in backend.problem(ModelSettings(model="m"))

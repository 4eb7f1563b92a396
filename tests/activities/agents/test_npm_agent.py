"""Real command-line agents from npm, against the scripted model server: from red to green.

They install some hundred megabytes, so they run only where `TEST_NPM_AGENTS=1` asks for it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activities.agent_runs.types import RunLimits
from tests.activities.agent_runs.harness import make_agent_site
from tests.model_server import ScriptedModelServer
from tests.runners import runner_with_registries

FILES = {
    "add.js": "exports.add = (a, b) => a - b;\n",
    "test.js": "require('assert').strictEqual(require('./add').add(1, 2), 3);\n",
}
FIXED = "exports.add = (a, b) => a + b;\n"
USAGE = {"input": 900, "output": 40}

pytestmark = pytest.mark.skipif(os.environ.get("TEST_NPM_AGENTS") != "1", reason="installs an agent from npm")


@dataclass(frozen=True)
class NpmAgent:
    """`model` are keys of the deployment's file; `read`, `write` and `shell` are the agent's names for its tools."""

    model: Mapping[str, Any]
    read: str
    write: str
    shell: str


AGENTS = {
    "qwen-code": NpmAgent(
        {
            "provider": "openai",
            "package": "@qwen-code/qwen-code@0.24.4",
            "command": ["qwen", "--yolo", "--auth-type", "openai", "--model", "{model}", "-p", ""],
            "environment": {"OPENAI_MODEL": "{model}"},
        },
        "read_file", "write_file", "run_shell_command",
    ),
    "claude-code": NpmAgent(
        {
            "provider": "anthropic",
            "package": "@anthropic-ai/claude-code@2.1.332",
            "command": ["claude", "-p", "--permission-mode", "bypassPermissions", "--model", "{model}"],
            "environment": {"IS_SANDBOX": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
        },
        "Read", "Write", "Bash",
    ),
}  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
async def test_it_reads_fixes_and_tests(agent: NpmAgent, tmp_path: Path, model_server: ScriptedModelServer) -> None:
    calls = (
        {"name": agent.read, "input": {"file_path": "/src/add.js"}},
        {"name": agent.write, "input": {"file_path": "/src/add.js", "content": FIXED}},
        {"name": agent.shell, "input": {"command": "node test.js", "description": "test", "is_background": False}},
    )
    model_server.begin(
        *({"offers": agent.shell, "tools": [call], "usage": USAGE} for call in calls),
        {"offers": agent.shell, "text": "Fixed add; its test passes.", "usage": USAGE},
        {"text": "ok", "times": 0},
    )
    site = await make_agent_site(tmp_path, FILES, await runner_with_registries())
    model = {
        "backend": "command", "model": "scripted-1", "key": "A_KEY", "price": {"input": 1.0, "output": 2.0},
        "url": f"{model_server.url}/v1" if agent.model["provider"] == "openai" else model_server.url, **agent.model,
    }  # fmt: skip
    engine = site.engine({"demo": model}, {"demo": "sk-not-for-the-agent-0123456789"})
    result = await engine.run(site.input(engine, "Its test fails: fix add in add.js.", limits=RunLimits(seconds=600)))
    assert result.ending == "done", (result.explanation, engine.transcript("run-1").read_text()[-3000:])
    assert await site.changed(result) == {"add.js": FIXED.encode()}
    assert result.costs[0].calls >= 4

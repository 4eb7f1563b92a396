"""The scripted model server of the demo: what it answers is in `*_answers.yml` beside this file."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from activities.errors import UserError
from bot.processes.children import die_with_parent, stop_children

_START_S = 60.0


@contextlib.asynccontextmanager
async def model_server(data: Path, environ: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
    """A scripted model server for the block. Gives `environ` with an agent that asks it."""
    script = data / "answers.json"
    script.write_text(json.dumps(_script()))
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "simulator.model", "--script", str(script)),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        assert server.stdout
        line = await asyncio.wait_for(server.stdout.readline(), _START_S)
        if not line:
            raise UserError("The scripted model server ended at its start.")
        model = {
            "provider": "openai", "model": "demo-model", "url": f"{json.loads(line)['url']}/v1",
            "key": "AUTOBUILD_DEMO_KEY", "price": {"input": 3.0, "output": 15.0},
        }  # fmt: skip
        file = data / "agents.yml"
        file.write_text(json.dumps({"models": {"demo": model}}))
        yield {**environ, "AUTOBUILD_AGENTS": str(file), "AUTOBUILD_DEMO_KEY": "not-a-secret"}
    finally:
        await stop_children([server])


def _script() -> dict[str, Any]:
    """All answers in one script."""
    found: dict[str, Any] = {"models": [], "replies": []}
    for path in sorted(Path(__file__).parent.glob("*_answers.yml")):
        one = yaml.safe_load(path.read_text("utf-8"))
        found = {key: [*found[key], *one.get(key, [])] for key in found}
    return found

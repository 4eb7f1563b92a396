"""The scripted model server as a process, shared by a whole session; each test begins with its own script."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

Json = dict[str, Any]


class ScriptedModelServer:
    """`url` has no path: OpenAI's base address is `{url}/v1`, Anthropic's and Google's is `url` itself."""

    def __init__(self, url: str) -> None:
        self.url = url

    def begin(self, *replies: Json, **script: Any) -> None:
        """Answers with these replies from now on, and forgets all requests. Keys: see `simulator/model/script.py`."""
        self._call("PUT", "/_script", {"replies": replies, **script})

    @property
    def requests(self) -> list[Json]:
        """All requests since then: `path`, `key`, `body`, the number of the `reply` (-1: none), `status`, and whether the
        answer was `complete`."""
        found: list[Json] = self._call("GET", "/_requests")
        return found

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return json.loads(response.read() or b"null")


@contextmanager
def model_process(*options: str) -> Iterator[ScriptedModelServer]:
    """`python -m simulator.model` with these options, for the block."""
    command = (sys.executable, "-m", "simulator.model", *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield ScriptedModelServer(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def shared_model_server() -> Iterator[ScriptedModelServer]:
    with model_process() as server:
        yield server


@pytest.fixture
def model_server(shared_model_server: ScriptedModelServer) -> ScriptedModelServer:
    """Without any reply: begin a script."""
    shared_model_server.begin()
    return shared_model_server

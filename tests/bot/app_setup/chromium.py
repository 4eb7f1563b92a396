"""A real browser, steered by its own protocol: https://chromedevtools.github.io/devtools-protocol/."""

import asyncio
import contextlib
import itertools
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.deadlines import WITHIN_S

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip


class Tab:
    """One page; `complaints` is what the browser refused to do."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self._loads = 0
        self.complaints: list[str] = []

    async def begin(self) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable")

    async def open(self, url: str) -> None:
        """Until it is loaded."""
        before = self._loads
        await self._call("Page.navigate", url=url)
        await self._loaded(before)

    async def resize(self, width: int, height: int) -> None:
        """As a phone's window."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        await self._call("Emulation.setDeviceMetricsOverride", **size)

    async def press(self, selector: str = "button") -> None:
        """Presses it, and waits for the page that comes of it."""
        before = self._loads
        await self.run(f"document.querySelector({selector!r}).click()")
        await self._loaded(before)

    async def run(self, script: str) -> Any:
        """The value of an expression on the page."""
        return (await self._call("Runtime.evaluate", expression=script))["result"].get("value")

    async def _loaded(self, before: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self._loads == before:
                self._note(await self._socket.receive_json())

    async def _call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(WITHIN_S):
            while (message := await self._socket.receive_json()).get("id") != number:
                self._note(message)
        assert "error" not in message, message
        return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Page.loadEventFired":
            self._loads += 1
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])


@contextlib.asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Tab]:
    """The browser with one empty page, for the block."""
    assert PROGRAM
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        port = await _port(process)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                page = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                await tab.begin()
                yield tab
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()


async def _port(process: asyncio.subprocess.Process) -> int:
    """It says where it listens."""
    assert process.stderr
    async with asyncio.timeout(WITHIN_S):
        async for line in process.stderr:
            if line.startswith(b"DevTools listening on"):
                return int(line.split(b":")[2].split(b"/")[0])
    raise AssertionError("the browser ended")

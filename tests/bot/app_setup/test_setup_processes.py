"""The commands as processes: an App is registered in a browser, and they use it."""

import asyncio
import contextlib
import json
import os
import re
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import aiohttp
import pytest

from bot.processes.children import start_child, stop_children
from bot.processes.temporal_server import temporal_server
from bot.settings import app_variables, credentials
from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.browser import Browser
from tests.bot.webhook import samples
from tests.bot.webhook.running_server import signature, signed
from tests.deadlines import WITHIN_S

FILES = {"a.py": "import os\n\nprint(os.sep)\n"}


@dataclass
class Commands:
    """Processes of one data folder; what they print is in `log`, and its new lines come one by one."""

    github: SimulatedGitHub
    environ: dict[str, str]
    output: int
    lines: asyncio.StreamReader
    children: list[asyncio.subprocess.Process]
    log: str = ""

    async def start(self, command: str, *options: str, **environ: str) -> asyncio.subprocess.Process:
        child = await start_child(command, self.environ | environ, self.output, options)
        self.children.append(child)
        return child

    async def said(self, pattern: str) -> re.Match[str]:
        """The first match in what is printed from the last `log = ""` on."""
        async with asyncio.timeout(WITHIN_S):
            while not (found := re.search(pattern, self.log)):
                self.log += (await self.lines.readline()).decode()
        return found

    async def ended(self, child: asyncio.subprocess.Process) -> int:
        """Its exit code, when all that it printed is in `log`."""
        async with asyncio.timeout(WITHIN_S):
            code = await child.wait()
        os.write(self.output, b"-- ended\n")
        await self.said("-- ended")
        self.log = self.log.replace("-- ended\n", "")
        return code


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with contextlib.AsyncExitStack() as exits:
        github = await exits.enter_async_context(SimulatedGitHub(tmp_path / "github", without_app=True))
        clean = {name: value for name, value in os.environ.items() if name not in app_variables()}
        environ = clean | {
            "AUTOBUILD_DATA": str(tmp_path / "data"),
            "AUTOBUILD_PORT": "0",
            "AUTOBUILD_GITHUB_URL": github.url,
            "AUTOBUILD_GITHUB_API_URL": github.api_url,
        }
        read, write = os.pipe()
        exits.callback(os.close, write)
        lines = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(read, "rb")
        )
        exits.callback(pipe.close)
        made = Commands(github, environ, write, lines, [])
        exits.push_async_callback(stop_children, made.children)
        yield made


def settings_of(text: str) -> dict[str, str]:
    """The `NAME=value` lines of what was printed, or shown."""
    lines = [line for line in unescape(text).splitlines() if line.removeprefix("<pre>").startswith("AUTOBUILD_")]
    return dict(line.removeprefix("<pre>").split("=", 1) for line in lines)


async def registered(commands: Commands, browser: Browser) -> str:
    """Through all pages, as a person; what the last one says."""
    address = (await commands.said(r"http://\S+/setup\?token=\S+"))[0]
    confirm = await browser.submit(await browser.open(address))
    done = await browser.submit(await browser.submit(confirm), name="Our Bot")
    assert done.status == 200, done.text
    return done.text


async def test_serve_and_worker_use_the_new_app_without_a_restart(commands: Commands, tmp_path: Path) -> None:
    github = commands.github
    async with temporal_server(tmp_path / "temporal.db") as server, Browser() as browser:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        children = [await commands.start("serve"), await commands.start("worker")]
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        await commands.said(r"app=none waiting_for=\S+credentials.json")
        body = json.dumps(samples.push()).encode()
        for path, expected in (("/healthz", 200), ("/readyz", 503)):
            assert (await browser.open_any(web + path)) == expected
        async with browser.session.post(f"{web}/webhook", data=body, headers=signed("push", body)) as answer:
            assert answer.status == 503

        await registered(commands, browser)
        assert (await browser.open_any(f"{web}/readyz")) == 200
        forged = signed("push", body) | {"X-Hub-Signature-256": signature(body, "another secret")}
        async with browser.session.post(f"{web}/webhook", data=body, headers=forged) as answer:
            assert answer.status == 401

        github.installations.add_installation("octocat")
        await github.repositories.add_repository("octocat/hello", files=FILES)
        sha = await github.pushes.push_commit("octocat/hello", "change", {"b.py": "import sys\n"})
        await github.pulls.open_pull("octocat/hello", head="change", title="A change")
        await github.store.wait_for(lambda: github.check_runs("octocat/hello", sha), WITHIN_S)
        assert [child.returncode for child in children] == [None, None]
        for child in children:
            child.kill()  # the gate would take its time to end


async def test_up_registers_and_works(commands: Commands) -> None:
    async with Browser() as browser:
        up = await commands.start("up")
        await registered(commands, browser)
        await commands.said(r"Working on \S+")
        up.terminate()
        assert await commands.ended(up) == 0


async def test_stored_app_is_used_after_a_restart(commands: Commands, tmp_path: Path) -> None:
    async with temporal_server(None) as server, Browser() as browser:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        first = await commands.start("serve")
        await registered(commands, browser)
        await stop_children([first])
        file = credentials.place(tmp_path / "data")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        commands.log = ""
        await commands.start("serve")
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        assert (await browser.open_any(f"{web}/setup")) == 404
        assert (await browser.open_any(f"{web}/readyz")) == 200


async def test_print_mode_stores_nothing(commands: Commands, tmp_path: Path) -> None:
    async with temporal_server(None) as server, Browser() as browser:
        commands.environ |= {"TEMPORAL_ADDRESS": server.address, "AUTOBUILD_SETUP": "print"}
        await commands.start("serve")
        shown = settings_of(await registered(commands, browser))
        assert shown["AUTOBUILD_WEBHOOK_SECRET"] == commands.github.webhook_secret
        await commands.said("app=.* events=taken")
        assert commands.github.webhook_secret not in commands.log
        assert "PRIVATE KEY" not in commands.log
        assert not credentials.is_there(tmp_path / "data")
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        assert (await browser.open_any(f"{web}/readyz")) == 200
        await commands.start("worker", **shown)
        await commands.said("Working on")
        await stop_children(commands.children)


async def test_setup_in_another_process_is_noticed(commands: Commands) -> None:
    """`autobuild setup` in a second terminal."""
    async with temporal_server(None) as server, Browser() as browser:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        await commands.start("serve")
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        commands.log = ""
        setup = await commands.start("setup")
        await registered(commands, browser)
        assert await commands.ended(setup) == 0
        said = commands.log
        assert f"App {commands.github.app_id}, our-bot[bot] on {commands.github.url}." in said
        assert commands.github.webhook_secret not in said
        await commands.said(r"app=\d+ slug=our-bot events=taken")
        assert (await browser.open_any(f"{web}/readyz")) == 200
        assert (await browser.open_any(f"{web}/setup")) == 410


async def test_setup_prints_the_credentials(commands: Commands) -> None:
    async with Browser() as browser:
        first = await commands.start("setup", "--print")
        await registered(commands, browser)
        assert await commands.ended(first) == 0
    lines = settings_of(commands.log)
    assert [*lines] == [
        "AUTOBUILD_APP_ID",
        "AUTOBUILD_APP_SLUG",
        "AUTOBUILD_WEBHOOK_SECRET",
        "AUTOBUILD_PRIVATE_KEY",
        "AUTOBUILD_BASE_URL",
    ]
    commands.log = ""
    again = await commands.start("setup", **lines)
    assert await commands.ended(again) == 0
    assert "from the environment" in commands.log
    assert commands.github.webhook_secret not in commands.log


async def test_incomplete_app_is_an_error(commands: Commands) -> None:
    child = await commands.start("serve", AUTOBUILD_APP_ID="7")
    assert await commands.ended(child) == 2
    assert "AUTOBUILD_WEBHOOK_SECRET" in commands.log
    assert "token" not in commands.log


@pytest.mark.parametrize("command", ["worker", "up"])
async def test_unwritable_data_folder_is_an_error(commands: Commands, tmp_path: Path, command: str) -> None:
    (tmp_path / "data").write_text("a file")
    app = {"AUTOBUILD_APP_ID": "7", "AUTOBUILD_WEBHOOK_SECRET": "swordfish"}
    key = "-----BEGIN RSA PRIVATE KEY-----"
    child = await commands.start(command, **app, AUTOBUILD_PRIVATE_KEY=key)
    assert await commands.ended(child) == 2
    assert f"cannot write to {tmp_path / 'data'}" in commands.log


async def test_port_in_use_is_an_error(commands: Commands) -> None:
    async with temporal_server(None) as server:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        await commands.start("serve")
        port = (await commands.said(r"Listening on \S+:(\d+)/webhook"))[1]
        second = await commands.start("serve", AUTOBUILD_PORT=port)
        assert await commands.ended(second) == 2
        assert f"Cannot listen on 127.0.0.1:{port}" in commands.log


async def test_two_servers_do_not_share_a_database(commands: Commands, tmp_path: Path) -> None:
    """Two Temporal servers on one SQLite file lose data."""
    first = await commands.start("up")
    await commands.said("Listening on")
    second = await commands.start("up")
    assert await commands.ended(second) == 2
    assert f"Another process uses {tmp_path / 'data' / 'temporal.db'}" in commands.log
    first.terminate()
    assert await commands.ended(first) == 0
    commands.log = ""
    await commands.start("up")
    await commands.said("Listening on")


async def test_modules_of_the_current_folder_are_not_loaded(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m` looks into the folder that it is started in first, and that may be anybody's repository."""
    theirs = tmp_path / "theirs" / "bot"
    theirs.mkdir(parents=True)
    for name in ("__init__", "__main__"):
        (theirs / f"{name}.py").write_text("print('not ours', flush=True)\n")
    monkeypatch.chdir(theirs.parent)
    child = await commands.start("serve", AUTOBUILD_APP_ID="7")
    assert await commands.ended(child) == 2
    assert "not ours" not in commands.log
    assert "AUTOBUILD_WEBHOOK_SECRET" in commands.log


async def test_serve_starts_while_github_is_unreachable(commands: Commands) -> None:
    await commands.start("serve", AUTOBUILD_GITHUB_URL="https://github.example.com", TEMPORAL_ADDRESS="127.0.0.1:9")
    web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
    async with aiohttp.ClientSession() as session, session.get(f"{web}/healthz") as answer:
        assert answer.status == 200


async def test_smee_events_are_verified_too(commands: Commands) -> None:
    """Anybody who knows a channel can send to it; what is not signed is refused."""
    github = commands.github
    async with temporal_server(None) as server, Browser() as browser:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        await commands.start("serve", "--smee", github.smee.url("channel"))
        await commands.said("smee=listening")
        await registered(commands, browser)
        body = json.dumps(samples.push()).encode()
        async with browser.session.post(github.smee.url("channel"), data=body, headers=signed("push", body, "d-1")):
            await commands.said("delivery='d-1' event='push' answer=401")
        github.installations.add_installation("octocat")
        await github.repositories.add_repository("octocat/hello", files=FILES)
        await github.pushes.push_commit("octocat/hello", "change", {"b.py": "import sys\n"})
        await commands.said("event=push repository=octocat/hello workflow=quality:octocat/hello@change answer=202")

"""This machine and its Temporal, right and wrong."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from bot.doctor import examine
from bot.doctor.machine import OLDEST_GIT
from bot.processes import schedules
from bot.settings.credentials import AppCredentials, place, store
from tests.bot.doctor.conftest import Deployment

# --- Temporal


async def test_temporal_is_away(here: Deployment) -> None:
    lines = await here.lines("Temporal", "workers", "schedules", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert [line.mark for line in lines] == ["wrong", "left out", "left out"]
    assert "127.0.0.1:1" in lines[0].what
    assert "autobuild up" in lines[0].mend


async def test_temporal_says_nothing(here: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        lines = await examine({**here.environ, "TEMPORAL_ADDRESS": address}, ("Temporal", "workers"), within_s=0.5)
    assert [line.what for line in lines] == ["No answer within 0.5 s."] * 2


async def test_a_namespace_that_is_not_there(here: Deployment) -> None:
    line, *others = await here.lines("Temporal", "workers", "schedules", TEMPORAL_NAMESPACE="elsewhere")
    assert [other.mark for other in others] == ["left out", "left out"]
    assert line.mark == "wrong"
    assert line.what.endswith("has no namespace elsewhere.")
    assert "-n elsewhere" in line.mend


async def test_nobody_works(here: Deployment) -> None:
    line = await here.one("workers")
    assert line.mark == "wrong"
    assert "autobuild worker" in line.mend


async def test_somebody_works(here: Deployment) -> None:
    async with here.worker():
        line = await here.one("workers")
    assert (line.mark, line.what) == ("right", f"1 on {here.queue}: w-1.")


async def test_schedules(scheduled: Deployment) -> None:
    sweep, reconciliation = schedules.names(scheduled.queue)
    assert (await scheduled.one("schedules")).mark == "right"
    await scheduled.temporal.get_schedule_handle(sweep).pause()
    line = await scheduled.one("schedules")
    assert line.mark == "look"
    assert line.what.startswith(f"{sweep} is paused")
    assert "reconciliation" in reconciliation


async def test_no_schedules(here: Deployment) -> None:
    assert [line.mark for line in await here.lines("schedules")] == ["look", "look"]


# --- programs


async def test_an_old_git_and_none(here: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (await here.one("programs")).what == "There is no git."
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.30.9\n")
    program.chmod(0o755)
    line = await here.one("programs")
    assert line.what == "git 2.30.9 is too old."
    assert line.mend == f"Install {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer."
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    lines = await examine(here.environ, ("programs",), within_s=0.5)
    assert [line.mark for line in lines] == ["wrong"]


# --- the sandbox


async def test_no_sandbox(here: Deployment) -> None:
    line = await here.one("sandbox", AUTOBUILD_SANDBOX="none")
    assert line.mark == "look"


# --- the data folder


async def test_everybody_may_write(here: Deployment, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    line = await here.one("data folder")
    assert (line.mark, line.mend) == ("wrong", f"`chmod o-w {tmp_path / 'data'}`")


async def test_a_file_is_no_folder(here: Deployment, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert (await here.one("data folder")).what == f"{tmp_path / 'data'} is no folder."


async def test_a_folder_that_cannot_be_written(here: Deployment) -> None:
    """The mend is of the folder that is meant: what is above it may be everybody's, or the machine itself."""
    line = await here.one("data folder", AUTOBUILD_DATA="/proc/autobuild")
    user = os.geteuid()
    assert (line.mark, line.what) == ("wrong", f"User {user} may not make /proc/autobuild.")
    assert line.mend.startswith(f"`mkdir /proc/autobuild && chown {user} /proc/autobuild`")
    line = await here.one("data folder", AUTOBUILD_DATA="/proc/self")
    assert line.what.startswith(f"User {user} may not write to /proc/self")
    assert "chown -R" in line.mend


# --- a stored App


async def test_a_stored_app(here: Deployment, tmp_path: Path) -> None:
    github, environ = here.github, here.environ
    names = ("AUTOBUILD_APP_ID", "AUTOBUILD_PRIVATE_KEY", "AUTOBUILD_WEBHOOK_SECRET")
    own = {name: environ.pop(name) for name in names}
    app = AppCredentials(github.app_id, "autobuild", "x", "y", github.url, own[names[1]], own[names[2]])
    await asyncio.to_thread(store, tmp_path / "data", app)
    lines = await here.lines("App", "key", "door")
    assert [line.mark for line in lines] == ["right"] * 3
    line = await here.one("App", AUTOBUILD_GITHUB_URL="https://github.example.com")
    assert (line.mark, line.what) == ("wrong", f"The stored App belongs to {github.url}.")
    path = place(tmp_path / "data")
    path.chmod(0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    open_to_all, key = await here.lines("App", "key")
    assert (open_to_all.mark, key.mark) == ("wrong", "left out")
    assert f"chmod 600 {path}" in open_to_all.what

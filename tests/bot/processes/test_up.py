"""`autobuild up` as processes: its parts are killed, and other commands find it by its data folder."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.client import WorkflowClient, connect
from bot.processes.children import COULD_NOT_RUN
from bot.processes.parts import Part, Parts
from bot.processes.temporal_server import free_port, temporal_server
from bot.settings import running_up
from bot.settings.running_up import TEMPORAL, RunningUp
from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.test_setup_processes import Commands, commands
from tests.deadlines import WITHIN_S, until

__all__ = ["commands"]


async def autobuild(environ: dict[str, str], folder: Path, *argv: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command in another working directory than `up`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot", *argv, env=environ, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def healthy(port: str) -> int:
    """The exit code of the image's health check."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.healthcheck", env=os.environ | {"AUTOBUILD_PORT": port, "AUTOBUILD_HEALTH_PORT": ""}
    )
    return await process.wait()


async def asked(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def found(data: Path) -> RunningUp:
    running = running_up.read(data)
    assert running
    return running


def replaced(data: Path, name: str, pid: int) -> bool:
    """Whether that part is another process than `pid` now."""
    running = running_up.read(data)
    return running is not None and running.parts.get(name) != pid and psutil.pid_exists(running.parts[name])


async def test_up_starts_again_what_dies_and_other_commands_find_it(
    commands: Commands, tmp_path: Path, elsewhere: Path
) -> None:
    data, port = tmp_path / "data", str(free_port())
    async with SimulatedGitHub(tmp_path / "app", webhook_secret="a secret") as github:
        github.installations.add_installation("octocat")
        github.webhooks.set_config(url=f"http://127.0.0.1:{port}/webhook")
        (tmp_path / "key.pem").write_text(github.private_key_pem)
        (tmp_path / "secret").write_text(github.webhook_secret)
        app = {
            "AUTOBUILD_APP_ID": str(github.app_id),
            "AUTOBUILD_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
            "AUTOBUILD_WEBHOOK_SECRET_FILE": str(tmp_path / "secret"),
            "AUTOBUILD_GITHUB_URL": github.url,
            "AUTOBUILD_GITHUB_API_URL": github.api_url,
            "AUTOBUILD_PORT": port,
            "AUTOBUILD_TASK_QUEUE": "a-queue",
        }
        up = await commands.start("up", **app)
        await commands.said("Working on a-queue")
        here = {name: value for name, value in commands.environ.items() if not name.startswith("AUTOBUILD_GITHUB")}

        code, out, _ = await autobuild(here, elsewhere, "doctor")
        assert code == 0, out
        assert "They are those of `autobuild up`, which is running." in out
        assert "1 on a-queue" in out
        assert "a secret" not in (data / "up.json").read_text()
        assert (data / "up.json").stat().st_mode & 0o777 == 0o600
        code, listed, err = await autobuild(here, elsewhere, "list")
        assert (code, err) == (0, "")
        address = found(data).settings["TEMPORAL_ADDRESS"]

        web = f"http://127.0.0.1:{port}"
        assert (await asked(f"{web}/healthz"))[0] == await healthy(port) + 200
        temporal = psutil.Process(found(data).parts[TEMPORAL])
        temporal.suspend()
        assert await asked(f"{web}/healthz") == (503, "The Temporal server is not running.\n")
        assert await healthy(port) == 1

        for name in (TEMPORAL, "worker", "webhook server"):
            commands.log, pid = "", found(data).parts[name]
            os.kill(pid, 9)
            await commands.said(f"part='{name}' end='was ended by SIGKILL' action=restart")
            await until(lambda name=name, pid=pid: asyncio.to_thread(replaced, data, name, pid))  # type: ignore[misc]
            if name != TEMPORAL:
                await commands.said("Listening on" if name == "webhook server" else "Working on")
        assert await asked(f"{web}/healthz") == (200, "alive\n")
        assert found(data).settings["TEMPORAL_ADDRESS"] == address
        code, again, _ = await autobuild(here, elsewhere, "list")
        assert set(listed.split()[3::4]) <= set(again.split()[3::4])

        parts = [psutil.Process(pid) for pid in found(data).parts.values()]
        up.kill()
        await up.wait()
        assert (data / "up.json").exists()
        assert psutil.wait_procs(parts, timeout=WITHIN_S)[1] == []
        code, _, err = await autobuild(here, elsewhere, "list")
        assert (code, err) == (
            2,
            "autobuild: Temporal at localhost:7233 is unavailable. Start it or `autobuild up`, or set TEMPORAL_ADDRESS.\n",
        )


async def test_pretend_is_found_and_ends_with_the_simulated_github(
    commands: Commands, tmp_path: Path, elsewhere: Path
) -> None:
    up = await commands.start("up", "--pretend")
    await commands.said("GitHub: http")
    data = tmp_path / "data" / "pretend"
    await until(lambda: asyncio.to_thread(lambda: "simulated GitHub" in found(data).parts))
    workflows = WorkflowClient(await connect(found(data).settings["TEMPORAL_ADDRESS"]))
    await until(lambda: workflows.list_workflows("ExecutionStatus = 'Completed'"))  # a worker works
    code, out, _ = await autobuild(commands.environ, elsewhere, "doctor")
    assert code == 0, out
    code, out, _ = await autobuild(commands.environ, elsewhere, "list")
    assert code == 0
    assert "autobuild-reconciliation" in out
    os.kill(found(data).parts["simulated GitHub"], 9)
    assert await commands.ended(up) == COULD_NOT_RUN
    assert "autobuild: The simulated GitHub was ended by SIGKILL." in commands.log
    assert not (data / "up.json").exists()


async def ends(script: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec("/bin/sh", "-c", script)


@pytest.mark.parametrize(
    ("script", "starts", "words"),
    [
        ("exit 2", 0, "The worker ended with exit code 2, so everything is stopped."),
        ("exit 1", 3, "The worker ended 4 times within 10 minutes, so everything is stopped."),
        ("exit 0", 3, "The last time it ended with exit code 0."),
        ("kill -9 $$", 3, "The last time it was ended by SIGKILL."),
    ],
)
async def test_part_that_ends_again_and_again_ends_everything(script: str, starts: int, words: str) -> None:
    started: list[asyncio.subprocess.Process] = []

    async def restart() -> asyncio.subprocess.Process:
        started.append(await ends(script))
        return started[-1]

    other = await ends("sleep 1000")
    parts = Parts(Part("worker", await ends(script), restart, final=2), Part("webhook server", other))
    with pytest.raises(Exception, match=words.replace(".", r"\.")):
        async with parts.watched():
            await asyncio.Event().wait()
    assert len(started) == starts
    assert other.returncode is None
    other.kill()
    await other.wait()


async def test_worker_and_webhook_server_wait_for_temporal(commands: Commands, tmp_path: Path) -> None:
    async with SimulatedGitHub(tmp_path / "app", webhook_secret="a secret") as github:
        address = f"127.0.0.1:{free_port()}"
        commands.environ |= {
            "TEMPORAL_ADDRESS": address,
            "AUTOBUILD_APP_ID": str(github.app_id),
            "AUTOBUILD_PRIVATE_KEY": github.private_key_pem,
            "AUTOBUILD_WEBHOOK_SECRET": "a secret",
        }
        stopped = await commands.start("worker", "--workers", "2")
        await commands.said(f"temporal=unavailable address={address} why='no connection' action=waiting")
        stopped.terminate()
        assert await commands.ended(stopped) == 0
        commands.log = ""
        await commands.start("serve")
        await commands.said("logger=autobuild temporal=unavailable")
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        assert (await asked(f"{web}/healthz"))[0] == 200
        await commands.start("worker")
        await commands.said("(?s:logger=autobuild temporal=unavailable.*){2}")
        async with temporal_server(tmp_path / "temporal.db", port=int(address.rpartition(":")[2])):
            await commands.said("Working on")
            await commands.said("(?s:logger=autobuild temporal=available.*){2}")
            assert (await asked(f"{web}/readyz"))[0] == 200
            assert commands.log.count("temporal=unavailable") == 2
            for child in commands.children:
                if child.returncode is None:
                    child.terminate()
                    assert await commands.ended(child) == 0

"""This machine and its Temporal, right and wrong."""

import asyncio
import ipaddress
import os
import socket
import stat
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from activities.egress.addresses import IPAddress
from activities.egress.allow_list import EgressTarget
from bot.doctor import examine
from bot.doctor.machine import OLDEST_GIT
from bot.doctor.registries import reachable
from bot.processes import schedules
from bot.settings.credentials import AppCredentials, place, store
from bot.settings.registries import egress_proxy
from tests.bot.doctor.conftest import Deployment
from tests.bot.settings.test_temporal import CERTIFICATE
from tests.deadlines import until

# --- Temporal


async def test_unavailable_temporal_is_an_error(here: Deployment) -> None:
    lines = await here.results("Temporal", "workers", "schedules", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert [line.status for line in lines] == ["error", "skipped", "skipped"]
    assert "127.0.0.1:1" in lines[0].message
    assert "autobuild up" in lines[0].fix


async def test_silent_temporal_times_out(here: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        lines = await examine({**here.environ, "TEMPORAL_ADDRESS": address}, ("Temporal", "workers"), within_s=0.5)
    assert [line.message for line in lines] == ["No answer within 0.5 s."] * 2


async def test_missing_namespace_is_an_error(here: Deployment) -> None:
    line, *others = await here.results("Temporal", "workers", "schedules", TEMPORAL_NAMESPACE="elsewhere")
    assert [other.status for other in others] == ["skipped", "skipped"]
    assert line.status == "error"
    assert line.message.endswith("has no namespace elsewhere.")
    assert "-n elsewhere" in line.fix


@pytest.mark.parametrize(
    ("variables", "status", "words"),
    [
        ({"TEMPORAL_ADDRESS": "127.0.0.1:7233"}, "ok", "loopback"),
        ({"TEMPORAL_ADDRESS": "localhost:7233"}, "ok", "loopback"),
        ({"TEMPORAL_ADDRESS": "[::1]:7233"}, "ok", "loopback"),
        ({"TEMPORAL_ADDRESS": "temporal.example:7233"}, "warning", "without TLS"),
        ({"TEMPORAL_ADDRESS": "localhost.example:7233"}, "warning", "without TLS"),
        ({"TEMPORAL_ADDRESS": "127.0.0.1.example:7233"}, "warning", "without TLS"),
        ({"TEMPORAL_ADDRESS": "10.1.2.3:7233"}, "warning", "without TLS"),
        ({"TEMPORAL_HOST": "temporal.example", "TEMPORAL_ADDRESS": ""}, "warning", "temporal.example:7233"),
        ({"TEMPORAL_ADDRESS": "a.example:7233", "TEMPORAL_TLS": "true"}, "warning", "without a key"),
        ({"TEMPORAL_ADDRESS": "a.example:7233", "TEMPORAL_API_KEY": "x", "TEMPORAL_TLS": "false"}, "warning", "without TLS"),
        ({"TEMPORAL_ADDRESS": "a.example:7233", "TEMPORAL_API_KEY": "x"}, "ok", "with a key"),
        ({"TEMPORAL_ADDRESS": "a.example:7233", **CERTIFICATE}, "ok", "with a certificate"),
        ({"TEMPORAL_ADDRESS": "", "TEMPORAL_PROFILE": "open"}, "warning", "open.example:7233"),
        ({"TEMPORAL_ADDRESS": "", "TEMPORAL_PROFILE": "cloud"}, "ok", "with a key"),
    ],
)  # fmt: skip
async def test_temporal_that_everybody_may_use_is_a_warning(
    here: Deployment, tmp_path: Path, variables: dict[str, str], status: str, words: str
) -> None:
    profiles = tmp_path / "temporal.toml"
    profiles.write_text(
        '[profile.open]\naddress = "open.example:7233"\n[profile.cloud]\naddress = "b.example:7233"\napi_key = "x"\n'
    )
    environ = {name: value for name, value in (here.environ | variables).items() if value}
    (line,) = await examine({**environ, "TEMPORAL_CONFIG_FILE": str(profiles)}, ("Temporal access",))
    assert line.status == status
    assert words in line.message
    assert ("TEMPORAL_API_KEY" in line.fix) is (status == "warning")


async def test_no_worker_is_an_error(here: Deployment) -> None:
    line = await here.one("workers")
    assert line.status == "error"
    assert "autobuild worker" in line.fix


async def test_worker_is_named(here: Deployment) -> None:
    async with here.worker():
        line = await here.one("workers")
    assert (line.status, line.message) == ("ok", f"1 on {here.queue}: w-1.")


async def test_killed_worker_is_gone_while_temporal_still_lists_it(here: Deployment) -> None:
    code = (
        "import asyncio, sys\n"
        "from temporalio.worker import Worker\n"
        "from bot.client import connect\n"
        "from tests.bot.doctor.conftest import nothing\n"
        "from workflows.event_recovery.delivery_sweep import DeliverySweepWorkflow\n"
        "async def work():\n"
        "    await Worker(await connect(sys.argv[1]), task_queue=sys.argv[2], identity='w-2',"
        " workflows=[DeliverySweepWorkflow], activities=[nothing]).run()\n"
        "asyncio.run(work())\n"
    )
    address = here.environ["TEMPORAL_ADDRESS"]
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", code, address, here.queue)
    async with here.worker():

        async def named(words: str) -> bool:
            return (await here.one("workers")).message == f"{words}."

        await until(lambda: named(f"2 on {here.queue}: w-1, w-2"))
        worker.kill()
        await worker.wait()
        await until(lambda: named(f"1 on {here.queue}: w-1"))
        queue = TaskQueue(name=here.queue)
        request = DescribeTaskQueueRequest(namespace=here.temporal.namespace, task_queue=queue)
        there = await here.temporal.workflow_service.describe_task_queue(request)
        assert "w-2" in {poller.identity for poller in there.pollers}


async def test_paused_schedule_is_a_warning(scheduled: Deployment) -> None:
    sweep, reconciliation = schedules.schedule_ids(scheduled.queue)
    assert (await scheduled.one("schedules")).status == "ok"
    await scheduled.temporal.get_schedule_handle(sweep).pause()
    line = await scheduled.one("schedules")
    assert line.status == "warning"
    assert line.message.startswith(f"{sweep} is paused")
    assert "reconciliation" in reconciliation


async def test_missing_schedules_are_warnings(here: Deployment) -> None:
    assert [line.status for line in await here.results("schedules")] == ["warning", "warning"]


# --- registries


@pytest.mark.parametrize(
    ("allow", "status", "words"),
    [("", "warning", "has the private address 10.1.2.3"), ("10.1.0.0/16", "ok", "registry.internal:443"), ("10.9.0.0/16", "warning", "")],
)  # fmt: skip
async def test_registry_with_a_private_address_is_a_warning_until_that_is_allowed(
    allow: str, status: str, words: str
) -> None:
    async def look_up(target: EgressTarget) -> Sequence[IPAddress]:
        return [ipaddress.ip_address("10.1.2.3")]

    environ = {"UV_DEFAULT_INDEX": "https://registry.internal/simple", "NPM_CONFIG_REGISTRY": "http://127.0.0.1:4873/"}
    egress = replace(egress_proxy(environ, [allow] if allow else []), resolve=look_up)
    lines = await reachable(egress)
    assert {line.status for line in lines} == {status}
    assert words in lines[0].message
    if status == "warning":
        assert lines[0].fix == "Add 10.1.2.3:443 to AUTOBUILD_EGRESS_ALLOW."


async def test_registries_are_listed(here: Deployment) -> None:
    registry = "http://127.0.0.1:4873/"
    line = await here.one("registries", UV_DEFAULT_INDEX=registry, NPM_CONFIG_REGISTRY=registry)
    assert line.status == "ok"
    assert "127.0.0.1:4873" in line.message
    line = await here.one("registries", AUTOBUILD_SANDBOX="none")
    assert line.status == "skipped"


# --- programs


async def test_old_or_missing_git_is_an_error(
    here: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (await here.one("programs")).message == "git is not installed."
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.30.9\n")
    program.chmod(0o755)
    line = await here.one("programs")
    assert line.message == "git 2.30.9 is too old."
    assert line.fix == f"Install {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer."
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    lines = await examine(here.environ, ("programs",), within_s=0.5)
    assert [line.status for line in lines] == ["error"]


# --- the sandbox


async def test_disabled_sandbox_is_a_warning(here: Deployment) -> None:
    line = await here.one("sandbox", AUTOBUILD_SANDBOX="none")
    assert line.status == "warning"


# --- the data folder


async def test_data_folder_writable_by_all_is_an_error(here: Deployment, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    line = await here.one("data folder")
    assert (line.status, line.fix) == ("error", f"`chmod 700 {tmp_path / 'data'}`")


async def test_file_is_not_a_data_folder(here: Deployment, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert (await here.one("data folder")).message == f"{tmp_path / 'data'} is not a folder."


async def test_unwritable_data_folder_is_an_error(here: Deployment) -> None:
    """The fix is for the data folder alone: what is above it may belong to all, or to the machine."""
    line = await here.one("data folder", AUTOBUILD_DATA="/proc/autobuild")
    user = os.geteuid()
    assert (line.status, line.message) == ("error", f"User {user} cannot create /proc/autobuild.")
    assert line.fix.startswith(f"Run `mkdir /proc/autobuild && chown {user} /proc/autobuild`")
    line = await here.one("data folder", AUTOBUILD_DATA="/proc/self")
    assert line.message.startswith(f"User {user} cannot write to /proc/self")
    assert "chown -R" in line.fix


# --- a stored App


async def test_stored_app_is_checked(here: Deployment, tmp_path: Path) -> None:
    github, environ = here.github, here.environ
    names = ("AUTOBUILD_APP_ID", "AUTOBUILD_PRIVATE_KEY", "AUTOBUILD_WEBHOOK_SECRET")
    own = {name: environ.pop(name) for name in names}
    public = environ.pop("AUTOBUILD_BASE_URL")
    app = AppCredentials(github.app_id, "autobuild", "x", "y", github.url, own[names[1]], own[names[2]], public)
    await asyncio.to_thread(store, tmp_path / "data", app)
    lines = await here.results("App", "key", "webhook", "endpoint")
    assert [line.status for line in lines] == ["ok"] * 4
    moved = await here.one("webhook", AUTOBUILD_BASE_URL="https://autobuild.example.com")
    assert "https://autobuild.example.com/webhook" in moved.message
    line = await here.one("App", AUTOBUILD_GITHUB_URL="https://github.example.com")
    assert (line.status, line.message) == ("error", f"The stored App belongs to {github.url}.")
    path = place(tmp_path / "data")
    path.chmod(0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    open_to_all, key = await here.results("App", "key")
    assert (open_to_all.status, key.status) == ("error", "skipped")
    assert f"chmod 600 {path}" in open_to_all.message

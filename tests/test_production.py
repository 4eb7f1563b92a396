"""docs/production.md, command by command, on a machine whose folders lie below a temporary one.

The program, `sqlite3` and all of coreutils are real, and so are the service's processes. What would change this machine
only notes how it was called: systemctl, journalctl, useradd, userdel, chown and uv.
"""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app_setup.manifest import app_manifest
from bot.client import connect
from bot.processes.children import start_child, stop_children
from bot.processes.schedules import schedule_ids
from bot.processes.temporal_server import free_port, temporal_server
from bot.settings import Settings, app_variables, credentials
from bot.settings.credentials import AppCredentials
from simulator.github.server import SimulatedGitHub
from tests.deadlines import until

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "production.md").read_text("utf-8")
SECTIONS = {each.partition("\n")[0]: each for each in PAGE.split("\n## ")[1:]}
FOLDERS = ("/var/lib/autobuild", "/var/backups", "/etc/autobuild", "/etc/systemd/system/autobuild.service")
NOTED = ("systemctl", "journalctl", "useradd", "userdel", "chown", "uv")


def blocks(section: str, language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)
    assert found, section
    return "".join(found)


class Host:
    """`root` is where its folders are, `called` is what was noted, `ran` are the page's sections."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root, self._bin, self.ran = root, root / "bin", set[str]()
        self._bin.mkdir(parents=True)
        note = f'#!/bin/sh\necho "$(basename "$0") $*" >> {root}/called\n'
        programs = dict.fromkeys(NOTED, note)
        programs["sudo"] = '#!/bin/sh\n[ "$1 $2" = "-u autobuild" ]; shift 2; exec "$@"\n'
        programs["autobuild"] = f'#!/bin/sh\nexec {sys.executable} -P -m bot "$@"\n'
        for name, text in programs.items():
            (self._bin / name).write_text(text)
            (self._bin / name).chmod(0o755)
        self.environ = {**environ, "PATH": f"{self._bin}:{os.environ['PATH']}"}
        for folder in FOLDERS:
            self.path(folder).parent.mkdir(parents=True, exist_ok=True)

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    async def run(self, section: str) -> str:
        """All commands of a section; what they print."""
        self.ran.add(section)
        script = blocks(section, "sh")
        for folder in FOLDERS:
            script = re.sub(rf"(?<![\w/]){folder}(?![\w-])", str(self.path(folder)), script)
        process = await asyncio.create_subprocess_exec(
            "sh", "-euc", script, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, f"{section}: {out.decode()}"
        return out.decode()

    @property
    def called(self) -> str:
        return (self.root / "called").read_text()


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[SimulatedGitHub]:
    manifest = app_manifest()
    wanted, events = manifest["default_permissions"], tuple(manifest["default_events"])
    async with SimulatedGitHub(tmp_path / "github", permissions=wanted, events=events) as server:
        await server.repositories.add_repository("octocat/hello", {"a.py": "x = 1\n"})
        yield server


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3 here")
async def test_every_command_of_the_page(tmp_path: Path, github: SimulatedGitHub) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    clean = {name: value for name, value in os.environ.items() if name not in app_variables()}
    addresses = {"AUTOBUILD_GITHUB_URL": github.url, "AUTOBUILD_GITHUB_API_URL": github.api_url}
    token = {"GITHUB_TOKEN": github.store.add_user("octocat").token}
    host = Host(tmp_path / "host", {**clean, **addresses, **token, "AUTOBUILD_PORT": str(port)})
    data, backup = host.path("/var/lib/autobuild"), host.path("/var/backups/autobuild")
    for section in ("Install", "Settings", "The service"):
        await host.run(section)
    settings = dict(line.split("=", 1) for line in host.path("/etc/autobuild/env").read_text().splitlines())
    assert settings == {"AUTOBUILD_BASE_URL": "https://autobuild.example.com", "AUTOBUILD_DATA": str(data)}

    key, secret = github.private_key_pem, github.webhook_secret
    app = AppCredentials(github.app_id, "autobuild", github.url, "", github.url, key, secret, address)
    await asyncio.to_thread(credentials.store, data, app)
    github.webhooks.set_config(url=f"{address}/webhook")
    up = await start_child("up", {**host.environ, "AUTOBUILD_DATA": str(data)})
    try:

        async def healthy() -> str:
            try:
                return await host.run("The App and the first repository")
            except AssertionError:
                return ""

        assert "No errors." in await until(healthy)
        assert "Done." in await host.run("The required check")
        assert github.store.repository("octocat/hello").rules_of("main").checks == ("autobuild / gate",)
        await host.run("Backup")
    finally:
        await stop_children([up])

    (data / "temporal.db").write_bytes(b"lost")
    (data / "temporal.db-wal").write_bytes(b"of another database")
    credentials.place(data).unlink()
    await host.run("Restore")
    assert credentials.stored(data) == app
    with sqlite3.connect(data / "temporal.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    async with temporal_server(data / "temporal.db") as server:
        client = await connect(server.address)
        for name in schedule_ids(Settings().task_queue):
            await client.get_schedule_handle(name).describe()

    host.path("/etc/autobuild/env").unlink()
    await host.run("Move to another host")
    assert "AUTOBUILD_BASE_URL=" in host.path("/etc/autobuild/env").read_text()
    await host.run("Upgrade")
    await host.run("Uninstall")
    untested = [name for name, text in SECTIONS.items() if "```sh" in text and name not in host.ran]
    assert untested == []
    assert not any(path.exists() for path in (data, backup, host.path("/etc/autobuild")))
    verbs = re.findall(r"^systemctl (\S+)", host.called, re.MULTILINE)
    assert verbs == ["daemon-reload", "enable", "stop", "start", "disable", "restart", "disable", "daemon-reload"]
    assert "uv tool install --force --python /usr/bin/python3 ." in host.called


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_unit_is_valid(tmp_path: Path) -> None:
    """Its program and user are this machine's; the rest is as written."""
    unit = blocks("The service", "ini")
    assert "ExecStart=/usr/local/bin/autobuild up\n" in unit
    assert "User=autobuild\n" in unit
    here = unit.replace("/usr/local/bin/autobuild", sys.executable).replace("User=autobuild", "User=root")
    (tmp_path / "autobuild.service").write_text(here)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / "autobuild.service"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert (done.returncode, "autobuild.service" in done.stderr) == (0, False), done.stderr


def test_proxies_lead_to_the_service_and_take_githubs_largest_event() -> None:
    where = f"127.0.0.1:{Settings().port}"
    assert f"reverse_proxy {where}\n" in blocks("TLS", "caddy")
    nginx = blocks("TLS", "nginx")
    assert f"proxy_pass http://{where};" in nginx
    assert "client_max_body_size 25m;" in nginx
    assert nginx.count("{") == nginx.count("}") == 2

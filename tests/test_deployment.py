"""fly.toml, fly.single.toml and the Dockerfile agree with the program and with one another.

No engine builds the image here: this tests what can be tested without one.
"""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.cli import cli
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
PLATFORMS = ("fly.toml", "fly.single.toml")


def platform(name: str) -> Any:
    return tomllib.loads((ROOT / name).read_text("utf-8"))


def stages() -> dict[str, list[str]]:
    """The Dockerfile's stages by name, each with the lines of those it is made from; the last is ""."""
    found: dict[str, list[str]] = {}
    for line in LINES:
        if line.startswith("FROM "):
            _, base, *rest = line.split()
            name = rest[1] if rest else ""
            found[name] = [*found.get(base, [])]
        elif found:
            found[name].append(line)
    return found


def environment() -> dict[str, str]:
    """What the image sets, and what Settings make of it."""
    (line,) = [line for line in stages()[""] if line.startswith("ENV ")]
    return dict(word.split("=", 1) for word in shlex.split(line.removeprefix("ENV ")))


def ports(config: Any) -> dict[str, tuple[str, int]]:
    """The process that is asked, and where, by the check's path and kind."""
    service = config["http_service"]
    asked = {"http_service": (service["processes"][0], service["internal_port"])}
    return asked | {name: (check["processes"][0], check["port"]) for name, check in config["checks"].items()}


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_starts_existing_commands(name: str) -> None:
    for arguments in platform(name)["processes"].values():
        command, *rest = shlex.split(arguments)
        cli.commands[command].make_context(command, rest)


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_checks_the_ports_of_the_image(name: str) -> None:
    config, settings = platform(name), Settings.load(environment(), ())
    commands = config["processes"]
    listens = {"serve": {settings.port}, "worker": {settings.health_port}, "up": {settings.port, settings.health_port}}
    asked = ports(config)
    assert {process for process, _ in asked.values()} == set(commands)
    for process, port in asked.values():
        assert port in listens[commands[process]]
    assert settings.host == "0.0.0.0"
    exposed = next(line for line in stages()[""] if line.startswith("EXPOSE ")).split()[1:]
    assert {int(port) for port in exposed} == {settings.port, settings.health_port}


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_reaches_a_server_without_an_app(name: str) -> None:
    """/readyz fails until the App is registered, and a platform sends no traffic to what is not ready."""
    config = platform(name)
    checks = [*config["http_service"]["checks"], *config["checks"].values()]
    assert {check["path"] for check in checks} == {"/healthz"}
    assert {check["method"] for check in checks} == {"GET"}


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_mounts_the_data_folder(name: str) -> None:
    config, kept = platform(name), environment()["AUTOBUILD_DATA"]
    (mount,) = config["mounts"]
    assert mount["destination"] == kept
    assert f"VOLUME {kept}" in stages()[""]
    settings = Settings.load(environment() | config["env"], ())
    assert settings.base_url == f"https://{config['app']}.fly.dev"
    shares_a_disk = set(config["processes"]) == set(mount["processes"])
    assert settings.setup == ("store" if shares_a_disk else "print")


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_builds_a_stage_that_owns_its_volume(name: str) -> None:
    build = platform(name)["build"]
    assert (ROOT / build["dockerfile"]).is_file()
    lines = stages()[build["build-target"]]
    entry = [json.loads(line.removeprefix("ENTRYPOINT ")) for line in lines if line.startswith("ENTRYPOINT ")][-1]
    shell, options, script, program = entry
    assert (shell, options, program) == ("sh", "-euc", "autobuild")
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert re.search(r"exec setpriv --reuid=autobuild --regid=autobuild .* autobuild \"\$@\"$", script)


def test_image_runs_without_root_and_has_a_healthcheck() -> None:
    lines = stages()[""]
    assert [line.split()[1] for line in lines if line.startswith("USER ")][-1] == "autobuild"
    (check,) = [line for line in lines if line.startswith("HEALTHCHECK ")]
    assert check.endswith('CMD ["python", "-P", "-m", "bot.healthcheck"]')


def test_copied_files_are_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [
        word
        for line in LINES
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]  # fmt: skip
    assert "app.yml" in copied
    assert {f"!{name}" for name in copied} <= set(ignored)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_linked_files_are_copied() -> None:
    links = [path for path in (ROOT / "bot").rglob("*") if path.is_symlink()]
    assert [path.name for path in links] == ["app.yml"]
    assert [path.resolve() for path in links] == [ROOT / "app.yml"]

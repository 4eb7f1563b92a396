"""The download cache of an install step, above one that is only read."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import Runner, SandboxSpec
from tests.activities.sandbox.conftest import shell


@pytest.fixture
def layered(spec: SandboxSpec, tmp_path: Path) -> SandboxSpec:
    for name in ("own", "below/folder"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "below/folder/package").write_text("honest")
    return replace(spec, cache=tmp_path / "own", cache_below=tmp_path / "below")


async def test_cache_below_is_read_and_never_changed(sandbox: Runner, layered: SandboxSpec, tmp_path: Path) -> None:
    script = (
        "cat folder/package; chmod 777 folder/package; echo changed > folder/package; ln folder/package linked;"
        "echo more > folder/new; echo added > top; rm -r folder; mkdir folder"
    )
    ran = await sandbox.run(layered, shell(f"cd /cache && {script}"))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, b"honest", b"")
    assert (tmp_path / "below/folder/package").read_text() == "honest"
    assert sorted(path.name for path in (tmp_path / "below").rglob("*")) == ["folder", "package"]


async def test_next_command_finds_what_the_last_one_downloaded(sandbox: Runner, layered: SandboxSpec) -> None:
    await sandbox.run(layered, shell("echo added > /cache/top; rm -r /cache/folder"))
    ran = await sandbox.run(layered, shell("cat /cache/top; ls /cache"))
    assert ran.stdout == b"added\ntop\n"


async def test_downloads_above_the_cache_count_as_disk_usage(sandbox: Runner, layered: SandboxSpec) -> None:
    ran = await sandbox.run(layered, shell("dd if=/dev/zero of=/cache/full bs=1M count=500; sleep 20"))
    assert ran.stopped == "disk"

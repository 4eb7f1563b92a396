"""A disk that is full while a command runs: whose limit it was, and what a command only says."""

import dataclasses
from pathlib import Path

import pytest

from activities.errors import HostTrouble
from activities.sandbox import ProcessResult, ResourceLimits, SandboxSpec
from activities.sandbox.select import make_runner
from activities.sandbox.unsandboxed import UnsandboxedRunner
from tests.activities.sandbox.conftest import LIMITS, bubblewrap, shell
from tests.mounts import fill, small_disk

MIB = 1024**2


async def written(kind: str, disk: Path, mebibytes: int, limit: int) -> ProcessResult:
    """A command that writes so much and removes it when that fails, on a disk of 128 MiB."""
    runner = UnsandboxedRunner() if kind == "local" else await bubblewrap("self", disk)
    for name in ("tree", "runs/out"):
        (disk / name).mkdir(parents=True, exist_ok=True)
    spec = SandboxSpec(tree=disk / "tree", out=disk / "runs" / "out")
    limits = dataclasses.replace(LIMITS, disk=limit * MIB)
    return await runner.run(spec, shell(f"head -c {mebibytes}M /dev/zero > big || exit 3", limits=limits))


@pytest.mark.parametrize("kind", ["bubblewrap", "local"])
async def test_whose_limit_it_was(tmp_path: Path, kind: str) -> None:
    with small_disk(tmp_path / "disk", "128m") as disk:
        with pytest.raises(HostTrouble) as caught:  # within its limit
            await written(kind, disk, 200, limit=1000)
        assert caught.value.shortage == "disk"
        assert (await written(kind, disk, 60, limit=20)).stopped == "disk"  # beyond it, and the host has space
        assert (await written(kind, disk, 200, limit=110)).stopped == "disk"  # both: what it was allowed comes first
        assert (await written(kind, disk, 20, limit=1000)).exit_code == 0
    assert caught.value.detail


async def test_command_that_speaks_of_a_full_disk_is_the_repositorys(tmp_path: Path) -> None:
    runner = await bubblewrap("self", tmp_path)
    for name in ("tree", "out"):
        (tmp_path / name).mkdir()
    spec = SandboxSpec(tree=tmp_path / "tree", out=tmp_path / "out")
    said = "echo 'OSError: [Errno 28] No space left on device' >&2; exit 1"
    result = await runner.run(spec, shell(said))
    assert (result.exit_code, result.stopped) == (1, "")


async def test_sandbox_that_cannot_be_made(tmp_path: Path) -> None:
    runner = await bubblewrap("self", tmp_path)
    with small_disk(tmp_path / "disk", "40m") as disk:
        for name in ("tree", "out"):
            (disk / name).mkdir()
        spec = SandboxSpec(tree=disk / "tree", out=disk / "out")
        filler = fill(disk)
        with pytest.raises((HostTrouble, OSError), match=r"full|No space"):
            await runner.run(spec, shell("true", limits=ResourceLimits()))
        filler.unlink()
        assert (await runner.run(spec, shell("true"))).exit_code == 0


async def test_worker_starts_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It then says so; what bubblewrap needs is another matter."""
    with small_disk(tmp_path / "disk", "1m") as disk:
        fill(disk)
        monkeypatch.setattr("tempfile.tempdir", str(disk))
        assert (await make_runner("bubblewrap")).name == "bubblewrap"

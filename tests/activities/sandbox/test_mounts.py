"""Folders of the host that are mounted in the tree, such as `node_modules`; no run changes them."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.sandbox import Runner, SandboxSpec
from activities.sandbox.sandbox_user import SANDBOX_ID
from tests.activities.sandbox.conftest import shell


@pytest.fixture
def mounted(spec: SandboxSpec, tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "packages" / "node_modules"
    folder.mkdir(parents=True)
    (folder / "left-pad").write_text("padded")
    (spec.tree / "web").mkdir()
    return replace(spec, env=folder.parent, mounts=((folder, "node_modules"), (folder, "web/node_modules")))


@pytest.mark.parametrize("inside", ["web/node_modules", "link/node_modules", "../node_modules"])
async def test_mount_behind_a_link_is_refused(
    sandbox: Runner, mounted: SandboxSpec, tmp_path: Path, inside: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (mounted.tree / "link").symlink_to(f"/oldroot{outside}")
    (mounted.tree / "web" / "node_modules").symlink_to(outside)
    with pytest.raises(UserError, match="is behind a symbolic link"):
        await sandbox.run(replace(mounted, mounts=((mounted.mounts[0][0], inside),)), shell("true"))
    assert not list(outside.iterdir())


@pytest.mark.parametrize("path", ["node_modules", "web/node_modules"])
async def test_folder_behind_a_link_of_the_environment_is_refused(
    sandbox: Runner, spec: SandboxSpec, tmp_path: Path, path: str
) -> None:
    """A build may have put the link there."""
    secret = tmp_path / "host" / "node_modules"
    secret.mkdir(parents=True)
    env = tmp_path / "env"
    env.mkdir()
    (env / path.partition("/")[0]).symlink_to(secret if path == "node_modules" else secret.parent)
    with pytest.raises(UserError, match="was not installed as a regular folder"):
        await sandbox.run(replace(spec, env=env, mounts=((env / path, "node_modules"),)), shell("ls node_modules"))
    assert secret.stat().st_uid != SANDBOX_ID


@pytest.mark.parametrize("keep_writes", [False, True])
async def test_mount_is_visible_in_the_tree(runner: Runner, mounted: SandboxSpec, keep_writes: bool) -> None:
    ran = await runner.run(
        replace(mounted, keep_writes=keep_writes), shell("cat node_modules/left-pad web/node_modules/left-pad README")
    )
    assert ran.stdout == b"paddedpaddedhello"


async def test_writes_to_a_mount_are_thrown_away(sandbox: Runner, mounted: SandboxSpec) -> None:
    ran = await sandbox.run(
        mounted, shell("echo more > node_modules/left-pad && rm -r web/node_modules/* && ls -a web/node_modules")
    )
    assert (ran.exit_code, ran.stdout.split()) == (0, [b".", b".."])
    assert (mounted.mounts[0][0] / "left-pad").read_text() == "padded"


async def test_writes_to_a_mount_count_as_disk_usage(sandbox: Runner, mounted: SandboxSpec) -> None:
    ran = await sandbox.run(mounted, shell("dd if=/dev/zero of=node_modules/full bs=1M count=500; sleep 20"))
    assert ran.stopped == "disk"


async def test_no_mount_is_left_in_the_checkout(runner: Runner, mounted: SandboxSpec) -> None:
    await runner.run(replace(mounted, keep_writes=True), shell("echo done > README"))
    assert (mounted.tree / "README").read_text() == "done\n"
    assert not list(mounted.tree.rglob("left-pad"))
    assert not any(path.is_symlink() for path in mounted.tree.rglob("*"))

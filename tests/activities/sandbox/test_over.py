"""Folders of the host that lie over the tree: `node_modules` at its place, untouched by what runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.sandbox import Runner, SandboxSpec
from tests.activities.sandbox.conftest import shell


@pytest.fixture
def laid(box: SandboxSpec, tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "packages" / "node_modules"
    folder.mkdir(parents=True)
    (folder / "left-pad").write_text("padded")
    (box.tree / "web").mkdir()
    return replace(box, mounts=((folder, "node_modules"), (folder, "web/node_modules")))


@pytest.mark.parametrize("inside", ["web/node_modules", "link/node_modules", "../node_modules"])
async def test_a_way_through_a_link_is_refused(sandbox: Runner, laid: SandboxSpec, tmp_path: Path, inside: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (laid.tree / "link").symlink_to(f"/oldroot{outside}")
    (laid.tree / "web" / "node_modules").symlink_to(outside)
    with pytest.raises(UserError, match="leads through a link"):
        await sandbox.run(replace(laid, mounts=((laid.mounts[0][0], inside),)), shell("true"))
    assert not list(outside.iterdir())


@pytest.mark.parametrize("keep_writes", [False, True])
async def test_the_folder_is_seen_in_the_tree(runner: Runner, laid: SandboxSpec, keep_writes: bool) -> None:
    ran = await runner.run(
        replace(laid, keep_writes=keep_writes), shell("cat node_modules/left-pad web/node_modules/left-pad README")
    )
    assert ran.stdout == b"paddedpaddedhello"


async def test_what_is_written_there_is_thrown_away(sandbox: Runner, laid: SandboxSpec) -> None:
    ran = await sandbox.run(
        laid, shell("echo more > node_modules/left-pad && rm -r web/node_modules/* && ls -a web/node_modules")
    )
    assert (ran.exit_code, ran.stdout.split()) == (0, [b".", b".."])
    assert (laid.mounts[0][0] / "left-pad").read_text() == "padded"


async def test_what_is_written_there_counts(sandbox: Runner, laid: SandboxSpec) -> None:
    ran = await sandbox.run(laid, shell("dd if=/dev/zero of=node_modules/full bs=1M count=500; sleep 20"))
    assert ran.stopped == "disk"


async def test_nothing_of_it_stays_in_the_checkout(runner: Runner, laid: SandboxSpec) -> None:
    await runner.run(replace(laid, keep_writes=True), shell("echo done > README"))
    assert (laid.tree / "README").read_text() == "done\n"
    assert not list(laid.tree.rglob("left-pad"))
    assert not any(path.is_symlink() for path in laid.tree.rglob("*"))

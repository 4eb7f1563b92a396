"""Only so much of what git prints: the rest is not read, and git is stopped, however busy the machine is."""

import asyncio
from pathlib import Path

import pytest

from activities.workspace.git import git, git_up_to

SIZE = 2_000_000


@pytest.fixture
async def blob(tmp_path: Path) -> str:
    await git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_bytes(b"y" * SIZE)
    return (await git(tmp_path, "hash-object", "-w", "a")).decode().strip()


async def test_many_that_print_too_much_all_end(tmp_path: Path, blob: str) -> None:
    """Each is stopped at another place; a few in a hundred were waited for for ever."""
    async with asyncio.timeout(30):
        tries = (git_up_to(30_000 * number, tmp_path, "cat-file", "blob", blob) for number in range(60))
        assert set(await asyncio.gather(*tries)) == {None}


async def test_as_much_as_may_be(tmp_path: Path, blob: str) -> None:
    assert await git_up_to(SIZE, tmp_path, "cat-file", "blob", blob) == b"y" * SIZE
    assert await git_up_to(SIZE - 1, tmp_path, "cat-file", "blob", blob) is None


async def test_who_is_not_waited_for_is_stopped(tmp_path: Path, blob: str) -> None:
    async with asyncio.timeout(30):
        tasks = [asyncio.create_task(git(tmp_path, "cat-file", "blob", blob)) for _ in range(40)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

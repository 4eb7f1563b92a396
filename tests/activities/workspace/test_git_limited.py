"""Output of git up to a limit: beyond it git is killed, however busy the machine is."""

import asyncio
from pathlib import Path

import pytest

from activities.workspace.git import git, git_limited
from tests.deadlines import WITHIN_S

SIZE = 2_000_000


@pytest.fixture
async def blob(tmp_path: Path) -> str:
    await git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_bytes(b"y" * SIZE)
    return (await git(tmp_path, "hash-object", "-w", "a")).decode().strip()


async def test_git_that_prints_too_much_is_killed(tmp_path: Path, blob: str) -> None:
    """Each at another place in its output: a few in a hundred once were waited for for ever."""
    async with asyncio.timeout(WITHIN_S):
        tries = (git_limited(30_000 * number, tmp_path, "cat-file", "blob", blob) for number in range(60))
        assert set(await asyncio.gather(*tries)) == {None}


async def test_output_up_to_the_limit_is_returned(tmp_path: Path, blob: str) -> None:
    assert await git_limited(SIZE, tmp_path, "cat-file", "blob", blob) == b"y" * SIZE
    assert await git_limited(SIZE - 1, tmp_path, "cat-file", "blob", blob) is None


async def test_cancelled_git_is_killed(tmp_path: Path, blob: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        tasks = [asyncio.create_task(git(tmp_path, "cat-file", "blob", blob)) for _ in range(40)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

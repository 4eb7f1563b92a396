"""The npm that comes from the Python package index."""

import asyncio
import re
import sys


async def test_npm_needs_none_on_the_machine() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.npm",
        "--version",
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": "/nowhere", "HOME": "/nowhere"},
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\s*", out.decode())


async def test_npm_passes_its_exit_code() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.npm",
        "no-such-command",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 1

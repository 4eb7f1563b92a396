"""A process that works over a data folder as a worker does, and runs a command in a sandbox.

Arguments: the runner (bubblewrap or none), the data folder, the tree. It prints a line when it has claimed the data
folder, and ends after a line on its input.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.sandbox.orphans import tidied
from activities.sandbox.ownership import scratch_of
from activities.sandbox.unsandboxed import UnsandboxedRunner

# A locked folder, and a daemon that has left its session and cleared its environment.
LEFT = "head -c 1000000 /dev/zero >file; mkdir -m 0 closed; (env -i setsid sleep 1000) & sleep 1000"


async def main(kind: str, data: Path, tree: Path) -> None:
    runner: Runner = BubblewrapRunner() if kind == "bubblewrap" else UnsandboxedRunner()
    async with tidied(data):
        print("claimed", flush=True)
        out = Path(tempfile.mkdtemp(prefix="out.", dir=scratch_of(data)))
        run = asyncio.create_task(runner.run(SandboxSpec(tree, out), SandboxCommand(("sh", "-c", LEFT))))
        await asyncio.to_thread(sys.stdin.readline)
        run.cancel()
        await asyncio.wait([run])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(Path, sys.argv[2:4])))

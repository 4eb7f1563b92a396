"""A process that works over a data folder as a worker does: it runs a command in a sandbox, and prepares a checkout.

Arguments: the runner (bubblewrap or none), the data folder, the tree. It prints a line when it has claimed the data
folder, and ends after a line on its input.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from activities.environments import Environments
from activities.model import RepoRef
from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.sandbox.ownership import scratch_of
from activities.sandbox.unsandboxed import UnsandboxedRunner
from activities.workspace.cleanup import tidied

# A locked folder, and a daemon that has left its session and cleared its environment.
LEFT = "head -c 1000000 /dev/zero >file; mkdir -m 0 closed; (env -i setsid sleep 1000) & sleep 1000"
PREPARE = f"{LEFT} 1001"


def preparing(pid: int) -> RepoRef:
    """The repository of which the process with that number prepares a checkout."""
    return RepoRef("octocat", f"example-{pid}")


async def main(kind: str, data: Path, tree: Path) -> None:
    runner: Runner = BubblewrapRunner() if kind == "bubblewrap" else UnsandboxedRunner()
    async with tidied(data):
        print("claimed", flush=True)
        out = Path(tempfile.mkdtemp(prefix="out.", dir=scratch_of(data)))
        running = [
            asyncio.create_task(runner.run(SandboxSpec(tree, out), SandboxCommand(("sh", "-c", LEFT)))),
            asyncio.create_task(
                Environments(data, runner).prepared(preparing(os.getpid()), "branch", tree, ".", PREPARE)
            ),
        ]
        await asyncio.to_thread(sys.stdin.readline)
        for run in running:
            run.cancel()
        await asyncio.wait(running)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(Path, sys.argv[2:4])))

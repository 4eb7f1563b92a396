"""Sandboxes of an ordinary user, for tests that root runs: each run is made by a process of such a user."""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from tests.as_user import USER, as_user

_REPOSITORY = Path(__file__).parents[3]


class RunnerOfUser:
    """A `Runner` whose worker is the user `USER`, who owns everything in `folder`. `as_root`: it is root of a user
    namespace that has this one user, as in a container of a rootless engine."""

    name = "bubblewrap"

    def __init__(
        self,
        folder: Path,
        install_env: Mapping[str, str] | None = None,
        install_read_only: tuple[Path, ...] = (),
        as_root: bool = False,
    ) -> None:
        self._folder = folder
        self._as_root = as_root
        self._install = install_env, install_read_only

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        return BubblewrapRunner().paths(spec)

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        process = await asyncio.create_subprocess_exec(
            *as_user((sys.executable, "-m", __name__), self._folder, as_root=self._as_root),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=_REPOSITORY,
        )
        try:
            out, _ = await process.communicate(pickle.dumps((spec, command, self._install)))
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
        result = pickle.loads(out)
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, ProcessResult)
        return result


async def _main() -> None:
    spec, command, install = pickle.loads(sys.stdin.buffer.read())
    run = asyncio.ensure_future(BubblewrapRunner(*install).run(spec, command))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, run.cancel)
    await asyncio.wait([run])
    if not run.cancelled():
        sys.stdout.buffer.write(pickle.dumps(run.exception() or run.result()))


if __name__ == "__main__":
    assert os.geteuid() in {0, USER}
    asyncio.run(_main())

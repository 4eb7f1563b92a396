"""Sandboxes of an ordinary user, for tests that root runs: each run is made by a process of such a user.

In a mount namespace of its own that process can also reach what lies in folders that root keeps for itself: this
interpreter, and the test's temporary folder.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner

USER = 12345
_BECOME_USER = f"setpriv --reuid {USER} --regid {USER} --clear-groups"
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
        self._prefix = "unshare --user --map-root-user " if as_root else ""
        self._install = install_env, install_read_only

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        return BubblewrapRunner().paths(spec)

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        mounts = _commands(Path(sys.base_prefix), Path(sys.prefix), _REPOSITORY, self._folder)
        script = "\n".join((*mounts, f'exec {_BECOME_USER} -- {self._prefix}"$0" -m {__name__}'))
        process = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "/bin/sh", "-euc", script, sys.executable),
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


def _commands(*needed: Path) -> Iterator[str]:
    """The shell's: what is behind a folder that is closed to the user is mounted again, in an open one."""
    closed = {path: parent for path in needed if (parent := _closed_parent(path))}
    yield "mask=$(umask); umask 022; mount -t tmpfs none /mnt"
    for number, path in enumerate(closed):
        yield f"mkdir /mnt/{number}; mount --bind '{path}' /mnt/{number}"
    for parent in set(closed.values()):
        yield f"mount -t tmpfs -o mode=755 none '{parent}'"
    for number, path in enumerate(closed):
        yield f"mkdir -p '{path}'; mount --move /mnt/{number} '{path}'"
    yield f"chown -R -h {USER}:{USER} '{needed[-1]}'"
    yield 'umask "$mask"'


def _closed_parent(path: Path) -> Path | None:
    return next((parent for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001), None)


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

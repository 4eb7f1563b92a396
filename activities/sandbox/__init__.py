"""How a command of a repository is run: what it may see, write and use, and how it ends.

A runner is the only way to start a process that touches a repository's files (`DESIGN`: a pull
request's code is a stranger's code). Everything that runs gets a clean environment, no network unless
it is the named install step, and limits on time, memory, processes, disk and output; the whole process
tree is dead when `run` returns or raises, whatever the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ResourceLimits:
    """Sizes in bytes, times in seconds. `output` is kept head and tail; the rest is drained and dropped.
    `urgent`: others wait for this run, so where processors are short it goes before those that are not."""

    wall_s: float = 900.0
    memory: int = 4 * 1024**3
    processes: int = 512
    disk: int = 2 * 1024**3
    file_size: int = 1024**3
    output: int = 1024**2
    urgent: bool = False


@dataclass(frozen=True)
class SandboxSpec:
    """What a command sees. All paths are the host's.

    `tree`: the checkout; the command sees it at `places.src` and may write there, but its writes go to
    a layer of its own (an overlay) that is thrown away, unless `keep_writes`: then they land in `tree`.
    `out`: an empty writable folder for reports; what the command leaves there stays, as plain readable
    files and folders: links, pipes and sockets are removed, since we would follow them or wait at them.
    The run's own layers lie beside it while it lasts.
    `env`: the prepared environment, read-only unless `env_writable` (the install step).
    `cache`: a writable download cache, for the install step only. Where a writable `env` lies beside it, the command
    can make hard links between the two, and may see what else lies in that folder.
    `read_only`: more host paths shown at the same path, read-only (interpreters, our own tools).
    `over`: folders of this host that appear inside the tree, each with its path relative to the tree
    (`node_modules`); what is written there is thrown away like all that is written into the tree.
    `under`: a folder whose files lie beneath the tree: what a build wrote there. A file of the tree itself always
    hides one of it; with `keep_writes` it is not seen. With `under_grows` the plain files that the command newly
    writes into the tree are kept in it (the install step).
    """

    tree: Path
    out: Path
    env: Path | None = None
    env_writable: bool = False
    cache: Path | None = None
    read_only: tuple[Path, ...] = ()
    keep_writes: bool = False
    over: tuple[tuple[Path, str], ...] = ()
    under: Path | None = None
    under_grows: bool = False


@dataclass(frozen=True)
class SandboxPaths:
    """The same folders as the command sees them. With bubblewrap they are the same for every run
    (`/src`, `/env`, `/out`, `/cache`), so an environment fits every checkout; locally they are the host's."""

    src: str
    env: str
    out: str
    cache: str
    home: str


@dataclass(frozen=True)
class SandboxCommand:
    """`cwd` is relative to the tree. `env` is added to a clean environment (PATH, HOME, LANG, TMPDIR)."""

    argv: tuple[str, ...]
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    stdin: bytes = b""


@dataclass(frozen=True)
class ProcessResult:
    """How a command ended. `exit_code` is negative for a signal. `stopped` says which limit ended it:
    "" (it ended by itself), "time", "memory", "processes", "disk"."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    duration_s: float
    stopped: str = ""
    truncated: bool = False


class Runner(Protocol):
    """Two implementations: `bubblewrap` (the default) and `local` (`AUTOBUILD_SANDBOX=none`)."""

    name: str

    def places(self, box: SandboxSpec) -> SandboxPaths:
        """Where the box's folders are for the command."""

    async def run(self, box: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Runs the command to its end. Cancelling kills the whole process tree before it re-raises."""

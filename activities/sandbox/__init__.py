"""How commands of a repository are run: what they can see, write and use, and how they end.

Every process that touches a repository's files is started by a `Runner`, because such code is untrusted. It gets
a clean environment, no network (the install step a proxy to the registries), and limits on time, memory, processes,
disk and output. When `run` returns or raises, its whole process tree is dead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from activities.egress import RefusedTarget

if TYPE_CHECKING:
    from activities.egress.proxy import Service


@dataclass(frozen=True)
class ResourceLimits:
    """Sizes in bytes, times in seconds. Of each output stream the first and last half of `output` are kept.
    `urgent`: other work waits for this run, so it gets a larger share of the processors than runs that are not."""

    wall_s: float = 900.0
    memory: int = 4 * 1024**3
    processes: int = 512
    disk: int = 2 * 1024**3
    file_size: int = 1024**3
    output: int = 1024**2
    urgent: bool = False


@dataclass(frozen=True)
class SandboxSpec:
    """The folders of a command. All paths are the host's; `Runner.paths` says where the command sees them.
    Each is made by the host, and no sandbox can write to the folder around it: the way to it holds no link of theirs.
    A worker that is root gives `tree`, `env`, `cache`, `build_output` and `out` to the user of its sandboxes.

    `tree`: the checkout. What the command writes there is thrown away after the run, unless `keep_writes`.
    `out`: an existing folder for the command's reports. Regular files and folders stay there after the run and are
    made readable; links, pipes and sockets are removed. The run's temporary folders are made beside it.
    `env`: the installed environment, read-only unless `env_writable` (the install step).
    `cache`: a writable download cache, for the install step only. No hard link leads from it to `env`. `cache_below`: a
    cache that is visible below it and is never written, where this host can do that.
    `read_only`: more host paths that are visible at the same path, read-only (interpreters, our own tools).
    `mounts`: (folder of this host, path in the tree) of folders that appear in the tree, such as `node_modules`.
    What the command writes there is thrown away.
    `build_output`: a folder of files that appear in the tree where the tree itself has no such file. It holds what
    building the project wrote into the tree. Not visible with `keep_writes`.
    `save_build_output`: regular files that the command adds to the tree are saved in `build_output` (the install step).
    """

    tree: Path
    out: Path
    env: Path | None = None
    env_writable: bool = False
    cache: Path | None = None
    read_only: tuple[Path, ...] = ()
    keep_writes: bool = False
    mounts: tuple[tuple[Path, str], ...] = ()
    build_output: Path | None = None
    save_build_output: bool = False
    cache_below: Path | None = None


@dataclass(frozen=True)
class SandboxPaths:
    """The folders of a `SandboxSpec` as the command sees them (`src` is the tree).

    With bubblewrap they are the same for every run (`/src`, `/env`, `/out`, `/cache`), so an environment works with
    every checkout. Without a sandbox they are paths of the host."""

    src: str
    env: str
    out: str
    cache: str
    home: str


@dataclass(frozen=True)
class SandboxCommand:
    """`cwd` is relative to the tree. `env` is added to a clean environment (PATH, HOME, LANG, TMPDIR).

    `network`: it may use the proxy of `activities/egress`, and by it the registries of this host, or instead of them
    what `reaches` lists (`host:port`). Without it, `service` answers requests to http://127.0.0.1:3128/, and nothing
    else can be reached. `read_only`: more of `SandboxSpec.read_only` for this command.
    """

    argv: tuple[str, ...]
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    reaches: tuple[str, ...] = ()
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    stdin: bytes = b""
    service: "Service | None" = None
    read_only: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ProcessResult:
    """How a command ended. `exit_code` is negative for a signal. `stopped` is the limit that ended it: "time",
    "memory", "processes", "disk", "network" (too many requests were refused), or "" if none did. `refused` is what it
    asked the proxy for in vain."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    duration_s: float
    stopped: str = ""
    truncated: bool = False
    refused: tuple[RefusedTarget, ...] = ()


class Runner(Protocol):
    """`BubblewrapRunner` (the default) or `UnsandboxedRunner` (`AUTOBUILD_SANDBOX=none`)."""

    name: str

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        """Where the command sees its folders."""

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Runs the command until it ends. Cancelling kills its whole process tree, then raises."""

"""What a sandbox sees: the options of bubblewrap for one run. Whatever they do not name does not exist in it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activities.errors import UserError
from activities.reporting.markdown import code
from activities.sandbox import SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.command import clean_environment, withheld
from activities.sandbox.run_folders import RunFolders
from activities.untrusted_files import UntrustedFolder

PATHS = SandboxPaths(src="/src", env="/env", out="/out", cache="/cache", home="/tmp/home")

_PROCESS = ("--hostname", "autobuild", "--new-session", "--die-with-parent", "--clearenv")

# What container engines hide of /proc, since it concerns the whole host, and process 1, which is bubblewrap's own.
_HIDDEN_FILES = (
    *("kcore", "keys", "key-users", "kmsg", "interrupts", "latency_stats", "mtrr", "sched_debug"),
    *("timer_list", "timer_stats"),
)
_HIDDEN_FOLDERS = ("acpi", "asound", "fs", "scsi", "1")

# Names in /etc that hold no secrets and that programs need: certificates, alternatives, the linker's.
_ETC = (
    *("ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust", "ca-certificates", "ca-certificates.conf"),
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "mime.types"),
    *("services", "protocols", "os-release"),
)
_OUR_ETC = Path(__file__).parent / "etc"


@dataclass(frozen=True)
class InstallAccess:
    """What only commands with network get, since that is how a host says where its registries are:
    variables (index addresses, the proxy, CA bundles) and files (pip.conf, npmrc, folders of wheels)."""

    env: Mapping[str, str] = field(default_factory=dict)
    read_only: tuple[Path, ...] = ()


def bubblewrap_options(
    spec: SandboxSpec, command: SandboxCommand, folders: RunFolders, tree: Iterable[str], install: InstallAccess
) -> list[str]:
    """All options. `tree` says how `/src` is mounted."""
    environment = withheld(clean_environment(command, PATHS.home, "/tmp", install.env))
    read_only = [*spec.read_only, *command.read_only, *(install.read_only if command.network else ())]
    return [
        *folders.user.isolation,
        *_PROCESS,
        *_system(),
        *_proc(),
        *("--dev", "/dev"),
        *("--perms", "1777", "--size", str(max(command.limits.memory // 4, 4096)), "--tmpfs", "/dev/shm"),
        *("--bind", str(folders.tmp), "/tmp", "--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp"),
        *_at_same_place(path for path in read_only if not path.is_relative_to("/usr")),
        *tree,
        *_out_and_env(spec),
        # bubblewrap's own root and /dev are writable memory otherwise
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", "/"),
        *(text for item in environment.items() for text in ("--setenv", *item)),
    ]


def overlay_options(folders: RunFolders, spec: SandboxSpec) -> tuple[str, ...]:
    """The tree at `/src`, above what was built, below a layer for the run's writes. The first source is the lowest."""
    lower = (spec.build_output, spec.tree) if spec.build_output else (spec.tree,)
    sources = (word for path in lower for word in ("--overlay-src", str(path)))
    return (*sources, "--overlay", str(folders.upper), str(folders.work), PATHS.src)


def mount_options(folders: RunFolders, spec: SandboxSpec, overlays: bool) -> Iterator[str]:
    """`SandboxSpec.mounts` at their places in the tree; without overlays they are read-only there.

    A mount follows the links on its way, and bubblewrap makes folders there while it still sees the whole host. So a
    path through a link is refused. So is a folder behind a link of the environment, which a build has written: the link
    may lead to any folder of this host. No build runs any more that could change either after this look.
    """
    for number, (folder, path) in enumerate(spec.mounts):
        if spec.env and folder.is_relative_to(spec.env):
            inside = folder.relative_to(spec.env).as_posix()
            if not UntrustedFolder(spec.env).is_folder(inside):
                raise UserError(
                    f"{code(inside)} was not installed as a regular folder. Check what the install step does."
                )
        place = spec.tree
        for part in Path(path).parts:
            place /= part
            if part == ".." or place.is_symlink():
                raise UserError(f"{code(path)} is behind a symbolic link. Replace the link by a regular folder.")
        target = os.path.join(PATHS.src, path)
        if overlays:
            upper, work = folders.mount_layer(number)
            yield from ("--overlay-src", str(folder), "--overlay", str(upper), str(work), target)
        else:
            yield from ("--ro-bind", str(folder), target)


def cache_options(folders: RunFolders, spec: SandboxSpec, overlays: bool) -> tuple[str, ...]:
    """The download cache, above the one that is only read."""
    if spec.cache is None:
        return ()
    if spec.cache_below and overlays:
        below = ("--overlay-src", str(spec.cache_below))
        return (*below, "--overlay", str(spec.cache), str(folders.cache_work), PATHS.cache)
    return ("--bind", str(spec.cache), PATHS.cache)


def _system() -> Iterator[str]:
    """The host's programs, read-only, and the little of /etc that they need."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from _at_same_place(Path("/etc", name) for name in _ETC)
    for name in ("passwd", "group", "hosts", "nsswitch.conf"):
        yield from ("--ro-bind", str(_OUR_ETC / name), f"/etc/{name}")


def _proc() -> Iterator[str]:
    """A procfs of the sandbox's own processes. No setting of the host can be changed there.

    bubblewrap itself makes `bus`, `irq` and `sysrq-trigger` read-only where they can be written.
    """
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys")
    for path in (Path("/proc", name) for name in _HIDDEN_FILES):
        if path.exists():
            yield from ("--ro-bind", "/dev/null", str(path))  # which cannot be opened: devices are off in such mounts
    for path in (Path("/proc", name) for name in _HIDDEN_FOLDERS):
        if path.exists():
            yield from ("--perms", "0555", "--tmpfs", str(path), "--remount-ro", str(path))


def _at_same_place(paths: Iterable[Path]) -> Iterator[str]:
    """What of them there is, in folders that every user may enter: bubblewrap makes them for its own user alone."""
    existing = [path for path in paths if os.path.exists(path)]
    for folder in sorted({parent for path in existing for parent in path.parents[:-1]}):
        yield from ("--dir", str(folder))
    for path in existing:
        yield from ("--ro-bind", str(path), str(path))


def _out_and_env(spec: SandboxSpec) -> Iterator[str]:
    """Each is a mount point of its own, as the cache is: what a mount is made of cannot be renamed or replaced from
    inside. A common parent that could be written would let a build put a link to any folder of this host in the place
    of `env`, which later runs are shown."""
    yield from ("--bind", str(spec.out), PATHS.out)
    if spec.env:
        yield from ("--bind" if spec.env_writable else "--ro-bind", str(spec.env), PATHS.env)

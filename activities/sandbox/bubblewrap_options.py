"""What a sandbox sees: the options of bubblewrap for one run. Whatever they do not name does not exist in it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activities.errors import UserError
from activities.reporting.markdown import code
from activities.sandbox import SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.command import clean_environment
from activities.sandbox.run_folders import RunFolders

PATHS = SandboxPaths(src="/src", env="/env", out="/out", cache="/cache", home="/tmp/home")

# Another id than 0, so that programs that refuse to run as root run; no process in it has a capability,
# and none can get one: user namespaces are off inside.
_ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"),
    *("--hostname", "autobuild", "--new-session", "--die-with-parent", "--clearenv"),
)

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
    environment = clean_environment(command, PATHS.home, "/tmp", install.env)
    read_only = [*spec.read_only, *(install.read_only if command.network else ())]
    return [
        *_ISOLATION,
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(max(command.limits.memory // 4, 4096)), "--tmpfs", "/dev/shm"),
        *("--bind", str(folders.tmp), "/tmp", "--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp"),
        *_at_same_place(path for path in read_only if not path.is_relative_to("/usr")),
        *tree,
        *_out_env_and_cache(spec),
        # bubblewrap's own root and /dev are writable memory otherwise
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", os.path.normpath(os.path.join(PATHS.src, command.cwd))),
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
    path through a link is refused.
    """
    for number, (folder, path) in enumerate(spec.mounts):
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


def _at_same_place(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from ("--ro-bind-try", str(path), str(path))


def _out_env_and_cache(spec: SandboxSpec) -> Iterator[str]:
    """Each is a mount point of its own: what a mount is made of cannot be renamed or replaced from inside. A common
    parent that could be written would let a build put a link to any folder of this host in the place of `env`, which
    later runs are shown."""
    yield from ("--bind", str(spec.out), PATHS.out)
    if spec.env:
        yield from ("--bind" if spec.env_writable else "--ro-bind", str(spec.env), PATHS.env)
    if spec.cache:
        yield from ("--bind", str(spec.cache), PATHS.cache)

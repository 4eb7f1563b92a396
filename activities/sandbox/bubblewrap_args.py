"""What a sandbox sees: the arguments of bubblewrap for one spec, everything else being absent."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activities.sandbox import SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.environment import clean
from activities.sandbox.scratch import Scratch

PLACES = SandboxPaths(src="/src", env="/env", out="/out", cache="/cache", home="/tmp/home")
_BOTH = "/install"

# Another id than 0, so that programs that refuse to run as root run; no process in it has a capability,
# and none can get one: user namespaces are off inside.
_ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"),
    *("--hostname", "autobuild", "--new-session", "--die-with-parent", "--clearenv"),
)

# Names in /etc that hold no secrets and that programs miss: certificates, alternatives, the linker's.
_ETC = (
    *("ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust", "ca-certificates", "ca-certificates.conf"),
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "mime.types"),
    *("services", "protocols", "os-release"),
)
_OUR_ETC = Path(__file__).parent / "etc"
_ETC_OF_NETWORK = ("hosts", "nsswitch.conf", "resolv.conf")


@dataclass(frozen=True)
class Install:
    """What only commands with network get, since that is how a host says where its registries are:
    variables (index addresses, proxies, CA bundles) and files (pip.conf, npmrc, folders of wheels)."""

    env: Mapping[str, str] = field(default_factory=dict)
    read_only: tuple[Path, ...] = ()


def arguments(
    spec: SandboxSpec, command: SandboxCommand, scratch: Scratch, tree: Iterable[str], more: Install
) -> list[str]:
    """Bubblewrap's options. `tree` says how `/src` is mounted."""
    environment = clean(command, PLACES.home, "/tmp", more.env)
    read_only = [*spec.read_only, *(more.read_only if command.network else ())]
    return [
        *_ISOLATION,
        *(("--share-net",) if command.network else ()),
        *_system(command.network),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(max(command.limits.memory // 4, 4096)), "--tmpfs", "/dev/shm"),
        *("--bind", str(scratch.tmp), "/tmp", "--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp"),
        *_each("--ro-bind-try", (path for path in read_only if not path.is_relative_to("/usr"))),
        *tree,
        *_folders(spec),
        # bubblewrap's own root and /dev are writable memory otherwise
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", os.path.normpath(os.path.join(PLACES.src, command.cwd))),
        *(text for item in environment.items() for text in ("--setenv", *item)),
    ]


def _system(network: bool) -> Iterator[str]:
    """The host's programs, read-only, and the little of /etc that they need."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from _each("--ro-bind-try", (Path("/etc", name) for name in _ETC))
    for name in ("passwd", "group"):
        yield from ("--ro-bind", str(_OUR_ETC / name), f"/etc/{name}")
    for name in _ETC_OF_NETWORK:
        source = Path("/etc", name) if network else _OUR_ETC / name
        yield from ("--ro-bind-try", str(source), f"/etc/{name}")


def _each(option: str, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from (option, str(path), str(path))


def _folders(spec: SandboxSpec) -> Iterator[str]:
    yield from ("--bind", str(spec.out), PLACES.out)
    if spec.env and spec.env_writable and spec.cache and spec.env.parent == spec.cache.parent:
        # A hard link cannot lead from one mount to another, so one mount holds both.
        yield from ("--bind", str(spec.env.parent), _BOTH)
        yield from ("--symlink", f"{_BOTH}/{spec.env.name}", PLACES.env)
        yield from ("--symlink", f"{_BOTH}/{spec.cache.name}", PLACES.cache)
        return
    if spec.env:
        yield from ("--bind" if spec.env_writable else "--ro-bind", str(spec.env), PLACES.env)
    if spec.cache:
        yield from ("--bind", str(spec.cache), PLACES.cache)

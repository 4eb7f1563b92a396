"""What is installed in a Python environment, read from its metadata on the host: no Python of it is started."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from activities.tooling import Workbench

_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")
_LARGEST = 100_000


@dataclass(frozen=True)
class Distribution:
    """One installed package. `direct`: it came from a folder or an address, not from an index; `editable`: from a
    folder that it still reads."""

    name: str
    version: str
    direct: bool = False
    editable: bool = False


def installed(env_root: Path) -> dict[str, Distribution]:
    """Canonical name → what is installed of it."""
    found: dict[str, Distribution] = {}
    for folder in sorted(env_root.glob("lib/python3*/site-packages")):
        for info in sorted(folder.iterdir()):
            if match := _INFO.fullmatch(info.name):
                name = canonicalize_name(match["name"])
                found[name] = Distribution(name, match["version"], *_origin(info))
    return found


def paths_to(env_root: Path, folder: str) -> tuple[str, ...]:
    """What the environment's `.pth` files put on the path that is the folder or lies below it: editable projects."""
    files = (path for path in sorted(env_root.glob("lib/python3*/site-packages/*.pth")) if not path.is_symlink())
    lines = (line.strip() for path in files for line in path.read_text("utf-8", "replace").splitlines())
    return tuple(line for line in lines if line == folder or line.startswith(folder + "/"))


def version_of(bench: Workbench, package: str, program: str) -> str:
    """The version of the program that `bench.executable(program)` names; "" where it is nowhere installed."""
    _, own = bench.executable(program)
    if own and bench.env_root:
        found = installed(bench.env_root).get(canonicalize_name(package))
        return found.version if found else ""
    return our_version(package)


@cache
def our_version(package: str) -> str:
    """The version in the product's own environment, "" where it has none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _origin(info: Path) -> tuple[bool, bool]:
    """(direct, editable) by PEP 610; a file that is too large or no JSON says nothing."""
    path = info / "direct_url.json"
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            return False, False
        url = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False, False
    folder = url.get("dir_info") if isinstance(url, dict) else None
    return isinstance(url, dict), isinstance(folder, dict) and folder.get("editable") is True
